"""Evidence: an auditor takes away the certification records and the trail, as of a day that they choose."""

from typing import Any

from flask import Blueprint, render_template, request
from werkzeug.datastructures import MultiDict
from wtforms import DateField, StringField
from wtforms.validators import AnyOf, InputRequired, StopValidation

from app.people.permissions import Action
from app.reports.exports import CERTIFICATIONS, TRAIL
from app.reports.formats import Format
from app.web.access import requires, visitor
from app.web.evidence_pages import download, evidence_page
from app.web.forms import HouseForm

bp = Blueprint("evidence", __name__)

WRITE_A_DAY = "Write the day as in 2026-11-22."
WRITE_A_FORMAT = "Write csv or jsonl."


class DayForm(HouseForm):
    """As of which day; the address holds it, so that a page can be shown again."""

    class Meta(HouseForm.Meta):
        """Nothing is changed by it, so it carries no token."""

        csrf = False

    as_of = DateField("As of", [InputRequired(WRITE_A_DAY)])

    def validate_as_of(self, field: DateField) -> None:
        """Nothing is known of a day that has not come."""
        if field.data and field.data > visitor().today:
            raise StopValidation(f"This day has not come yet. Write {visitor().today.isoformat()} or a day before it.")


class DownloadForm(DayForm):
    """As of which day, and how it is written."""

    format = StringField("Format", [InputRequired(WRITE_A_FORMAT), AnyOf(list(Format), message=WRITE_A_FORMAT)])


@bp.get("/evidence")
@requires(Action.EXPORT)
def show() -> Any:
    """Show what can be taken away as of a day, today where none is asked for."""
    asked = request.args if "as_of" in request.args else MultiDict({"as_of": visitor().today.isoformat()})
    form = DayForm(asked)
    if not form.validate() or form.as_of.data is None:
        return render_template("evidence/evidence.html", form=form, evidence=None), 400
    return render_template("evidence/evidence.html", form=form, evidence=evidence_page(form.as_of.data))


@bp.get("/evidence/certifications")
@requires(Action.EXPORT)
def certifications() -> Any:
    """Send the certification records as of a day."""
    return download(CERTIFICATIONS, DownloadForm(request.args))


@bp.get("/evidence/trail")
@requires(Action.EXPORT)
def trail() -> Any:
    """Send the trail up to the end of a day."""
    return download(TRAIL, DownloadForm(request.args))
