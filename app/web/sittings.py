"""How a technician's exams were sat, and what a manager talks over with them."""

from typing import Any

from flask import Blueprint, flash, render_template

from app.exams import coaching
from app.people.permissions import Action
from app.reports.sittings import sittings_record
from app.web.access import go, now, reading, requires, transaction, visitor
from app.web.forms import HouseForm, refusals_in, words_field
from app.web.sittings_pages import sittings_page

bp = Blueprint("sittings", __name__)


class NoteForm(HouseForm):
    """What was talked about."""

    note = words_field("What you talked about", "Write down what you talked about,")


@bp.get("/technicians/<id:account_id>/sittings")
@requires(Action.SEE_BOARD)
def show(account_id: int) -> Any:
    """Show how a technician's exams were sat, and what is to be talked over."""
    return _page(account_id, NoteForm(), None)


@bp.post("/technicians/<id:account_id>/coaching/<id:task_id>")
@requires(Action.FOLLOW_UP)
def finish(account_id: int, task_id: int) -> Any:
    """Say that something was talked over, with a note."""
    form, actor = NoteForm(), visitor().actor
    if form.validate():
        with refusals_in(form), transaction() as changed:
            coaching.finish_task(
                changed, actor=actor, account_id=account_id, task_id=task_id, note=form.note.data or "", now=now()
            )
    if form.errors:
        return _page(account_id, form, task_id), 422
    flash("It is written down that you talked it over.", "success")
    return go("sittings.show", account_id=account_id)


def _page(account_id: int, form: NoteForm, task_id: int | None) -> str:
    who = visitor()
    with reading() as found:
        record = sittings_record(
            found,
            organisation_id=who.actor.organisation_id,
            account_id=account_id,
            within=who.actor.clinics(Action.SEE_BOARD),
        )
    may_finish = who.actor.can(Action.FOLLOW_UP) and account_id != who.actor.account_id
    shown = sittings_page(record, who.person.time_zone, now(), may_finish=may_finish)
    return render_template("technicians/sittings.html", record=shown, form=form, tried=task_id)
