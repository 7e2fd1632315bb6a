"""What a recall asks, of whom and until when: cells that rest on a change, where each stands on a day; pure."""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

from app.certification.holds import Hold
from app.certification.scope import Cell
from app.content.compare import Change, ChangeClass
from app.content.values import SettingsRow

RECALLED = frozenset({ChangeClass.FACT, ChangeClass.KEY})
OVERDUE = "recall_overdue"


class Task(StrEnum):
    """What somebody has to do in a recall."""

    READ = "read"
    QUIZ = "quiz"
    EXAM = "exam"


class Consequence(StrEnum):
    """What follows where it is not done by the last day."""

    NOTHING = "nothing"
    SUSPEND = "suspend"


class Bond(StrEnum):
    """How a certification rests on what changed."""

    ASKED = "asked"  # its paper asked an item that rests on the row
    CELLS = "cells"  # the row grants cells of its scope
    TAUGHT = "taught"  # a lesson of the release that it was earned on shows the row
    WITHOUT = "without"  # it was earned on a release that did not hold the row yet
    PASSED = "passed"  # it was decided after the recall began, on a pass of an edition that holds the row as it was


class Progress(StrEnum):
    """Where somebody stands in a recall on a day."""

    OPEN = "open"
    OVERDUE = "overdue"
    DONE = "done"
    RELEASED = "released"  # it ended before they did anything


@dataclass(frozen=True, kw_only=True, slots=True)
class Resting:
    """A certification that rests on changes: how, by the key of each, and which of its cells do (None: all)."""

    certification_id: int
    account_id: int
    number: str
    bonds: Mapping[str, tuple[Bond, ...]]
    cells: frozenset[Cell] | None


@dataclass(frozen=True, kw_only=True, slots=True)
class RecallOn:
    """A recall as it lies on one certification; what is done, or ended, is told with the day from which it counts."""

    recall_id: int
    title: str
    task: Task
    consequence: Consequence
    started_at: datetime
    due_on: date
    cells: frozenset[Cell] | None
    done_on: date | None = None
    done_at: datetime | None = None
    ended_on: date | None = None
    ended_at: datetime | None = None

    def is_open(self, known_at: datetime) -> bool:
        """Tell whether somebody still has to do something, by what is known."""
        return self.started_at <= known_at and self.lifted_on(known_at) is None

    def lifted_on(self, known_at: datetime) -> date | None:
        """Return the day from which nothing is asked any more, by what is known: it is done, or the recall ended."""
        days = [
            day
            for day, at in ((self.done_on, self.done_at), (self.ended_on, self.ended_at))
            if day is not None and at is not None and at <= known_at
        ]
        return min(days, default=None)

    def progress(self, today: date, known_at: datetime) -> Progress:
        """Return where its person stands on a day."""
        if self.done_at is not None and self.done_at <= known_at:
            return Progress.DONE
        if self.ended_at is not None and self.ended_at <= known_at:
            return Progress.RELEASED
        return Progress.OVERDUE if today > self.due_on else Progress.OPEN

    @property
    def late_reason(self) -> str:
        """Say why cells are on hold once the last day is over."""
        on = f"{self.due_on.day} {self.due_on:%B %Y}"
        return f"A fact that it rests on changed ({self.title}). What the recall asks was not done by {on}."


class RecallRow(Protocol):
    """What a stored recall has, for `recall_on`."""

    id: int
    title: str
    task: str
    consequence: str
    started_at: datetime
    due_on: date


def recall_on(  # noqa: PLR0917  a row's columns, in the order in which they are read
    row: RecallRow,
    cells: Iterable[Mapping[str, Any]] | None,
    done_on: date | None,
    done_at: datetime | None,
    ended_on: date | None,
    ended_at: datetime | None,
) -> RecallOn:
    """Return a stored recall as it lies on one certification."""
    return RecallOn(
        recall_id=row.id,
        title=row.title,
        task=Task(row.task),
        consequence=Consequence(row.consequence),
        started_at=row.started_at,
        due_on=row.due_on,
        cells=cells_from_json(cells),
        done_on=done_on,
        done_at=done_at,
        ended_on=ended_on,
        ended_at=ended_at,
    )


