"""What a response is worth once an item's key turned out wrong, and the result that follows; pure, exact fractions."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Any

from app.content import grade
from app.content.grade import FULL
from app.content.values import Exam
from app.exams.scoring import Result, ScoredItem, percent_shown, score_paper


class Policy(StrEnum):
    """What becomes of the responses to an item whose key was wrong."""

    FULL_CREDIT = "full_credit"  # everybody gets it, also who did not answer
    ACCEPT_BOTH = "accept_both"  # the old key and the new one, whichever is worth more
    ACCEPT_NEW = "accept_new"  # the new key only
    DROP = "drop"  # it leaves the numerator and the denominator, of its section and of the whole


NEEDS_KEY = frozenset({Policy.ACCEPT_BOTH, Policy.ACCEPT_NEW})


@dataclass(frozen=True, kw_only=True, slots=True)
class Correction:
    """A policy for one item as it was asked; `key` as in Item, None where the policy has none.

    `case_id` names the case that it was signed in, None while it is only proposed.
    """

    policy: Policy
    key: Any = None
    case_id: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Answered:
    """An item of a stored paper with the response that counts; `correction` where its key turned out wrong."""

    section: int
    critical: bool
    keyed: Mapping[str, Any]
    chosen: object
    correction: Correction | None = None


def credit_of(answered: Answered) -> Fraction | None:
    """Return the credit (0–1) of a response under the correction of its item; None where the item is dropped."""
    keyed, chosen, correction = answered.keyed, answered.chosen, answered.correction
    old = grade.credit_of(keyed, chosen)
    if correction is None:
        return old
    match correction.policy:
        case Policy.DROP:
            return None
        case Policy.FULL_CREDIT:
            return FULL
        case Policy.ACCEPT_NEW:
            return grade.credit_of(keyed, chosen, key=correction.key)
        case Policy.ACCEPT_BOTH:
            return max(old, grade.credit_of(keyed, chosen, key=correction.key))


def scored(paper: Iterable[Answered]) -> list[ScoredItem]:
    """Return what of a paper is scored, without the items that are dropped."""
    return [
        ScoredItem(
            section=one.section,
            objective=one.keyed["objective"],
            critical=one.critical,
            credit=earned,
            # Full credit is given, not earned: who left the item out has it too.
            answered=bool(one.chosen) or _is_given(one.correction),
        )
        for one in paper
        if (earned := credit_of(one)) is not None
    ]


def recount(paper: Sequence[Answered], exam: Exam) -> Result:
    """Return the result of a stored paper under its corrections; ValueError where every item of it is dropped.

    A section that loses all its items counts as reached; a dropped critical item no longer counts.
    """
    return score_paper(scored(paper), exam)


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """What a recount makes of one attempt; `before` and `after` are (score, passed)."""

    attempt_id: int
    account_id: int
    before: tuple[Fraction, bool]
    after: tuple[Fraction, bool]

    @property
    def flips(self) -> bool:
        """Whether the decision changes."""
        return self.before[1] != self.after[1]


class Tally:
    """A dry run as it is counted, attempt by attempt: it holds the flips, and a running digest of everything."""

    def __init__(self) -> None:
        """Begin with nobody."""
        self.attempts = self.changed = 0
        self.flips: list[list[Any]] = []  # [attempt id, account id, passes then, whole percent before, then]
        self._running = hashlib.sha256()

    def add(self, change: Change) -> None:
        """Count one attempt."""
        self.attempts += 1
        self.changed += change.before != change.after
        if change.flips:
            shown = (percent_shown(change.before[0]), percent_shown(change.after[0]))
            self.flips.append([change.attempt_id, change.account_id, change.after[1], *shown])
        spelled = [change.attempt_id, change.account_id, *map(_spelled, (change.before, change.after))]
        self._running.update(json.dumps(spelled).encode() + b"\n")

    def digest(self, correction: Correction) -> str:
        """Return SHA-256 (hex) over the policy and every attempt's result before and after, in order."""
        running = self._running.copy()
        running.update(json.dumps([correction.policy.value, correction.key], sort_keys=True).encode())
        return running.hexdigest()


def _spelled(result: tuple[Fraction, bool]) -> list[Any]:
    return [f"{result[0].numerator}/{result[0].denominator}", result[1]]


def _is_given(correction: Correction | None) -> bool:
    return correction is not None and correction.policy is Policy.FULL_CREDIT
