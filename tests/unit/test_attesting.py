"""What an observed treatment is worth, who may observe it, and which words may stand."""

from datetime import date

import pytest

from app.certification.attesting import (
    REMARKS,
    Appointed,
    SignOffState,
    check_chosen,
    check_words,
    practised,
    why_not_observe,
    worth,
)
from app.certification.scope import Cell
from app.certification.treating import Answer, Ground, Rule, Verdict
from app.errors import RefusedError

DAY = date(2026, 11, 22)
CELL = Cell(procedure="tightening", device="ndyag", skin_type=3)
OTHER = Cell(procedure="tightening", device="ndyag", skin_type=4)
NO = Verdict(answer=Answer.NO, grounds=(Ground(rule=Rule.NOT_GRANTED),))


@pytest.mark.parametrize(
    ("outcome", "complete", "confirmed", "corrected", "state"),
    [
        ("safe", True, None, False, SignOffState.WAITING),
        ("safe", True, True, False, SignOffState.COUNTED),
        ("safe", True, False, False, SignOffState.CONTESTED),
        ("safe", False, True, False, SignOffState.NOT_COUNTED),
        ("prompted", True, True, False, SignOffState.NOT_COUNTED),
        ("stopped", True, True, False, SignOffState.NOT_COUNTED),
        ("safe", True, True, True, SignOffState.CORRECTED),
        (None, None, None, False, SignOffState.COUNTED),
        (None, None, None, True, SignOffState.CORRECTED),
    ],
)
def test_only_a_safe_and_whole_treatment_that_both_signed_counts(
    *, outcome: str | None, complete: bool | None, confirmed: bool | None, corrected: bool, state: SignOffState
) -> None:
    assert worth(outcome=outcome, complete=complete, confirmed=confirmed, corrected=corrected) is state


def test_who_is_certified_for_the_cell_observes() -> None:
    yes = Verdict(answer=Answer.YES, grounds=(Ground(rule=Rule.GRANTED),))
    assert why_not_observe(yes, (), CELL, DAY) == ""


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (Rule.NOT_GRANTED, "You were not certified for it yourself"),
        (Rule.CELL, "Your own certification allows it only with sign-off"),
        (Rule.GRACE, "Your own certification was in its days of grace"),
        (Rule.EXPIRED, "Your own certification had expired"),
        (Rule.SUSPENDED, "Your own certification was suspended"),
    ],
)
def test_who_is_not_is_told_why(rule: Rule, words: str) -> None:
    verdict = Verdict(answer=Answer.NO, grounds=(Ground(rule=rule),))
    told = why_not_observe(verdict, (), CELL, DAY)
    assert told.startswith(f"{words}, so on 22 November 2026")
    assert "ask a medical director to appoint you" in told


@pytest.mark.parametrize(
    ("first_on", "last_on", "ended_on", "told"),
    [
        (DAY, DAY, None, ""),
        (date(2026, 1, 1), date(2026, 12, 31), date(2026, 11, 23), ""),
        (date(2026, 1, 1), date(2026, 12, 31), DAY, "Your appointment for it was ended"),
        (date(2025, 1, 1), date(2026, 11, 21), None, "holds from 1 January 2025 to 21 November 2026"),
        (date(2026, 11, 23), date(2027, 1, 1), None, "holds from 23 November 2026"),
    ],
)
def test_an_appointment_covers_its_days(first_on: date, last_on: date, ended_on: date | None, told: str) -> None:
    one = Appointed(cells=frozenset({CELL}), first_on=first_on, last_on=last_on, ended_on=ended_on)
    answer = why_not_observe(NO, [one], CELL, DAY)
    assert (told in answer) if told else answer == ""
    assert why_not_observe(NO, [one], OTHER, DAY).startswith("You were not certified")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("She is 34", "Take the digits out"),
        ("Room ٣", "Take the digits out"),
        ("See ann@home", "Take the @ out"),
        ("See ann\uff20home", "Take the @ out"),
        ("x" * 301, "at most 300 characters"),
    ],
)
def test_words_that_could_tell_who_a_client_is_are_refused(words: str, told: str) -> None:
    with pytest.raises(RefusedError, match=told):
        check_words(words, no_client_detail=True)


def test_words_need_the_tick() -> None:
    with pytest.raises(RefusedError, match="Tick that your own words hold no client detail"):
        check_words("Second pass rushed", no_client_detail=False)
    assert check_words("  Second  pass rushed ", no_client_detail=True) == "Second pass rushed"
    assert check_words("   ", no_client_detail=False) is None


def test_remarks_come_from_their_list() -> None:
    assert check_chosen(["more-pace", "calm"], REMARKS, "remarks") == ["calm", "more-pace"]
    with pytest.raises(RefusedError, match="Choose remarks from the list"):
        check_chosen(["Mrs Miller"], REMARKS, "remarks")


def test_a_cell_is_practised_with_enough_treatments() -> None:
    assert practised([CELL, OTHER, CELL], 2) == frozenset({CELL})
    assert practised([], 1) == frozenset()
    assert practised([CELL], None) is None
