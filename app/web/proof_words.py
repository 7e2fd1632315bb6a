"""How a paper was drawn, told to who sat it: the proof that is stored with the attempt, in plain words."""

from collections.abc import Mapping
from typing import Any

from app.exams import timing
from app.exams.models import Attempt
from app.web.terms_words import terms_lines
from app.web.words import Context, counted

EXAM = (
    "The seed is chance; everything else is a rule. Questions that you had not met came first, then those that others "
    "were asked least. The same seed draws the same exam again, so that anybody can check it."
)
RENEWAL = (
    "The seed is chance; everything else is a rule. A renewal asks first what changed since you were certified, then "
    "what you did not get right the last time that an exam asked it. Then come questions that you had not met, and "
    "those that others were asked least. The same seed draws the same exam again, so that anybody can check it."
)


def proof_context(attempt: Attempt, objectives: Mapping[str, str]) -> Context:
    """Return the proof of an attempt's paper as templates/exams/_proof.html takes it."""
    proof = attempt.proof
    sections, renewal = proof["sections"], proof.get("renewal")
    met = sum(one["seen_before"] for one in sections)
    terms = timing.terms_of(attempt.terms)
    granted = [*terms_lines(terms)] if attempt.terms else []
    if terms.breaks:
        granted.append(f"{attempt.breaks_taken} of {counted(terms.breaks, 'break')} taken")
    return {
        "text": RENEWAL if renewal else EXAM,
        "facts": [
            {
                "term": "Questions",
                "value": f"{proof['items']}, on {counted(proof['key_rows'], 'fact')}; none is asked twice",
            },
            *(_reasons(renewal) if renewal else []),
            {"term": "New to you", "value": _new(proof["items"], met, renewal)},
            {"term": "Critical", "value": counted(proof["critical"], "question")},
            {"term": "Seed", "value": str(attempt.seed)},
            *([{"term": "Accommodation", "value": "; ".join(granted)}] if granted else []),
        ],
        "rows": [_row(one, objectives) for one in sections],
    }


def _reasons(renewal: Mapping[str, Any]) -> list[Context]:
    since = f"edition {renewal['since']['edition']}" if renewal["since"] else "you were certified"
    return [
        {
            "term": "What changed",
            "value": f"{renewal['changed']}, on what changed since {since}; {renewal['pool_changed']} could be asked",
        },
        {
            "term": "What you found hard",
            "value": f"{renewal['weak']}, on what you did not get right the last time; "
            f"{renewal['pool_weak']} could be asked",
        },
        {"term": "The others", "value": f"{renewal['core']}, drawn as in every exam"},
    ]


def _new(items: int, met: int, renewal: Mapping[str, Any] | None) -> str:
    if not met:
        return f"all {items}; none stood in an exam of yours before"
    if renewal:
        return f"{items - met}; {met} stood in an exam of yours before"
    return f"{items - met}; {met} stood in an exam of yours before, as there were not enough others"


def _row(section: Mapping[str, Any], objectives: Mapping[str, str]) -> Context:
    return {
        "name": objectives[section["objective"]],
        "drawn": f"{section['drawn']} of {section['pool']}",
        "facts": str(section["pool_key_rows"]),
        "critical": f"{section['critical']} of {section['pool_critical']}",
        "met": str(section["seen_before"]),
    }
