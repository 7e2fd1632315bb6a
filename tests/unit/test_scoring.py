from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.content.values import Exam, Section
from app.exams.scoring import (
    Reason,
    ReasonKind,
    ScoredItem,
    SectionScore,
    number_shown,
    percent_shown,
    score_paper,
)

FULL, HALF, NIL = Fraction(1), Fraction(1, 2), Fraction(0)


def section(objective: str, cut: int | None = None) -> Section:
    return Section(objective=objective, items=4, draw_from=("statements",), cut_score_percent=cut)


EXAM = Exam(
    cut_score_percent=80,
    time_limit_minutes=30,
    attempts=2,
    retake_wait_hours=24,
    sections=(section("safety", 75), section("settings")),
)


def items_of(section: int, *earned: Fraction, critical: bool = False) -> list[ScoredItem]:
    return [
        ScoredItem(
            section=section,
            objective=EXAM.sections[section].objective,
            critical=critical,
            credit=credit,
            answered=True,
        )
        for credit in earned
    ]


def test_passes_at_the_very_cut() -> None:
    items = items_of(0, FULL, FULL, FULL, FULL) + items_of(1, FULL, FULL, FULL, FULL, NIL, NIL)
    result = score_paper(items, EXAM)
    assert (result.score, result.passed, result.reasons) == (Fraction(4, 5), True, ())


def test_scores_each_section_against_its_own_cut_or_the_exams() -> None:
    items = items_of(0, FULL, FULL, FULL, NIL) + items_of(1, FULL, HALF)
    assert score_paper(items, EXAM).sections == (
        SectionScore(objective="safety", got=Fraction(3), of=4, cut=Fraction(3, 4), reached=True),
        SectionScore(objective="settings", got=Fraction(3, 2), of=2, cut=None, reached=False),
    )


def test_a_section_without_a_cut_of_its_own_is_reached_at_the_exams_very_cut() -> None:
    items = items_of(0, FULL) + items_of(1, FULL, FULL, FULL, FULL, NIL)
    assert score_paper(items, EXAM).sections[1].reached


def test_a_section_without_a_cut_of_its_own_fails_nobody() -> None:
    items = items_of(0, *[FULL] * 9) + items_of(1, NIL)
    result = score_paper(items, EXAM)
    assert result.passed
    assert not result.sections[1].reached


def test_fails_on_the_total_compared_unrounded() -> None:
    third = Fraction(1, 3)
    items = items_of(0, FULL) + items_of(1, *[FULL] * 3, third + Fraction(1, 6), HALF - Fraction(1, 1000))
    result = score_paper(items, replace(EXAM, cut_score_percent=83))
    assert percent_shown(result.score) == 83
    assert result.passed
    result = score_paper(items, replace(EXAM, cut_score_percent=84))
    assert result.reasons == (Reason(kind=ReasonKind.TOTAL, text="83% in all; 84% is needed."),)
    assert not result.passed


def test_fails_on_a_section_below_its_own_cut() -> None:
    items = items_of(0, FULL, NIL) + items_of(1, *[FULL] * 18)
    result = score_paper(items, EXAM)
    assert not result.passed
    assert result.reasons == (
        Reason(kind=ReasonKind.SECTION, text="50% in this part; 75% is needed.", objective="safety"),
    )


@pytest.mark.parametrize(("credit", "answered"), [(NIL, True), (HALF, True), (NIL, False), (FULL, False)])
def test_one_critical_item_not_fully_right_decides(credit: Fraction, answered: object) -> None:
    critical = items_of(0, FULL, FULL, credit, critical=True)
    critical[2] = replace(critical[2], answered=bool(answered))
    result = score_paper(critical + items_of(0, *[FULL] * 20), EXAM)
    assert result.score > Fraction(9, 10)
    assert not result.passed
    assert (result.critical_right, result.critical_of, result.failed_critical) == (2, 3, ("safety",))
    assert [reason.text for reason in result.reasons] == ["1 of 3 critical questions was not right; every one must be."]


def test_counted_critical_items_decide_nothing_but_are_told() -> None:
    items = items_of(0, FULL, FULL, FULL, NIL, critical=True) + items_of(1, *[FULL] * 20)
    result = score_paper(items, replace(EXAM, critical_items="counted"))
    assert result.passed
    assert (result.critical_right, result.critical_of, result.failed_critical) == (3, 4, ("safety",))


