"""An exam and its items by their answers: figures, and flags for what an author should look at; pure."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple

from app.content.values import ItemType
from app.exams import statistics
from app.exams.statistics import SMALLEST, Consistency, Credits, Difference, Reliability
from app.exams.tally import Answers, Said, Tally, Variant

EASIEST, HARDEST = 0.97, 0.25
# An option that nobody of thirty chose is chosen by fewer than one in ten, with 95% confidence: the rule of three
# (Hanley and Lippman-Hand 1983, JAMA 249:1743).
UNUSED_FROM = 30
UNLIKELY = 0.01  # of a difference between groups that do not differ
DRIFT = 0.10  # smaller differences between releases are nobody's work, however certain
CHOICES = (ItemType.SINGLE, ItemType.MULTIPLE)


class Flag(StrEnum):
    """What an author should look at, the gravest first."""

    NEGATIVE = "negative"
    HARD = "hard"
    DRIFT = "drift"
    VARIANTS = "variants"
    UNUSED = "unused"
    EASY = "easy"


@dataclass(frozen=True, kw_only=True, slots=True)
class ExamFigures:
    """An exam by its papers; figures are None below SMALLEST papers, or where a formula gives none."""

    papers: int
    items: int
    mean: float | None
    deviation: float | None
    pass_rate: float | None
    reliability: Reliability | None
    consistency: Consistency | None
    scores: tuple[tuple[int, int], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class OptionFigures:
    """How often an option was chosen of the times that it was offered."""

    text: str
    right: bool
    offered: int
    chosen: int
    rate: float | None

    @property
    def unused(self) -> bool:
        """Whether it is a wrong option that nobody takes for right."""
        return not self.right and self.offered >= UNUSED_FROM and not self.chosen


@dataclass(frozen=True, kw_only=True, slots=True)
class VariantFigures:
    """An item at one seed: how many answered it, and how well."""

    number: int
    hash: str
    n: int
    right: int
    earned: float
    facility: float | None


class _Share(NamedTuple):
    """How an item did in a release: answers, fully right ones, and the credits together."""

    n: int
    right: int
    earned: float


@dataclass(frozen=True, kw_only=True, slots=True)
class ItemFigures:
    """An item by its answers: `n` papers asked it; `before` is (facility, n) in the release compared with."""

    variant: Variant
    n: int
    earned: float
    papers: int
    exposure: float | None
    facility: float | None
    discrimination: float | None
    empty: float | None
    seconds: float | None
    seconds_n: int
    options: tuple[OptionFigures, ...]
    variants: tuple[VariantFigures, ...]
    variants_test: Difference | None
    before: tuple[float, int] | None
    flags: tuple[Flag, ...]

    @property
    def id(self) -> str:
        """The item's id."""
        return self.variant.item


@dataclass(frozen=True, kw_only=True, slots=True)
class GroupFigures:
    """The items of a family, or of a fact, together.

    Its discrimination is the mean of those of its items that have one, weighted by their answers, `discrimination_n`.
    """

    name: str
    items: int
    n: int
    facility: float | None
    discrimination: float | None
    discrimination_n: int
    flagged: int
    variants_test: Difference | None
    flags: tuple[Flag, ...]


def exam_figures(tally: Tally, cut: Fraction) -> ExamFigures:
    """Return what the papers say of the exam as a whole."""
    papers = tally.shares.n
    items = max(tally.lengths, default=0)
    told = papers >= SMALLEST
    alike = told and len(tally.lengths) == 1
    return ExamFigures(
        papers=papers,
        items=items,
        mean=statistics.mean(tally.shares) if told else None,
        deviation=statistics.deviation(tally.shares) if told else None,
        pass_rate=tally.passed / papers if told else None,
        reliability=statistics.reliability(_credits_of(tally, items)) if alike else None,
        consistency=statistics.consistency(tally.scores, items, cut) if alike else None,
        scores=tuple(sorted(tally.scores.items())) if told else (),
    )


def _credits_of(tally: Tally, items: int) -> Credits:
    seen = [one.sums for one in tally.answers().values()]
    return Credits(
        people_n=tally.shares.n,
        items=items,
        items_n=len(seen),
        total=sum(one.x for one in seen),
        squares=sum(one.xx for one in seen),
        people=tally.people,
        by_item=sum(one.x**2 / one.n for one in seen),
        seen=sum(one.n**2 for one in seen),
    )


def item_figures(tally: Tally, before: Tally | None = None) -> tuple[ItemFigures, ...]:
    """Return the figures of every item that a paper asked, by id; drift is told against `before`."""
    then = before.answers() if before else {}
    return tuple(
        _item(tally, answers, _share(before, then.get(item)) if before else None)
        for item, answers in sorted(tally.answers().items())
    )


def _share(tally: Tally, answers: Answers | None) -> _Share | None:
    """Return how an item did in another release."""
    if answers is None:
        return None
    variants = _variants(tally, answers)
    return _Share(
        n=sum(one.n for one in variants),
        right=sum(one.right for one in variants),
        earned=sum(one.earned for one in variants),
    )


