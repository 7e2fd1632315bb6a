"""Where the marks of the plots stand: inside their box, in order, and never on the wrong side of a line."""

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.web import charts
from app.web.charts import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH

INSIDE = st.tuples(st.floats(0, 1), st.floats(-1, 1), st.booleans(), st.just("one"))


@given(st.lists(INSIDE, max_size=30))
def test_points_stay_inside_and_flagged_ones_come_last(found: list[tuple[float, float, bool, str]]) -> None:
    plot = charts.scatter(found, limits=(0.25, 0.97))
    assert len(plot.points) == len(found)
    assert all(LEFT <= one.x <= WIDTH - RIGHT and TOP <= one.y <= HEIGHT - BOTTOM for one in plot.points)
    assert [one.flagged for one in plot.points] == sorted(one.flagged for one in plot.points)


def test_the_easier_stands_to_the_right_and_the_better_above() -> None:
    hard, easy = charts.scatter([(0.2, 0.5, False, "a"), (0.9, -0.4, False, "b")], limits=(0.25, 0.97)).points
    assert hard.x < easy.x
    assert hard.y < easy.y
    plot = charts.scatter([(0.9, -0.4, False, "b")], limits=(0.25, 0.97))
    assert [one.label for one in plot.ticks_y] == ["−0.4", "−0.2", "0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]
    assert plot.points[0].y > plot.guide_y


scores = st.dictionaries(st.integers(0, 20), st.integers(1, 5000), min_size=1)


@given(scores, st.integers(1, 100))
def test_bars_stand_on_their_line_and_on_their_side_of_the_cut(found: dict[int, int], percent: int) -> None:
    plot = charts.histogram(sorted(found.items()), 20, Fraction(percent, 100))
    assert all(abs(one.y + one.height - (HEIGHT - BOTTOM)) < 0.02 and one.y >= TOP for one in plot.bars)
    assert all(one.reached == (one.x > plot.cut) for one in plot.bars)
    assert plot.needed * 100 >= percent * 20 > (plot.needed - 1) * 100
    assert int(plot.ticks_y[-1].label) >= max(found.values())


def test_an_axis_is_divided_into_whole_numbers() -> None:
    for most in (1, 3, 7, 41, 999, 12345):
        labels = [int(one.label) for one in charts.histogram([(1, most)], 20, Fraction(1, 2)).ticks_y]
        assert len({after - before for before, after in pairwise(labels)}) == 1


def test_no_scores_are_no_fault() -> None:
    assert charts.histogram([], 0, Fraction(4, 5)).bars == ()
    assert charts.scatter([], limits=(0.25, 0.97)).points == ()


@pytest.mark.parametrize("items", [1, 9, 20, 22, 40, 41])
def test_the_axis_of_scores_begins_at_none_and_ends_at_all(items: int) -> None:
    labels = [int(one.label) for one in charts.histogram([(1, 3)], items, Fraction(4, 5)).ticks_x]
    assert (labels[0], labels[-1]) == (0, items)
    assert labels == sorted(set(labels))
    assert len(labels) <= 12
