"""Sign-offs: an evaluator attests one observed treatment; no field could hold who the client was."""

from typing import Any

from flask import Blueprint, flash, render_template
from sqlalchemy.orm import Session
from wtforms import DateField, SelectField
from wtforms.validators import InputRequired

from app.certification import service
from app.certification.scope import Cell
from app.people.permissions import Action
from app.reports.sign_offs import Choices, Outcome, choices, outcomes, signed_lately
from app.web.access import go, now, reading, requires, transaction, visitor
from app.web.forms import HouseForm, refusals_in, row_id
from app.web.sign_offs_pages import offered, sign_offs_page, told

bp = Blueprint("sign_offs", __name__)


def person_id(value: Any) -> int | None:
    """Return the id of who was chosen, None while nobody is; ValueError for anything that is no id."""
    return row_id(value) if value else None


class SignOffForm(HouseForm):
    """One treatment: who treated, with what, which skin type, and when it was observed."""

    technician = SelectField(
        "Technician", [InputRequired("Choose the technician.")], coerce=person_id, validate_choice=False
    )
    device = SelectField("Device", [InputRequired("Choose the device.")])
    skin_type = SelectField("Skin type", [InputRequired("Choose the client's skin type.")])
    procedure = SelectField("Procedure", [InputRequired("Choose the procedure.")])
    observed_on = DateField("Day observed", [InputRequired("Enter the day on which you observed the treatment.")])


@bp.get("/sign-offs")
@requires(Action.SIGN_OFF)
def show() -> Any:
    """Show the form, and what the visitor signed lately."""
    found = _choices()
    return _page(found, _form(found, fresh=True))


@bp.post("/sign-offs")
@requires(Action.SIGN_OFF)
def attest() -> Any:
    """Attest a treatment, and tell what that completed."""
    found = _choices()
    form = _form(found)
    if form.validate():
        with refusals_in(form), transaction() as changed:
            brought = _attest(changed, form)
    if form.errors:
        return _page(found, form), 422
    flash(told(found, form.technician.data, brought), "success")
    return go("sign_offs.show")


def _choices() -> Choices:
    actor = visitor().actor
    with reading() as found:
        return choices(
            found,
            organisation_id=actor.organisation_id,
            evaluator_id=actor.account_id,
            within=actor.clinics(Action.SIGN_OFF),
        )


def _form(found: Choices, *, fresh: bool = False) -> SignOffForm:
    form = SignOffForm(formdata=None, observed_on=visitor().today) if fresh else SignOffForm()
    for name, items in offered(found).items():
        form[name].choices = items
    return form


def _attest(changed: Session, form: Any) -> list[Outcome]:
    who = visitor()
    cell = Cell(
        procedure=form.procedure.data or "", device=form.device.data or "", skin_type=int(form.skin_type.data or 0)
    )
    service.sign_off(
        changed,
        actor=who.actor,
        account_id=form.technician.data,
        device=cell.device,
        skin_type=cell.skin_type,
        procedure=cell.procedure,
        observed_on=form.observed_on.data,
        now=now(),
    )
    return outcomes(
        changed,
        organisation_id=who.actor.organisation_id,
        account_id=form.technician.data,
        zone=who.person.time_zone,
        cell=cell,
        now=now(),
    )


def _page(choices_found: Choices, form: SignOffForm) -> Any:
    actor = visitor().actor
    with reading() as found:
        signed = signed_lately(found, organisation_id=actor.organisation_id, evaluator_id=actor.account_id)
    return render_template("sign_offs/sign_offs.html", form=form, sign_offs=sign_offs_page(choices_found, signed))
