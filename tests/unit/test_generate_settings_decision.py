import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.content.generate import counts
from app.content.generate.settings_decision import FAMILY
from app.content.generate.wording import NOTICE
from app.content.values import Course, Decision
from tests.unit import oracle_more
from tests.unit.course_rows import ALLOWED, DRAFT, NOT, SIGNED, course, device, setting
from tests.unit.random_tables import made, places, settings_courses, why_none

TWINS = {"one": device("one", "IPL"), "two": device("two", "ipl")}


@given(of=settings_courses(), seed=st.integers(0, 2**64))
def test_exactly_one_option_is_true_under_every_row(of: Course, seed: int) -> None:
    items = made(of, FAMILY, seed)
    for item in items:
        oracle_more.assert_decision_item(of, item)
    assert [item.id for item in items] == [item.id for item in made(of, FAMILY)]  # no seed decides what is made


@given(of=settings_courses())
def test_every_row_is_asked_or_the_counts_say_why_not(of: Course) -> None:
    asked = {item.key_row for item in made(of, FAMILY)}
    for row, count in zip(of.settings, counts(of, [FAMILY]), strict=True):
        assert (f"settings/{row.id}" in asked) == (count["items"] == 1) == (count["why_none"] is None)
        alone = [one for one in of.settings if one.procedure == row.procedure] == [row]
        assert count["items"] == 1 or not alone or row.standing is DRAFT


@pytest.mark.parametrize(
    ("decision", "answer", "critical"),
    [
        (ALLOWED, "Yes, without a sign-off", False),
        (SIGNED, "Yes, but only with a sign-off", False),
        (NOT, "No, not even with a sign-off", True),
    ],
)
def test_it_asks_what_the_row_decides(decision: Decision, answer: str, *, critical: bool) -> None:
    (item,) = made(course(settings=(setting("r", (5, 6), decision=decision),)), FAMILY)
    assert item.stem == (
        "May a technician carry out hair reduction with the Nd:YAG (1064 nm), on Fitzpatrick skin types V–VI?"
    )
    assert oracle_more.chosen(item) == [answer]
    assert item.critical == critical
    assert item.id == "settings-decision/settings/r"
    said = answer[0].lower() + answer[1:]
    assert item.why == f"Nd:YAG (1064 nm), hair reduction, skin types V–VI: {said}. Because. Fact: settings/r."
    assert (item.notice, item.facts, item.sources) == (NOTICE, ("settings/r",), ("of-r",))


def test_rows_for_devices_of_one_name_that_decide_otherwise_are_not_asked() -> None:
    rows = (
        setting("r", (1, 3), device="one"),
        setting("slot", (3, 4), device="two", decision=SIGNED, standing=DRAFT),
        setting("apart", (5, 6), device="two", decision=NOT),
    )
    of = course(settings=rows, device_register=TWINS)
    assert [item.key_row for item in made(of, FAMILY)] == ["settings/apart"]
    assert why_none(of, FAMILY, "settings/r") == (
        "settings/slot decides otherwise for the same device, procedure and skin type."
    )
    assert "draft" in why_none(of, FAMILY, "settings/slot")


def test_the_key_stands_in_every_place_alike() -> None:
    letters = places(course(settings=(setting("r"),)), FAMILY)
    assert all(100 < letters.count(letter) < 167 for letter in "abc")
