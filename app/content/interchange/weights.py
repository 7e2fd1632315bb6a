"""What shares of credit mean: the scoring of ours that gives every response the same, or none."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Final

from app.content.interchange.values import CannotTakeError
from app.content.values import Scoring

FULL: Final = Fraction(1)
# Moodle writes a third as 33.33333, and authors as 33; between 1/6 and 1/7 there are 2.4 points.
_NEAR: Final = Fraction(6, 1000)


def percent(text: str) -> Fraction:
    """Return the share that a percentage spells, such as 0.5 for "50" or "50.0"; raises CannotTakeError."""
    try:
        return Fraction(text.strip() or "0") / 100
    except (ValueError, ZeroDivisionError):
        raise CannotTakeError(f"its weight {text.strip()[:20]} is not a number of percent") from None


def single(shares: Sequence[Fraction]) -> list[bool]:
    """Return which option is right where one may be chosen; raises CannotTakeError for part credit and penalties."""
    if any(share < 0 for share in shares):
        raise CannotTakeError("a wrong answer costs marks; here it earns none: set its weight to 0")
    if any(0 < share < FULL for share in shares):
        raise CannotTakeError("an answer earns part of the mark; one choice is right or wrong here: weigh it 0 or 100")
    return [share >= FULL for share in shares]


def multiple(shares: Sequence[Fraction]) -> tuple[list[bool], Scoring]:
    """Return which options are right where several may be chosen, and the scoring that the shares mean.

    Right ones share the mark evenly and each wrong one takes as much away: our per_correct. Raises CannotTakeError
    for every other weighting.
    """
    correct = [share > 0 for share in shares]
    if not any(correct):
        raise CannotTakeError("no answer earns anything; give the right ones a share of 100%")
    part = Fraction(1, sum(correct))
    if not all(abs(share - part) <= _NEAR for share in shares if share > 0):
        raise CannotTakeError(f"its right answers have unequal weights or not 100% together; give each {_shown(part)}")
    if not all(abs(share + part) <= _NEAR for share in shares if share <= 0):
        advice = f"here each takes as much as a right one gives: weigh each wrong one -{_shown(part)}"
        raise CannotTakeError(f"its wrong answers do not take away what a right one gives; {advice}")
    return correct, Scoring.PER_CORRECT


def _shown(part: Fraction) -> str:
    return f"{float(part * 100):.5f}".rstrip("0").rstrip(".") + "%"
