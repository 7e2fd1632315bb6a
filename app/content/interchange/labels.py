"""Our own labels on an exported item, as tags or keywords: by them comes back what other formats have no place for."""

import re
from collections.abc import Iterable
from typing import Final

from app.content.cells import ID_PATTERN, TABLES
from app.content.interchange.values import Labels
from app.content.values import Item, Scoring

MOODLE_TAG: Final = 50  # characters of a tag that Moodle keeps (TAG_MAX_LENGTH in its lib/moodlelib.php)
_KINDS: Final = frozenset(["objective", "scoring", "item", "fact", "source"])
_ID = re.compile(ID_PATTERN)


def labels_of(item: Item) -> list[str]:
    """Return the labels of an item: its objective, its scoring, whether it is critical, its facts and sources."""
    found = [f"objective:{item.objective}", f"scoring:{item.scoring}"]
    found += ["item:critical"] if item.critical else []
    found += [f"fact:{fact}" for fact in item.facts]
    return found + [f"source:{source}" for source in item.sources]


def read_labels(words: Iterable[str], categories: Iterable[str] = ()) -> Labels:
    """Return what tags or keywords say; `categories` are names around the item, the nearest first."""
    ours: dict[str, list[str]] = {kind: [] for kind in _KINDS}
    others: list[str] = []
    for word in (one.strip() for one in words):
        kind, colon, value = word.partition(":")
        if colon and kind in _KINDS:
            ours[kind].append(value)
        elif word:
            others.append(word)
    objectives = [one for one in ours["objective"] if _ID.match(one)]
    scorings = [Scoring(one) for one in ours["scoring"] if one in set(Scoring)]
    return Labels(
        objective=objectives[0] if objectives else None,
        others=(*others, *(one.strip() for one in categories)),
        critical="critical" in ours["item"],
        scoring=scorings[0] if scorings else None,
        facts=tuple(one for one in ours["fact"] if _is_fact(one)),
        sources=tuple(one for one in ours["source"] if _ID.match(one)),
    )


def _is_fact(text: str) -> bool:
    table, _, row = text.partition("/")
    return table in TABLES and bool(_ID.match(row))
