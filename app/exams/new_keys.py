"""A key that an author names for an item as it was asked: read from a form, judged against what was shown; pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.content.grade import closure, parse_number
from app.content.values import ItemType
from app.errors import RefusedError

Form = Mapping[str, Sequence[str]]


def read_key(shown: Mapping[str, Any], form: Form) -> Any:
    """Return the key that a form names, in the shape that the item's own key has; RefusedError for anything else.

    `key` holds option ids (single, multiple); `min` and `max` a range; `after-<step>` the steps that come before
    it; `match-<left>` the right of each.
    """
    match ItemType(shown["type"]):
        case ItemType.SINGLE:
            return _options(shown, form, several=False)
        case ItemType.MULTIPLE:
            return _options(shown, form, several=True)
        case ItemType.NUMERIC:
            return _range(shown, form)
        case ItemType.ORDERING:
            return _pairs(shown, form)
        case ItemType.MATCHING:
            return _partners(shown, form)


def _ids(options: Sequence[Mapping[str, str]]) -> list[str]:
    return [option["id"] for option in options]


def _options(shown: Mapping[str, Any], form: Form, *, several: bool) -> list[str]:
    given = form.get("key", ())
    chosen = [one for one in _ids(shown["options"]) if one in given]
    if not chosen or not set(given) <= set(chosen) or (len(chosen) > 1 and not several):
        raise RefusedError("Choose the right answers of the new key." if several else "Choose the one right answer.")
    return chosen


def _range(shown: Mapping[str, Any], form: Form) -> dict[str, Any]:
    texts = [(form.get(name) or ("",))[0] for name in ("min", "max")]
    low, high = (parse_number(text, shown["unit"]) for text in texts)
    if low is None or high is None or low > high:
        raise RefusedError("Enter the lowest and the highest right figure, such as 12.5 and 14.")
    return {"min": float(low), "max": float(high), "unit": shown["unit"]}


def _pairs(shown: Mapping[str, Any], form: Form) -> list[list[str]]:
    steps = _ids(shown["options"])
    pairs = [
        [before, step]
        for step in steps
        for before in steps
        if before in form.get(f"after-{step}", ())
        if before != step
    ]
    if not pairs:
        raise RefusedError("Say of at least one step which steps come before it.")
    if any(before == after for before, after in closure(pairs)):
        raise RefusedError("No step can come before itself: two steps each come after the other. Mend one of them.")
    return pairs


def _partners(shown: Mapping[str, Any], form: Form) -> dict[str, str]:
    rights = set(_ids(shown["rights"]))
    partners = {left: (form.get(f"match-{left}") or ("",))[0] for left in _ids(shown["options"])}
    if not set(partners.values()) <= rights:
        raise RefusedError("Choose the right partner for each.")
    return partners
