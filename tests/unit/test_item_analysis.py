"""Papers added one by one, and what is then told of exam, items, options, variants, families and facts."""

import json
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.content.values import ItemType, Scoring
from app.exams.item_analysis import Flag, ItemFigures, exam_figures, group_figures, item_figures
from app.exams.statistics import SMALLEST
from app.exams.tally import Given, Tally, Variant

CUT = Fraction(1, 2)


def variant(item: str, number: int = 0, **changes: Any) -> Variant:
    """Return a single-choice item of four options, `a` right."""
    made = Variant(
        hash=f"{item}#{number}",
        item=item,
        number=number,
        family="settings-value",
        row=f"settings/{item}",
        objective="know",
        type=ItemType.SINGLE,
        scoring=Scoring.ALL_OR_NOTHING,
        critical=False,
        stem=f"What of {item}?",
        options=tuple((one, f"{one} of {item}") for one in "abcd"),
        key=["a"],
    )
    return replace(made, **changes)


VARIANTS = [
    variant("one"),
    variant("two"),
    variant("three"),
    variant("three", 1),
    variant("many", type=ItemType.MULTIPLE, scoring=Scoring.PER_CORRECT, key=["a", "b"], family="items"),
    variant("figure", type=ItemType.NUMERIC, options=(), key={"min": 12, "max": 14, "unit": "J/cm²"}, family="items"),
]
KNOWN = {one.hash: one for one in VARIANTS}


def said(hashed: str, *options: str, seconds: float | None = 20.0) -> Given:
    return Given(hashed, json.dumps(list(options) or None), seconds)


def tally_of(*papers: list[Given]) -> Tally:
    tally = Tally(KNOWN)
    for paper in papers:
        tally.add(paper, passed=all("b" not in one.chosen for one in paper))
    return tally


def figures(tally: Tally, before: Tally | None = None) -> dict[str, ItemFigures]:
    return {one.id: one for one in item_figures(tally, before)}


def test_a_facility_is_the_mean_credit_and_a_part_counts_as_a_part() -> None:
    papers = [[said("many#0", "a"), said("one#0", "a")], [said("many#0", "a", "b"), said("one#0", "b")]] * 5
    found = figures(tally_of(*papers))
    assert found["many"].facility == pytest.approx(0.75)
    assert found["one"].facility == pytest.approx(0.5)
    assert found["one"].discrimination == pytest.approx(-1.0)


def test_a_number_is_graded_as_it_was_typed() -> None:
    typed = [Given("figure#0", json.dumps(value), 9.0) for value in ("12,5", "13", "15", "14.0")] * 3
    found = figures(tally_of(*([one, said("one#0", "a")] for one in typed)))
    assert found["figure"].facility == pytest.approx(0.75)
    assert found["figure"].options == ()


def test_what_was_left_empty_earns_nothing_and_is_told() -> None:
    papers = [[Given("one#0", "", None), said("two#0", "a")], [Given("one#0", "null", 4.0), said("two#0", "a")]] * 6
    one = figures(tally_of(*papers))["one"]
    assert (one.facility, one.empty) == (0.0, 1.0)
    assert (one.seconds, one.seconds_n) == (None, 6)


@pytest.mark.parametrize("papers", [1, SMALLEST - 1])
def test_figures_of_fewer_than_ten_are_not_told(papers: int) -> None:
    tally = tally_of(*[[said("one#0", "a"), said("two#0", "b")]] * papers)
    exam, one = exam_figures(tally, CUT), figures(tally)["one"]
    assert (exam.papers, one.n, one.papers) == (papers, papers, papers)
    assert [exam.mean, exam.deviation, exam.pass_rate, exam.reliability, exam.consistency] == [None] * 5
    assert exam.scores == ()
    assert [one.exposure, one.facility, one.discrimination, one.empty, one.seconds, one.before] == [None] * 6
    assert {option.rate for option in one.options} == {None}
    assert {each.facility for each in one.variants} == {None}
    assert one.flags == ()


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("abcd"), st.sampled_from("01")), max_size=40))
def test_every_figure_has_its_n_and_stays_in_its_range(answers: list[tuple[str, str, str]]) -> None:
    tally = tally_of(*([said("one#0", one), said("two#0", two), said(f"three#{n}", one)] for one, two, n in answers))
    exam = exam_figures(tally, CUT)
    assert exam.papers == len(answers)
    assert sum(count for _, count in exam.scores) == (len(answers) if len(answers) >= SMALLEST else 0)
    for item in item_figures(tally):
        assert item.n == sum(each.n for each in item.variants) <= exam.papers
        rates = [item.facility, item.exposure, item.empty, *(option.rate for option in item.options)]
        assert all(rate is None or 0 <= rate <= 1 for rate in rates)
        assert item.discrimination is None or -1 <= item.discrimination <= 1
        assert all(option.rate is None for option in item.options if option.offered < SMALLEST)
        assert all(each.facility is None for each in item.variants if each.n < SMALLEST)


def test_no_paper_at_all_is_no_fault() -> None:
    exam = exam_figures(Tally({}), CUT)
    assert (exam.papers, exam.items, exam.mean, exam.scores) == (0, 0, None, ())
    assert item_figures(Tally({})) == ()
    assert group_figures((), by_row=True) == ()


