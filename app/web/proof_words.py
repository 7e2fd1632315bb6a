"""How a paper was drawn, told to who sat it: the proof that is stored with the attempt, in plain words."""

from collections.abc import Mapping
from typing import Any

from app.exams import timing
from app.exams.models import Attempt
from app.web.terms_words import terms_lines
from app.web.words import Context, counted


def proof_context(attempt: Attempt, objectives: Mapping[str, str]) -> Context:
    """Return the proof of an attempt's paper as templates/exams/_proof.html takes it."""
    proof = attempt.proof
    sections = proof["sections"]
    met = sum(one["seen_before"] for one in sections)
    terms = timing.terms_of(attempt.terms)
    granted = [*terms_lines(terms)] if attempt.terms else []
    if terms.breaks:
        granted.append(f"{attempt.breaks_taken} of {counted(terms.breaks, 'break')} taken")
    return {
        "facts": [
            {
                "term": "Questions",
                "value": f"{proof['items']}, on {counted(proof['key_rows'], 'fact')}; none is asked twice",
            },
            {"term": "New to you", "value": _new(proof["items"], met)},
            {"term": "Critical", "value": counted(proof["critical"], "question")},
            {"term": "Seed", "value": str(attempt.seed)},
            *([{"term": "Accommodation", "value": "; ".join(granted)}] if granted else []),
        ],
        "rows": [_row(one, objectives) for one in sections],
    }


def _new(items: int, met: int) -> str:
    if not met:
        return f"all {items}; none stood in an exam of yours before"
    return f"{items - met}; {met} stood in an exam of yours before, as there were not enough others"


def _row(section: Mapping[str, Any], objectives: Mapping[str, str]) -> Context:
    return {
        "name": objectives[section["objective"]],
        "drawn": f"{section['drawn']} of {section['pool']}",
        "facts": str(section["pool_key_rows"]),
        "critical": f"{section['critical']} of {section['pool_critical']}",
        "met": str(section["seen_before"]),
    }
