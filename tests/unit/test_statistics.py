"""The formulas against an outside library, against simulated people of known truth, and against their own limits.

ANSWERS: 40 people, 12 items of one paper, simulated once (Python's random, seed 4). What is expected of them was
computed with pingouin 0.7.0, scipy 1.17.1 and numpy 2.4.6 on Python 3.11, from ANSWERS as the array X (people by rows):

- FACILITY: X.mean(0); DISCRIMINATION: scipy.stats.pointbiserialr(X[:, i], numpy.delete(X, i, 1).sum(1)) for each item
- ALPHA: pingouin.cronbach_alpha(X), also ICC(C,k) of pingouin.intraclass_corr; DEPENDABILITY: its ICC(A,k)
- SEM: (X.sum(1) / 12).std(ddof=1) * sqrt(1 - ALPHA)
- CONSISTENCY: the integral over p of P(pass | p)² and of P(pass | p) by scipy.integrate.quad, with scipy.stats.binom.sf
  and scipy.stats.beta.pdf at the parameters of KR-21: another way to Huynh's sums
- DIFFERENCES: scipy.stats.chi2_contingency(..., correction=False) times (N - 1) / N; TAILS: scipy.stats.chi2.sf
"""

import random
from collections import Counter
from fractions import Fraction
from math import isclose, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.exams import statistics
from app.exams.statistics import SMALLEST, Credits, Difference, Sums

ANSWERS = [
    "111100010111", "111111110001", "111100000000", "111111011001", "011101100001", "111111111000",
    "110010001101", "100110000000", "111111101001", "011111100011", "111101010001", "111100110001",
    "100100010100", "110000110101", "111111001111", "110010001001", "111101100000", "110110101011",
    "100110000100", "110111101000", "111111110101", "110110100011", "111111101011", "111010100001",
    "001101111001", "111110001111", "111110100001", "111111101011", "001000010011", "010000001010",
    "111111100000", "111111010001", "111011000001", "110110000101", "110111010101", "111000000100",
    "111111100101", "101000100000", "111111111101", "111011101011",
]  # fmt: skip
FACILITY = [0.875, 0.85, 0.7, 0.75, 0.675, 0.525, 0.55, 0.35, 0.375, 0.325, 0.275, 0.725]
DISCRIMINATION = [
    0.0891862316, 0.4108510903, 0.2236400752, 0.2949945665, 0.3504632627, 0.4930560181,
    0.1899853152, 0.0061878297, 0.2042738147, -0.109242262, 0.0344651824, 0.4243462397,
]  # fmt: skip
ALPHA, DEPENDABILITY, SEM = 0.5296515893155658, 0.482117639331341, 0.12580516390212
CONSISTENCY = {8: (0.6557212667191858, 0.2942175675693036), 10: (0.8229753609573238, 0.21474599922897525)}
DIFFERENCES = {
    ((30, 50), (18, 50)): (5.711538461538462, 0.01685376289545498),
    ((30, 40), (22, 40), (15, 40)): (11.326950154885946, 0.0034704358856786745),
}
TAILS = {
    (0.5, 1): 0.47950012218695337,
    (3.84, 1): 0.05004352124870519,
    (5.99, 2): 0.05003662708658629,
    (7.81, 3): 0.05010605635000589,
    (30, 17): 0.026345078283536126,
    (250, 200): 0.009379131668826098,
}
ROWS = [[int(one) for one in row] for row in ANSWERS]
credits_of_people = st.lists(
    st.lists(st.sampled_from([0.0, 0.5, 1.0]), min_size=4, max_size=4), min_size=2, max_size=30
)


def sums_of(papers: list[dict[int, float]]) -> Credits:
    """Return the sums of papers, each of them credits by item."""
    by_item: dict[int, list[float]] = {}
    for paper in papers:
        for item, got in paper.items():
            by_item.setdefault(item, []).append(got)
    return Credits(
        people_n=len(papers),
        items=len(papers[0]),
        items_n=len(by_item),
        total=sum(sum(paper.values()) for paper in papers),
        squares=sum(got**2 for paper in papers for got in paper.values()),
        people=sum(sum(paper.values()) ** 2 for paper in papers),
        by_item=sum(sum(got) ** 2 / len(got) for got in by_item.values()),
        seen=sum(len(got) ** 2 for got in by_item.values()),
    )