def test_everything_that_failed_is_named() -> None:
    items = items_of(0, NIL, NIL, critical=True) + items_of(1, NIL, critical=True)
    result = score_paper(items, EXAM)
    assert [reason.kind for reason in result.reasons] == [
        ReasonKind.TOTAL,
        ReasonKind.SECTION,
        ReasonKind.CRITICAL,
    ]
    assert result.failed_critical == ("safety", "settings")
    assert result.reasons[2].text == "3 of 3 critical questions were not right; every one must be."


def test_an_unanswered_item_earns_nothing() -> None:
    item = replace(items_of(0, FULL)[0], answered=False)
    assert score_paper([item], EXAM).score == 0


def test_a_section_whose_items_are_gone_fails_nobody() -> None:
    result = score_paper(items_of(1, FULL), EXAM)
    assert result.passed
    assert (result.sections[0].of, result.sections[0].reached) == (0, True)


def test_refuses_an_empty_paper() -> None:
    with pytest.raises(ValueError, match="at least one item"):
        score_paper([], EXAM)


@pytest.mark.parametrize(("section", "credit"), [(0, Fraction(2)), (0, Fraction(-1)), (2, FULL), (-1, FULL)])
def test_refuses_what_is_no_part_of_the_exam(section: int, credit: Fraction) -> None:
    item = replace(items_of(0, FULL)[0], section=section, credit=credit)
    with pytest.raises(ValueError, match="no part of this exam"):
        score_paper([item], EXAM)


@pytest.mark.parametrize(
    ("fraction", "shown"),
    [(NIL, 0), (Fraction(7999, 10000), 79), (Fraction(4, 5), 80), (Fraction(2, 3), 66), (FULL, 100)],
)
def test_percent_is_rounded_down(fraction: Fraction, shown: int) -> None:
    assert percent_shown(fraction) == shown


ITEMS = st.lists(
    st.builds(
        ScoredItem,
        section=st.integers(0, 1),
        objective=st.just("safety"),
        critical=st.booleans(),
        credit=st.sampled_from([NIL, Fraction(1, 3), HALF, Fraction(5, 6), FULL]),
        answered=st.booleans(),
    ),
    min_size=1,
    max_size=8,
)
EXAMS = st.builds(
    lambda cut, own, rule: replace(
        EXAM,
        cut_score_percent=cut,
        critical_items=rule,
        sections=(section("safety", own), section("settings")),
    ),
    st.integers(1, 100),
    st.none() | st.integers(1, 100),
    st.sampled_from(["must_pass", "counted"]),
)


@given(ITEMS, EXAMS)
def test_passes_exactly_when_the_three_conditions_hold(items: list[ScoredItem], exam: Exam) -> None:
    earned = [item.credit if item.answered else NIL for item in items]
    in_first = [credit for item, credit in zip(items, earned, strict=True) if item.section == 0]
    own = exam.sections[0].cut_score_percent or 0
    total_reached = 100 * sum(earned) >= exam.cut_score_percent * len(items)
    section_reached = 100 * sum(in_first) >= own * len(in_first)
    critical_right = all(credit == 1 for item, credit in zip(items, earned, strict=True) if item.critical)
    result = score_paper(items, exam)
    assert result.passed == (total_reached and section_reached and (critical_right or exam.critical_items == "counted"))
    assert result.passed == (not result.reasons)
    assert result.score * len(items) == sum(each.got for each in result.sections)


@given(ITEMS, EXAMS, st.integers(0, 7))
def test_a_better_response_never_turns_a_pass_into_a_fail(items: list[ScoredItem], exam: Exam, place: int) -> None:
    place %= len(items)
    better = [*items]
    better[place] = replace(items[place], credit=FULL, answered=True)
    assert score_paper(better, exam).passed >= score_paper(items, exam).passed


@given(st.fractions(0, 1), st.integers(0, 100))
def test_who_reads_a_percentage_has_reached_it(score: Fraction, cut: int) -> None:
    assert (percent_shown(score) >= cut) == (score >= Fraction(cut, 100))


@given(st.fractions(0, 40, max_denominator=60))
def test_questions_got_are_never_shown_as_more_than_they_are(got: Fraction) -> None:
    shown = Fraction(number_shown(got))
    assert got - Fraction(1, 10) < shown <= got
    assert (shown == got) or got.denominator != 1
