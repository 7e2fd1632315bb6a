"""A readiness estimate: an interval that says how sure it is, against a simulation with known truth."""

from fractions import Fraction
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.exams.readiness import FEWEST, Readiness, out_of_ten, readiness

shares = st.lists(st.floats(min_value=0, max_value=1), min_size=1, max_size=60)


@given(shown=shares, more=st.integers(min_value=0, max_value=200))
def test_an_estimate_is_a_share_with_a_margin_that_is_never_none(shown: list[float], more: int) -> None:
    found = readiness(shown, len(shown) + more)
    if len(shown) < FEWEST and more:
        assert found is None
    else:
        assert found is not None
        assert 0 <= found.share <= 1
        assert 0 < found.margin < 1
        assert 1 <= out_of_ten(found)[1] <= 10


@given(right=st.integers(min_value=5, max_value=30), more=st.integers(min_value=0, max_value=100))
def test_more_facts_asked_make_it_surer_and_more_unasked_less_sure(right: int, more: int) -> None:
    facts = 2 * right + more
    few, many = readiness([1.0] * right, facts), readiness([1.0] * 2 * right, facts)
    wider = readiness([1.0] * right, facts + 50)
    assert few
    assert many
    assert wider
    assert many.margin < few.margin < wider.margin


def test_too_few_facts_say_nothing_and_few_facts_say_enough_when_all_were_asked() -> None:
    assert readiness([], 3) is None
    assert readiness([1.0] * 4, 30) is None
    assert readiness([1.0] * 3, 3) is not None
    with pytest.raises(ValueError, match="4 facts were asked of 3"):
        readiness([1.0] * 4, 3)


@pytest.mark.parametrize(
    ("share", "margin", "told"), [(0.84, 0.11, (8, 2)), (0.951, 0.02, (10, 1)), (0.05, 0.4, (0, 4)), (0.5, 0.2, (5, 2))]
)
def test_it_is_told_out_of_ten_with_the_margin_rounded_up(share: float, margin: float, told: tuple[int, int]) -> None:
    assert out_of_ten(Readiness(share=share, margin=margin, asked=9, facts=30)) == told


@pytest.mark.parametrize(("asked", "facts"), [(6, 31), (14, 31), (30, 31), (10, 120)])
def test_nine_of_ten_intervals_hold_the_truth(asked: int, facts: int) -> None:
    chance, held, trials = Random(7), 0, 1000  # noqa: S311  a simulation, the same every time
    for _ in range(trials):
        skill = chance.uniform(0.3, 0.95)
        knows = [chance.random() < skill for _ in range(facts)]
        found = readiness([float(one) for one in chance.sample(knows, asked)], facts)
        assert found is not None
        truth = Fraction(sum(knows), facts)
        held += abs(found.share - truth) <= found.margin
    assert held / trials > 0.88
