from hypothesis import given
from hypothesis import strategies as st

from app.content.generate import counts
from app.content.generate.procedure_next import FAMILY
from app.content.values import Course, Item, StepRow
from tests.unit import oracle_more
from tests.unit.course_rows import DRAFT, course, step
from tests.unit.random_tables import made, places, procedures
from tests.unit.random_tables import why_none as why


def of_steps(*rows: StepRow) -> dict[str, Item]:
    return {item.key_row.partition("/")[2]: item for item in made(course(procedure=rows), FAMILY)}


def why_none(row: str, *rows: StepRow) -> str:
    return why(course(procedure=rows), FAMILY, f"procedure/{row}")


@given(of=procedures(), seed=st.integers(0, 2**64))
def test_exactly_one_step_is_open_and_nothing_else_offered_can_come_next(of: Course, seed: int) -> None:
    items = made(of, FAMILY, seed)
    for item in items:
        oracle_more.assert_next_item(of, item)
    assert [item.id for item in items] == [item.id for item in made(of, FAMILY)]  # no seed decides what is made


@given(of=procedures())
def test_every_row_is_asked_or_the_counts_say_why_not(of: Course) -> None:
    asked = {item.key_row for item in made(of, FAMILY)}
    plain = len({row.step.casefold().strip(".") for row in of.procedure}) == len(of.procedure)
    whole = all(row.standing is not DRAFT for row in of.procedure) and plain
    for row, count in zip(of.procedure, counts(of, [FAMILY]), strict=True):
        assert (f"procedure/{row.id}" in asked) == (count["items"] == 1) == (count["why_none"] is None)
        later = sum(row.id in oracle_more.earlier(of, other.id) for other in of.procedure)
        assert not whole or len(of.procedure) > 9 or count["items"] == (later >= 2)


def test_it_asks_which_step_comes_next() -> None:
    item = of_steps(step("a"), step("b", "a"), step("side", "a"), step("c", "b"), step("d", "c"))["b"]
    assert item.id == "procedure-next/procedure/b"
    assert oracle_more.in_one_line(item) == (
        "In the phase “prepare” of tightening, these steps are done so far: (1) Do a. (2) Do side. "
        "Which step of the phase comes next?"
    )
    assert oracle_more.chosen(item) == ["Do b"]
    assert {option.text for option in item.options} == {"Do b", "Do c", "Do d"}
    assert {option.text: option.why for option in item.options}["Do d"] == "It comes only after “Do b”."
    assert item.facts[:3] == ("procedure/b", "procedure/a", "procedure/side")
    assert set(item.sources) == {f"of-{one}" for one in ("a", "b", "side", "c", "d")}
    assert item.why is not None
    assert item.why.startswith("“Do b” waits for nothing else. Because. Facts: procedure/b; procedure/a; ")
    assert not item.critical


def test_what_comes_before_the_phase_is_told_as_done() -> None:
    rows = (
        step("z", phase="room"),
        step("a", "z"),
        step("b", "a"),
        step("c", "b"),
        step("d", "c", phase="treat"),
        step("e", "d"),
    )
    items = of_steps(*rows)
    assert items["a"].stem == (
        "Everything that must come before the phase “prepare” of tightening is done. "
        "Which step of the phase comes first?"
    )
    opened = "In the phase “prepare” of tightening, everything that must come before it is done, and so"
    assert oracle_more.in_one_line(items["b"]).startswith(f"{opened} is this step: Do a. Which")
    assert oracle_more.in_one_line(items["c"]).startswith(f"{opened} are these steps: (1) Do a. (2) Do b. Which")
    assert items["z"].stem == "Which step of the phase “room” of tightening comes first?"


def test_a_step_of_another_phase_between_two_of_the_phase_is_told() -> None:
    rows = (step("a"), step("x", "a", phase="room"), step("b", "x"), step("c", "b"), step("d", "c"))
    assert "(1) Do a. (2) Do x. Which" in oracle_more.in_one_line(of_steps(*rows)["b"])


def test_steps_that_follow_in_the_same_phase_are_offered_first() -> None:
    rows = [step("s0"), *(step(f"s{number}", f"s{number - 1}") for number in range(1, 9))]
    later = [step("t", "s0", phase="treat"), step("u", "s0", phase="treat")]
    shown = {
        option.text for seed in range(40) for option in made(course(procedure=(*later, *rows)), FAMILY, seed)[0].options
    }
    assert shown == {f"Do s{number}" for number in range(6)}


def test_a_draft_that_can_come_first_leaves_two_steps_open() -> None:
    rows = (step("a"), step("b", "a"), step("slot", "a", standing=DRAFT), step("c", "b"), step("d", "c"))
    assert why_none("b", *rows) == "procedure/slot can come first, but is a draft, which no item tells."
    assert "a" in of_steps(*rows)


def test_an_order_that_only_a_draft_gives_is_not_asked() -> None:
    rows = (step("a"), step("slot", "a", standing=DRAFT), step("b", "slot"), step("c", "a"), step("d", "a"))
    assert why_none("a", *rows) == "procedure/b comes after it only by way of a draft."
    apart = (step("a"), step("slot", "a", standing=DRAFT, phase="treat"), step("b", "slot", phase="treat"), *rows[3:])
    assert {option.text for option in of_steps(*apart)["a"].options} == {"Do a", "Do c", "Do d"}


def test_the_counts_say_why_a_row_is_not_asked() -> None:
    assert why_none("b", step("a"), step("b", "a"), step("c", "b")) == (
        "Only 1 of the steps that can be asked must come after it; 2 are needed."
    )
    many = (step("a"), step("b", "a"), step("c", "b"), *(step(f"s{number}") for number in range(8)))
    assert "a" in of_steps(*many)
    assert why_none("a", *many, step("s8")) == "9 steps of the phase do not wait for it; a stem lists 8 at most."
    same = (step("a"), step("b", "a", step="do A."), step("c", "b"), step("d", "c"))
    assert why_none("a", *same) == "procedure/b has the same text."
    again = (step("x"), step("a", "x"), step("b", "a", step="Do X!"), step("c", "b"), step("d", "c"))
    assert why_none("a", *again) == "procedure/b has the same text as a step that is done."
    assert "draft" in why_none("a", step("a", standing=DRAFT))
    circle = (step("a", "c"), step("b", "a"), step("c", "b"), step("d", "c"))
    assert why_none("d", *circle) == "Steps of its procedure come before themselves."


def test_the_key_stands_in_every_place_alike() -> None:
    rows = (step("a"), step("b", "a"), step("c", "a"), step("d", "a"))
    letters = places(course(procedure=rows), FAMILY)
    assert all(70 < letters.count(letter) < 130 for letter in "abcd")
