"""The state of a certification as of any day, as known at any instant, folded from its events; pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import takewhile
from typing import Any, Protocol

from app.certification.dates import Period
from app.certification.holds import Brake, HeldBack, Hold, braked_by, held_back, released, stopping
from app.certification.scope import Cell, GrantedCell, from_json, joined, narrowed


class State(StrEnum):
    """What a certification is worth on a day; strongest first: of several that apply the first one counts."""

    REVOKED = "revoked"
    SUPERSEDED = "superseded"
    SUSPENDED = "suspended"
    EXPIRED = "expired"
    GRACE = "grace"
    ACTIVE = "active"
    NONE = "none"


class EventKind(StrEnum):
    """What can happen to a certification; only people's acts, never what a date does by itself."""

    ISSUED = "issued"
    RENEWED = "renewed"
    SUSPENDED = "suspended"
    REINSTATED = "reinstated"
    REVOKED = "revoked"
    SUPERSEDED = "superseded"
    SCOPE_REDUCED = "scope_reduced"
    SCOPE_EXTENDED = "scope_extended"


BEGINS_PERIOD = frozenset({EventKind.ISSUED, EventKind.RENEWED})
GRANTS = frozenset({*BEGINS_PERIOD, EventKind.SCOPE_EXTENDED})
CARRIES = frozenset({State.ACTIVE, State.GRACE})  # what rests on a certification in these states stands
LAPSED = "requirement_lapsed"
OF_CELLS = frozenset({*GRANTS, EventKind.SCOPE_REDUCED, EventKind.SUSPENDED, EventKind.REINSTATED})
FINAL = {EventKind.REVOKED: State.REVOKED, EventKind.SUPERSEDED: State.SUPERSEDED}


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """One act: `effective_on` is when it counts, `recorded_at` when we knew; `seq` orders equal instants.

    `issued` and `renewed` bring a period, and the cells that they grant (None: as before);
    `scope_reduced` brings the cells that remain, `scope_extended` those that practice added to the period that runs;
    `suspended` and `reinstated` may name the cells that they concern (None: the whole certification). `lifts` is the
    one suspension that a reinstatement lifts (None: every one).
    """

    kind: EventKind
    effective_on: date
    recorded_at: datetime
    seq: int
    period: Period | None = None
    cells: tuple[GrantedCell, ...] | None = None
    reason_code: str | None = None
    reason: str | None = None
    lifts: int | None = None

    def __post_init__(self) -> None:
        """Refuse an event that the fold could not read in one way only."""
        if (self.period is not None) != (self.kind in BEGINS_PERIOD):
            raise ValueError(f"{self.kind}: a period belongs to issued and renewed, and to these always")
        if self.kind is EventKind.SCOPE_REDUCED and self.cells is None:
            raise ValueError("scope_reduced: name the cells that remain")
        if self.kind is EventKind.SCOPE_EXTENDED and not self.cells:
            raise ValueError("scope_extended: name the cells that were added")
        if self.cells is not None and self.kind not in OF_CELLS:
            raise ValueError(f"{self.kind}: this event concerns the whole certification, not cells")
        if self.cells == () and self.kind in {EventKind.SUSPENDED, EventKind.REINSTATED}:
            raise ValueError(f"{self.kind}: name a cell, or concern the whole certification")
        if self.lifts is not None and self.kind is not EventKind.REINSTATED:
            raise ValueError(f"{self.kind}: only a reinstatement lifts a suspension")


