"""What a renewal asks of whom: the exam made shorter, and which lessons, with the explanation; pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from app.certification.lifecycle import FINAL, StateAsOf
from app.content.renewal import Renewal, shortened
from app.content.values import Exam, Scheme

ALL, CHANGED, NONE = "all", "changed", "none"
NAMED = 2  # more lessons than this are counted, not named


class Reading(Protocol):
    """A lesson that was read: in which release, and when."""

    @property
    def lesson_id(self) -> str:
        """The lesson's id, the same in all editions."""

    @property
    def release_id(self) -> int:
        """The release that it was read in."""

    @property
    def read_at(self) -> datetime:
        """When it was marked as read."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Again:
    """The lessons that a renewal needs, in order, and which of them count as read; `asks` is the scheme's word."""

    asks: str
    needed: tuple[str, ...]
    read: frozenset[str]
    titles: Mapping[str, str]

    @property
    def missing(self) -> tuple[str, ...]:
        """The lessons still to be read."""
        return tuple(lesson for lesson in self.needed if lesson not in self.read)

    def told(self, ever_read: Collection[str]) -> frozenset[str]:
        """Return the lessons that a page shows as read: of those needed only what counts."""
        return frozenset(ever_read) - set(self.needed) | self.read


def renews(state: StateAsOf) -> bool:
    """Tell whether a next pass renews a certification: it was issued, and neither revoked nor superseded."""
    return state.latest_period is not None and state.state not in FINAL.values()


def renewal_of(scheme: Scheme, exam: Exam, state: StateAsOf, since_id: int | None) -> Renewal | None:
    """Return the exam of somebody's renewal; None where they do not renew, or the scheme asks for the whole exam."""
    if scheme.renewal_items is None or not renews(state):
        return None
    return Renewal(exam=shortened(exam, scheme.renewal_items), since_id=since_id)


def again(
    scheme: Scheme,
    manifest: Mapping[str, Any],
    release_id: int,
    state: StateAsOf,
    *,
    since_id: int | None,
    taught: Mapping[str, str] | None,
    readings: Collection[Reading],
    opened_at: datetime,
    now: datetime,
) -> Again | None:
    """Return which lessons a renewal needs; None where they are asked for as for a first issue.

    `all` asks for every lesson, read since the renewal window opened, in whatever edition; before that day it asks for
    nothing new. `changed` asks for those that show something else than in the release that the period rests on
    (`since_id`, with the hashes of its lessons, `taught`), read in this one; where it is not known what they showed,
    every lesson of another release has changed.
    """
    asks = scheme.renewal_lessons
    if asks is None or not renews(state) or (asks == ALL and now < opened_at):
        return None
    lessons = [one["id"] for one in manifest["lessons"]]
    if asks == ALL:
        needed, read = lessons, {one.lesson_id for one in readings if one.read_at >= opened_at}
    elif asks == CHANGED and since_id != release_id:
        needed = _changed(lessons, manifest.get("lesson_hashes"), taught)
        read = {one.lesson_id for one in readings if one.release_id == release_id}
    else:
        needed, read = [], set()
    titles = {one["id"]: one["title"] for one in manifest["lessons"]}
    return Again(asks=asks, needed=tuple(needed), read=frozenset(read & set(needed)), titles=titles)


def _changed(lessons: Sequence[str], now: Mapping[str, str] | None, then: Mapping[str, str] | None) -> list[str]:
    if now is None or then is None:
        return list(lessons)
    return [one for one in lessons if now[one] != then.get(one)]


def lessons_text(asked: Again) -> str:
    """Return how far the lessons of a renewal are, in words."""
    number, left = len(asked.needed), asked.missing
    if asked.asks == ALL:
        return f"{number - len(left)} of {_lessons(number)} read again"
    if not number:
        return "No lesson changed since the last certification"
    changed = f"{_lessons(number)} changed since the last certification"
    if not left:
        return f"{changed}, read in this edition"
    if len(left) > NAMED:
        return f"{changed}, {len(left)} still to read"
    return f"{changed}; still to read: {' and '.join(f'“{asked.titles[one]}”' for one in left)}"


def _lessons(number: int) -> str:
    return "1 lesson" if number == 1 else f"{number} lessons"
