"""What came after a result: keys that were corrected, the score before and now, and what was contested."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from fractions import Fraction

from flask import url_for
from markupsafe import escape

from app.content.values import ItemType
from app.errors import RefusedError
from app.exams.aftermath import Aftermath, OwnAppeal
from app.exams.case_models import FALLS, STANDS, THE_RESULT, Regrade
from app.exams.cases import refuse_contest
from app.exams.models import Attempt
from app.exams.queries import Asked, answered
from app.exams.regrading import NEEDS_KEY, Correction, Policy, credit_of
from app.exams.scoring import percent_of
from app.web.exam_words import key_lines
from app.web.words import Context, moment

CORRECTED = {
    Policy.FULL_CREDIT: "Its key was wrong. Everybody has the full credit for it, whatever they answered.",
    Policy.ACCEPT_BOTH: "Its key was wrong. The old answer and the corrected one both count.",
    Policy.ACCEPT_NEW: "Its key was wrong. Only the corrected answer counts.",
    Policy.DROP: "It was wrong, and counts for nobody.",
}
# Where no other key was signed, nobody may read the credit as the right thing to do.
NO_KEY_NOW = "Do not work by the key as asked. Read the fact in the lesson again, or ask your medical director."
# How a generated why ends: the ids of the rows that it rests on, which stand beside it as links.
_IDS = re.compile(r"\s*Facts?: [a-z]+/[a-z0-9-]+(?:; [a-z]+/[a-z0-9-]+)*\.(?=\s*(?:<|$))")


def wrong_critical(after: Aftermath) -> Counter[str]:
    """Return how many critical items of each objective were not right."""
    return Counter(
        one.keyed["objective"]
        for one in after.answered
        if one.critical and (got := credit_of(one)) is not None and got < 1
    )


def regrade_context(attempt: Attempt, after: Aftermath, zone: str) -> Context | None:
    """Return both scores side by side, in words; None where nothing of this result was ever scored again otherwise."""
    one = after.regrade
    if one is None or attempt.original_numerator is None or attempt.original_denominator is None:
        return None
    before = _told(attempt.original_numerator, attempt.original_denominator, bool(attempt.original_passed))
    now = _told(one.score_numerator, one.score_denominator, one.passed)
    if before == now:
        return None
    on = moment(one.recorded_at, zone)
    return {
        "title": "Your exam was scored again",
        "text": f"The key of a question turned out wrong and was corrected on {on}. {_meaning(one, after.outcome)}",
        "before": {**before, "term": "At first"},
        "now": {**now, "term": "Scored again"},
    }


def appeals_context(attempt: Attempt, after: Aftermath, now: datetime, zone: str) -> Context:
    """Return what a trainee contested with the answers, and where more can be contested."""
    try:
        refuse_contest(attempt, now)
        open_still = len(after.appeals) <= attempt.items
    except RefusedError:
        open_still = False
    return {
        "url": url_for("appeals.ask", attempt_id=attempt.id) if open_still else "",
        "rows": [_appeal(one, zone) for one in after.appeals],
    }


def entry(one: Asked, after: Aftermath, course_id: str) -> Context:
    """Return an item with its key and why, as the review policy lets its owner read them."""
    got, correction = credit_of(answered(one, after.in_force.get(one.position))), after.corrections.get(one.position)
    kept = {option["id"]: option["html"] for option in one.shown["options"]}
    whys = [why for option, why in one.keyed["whys"].items() if option in (one.chosen or ())]
    why = "".join(f"<p>{_IDS.sub('', text)}</p>" for text in [one.keyed["why"], *whys] if text)
    has_key = correction is not None and correction.policy in NEEDS_KEY
    return {
        "no": one.position,
        "stem": one.shown["stem"],
        "met": got is None or got == 1,
        "word": _word(got, after.in_force.get(one.position)),
        "given": _spelled(one, kept),
        "key": key_lines(one.shown, one.keyed),
        "corrected": CORRECTED[correction.policy] if correction else "",
        "reason": after.reasons.get(one.position, ""),
        "new_key": key_lines(one.shown, {"key": correction.key}) if correction and has_key else [],
        "now": NO_KEY_NOW if correction and not has_key else "",
        "why": why,
        "sources": one.keyed["citations"],
        "again": fact_links(one.keyed["facts"], after.titles, course_id),
    }


def fact_links(facts: Iterable[str], titles: Mapping[str, str], course_id: str) -> list[Context]:
    """Return links to where facts stand in the lessons, by their titles."""
    return [
        {
            "label": titles.get(fact, "The fact in the lesson"),
            "href": url_for("courses.fact", course_id=course_id, table=table, row=row),
        }
        for fact in facts
        for table, _, row in [fact.partition("/")]
        if row
    ]


def asked_facts(
    after: Aftermath, weak: Collection[str], objectives: Mapping[str, str], course_id: str
) -> list[Context]:
    """Return by objective the facts that a paper asked, whether they were answered rightly or not."""
    facts = {
        objective: dict.fromkeys(
            fact for one in after.asked if one.keyed["objective"] == objective for fact in one.keyed["facts"]
        )
        for objective in objectives
        if objective in weak
    }
    told = [(objectives[one], fact_links(found, after.titles, course_id)) for one, found in facts.items()]
    return [{"name": name, "links": links} for name, links in told if links]


def _word(got: Fraction | None, correction: Correction | None) -> str:
    if got is None:
        return "Dropped"
    if correction is not None and correction.policy is Policy.FULL_CREDIT:
        return "Credited"
    return "Right" if got == 1 else "Partly right" if got else "Wrong"


def _told(numerator: int, denominator: int, passed: bool) -> Context:  # noqa: FBT001  a decision, not a switch
    return {"figure": f"{percent_of(numerator, denominator)}%", "word": "Passed" if passed else "Not passed"}


def _meaning(one: Regrade, outcome: str | None) -> str:
    if one.passed or not one.was_passed:
        return "The new score counts; the first one stays on record beside it."
    if outcome == FALLS:
        return "A medical director decided that the pass falls; the first score stays on record."
    if outcome == STANDS:
        return "A medical director decided that your pass stands, as it was given."
    return "Your pass stands until a medical director has looked at it; nothing is taken from you by the count alone."


def _appeal(one: OwnAppeal, zone: str) -> Context:
    what = "The result as a whole" if one.position == THE_RESULT else f"Question {one.position}"
    told = {True: "Upheld", False: "Turned down", None: "Waits for an answer"}[one.upheld]
    icon = {True: "circle-check", False: "circle-x", None: "hourglass"}[one.upheld]
    by = f"{one.by}, {moment(one.decided_at, zone)}" if one.decided_at else ""
    return {
        "what": what,
        "words": one.words,
        "at": moment(one.appealed_at, zone),
        "state": told,
        "icon": icon,
        "answer": one.answer or "",
        "by": by,
    }


def _spelled(one: Asked, options: Mapping[str, str]) -> list[str]:
    chosen, kind = one.chosen, one.shown["type"]
    if not chosen:
        return []
    if kind == ItemType.NUMERIC.value:
        return [escape(f"{chosen} {one.shown['unit']}")]
    if isinstance(chosen, dict):
        rights = {right["id"]: right["html"] for right in one.shown["rights"]}
        return [f"{options[left]}: {rights[right]}" for left, right in chosen.items()]
    numbered = kind == ItemType.ORDERING.value
    return [f"{place}. {options[each]}" if numbered else options[each] for place, each in enumerate(chosen, start=1)]