class EventRow(Protocol):
    """What a stored event has, for `event_of`: its `id` is the `seq`, its cells are JSON values."""

    id: int
    kind: str
    effective_on: date
    recorded_at: datetime
    reason_code: str | None
    reason: str | None
    first_on: date | None
    last_on: date | None
    grace_last_on: date | None
    due_from_on: date | None
    cells: list[Any] | None
    lifts_id: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class StateAsOf:
    """A certification on a day.

    `since_on` and `until_on` are the first and last day of the unbroken run of this state, by what is known;
    `until_on` is None where nothing known ends it. `period` is the one that counts: of those begun the one
    that ends last (it covers the day when active). `latest_period` is the one that ends last, begun or not,
    `last_valid_on` its last day. `cells` were granted and not taken away since; only `active` and `grace` put
    them in force, less those that are held `back`. `cause` is the act behind the state, `hold` what stands behind it
    where nobody acted. `stands_from` and `stands_to` are the first and last day of the run on which it is in force,
    grace included, `lost` the last day of each cell that goes earlier, and `same_to` the last one before the state or a
    cell in force becomes another. `lapsed` names the required certification that is no longer in force and for whose
    want this one counts as suspended, `leaning` one that is in grace: what rests on it is then done with sign-off.
    `bound_on` is the last day on which what it requires lets it stand, by what is known.
    """

    state: State
    due: bool = False
    since_on: date | None = None
    until_on: date | None = None
    first_issued_on: date | None = None
    last_valid_on: date | None = None
    latest_period: Period | None = None
    period: Period | None = None
    cells: tuple[GrantedCell, ...] = ()
    back: tuple[HeldBack, ...] = ()
    cause: Event | None = None
    hold: Brake | None = None
    stands_from: date | None = None
    stands_to: date | None = None
    lost: tuple[tuple[Cell, date], ...] = ()
    same_to: date | None = None
    lapsed: str | None = None
    leaning: str | None = None
    bound_on: date | None = None

    @property
    def reason_code(self) -> str | None:
        """The code of the reason behind the state: of an act, or that a required certification has lapsed."""
        if self.lapsed:
            return LAPSED
        if self.hold:
            return self.hold.code
        return self.cause.reason_code if self.cause else None

    @property
    def reason(self) -> str | None:
        """The words of the reason behind the state."""
        if self.lapsed:
            return f"It requires {self.lapsed}, which is not in force."
        if self.hold:
            return self.hold.reason
        return self.cause.reason if self.cause else None

    @property
    def in_force(self) -> tuple[GrantedCell, ...]:
        """The cells in which the holder may treat on the day."""
        if self.state not in CARRIES:
            return ()
        held = {one.cell for one in self.back}
        return tuple(one for one in self.cells if one.cell not in held) if held else self.cells


def event_of(row: EventRow) -> Event:
    """Return a stored event as the fold reads it."""
    period = None
    if row.first_on and row.last_on and row.grace_last_on and row.due_from_on:
        period = Period(
            first_on=row.first_on,
            last_on=row.last_on,
            grace_last_on=row.grace_last_on,
            due_from_on=row.due_from_on,
        )
    return Event(
        kind=EventKind(row.kind),
        effective_on=row.effective_on,
        recorded_at=row.recorded_at,
        seq=row.id,
        period=period,
        cells=None if row.cells is None else from_json(row.cells),
        reason_code=row.reason_code,
        reason=row.reason,
        lifts=row.lifts_id,
    )


def state_as_of(events: Iterable[Event], day: date, known_at: datetime, holds: Iterable[Hold] = ()) -> StateAsOf:
    """Fold a certification's events into what it was on a day, by what was recorded up to an instant.

    Only events recorded at or before `known_at` and effective on or before `day` count, so an answer given
    once can be given again for ever. Events of one day follow each other as they were recorded. `holds` keep cells back
    beside them, though nobody acted: a certification of which nothing is left in force counts as suspended.
    """
    known = sorted(
        (event for event in events if event.recorded_at <= known_at),
        key=lambda event: (event.effective_on, event.recorded_at, event.seq),
    )
    standing = tuple(hold.known(known_at) for hold in holds if hold.known_at <= known_at)
    today = _on(known, day, standing)
    if today.state is State.NONE:
        return today
    turns = _turning_days(known, standing)
    before = ((turn, _on(known, turn, standing).state) for turn in sorted(turns, reverse=True) if turn <= day)
    run = [*takewhile(lambda turn: turn[1] is today.state or {today.state, turn[1]} <= CARRIES, before)]
    since_on = min((turn for turn, _ in takewhile(lambda turn: turn[1] is today.state, run)), default=day)
    stands_from = min((turn for turn, _ in run), default=day) if today.state in CARRIES else None
    ahead = ((turn - timedelta(days=1), _on(known, turn, standing)) for turn in sorted(turns) if turn > day)
    return _with_ends(replace(today, since_on=since_on, stands_from=stands_from), ahead)