def _item(tally: Tally, answers: Answers, before: _Share | None) -> ItemFigures:
    sums, papers, seconds_n = answers.sums, tally.shares.n, sum(answers.seconds.values())
    told, variants, options = sums.n >= SMALLEST, _variants(tally, answers), _options(tally, answers)
    test = statistics.difference([(one.right, one.n) for one in variants])
    facility = statistics.mean(sums) if told else None
    discrimination = statistics.correlation(sums) if told else None
    now = _Share(n=sums.n, right=sum(one.right for one in variants), earned=sums.x)
    return ItemFigures(
        variant=tally.variants[variants[0].hash],
        n=sums.n,
        earned=sums.x,
        papers=papers,
        exposure=sums.n / papers if papers >= SMALLEST else None,
        facility=facility,
        discrimination=discrimination,
        empty=sum(one.count for one in answers.said.values() if one.empty) / sums.n if told else None,
        seconds=statistics.median(answers.seconds) if seconds_n >= SMALLEST else None,
        seconds_n=seconds_n,
        options=options,
        variants=variants,
        variants_test=test,
        before=(before.earned / before.n, before.n) if before and before.n >= SMALLEST else None,
        flags=tuple(_flags(facility, discrimination, options, test, _drifted(now, before))),
    )


def _variants(tally: Tally, answers: Answers) -> tuple[VariantFigures, ...]:
    """Return an item's variants, by seed."""
    found: dict[str, list[Said]] = {}
    for (variant, _), said in answers.said.items():
        found.setdefault(variant, []).append(said)
    return tuple(
        VariantFigures(
            number=tally.variants[variant].number,
            hash=variant,
            n=(n := sum(one.count for one in said)),
            right=sum(one.count for one in said if one.credit >= 1),
            earned=(earned := sum(one.credit * one.count for one in said)),
            facility=earned / n if n >= SMALLEST else None,
        )
        for variant, said in sorted(found.items(), key=lambda one: (tally.variants[one[0]].number, one[0]))
    )


def _options(tally: Tally, answers: Answers) -> tuple[OptionFigures, ...]:
    """Return the options of an item of choices; variants that offer the same text count together."""
    offered: Counter[tuple[str, bool]] = Counter()
    chosen: Counter[tuple[str, bool]] = Counter()
    for (variant, text_of), said in answers.said.items():
        asked = tally.variants[variant]
        if asked.type not in CHOICES:
            return ()
        ticked = set() if said.empty else set(json.loads(text_of))
        for option, text in asked.options:
            offered[text, option in asked.key] += said.count
            chosen[text, option in asked.key] += said.count * (option in ticked)
    return tuple(
        OptionFigures(
            text=text,
            right=right,
            offered=n,
            chosen=chosen[text, right],
            rate=chosen[text, right] / n if n >= SMALLEST else None,
        )
        for (text, right), n in sorted(offered.items(), key=lambda one: (not one[0][1], -chosen[one[0]], one[0][0]))
    )


def _drifted(now: _Share, then: _Share | None) -> bool:
    """Tell whether an item became easier or harder between two releases, by a tenth at least and not by chance."""
    test = statistics.difference([(now.right, now.n), (then.right, then.n)]) if then else None
    if then is None or test is None or test.p >= UNLIKELY:
        return False
    return abs(now.right / now.n - then.right / then.n) >= DRIFT


def _flags(
    facility: float | None,
    discrimination: float | None,
    options: Iterable[OptionFigures],
    variants: Difference | None,
    drift: bool,  # noqa: FBT001  a finding, not a switch
) -> Iterable[Flag]:
    if discrimination is not None and discrimination < 0:
        yield Flag.NEGATIVE
    if facility is not None and facility < HARDEST:
        yield Flag.HARD
    if drift:
        yield Flag.DRIFT
    if variants is not None and variants.p < UNLIKELY:
        yield Flag.VARIANTS
    if any(one.unused for one in options):
        yield Flag.UNUSED
    if facility is not None and facility > EASIEST:
        yield Flag.EASY


def group_figures(items: Sequence[ItemFigures], *, by_row: bool) -> tuple[GroupFigures, ...]:
    """Return the items together by family, or by the fact that each asks, by name."""
    groups: dict[str, list[ItemFigures]] = {}
    for one in items:
        groups.setdefault(one.variant.row if by_row else one.variant.family, []).append(one)
    return tuple(_group(name, groups[name]) for name in sorted(groups))


def _group(name: str, items: Sequence[ItemFigures]) -> GroupFigures:
    n = sum(one.n for one in items)
    # What an item of few answers shows of itself is suppressed; together with others it counts.
    earned = sum(one.earned for one in items)
    known = [(one.discrimination, one.n) for one in items if one.discrimination is not None]
    weight = sum(weighs for _, weighs in known)
    test = statistics.pooled([one.variants_test for one in items if one.variants_test is not None])
    return GroupFigures(
        name=name,
        items=len(items),
        n=n,
        facility=earned / n if n >= SMALLEST else None,
        discrimination=sum(value * weighs for value, weighs in known) / weight if weight else None,
        discrimination_n=weight,
        flagged=sum(bool(one.flags) for one in items),
        variants_test=test,
        flags=(Flag.VARIANTS,) if test is not None and test.p < UNLIKELY else (),
    )
