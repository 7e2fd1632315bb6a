"""Training records: one's own, to take along, and those of people that somebody answers for, whose reading is noted."""

from typing import Any

from flask import Blueprint, flash, request
from wtforms import DateField
from wtforms.validators import InputRequired, StopValidation

from app.certification import readings
from app.people.permissions import Action
from app.web.access import go_to, now, requires, transaction, visitor
from app.web.forms import HouseForm
from app.web.record_pages import page, record_url, send_json, send_pdf

bp = Blueprint("records", __name__)

WRITE_A_DAY = "Write the day as in 2026-11-22."


class RecordForm(HouseForm):
    """As of which day, by what was known on which day; the address holds both, so that it tells the same again."""

    class Meta(HouseForm.Meta):
        """Nothing is changed by it, so it carries no token."""

        csrf = False

    as_of = DateField("As of", [InputRequired(WRITE_A_DAY)])
    known_on = DateField("By what was known on", [InputRequired(WRITE_A_DAY)])

    def validate_as_of(self, field: DateField) -> None:
        """Nothing has happened on a day that has not come."""
        _check_come(field)

    def validate_known_on(self, field: DateField) -> None:
        """Nothing is known on a day that has not come."""
        _check_come(field)


def _check_come(field: DateField) -> None:
    if field.data and field.data > visitor().today:
        raise StopValidation(f"This day has not come yet. Write {visitor().today.isoformat()} or a day before it.")


def _form() -> RecordForm:
    """Return the form with what the address says, and today for what it leaves out."""
    asked = request.args.copy()
    for name in ("as_of", "known_on"):
        asked.setdefault(name, visitor().today.isoformat())
    return RecordForm(asked)


@bp.get("/record")
@requires()
def own() -> Any:
    """Show somebody their own training record."""
    return page(visitor().actor.account_id, _form())


@bp.get("/record.json")
@requires()
def own_json() -> Any:
    """Send somebody their own training record as JSON."""
    return send_json(visitor().actor.account_id, _form())


@bp.get("/record.pdf")
@requires()
def own_pdf() -> Any:
    """Send somebody their own training record as a PDF."""
    return send_pdf(visitor().actor.account_id, _form())


@bp.get("/technicians/<id:account_id>/record")
@requires(Action.READ_RECORD)
def show(account_id: int) -> Any:
    """Show somebody's training record, once the reading is noted."""
    return page(account_id, _form())


@bp.post("/technicians/<id:account_id>/record/readings")
@requires(Action.READ_RECORD)
def note(account_id: int) -> Any:
    """Note that the visitor reads somebody's record today, and open it."""
    who = visitor()
    with transaction() as changed:
        readings.note_reading(changed, actor=who.actor, account_id=account_id, today=who.today, now=now())
    flash("It is noted that you read this record today.", "info")
    return go_to(record_url(account_id, request.args))


@bp.get("/technicians/<id:account_id>/record.json")
@requires(Action.READ_RECORD)
def as_json(account_id: int) -> Any:
    """Send somebody's training record as JSON, once the reading is noted."""
    return send_json(account_id, _form())


@bp.get("/technicians/<id:account_id>/record.pdf")
@requires(Action.READ_RECORD)
def as_pdf(account_id: int) -> Any:
    """Send somebody's training record as a PDF, once the reading is noted."""
    return send_pdf(account_id, _form())
