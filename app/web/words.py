"""Values as people read them: days and times in words, states with their dates, scopes as grids."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from app.certification.lifecycle import State, StateAsOf
from app.certification.scope import Cell, GrantedCell, GridRow, cells_as_grid
from app.content.values import Decision
from app.releases.manifest import procedure_name, span

Context = dict[str, Any]


def day(value: date) -> str:
    """Return `22 November 2026`."""
    return f"{value.day} {value:%B %Y}"


def short_day(value: date) -> str:
    """Return `22 Nov 2026`."""
    return f"{value.day} {value:%b %Y}"


def weekday(value: date) -> str:
    """Return `Sunday 22 November 2026`."""
    return f"{value:%A} {day(value)}"


def clock_time(instant: datetime, zone: str) -> str:
    """Return `14:06:42` in a time zone."""
    return f"{instant.astimezone(ZoneInfo(zone)):%H:%M:%S}"


def moment(instant: datetime, zone: str) -> str:
    """Return `22 November 2026, 14:06` in a time zone."""
    local = instant.astimezone(ZoneInfo(zone))
    return f"{day(local.date())}, {local:%H:%M}"


def counted(number: int, noun: str) -> str:
    """Return `1 lesson` or `3 lessons`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def hours(number: int) -> str:
    """Return `24 hours`, or `none` for 0."""
    return counted(number, "hour") if number else "none"


def days_left(last: date, today: date) -> str:
    """Return how many days remain until a last day, which counts."""
    left = (last - today).days
    return "Last day" if left == 0 else f"{counted(left, 'day')} left"


def status_of(state: StateAsOf, today: date) -> Context:
    """Return a state as the pages show it: word, date, and whether renewal is due."""
    shown: Context = {"state": state.state.value, "label": "", "note": "", "due": state.due}
    last, period = state.last_valid_on, state.period
    if state.state is State.ACTIVE and last:
        shown["note"] = f"to {short_day(last)}"
        shown["label"] = days_left(last, today) if state.due else ""
    elif state.state is State.GRACE and period:
        shown["note"] = f"to {short_day(period.grace_last_on)}"
    elif state.state is State.EXPIRED and period:
        shown["note"] = f"since {short_day(state.since_on or period.last_on)}"
    elif state.state in (State.SUSPENDED, State.REVOKED, State.SUPERSEDED) and state.since_on:
        shown["note"] = f"since {short_day(state.since_on)}"
    if state.in_force and state.back:
        shown["note"] += f", {len(state.back)} of {counted(len(state.cells), 'cell')} on hold"
    return shown


def held_notes(state: StateAsOf, devices: Mapping[str, Mapping[str, Any]], *, why: bool = True) -> list[str]:
    """Return which cells are on hold since when, and why, while others are in force; a sentence for each act."""
    if not state.in_force:
        return []
    granted = {one.cell: one for one in state.cells}
    acts = sorted(state.back, key=lambda one: (one.since_on, one.event_id or 0, one.reason or ""))
    return [
        f"On hold since {short_day(since_on)}: {cells_in_words((granted[one.cell] for one in found), devices)}."
        f"{' ' + sentence(reason) if why and reason else ''}"
        for (since_on, _, reason), found in groupby(acts, lambda one: (one.since_on, one.event_id or 0, one.reason))
    ]


def cells_in_words(cells: Iterable[GrantedCell], devices: Mapping[str, Mapping[str, Any]]) -> str:
    """Return cells in one line, without what each allows: device, procedure and skin types."""
    return "; ".join(
        f"{_named(row.device, devices)}, {procedure_name(procedure.procedure).lower()}, {_types(row)}"
        for procedure in cells_as_grid(cells)
        for row in procedure.rows
    )


def sentence(text: str) -> str:
    """Return a text with a full stop where it ends without one."""
    return text if text.endswith((".", "!", "?")) else f"{text}."


def scope_rows(
    cells: Iterable[GrantedCell], devices: Mapping[str, Mapping[str, Any]], held: Collection[Cell] = ()
) -> list[Context]:
    """Return granted cells as the rows of a scope grid; what is not granted, or `held` back, says so."""
    return [
        {
            "device": devices[row.device]["name"],
            "wavelength": _beside(devices[row.device]),
            "procedure": procedure_name(procedure.procedure),
            "cells": _six(procedure.procedure, row, held),
        }
        for procedure in cells_as_grid(cells)
        for row in procedure.rows
    ]


def grace_words(days: int, *, grants: bool) -> str:
    """Return how many days of grace there are, and what they are worth to a scheme that grants treatments or none."""
    return f"{days}, {'only with a second person’s sign-off' if grants else 'in which it can still be renewed'}"


def scope_lines(
    cells: Iterable[GrantedCell],
    devices: Mapping[str, Mapping[str, Any]],
    *,
    in_force: bool,
    held: Collection[Cell] = (),
) -> list[Context]:
    """Return a scope in short: a line for each device and procedure, its six cells and the words beside them.

    Never one line over several devices: it would read as if what one of them may do held for all.
    """
    lines = [
        {
            "cells": _six(procedure.procedure, row, held) if in_force else [],
            "words": f"{devices[row.device]['name']}, {procedure_name(procedure.procedure).lower()}: "
            f"{_spans(_six(procedure.procedure, row, held))}",
        }
        for procedure in cells_as_grid(cells)
        for row in procedure.rows
    ] or [{"cells": [], "words": "No device scope"}]
    return lines if in_force else [{**line, "words": f"Not in force: {line['words']}"} for line in lines]


def wavelength(device: Mapping[str, Any]) -> str:
    """Return `1064 nm`, a range, or nothing for a device without one."""
    low, high = device["wavelength_min_nm"], device["wavelength_max_nm"]
    if low is None:
        return ""
    return f"{low:g} nm" if low == high else f"{low:g}–{high:g} nm"


def _beside(device: Mapping[str, Any]) -> str:
    """Return a device's wavelength where its name does not tell it."""
    told = wavelength(device)
    return "" if told in device["name"] else told


def held_cells(state: StateAsOf) -> frozenset[Cell]:
    """Return the cells that are on hold while others are in force: these are marked in a scope."""
    return frozenset(one.cell for one in state.back) if state.in_force else frozenset()


def _six(procedure: str, row: GridRow, held: Collection[Cell]) -> list[str]:
    cells = [Cell(procedure=procedure, device=row.device, skin_type=number) for number in range(1, 7)]
    return ["held" if cell in held else _cell(decision) for cell, decision in zip(cells, row.decisions, strict=True)]


def _cell(decision: Decision) -> str:
    return "not_granted" if decision is Decision.NOT_ALLOWED else decision.value


def _named(device: str, devices: Mapping[str, Mapping[str, Any]]) -> str:
    return str(devices[device]["name"]) if device in devices else device


def _types(row: GridRow) -> str:
    numbers = [number for number, decision in enumerate(row.decisions, start=1) if decision is not Decision.NOT_ALLOWED]
    runs = [list(run) for _, run in groupby(numbers, key=lambda number: number - numbers.index(number))]
    return f"skin type{'s' if len(numbers) > 1 else ''} {', '.join(span(run[0], run[-1]) for run in runs)}"


def _spans(cells: list[str]) -> str:
    words = {"allowed": "allowed", "with_sign_off": "with sign-off", "held": "on hold"}
    parts, start = [], 0
    for index in range(1, 7):
        if index == 6 or cells[index] != cells[start]:
            if cells[start] in words:
                parts.append(f"{span(start + 1, index)} {words[cells[start]]}")
            start = index
    return ", ".join(parts)
