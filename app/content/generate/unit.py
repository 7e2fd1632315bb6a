"""What a family hands over for each fact that it could ask: an item of every seed, or why there is none."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from string import ascii_lowercase

from app.content.values import Item, Option


@dataclass(frozen=True, kw_only=True, slots=True)
class Unit:
    """One item of a family before a seed is chosen.

    `row` is what counts are told by ("settings/set-004", for a phase "procedure/prepare"); `build` makes the
    item of a seed and is None exactly where the item cannot be made, and `why_none` says why. Whether it can be
    made, its key row, objective and whether it is critical never depend on the seed.
    """

    id: str
    family: str
    row: str
    objective: str
    draw_from: str
    key_row: str
    critical: bool = False
    build: Callable[[int], Item] | None = None
    why_none: str | None = None


def lettered(texts: Iterable[tuple[str, str | None]], *, start: int = 0) -> tuple[Option, ...]:
    """Return options named a, b, c … in the order given, so that an id says nothing about the key.

    Each text comes with the option's why or None; `start` is the first letter's number.
    """
    return tuple(
        Option(id=ascii_lowercase[place], text=text, why=why) for place, (text, why) in enumerate(texts, start)
    )


def unique(values: Iterable[Sequence[str]]) -> tuple[str, ...]:
    """Return the texts of all sequences, each once, in the order of their first appearance."""
    return tuple(dict.fromkeys(text for texts in values for text in texts))
