"""What happened to a certification, and why, in words: events, reasons, what evidence from outside stands for."""

from collections.abc import Callable

from app.certification import acting, interlocks
from app.certification.issuing import FROM_OUTSIDE, PRACTICE
from app.certification.lifecycle import EventKind
from app.certification.rules import RequirementKind, certification_key

HAPPENED = {
    EventKind.ISSUED: "Issued",
    EventKind.RENEWED: "Renewed",
    EventKind.SUSPENDED: "Suspended",
    EventKind.REINSTATED: "Reinstated",
    EventKind.REVOKED: "Revoked",
    EventKind.SUPERSEDED: "Replaced by another certification",
    EventKind.SCOPE_REDUCED: "Cells taken away",
    EventKind.SCOPE_EXTENDED: "Cells added",
}
REASONS = {
    **acting.WHY_SUSPEND,
    **acting.WHY_REINSTATE,
    **acting.WHY_REVOKE,
    **interlocks.WHY,
    interlocks.OVER: "The interlock was lifted",
    PRACTICE: "",  # the reason itself says how many were observed
    FROM_OUTSIDE: "",  # the reason itself names the certificate
}
STANDS_FOR = {
    RequirementKind.LESSONS.value: "the lessons",
    RequirementKind.EXAM.value: "the exam",
    RequirementKind.SIGN_OFFS.value: "the observed treatments",
}


def happened(kind: str) -> str:
    """Return what an event did."""
    return HAPPENED[EventKind(kind)]


def reason_of(code: str | None) -> str:
    """Return the reason that a code stands for; one of before there was a list is told as it was written."""
    return REASONS.get(code, code.replace("_", " ").capitalize()) if code else ""


def stands_for(key: str, titled: Callable[[str], str]) -> str:
    """Return the requirement that a certificate from outside stands for; `titled` returns the title of a course."""
    course = key.removeprefix(certification_key(""))
    return STANDS_FOR[key] if key in STANDS_FOR else f"the certification {titled(course)}"