def _with_ends(today: StateAsOf, ahead: Iterable[tuple[date, StateAsOf]]) -> StateAsOf:
    """Add how long the state and each cell last, by what comes: the day before, and what then is."""
    until_on = same_to = stands_to = None
    mine, lost = {one.cell for one in today.in_force}, dict[Cell, date]()
    for before, then in ahead:
        changed = then.state is not today.state
        until_on = until_on or (before if changed else None)
        same_to = same_to or (before if changed or then.in_force != today.in_force else None)
        if today.state in CARRIES and then.state in CARRIES:
            for cell in mine - {one.cell for one in then.in_force}:
                lost.setdefault(cell, before)
        elif changed:
            stands_to = before if today.state in CARRIES else None
            break
    return replace(today, until_on=until_on, same_to=same_to, stands_to=stands_to, lost=tuple(sorted(lost.items())))


def suspensions(events: Iterable[Event], day: date, known_at: datetime) -> list[Brake]:
    """Return the suspensions by people's acts that stand on a day, the longest-standing first."""
    counted = [one for one in events if one.recorded_at <= known_at and one.effective_on <= day]
    return _brakes(sorted(counted, key=lambda one: (one.effective_on, one.recorded_at, one.seq)), ())


def resting_on(own: StateAsOf, required: Iterable[tuple[str, Sequence[StateAsOf]]]) -> StateAsOf:
    """Return a certification's state with those that it requires beside it, of the same day and knowledge.

    `required` gives the title of each, and the states of all that the person ever held of it. Where none of them is in
    force, an active one, or one in grace, counts as suspended; nobody has to act, and nothing is stored.
    """
    if own.state not in CARRIES:
        return own
    answer = own
    for title, held in required:
        in_force = [one for one in held if one.state in CARRIES]
        carrying = max(in_force, key=carries_until, default=None)
        if carrying is None:
            began = max((one.since_on for one in held if one.since_on), default=own.since_on)
            since_on = max(filter(None, (own.stands_from, began)), default=None)
            ends: dict[str, Any] = dict.fromkeys(("until_on", "same_to", "stands_from", "stands_to")) | {"lost": ()}
            return replace(own, state=State.SUSPENDED, due=False, since_on=since_on, lapsed=title, **ends)
        bound_on = min(answer.bound_on or date.max, carries_until(carrying))
        until_on, same_to = (min(each or date.max, bound_on) for each in (answer.until_on, answer.same_to))
        from_on = min((one.stands_from for one in in_force if one.stands_from), default=None)
        since_on, stands_from = (
            max(filter(None, (each, from_on)), default=None) for each in (answer.since_on, answer.stands_from)
        )
        answer = replace(answer, since_on=since_on, stands_from=stands_from)
        answer = replace(answer, until_on=until_on, same_to=same_to, bound_on=bound_on)
        if carrying.state is State.GRACE:
            answer = replace(answer, leaning=title)
    return answer


def carries_until(one: StateAsOf) -> date:
    """Return the last day on which one in force stays so, grace included, by what is known; date.max for no end."""
    return min(one.stands_to or date.max, one.bound_on or date.max)


def granted_in_period(events: Iterable[Event]) -> frozenset[Cell]:
    """Return the cells that were granted since the period decided on last began, whatever was taken away since."""
    in_order = sorted(events, key=_recorded)
    began = max((at for at, event in enumerate(in_order) if event.kind in BEGINS_PERIOD), default=0)
    granting = (event for event in in_order[began:] if event.kind in GRANTS)
    return frozenset(granted.cell for event in granting for granted in event.cells or ())


