"""Where the marks of a plot stand, in units of its view box; pure: a template draws them, and a table says the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

WIDTH, HEIGHT = 420, 280
LEFT, RIGHT, TOP, BOTTOM = 40, 12, 26, 40  # margins that hold the words


@dataclass(frozen=True, kw_only=True, slots=True)
class Tick:
    """A place on an axis with its word."""

    at: float
    label: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Point:
    """A mark of a scatter plot."""

    x: float
    y: float
    flagged: bool
    label: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Scatter:
    """A scatter plot: `guides_x` and `guides_y` are the limits beyond which a point is flagged."""

    points: tuple[Point, ...]
    ticks_x: tuple[Tick, ...]
    ticks_y: tuple[Tick, ...]
    guides_x: tuple[float, ...]
    guide_y: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Bar:
    """A bar of a histogram."""

    x: float
    y: float
    width: float
    height: float
    reached: bool
    label: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Histogram:
    """Bars of scores; `cut` is where the scores that reach it begin, and `needed` the first of them."""

    bars: tuple[Bar, ...]
    ticks_x: tuple[Tick, ...]
    ticks_y: tuple[Tick, ...]
    cut: float
    needed: int


def scatter(found: Sequence[tuple[float, float, bool, str]], *, limits: tuple[float, float]) -> Scatter:
    """Place (facility, discrimination, flagged, label); flagged ones are drawn last, so that none is hidden."""
    lowest = min([-0.2, *(floor(y * 5) / 5 for _, y, _, _ in found)])

    def across(x: float) -> float:
        return _between(x, 0, 1, LEFT, WIDTH - RIGHT)

    def up(y: float) -> float:
        return _between(y, lowest, 1, HEIGHT - BOTTOM, TOP)

    steps = range(round(lowest * 5), 6)
    return Scatter(
        points=tuple(
            Point(x=across(x), y=up(y), flagged=flagged, label=label)
            for x, y, flagged, label in sorted(found, key=lambda one: one[2])
        ),
        ticks_x=tuple(Tick(at=across(n / 4), label=f"{n * 25}%") for n in range(5)),
        ticks_y=tuple(Tick(at=up(n / 5), label=f"{n / 5:.1f}".replace("-", "−")) for n in steps),
        guides_x=tuple(across(one) for one in limits),
        guide_y=up(0),
    )


def histogram(scores: Sequence[tuple[int, int]], items: int, cut: Fraction) -> Histogram:
    """Place the bars of (right items, papers) for papers of so many items."""
    most, needed = max((count for _, count in scores), default=1), ceil(cut * items)
    step = (WIDTH - LEFT - RIGHT) / (items + 1)
    top = _round_up(most)

    def up(count: float) -> float:
        return _between(count, 0, top, HEIGHT - BOTTOM, TOP)

    every = ceil((items + 1) / 11)
    # The last bar has a tick of its own; one that would touch it is left out.
    marked = [*(score for score in range(0, items, every) if (items - score) * 2 >= every), items]
    return Histogram(
        bars=tuple(
            Bar(
                x=round(LEFT + score * step + step * 0.1, 2),
                y=up(count),
                width=round(step * 0.8, 2),
                height=round(HEIGHT - BOTTOM - up(count), 2),
                reached=score >= needed,
                label=f"{score} right: {count} of the papers",
            )
            for score, count in scores
        ),
        ticks_x=tuple(Tick(at=round(LEFT + (score + 0.5) * step, 2), label=str(score)) for score in marked),
        ticks_y=tuple(Tick(at=up(top * n / 4), label=f"{top * n // 4}") for n in range(5)),
        cut=round(LEFT + needed * step, 2),
        needed=needed,
    )


def _between(value: float, low: float, high: float, start: float, end: float) -> float:
    return round(start + (value - low) / (high - low) * (end - start), 2)


def _round_up(count: int) -> int:
    """Return the next number that four equal steps divide."""
    step = ceil(count / 4)
    size = int("1".ljust(len(str(step)), "0"))
    return 4 * size * ceil(step / size)
