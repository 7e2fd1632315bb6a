"""The answers to a release's papers, counted paper by paper; pure.

What is kept grows with the items and their different answers, never with the papers.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import floor
from typing import Any, NamedTuple

from app.content.grade import credit
from app.content.values import ItemType, Scoring
from app.exams.statistics import Sums

LONGEST_SECONDS = 7200  # what took longer counts as so long


@dataclass(frozen=True, kw_only=True, slots=True)
class Variant:
    """An item at one seed, as it is asked: what it is about, its options as (id, text), and its key."""

    hash: str
    item: str
    number: int
    family: str
    row: str
    objective: str
    type: ItemType
    scoring: Scoring
    critical: bool
    stem: str
    options: tuple[tuple[str, str], ...]
    key: Any


class Given(NamedTuple):
    """One answer of a paper: the variant's hash, what was chosen as its JSON text, seconds that it took."""

    variant: str
    chosen: str
    seconds: float | None


@dataclass(slots=True)
class Said:
    """One answer to one variant: its credit, how often it was given, and what else those papers got (sum, squares)."""

    credit: float
    empty: bool
    seconds: Counter[int]  # of its item
    count: int = 0
    rest: float = 0.0
    rest_squares: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Answers:
    """The answers to one item by (variant's hash, chosen), and how often they took so many seconds."""

    said: Mapping[tuple[str, str], Said]
    seconds: Mapping[int, int]

    @property
    def sums(self) -> Sums:
        """The sums of credits (x) and of what else the papers got (y)."""
        every = self.said.values()
        return Sums(
            n=sum(one.count for one in every),
            x=sum(one.credit * one.count for one in every),
            y=sum(one.rest for one in every),
            xx=sum(one.credit**2 * one.count for one in every),
            yy=sum(one.rest_squares for one in every),
            xy=sum(one.credit * one.rest for one in every),
        )


class Tally:
    """The papers of one release, added one by one."""

    def __init__(self, variants: Mapping[str, Variant]) -> None:
        """Begin without a paper; `variants` are all items that papers can hold, by hash."""
        self.variants = variants
        self.scores: Counter[int] = Counter()
        self.shares = Sums()
        self.passed = 0
        self.lengths: Counter[int] = Counter()
        self.people = 0.0
        self.seconds: dict[str, Counter[int]] = {}
        self.said: dict[tuple[str, str], Said] = {}

    def add(self, paper: Sequence[Given], *, passed: bool) -> None:
        """Add a paper with all its answers."""
        items = len(paper)
        if not items:
            return
        known = [self.said.get((one.variant, one.chosen)) or self._graded(one) for one in paper]
        total = sum([one.credit for one in known])
        for one, (_, _, seconds) in zip(known, paper, strict=True):
            rest = (total - one.credit) / (items - 1) if items > 1 else 0.0
            one.count += 1
            one.rest += rest
            one.rest_squares += rest * rest
            if seconds is not None:
                one.seconds[min(LONGEST_SECONDS, max(0, round(seconds)))] += 1
        self.people += total * total
        self.shares.add(total / items, 0.0)
        self.scores[floor(total + 1e-9)] += 1
        self.lengths[items] += 1
        self.passed += passed

    def _graded(self, given: Given) -> Said:
        """Grade an answer that nobody gave before."""
        asked, chosen = self.variants[given.variant], json.loads(given.chosen) if given.chosen else None
        self.said[given.variant, given.chosen] = said = Said(
            credit=float(credit(asked.type, asked.scoring, asked.key, chosen)) if chosen else 0.0,
            empty=not chosen,
            seconds=self.seconds.setdefault(asked.item, Counter()),
        )
        return said

    def answers(self) -> dict[str, Answers]:
        """Return what is known of each item that a paper asked, by id."""
        found: dict[str, dict[tuple[str, str], Said]] = {item: {} for item in self.seconds}
        for (variant, chosen), said in self.said.items():
            found[self.variants[variant].item][variant, chosen] = said
        return {item: Answers(said=said, seconds=self.seconds[item]) for item, said in found.items()}
