"""What a paper was drawn from, small enough to keep for ever, and the same paper drawn from it again."""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from app.content.draw import Drawn, PoolItem, draw
from app.content.renewal import First
from app.content.values import Section


class OtherPoolError(Exception):
    """The pool at hand is not the one that a paper was drawn from."""


def inputs_of(
    pool: Sequence[PoolItem], *, left_out: Collection[str], seen: Collection[str], asked: Mapping[str, int]
) -> dict[str, Any]:
    """Return everything but the seed that decides a draw, as JSON values.

    `pool` is the SHA-256 of the ids of the release's items in order; the other entries speak of the items by their
    place in that order: `left_out` and `seen` list places, `asked` has how often each was asked lately.
    """
    ids = sorted(item.id for item in pool)
    return {
        "pool": _hash(ids),
        "left_out": [place for place, one in enumerate(ids) if one in left_out],
        "seen": [place for place, one in enumerate(ids) if one in seen],
        "asked": [asked.get(one, 0) for one in ids],
    }


def renewal_inputs(pool: Sequence[PoolItem], *, sections: Sequence[Section], first: First) -> dict[str, Any]:
    """Return what a renewal adds to the inputs: how many items of each section, and the places of what comes first."""
    ids = sorted(item.id for item in pool)
    return {
        "items": [section.items for section in sections],
        "changed": [place for place, one in enumerate(ids) if one in first.changed],
        "weak": [place for place, one in enumerate(ids) if one in first.weak],
    }


def digest_of(inputs: Mapping[str, Any]) -> str:
    """Return the SHA-256 (hex) of a draw's inputs, to stand where it cannot be changed any more."""
    return _hash([json.dumps(inputs, sort_keys=True, separators=(",", ":"))])


def redraw(sections: Sequence[Section], pool: Sequence[PoolItem], *, seed: int, inputs: Mapping[str, Any]) -> Drawn:
    """Draw the paper of these inputs again; OtherPoolError where the pool is another one.

    `sections` are the exam's; a renewal's inputs say how many items each of them has in it.
    """
    ids = sorted(item.id for item in pool)
    if inputs["pool"] != _hash(ids):
        raise OtherPoolError
    left_out = {ids[place] for place in inputs["left_out"]}
    first, renewal = None, inputs.get("renewal")
    if renewal:
        first = First(**{name: {ids[place] for place in renewal[name]} for name in ("changed", "weak")})
        pairs = zip(sections, renewal["items"], strict=True)
        sections = [replace(section, items=items) for section, items in pairs]
    drawn = draw(
        sections,
        [item for item in pool if item.id not in left_out],
        seed=seed,
        avoid={ids[place] for place in inputs["seen"]},
        asked=dict(zip(ids, inputs["asked"], strict=True)),
        first=first,
    )
    if renewal:
        drawn.proof["renewal"]["since"] = renewal.get("since")
    return drawn


def _hash(lines: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
