"""A renewal's exam: the blueprint made shorter, every section in proportion; pure, exact numbers."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from app.content.values import Exam


@dataclass(frozen=True, kw_only=True, slots=True)
class Renewal:
    """What a renewal sits: its exam, and the release that the period before rests on (None: it is not known)."""

    exam: Exam
    since_id: int | None

    @property
    def items(self) -> int:
        """How many items its paper has."""
        return sum(section.items for section in self.exam.sections)


@dataclass(frozen=True, kw_only=True, slots=True)
class First:
    """What a renewal's draw prefers, by item id: what rests on changed facts, then what was got wrong lately."""

    changed: Collection[str] = frozenset()
    weak: Collection[str] = frozenset()

    def rank(self, item_id: str) -> int:
        """Return 0 for what changed, 1 for what was weak, 2 for the core."""
        if item_id in self.changed:
            return 0
        return 1 if item_id in self.weak else 2


def shortened(exam: Exam, items: int) -> Exam:
    """Return an exam with so many items, never more than it has and never fewer than one for each section.

    The time shrinks with the items, up to the next whole minute; cut scores stay as they are.
    """
    weights = [section.items for section in exam.sections]
    total = sum(weights)
    asked = min(max(items, len(weights)), total)
    sections = tuple(
        replace(section, items=share) for section, share in zip(exam.sections, shares(weights, asked), strict=True)
    )
    minutes = -(-exam.time_limit_minutes * asked // total)  # rounded up
    return replace(exam, sections=sections, time_limit_minutes=minutes)


def shares(weights: Sequence[int], items: int) -> tuple[int, ...]:
    """Return so many items dealt out in proportion to weights (1 or more), by largest remainder.

    Everybody gets at least one where there are enough, and nobody more than their weight; of equal remainders the
    earlier comes first. At most the sum of the weights is dealt out.
    """
    items = min(items, sum(weights))
    small: set[int] = set()
    if items >= len(weights):
        # Who would get less than one gets one, and the others share what is left; that may make another one small.
        while fresh := {place for place, quota in _quotas(weights, items, small).items() if quota < 1}:
            small |= fresh
    quotas = _quotas(weights, items, small)
    dealt = [1 if place in small else int(quotas[place]) for place in range(len(weights))]
    by_remainder = sorted(quotas, key=lambda place: (int(quotas[place]) - quotas[place], place))
    for place in by_remainder[: items - sum(dealt)]:
        dealt[place] += 1
    return tuple(dealt)


def _quotas(weights: Sequence[int], items: int, small: Collection[int]) -> dict[int, Fraction]:
    others = [place for place in range(len(weights)) if place not in small]
    total = sum(weights[place] for place in others)
    return {place: Fraction(weights[place] * (items - len(small)), total) for place in others}
