from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.content.generate import counts, items_of
from app.content.generate.contraindication_action import FAMILY
from app.content.values import ContraindicationRow, Course, Item, Standing
from tests.unit import oracle
from tests.unit.course_rows import ALLOWED, DRAFT, NOT, contraindication, course, device, setting

ACTIONS = ("do_not_treat", "defer", "refer", "treat_with_precautions")
DEVICES = ("a", "b", "c")
PROCEDURES = ("hair-reduction", "tightening")
REGISTER = {
    "a": device("a", "Nd:YAG", 1064, 1064),
    "b": device("b", "Nd:YAG 1064 nm", 1064, 1064),
    "c": device("c", "IPL"),
}
rarely = st.sampled_from([None, None, None, "f1"])


@st.composite
def contraindications(draw: st.DrawFn, number: int) -> ContraindicationRow:
    action = draw(st.sampled_from(ACTIONS))
    treat = action == "treat_with_precautions"
    return contraindication(
        f"row-{number}",
        action,
        draw(st.sampled_from([0, 1, 14, 28])) if action == "defer" else None,
        condition=draw(st.sampled_from(["Sunburn", "sunburn!", "Tan", "Gold therapy"])),
        strength=draw(st.sampled_from(["absolute", "temporary", "relative"])),
        standing=draw(st.sampled_from(Standing)),
        fact=draw(rarely),
        applies_to=tuple(draw(st.lists(st.sampled_from(DEVICES), unique=True, max_size=2))),
        procedures=tuple(draw(st.lists(st.sampled_from(PROCEDURES), unique=True, max_size=1))),
        decided_by="technician" if treat else draw(st.sampled_from(["technician", "clinician", None])),
        ask=draw(st.sampled_from([None, "Any sun?"])),
    )


@st.composite
def courses(draw: st.DrawFn) -> Course:
    rows = [draw(contraindications(number)) for number in range(draw(st.integers(1, 6)))]
    cells = draw(st.lists(st.tuples(st.sampled_from(DEVICES), st.sampled_from(PROCEDURES), st.booleans()), max_size=3))
    settings = [
        setting(f"set-{number}", device=one, procedure=procedure, decision=NOT if forbidden else ALLOWED)
        for number, (one, procedure, forbidden) in enumerate(cells)
    ]
    return course(contraindications=tuple(rows), settings=tuple(settings), device_register=REGISTER)


def made(of: Course, seed: int = 0) -> list[Item]:
    return items_of(of, seed=seed, families=[FAMILY])


def ids(of: Course) -> list[str]:
    return [item.id.rpartition("/")[2] for item in made(of)]


def why_none(of: Course, row: str) -> str:
    told = {count["row"]: count["why_none"] for count in counts(of, [FAMILY])}
    return str(told[f"contraindications/{row}"])


@given(of=courses(), seed=st.integers(0, 2**64))
def test_exactly_one_option_is_true_under_every_row(of: Course, seed: int) -> None:
    items = made(of, seed)
    for item in items:
        oracle.assert_action_item(of, item)
        drafts = {f"contraindications/{row.id}" for row in of.contraindications if row.standing is DRAFT}
        assert drafts.isdisjoint(item.facts)
    assert [item.id for item in items] == [item.id for item in made(of)]  # no seed decides what is made


@given(of=courses())
def test_a_row_without_a_rival_is_asked_or_the_counts_say_why_not(of: Course) -> None:
    asked = set(ids(of))
    for row in of.contraindications:
        others = [one for one in of.contraindications if one != row]
        alone = not any(oracle.plain(one.condition) == oracle.plain(row.condition) for one in others)
        alone = alone and (row.fact is None or all(one.fact != row.fact for one in others))
        if row.standing is not DRAFT and alone and row.action != "treat_with_precautions":
            assert row.id in asked
        assert (row.id in asked) == (why_none(of, row.id) == "None")
        assert row.standing is not DRAFT or row.id not in asked


@pytest.mark.parametrize(
    ("row", "answer", "critical"),
    [
        (contraindication("r", "do_not_treat"), "Do not treat, now or later", True),
        (contraindication("r", "defer", 28), "Not today; the earliest is 28 days after it", False),
        (contraindication("r", "defer", 1), "Not today; the earliest is 1 day after it", False),
        (contraindication("r", "defer", 0), "Not today; the earliest is when this no longer applies", False),
        (contraindication("r", "refer"), "Not today: a clinician decides", False),
        (
            contraindication("r", "treat_with_precautions"),
            "Treat today, with the precautions of your clinic's protocol",
            False,
        ),
    ],
)
def test_its_answers_have_four_shapes(row: ContraindicationRow, answer: str, *, critical: bool) -> None:
    (item,) = made(course(contraindications=(row,)))
    assert next(option.text for option in item.options if option.id in item.key) == answer
    assert {oracle.shape(option.text)[0] for option in item.options} == set(ACTIONS)
    assert item.critical == critical
    assert item.id == "contraindication-action/contraindications/r"
    assert item.why == f"Condition r: {answer}. Because. Fact: contraindications/r."


