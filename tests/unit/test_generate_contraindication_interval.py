from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.content.generate import counts
from app.content.generate.contraindication_interval import FAMILY
from app.content.values import ContraindicationRow, Course, Item
from tests.unit import oracle_more
from tests.unit.course_rows import DRAFT, NOT, contraindication, course, setting
from tests.unit.random_tables import LONG, contraindication_courses, made, places, why_none

RESOLVED = "Until it no longer applies, with no set number of days"


def only(*rows: ContraindicationRow, seed: int = 0) -> Item:
    return next(
        item
        for item in made(course(contraindications=rows), FAMILY, seed)
        if item.key_row == f"contraindications/{rows[0].id}"
    )


def offered(*rows: ContraindicationRow, seeds: int = 30) -> set[str]:
    return {option.text for seed in range(seeds) for option in only(*rows, seed=seed).options}


@given(of=contraindication_courses(), seed=st.integers(0, 2**64))
def test_exactly_one_option_is_true_under_every_row(of: Course, seed: int) -> None:
    items = made(of, FAMILY, seed)
    for item in items:
        oracle_more.assert_interval_item(of, item)
    assert [item.id for item in items] == [item.id for item in made(of, FAMILY)]  # no seed decides what is made


@given(of=contraindication_courses())
def test_a_deferral_without_a_rival_is_asked_or_the_counts_say_why_not(of: Course) -> None:
    asked = {item.key_row for item in made(of, FAMILY)}
    for row, count in zip(of.contraindications, counts(of, [FAMILY]), strict=True):
        assert (f"contraindications/{row.id}" in asked) == (count["items"] == 1) == (count["why_none"] is None)
        alone = oracle_more.condition_of(of, row.condition) == [row] and not of.settings
        if row.action == "defer" and row.standing is not DRAFT and alone and row.conflict != LONG:
            assert count["items"] == 1
        assert count["items"] == 0 or row.action == "defer"


@pytest.mark.parametrize(
    ("days", "answer"),
    [(28, "Until 28 days after it"), (1, "Until 1 day after it"), (365, "Until 365 days after it"), (0, RESOLVED)],
)
def test_it_asks_until_when_the_row_defers(days: int, answer: str) -> None:
    item = only(contraindication("r", "defer", days, condition="Sunburn"))
    assert item.stem == (
        "A client is booked today for treatment. The intake shows: Sunburn. Until when do you put the treatment off?"
    )
    assert oracle_more.chosen(item) == [answer]
    assert item.id == "contraindication-interval/contraindications/r"
    assert item.why == f"Sunburn: {answer[0].lower()}{answer[1:]}. Because. Fact: contraindications/r."
    assert (item.facts, item.sources, item.critical) == (("contraindications/r",), ("of-r",), False)
    assert len(item.options) == 4


def test_it_names_what_the_row_narrows() -> None:
    item = only(contraindication("r", "defer", 7, condition="Filler", procedures=("tightening",), ask=None))
    assert item.stem.startswith("A client is booked today for tightening. You see: Filler. Until")


def test_other_rows_days_are_offered() -> None:
    rows = [contraindication(f"r{days}", "defer", days) for days in (21, 35, 45)]
    assert {"Until 35 days after it", "Until 45 days after it"} <= offered(*rows)
    draft = contraindication("slot", "defer", 35, standing=DRAFT)
    assert "Until 35 days after it" not in offered(contraindication("r", "defer", 21), draft)


def test_days_that_are_nearly_the_same_are_not_offered_together() -> None:
    rows = (contraindication("r", "defer", 28), contraindication("month", "defer", 30))
    assert "Until 30 days after it" not in offered(*rows)


@pytest.mark.parametrize(
    "texts",
    [
        {"conflict": "Some leaflets say 14 days."},
        {"conflict": "Clinics ask for pauses from one week to 3 weeks."},
        {"why": "It is gone after 1–2 weeks."},
        {"ask": "Any of it in the last two weeks?"},
    ],
)
def test_days_of_which_the_row_itself_speaks_are_never_wrong(texts: dict[str, Any]) -> None:
    assert "Until 14 days after it" in offered(contraindication("r", "defer", 0))
    assert "Until 14 days after it" not in offered(contraindication("r", "defer", 0, **texts))
    assert "Until 14 days after it" not in offered(contraindication("r", "defer", 56, **texts))


def test_rows_that_agree_are_both_named_and_rows_that_contradict_not_asked() -> None:
    rows = (contraindication("a", "defer", 14, fact="tan"), contraindication("b", "defer", 14, fact="tan"))
    assert only(*rows).facts == ("contraindications/a", "contraindications/b")
    of = course(contraindications=(rows[0], contraindication("b", "defer", 28, fact="tan", standing=DRAFT)))
    assert why_none(of, FAMILY, "contraindications/a") == (
        "contraindications/b says otherwise for the same condition, devices and procedures."
    )


def test_a_draft_that_agrees_is_not_named() -> None:
    draft = contraindication("draft", "defer", 14, condition="condition R!", standing=DRAFT)
    assert only(contraindication("r", "defer", 14), draft).facts == ("contraindications/r",)


def test_the_counts_say_why_a_row_is_not_asked() -> None:
    told = counts(
        course(contraindications=(contraindication("r", "refer"), contraindication("d", "defer", 1, standing=DRAFT))),
        [FAMILY],
    )
    assert told[0]["why_none"] == "The row says refer, so there is no interval to ask."
    assert "draft" in told[1]["why_none"]
    row = contraindication("r", "defer", 14, applies_to=("ipl",))
    of = course(contraindications=(row,), settings=(setting("s", device="ipl", decision=NOT),))
    assert "No settings row lets anybody be treated" in why_none(of, FAMILY, "contraindications/r")
    contested = contraindication("r", "defer", 2, conflict="Others wait from 3 days to 3 years.")
    assert "too few are wrong" in why_none(course(contraindications=(contested,)), FAMILY, "contraindications/r")


@pytest.mark.parametrize("days", [28, 0])
def test_the_key_stands_in_every_place_alike(days: int) -> None:
    letters = places(course(contraindications=(contraindication("r", "defer", days),)), FAMILY)
    assert all(70 < letters.count(letter) < 130 for letter in "abcd")