def hold_of(one: RecallOn) -> Hold | None:
    """Return what holds cells back from the day after the last one until it is done; None where nothing ever does."""
    if one.consequence is Consequence.NOTHING or one.cells == frozenset():
        return None
    ends = [
        (day, at) for day, at in ((one.done_on, one.done_at), (one.ended_on, one.ended_at)) if day is not None and at
    ]
    lifted_on, lifted_at = min(ends, default=(None, None))
    from_on = one.due_on + timedelta(days=1)
    if lifted_on is not None and lifted_on <= from_on:
        lifted_on = from_on  # it then counts on no day, for who knows of its end
    return Hold(
        cells=one.cells,
        from_on=from_on,
        until_on=lifted_on - timedelta(days=1) if lifted_on else None,
        code=OVERDUE,
        reason=one.late_reason,
        known_at=one.started_at,
        end_known_at=lifted_at,
    )


def recalls_told(found: Iterable[RecallOn], known_at: datetime) -> str | None:
    """Return the recalls that are open as an export tells them: number, task, last day; None where none is."""
    told = (f"{one.recall_id}: {one.task} by {one.due_on}" for one in found if one.is_open(known_at))
    return "; ".join(told) or None


def exam_since(found: Iterable[RecallOn], now: datetime) -> datetime | None:
    """Return since when an open recall asks for the exam once more, the latest of several; None where none does."""
    asked = [one.started_at for one in found if one.task is Task.EXAM and one.is_open(now)]
    return max(asked, default=None)


def touched_cells(
    held: Collection[Cell],
    changes: Iterable[Change],
    settings: Iterable[SettingsRow],
    devices: Mapping[str, Mapping[str, Any]],
) -> frozenset[Cell] | None:
    """Return those of the cells of a certification that changed rows name; None where any row names none: then all.

    Both sides of a row count: what it named before, and what it names now.
    """
    found: set[Cell] = set()
    rows = list(settings)
    for change in changes:
        table = change.key.partition("/")[0]
        if table == "settings":
            found |= settings_cells(change.key, rows) & set(held)
        elif table == "contraindications" and (of := _named(change, devices)):
            found |= {cell for cell in held if any(_within(cell, *side) for side in of)}
        else:
            return None
    return frozenset(found)


def settings_cells(key: str, rows: Iterable[SettingsRow]) -> frozenset[Cell]:
    """Return the cells that the settings rows of a key name."""
    return frozenset(
        Cell(procedure=row.procedure, device=row.device, skin_type=skin_type)
        for row in rows
        if f"settings/{row.id}" == key
        for skin_type in range(row.skin_type_min, row.skin_type_max + 1)
    )


def _named(change: Change, devices: Mapping[str, Mapping[str, Any]]) -> list[tuple[frozenset[str], frozenset[str]]]:
    """Return (devices, procedures) that each side of a contraindication names; nothing where a side names neither."""
    ids = {str(told["name"]): device for device, told in devices.items()}
    sides = []
    for side in ("before", "after"):
        told = {one.name: getattr(one, side) or "" for one in change.fields}
        if not any(told.values()):
            continue  # added, or removed: there is no such side
        of = frozenset(ids.get(name, name) for name in told.get("applies_to", "").split("; ") if name)
        procedures = frozenset(name for name in told.get("procedures", "").split("; ") if name)
        if not (of or procedures):
            return []
        sides.append((of, procedures))
    return sides


def _within(cell: Cell, devices: Collection[str], procedures: Collection[str]) -> bool:
    return (not devices or cell.device in devices) and (not procedures or cell.procedure in procedures)


def digest_of(values: Any) -> str:
    """Return SHA-256 (hex) over the one JSON spelling of values."""
    return hashlib.sha256(json.dumps(values, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def seen_digest(keys: Iterable[str], resting: Iterable[Resting]) -> str:
    """Return the digest of what who starts a recall is shown: the changes, and who rests on them how."""
    told = [[one.certification_id, {key: list(bonds) for key, bonds in one.bonds.items()}] for one in resting]
    return digest_of([sorted(keys), sorted(told, key=lambda one: str(one[0]))])


def cells_to_json(cells: Collection[Cell] | None) -> list[dict[str, Any]] | None:
    """Return cells as JSON values, sorted; None, which is all, stays None."""
    if cells is None:
        return None
    return [{"procedure": one.procedure, "device": one.device, "skin_type": one.skin_type} for one in sorted(cells)]


def cells_from_json(values: Iterable[Mapping[str, Any]] | None) -> frozenset[Cell] | None:
    """Read cells back from JSON values."""
    return None if values is None else frozenset(Cell(**value) for value in values)


def earliest_due(today: date) -> date:
    """Return the first day that a recall can have as its last: nobody is late on the day on which they hear of it."""
    return today + timedelta(days=1)
