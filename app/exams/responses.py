"""What a form says of an item, judged against what was shown; pure."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any

from app.content.values import ItemType
from app.errors import RefusedError

NUMBER = re.compile(r"[+-]?\d{1,9}([.,]\d{1,9})?", re.ASCII)

REVISION = re.compile(r"[0-9]{1,9}", re.ASCII)

Chosen = list[str] | str | dict[str, str] | None


class Certainty(StrEnum):
    """How sure a person was of a response."""

    SURE = "sure"
    NOT_SURE = "not_sure"


def read_form(shown: Mapping[str, Any], form: Mapping[str, Sequence[str]]) -> Chosen:
    """Return what a form chose: option ids, a number as typed, pairs, or None for nothing.

    `choice` holds option ids, `value` a number, `order` all steps in order (with `up` or `down` naming the one that
    moves), `match-<left>` a right for each left. RefusedError for anything that was not offered.
    """
    match ItemType(shown["type"]):
        case ItemType.SINGLE:
            chosen = _offered(shown, form.get("choice", ()))
            if len(chosen) > 1:
                raise RefusedError("Choose one answer.")
            return chosen or None
        case ItemType.MULTIPLE:
            return sorted(set(_offered(shown, form.get("choice", ())))) or None
        case ItemType.NUMERIC:
            return _number(form.get("value", ("",)), shown["unit"] or "")
        case ItemType.ORDERING:
            return _order(shown, form)
        case ItemType.MATCHING:
            return _pairs(shown, form) or None


def read_certainty(form: Mapping[str, Sequence[str]]) -> str | None:
    """Return how sure a form says that the person is, None where it does not say; RefusedError for anything else."""
    given = form.get("certainty", ("",))[0]
    if given and given not in set(Certainty):
        raise RefusedError("Choose sure or not sure.")
    return given or None


def known_revision(form: Mapping[str, Sequence[str]]) -> int:
    """Return the revision of a response that a page showed when its form was filled in; 0 where it showed none.

    A form that does not say so knew of none.
    """
    given = form.get("revision", ("",))[0]
    if given and not REVISION.fullmatch(given):
        raise RefusedError("Load this page again, then choose once more.")
    return int(given or 0)


def understood(chosen: Chosen, unit: str | None) -> str:
    """Return a number as it was understood, such as `12.5 J/cm²` of the typed 12,50; "" where none was typed."""
    if not isinstance(chosen, str) or not chosen:
        return ""
    sign, digits = ("−" if chosen.startswith("-") else ""), chosen.lstrip("+-").replace(",", ".")
    whole, _, decimals = digits.partition(".")
    number = f"{int(whole)}.{decimals.rstrip('0')}".rstrip(".")
    return f"{sign}{number} {unit or ''}".rstrip()


def hash_revisions(revisions: Iterable[tuple[Any, ...]]) -> str:
    """Return SHA-256 (hex) over every revision (position, revision, chosen, instant), in order.

    How sure the person was follows as a fifth part where they were asked: what was hashed before keeps its hash.
    """
    lines = [json.dumps(one, sort_keys=True, separators=(",", ":"), ensure_ascii=False) for one in revisions]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _ids(options: Iterable[Mapping[str, str]]) -> list[str]:
    return [option["id"] for option in options]


def _offered(shown: Mapping[str, Any], given: Sequence[str]) -> list[str]:
    offered = _ids(shown["options"])
    if not set(given) <= set(offered):
        raise RefusedError("Choose one of the answers shown; load the page again if they changed.")
    return list(given)


def _number(given: Sequence[str], unit: str) -> str | None:
    typed = given[0].strip() if given else ""
    text = typed.replace("\N{MINUS SIGN}", "-")
    if unit and text.casefold().endswith(unit.casefold()):
        text = text[: -len(unit)].rstrip()
    if not typed:
        return None
    if not NUMBER.fullmatch(text):
        raise RefusedError("Enter a number such as 12.5 or 12,5.")
    return text


def _order(shown: Mapping[str, Any], form: Mapping[str, Sequence[str]]) -> list[str]:
    order = list(form.get("order", ()))
    if sorted(order) != sorted(_ids(shown["options"])):
        raise RefusedError("Keep every step once; load the page again if the steps changed.")
    for name, by in (("up", -1), ("down", 1)):
        for step in form.get(name, ()):
            if step in order:
                here = order.index(step)
                there = min(max(here + by, 0), len(order) - 1)
                order[here], order[there] = order[there], order[here]
    return order


def _pairs(shown: Mapping[str, Any], form: Mapping[str, Sequence[str]]) -> dict[str, str]:
    rights = set(_ids(shown["rights"]))
    pairs = {left: form.get(f"match-{left}", ("",))[0] for left in _ids(shown["options"])}
    chosen = {left: right for left, right in pairs.items() if right}
    if not set(chosen.values()) <= rights:
        raise RefusedError("Choose from the list for each; load the page again if the list changed.")
    return chosen
