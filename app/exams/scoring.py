"""From credits to a result: the total, every section's cut and the critical items; pure, exact fractions."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from fractions import Fraction
from math import floor
from typing import Any

from app.content.values import Exam


@dataclass(frozen=True, kw_only=True, slots=True)
class ScoredItem:
    """An item of a paper with the credit (0–1) that its response earned; `section` counts from 0."""

    section: int
    objective: str
    critical: bool
    credit: Fraction
    answered: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class SectionScore:
    """What was got in a section, in items.

    `cut` (0–1) decides where the blueprint gives the section its own, else it is None; `reached` is then
    told against the exam's cut and only advises what to read again.
    """

    objective: str
    got: Fraction
    of: int
    cut: Fraction | None
    reached: bool


class ReasonKind(StrEnum):
    """What an attempt can fail on."""

    TOTAL = "total"
    SECTION = "section"
    CRITICAL = "critical"


@dataclass(frozen=True, kw_only=True, slots=True)
class Reason:
    """One thing that the attempt failed on, in words; the objective where it is a section's."""

    kind: ReasonKind
    text: str
    objective: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """Score (0–1, never rounded) and decision; `reasons` is empty exactly when passed.

    `failed_critical` names the objectives of the critical items that were not right, in the paper's order.
    """

    score: Fraction
    passed: bool
    sections: tuple[SectionScore, ...]
    critical_right: int
    critical_of: int
    failed_critical: tuple[str, ...]
    reasons: tuple[Reason, ...]


def score_paper(items: Sequence[ScoredItem], exam: Exam) -> Result:
    """Return the result of a paper: to pass, the total, every section's own cut, and the critical items.

    Every item weighs the same. Nothing is rounded before it is compared with a cut.
    """
    if not items:
        raise ValueError("a paper holds at least one item")
    for item in items:
        if not 0 <= item.credit <= 1 or not 0 <= item.section < len(exam.sections):
            raise ValueError(f"credit {item.credit} in section {item.section} is no part of this exam")
    cut = Fraction(exam.cut_score_percent, 100)
    score = _got(items) / len(items)
    sections = tuple(_section(items, index, exam) for index in range(len(exam.sections)))
    critical = [item for item in items if item.critical]
    wrong = [item for item in critical if not item.answered or item.credit < 1]
    reasons = (
        *_total_reason(score, cut),
        *_section_reasons(sections),
        *(_critical_reason(len(wrong), len(critical)) if exam.critical_items == "must_pass" else ()),
    )
    return Result(
        score=score,
        passed=not reasons,
        sections=sections,
        critical_right=len(critical) - len(wrong),
        critical_of=len(critical),
        failed_critical=tuple(dict.fromkeys(item.objective for item in wrong)),
        reasons=reasons,
    )


def result_values(result: Result) -> dict[str, Any]:
    """Return a result as JSON values; fractions as "numerator/denominator"."""

    def spelled(value: Any) -> Any:
        if isinstance(value, Fraction):
            return f"{value.numerator}/{value.denominator}"
        if isinstance(value, dict):
            return {key: spelled(one) for key, one in value.items()}
        return [spelled(one) for one in value] if isinstance(value, list | tuple) else value

    values: dict[str, Any] = spelled(asdict(result))
    return values


def percent_shown(fraction: Fraction) -> int:
    """Return a fraction as whole percent, rounded down: nobody reads 80% and has not reached 80%."""
    return floor(fraction * 100)


def number_shown(number: Fraction) -> str:
    """Return a number of items, rounded down to a tenth: 5.97 of 6 is not 6 of 6."""
    if number.denominator == 1:
        return str(number.numerator)
    tenths = floor(number * 10)
    return f"{tenths // 10}.{tenths % 10}"


def percent_of(numerator: int, denominator: int) -> int:
    """Return a stored score as whole percent, rounded down."""
    return percent_shown(Fraction(numerator, denominator))


def _got(items: Sequence[ScoredItem]) -> Fraction:
    return sum((item.credit for item in items if item.answered), Fraction(0))


def _section(items: Sequence[ScoredItem], index: int, exam: Exam) -> SectionScore:
    section = exam.sections[index]
    own = section.cut_score_percent
    in_section = [item for item in items if item.section == index]
    got = _got(in_section)
    needed = Fraction(exam.cut_score_percent if own is None else own, 100)
    return SectionScore(
        objective=section.objective,
        got=got,
        of=len(in_section),
        cut=None if own is None else Fraction(own, 100),
        reached=got >= needed * len(in_section),
    )


def _total_reason(score: Fraction, cut: Fraction) -> tuple[Reason, ...]:
    if score >= cut:
        return ()
    text = f"{percent_shown(score)}% in all; {percent_shown(cut)}% is needed."
    return (Reason(kind=ReasonKind.TOTAL, text=text),)


def _section_reasons(sections: Sequence[SectionScore]) -> tuple[Reason, ...]:
    return tuple(
        Reason(
            kind=ReasonKind.SECTION,
            text=f"{percent_shown(each.got / each.of)}% in this part; {percent_shown(each.cut)}% is needed.",
            objective=each.objective,
        )
        for each in sections
        if each.cut is not None and not each.reached
    )


def _critical_reason(wrong: int, of: int) -> tuple[Reason, ...]:
    if not wrong:
        return ()
    was = "was" if wrong == 1 else "were"
    text = f"{wrong} of {of} critical questions {was} not right; every one must be."
    return (Reason(kind=ReasonKind.CRITICAL, text=text),)
