from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.content.generate import counts, items_of
from app.content.generate.case import FAMILY
from app.content.values import ContraindicationRow, Course, Item, SettingsRow, Standing
from tests.unit import case_oracle, oracle
from tests.unit.course_rows import ALLOWED, DRAFT, NOT, SIGNED, contraindication, course, device, setting

ACTIONS = ("do_not_treat", "defer", "refer", "treat_with_precautions")
DEVICES = ("a", "b", "c")
PROCEDURES = ("hair-reduction", "tightening")
# The first two are one device to a reader.
REGISTER = {
    "a": device("a", "Nd:YAG", 1064, 1064),
    "b": device("b", "Nd:YAG 1064 nm", 1064, 1064),
    "c": device("c", "RF"),
}
CONDITIONS = (
    "A tan from sunbathing",
    "a tan from sunbathing!",
    "Gold therapy",
    "Doxycycline",
    "Recent filler\nin the field",
    "Lupus",
    "Cold sores, none active",
)
ranges = st.lists(st.sampled_from([0.3, 5, 8, 10, 20, 30, 40.5, 60]), min_size=2, max_size=2).map(
    lambda ends: (min(ends), max(ends))
)
many = settings(max_examples=100)


@st.composite
def contraindications(draw: st.DrawFn, number: int) -> ContraindicationRow:
    action = draw(st.sampled_from(ACTIONS))
    treat = action == "treat_with_precautions"
    return contraindication(
        f"row-{number}",
        action,
        draw(st.sampled_from([0, 1, 7, 14, 28])) if action == "defer" else None,
        condition=draw(st.sampled_from(CONDITIONS)),
        category=draw(st.sampled_from(["sun", "medication", "infection", "recent-procedure", "history"])),
        strength=draw(st.sampled_from(["absolute", "temporary", "relative", "precaution"])),
        standing=draw(st.sampled_from([Standing.CITED, Standing.CITED, Standing.PROTOCOL, DRAFT])),
        fact=draw(st.sampled_from([None, None, None, "f1", "f2"])),
        conflict=draw(st.sampled_from([None, "Some lists say 14 days.", "Others wait 6 months."])),
        applies_to=tuple(draw(st.sampled_from([(), (), ("a",), ("b",), ("c",), ("a", "c")]))),
        procedures=tuple(draw(st.sampled_from([(), (), ("hair-reduction",), ("tightening",)]))),
        decided_by="technician" if treat else draw(st.sampled_from(["technician", "technician", "clinician", None])),
    )


@st.composite
def cells(draw: st.DrawFn, number: int) -> SettingsRow:
    skin = sorted(draw(st.tuples(st.integers(1, 6), st.integers(1, 6))))
    decision = draw(st.sampled_from([ALLOWED, ALLOWED, SIGNED, NOT]))
    quantities = dict.fromkeys(("fluence", "pulse", "spot", "pulse_energy"), ranges)
    given_ranges: dict[str, Any] = draw(st.fixed_dictionaries({}, optional=quantities))
    return setting(
        f"set-{number}",
        (skin[0], skin[1]),
        device=draw(st.sampled_from("aabcc")),
        procedure=draw(st.sampled_from(PROCEDURES)),
        decision=decision,
        standing=draw(st.sampled_from([Standing.CITED, Standing.CITED, Standing.PROTOCOL, DRAFT])),
        conflict=draw(st.sampled_from([None, None, "Others used 10 and 20 ms, or 8 J/cm²."])),
        **({} if decision == NOT else given_ranges),
    )


@st.composite
def courses(draw: st.DrawFn) -> Course:
    """All tables, also empty ones and tables of one row."""
    rows = [draw(contraindications(number)) for number in range(draw(st.integers(0, 7)))]
    booked = [draw(cells(number)) for number in range(draw(st.integers(0, 5)))]
    return course(contraindications=tuple(rows), settings=tuple(booked), device_register=REGISTER)


def made(of: Course, seed: int = 0) -> list[Item]:
    return items_of(of, seed=seed, families=[FAMILY])


def ids(of: Course) -> list[str]:
    return [item.key_row for item in made(of)]


def why_none(of: Course, row: str) -> str:
    return str({count["row"]: count["why_none"] for count in counts(of, [FAMILY])}[row])


def item_of(of: Course, row: str, seed: int = 0) -> Item:
    return next(item for item in made(of, seed) if item.key_row == row)


def texts(item: Item) -> set[str]:
    return {option.text for option in item.options}


def key_of(item: Item) -> str:
    return next(option.text for option in item.options if option.id in item.key)


@many
@given(of=courses(), seed=st.integers(0, 2**64))
def test_exactly_one_option_is_true_under_every_row(of: Course, seed: int) -> None:
    items = made(of, seed)
    for item in items:
        case_oracle.assert_case(of, item)
    assert [(item.id, item.critical) for item in items] == [(item.id, item.critical) for item in made(of)]


@many
@given(of=courses())
def test_every_row_is_asked_or_the_counts_say_why_not(of: Course) -> None:
    asked = set(ids(of))
    told = counts(of, [FAMILY])
    assert [count["row"] for count in told] == [
        *(f"contraindications/{row.id}" for row in of.contraindications),
        *(f"settings/{row.id}" for row in of.settings),
    ]
    for count in told:
        assert (count["row"] in asked) == (count["items"] == 1) == (count["why_none"] is None)


@many
@given(of=courses())
def test_a_row_that_nothing_casts_doubt_on_is_asked(of: Course) -> None:
    asked = set(ids(of))
    for row in of.contraindications:
        rivals = [one for one in of.contraindications if one is not row]
        alone = not any(oracle.plain(one.condition) == oracle.plain(row.condition) for one in rivals)
        alone = alone and (row.fact is None or all(one.fact != row.fact for one in rivals))
        if row.standing is not DRAFT and alone and any(decides(of, row, cell) for cell in of.settings):
            assert f"contraindications/{row.id}" in asked
    for cell in of.settings:
        if cell.standing is not DRAFT and undisputed(of, cell):
            assert f"settings/{cell.id}" in asked


def undisputed(of: Course, cell: SettingsRow) -> bool:
    """Whether no other row is for the same device name, procedure and any skin type of a row."""
    names = {one: case_name(of, one) for one in of.device_register}
    return not any(
        other is not cell and names[other.device] == names[cell.device] and other.procedure == cell.procedure
        for other in of.settings
    )


def case_name(of: Course, one: str) -> str:
    return oracle.plain(oracle.label(of.device_register[one]))


def decides(of: Course, row: ContraindicationRow, cell: SettingsRow) -> bool:
    """Whether a row is what decides for a client who is booked in an undisputed cell."""
    wanted = (ALLOWED,) if row.action == "treat_with_precautions" else (ALLOWED, SIGNED)
    names = {case_name(of, one) for one in row.applies_to}
    return (
        cell.standing is not DRAFT
        and undisputed(of, cell)
        and cell.decision in wanted
        and (not names or case_name(of, cell.device) in names)
        and (not row.procedures or cell.procedure in row.procedures)
    )