def same_paper(rows: list[list[int]] | list[list[float]]) -> Credits:
    return sums_of([dict(enumerate(row)) for row in rows])


def pairs(xs: list[float], ys: list[float]) -> Sums:
    sums = Sums()
    for x, y in zip(xs, ys, strict=True):
        sums.add(x, y)
    return sums


@pytest.mark.parametrize("item", range(12))
def test_facility_and_discrimination_are_those_of_scipy(item: int) -> None:
    sums = Sums()
    for row in ROWS:
        sums.add(row[item], (sum(row) - row[item]) / 11)
    assert statistics.mean(sums) == pytest.approx(FACILITY[item], abs=1e-9)
    assert statistics.correlation(sums) == pytest.approx(DISCRIMINATION[item], abs=1e-9)


def test_reliability_is_that_of_pingouin_where_everybody_sat_the_same_paper() -> None:
    found = statistics.reliability(same_paper(ROWS))
    assert found is not None
    assert found.alpha == pytest.approx(ALPHA, abs=1e-12)
    assert found.dependability == pytest.approx(DEPENDABILITY, abs=1e-12)
    assert found.sem == pytest.approx(SEM, abs=1e-12)
    assert found.sem_papers > found.sem


def test_alpha_is_kr_20_on_right_and_wrong() -> None:
    totals = [sum(row) for row in ROWS]
    average = sum(totals) / 40
    variance = sum((total - average) ** 2 for total in totals) / 40
    unlike = sum(share * (1 - share) for share in FACILITY)
    found = statistics.reliability(same_paper(ROWS))
    assert found is not None
    assert found.alpha == pytest.approx(12 / 11 * (1 - unlike / variance), abs=1e-12)


@pytest.mark.parametrize("items", [40, 120])
def test_reliability_finds_the_truth_where_every_paper_is_another_draw(items: int) -> None:
    # credit = 0.6 + person + item + chance, with known variances: no share of a pool, but the formulas ask for none.
    chance = random.Random(11)  # noqa: S311  people of known truth, not a secret
    hardness = [chance.gauss(0, 0.2) for _ in range(items)]
    papers = []
    for _ in range(3000):
        person = chance.gauss(0, 0.15)
        drawn = chance.sample(range(items), 20)
        papers.append({one: 0.6 + person + hardness[one] + chance.gauss(0, 0.4) for one in drawn})
    among = sum(one**2 for one in hardness) / items - (sum(hardness) / items) ** 2
    found = statistics.reliability(sums_of(papers))
    assert found is not None
    assert found.alpha == pytest.approx(0.15**2 / (0.15**2 + 0.4**2 / 20), abs=0.02)
    assert found.dependability == pytest.approx(0.15**2 / (0.15**2 + (0.4**2 + among) / 20), abs=0.02)
    assert found.sem == pytest.approx(0.4 / sqrt(20), abs=0.002)
    assert found.sem_papers == pytest.approx(sqrt((0.4**2 + among) / 20), abs=0.002)


@given(credits_of_people)
def test_reliability_never_leaves_its_range(rows: list[list[float]]) -> None:
    found = statistics.reliability(same_paper(rows))
    if found is not None:
        assert max(found.alpha, found.dependability) <= 1 + 1e-9
        assert 0 <= found.sem <= 1
        assert 0 <= found.sem_papers <= 1


@pytest.mark.parametrize(
    "rows",
    [[[1.0, 1.0]] * 12, [[1.0, 0.0]] * 12, [[1.0]] * 12, [[1.0, 0.0, 1.0]]],
    ids=["all right", "all alike", "one item", "one person"],
)
def test_reliability_is_not_told_where_nothing_varies(rows: list[list[float]]) -> None:
    assert statistics.reliability(same_paper(rows)) is None


def test_reliability_is_not_told_where_hardly_an_item_was_seen_twice() -> None:
    papers = [{20 * person + place: float(place % 2) for place in range(20)} for person in range(30)]
    assert statistics.reliability(sums_of(papers)) is None


