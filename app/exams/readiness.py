"""How ready somebody is for an objective, and how sure that is; pure. No exam and no certification reads it."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

FEWEST = 5
"""Facts that must have been asked before anything is said, or all of an objective that has fewer."""
NINE_IN_TEN = 1.645  # standard errors on either side that hold nine of ten true values
PRIOR = 1.0  # one right and one wrong answer before the first one: as Agresti and Coull widen an interval of few


@dataclass(frozen=True, kw_only=True, slots=True)
class Readiness:
    """The share (0–1) of an objective's facts that would be answered rightly now, give or take `margin`."""

    share: float
    margin: float
    asked: int
    facts: int


def readiness(shown: Sequence[float], facts: int) -> Readiness | None:
    """Return how ready somebody is, or None where too few facts were asked to say.

    `shown` holds for each fact that was asked the chance (0–1) that it is answered rightly now; `facts` is how many the
    objective has. Facts never asked are taken to be like those that were; a beta distribution, begun with one right and
    one wrong answer, tells how far that can be trusted. Two parts add up to the margin: what each asked fact may turn
    out to be, and what is not known of the others. It is not corrected for guessing.
    """
    asked = len(shown)
    if asked > facts:
        raise ValueError(f"{asked} facts were asked of {facts}")
    if not asked or asked < min(FEWEST, facts):
        return None
    rights = sum(shown)
    a, b = rights + PRIOR, asked - rights + PRIOR
    like = a / (a + b)
    spread = a * b / ((a + b) ** 2 * (a + b + 1))
    unasked = facts - asked
    share = (rights + unasked * like) / facts
    # Of the asked ones too something stays open: a fact once answered rightly is no certainty.
    leaning = [(one * asked + like) / (asked + 1) for one in shown]
    chance = sum(one * (1 - one) for one in leaning)
    variance = (chance + unasked * like * (1 - like) + unasked**2 * spread) / facts**2
    return Readiness(share=share, margin=NINE_IN_TEN * sqrt(variance), asked=asked, facts=facts)


def out_of_ten(found: Readiness) -> tuple[int, int]:
    """Return a readiness as (right of ten, give or take); the margin is rounded up and never none."""
    return round(found.share * 10), max(1, -int(-found.margin * 10 // 1))
