"""Choice and order that a seed decides alike on every machine, Python version and hash seed (SHA-256)."""

import hashlib
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


def digest(*parts: str | int) -> int:
    """Return the 256-bit number that these parts, in this order, stand for."""
    hasher = hashlib.sha256()
    for part in parts:
        data = str(part).encode()
        # The length keeps ("ab", "c") and ("a", "bc") apart.
        hasher.update(len(data).to_bytes(8, "big"))
        hasher.update(data)
    return int.from_bytes(hasher.digest(), "big")


def pick(values: Sequence[T], *parts: str | int) -> T:
    """Return one of at least one value."""
    return values[digest(*parts, "pick") % len(values)]


def shuffled(values: Sequence[T], *parts: str | int) -> list[T]:
    """Return all values in the order that the parts decide, whatever the values are."""
    order = sorted(range(len(values)), key=lambda place: digest(*parts, "shuffle", place))
    return [values[place] for place in order]
