from hypothesis import given
from hypothesis import strategies as st

from app.content.generate import counts, items_of, rests_on
from app.content.generate.settings_device import FAMILY
from app.content.generate.wording import NOTICE
from app.content.values import Course, Item
from tests.unit import oracle_more
from tests.unit.course_rows import DRAFT, NOT, SIGNED, course, device, setting
from tests.unit.random_tables import made, places, settings_courses, why_none

NAMES = {"ndyag": "Nd:YAG", "diode": "Diode", "ipl": "IPL", "alex": "Alexandrite", "rf": "Radiofrequency"}
REGISTER = {one: device(one, name) for one, name in NAMES.items()}


def texts(item: Item) -> set[str]:
    return {option.text for option in item.options}


@given(of=settings_courses(), seed=st.integers(0, 2**64))
def test_exactly_one_option_is_true_under_every_row(of: Course, seed: int) -> None:
    items = made(of, FAMILY, seed)
    for item in items:
        oracle_more.assert_device_item(of, item)
    assert [item.id for item in items] == [item.id for item in made(of, FAMILY)]  # no seed decides what is made


@given(of=settings_courses())
def test_every_procedure_and_skin_type_is_asked_once_or_the_counts_say_why_not(of: Course) -> None:
    stems = [item.stem for item in made(of, FAMILY)]
    assert len(stems) == len(set(stems)) == len(oracle_more.device_cells(of))
    for row, count in zip(of.settings, counts(of, [FAMILY]), strict=True):
        types = row.skin_type_max - row.skin_type_min + 1
        assert count["row"] == f"settings/{row.id}"
        assert count["items"] <= types
        assert count["why_none"] or count["items"] == types


def test_it_asks_for_the_device_that_needs_no_sign_off() -> None:
    rows = (
        setting("r", (3, 3), why="It goes deep"),
        setting("signed", (3, 4), device="diode", decision=SIGNED),
        setting("never", (1, 6), device="ipl", decision=NOT),
    )
    (item,) = made(course(settings=rows), FAMILY)
    assert item.id == "settings-device/settings/r/3"
    assert item.key_row == "settings/r"
    assert item.stem == (
        "Which of these devices may a technician use for hair reduction on Fitzpatrick skin type III "
        "without a sign-off?"
    )
    assert oracle_more.chosen(item) == ["Nd:YAG (1064 nm)"]
    assert texts(item) == {"Nd:YAG (1064 nm)", "Diode (800–810 nm)", "IPL"}
    assert set(item.facts) == {"settings/r", "settings/signed", "settings/never"}
    assert set(item.sources) == {"of-r", "of-signed", "of-never"}
    assert {option.text: option.why for option in item.options} == {
        "Nd:YAG (1064 nm)": None,
        "Diode (800–810 nm)": "Only with a sign-off for hair reduction on this skin type.",
        "IPL": "Not allowed for hair reduction on this skin type.",
    }
    assert item.why is not None
    assert item.why.startswith(
        "Nd:YAG (1064 nm), hair reduction, skin type III: without a sign-off. It goes deep. Facts: settings/r; "
    )
    assert (item.notice, item.critical) == (NOTICE, False)


def test_each_skin_type_of_a_row_is_an_item_that_no_paper_holds_together() -> None:
    of = course(settings=(setting("r", (2, 4)),))
    items = made(of, FAMILY)
    assert [item.id for item in items] == [f"settings-device/settings/r/{skin_type}" for skin_type in (2, 3, 4)]
    assert {item.key_row for item in items} == {"settings/r"}
    assert [item for item in items_of(of, seed=0) if rests_on(item, "settings/r") and item.family == FAMILY] == items


def test_where_several_devices_may_be_used_the_rows_take_turns() -> None:
    rows = (setting("a", (1, 4)), setting("b", (1, 4), device="diode"))
    of = course(settings=rows, device_register=REGISTER)
    for seed in range(20):
        items = made(of, FAMILY, seed)
        assert [item.key_row for item in items] == ["settings/a"] * 2 + ["settings/b"] * 2
        assert not any({"Nd:YAG", "Diode"} <= texts(item) for item in items)
    told = counts(of, [FAMILY])
    assert told[0]["why_none"] == ("Skin types II, IV: settings/b is the row asked.")


def test_neighbouring_skin_types_and_sign_offs_are_offered_first() -> None:
    rows = (
        setting("r", (4, 4)),
        setting("light", (1, 3), device="alex"),
        setting("dark", (5, 6), device="diode"),
        setting("signed", (4, 4), device="ipl", decision=SIGNED),
    )
    of = course(settings=rows, device_register=REGISTER)
    for seed in range(20):
        item = next(one for one in made(of, FAMILY, seed) if one.key_row == "settings/r")
        assert texts(item) == {"Nd:YAG", "Alexandrite", "Diode", "IPL"}


def test_a_draft_that_allows_is_neither_key_nor_distractor() -> None:
    rows = (setting("r"), setting("slot", device="diode", standing=DRAFT))
    for item in made(course(settings=rows, device_register=REGISTER), FAMILY):
        assert "Diode" not in texts(item)
    (item, *_) = made(
        course(settings=(setting("r"), setting("no", device="ipl", decision=NOT, standing=DRAFT))), FAMILY
    )
    assert "settings/no" not in item.facts
    whys = {option.text: option.why for option in item.options}
    assert whys["IPL"] == "No confirmed row allows it for hair reduction on this skin type."


def test_devices_of_one_name_are_one() -> None:
    register = {**REGISTER, "twin": device("twin", "nd yag")}
    rows = (setting("r", (1, 1)), setting("same", (1, 1), device="twin"))
    of = course(settings=rows, device_register=register)
    (item,) = made(of, FAMILY)
    assert len(texts(item) & {"Nd:YAG", "nd yag"}) == 1
    assert why_none(of, FAMILY, "settings/same") == (
        "Skin type I: settings/r says the same of a device of the same name."
    )
    against = course(
        settings=(setting("r", (1, 1)), setting("but", (1, 1), device="twin", decision=SIGNED)),
        device_register=register,
    )
    assert made(against, FAMILY) == []
    assert "settings/but decides otherwise" in why_none(against, FAMILY, "settings/r")


def test_the_counts_say_why_a_row_is_not_asked() -> None:
    two = {"ndyag": REGISTER["ndyag"], "ipl": REGISTER["ipl"]}
    of = course(settings=(setting("r", (1, 1)),), device_register=two)
    assert why_none(of, FAMILY, "settings/r") == ("Skin type I: fewer than 2 devices of the course are surely wrong.")
    signed = course(settings=(setting("r", decision=SIGNED),))
    assert "The row says with_sign_off" in why_none(signed, FAMILY, "settings/r")
    assert "draft" in why_none(course(settings=(setting("r", standing=DRAFT),)), FAMILY, "settings/r")


def test_the_key_stands_in_every_place_alike() -> None:
    letters = places(course(settings=(setting("r", (6, 6)),), device_register=REGISTER), FAMILY)
    assert all(70 < letters.count(letter) < 130 for letter in "abcd")
