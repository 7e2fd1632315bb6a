"""Who may treat what: the best certification counts, grace asks for sign-off, and nothing is inferred."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.certification.dates import Period
from app.certification.lifecycle import Event, EventKind, resting_on, state_as_of
from app.certification.scope import Cell, GrantedCell
from app.certification.treating import Answer, Holding, Rule, Verdict, may_treat
from app.content.values import Decision

EVER = datetime(2100, 1, 1, tzinfo=UTC)
FIRST_ON, LAST_ON, GRACE_TO = date(2026, 3, 1), date(2027, 2, 28), date(2027, 3, 14)
PERIOD = Period(first_on=FIRST_ON, last_on=LAST_ON, grace_last_on=GRACE_TO, due_from_on=date(2027, 1, 29))
ALLOWED = Cell(procedure="hair-removal", device="diode", skin_type=2)
SIGNED = Cell(procedure="hair-removal", device="diode", skin_type=5)
OTHER = Cell(procedure="hair-removal", device="diode", skin_type=6)
CELLS = (
    GrantedCell(cell=ALLOWED, decision=Decision.ALLOWED),
    GrantedCell(cell=SIGNED, decision=Decision.WITH_SIGN_OFF),
)


def act(kind: EventKind, on: date, seq: int, **more: object) -> Event:
    recorded = datetime(on.year, on.month, on.day, 12, tzinfo=UTC)
    return Event(kind=kind, effective_on=on, recorded_at=recorded, seq=seq, **more)  # type: ignore[arg-type]


ISSUED = act(EventKind.ISSUED, FIRST_ON, 1, period=PERIOD, cells=CELLS)


def holding(day: date, *more: Event, number: str = "A") -> Holding:
    return Holding(number=number, title="Hair reduction", state=state_as_of([ISSUED, *more], day, EVER))


def asked(verdict: Verdict) -> tuple[Answer, Rule]:
    return verdict.answer, verdict.grounds[0].rule


@pytest.mark.parametrize(
    ("day", "cell", "answer", "rule"),
    [
        (FIRST_ON - timedelta(days=1), ALLOWED, Answer.NO, Rule.NOT_GRANTED),
        (FIRST_ON, ALLOWED, Answer.YES, Rule.GRANTED),
        (LAST_ON, ALLOWED, Answer.YES, Rule.GRANTED),
        (LAST_ON + timedelta(days=1), ALLOWED, Answer.WITH_SIGN_OFF, Rule.GRACE),
        (GRACE_TO, SIGNED, Answer.WITH_SIGN_OFF, Rule.GRACE),
        (GRACE_TO + timedelta(days=1), ALLOWED, Answer.NO, Rule.EXPIRED),
        (FIRST_ON, SIGNED, Answer.WITH_SIGN_OFF, Rule.CELL),
        (FIRST_ON, OTHER, Answer.NO, Rule.NOT_GRANTED),
    ],
)
def test_a_day_and_a_cell_decide(day: date, cell: Cell, answer: Answer, rule: Rule) -> None:
    assert asked(may_treat([holding(day)], cell)) == (answer, rule)


def test_who_holds_nothing_may_not() -> None:
    assert asked(may_treat([], ALLOWED)) == (Answer.NO, Rule.NOT_GRANTED)


def test_what_was_taken_away_is_told_with_its_reason() -> None:
    day = date(2026, 6, 1)
    suspended = act(EventKind.SUSPENDED, day, 2, reason_code="incident", reason="A burn on 30 May")
    [ground] = may_treat([holding(day, suspended)], ALLOWED).grounds
    assert (ground.rule, ground.since_on, ground.to_on, ground.reason) == (
        Rule.SUSPENDED,
        day,
        None,
        "A burn on 30 May",
    )


def test_the_best_of_several_counts_and_the_others_are_told() -> None:
    day = date(2026, 6, 1)
    revoked = holding(day, act(EventKind.REVOKED, day, 2, reason="x"), number="B")
    verdict = may_treat([revoked, holding(day)], ALLOWED)
    assert asked(verdict) == (Answer.YES, Rule.GRANTED)
    assert [one.number for one in verdict.grounds] == ["A", "B"]
    assert verdict.to_on == GRACE_TO


def test_what_it_leans_on_asks_for_sign_off_and_ends_it() -> None:
    day = LAST_ON + timedelta(days=1)
    longer = Period(first_on=FIRST_ON, last_on=date(2028, 2, 29), grace_last_on=date(2028, 3, 14), due_from_on=day)
    own = state_as_of([act(EventKind.ISSUED, FIRST_ON, 1, period=longer, cells=CELLS)], day, EVER)
    required = [("Laser safety", [state_as_of([ISSUED], day, EVER)])]
    verdict = may_treat([Holding(number="A", title="Hair", state=resting_on(own, required))], ALLOWED)
    assert asked(verdict) == (Answer.WITH_SIGN_OFF, Rule.LEANING)
    assert (verdict.grounds[0].reason, verdict.to_on) == ("Laser safety", GRACE_TO)
    later = GRACE_TO + timedelta(days=1)
    own = state_as_of([act(EventKind.ISSUED, FIRST_ON, 1, period=longer, cells=CELLS)], later, EVER)
    required = [("Laser safety", [state_as_of([ISSUED], later, EVER)])]
    lapsed = may_treat([Holding(number="A", title="Hair", state=resting_on(own, required))], ALLOWED)
    assert asked(lapsed) == (Answer.NO, Rule.LAPSED)


@given(st.integers(-10, 420), st.sampled_from([ALLOWED, SIGNED, OTHER]))
def test_the_last_day_is_the_last_one(offset: int, cell: Cell) -> None:
    day = FIRST_ON + timedelta(days=offset)
    verdict = may_treat([holding(day)], cell)
    assert (verdict.to_on is None) == (verdict.answer is Answer.NO)
    if verdict.to_on:
        assert may_treat([holding(verdict.to_on)], cell).answer is not Answer.NO
        assert may_treat([holding(verdict.to_on + timedelta(days=1))], cell).answer is Answer.NO
