from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from app.content.generate import counts, items_of, rests_on
from app.content.generate.procedure_order import FAMILY
from app.content.grade import credit
from app.content.values import Course, Item, ItemType, Scoring, Standing, StepRow
from tests.unit import oracle
from tests.unit.course_rows import DRAFT, course, step


@st.composite
def procedures(draw: st.DrawFn) -> Course:
    """Steps of one procedure over two phases; each comes after some earlier ones, so there is no cycle."""
    rows: list[StepRow] = []
    for number in range(draw(st.integers(1, 10))):
        after = draw(st.sets(st.sampled_from([row.id for row in rows]), max_size=2)) if rows else set()
        rows.append(
            step(
                f"s{number}",
                " ".join(sorted(after)),
                phase=draw(st.sampled_from(["prepare", "prepare", "prepare", "treat"])),
                standing=draw(st.sampled_from([*Standing, Standing.CITED])),
                step=draw(st.sampled_from([f"Do {number}", f"Do {number}", f"Do {number}", "Cool the skin"])),
            )
        )
    return course(procedure=tuple(draw(st.permutations(rows))))


def made(of: Course, seed: int = 0) -> list[Item]:
    return items_of(of, seed=seed, families=[FAMILY])


def why_none(*rows: StepRow) -> str:
    (count,) = counts(course(procedure=rows), [FAMILY])
    assert (count["row"], count["items"]) == ("procedure/prepare", 0)
    return str(count["why_none"])


@given(of=procedures(), seed=st.integers(0, 2**64))
def test_the_key_is_exactly_the_order_that_the_rows_give(of: Course, seed: int) -> None:
    items = made(of, seed)
    for item in items:
        oracle.assert_order_item(of, item)
        assert not {f"procedure/{row.id}" for row in of.procedure if row.standing is DRAFT} & set(item.facts)
    assert [item.id for item in items] == [item.id for item in made(of)]  # no seed decides what is made


@given(of=procedures())
def test_every_phase_is_asked_or_the_counts_say_why_not(of: Course) -> None:
    for count in counts(of, [FAMILY]):
        assert (count["items"] == 0) == bool(count["why_none"])
        phase = [row for row in of.procedure if count["row"] == f"procedure/{row.phase}"]
        texts = [row.step for row in phase]
        ids = [row.id for row in phase if row.standing is not DRAFT and texts.count(row.step) == 1]
        ordered = any(oracle.comes_before(of, one, other) for one, other in permutations(ids, 2))
        assert count["items"] == (len(ids) >= 3 and ordered)


@given(of=procedures(), seed=st.integers(0, 7))
def test_every_order_that_the_rows_allow_is_right_and_no_other(of: Course, seed: int) -> None:
    for item in made(of, seed)[:1]:
        shown, pairs = oracle.true_pairs(of, item)
        for order in permutations(shown):
            allowed = all(order.index(one) < order.index(other) for one, other in pairs)
            assert (credit(ItemType.ORDERING, Scoring.ALL_OR_NOTHING, item.key, list(order)) == 1) == allowed


def test_it_asks_for_the_order_of_a_phase() -> None:
    (item,) = made(course(procedure=(step("a"), step("b", "a"), step("c", "b"))))
    assert item.id == "procedure-order/procedure/prepare"
    assert item.key_row == "procedure/prepare"
    assert item.stem == (
        "Put these steps of the phase “prepare” of tightening in the order in which you do them. "
        "Where two steps may change places, both orders count as right."
    )
    assert len(item.key) == 3
    assert item.why is not None
    assert item.why.startswith("“Do a” comes before “Do b”. “Do b” comes before “Do c”. Facts: ")


def test_a_step_not_shown_still_orders_those_around_it() -> None:
    rows = (step("a"), step("hidden", "a", standing=DRAFT), step("b", "hidden"), step("c"))
    (item,) = made(course(procedure=rows))
    letter = {option.text: option.id for option in item.options}
    assert item.key == ((letter["Do a"], letter["Do b"]),)
    assert "procedure/hidden" not in item.facts


def test_a_step_of_another_phase_through_which_two_are_ordered_is_named() -> None:
    rows = (step("a"), step("between", "a", phase="treat"), step("b", "between"), step("c"))
    (item,) = made(course(procedure=rows))
    assert item.facts[-1] == "procedure/between"
    assert set(item.sources) == {"of-a", "of-b", "of-c", "of-between"}


def test_no_more_than_six_steps_are_shown_and_seeds_show_others() -> None:
    rows = [step("s0"), *(step(f"s{number}", f"s{number - 1}") for number in range(1, 10))]
    shown = [{option.text for option in made(course(procedure=tuple(rows)), seed)[0].options} for seed in range(8)]
    assert {len(texts) for texts in shown} == {6}
    assert len(set.union(*shown)) == 10


def test_steps_without_a_place_only_make_up_three() -> None:
    rows = (step("a"), step("b", "a"), *(step(f"free-{number}") for number in range(5)))
    (item,) = made(course(procedure=rows))
    assert len(item.options) == 3


def test_a_phase_of_two_procedures_is_two_items_that_no_paper_holds_together() -> None:
    hair = tuple(step(f"h{number}", "" if number == 1 else "h1", procedure="hair-reduction") for number in (1, 2, 3))
    of = course(procedure=(step("a"), step("b", "a"), step("c"), *hair))
    items = made(of)
    assert [item.id for item in items] == [
        "procedure-order/procedure/prepare/tightening",
        "procedure-order/procedure/prepare/hair-reduction",
    ]
    assert {item.key_row for item in items} == {"procedure/prepare"}
    assert [rests_on(item, "procedure/h2") for item in items] == [False, True]
    assert all(rests_on(item, "procedure/prepare") for item in items)


def test_the_item_serves_the_objective_of_most_of_its_steps() -> None:
    rows = (step("a", objective="cool"), step("b", "a"), step("c"))
    assert made(course(procedure=rows))[0].objective == "safe"


def test_the_counts_say_why_a_phase_is_not_asked() -> None:
    assert why_none(step("a"), step("b", "a")).startswith("Only 2 of the phase's steps can be asked")
    assert why_none(step("a"), step("b"), step("c")).startswith("No step of the phase must come before")
    assert why_none(step("a", "c"), step("b", "a"), step("c", "b")).startswith("Two steps of the phase each come")
    same = (step("a"), step("b", "a", step="Cool"), step("c", "b", step="cool!"))
    assert why_none(*same).startswith("Only 1 of the phase's steps")
    assert why_none(step("a", standing=DRAFT)).startswith("Only 0 of the phase's steps")


def test_a_procedure_of_one_phase_that_its_name_says_is_named_once() -> None:
    rows = [
        step(one, after, procedure="burn-response", phase="burn") for one, after in (("a", ""), ("b", "a"), ("c", "b"))
    ]
    (alone,) = made(course(procedure=tuple(rows)))
    assert alone.stem.startswith("Put these steps of the burn response in the order")
    (one_of_two,) = made(course(procedure=(*rows, step("d", procedure="burn-response", phase="after"))))
    assert one_of_two.stem.startswith("Put these steps of the phase “burn” of burn response in the order")