@pytest.mark.parametrize("needed", CONSISTENCY)
def test_consistency_is_the_integral_of_the_same_model(needed: int) -> None:
    found = statistics.consistency(Counter(map(sum, ROWS)), 12, Fraction(needed, 12))
    assert found is not None
    agreement, kappa = CONSISTENCY[needed]
    assert found.agreement == pytest.approx(agreement, abs=1e-9)
    assert found.kappa == pytest.approx(kappa, abs=1e-9)


def test_consistency_is_how_often_two_papers_agree() -> None:
    chance = random.Random(3)  # noqa: S311  as above
    first, same = Counter[int](), 0
    for _ in range(6000):
        share = chance.betavariate(12, 4)
        one, other = (sum(chance.random() < share for _ in range(20)) for _ in range(2))
        first[one] += 1
        same += (one >= 16) == (other >= 16)
    found = statistics.consistency(first, 20, Fraction(4, 5))
    assert found is not None
    assert found.agreement == pytest.approx(same / 6000, abs=0.015)


@given(
    st.dictionaries(st.integers(0, 20), st.integers(1, 50), min_size=1),
    st.integers(1, 100).map(lambda n: Fraction(n, 100)),
)
def test_consistency_never_leaves_its_range(scores: dict[int, int], cut: Fraction) -> None:
    found = statistics.consistency(scores, 20, cut)
    if found is not None:
        assert 0 <= found.agreement <= 1
        assert found.kappa is None or -1e-6 <= found.kappa <= 1 + 1e-6


@pytest.mark.parametrize("scores", [{}, {12: 1}, {12: 30}, {20: 30}], ids=["nobody", "one", "all alike", "all right"])
def test_consistency_is_not_told_where_nothing_varies(scores: dict[int, int]) -> None:
    assert statistics.consistency(scores, 20, Fraction(4, 5)) is None


@pytest.mark.parametrize("groups", DIFFERENCES, ids=["two", "three"])
def test_a_difference_is_that_of_scipy(groups: tuple[tuple[int, int], ...]) -> None:
    found = statistics.difference(groups)
    assert found is not None
    assert (found.chi_squared, found.p) == pytest.approx(DIFFERENCES[groups], abs=1e-12)


@pytest.mark.parametrize(("at", "tail"), TAILS.items())
def test_the_tail_of_chi_squared_is_that_of_scipy(at: tuple[float, int], tail: float) -> None:
    assert statistics.chi_squared_tail(*at) == pytest.approx(tail, rel=1e-10)


def test_small_groups_are_left_out_of_a_difference() -> None:
    large = [(10, 20), (16, 20)]
    assert statistics.difference([*large, (0, SMALLEST - 1)]) == statistics.difference(large)
    assert statistics.difference([(10, 20), (0, SMALLEST - 1)]) is None


@pytest.mark.parametrize("groups", [[(20, 20), (30, 30)], [(0, 20), (0, 30)], [(19, 20), (10, 10)]])
def test_a_difference_is_not_told_where_too_little_is_expected(groups: list[tuple[int, int]]) -> None:
    assert statistics.difference(groups) is None


def test_independent_differences_add_up() -> None:
    assert statistics.pooled([]) is None
    one, other = Difference(chi_squared=3.0, freedom=1), Difference(chi_squared=4.5, freedom=2)
    assert statistics.pooled([one, other]) == Difference(chi_squared=7.5, freedom=3)


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), max_size=40))
def test_correlation_never_leaves_its_range(found: list[tuple[float, float]]) -> None:
    value = statistics.correlation(pairs([one[0] for one in found], [one[1] for one in found]))
    assert value is None or -1 <= value <= 1


def test_correlation_is_not_told_where_nothing_varies() -> None:
    assert statistics.correlation(pairs([1.0] * 20, [0.1 * n for n in range(20)])) is None
    assert statistics.correlation(pairs([0.1 * n for n in range(20)], [0.7] * 20)) is None
    assert statistics.correlation(Sums()) is None
    assert statistics.mean(Sums()) is None
    assert statistics.deviation(pairs([1.0], [1.0])) is None


@given(st.lists(st.integers(0, 300), min_size=1, max_size=60))
def test_the_median_is_the_middle(values: list[int]) -> None:
    ordered = sorted(values)
    middle = (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2
    found = statistics.median(Counter(values))
    assert found is not None
    assert isclose(found, middle)


def test_nothing_has_no_median() -> None:
    assert statistics.median({}) is None