@pytest.mark.parametrize(
    ("values", "stem"),
    [
        ({"ask": "?"}, "for treatment. The intake shows: Gold."),
        ({"ask": None}, "for treatment. You see: Gold."),
        ({"applies_to": ("diode",)}, "for treatment with the Diode (800–810 nm). The intake shows: Gold."),
        ({"procedures": ("hair-reduction",)}, "for hair reduction. The intake shows: Gold."),
        (
            {"applies_to": ("ipl",), "procedures": ("hair-reduction",)},
            "for hair reduction with the IPL. The intake shows: Gold.",
        ),
    ],
)
def test_the_stem_names_what_the_row_narrows(values: dict[str, Any], stem: str) -> None:
    (item,) = made(course(contraindications=(contraindication("r", "refer", condition="Gold", **values),)))
    assert item.stem == f"A client is booked today {stem} What do you do?"


def test_the_stem_names_a_device_where_that_tells_two_rows_apart() -> None:
    rows = (
        contraindication("all", "refer", condition="Melasma"),
        contraindication("lamp", "do_not_treat", condition="melasma", applies_to=("ipl",)),
    )
    of = course(contraindications=rows)
    (item,) = made(of)
    assert item.key_row == "contraindications/all"
    assert "Nd:YAG" in item.stem or "Diode" in item.stem
    assert why_none(of, "lamp") == (
        "contraindications/all says otherwise for the same condition, devices and procedures."
    )


@pytest.mark.parametrize("standing", Standing)
def test_rows_that_contradict_each_other_are_not_asked(standing: Standing) -> None:
    rows = (
        contraindication("a", "defer", 14, fact="tan"),
        contraindication("b", "defer", 28, fact="tan", standing=standing),
    )
    assert ids(course(contraindications=rows)) == []


def test_rows_that_agree_are_both_named() -> None:
    rows = (contraindication("a", "refer", fact="gold"), contraindication("b", "refer", fact="gold"))
    item = made(course(contraindications=rows))[1]
    assert item.facts == ("contraindications/b", "contraindications/a")
    assert item.sources == ("of-b", "of-a")


def test_nobody_is_treated_where_no_settings_row_allows_it() -> None:
    row = contraindication("r", "treat_with_precautions", applies_to=("ipl",))
    of = course(contraindications=(row,), settings=(setting("s", device="ipl", decision=NOT),))
    assert ids(of) == []
    assert "No settings row lets anybody be treated" in why_none(of, "r")
    open_to_all = contraindication("r", "treat_with_precautions")
    assert ids(course(contraindications=(open_to_all,), settings=(setting("s", device="ipl"),))) == ["r"]


def test_do_not_treat_is_no_distractor_where_nobody_is_treated_anyway() -> None:
    row = contraindication("r", "refer", applies_to=("ipl",))
    (item,) = made(course(contraindications=(row,), settings=(setting("s", device="ipl", decision=NOT),)))
    assert "do_not_treat" not in {oracle.shape(option.text)[0] for option in item.options}


@pytest.mark.parametrize(
    ("conflict", "never"),
    [("Clinics wait from 24 hours to 2 weeks.", {7, 14}), ("Others wait 4 weeks.", {28}), (None, set())],
)
def test_an_interval_of_which_the_row_speaks_is_never_wrong(conflict: str | None, never: set[int]) -> None:
    row = contraindication("r", "refer", conflict=conflict)
    offered = {oracle.shape(option.text) for seed in range(30) for option in _only(row, seed).options}
    days = {number for action, number in offered if action == "defer"}
    assert len(days) >= 3
    assert days.isdisjoint(never)
    assert days == {7, 14, 28} or conflict


def _only(row: ContraindicationRow, seed: int) -> Item:
    (item,) = made(course(contraindications=(row,)), seed)
    return item


def test_what_will_pass_is_not_offered_as_resolved() -> None:
    rows = (contraindication("r", "refer", strength="temporary"), contraindication("other", "defer", 0))
    for seed in range(20):
        item = made(course(contraindications=rows), seed)[0]
        assert ("defer", 0) not in {oracle.shape(option.text) for option in item.options}
