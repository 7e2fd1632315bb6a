"""Running exams on the start page: how long they last still, and the way back into them."""

from flask import url_for

from app.certification.standing import Standing
from app.exams import timing
from app.exams.models import Attempt
from app.web.access import now
from app.web.words import Context, counted, moment


def running_first(where: Standing) -> tuple[bool, float]:
    """Order courses so that running exams come first, and of these the one that ends first; the others stay."""
    attempt = where.open_attempt
    return attempt is None, attempt.deadline_at.timestamp() if attempt else 0


def running_alert(where: Standing, zone: str) -> Context:
    """Return an exam that runs beside the one that is the next step."""
    return {
        "tone": "warning",
        "title": f"{where.release.title}: your exam is running",
        **go_on(where.open_attempt, zone),
    }


def go_on(attempt: Attempt | None, zone: str) -> Context:
    """Return how long an exam runs, and the way into it; nothing where none runs."""
    if attempt is None:
        return {}
    text = f"{_left(attempt)}, until {moment(attempt.deadline_at, zone)}. What you answered is saved."
    return {
        "text": text,
        "action": {"label": "Go on", "href": url_for("exams.item", attempt_id=attempt.id, position=1)},
    }


def _left(attempt: Attempt) -> str:
    left = timing.seconds_left(attempt.deadline_at, now())
    return f"{counted(left // 60, 'minute') if left >= 60 else counted(left, 'second')} left"


def running_row(attempt: Attempt) -> Context:
    """Return what an assignment says while its exam runs."""
    status = {"state": "training", "label": "", "note": "Exam running", "due": False}
    href = url_for("exams.item", attempt_id=attempt.id, position=1)
    return {"note": _left(attempt), "href": href, "status": status}
