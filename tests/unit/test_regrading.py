from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.content.grade import credit
from app.content.values import Exam, ItemType, Scoring, Section
from app.exams.regrading import Answered, Change, Correction, Policy, Tally, credit_of, recount, scored
from app.exams.scoring import ScoredItem, score_paper

SECTIONS = ("safety", "settings", "client")
EXAM = Exam(
    cut_score_percent=75,
    time_limit_minutes=30,
    attempts=2,
    retake_wait_hours=24,
    sections=tuple(
        Section(objective=name, items=4, draw_from=("statements",), cut_score_percent=50 if name == "safety" else None)
        for name in SECTIONS
    ),
)
OPTIONS = ("a", "b", "c", "d")
FULL = Correction(policy=Policy.FULL_CREDIT)
DROP = Correction(policy=Policy.DROP)


def both(*key: str) -> Correction:
    return Correction(policy=Policy.ACCEPT_BOTH, key=list(key))


def new(*key: str) -> Correction:
    return Correction(policy=Policy.ACCEPT_NEW, key=list(key))


def item(
    chosen: Any,
    *,
    key: Any = ("a",),
    section: int = 0,
    critical: bool = False,
    correction: Correction | None = None,
    item_type: ItemType = ItemType.SINGLE,
    scoring: Scoring = Scoring.ALL_OR_NOTHING,
) -> Answered:
    keyed = {"type": item_type.value, "scoring": scoring.value, "key": key, "objective": SECTIONS[section]}
    return Answered(section=section, critical=critical, keyed=keyed, chosen=chosen, correction=correction)


@pytest.mark.parametrize(
    ("correction", "chosen", "earned"),
    [
        (None, ["a"], 1),
        (None, ["b"], 0),
        (FULL, ["b"], 1),
        (FULL, None, 1),
        (both("b"), ["a"], 1),
        (both("b"), ["b"], 1),
        (both("b"), ["c"], 0),
        (new("b"), ["a"], 0),
        (new("b"), ["b"], 1),
        (new("b"), None, 0),
        (DROP, ["a"], None),
        (DROP, None, None),
    ],
)
def test_each_policy_says_what_a_response_is_worth(
    correction: Correction | None, chosen: list[str] | None, earned: int | None
) -> None:
    assert credit_of(item(chosen, correction=correction)) == earned


@pytest.mark.parametrize(
    ("item_type", "scoring", "old", "key", "chosen", "earned"),
    [
        (ItemType.MULTIPLE, Scoring.PER_CORRECT, ["a", "b"], ["a", "c"], ["a", "c"], Fraction(1)),
        (ItemType.MULTIPLE, Scoring.PER_CORRECT, ["a", "b"], ["a", "c"], ["a", "d"], Fraction(0)),
        (ItemType.NUMERIC, Scoring.ALL_OR_NOTHING, {"min": 1, "max": 2, "unit": "ms"},
         {"min": 3, "max": 4, "unit": "ms"}, "3,5", Fraction(1)),
        (ItemType.ORDERING, Scoring.PAIRS, [["a", "b"], ["b", "c"]], [["c", "b"], ["b", "a"]], ["c", "a", "b"],
         Fraction(2, 3)),
        (ItemType.MATCHING, Scoring.PER_CORRECT, {"a": "x", "b": "y"}, {"a": "y", "b": "y"}, {"a": "y", "b": "x"},
         Fraction(1, 2)),
    ],
)  # fmt: skip
def test_a_new_key_is_scored_by_the_items_own_rule(
    item_type: ItemType, scoring: Scoring, old: Any, key: Any, chosen: Any, earned: Fraction
) -> None:
    asked = item(chosen, key=old, item_type=item_type, scoring=scoring)
    correction = Correction(policy=Policy.ACCEPT_NEW, key=key)
    assert credit_of(replace(asked, correction=correction)) == earned


def test_who_left_an_item_out_has_the_full_credit_that_everybody_has() -> None:
    paper = [item(None, critical=True, correction=FULL), item(["a"])]
    result = recount(paper, EXAM)
    assert (result.score, result.passed, result.failed_critical) == (Fraction(1), True, ())


def test_a_dropped_item_leaves_its_sections_and_the_whole_denominator() -> None:
    paper = [item(["a"]), item(["b"], correction=DROP), item(["a"], section=1), item(["b"], section=1)]
    result = recount(paper, EXAM)
    assert [section.of for section in result.sections] == [1, 2, 0]
    assert result.score == Fraction(2, 3)


