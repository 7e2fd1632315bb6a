"""What papers say of an exam and its items: the formulas, each with its source; pure, over sums and counts.

None stands for what a formula does not give: too little was seen, or everybody did the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import erfc, exp, floor, inf, lgamma, log, sqrt

# A figure of fewer is not shown: it says little of the item, and may say too much of somebody.
SMALLEST = 10
# Sums of floats leave dust where nothing varies.
DUST = 1e-12


@dataclass(slots=True)
class Sums:
    """The sums from which the mean, variance and correlation of pairs (x, y) follow."""

    n: int = 0
    x: float = 0.0
    y: float = 0.0
    xx: float = 0.0
    yy: float = 0.0
    xy: float = 0.0

    def add(self, x: float, y: float) -> None:
        """Add a pair."""
        self.n += 1
        self.x += x
        self.y += y
        self.xx += x * x
        self.yy += y * y
        self.xy += x * y


def mean(sums: Sums) -> float | None:
    """Return the mean of x."""
    return sums.x / sums.n if sums.n else None


def deviation(sums: Sums) -> float | None:
    """Return the standard deviation of x, with n - 1 below it."""
    return sqrt(max(0.0, sums.xx - sums.x**2 / sums.n) / (sums.n - 1)) if sums.n > 1 else None


def correlation(sums: Sums) -> float | None:
    """Return Pearson's correlation of x and y, -1 to 1; None where one of them does not vary.

    With x an item's credit and y the share of the other items of the same paper that were right, this is the corrected
    point-biserial discrimination: the item itself stands on one side only (Henrysson 1963, Psychometrika 28:211).
    """
    if sums.n < 2:
        return None
    of_x, of_y = sums.xx - sums.x**2 / sums.n, sums.yy - sums.y**2 / sums.n
    if min(of_x, of_y) <= DUST * sums.n:
        return None
    return max(-1.0, min(1.0, (sums.xy - sums.x * sums.y / sums.n) / sqrt(of_x * of_y)))


@dataclass(frozen=True, kw_only=True, slots=True)
class Credits:
    """The sums of all credits (0-1) of papers: n people with `items` items each, every item seen by some of them.

    `squares` is the sum of squared credits; `people` of each person's total squared; `by_item` of each item's total
    squared, divided by how many saw it; `seen` of how many saw each item, squared.
    """

    people_n: int
    items: int
    items_n: int
    total: float
    squares: float
    people: float
    by_item: float
    seen: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Reliability:
    """How far scores (0-1) would repeat themselves, and by how much they miss.

    `alpha` and `sem` hold between people who sit the same paper; `dependability` and `sem_papers` hold as papers are
    really drawn, where the luck of the draw is a part of the error. Negative where people differ less than chance.
    """

    alpha: float
    dependability: float
    sem: float
    sem_papers: float


def reliability(sums: Credits) -> Reliability | None:
    """Return alpha and its fellows from the variance components of people, items, and the rest.

    Each paper is drawn, so people answer different items, and Cronbach's formula cannot be used as it stands. The
    components of the random model "people x items" with cells left out are had by equating five sums of squares with
    what they are expected to be (Henderson 1953, Biometrics 9:226, method 1; Brennan 2001, Generalizability Theory,
    ch. 7). alpha = people / (people + rest / items): where everybody sits the same paper it is exactly Cronbach's alpha
    (Hoyt 1941, Psychometrika 6:153), and with credits of 0 and 1 exactly KR-20. dependability (Brennan's phi) counts
    the items' own differences as error too. Sections are passed over, so both are rather too low than too high.
    None where the items were seen by fewer than two people on average.
    """
    answers = sums.people_n * sums.items
    if sums.people_n < 2 or sums.items < 2 or sums.items_n < 2 or answers < 2 * sums.items_n:
        return None
    seen = sums.seen / answers
    within_people = (sums.squares - sums.people / sums.items) / (answers - sums.people_n)  # items + rest
    within_items = (sums.squares - sums.by_item) / (answers - sums.items_n)  # people + rest
    about_mean = sums.squares - sums.total**2 / answers
    rest = ((answers - sums.items) * within_items + (answers - seen) * within_people - about_mean) / (
        answers + 1 - sums.items - seen
    )
    people = within_items - rest
    observed, drawn = people + rest / sums.items, people + within_people / sums.items
    if rest < -DUST or min(observed, drawn) <= DUST:
        return None
    return Reliability(
        alpha=people / observed,
        dependability=people / drawn,
        sem=sqrt(max(0.0, rest) / sums.items),
        sem_papers=sqrt(max(0.0, within_people) / sums.items),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Consistency:
    """How many would get the same decision on a second paper (0-1), and Cohen's kappa: the same beyond chance."""

    agreement: float
    kappa: float | None


def consistency(scores: Mapping[int, int], items: int, cut: Fraction) -> Consistency | None:
    """Return the consistency of pass and fail at a cut score from how often each number of right items was scored.

    The beta-binomial model of Huynh (1976, Journal of Educational Measurement 13:253): a person's share of the pool is
    beta-distributed, a paper is a random draw from it, so that the reliability is KR-21. That is how papers are drawn
    here, and it needs one sitting of everybody. Credits in part are rounded down to whole items.
    """
    n = sum(scores.values())
    if n < 2 or items < 2:
        return None
    average = sum(score * count for score, count in scores.items()) / n
    variance = sum(count * (score - average) ** 2 for score, count in scores.items()) / (n - 1)
    needed = -floor(-cut * items)
    if variance <= DUST:
        return None
    kr21 = items / (items - 1) * (1 - average * (items - average) / (items * variance))
    both, passing = _two_papers(items, needed, average, min(kr21, 1 - 1e-6))
    agreement = 1 - 2 * passing + 2 * both
    chance = passing**2 + (1 - passing) ** 2
    return Consistency(
        agreement=max(0.0, min(1.0, agreement)),
        kappa=(agreement - chance) / (1 - chance) if chance < 1 - DUST else None,
    )


def _two_papers(items: int, needed: int, average: float, kr21: float) -> tuple[float, float]:
    """Return the shares of people who pass both of two papers, and who pass one."""
    if kr21 <= 1e-6:  # everybody is alike: a paper is a binomial draw
        share = average / items
        passing = sum(
            exp(_log_choose(items, x)) * share**x * (1 - share) ** (items - x) for x in _passing(items, needed)
        )
        return passing**2, passing
    a = (1 / kr21 - 1) * average
    b = (1 / kr21 - 1) * (items - average)
    whole = _log_beta(a, b)
    ways = [_log_choose(items, x) for x in range(items + 1)]
    one = sum(exp(ways[x] + _log_beta(a + x, b + items - x) - whole) for x in _passing(items, needed))
    both = sum(
        exp(ways[x] + ways[y] + _log_beta(a + x + y, b + 2 * items - x - y) - whole)
        for x in _passing(items, needed)
        for y in _passing(items, needed)
    )
    return both, one


def _passing(items: int, needed: int) -> range:
    return range(max(0, needed), items + 1)


def _log_beta(a: float, b: float) -> float:
    return lgamma(a) + lgamma(b) - lgamma(a + b)


def _log_choose(of: int, x: int) -> float:
    return lgamma(of + 1) - lgamma(x + 1) - lgamma(of - x + 1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """A chi-squared test that groups share one difficulty: how likely so much difference is where they do."""

    chi_squared: float
    freedom: int

    @property
    def p(self) -> float:
        """The chance of so large a difference, or a larger one, in groups that do not differ."""
        return chi_squared_tail(self.chi_squared, self.freedom)


def difference(groups: Sequence[tuple[int, int]]) -> Difference | None:
    """Return the test of (right, answers) of groups; None below two groups, or where a count is too small to judge.

    Pearson's chi-squared with the N - 1 correction; every expected count must be at least 1 (Campbell 2007, Statistics
    in Medicine 26:3661, for two groups, where it is the test of two proportions; Cochran 1954, Biometrics 10:417, for
    more). Groups of fewer than SMALLEST answers are left out.
    """
    large = [(right, n) for right, n in groups if n >= SMALLEST]
    rights, total = sum(right for right, _ in large), sum(n for _, n in large)
    if len(large) < 2 or not 0 < rights < total:
        return None
    share = rights / total
    if min(n for _, n in large) * min(share, 1 - share) < 1:
        return None
    pearson = sum((right - n * share) ** 2 / (n * share * (1 - share)) for right, n in large)
    return Difference(chi_squared=pearson * (total - 1) / total, freedom=len(large) - 1)


def pooled(differences: Sequence[Difference]) -> Difference | None:
    """Return the test that none of several independent ones differs: chi-squared values and their freedoms add up."""
    if not differences:
        return None
    return Difference(
        chi_squared=sum(one.chi_squared for one in differences), freedom=sum(one.freedom for one in differences)
    )


def chi_squared_tail(value: float, freedom: int) -> float:
    """Return the chance that chi-squared exceeds a value (Abramowitz and Stegun 1964, 26.4.4 and 26.4.5)."""
    if value <= 0 or freedom < 1:
        return 1.0
    half = value / 2
    first, start = (erfc(sqrt(half)), 0.5) if freedom % 2 else (0.0, 0.0)
    terms = (_poisson(half, start + step) for step in range(freedom // 2))
    return min(1.0, first + sum(terms))


def _poisson(half: float, power: float) -> float:
    """Return half**power * exp(-half) / gamma(power + 1), by logarithms so that nothing overflows."""
    return exp(power * log(half) - half - lgamma(power + 1)) if half < inf else 0.0


def median(counts: Mapping[int, int]) -> float | None:
    """Return the median of whole numbers from how often each occurs."""
    n = sum(counts.values())
    if not n:
        return None
    below, middle = 0, list[int]()
    for value in sorted(counts):
        below += counts[value]
        while len(middle) < 2 and below > (n - 1 + len(middle)) // 2:
            middle.append(value)
    return (middle[0] + middle[1]) / 2
