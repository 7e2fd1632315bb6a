"""Random lives of a certification, and what is true of them in the plain words of the design: no fold is in it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import count

from hypothesis import strategies as st

from app.certification.dates import Period
from app.certification.holds import Hold
from app.certification.lifecycle import Event, EventKind, State
from app.certification.scope import Cell, GrantedCell
from app.content.values import Decision

ISSUED_ON = date(2026, 3, 1)
EVER = datetime(2100, 1, 1, tzinfo=UTC)
GRANTS = (EventKind.ISSUED, EventKind.RENEWED)
SCOPES = (EventKind.SCOPE_REDUCED, EventKind.SCOPE_EXTENDED)
OF_SOME = (EventKind.SUSPENDED, EventKind.REINSTATED)
SEQUENCE = count(1)


def granted(skin_type: int, decision: Decision = Decision.ALLOWED) -> GrantedCell:
    cell = Cell(procedure="tightening", device="ndyag-1064", skin_type=skin_type)
    return GrantedCell(cell=cell, decision=decision)


def at(day: date, hour: int = 12) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


def event(
    kind: EventKind,
    effective_on: date,
    *,
    recorded_at: datetime | None = None,
    period: Period | None = None,
    cells: tuple[GrantedCell, ...] | None = None,
    reason: str | None = None,
    lifts: int | None = None,
) -> Event:
    return Event(
        kind=kind,
        effective_on=effective_on,
        recorded_at=recorded_at or at(effective_on),
        seq=next(SEQUENCE),
        period=period,
        cells=cells,
        reason=reason,
        lifts=lifts,
    )


# Small figures, so that events often meet on a day and at an instant.
SPAN = 30
OFFSETS = st.integers(0, SPAN)


def day_of(offset: int) -> date:
    return ISSUED_ON + timedelta(days=offset)


@st.composite
def periods(draw: st.DrawFn, first: st.SearchStrategy[int] = OFFSETS, longest: int = 12) -> Period:
    first_on = day_of(draw(first))
    last_on = first_on + timedelta(days=draw(st.integers(0, longest)))
    return Period(
        first_on=first_on,
        last_on=last_on,
        grace_last_on=last_on + timedelta(days=draw(st.integers(0, 4))),
        due_from_on=max(first_on, last_on - timedelta(days=draw(st.integers(-1, 5)))),
    )


@st.composite
def any_events(draw: st.DrawFn) -> Event:
    kind = draw(st.sampled_from(EventKind))
    some = draw(st.sets(st.integers(1, 3), min_size=int(kind is EventKind.SCOPE_EXTENDED)))
    cells = tuple(granted(skin_type) for skin_type in sorted(some))
    named = cells if kind in {*GRANTS, *SCOPES} else None
    return event(
        kind,
        day_of(draw(OFFSETS)),
        recorded_at=at(day_of(draw(OFFSETS))),
        period=draw(periods()) if kind in GRANTS else None,
        cells=cells or None if kind in OF_SOME else named,
    )


@st.composite
def lives(draw: st.DrawFn) -> list[Event]:
    """Up to six acts, mostly after an issue; some reinstatements lift one suspension alone."""
    events = draw(st.lists(any_events(), max_size=6))
    if draw(st.integers(0, 3)):
        some = draw(st.sets(st.integers(1, 3), min_size=1))
        cells, period = tuple(granted(one) for one in sorted(some)), draw(periods(st.integers(0, 5), SPAN))
        events.insert(0, event(EventKind.ISSUED, period.first_on, period=period, cells=cells))
    suspensions = [one.seq for one in events if one.kind is EventKind.SUSPENDED]
    choices = st.sampled_from([None, *suspensions])
    return [replace(one, lifts=draw(choices)) if one.kind is EventKind.REINSTATED else one for one in events]


@st.composite
def any_holds(draw: st.DrawFn) -> Hold:
    cells = draw(st.none() | st.frozensets(st.integers(1, 3).map(lambda one: granted(one).cell), min_size=1))
    from_on, known_on = draw(OFFSETS), draw(OFFSETS)
    until_on = draw(st.none() | st.integers(0, 12).map(lambda days: day_of(from_on + days)))
    end_known_at = draw(st.none() | OFFSETS.map(lambda offset: at(day_of(offset)))) if until_on else None
    return Hold(
        cells=cells,
        from_on=day_of(from_on),
        until_on=until_on,
        code="recall",
        reason="The fact that it rests on changed",
        known_at=at(day_of(known_on)),
        end_known_at=end_known_at,
    )


LIVES = lives()
HOLDS = st.lists(any_holds(), max_size=2)
DAYS = OFFSETS.map(day_of)


def counting(events: Sequence[Event], day: date, known_at: datetime) -> list[Event]:
    return [one for one in events if one.recorded_at <= known_at and one.effective_on <= day]


def granted_plainly(events: Sequence[Event], day: date, known_at: datetime) -> set[Cell]:
    """The cells that the last grant, or practice after it, names, less those that a reduction takes away.

    A reduction concerns what comes after it only where it was on record neither at any later grant nor at it.
    """
    counted = counting(events, day, known_at)

    def place(one: Event) -> tuple[date, datetime, int]:
        return one.effective_on, one.recorded_at, one.seq

    grants = [one for one in counted if one.kind in GRANTS and one.cells is not None]
    last = max(grants, key=place, default=None)
    practised = [one for one in counted if one.kind is EventKind.SCOPE_EXTENDED]
    cells: set[Cell] = set()
    for named in [last, *(one for one in practised if last is None or place(one) > place(last))]:
        left = {one.cell for one in (named.cells if named else None) or ()}
        for cut in (one for one in counted if one.kind is EventKind.SCOPE_REDUCED):
            later = [one for one in (*grants, named) if one and place(one) > place(cut)]
            if all((cut.recorded_at, cut.seq) > (one.recorded_at, one.seq) for one in later):
                left &= {one.cell for one in cut.cells or ()}
        cells |= left
    return cells


def suspends(one: Event, cell: Cell | None, counted: Sequence[Event]) -> bool:
    """Whether a suspension holds a cell (None: one that nobody ever named), as nobody has lifted it from there."""

    def names(act: Event) -> bool:
        return act.cells is None or cell in {each.cell for each in act.cells}

    return names(one) and not any(
        other.kind is EventKind.REINSTATED
        and names(other)
        and other.lifts in (None, one.seq)
        and other.effective_on >= one.effective_on
        and (other.recorded_at, other.seq) > (one.recorded_at, one.seq)
        for other in counted
    )


def holds_plainly(hold: Hold, cell: Cell | None, day: date, known_at: datetime) -> bool:
    ended = hold.until_on is not None and day > hold.until_on
    if hold.end_known_at is not None and hold.end_known_at > known_at:
        ended = False
    return (
        hold.known_at <= known_at and hold.from_on <= day and not ended and (hold.cells is None or cell in hold.cells)
    )


def held_plainly(
    events: Sequence[Event], cell: Cell | None, day: date, known_at: datetime, holds: Sequence[Hold] = ()
) -> bool:
    """Whether anything holds a cell back, asked anew for every cell and day."""
    counted = counting(events, day, known_at)
    suspended = [one for one in counted if one.kind is EventKind.SUSPENDED]
    return any(suspends(one, cell, counted) for one in suspended) or any(
        holds_plainly(one, cell, day, known_at) for one in holds
    )


def whole_plainly(events: Sequence[Event], day: date, known_at: datetime, holds: Sequence[Hold]) -> bool:
    """Whether something holds the whole certification, of which nobody has given a cell back."""
    counted = counting(events, day, known_at)
    every = [None, *(granted(skin_type).cell for skin_type in (1, 2, 3))]
    whole = [one for one in counted if one.kind is EventKind.SUSPENDED and one.cells is None]
    return any(all(suspends(one, cell, counted) for cell in every) for one in whole) or any(
        one.cells is None and holds_plainly(one, None, day, known_at) for one in holds
    )


def plainly(events: Sequence[Event], day: date, known_at: datetime, holds: Sequence[Hold] = ()) -> State:
    """The state in the words of the design, asked anew for every day, with no order of folding."""
    counted = counting(events, day, known_at)
    kinds = {one.kind for one in counted}
    cells = granted_plainly(events, day, known_at)
    all_held = bool(cells) and all(held_plainly(events, cell, day, known_at, holds) for cell in cells)
    spans = [one.period for one in counted if one.period]
    questions = (
        (State.REVOKED, EventKind.REVOKED in kinds),
        (State.SUPERSEDED, EventKind.SUPERSEDED in kinds),
        (State.SUSPENDED, bool(counted) and (all_held or whole_plainly(events, day, known_at, holds))),
        (State.ACTIVE, any(span.first_on <= day <= span.last_on for span in spans)),
        (State.GRACE, any(span.last_on < day <= span.grace_last_on for span in spans)),
        (State.EXPIRED, any(span.grace_last_on < day for span in spans)),
    )
    return next((state for state, holds in questions if holds), State.NONE)
