"""Before submitting with questions open: ask once more, with how many count as wrong."""

from typing import Any

from flask import Blueprint, render_template

from app.certification.standing import is_open
from app.exams import queries, timing
from app.people.permissions import Action
from app.web.access import go, now, reading, requires, visitor
from app.web.exam_pages import bar_of, review_of

bp = Blueprint("submitting", __name__)


@bp.get("/attempts/<id:attempt_id>/submit")
@requires(Action.LEARN)
def ask(attempt_id: int) -> Any:
    """Ask whether to submit, and say how many questions are not answered."""
    who = visitor().actor
    mine = {"organisation_id": who.organisation_id, "account_id": who.account_id, "attempt_id": attempt_id}
    with reading() as found:
        sheet = queries.sheet(found, **mine)
    if not is_open(sheet.attempt, now()):
        return go("results.show", attempt_id=attempt_id)
    if timing.on_break(sheet.attempt.break_ends_at, now()):
        return go("breaks.show", attempt_id=attempt_id)
    return render_template("exams/submit.html", review=review_of(sheet), exam=bar_of(sheet, None))
