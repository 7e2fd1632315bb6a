from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.content.generate import counts, items_of
from app.content.generate.settings_range import FAMILY
from app.content.values import Course, Device, Item, SettingsRow, Standing
from tests.unit import oracle
from tests.unit.course_rows import ALLOWED, DRAFT, NOT, SIGNED, course, device, setting

FIGURES = [0.3, 0.5, 1, 2, 3, 5, 8, 10, 13, 15, 20, 30, 33.4, 40, 60, 100, 4000]
QUANTITIES = ("fluence", "pulse", "spot", "pulse_energy")
# Two ids may carry one name, or one name with and without the wavelength in it.
NAMES = (("Nd:YAG", 1064, 1064), ("Nd:YAG (1064 nm)", 1064, 1064), ("Diode", 800, 810), ("IPL", None, None))
ranges = st.tuples(st.sampled_from(FIGURES), st.sampled_from(FIGURES)).map(sorted).map(tuple)


@st.composite
def settings(draw: st.DrawFn, number: int) -> SettingsRow:
    skin = draw(st.tuples(st.integers(1, 6), st.integers(1, 6)).map(sorted))
    decision = draw(st.sampled_from([ALLOWED, SIGNED, SIGNED, NOT]))
    given_ranges: dict[str, Any] = draw(st.fixed_dictionaries({}, optional=dict.fromkeys(QUANTITIES, ranges)))
    return setting(
        f"row-{number}",
        (skin[0], skin[1]),
        device=draw(st.sampled_from("abcd")),
        procedure=draw(st.sampled_from(["hair-reduction", "tightening"])),
        decision=decision,
        standing=draw(st.sampled_from(Standing)),
        **({} if decision == NOT else given_ranges),
    )


@st.composite
def courses(draw: st.DrawFn) -> Course:
    names = draw(st.permutations(NAMES))
    register = {one: device(one, *name) for one, name in zip("abcd", names, strict=True)}
    rows = [draw(settings(number)) for number in range(draw(st.integers(1, 8)))]
    return course(settings=tuple(rows), device_register=register)


def made(of: Course, seed: int = 0) -> list[Item]:
    return items_of(of, seed=seed, families=[FAMILY])


def one_item(*rows: SettingsRow, seed: int = 0, register: dict[str, Device] | None = None) -> Item:
    of = course(settings=rows, device_register=register)
    return next(item for item in made(of, seed) if item.key_row == f"settings/{rows[0].id}")


def texts(item: Item) -> list[str]:
    return [option.text for option in item.options]


@given(of=courses(), seed=st.integers(0, 2**64))
def test_exactly_one_option_is_true_under_every_row(of: Course, seed: int) -> None:
    items = made(of, seed)
    for item in items:
        oracle.assert_range_item(of, item)
    assert [item.id for item in items] == [item.id for item in made(of)]  # no seed decides what is made


@given(of=courses())
def test_every_figure_is_asked_or_the_counts_say_why_not(of: Course) -> None:
    drafts = {row.id for row in of.settings if row.standing is DRAFT}
    ids = {item.id for item in made(of)}
    told = {count["row"]: count for count in counts(of, [FAMILY])}
    for row in of.settings:
        asked = {name for name in QUANTITIES if f"{FAMILY}/settings/{row.id}/{name}" in ids}
        count = told[f"settings/{row.id}"]
        assert count["items"] == len(asked)
        assert row.id not in drafts or not asked
        missing = [name for name in QUANTITIES if getattr(row, name) and name not in asked]
        assert bool(count["why_none"]) == bool(missing or not asked)


@given(values=ranges, skin=st.integers(1, 6), seed=st.integers(0, 99))
def test_a_single_row_is_asked_with_four_options(values: Any, skin: int, seed: int) -> None:
    assert len(one_item(setting("only", (skin, skin), fluence=values), seed=seed).options) == 4


def test_it_asks_for_the_row_s_range_with_its_unit() -> None:
    item = one_item(setting("r", (1, 2), fluence=(30, 60.0), decision=SIGNED, why="Fluence heats"))
    assert item.id == "settings-range/settings/r/fluence"
    assert item.stem == (
        "Which fluence range, in J/cm², fits hair reduction with the Nd:YAG (1064 nm), on Fitzpatrick skin types I–II?"
    )
    assert "30–60 J/cm²" in texts(item)
    assert item.why == (
        "Nd:YAG (1064 nm), hair reduction, skin types I–II: fluence 30–60 J/cm². Only with a sign-off. "
        "Fluence heats. Fact: settings/r."
    )
    assert item.notice is not None
    assert item.notice.startswith("Published range for teaching.")
    assert (item.facts, item.sources, item.critical) == (("settings/r",), ("of-r",), False)


