"""A technician's observed treatments for who answers for them: what was seen, what counts, what to repeat."""

from typing import Any

from flask import Blueprint, render_template

from app.people.permissions import Action
from app.reports import sign_offs as reports
from app.web.access import reading, requires, visitor
from app.web.practice_pages import whole

bp = Blueprint("technician_practice", __name__)


@bp.get("/technicians/<id:account_id>/practice")
@requires(Action.SEE_BOARD)
def show(account_id: int) -> Any:
    """Show a technician's observed treatments."""
    who = visitor()
    with reading() as found:
        name, entries = reports.practice_of(found, actor=who.actor, account_id=account_id)
    told = [whole(one, who.person.time_zone) for one in entries]
    return render_template("practice/technician.html", name=name, account_id=account_id, entries=told)
