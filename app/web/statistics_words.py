"""Figures as people read them, what each flag means, and how each figure is made."""

from collections.abc import Iterable

from app.exams.item_analysis import DRIFT, EASIEST, HARDEST, UNLIKELY, UNUSED_FROM, Flag
from app.web.words import Context

NOTHING = "–"
LONGEST_STEM = 140
FAMILIES = {
    "settings-range": "Ranges of settings",
    "settings-value": "Values of settings",
    "settings-decision": "Decisions on settings",
    "settings-device": "Choice of device",
    "contraindication-action": "What a finding means",
    "contraindication-interval": "How long to defer",
    "contraindication-select": "Findings that stop a treatment",
    "procedure-next": "The next step",
    "procedure-order": "The order of steps",
    "procedure-missing": "The missing step",
    "statement": "Statements",
    "case": "Cases",
    "items": "Written by hand",
}
FLAGS = {
    Flag.NEGATIVE: (
        "Negative discrimination",
        "Who does better on the rest of the paper does worse on it: check its key.",
    ),
    Flag.HARD: (f"Under {HARDEST:.0%} right", f"Fewer than {HARDEST:.0%} get it right: check the key and the lesson."),
    Flag.DRIFT: (
        "Drift",
        f"Easier or harder than in the edition before: by {DRIFT * 100:.0f} points or more, p below {UNLIKELY}.",
    ),
    Flag.VARIANTS: ("Variants differ", f"Its variants are not equally hard: chi-squared, p below {UNLIKELY}."),
    Flag.UNUSED: (
        "Unused option",
        f"A wrong option that nobody chose, although it was offered {UNUSED_FROM} times or more.",
    ),
    Flag.EASY: (f"Over {EASIEST:.0%} right", f"More than {EASIEST:.0%} get it right: it tells people apart no more."),
}
GRAVE = frozenset({Flag.NEGATIVE, Flag.HARD, Flag.DRIFT, Flag.VARIANTS})


def percent(value: float | None) -> str:
    """Return a share as `78%`."""
    return NOTHING if value is None else f"{value * 100:.0f}%"


def points(value: float | None) -> str:
    """Return a difference of scores (0-1) in percentage points."""
    return NOTHING if value is None else f"{value * 100:.1f}"


def n_of(number: int) -> str:
    """Return how many a figure is of, in one piece: `n = 410`."""
    return f"n\u00a0=\u00a0{number}"


def decimal(value: float | None) -> str:
    """Return a coefficient as `0.31`, with a minus sign that cannot be overlooked."""
    return NOTHING if value is None else f"{value:.2f}".replace("-", "−")


def seconds(value: float | None) -> str:
    """Return a time as `45 s` or `2 min 5 s`."""
    if value is None:
        return NOTHING
    minutes, rest = divmod(round(value), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def plain(stem: str) -> str:
    """Return a stem of Markdown in one line, cut to what a list shows."""
    line = " ".join(stem.replace("**", "").split())
    return line if len(line) <= LONGEST_STEM else f"{line[:LONGEST_STEM].rpartition(' ')[0]} …"


def family_name(family: str) -> str:
    """Return a family as people read it."""
    return FAMILIES.get(family, family)


def flags_shown(flags: Iterable[Flag]) -> list[Context]:
    """Return flags as the templates take them."""
    return [{"key": one.value, "label": FLAGS[one][0], "text": FLAGS[one][1], "grave": one in GRAVE} for one in flags]
