"""Cells that are held back: by acts that name them, by what is told from outside, and what that leaves."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given

from app.certification.holds import Hold
from app.certification.lifecycle import CARRIES, Event, EventKind, State, carries_until, state_as_of
from app.certification.scope import Cell
from app.certification.treating import Answer, Holding, Rule, may_treat
from tests.unit.life_oracle import (
    DAYS,
    EVER,
    HOLDS,
    ISSUED_ON,
    LIVES,
    SPAN,
    at,
    day_of,
    event,
    granted,
    granted_plainly,
    held_plainly,
    plainly,
)
from tests.unit.test_lifecycle import FIRST, issued, renewed

SUSPENDED, REINSTATED = EventKind.SUSPENDED, EventKind.REINSTATED
ONE, TWO = (granted(1),), (granted(2),)
DAY = date(2026, 6, 1)


def later(days: int) -> date:
    return DAY + timedelta(days=days)


def recall(cells: frozenset[Cell] | None, from_on: date, until_on: date | None = None) -> Hold:
    told = {"code": "recall", "reason": "The fact changed", "known_at": at(ISSUED_ON)}
    return Hold(cells=cells, from_on=from_on, until_on=until_on, **told)  # type: ignore[arg-type]


def skins(cells: Sequence[object]) -> list[int]:
    return [one.cell.skin_type for one in cells]  # type: ignore[attr-defined]


def test_some_cells_are_held_and_the_state_stays() -> None:
    act = event(SUSPENDED, DAY, cells=ONE, reason="A burn on type I")
    answer = state_as_of([issued(1, 2), act], later(1), EVER)
    assert (answer.state, skins(answer.in_force), answer.cause and answer.cause.kind) == (
        State.ACTIVE,
        [2],
        EventKind.ISSUED,
    )
    [back] = answer.back
    assert (back.cell, back.event_id, back.since_on, back.reason) == (ONE[0].cell, act.seq, DAY, "A burn on type I")
    before = state_as_of([issued(1, 2), act], later(-1), EVER)
    assert (before.back, before.same_to, before.lost) == ((), later(-1), ((ONE[0].cell, later(-1)),))
    assert before.until_on == FIRST.last_on


def test_all_cells_held_one_after_the_other_it_counts_as_suspended() -> None:
    first, last = (event(SUSPENDED, day, cells=cells) for day, cells in ((DAY, ONE), (later(9), TWO)))
    events = [issued(1, 2), first, last]
    answer = state_as_of(events, later(9), EVER)
    assert (answer.state, answer.since_on, answer.cause, answer.in_force) == (State.SUSPENDED, later(9), first, ())
    assert state_as_of(events, later(8), EVER).until_on == later(8)
    freed = [*events, event(REINSTATED, later(20), cells=TWO)]
    answer = state_as_of(freed, later(20), EVER)
    assert (answer.state, skins(answer.in_force), skins(answer.back)) == (State.ACTIVE, [2], [1])
    wider = [*events, renewed(later(30), cells=(granted(1), granted(2), granted(3)))]
    assert skins(state_as_of(wider, later(30), EVER).in_force) == [3]


def test_a_reinstatement_of_one_suspension_leaves_the_other() -> None:
    burn, device = event(SUSPENDED, DAY, cells=ONE, reason="Burn"), event(SUSPENDED, later(1), cells=(*ONE, *TWO))
    events = [issued(1, 2, 3), burn, device, event(REINSTATED, later(5), lifts=device.seq)]
    answer = state_as_of(events, later(5), EVER)
    assert [(one.cell.skin_type, one.reason) for one in answer.back] == [(1, "Burn")]
    every = [*events, event(REINSTATED, later(6))]
    assert state_as_of(every, later(6), EVER).back == ()


def test_of_a_whole_suspension_some_cells_can_be_given_back() -> None:
    whole = event(SUSPENDED, DAY, reason="Burn")
    events = [issued(1, 2, 3), whole, event(REINSTATED, later(5), cells=ONE, lifts=whole.seq)]
    answer = state_as_of(events, later(5), EVER)
    assert (answer.state, skins(answer.in_force), skins(answer.back)) == (State.ACTIVE, [1], [2, 3])
    assert state_as_of(events, later(4), EVER).until_on == later(4)


def test_a_recall_past_its_deadline_suspends_without_an_act() -> None:
    hold = recall(frozenset({ONE[0].cell}), DAY, later(10))
    events = [issued(1, 2)]
    assert skins(state_as_of(events, DAY, EVER, [hold]).back) == [1]
    assert state_as_of(events, later(11), EVER, [hold]).back == ()
    answer = state_as_of(events, DAY, EVER, [recall(None, DAY)])
    assert (answer.state, answer.reason_code, answer.reason, answer.cause) == (
        State.SUSPENDED,
        "recall",
        "The fact changed",
        None,
    )
    assert state_as_of(events, DAY, at(ISSUED_ON, 11), [recall(None, DAY)]).state is State.NONE
    revoked = [*events, event(EventKind.REVOKED, DAY, reason="Decided")]
    assert state_as_of(revoked, DAY, EVER, [recall(None, DAY)]).reason == "Decided"


def test_what_ended_a_hold_was_not_known_before() -> None:
    done = Hold(
        cells=None,
        from_on=DAY,
        until_on=later(5),
        code="recall",
        reason="Due",
        known_at=at(ISSUED_ON),
        end_known_at=at(later(9)),
    )
    known = [state_as_of([issued(1)], later(7), at(later(day)), [done]).state for day in (8, 9)]
    assert known == [State.SUSPENDED, State.ACTIVE]


def test_the_answer_for_a_held_cell_tells_why() -> None:
    act = event(SUSPENDED, DAY, cells=ONE, reason="A burn on type I")
    state = state_as_of([issued(1, 2), act], later(3), EVER)
    held, free = (may_treat([Holding(number="A", title="T", state=state)], one.cell) for one in (*ONE, *TWO))
    assert (held.answer, held.grounds[0].rule, held.grounds[0].since_on, held.grounds[0].reason, held.to_on) == (
        Answer.NO,
        Rule.SUSPENDED,
        DAY,
        "A burn on type I",
        None,
    )
    assert (free.answer, free.to_on) == (Answer.YES, FIRST.grace_last_on)


@pytest.mark.parametrize(("coming", "to_on"), [(None, FIRST.grace_last_on), (later(9), later(8))])
def test_how_long_a_cell_lasts_counts_with_what_comes(coming: date | None, to_on: date) -> None:
    more = [] if coming is None else [event(SUSPENDED, coming, recorded_at=at(DAY), cells=ONE)]
    state = state_as_of([issued(1, 2), *more], DAY, EVER)
    assert may_treat([Holding(number="A", title="T", state=state)], ONE[0].cell).to_on == to_on
    assert may_treat([Holding(number="A", title="T", state=state)], TWO[0].cell).to_on == FIRST.grace_last_on


def in_force_plainly(events: list[Event], day: date, known_at: datetime, holds: Sequence[Hold]) -> set[Cell]:
    if plainly(events, day, known_at, holds) not in CARRIES:
        return set()
    cells = granted_plainly(events, day, known_at)
    return {cell for cell in cells if not held_plainly(events, cell, day, known_at, holds)}


@given(LIVES, HOLDS, DAYS, DAYS)
def test_the_fold_by_cells_agrees_with_the_plain_words(
    events: list[Event], holds: list[Hold], day: date, known_on: date
) -> None:
    known_at = at(known_on)
    answer = state_as_of(events, day, known_at, holds)
    assert answer.state is plainly(events, day, known_at, holds)
    granted_now = granted_plainly(events, day, known_at)
    assert {one.cell for one in answer.cells} == granted_now
    held = {cell for cell in granted_now if held_plainly(events, cell, day, known_at, holds)}
    assert answer.state is State.NONE or {one.cell for one in answer.back} == held
    assert {one.cell for one in answer.in_force} == in_force_plainly(events, day, known_at, holds)


@given(LIVES, HOLDS, DAYS, DAYS)
def test_every_cell_lasts_as_long_as_is_told(events: list[Event], holds: list[Hold], day: date, known_on: date) -> None:
    known_at, end = at(known_on), day_of(3 * SPAN)
    answer = state_as_of(events, day, known_at, holds)
    mine, lost = {one.cell for one in answer.in_force}, dict(answer.lost)
    for cell in mine:
        last = day
        while last < end and cell in in_force_plainly(events, last + timedelta(days=1), known_at, holds):
            last += timedelta(days=1)
        told = min(carries_until(answer), lost.get(cell, date.max))
        assert last == min(told, end)
    same = day
    while same < end and (
        plainly(events, same + timedelta(days=1), known_at, holds) is answer.state
        and in_force_plainly(events, same + timedelta(days=1), known_at, holds) == mine
    ):
        same += timedelta(days=1)
    # A cell may be granted anew with another decision: then it is the same cell, and not the same scope.
    assert answer.state is State.NONE or min(answer.same_to or end, end) == same


@given(LIVES, HOLDS, DAYS, DAYS)
def test_since_and_until_with_holds(events: list[Event], holds: list[Hold], day: date, known_on: date) -> None:
    known_at, answer = at(known_on), state_as_of(events, day, at(known_on), holds)
    if answer.state is State.NONE:
        return
    assert plainly(events, (answer.since_on or day), known_at, holds) is answer.state
    assert plainly(events, (answer.since_on or day) - timedelta(days=1), known_at, holds) is not answer.state
    if answer.until_on:
        assert plainly(events, answer.until_on, known_at, holds) is answer.state
        assert plainly(events, answer.until_on + timedelta(days=1), known_at, holds) is not answer.state
