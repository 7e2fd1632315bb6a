"""What a technician's page says of their exams: why one was not passed, and whether they need one more attempt."""

from collections.abc import Mapping
from typing import Any

from app.certification.standing import Standing
from app.exams import timing
from app.exams.scoring import ReasonKind
from app.exams.timing import RefusalKind
from app.web.words import counted


def why_failed(result: Mapping[str, Any], objectives: Mapping[str, str]) -> list[str]:
    """Return why an exam was not passed: the score, parts below their lines, critical questions by their topics.

    Never a question: what was asked stays between the exam and who sat it.
    """
    return [_reason(one, result, objectives) for one in result.get("reasons", ())]


def _reason(one: Mapping[str, Any], result: Mapping[str, Any], objectives: Mapping[str, str]) -> str:
    def named(objective: str) -> str:
        return objectives.get(objective, objective.replace("-", " ").capitalize()).rstrip(".")

    if one["kind"] == ReasonKind.SECTION:
        return f"{named(one['objective'])}: {one['text']}"
    if one["kind"] == ReasonKind.CRITICAL:
        wrong = counted(result["critical_of"] - result["critical_right"], "critical question")
        return f"{wrong} wrong: {'; '.join(named(each) for each in result['failed_critical'])}."
    return str(one["text"])


def attempts_used(where: Standing) -> str:
    """Return how many attempts of a course are used, and whether one more is needed; told above the choice."""
    seat = where.seat
    if where.open_attempt:
        return "sitting it now, not needed"
    if isinstance(seat, timing.Allowed):
        return f"{seat.number - 1} of {seat.of} used, not needed yet"
    return {
        RefusalKind.USED_UP: "all attempts used",
        RefusalKind.WAIT: "attempts left after a wait, not needed yet",
        RefusalKind.PASSED: "passed, not needed",
        RefusalKind.NOT_OPEN: "passed, not needed yet",
    }.get(seat.kind, "withdrawn, not needed")
