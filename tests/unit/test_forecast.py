"""The order of training: every gap that can be closed is, the earliest first, and what is needed comes before."""

import math
from datetime import date, timedelta
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from app.certification.forecast import Plan, Training, order_of_training
from app.certification.scope import Cell

DAY = date(2026, 11, 27)
CELLS = tuple(Cell(procedure="hair-removal", device="diode", skin_type=one) for one in range(1, 7))
COURSES = ("safety", "hair", "skin")


def training(
    account_id: int, course_id: str, *cells: int, renewal: bool = True, needs: tuple[str, ...] = ()
) -> Training:
    opens = frozenset(CELLS[one - 1] for one in cells)
    return Training(account_id=account_id, course_id=course_id, renewal=renewal, opens=opens, needs=needs)


def gaps(**days: int) -> dict[Cell, date]:
    """Return gaps by skin type: `t3=10` begins in ten days."""
    return {CELLS[int(name[1:]) - 1]: DAY + timedelta(days=number) for name, number in days.items()}


def told(plan: Plan) -> list[tuple[int, str, list[int]]]:
    return [
        (one.training.account_id, one.training.course_id, [cell.skin_type for cell in one.reopens])
        for one in plan.steps
    ]


def test_the_earliest_gap_comes_first_even_where_another_is_larger() -> None:
    plan = order_of_training([training(1, "hair", 1, 2, 3), training(2, "hair", 4)], gaps(t1=40, t2=40, t3=40, t4=5))
    assert told(plan) == [(2, "hair", [4]), (1, "hair", [1, 2, 3])]
    assert [step.gap_on for step in plan.steps] == [DAY + timedelta(days=5), DAY + timedelta(days=40)]


def test_of_those_that_close_the_earliest_gap_the_most_is_taken() -> None:
    plan = order_of_training([training(1, "hair", 1), training(2, "hair", 1, 2)], gaps(t1=5, t2=40))
    assert told(plan) == [(2, "hair", [1, 2])]


def test_a_renewal_is_taken_before_a_course_that_is_new() -> None:
    plan = order_of_training([training(1, "hair", 1, renewal=False), training(2, "hair", 1)], gaps(t1=5))
    assert told(plan) == [(2, "hair", [1])]


def test_what_a_course_needs_comes_before_it_and_counts() -> None:
    needing = training(1, "hair", 1, 2, needs=("safety",))
    safety = training(1, "safety")
    assert told(order_of_training([needing, safety], gaps(t1=5, t2=5))) == [(1, "safety", []), (1, "hair", [1, 2])]
    # Two courses for two gaps are worth as much as one for one: the one that stands first is taken.
    plan = order_of_training([training(2, "skin", 1), needing, safety, training(3, "skin", 2)], gaps(t1=5, t2=5))
    assert told(plan) == [(2, "skin", [1]), (3, "skin", [2])]


def test_what_nobody_can_be_trained_for_is_told() -> None:
    alone = training(1, "hair", 1, needs=("safety",))
    circle = (training(2, "hair", 1, needs=("skin",)), training(2, "skin", 1, needs=("hair",)))
    plan = order_of_training([alone, *circle, training(3, "skin", 2)], gaps(t1=5, t2=9))
    assert told(plan) == [(3, "skin", [2])]
    assert plan.unclosed == (CELLS[0],)


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[Training], dict[Cell, date]]:
    keys = draw(st.sets(st.tuples(st.integers(1, 4), st.sampled_from(COURSES)), max_size=8))
    made = [
        training(
            account_id,
            course_id,
            *draw(st.sets(st.integers(1, 6), max_size=4)),
            renewal=draw(st.booleans()),
            needs=tuple(sorted(draw(st.sets(st.sampled_from(COURSES), max_size=1)))),
        )
        for account_id, course_id in sorted(keys)
    ]
    days = draw(st.dictionaries(st.sampled_from(CELLS), st.integers(0, 3), max_size=6))
    return made, {cell: DAY + timedelta(days=number) for cell, number in days.items()}


def possible(one: Training, trainings: list[Training]) -> bool:
    """Tell by going round again and again, not by chains, whether a training can come to count."""
    reached: set[str] = set()
    own = [each for each in trainings if each.account_id == one.account_id]
    for _ in own:
        reached |= {each.course_id for each in own if set(each.needs) <= reached}
    return one.course_id in reached


@given(worlds())
def test_every_gap_that_can_be_closed_is_closed_once(world: tuple[list[Training], dict[Cell, date]]) -> None:
    trainings, open_gaps = world
    plan = order_of_training(trainings, open_gaps)
    closed = [cell for step in plan.steps for cell in step.reopens]
    can = {cell for one in trainings if possible(one, trainings) for cell in one.opens}
    assert sorted(closed) == sorted(can & open_gaps.keys())
    assert set(plan.unclosed) == open_gaps.keys() - can
    assert all(cell in step.training.opens for step in plan.steps for cell in step.reopens)


@given(worlds())
def test_it_is_in_order_and_nothing_is_idle(world: tuple[list[Training], dict[Cell, date]]) -> None:
    trainings, open_gaps = world
    steps = order_of_training(trainings, open_gaps).steps
    assert [step.gap_on for step in steps] == sorted(step.gap_on for step in steps)
    assert len({(step.training.account_id, step.training.course_id) for step in steps}) == len(steps)
    for place, step in enumerate(steps):
        one = step.training
        done = {each.training.course_id for each in steps[:place] if each.training.account_id == one.account_id}
        needed = {
            need for each in steps[place:] if each.training.account_id == one.account_id for need in each.training.needs
        }
        assert set(one.needs) <= done
        assert step.reopens or one.course_id in needed
        assert all(open_gaps[cell] >= step.gap_on for cell in step.reopens)


@given(worlds())
def test_for_gaps_of_one_day_it_is_near_the_shortest_list(world: tuple[list[Training], dict[Cell, date]]) -> None:
    trainings = [training(one.account_id, one.course_id, *(cell.skin_type for cell in one.opens)) for one in world[0]]
    wanted = world[1].keys() & {cell for one in trainings for cell in one.opens}
    plan = order_of_training(trainings, dict.fromkeys(wanted, DAY))
    sizes = [len(step.reopens) for step in plan.steps]
    assert sizes == sorted(sizes, reverse=True)  # the largest first
    shortest = next(
        number
        for number in range(len(trainings) + 1)
        if any(wanted <= {cell for one in some for cell in one.opens} for some in combinations(trainings, number))
    )
    assert shortest <= len(plan.steps) <= (1 + math.log(max(len(wanted), 1))) * shortest
