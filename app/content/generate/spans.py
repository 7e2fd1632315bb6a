"""Ranges as options: which are nested, which computed neighbours a range has, and a set to offer beside it."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

from app.content.generate.wording import Span

# Below and above, the likeliest slips first; all whole factors keep a range's own grain.
BELOW = ((1, 2), (2, 3), (1, 3), (3, 4), (1, 4), (1, 5))
ABOVE = ((2, 1), (3, 2), (3, 1), (4, 3), (4, 1), (5, 1))


def inside(inner: Span, outer: Span) -> bool:
    """Say whether a range lies wholly inside another; both ends count."""
    return outer[0] <= inner[0] and inner[1] <= outer[1]


def nested(one: Span, other: Span) -> bool:
    """Say whether one of two ranges lies wholly inside the other."""
    return inside(one, other) or inside(other, one)


def is_point(values: Span) -> bool:
    """Say whether a range is a single figure."""
    return values[0] == values[1]


def computed(values: Span) -> tuple[list[Span], list[Span]]:
    """Return ranges of the same shape below and above one, those first that have no more decimals than its ends."""
    below, above = ([_scaled(values, *factor) for factor in factors] for factors in (BELOW, ABOVE))
    return _fitting(below, values), _fitting(above, values)


def beside(key: Span, candidates: Sequence[Span], most: int) -> list[Span]:
    """Return up to `most` candidates, pairwise not nested and not nested with the key: the earliest that go together.

    Finds the largest number that any choice allows, so that the order of candidates never decides how many there are.
    """
    fit = [span for span in dict.fromkeys(candidates) if not nested(span, key)]
    for size in range(min(most, len(fit)), 0, -1):
        found = _together(fit, [], size)
        if found is not None:
            return found
    return []


def _together(candidates: Sequence[Span], chosen: list[Span], size: int) -> list[Span] | None:
    if len(chosen) == size:
        return chosen
    for place, span in enumerate(candidates):
        rest = [other for other in candidates[place + 1 :] if not nested(other, span)]
        found = _together(rest, [*chosen, span], size)
        if found is not None:
            return found
    return None


def _fitting(spans: Sequence[Span], key: Span) -> list[Span]:
    fit = [span for span in dict.fromkeys(spans) if is_point(span) == is_point(key) and not nested(span, key)]
    return sorted(fit, key=lambda span: _decimals(span) > _decimals(key))


def _decimals(values: Span) -> int:
    return max(0, *(-int(end.normalize().as_tuple().exponent) for end in values))


def _scaled(values: Span, times: int, part: int) -> Span:
    low, high = (_rounded(end * times / part, _grain(end)) for end in values)
    return low, high


def _rounded(value: Decimal, grain: Decimal) -> Decimal:
    # A grain that is coarse beside the value would move it by more than a quarter.
    while grain > value / 2:
        grain = grain / 2 if grain.as_tuple().digits[0] == 1 else grain / 5
        grain = grain.normalize()
    return (value / grain).to_integral_value(ROUND_HALF_UP) * grain


def _grain(value: Decimal) -> Decimal:
    """Return the largest 1, 5, 10, 50 … (or 0.5, 0.1, 0.05 …) that a figure above 0 is a multiple of."""
    exact = value.normalize()
    unit = Decimal((0, (1,), int(exact.as_tuple().exponent)))
    return unit * 5 if exact.as_tuple().digits[-1] == 5 else unit