def test_distractors_are_first_the_figures_of_other_skin_types() -> None:
    rows = [setting(f"r{ms}", (skin, skin + 1), pulse=(ms, ms)) for ms, skin in ((10, 1), (20, 3), (30, 5))]
    for seed in range(8):
        assert {"10 ms", "20 ms", "30 ms"} < set(texts(one_item(*rows, seed=seed)))


def test_a_wrong_option_of_another_row_says_whose_figure_it_is() -> None:
    item = one_item(setting("r", (1, 2), pulse=(10, 10)), setting("dark", (5, 6), pulse=(30, 30)))
    why = {option.text: option.why for option in item.options}
    assert why["30 ms"] == (
        "This is the pulse duration for hair reduction with the Nd:YAG (1064 nm), on skin types V–VI."
    )
    assert why["10 ms"] is None


def test_another_device_s_far_off_figure_is_not_offered() -> None:
    item = one_item(setting("r", pulse=(10, 10)), setting("lamp", device="ipl", pulse=(4000, 4000)))
    assert "4000 ms" not in texts(item)


def test_a_draft_s_figure_is_never_offered() -> None:
    draft = setting("slot", (3, 4), pulse=(25, 25), standing=DRAFT)
    assert all("25 ms" not in texts(one_item(setting("r", (1, 2), pulse=(10, 10)), draft, seed=n)) for n in range(8))


def test_a_figure_of_another_authority_is_never_offered_as_wrong() -> None:
    row = setting("r", (5, 6), pulse=(30, 30), conflict="Another series (2001) used 15 and 50 ms.")
    offered = {text for seed in range(24) for text in texts(one_item(row, seed=seed))}
    assert not offered & {"15 ms", "50 ms"}
    assert {"15 ms", "50 ms"} & {
        text for seed in range(24) for text in texts(one_item(setting("r", (5, 6), pulse=(30, 30)), seed=seed))
    }


def test_a_draft_for_a_device_of_the_same_name_is_true_all_the_same() -> None:
    twins = {"one": device("one", "Nd:YAG", 1064, 1064), "two": device("two", "ND YAG 1064 nm", 1064, 1064)}
    draft = setting("slot", device="two", pulse=(15, 100), standing=DRAFT)
    item = one_item(setting("r", device="one", pulse=(10, 20)), draft, register=twins)
    assert texts(item)[-1] == "10–20 ms"  # all that is higher lies inside 15–100 ms


def test_no_item_where_every_range_would_be_true() -> None:
    twins = {"one": device("one", "Nd:YAG"), "two": device("two", "nd yag")}
    of = course(
        settings=(setting("r", device="one", pulse=(10, 20)), setting("all", device="two", pulse=(0.001, 9e9))),
        device_register=twins,
    )
    assert [item.key_row for item in made(of)] == ["settings/all"]
    why = next(count["why_none"] for count in counts(of, [FAMILY]) if count["row"] == "settings/r")
    assert why == "pulse: fewer than 2 ranges are false under every row for the same treatment."


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (setting("r", fluence=(1, 2), standing=DRAFT), "draft"),
        (setting("r", decision=NOT), "not_allowed"),
        (setting("r"), "gives no fluence, pulse, spot or pulse energy"),
    ],
)
def test_the_counts_say_why_a_row_is_not_asked(row: SettingsRow, why: str) -> None:
    (count,) = counts(course(settings=(row,)), [FAMILY])
    assert (count["row"], count["items"]) == ("settings/r", 0)
    assert why in count["why_none"]


def test_the_key_stands_in_every_place_alike() -> None:
    row = setting("r", fluence=(30, 60))
    places = [one_item(row, seed=seed).key[0] for seed in range(400)]
    assert all(70 < places.count(letter) < 130 for letter in "abcd")


def test_a_device_unknown_to_the_register_is_named_by_its_id() -> None:
    assert "with the ruby laser, on" in one_item(setting("r", device="ruby-laser", spot=(5, 8))).stem
