import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.content.generate import counts
from app.content.generate.settings_value import FAMILY
from app.content.generate.wording import NOTICE
from app.content.grade import credit
from app.content.values import Course, Item, ItemType, Scoring, SettingsRow
from tests.unit import oracle_more
from tests.unit.course_rows import DRAFT, NOT, SIGNED, course, device, setting
from tests.unit.random_tables import QUANTITIES, made, settings_courses, why_none


def only(row: SettingsRow) -> Item:
    (item,) = made(course(settings=(row,)), FAMILY)
    return item


@given(of=settings_courses(), seed=st.integers(0, 2**64))
def test_the_key_is_exactly_what_is_true_under_every_row(of: Course, seed: int) -> None:
    items = made(of, FAMILY, seed)
    for item in items:
        oracle_more.assert_value_item(of, item)
    assert [item.id for item in items] == [item.id for item in made(of, FAMILY)]  # no seed decides what is made


@given(of=settings_courses())
def test_every_figure_is_asked_or_the_counts_say_why_not(of: Course) -> None:
    ids = {item.id for item in made(of, FAMILY)}
    told = {count["row"]: count for count in counts(of, [FAMILY])}
    for row in of.settings:
        asked = [name for name in QUANTITIES if f"{FAMILY}/settings/{row.id}/{name}" in ids]
        given_ones = [name for name in QUANTITIES if getattr(row, name)]
        count = told[f"settings/{row.id}"]
        assert count["items"] == len(asked)
        assert bool(count["why_none"]) == (asked != given_ones or not asked)
        assert row.standing is not DRAFT or not asked


def test_it_asks_for_a_figure_inside_a_range() -> None:
    item = only(setting("r", (1, 2), fluence=(30, 60.0), decision=SIGNED, why="Fluence heats"))
    assert item.id == "settings-value/settings/r/fluence"
    assert item.key_row == "settings/r"
    assert item.stem == (
        "Give one fluence, in J/cm², that lies inside the range for hair reduction with the Nd:YAG (1064 nm), "
        "on Fitzpatrick skin types I–II."
    )
    assert item.why == (
        "Nd:YAG (1064 nm), hair reduction, skin types I–II: fluence 30–60 J/cm². Only with a sign-off. "
        "Fluence heats. Fact: settings/r."
    )
    assert (item.notice, item.facts, item.sources, item.critical) == (NOTICE, ("settings/r",), ("of-r",), False)


def test_it_asks_for_the_one_figure_of_a_row() -> None:
    item = only(setting("r", (3, 3), pulse=(0.3, 0.3)))
    assert item.stem == (
        "What is the pulse duration, in ms, for hair reduction with the Nd:YAG (1064 nm), on Fitzpatrick skin type III?"
    )


@pytest.mark.parametrize(
    ("chosen", "right"), [("30", 1), ("60", 1), ("45,5 J/cm²", 1), ("29.9", 0), ("60.1", 0), ("30 ms", 0), ("", 0)]
)
def test_both_ends_count(chosen: str, right: int) -> None:
    item = only(setting("r", fluence=(30, 60)))
    assert credit(ItemType.NUMERIC, Scoring.ALL_OR_NOTHING, item.key, chosen) == right


def twins(*rows: SettingsRow) -> Course:
    register = {"one": device("one", "Nd:YAG", 1064, 1064), "two": device("two", "ND YAG 1064 nm", 1064, 1064)}
    return course(settings=rows, device_register=register)


def test_no_item_where_a_draft_for_a_device_of_the_same_name_allows_more() -> None:
    row = setting("r", (1, 3), device="one", pulse=(10, 20))
    of = twins(row, setting("slot", (3, 4), device="two", pulse=(15, 21), standing=DRAFT))
    assert why_none(of, FAMILY, "settings/r") == (
        "pulse: settings/slot allows other figures for the same device, procedure and skin type."
    )
    assert len(made(twins(row, setting("slot", (3, 4), device="two", pulse=(15, 20), standing=DRAFT)), FAMILY)) == 1
    assert len(made(twins(row, setting("slot", (4, 4), device="two", pulse=(15, 21), standing=DRAFT)), FAMILY)) == 1


def test_no_item_where_another_row_allows_no_treatment() -> None:
    of = twins(setting("r", device="one", pulse=(10, 20)), setting("never", device="two", decision=NOT))
    assert why_none(of, FAMILY, "settings/r").startswith("pulse: settings/never allows no treatment")


def test_no_item_where_another_authority_gives_figures_outside() -> None:
    conflict = "Alster (2001) used 40–50 J/cm² at 50 ms in 20 women, another 10 or 20 ms."
    of = course(settings=(setting("r", fluence=(30, 60), pulse=(10, 20), spot=(8, 10), conflict=conflict),))
    assert [item.id.rpartition("/")[2] for item in made(of, FAMILY)] == ["fluence", "spot"]
    (count,) = counts(of, [FAMILY])
    assert count["why_none"] == ("pulse: another authority gives 50 ms, so what differs from the row is not wrong.")


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (setting("r", fluence=(1, 2), standing=DRAFT), "draft"),
        (setting("r", decision=NOT), "not_allowed"),
        (setting("r"), "gives no fluence, pulse, spot or pulse energy"),
    ],
)
def test_the_counts_say_why_a_row_is_not_asked(row: SettingsRow, why: str) -> None:
    assert why in why_none(course(settings=(row,)), FAMILY, "settings/r")