def _on(known: Sequence[Event], day: date, holds: Sequence[Hold]) -> StateAsOf:
    """Return the state on a day of sorted events, without the run of days around it."""
    counted = [event for event in known if event.effective_on <= day]
    periods = [(event.period, event) for event in counted if event.period]
    begun = [(period, event) for period, event in periods if period.first_on <= day]
    period, act = max(begun, key=_ends, default=(None, None))
    cells, brakes = _cells(counted), _brakes(counted, [hold for hold in holds if hold.counts(day)])
    state, cause = _state_of_periods([each for each, _ in begun], day), act
    final, stopped = _final(counted), stopping(brakes, cells) if counted else None
    if final:
        state, cause = final
    elif stopped:
        state, cause = State.SUSPENDED, next((one for one in counted if one.seq == stopped.event_id), None)
    issue = next((event for event in counted if event.kind is EventKind.ISSUED), None)
    latest = max(periods, key=_ends)[0] if periods else None
    return StateAsOf(
        state=state,
        due=state is State.ACTIVE and latest is not None and day >= latest.due_from_on,
        first_issued_on=issue.effective_on if issue else None,
        last_valid_on=latest.last_on if latest else None,
        latest_period=latest,
        period=period,
        cells=cells,
        back=held_back(brakes, cells),
        cause=cause,
        hold=stopped if state is State.SUSPENDED and cause is None else None,
    )


def _final(counted: Sequence[Event]) -> tuple[State, Event] | None:
    for kind, state in FINAL.items():
        final = next((event for event in counted if event.kind is kind), None)
        if final:
            return state, final
    return None


def _state_of_periods(begun: Sequence[Period], day: date) -> State:
    if not begun:
        return State.NONE
    if any(day <= period.last_on for period in begun):
        return State.ACTIVE
    return State.GRACE if any(day <= period.grace_last_on for period in begun) else State.EXPIRED


def _brakes(counted: Sequence[Event], holds: Sequence[Hold]) -> list[Brake]:
    """Return what nobody has lifted, the longest-standing first."""
    standing: list[Brake] = []
    for event in counted:
        if event.kind is EventKind.SUSPENDED:
            brake = Brake(
                since_on=event.effective_on,
                cells=_named(event),
                event_id=event.seq,
                recorded=_recorded(event),
                code=event.reason_code,
                reason=event.reason,
            )
            standing.append(brake)
        elif event.kind is EventKind.REINSTATED:
            standing = released(standing, _recorded(event), event.lifts, _named(event))
    return sorted([*standing, *map(braked_by, holds)], key=lambda brake: brake.since_on) if holds else standing


def _named(event: Event) -> frozenset[Cell] | None:
    return None if event.cells is None else frozenset(one.cell for one in event.cells)


def _cells(counted: Sequence[Event]) -> tuple[GrantedCell, ...]:
    """Return the cells granted last, less every reduction that was not on record when they were granted."""
    cells: tuple[GrantedCell, ...] = ()
    reductions: list[Event] = []
    for event in counted:
        if event.kind is EventKind.SCOPE_REDUCED:
            reductions.append(event)
            cells = narrowed(cells, event.cells or ())
        elif event.kind is EventKind.SCOPE_EXTENDED:
            added = event.cells or ()
            for reduction in (one for one in reductions if _recorded(one) > _recorded(event)):
                added = narrowed(added, reduction.cells or ())
            cells = joined(cells, added)
        elif event.cells is not None and event.kind in BEGINS_PERIOD:
            reductions = [one for one in reductions if _recorded(one) > _recorded(event)]
            cells = event.cells
            for reduction in reductions:
                cells = narrowed(cells, reduction.cells or ())
    return cells


def _turning_days(known: Sequence[Event], holds: Sequence[Hold]) -> set[date]:
    """Return every day on which the state, or a cell, can become another one, by what is known alone."""
    turns = {event.effective_on for event in known}.union(*(hold.turns() for hold in holds))
    for period in (event.period for event in known if event.period):
        turns.add(period.first_on)
        turns.update(day + timedelta(days=1) for day in (period.last_on, period.grace_last_on) if day < date.max)
    return turns


def _recorded(event: Event) -> tuple[datetime, int]:
    return event.recorded_at, event.seq


def _ends(dated: tuple[Period, Event]) -> tuple[date, date]:
    return dated[0].last_on, dated[0].grace_last_on