def test_a_section_that_loses_all_its_items_counts_as_reached() -> None:
    result = recount([item(["b"], correction=DROP), *[item(["a"], section=1)] * 3], EXAM)
    assert (result.sections[0].of, result.sections[0].reached, result.passed) == (0, True, True)


def test_a_dropped_critical_item_no_longer_counts() -> None:
    wrong = item(["b"], critical=True)
    rest = [item(["a"])] * 7
    assert not recount([wrong, *rest], EXAM).passed
    result = recount([replace(wrong, correction=DROP), *rest], EXAM)
    assert (result.passed, result.critical_of) == (True, 0)


def test_a_paper_of_which_nothing_is_left_has_no_result() -> None:
    with pytest.raises(ValueError, match="at least one item"):
        recount([item(["a"], correction=DROP)], EXAM)


KEYS = st.lists(st.sampled_from(OPTIONS), min_size=1, max_size=3, unique=True)
ITEMS = st.builds(
    item,
    st.none() | st.lists(st.sampled_from(OPTIONS), min_size=1, max_size=3, unique=True),
    key=KEYS,
    section=st.integers(0, 2),
    critical=st.booleans(),
    item_type=st.just(ItemType.MULTIPLE),
    scoring=st.sampled_from([Scoring.ALL_OR_NOTHING, Scoring.PER_CORRECT]),
)
PAPERS = st.lists(ITEMS, min_size=2, max_size=12)


def corrected(paper: list[Answered], correction: Correction) -> list[Answered]:
    """Return a paper with its first item's key corrected."""
    return [replace(paper[0], correction=correction), *paper[1:]]


@given(paper=PAPERS)
def test_without_a_correction_the_recount_is_the_independent_one(paper: list[Answered]) -> None:
    alone = [
        ScoredItem(
            section=one.section,
            objective=one.keyed["objective"],
            critical=one.critical,
            credit=credit(ItemType.MULTIPLE, Scoring(one.keyed["scoring"]), one.keyed["key"], one.chosen),
            answered=bool(one.chosen),
        )
        for one in paper
    ]
    assert recount(paper, EXAM) == score_paper(alone, EXAM)


@given(paper=PAPERS)
def test_full_credit_never_lowers_a_score_and_never_takes_a_pass(paper: list[Answered]) -> None:
    before, after = recount(paper, EXAM), recount(corrected(paper, FULL), EXAM)
    assert after.score >= before.score
    assert after.passed or not before.passed


@given(paper=PAPERS)
def test_dropping_an_item_changes_no_other_section(paper: list[Answered]) -> None:
    before, after = recount(paper, EXAM), recount(corrected(paper, DROP), EXAM)
    others = [index for index in range(3) if index != paper[0].section]
    assert [after.sections[index] for index in others] == [before.sections[index] for index in others]
    assert after.sections[paper[0].section].of == before.sections[paper[0].section].of - 1
    assert len(scored(corrected(paper, DROP))) == len(paper) - 1


@given(paper=PAPERS, key=KEYS)
def test_accepting_both_keys_is_worth_as_much_as_the_better_of_the_two(paper: list[Answered], key: list[str]) -> None:
    before = recount(paper, EXAM)
    accepted, only_new = (recount(corrected(paper, one(*key)), EXAM) for one in (both, new))
    assert accepted.score == max(before.score, only_new.score)
    assert accepted.passed or not before.passed
    assert accepted.passed or not only_new.passed


@given(paper=PAPERS, key=KEYS)
def test_no_policy_is_worth_more_than_full_credit(paper: list[Answered], key: list[str]) -> None:
    most = recount(corrected(paper, FULL), EXAM)
    for one in (both(*key), new(*key)):
        assert recount(corrected(paper, one), EXAM).score <= most.score


def test_a_tally_holds_the_flips_and_commits_to_everything() -> None:
    half, whole = Fraction(1, 2), Fraction(1)
    changes = [
        Change(attempt_id=1, account_id=5, before=(half, False), after=(whole, True)),
        Change(attempt_id=2, account_id=6, before=(whole, True), after=(whole, True)),
        Change(attempt_id=3, account_id=7, before=(whole, True), after=(half, False)),
    ]
    tally = Tally()
    for one in changes:
        tally.add(one)
    assert (tally.attempts, tally.changed, tally.flips) == (3, 2, [[1, 5, True, 50, 100], [3, 7, False, 100, 50]])
    digests = {tally.digest(one) for one in (FULL, DROP, new("a"), new("b"), both("a"))}
    assert len(digests) == 5
    assert tally.digest(FULL) in digests
    tally.add(replace(changes[1], attempt_id=4))
    assert tally.digest(FULL) not in digests
