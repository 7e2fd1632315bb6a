"""A break in an exam, for who was granted some: ask, begin, and go on."""

from typing import Any

from flask import Blueprint, render_template, url_for

from app.certification.standing import is_open
from app.exams import breaks, queries, timing
from app.exams.models import Attempt
from app.people.permissions import Action
from app.web.access import go, is_fetch, now, reading, requires, transaction, visitor
from app.web.terms_words import pause_words
from app.web.words import Context, clock_time, counted

bp = Blueprint("breaks", __name__)

ON_BREAK = "You are on a break. Go on with the exam first, then answer."


@bp.get("/attempts/<id:attempt_id>/break")
@requires(Action.LEARN)
def show(attempt_id: int) -> Any:
    """Offer the next break, or show the one that runs."""
    who = visitor().actor
    with reading() as found:
        attempt = queries.get_attempt(found, who.organisation_id, attempt_id, who.account_id)
    if not is_open(attempt, now()):
        return go("results.show", attempt_id=attempt_id)
    return render_template("exams/break.html", rest=_rest(attempt))


@bp.post("/attempts/<id:attempt_id>/break")
@requires(Action.LEARN)
def begin(attempt_id: int) -> Any:
    """Begin a break: the clock stands still."""
    with transaction() as changed:
        breaks.take(changed, actor=visitor().actor, attempt_id=attempt_id, now=now())
    return go("breaks.show", attempt_id=attempt_id)


@bp.post("/attempts/<id:attempt_id>/break/end")
@requires(Action.LEARN)
def end(attempt_id: int) -> Any:
    """Go on after a break, with the first question that is not answered."""
    with transaction() as changed:
        position = breaks.come_back(changed, actor=visitor().actor, attempt_id=attempt_id, now=now())
    return go("exams.item", attempt_id=attempt_id, position=position)


def not_on_break(attempt_id: int) -> Any:
    """Answer a save that came during a break: nothing is saved then."""
    goto = url_for("breaks.show", attempt_id=attempt_id)
    return ({"error": ON_BREAK, "goto": goto}, 409) if is_fetch() else go("breaks.show", attempt_id=attempt_id)


def _rest(attempt: Attempt) -> Context:
    zone, terms = visitor().person.time_zone, timing.terms_of(attempt.terms)
    running = timing.on_break(attempt.break_ends_at, now())
    # The minutes that are left are those that were when the break began.
    left = timing.seconds_left(attempt.deadline_at, attempt.break_ends_at if running else now())  # type: ignore[arg-type]
    return {
        "running": running,
        "left": counted(left // 60, "minute") if left >= 60 else counted(left, "second"),
        "minutes": counted(terms.break_minutes, "minute"),
        "ends_at": clock_time(attempt.break_ends_at, zone)[:5] if attempt.break_ends_at and running else "",
        "more": terms.breaks > attempt.breaks_taken,
        "words": pause_words(terms, attempt.breaks_taken),
        "begin_url": url_for("breaks.begin", attempt_id=attempt.id),
        "end_url": url_for("breaks.end", attempt_id=attempt.id),
        "back_url": url_for("exams.review", attempt_id=attempt.id),
    }