def test_an_exam_of_one_item_has_no_reliability_and_its_item_no_discrimination() -> None:
    tally = tally_of(*[[said("one#0", "a")], [said("one#0", "b")]] * 10)
    exam = exam_figures(tally, CUT)
    assert (exam.mean, exam.pass_rate, exam.reliability, exam.consistency) == (0.5, 0.5, None, None)
    assert figures(tally)["one"].discrimination is None


def test_exposure_is_the_share_of_papers_that_asked_it() -> None:
    papers = [[said("one#0", "a"), said("two#0", "a")]] * 15 + [[said("one#0", "a"), said("three#0", "a")]] * 5
    found = figures(tally_of(*papers))
    assert (found["one"].exposure, found["two"].exposure, found["three"].exposure) == (1.0, 0.75, 0.25)


def test_the_time_is_the_median_and_says_how_many_it_is_of() -> None:
    papers = [[said("one#0", "a", seconds=float(10 + n)), said("two#0", "a", seconds=1e9)] for n in range(11)]
    found = figures(tally_of(*papers))
    assert (found["one"].seconds, found["one"].seconds_n) == (15, 11)
    assert found["two"].seconds == 7200


def test_options_are_told_with_how_often_they_were_offered() -> None:
    papers = [[said("one#0", *chosen), said("two#0", "a")] for chosen in ("a", "a", "c", "d", "")] * 6
    options = figures(tally_of(*papers))["one"].options
    assert [(one.text, one.right, one.offered, one.chosen) for one in options] == [
        ("a of one", True, 30, 12),
        ("c of one", False, 30, 6),
        ("d of one", False, 30, 6),
        ("b of one", False, 30, 0),
    ]


def test_variants_that_offer_the_same_text_count_together() -> None:
    papers = [[said(f"three#{n % 2}", "a"), said("one#0", "a")] for n in range(18)]
    three = figures(tally_of(*papers))["three"]
    assert [(one.number, one.n, one.facility) for one in three.variants] == [(0, 9, None), (1, 9, None)]
    assert three.options[0].offered == 18


@pytest.mark.parametrize(
    ("right", "n", "flags"), [(39, 40, {Flag.EASY}), (97, 100, set()), (24, 100, {Flag.HARD}), (25, 100, set())]
)
def test_the_limits_of_facility_are_exclusive(right: int, n: int, flags: set[Flag]) -> None:
    papers = [[said("one#0", "a" if at < right else "bcd"[at % 3]), said("two#0", "a")] for at in range(n)]
    assert set(figures(tally_of(*papers))["one"].flags) - {Flag.UNUSED} == flags


@pytest.mark.parametrize(("n", "flagged"), [(29, False), (30, True)])
def test_an_option_that_nobody_of_thirty_chose_is_unused(n: int, flagged: bool) -> None:  # noqa: FBT001
    papers = [[said("one#0", "abc"[at % 3]), said("two#0", "a")] for at in range(n)]
    assert (Flag.UNUSED in figures(tally_of(*papers))["one"].flags) is flagged


def test_who_is_worse_at_all_else_and_better_at_an_item_turns_it_negative() -> None:
    able = [said("one#0", "b"), said("two#0", "a"), said("three#0", "a")]
    weak = [said("one#0", "a"), said("two#0", "b"), said("three#0", "b")]
    found = figures(tally_of(*[able, weak] * 8))
    assert Flag.NEGATIVE in found["one"].flags
    assert found["two"].discrimination is None


@pytest.mark.parametrize(("now", "then", "flagged"), [(18, 30, True), (27, 30, False), (9, 30, True)])
def test_drift_is_a_tenth_and_not_by_chance(now: int, then: int, flagged: bool) -> None:  # noqa: FBT001
    before, after = (
        tally_of(*([said("one#0", "a" if at < right else "b"), said("two#0", "a")] for at in range(30)))
        for right in (then, now)
    )
    before.add([said("one#0", "b"), said("two#0", "a")], passed=False)
    one = figures(after, before)["one"]
    assert (Flag.DRIFT in one.flags) is flagged
    assert one.before == (then / 31, 31)
    assert Flag.DRIFT not in figures(after)["one"].flags


def test_a_family_whose_variants_differ_is_flagged_with_its_item() -> None:
    papers = [[said(f"three#{n % 2}", "a" if n % 2 else "b"), said("one#0", "a" if n % 3 else "b")] for n in range(40)]
    found = item_figures(tally_of(*papers))
    three = next(one for one in found if one.id == "three")
    assert three.variants_test is not None
    assert three.variants_test.freedom == 1
    assert Flag.VARIANTS in three.flags
    [family] = group_figures(found, by_row=False)
    assert (family.name, family.items, family.n, family.flags) == ("settings-value", 2, 80, (Flag.VARIANTS,))
    rows = group_figures(found, by_row=True)
    assert [(one.name, one.n) for one in rows] == [("settings/one", 40), ("settings/three", 40)]
    assert rows[0].flags == ()


def test_papers_of_different_lengths_have_no_reliability() -> None:
    long = [said("one#0", "a"), said("two#0", "b"), said("three#0", "a")]
    exam = exam_figures(tally_of(*[long, long[:2], [*long[1:]]] * 6), CUT)
    assert (exam.reliability, exam.consistency) == (None, None)
    assert exam.mean is not None
