"""Random histories of certifications with every kind of event, as values: the same again for the same seed."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from app.certification.dates import BASES, Period, first_period, renewed_period
from app.certification.holds import Hold
from app.certification.lifecycle import Event, EventKind
from app.certification.recalling import Consequence, RecallOn, Task, hold_of
from app.certification.scope import Cell, GrantedCell
from app.content.values import Decision

COURSE, REQUIRED = "bench", "base"
INTERLOCK = "device_out_of_use"
CELLS = tuple(
    GrantedCell(cell=Cell(procedure="smoothing", device=device, skin_type=skin_type), decision=Decision.ALLOWED)
    for device in ("alexandrite", "diode")
    for skin_type in (2, 3)
)
EVENTS = 16  # ids that a certification has for its events
LONG_AGO, AHEAD = 1500, 60  # days: the earliest issue, and the latest day for which an act is planned
RECALLS = 8
PEOPLE = 20  # in which each kind of holder occurs
WITHOUT_ACTS, RENEWS = 0.5, 0.75  # how many only ever renew, and how many of those due do
ACTS = (
    *(EventKind.SUSPENDED,) * 5,
    *(EventKind.REINSTATED,) * 5,
    *(EventKind.SCOPE_REDUCED, EventKind.SCOPE_EXTENDED) * 2,
    EventKind.REVOKED,
    EventKind.SUPERSEDED,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Life:
    """One certification: whose (counted from 0), in which course, what happened, and which recalls lie on it."""

    number: int
    person: int
    course_id: str
    ordinal: int
    requires: tuple[str, ...]
    events: tuple[Event, ...]
    interlocked: frozenset[int] = frozenset()
    """The events that the interlock made or lifted."""
    recalls: tuple[RecallOn, ...] = ()

    @property
    def holds(self) -> tuple[Hold, ...]:
        """What keeps cells of it back though nobody acted."""
        return tuple(hold for one in self.recalls if (hold := hold_of(one)))


def noon(day: date) -> datetime:
    """Return an instant of a day."""
    return datetime.combine(day, time(12), UTC)


def campaigns(seed: int, today: date) -> list[RecallOn]:
    """Return the recalls of the organisation: some past their last day, some not, some without a consequence."""
    chance, found = random.Random(f"{seed}/recalls"), []
    for number in range(1, RECALLS + 1):
        due_on = today + timedelta(days=chance.randint(-200, 60))
        began = due_on - timedelta(days=chance.randint(5, 40))
        ended_on = due_on + timedelta(days=chance.randint(-3, 60))
        over = number % 4 == 0 and ended_on < today
        found.append(
            RecallOn(
                recall_id=number,
                title=f"Recall {number}",
                task=Task.READ,
                consequence=Consequence.NOTHING if number % 5 == 0 else Consequence.SUSPEND,
                started_at=noon(min(began, today - timedelta(days=1))),
                due_on=due_on,
                cells=None,
                ended_on=ended_on if over else None,
                ended_at=noon(ended_on) if over else None,
            )
        )
    return found


def lives(seed: int, today: date, certifications: int, recalls: Sequence[RecallOn]) -> Iterator[Life]:
    """Yield so many certifications, person by person: some hold one that another rests on, some a second one."""
    number = person = 0
    while number < certifications:
        for course_id, ordinal, requires in _held(person):
            number += 1
            if number > certifications:
                return
            yield _life(seed, today, number, person, course_id, ordinal, requires, recalls)
        person += 1


def _held(person: int) -> list[tuple[str, int, tuple[str, ...]]]:
    """Return what a person holds: of 20 people three rest on another course, one of them without ever holding it."""
    kind = person % PEOPLE
    if kind in (3, 11):
        return [(REQUIRED, 1, ()), (COURSE, 1, (REQUIRED,))]
    if kind == 17:
        return [(COURSE, 1, (REQUIRED,))]
    return [(COURSE, 1, ()), (COURSE, 2, ())] if kind == 7 else [(COURSE, 1, ())]


def _life(
    seed: int,
    today: date,
    number: int,
    person: int,
    course_id: str,
    ordinal: int,
    requires: tuple[str, ...],
    recalls: Sequence[RecallOn],
) -> Life:
    chance = random.Random(f"{seed}/{number}")
    events, held = _events(chance, today, number * EVENTS), list[RecallOn]()
    # What a person did about a recall stands for all that they hold: so it lies on one of these alone.
    if (course_id, ordinal) == (COURSE, 1) and chance.random() < 0.1:
        held = [_on_one(chance, each, today) for each in chance.sample(recalls, chance.randint(1, 2))]
    return Life(
        number=number,
        person=person,
        course_id=course_id,
        ordinal=ordinal,
        requires=requires,
        events=tuple(events),
        interlocked=frozenset(one.seq for one in events if one.reason_code == INTERLOCK),
        recalls=tuple(sorted(held, key=lambda one: one.recall_id)),
    )


def _on_one(chance: random.Random, recall: RecallOn, today: date) -> RecallOn:
    """Lay a recall on one certification: on all, some or none of its cells, answered or not; never after its end."""
    some = frozenset(one.cell for one in _some(chance))
    done_on = recall.due_on + timedelta(days=chance.randint(-10, 30))
    done = chance.random() < 0.6 and done_on <= min(today, recall.ended_on or today)
    done = done and noon(done_on) >= recall.started_at
    return replace(
        recall,
        cells=chance.choice((None, some, frozenset())),
        done_on=done_on if done else None,
        done_at=noon(done_on) if done else None,
    )


def _events(chance: random.Random, today: date, first_id: int) -> list[Event]:
    """Return an issue, renewals, and what people did: planned ahead, at once, or told of a day that had passed."""
    issued_on = today - timedelta(days=chance.randint(0, LONG_AGO))
    terms = {
        "validity_months": chance.choice((6, 12, 24)),
        "grace_days": chance.choice((0, 14, 60, 90)),
        "renewal_window_days": chance.choice((0, 30, 60)),
        "expiry_basis": chance.choice(BASES),
    }
    found = [_grant(EventKind.ISSUED, issued_on, first_period(issued_on, **terms), CELLS)]  # type: ignore[arg-type]
    period = found[0].period
    while period is not None and len(found) < 6 and chance.random() < RENEWS:
        early, late = chance.randint(-30, 0), chance.choice((0, 0, 7, 40))
        renewed_on = max(issued_on, period.last_on + timedelta(days=early + late))
        if renewed_on > today:
            break
        period = renewed_period(renewed_on, first_issued_on=issued_on, previous=period, **terms)  # type: ignore[arg-type]
        found.append(_grant(EventKind.RENEWED, renewed_on, period, chance.choice((None, CELLS, _some(chance)))))
    if chance.random() >= WITHOUT_ACTS:
        found += [_act(chance, issued_on, today) for _ in range(chance.randint(1, 5))]
    found.sort(key=lambda one: one.recorded_at)
    return _numbered(chance, found, first_id)


def _grant(kind: EventKind, on: date, period: Period, cells: tuple[GrantedCell, ...] | None) -> Event:
    return Event(kind=kind, effective_on=on, recorded_at=noon(on), seq=0, period=period, cells=cells)


def _act(chance: random.Random, issued_on: date, today: date) -> Event:
    kind = chance.choice(ACTS)
    effective_on = issued_on + timedelta(days=chance.randint(0, (today - issued_on).days + AHEAD))
    told_on = effective_on + timedelta(days=chance.choice((-20, 0, 0, 0, 30)))
    cells = None
    if kind in (EventKind.SCOPE_REDUCED, EventKind.SCOPE_EXTENDED):
        cells = _some(chance)
    elif kind in (EventKind.SUSPENDED, EventKind.REINSTATED):
        cells = chance.choice((None, _some(chance), _some(chance)))
    return Event(
        kind=kind,
        effective_on=effective_on,
        recorded_at=noon(max(issued_on, min(told_on, today))) + timedelta(minutes=chance.randint(0, 3)),
        seq=0,
        cells=cells,
        reason_code=INTERLOCK if kind is EventKind.SUSPENDED and cells and chance.random() < 0.5 else "evidence",
        reason="Told by chance",
    )


def _some(chance: random.Random) -> tuple[GrantedCell, ...]:
    return tuple(sorted(chance.sample(CELLS, chance.randint(1, len(CELLS))), key=lambda one: one.cell))


def _numbered(chance: random.Random, events: Sequence[Event], first_id: int) -> list[Event]:
    """Give events their ids, in the order in which they were recorded; some reinstatements lift one suspension."""
    found: list[Event] = []
    for place, one in enumerate(events):
        suspended = [each for each in found if each.kind is EventKind.SUSPENDED]
        numbered = replace(one, seq=first_id + place)
        if one.kind is EventKind.REINSTATED and suspended and chance.random() < 0.5:
            lifted = chance.choice(suspended)
            numbered = replace(numbered, lifts=lifted.seq, reason_code=lifted.reason_code)
        found.append(numbered)
    return found
