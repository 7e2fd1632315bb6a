"""Courses for the tests of cases: random ones, and a table of conditions that each have another answer."""

from typing import Any

from hypothesis import strategies as st

from app.content.generate import counts, items_of
from app.content.generate.case import FAMILY
from app.content.values import ContraindicationRow, Course, Item, SettingsRow, Standing
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
    "Keloid",
    "Peel",
    "Blood thinner",
)
ranges = st.lists(st.sampled_from([0.3, 5, 8, 10, 20, 30, 40.5, 60]), min_size=2, max_size=2).map(
    lambda ends: (min(ends), max(ends))
)

CELL = setting("cell", (3, 4), device="c", fluence=(30, 60), pulse=(20, 20))
TAN = contraindication("tan", "defer", 28, condition="A tan", category="sun", strength="temporary")
FILLER = contraindication("filler", "defer", 14, condition="Recent filler", category="recent-procedure")
DOXYCYCLINE = contraindication("doxy", "treat_with_precautions", condition="Doxycycline, agreed")
LUPUS = contraindication("lupus", "refer", condition="Lupus", category="health")
GOLD = contraindication("gold", "do_not_treat", condition="Gold", category="rheumatology", strength="absolute")
SORE = contraindication("sore", "defer", 0, condition="A cold sore", category="infection", strength="temporary")


def table(*rows: ContraindicationRow, cells: tuple[SettingsRow, ...] = (CELL,)) -> Course:
    return course(contraindications=rows, settings=cells, device_register=REGISTER)


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
    rows = [draw(contraindications(number)) for number in range(draw(st.integers(0, 10)))]
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
