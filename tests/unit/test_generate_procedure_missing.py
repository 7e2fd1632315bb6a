from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from app.content.generate import counts
from app.content.generate.procedure_missing import FAMILY
from app.content.values import Course, Item, StepRow
from tests.unit import oracle_more
from tests.unit.course_rows import DRAFT, course
from tests.unit.course_rows import step as any_step
from tests.unit.random_tables import made, places, procedures
from tests.unit.random_tables import why_none as why


def step(row_id: str, after: str = "", **values: Any) -> StepRow:
    return any_step(row_id, after, **{"safety_critical": True, **values})


def of_steps(*rows: StepRow, seed: int = 0) -> dict[str, Item]:
    return {item.key_row.partition("/")[2]: item for item in made(course(procedure=rows), FAMILY, seed)}


def why_none(row: str, *rows: StepRow) -> str:
    return why(course(procedure=rows), FAMILY, f"procedure/{row}")


BURN = (step("stop"), step("cool", "stop"), step("cover", "cool"))
OTHERS = (step("x", phase="treat"), step("y", phase="treat"), step("z", phase="treat"))


@given(of=procedures(), seed=st.integers(0, 2**64))
def test_exactly_one_safety_critical_step_is_missing_and_nothing_else_offered_belongs(of: Course, seed: int) -> None:
    items = made(of, FAMILY, seed)
    for item in items:
        oracle_more.assert_missing_item(of, item)
    assert [item.id for item in items] == [item.id for item in made(of, FAMILY)]  # no seed decides what is made


@given(of=procedures())
def test_every_row_is_asked_or_the_counts_say_why_not(of: Course) -> None:
    asked = {item.key_row for item in made(of, FAMILY)}
    for row, count in zip(of.procedure, counts(of, [FAMILY]), strict=True):
        assert (f"procedure/{row.id}" in asked) == (count["items"] == 1) == (count["why_none"] is None)
        assert count["items"] == 0 or (row.safety_critical and row.standing is not DRAFT)


def test_it_asks_what_an_account_of_a_phase_leaves_out() -> None:
    item = of_steps(*BURN, *OTHERS)["cool"]
    assert item.id == "procedure-missing/procedure/cool"
    assert oracle_more.in_one_line(item) == (
        "Here is an account of the phase “prepare” of tightening, from its start to its end: (1) Do stop. "
        "(2) Do cover. One safety-critical step that the course lists for this phase is missing. Which?"
    )
    assert oracle_more.chosen(item) == ["Do cool"]
    assert {option.text for option in item.options} == {"Do cool", "Do x", "Do y", "Do z"}
    assert {option.text: option.why for option in item.options}["Do x"] == "It belongs to the phase “treat”."
    assert item.facts[:3] == ("procedure/cool", "procedure/stop", "procedure/cover")
    assert item.why is not None
    assert item.why.startswith(
        "“Do cool” is missing. Because. Facts: procedure/cool; procedure/stop; procedure/cover; "
    )
    assert not item.critical


def test_where_a_draft_stands_in_the_way_the_account_is_of_a_run() -> None:
    rows = (
        step("a"),
        step("b", "a"),
        step("c", "b"),
        step("d", "c"),
        step("slot", "b", standing=DRAFT),
        step("e", "d"),
    )
    before = (step("y", phase="room"), step("z", "y", phase="room"))
    items = of_steps(*before, step("a", "z"), *rows[1:])
    item = items["c"]
    assert oracle_more.in_one_line(item) == (
        "Here is a part of an account of tightening: (1) Do a. (2) Do b. (3) Do d. (4) Do e. One safety-critical step "
        "that must come between the first and the last of these is missing. Which?"
    )
    assert {option.text: option.why for option in item.options} == {
        "Do c": None,
        "Do y": "It comes before these steps.",
        "Do z": "It comes before these steps.",
    }


def test_no_run_is_told_past_a_draft_that_must_come_between() -> None:
    rows = (step("a"), step("b", "a"), step("slot", "b", standing=DRAFT), step("c", "slot b"), step("d", "c"), *OTHERS)
    assert why_none("b", *rows).startswith("No account of 2 to 8 steps tells every safety-critical step but this one")


def test_a_draft_that_is_not_safety_critical_is_left_out_of_the_account() -> None:
    rows = (*BURN, step("slot", "stop", standing=DRAFT, safety_critical=False), *OTHERS)
    assert "(1) Do stop. (2) Do cover. One" in oracle_more.in_one_line(of_steps(*rows)["cool"])


def test_what_says_the_same_in_other_words_is_offered_last() -> None:
    far = (
        step("off", step="Stop the laser", phase="fire"),
        step("shield", step="Shield both eyes", phase="fire"),
        step("call", step="Call emergency care", phase="fire", safety_critical=False),
        step("flat", step="Lay the client flat", phase="reaction"),
        step("note", step="Write down the dose", phase="reaction"),
        step("key", step="Take out the key", phase="reaction"),
        step("tell", step="Tell the officer", phase="reaction"),
        step("send", step="Send her to a doctor", phase="reaction"),
    )
    rows = (step("stop", step="Stop, and switch off"), *BURN[1:], *far)
    shown = {option.text for seed in range(40) for option in of_steps(*rows, seed=seed)["stop"].options}
    assert "Shield both eyes" in shown
    assert "Stop the laser" not in shown
    assert "Call emergency care" not in shown


def test_the_counts_say_why_a_row_is_not_asked() -> None:
    assert why_none("a", step("a", safety_critical=False)) == "The step is not safety-critical."
    assert "draft" in why_none("a", step("a", standing=DRAFT))
    assert why_none("cool", *BURN).startswith("No account of 2 to 8 steps")
    assert why_none("cool", *BURN[:2], *OTHERS).startswith("No account of 2 to 8 steps")
    same = (*BURN, step("again", step="Do cool."), *OTHERS)
    assert why_none("cool", *same) == "procedure/again has the same text."


def test_the_key_stands_in_every_place_alike() -> None:
    letters = places(
        course(
            procedure=(
                *BURN[:1],
                step("b", safety_critical=False),
                step("c", safety_critical=False),
                *(any_step(one, phase="treat") for one in "xyz"),
            )
        ),
        FAMILY,
    )
    assert all(70 < letters.count(letter) < 130 for letter in "abcd")
