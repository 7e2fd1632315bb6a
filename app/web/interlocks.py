"""Interlocks: hold the matching cells of all who hold them, see beforehand whom it hits, and give them back."""

from typing import Any

from flask import Blueprint, flash, render_template, request
from wtforms import HiddenField, SelectField
from wtforms.validators import InputRequired

from app.certification import interlocks as service
from app.certification.holds import Matching
from app.people import queries as people
from app.people.permissions import Action
from app.reports.closing import closings
from app.reports.treating import offered_cells
from app.web import access
from app.web.access import now, reading, requires, transaction, visitor
from app.web.forms import CHOOSE, refusals_in, words_field
from app.web.interlocks_pages import Preview, list_page, matching_of, new_page, one_page
from app.web.signing import SignedForm, password_field

bp = Blueprint("interlocks", __name__)


class InterlockForm(SignedForm):
    """Which cells, whose, why, and the password."""

    clinic = HiddenField(default="")
    device = HiddenField(default="")
    procedure = HiddenField(default="")
    skin_types = HiddenField(default="")
    reason_code = SelectField("Reason", [InputRequired("Choose the reason.")])
    reason = words_field("In words")
    password = password_field("Enter your password.")


class LiftForm(SignedForm):
    """Why it is safe again, and the password."""

    reason = words_field("Why it is safe again")
    password = password_field("Enter your password.")


@bp.get("/interlocks")
@requires(Action.INTERLOCK)
def show() -> Any:
    """List the interlocks, the latest first."""
    actor = visitor().actor
    with reading() as found:
        rows = service.listed(found, actor.organisation_id, actor.clinics(Action.INTERLOCK))
        clinics = people.clinics(found, actor.organisation_id, None)
        devices = offered_cells(found, actor.organisation_id)[0]
    return render_template("interlocks/interlocks.html", interlocks=list_page(rows, clinics, devices))


@bp.get("/interlocks/new")
@requires(Action.INTERLOCK)
def ask() -> Any:
    """Choose which cells are held, and see whom that hits."""
    chosen = {name: request.args.get(name, "") for name in ("clinic", "device", "procedure")}
    form = InterlockForm(formdata=None, **chosen, skin_types="".join(request.args.getlist("skin_type")))
    return _page(_with_reasons(form))


@bp.post("/interlocks/new")
@requires(Action.INTERLOCK)
def hold() -> Any:
    """Hold the cells at once."""
    form, who = _with_reasons(InterlockForm()), visitor()
    if form.validate():
        with refusals_in(form), transaction() as changed:
            given = {**_words(form), "reason_code": form.reason_code.data or ""}
            _, hit = service.interlock(changed, actor=who.actor, matching=_matching(form), **given)
    if form.errors:
        return _page(form), 422
    flash(f"Held at once: {hit} certification{'s' if hit != 1 else ''}.", "success")
    return access.go("interlocks.show")


@bp.get("/interlocks/<id:interlock_id>")
@requires(Action.CHANGE_CERTIFICATION)
def one(interlock_id: int) -> Any:
    """Show an interlock, and the form that lifts it."""
    return _one(interlock_id, LiftForm(formdata=None))


@bp.post("/interlocks/<id:interlock_id>/lift")
@requires(Action.CHANGE_CERTIFICATION)
def lift(interlock_id: int) -> Any:
    """Give back exactly what an interlock held."""
    form, who = LiftForm(), visitor()
    if form.validate():
        with refusals_in(form), transaction() as changed:
            given = service.lift(changed, actor=who.actor, interlock_id=interlock_id, **_words(form))
    if form.errors:
        return _one(interlock_id, form), 422
    flash(f"Lifted: {given} certification{'s' if given != 1 else ''} got back what it had held.", "success")
    return access.go("interlocks.show")


def _with_reasons(form: InterlockForm) -> InterlockForm:
    form.reason_code.choices = [CHOOSE, *service.WHY.items()]
    return form


def _words(form: InterlockForm | LiftForm) -> dict[str, Any]:
    given = {"reason": form.reason.data or "", "password": form.password.data or ""}
    return {**given, "day": visitor().today, "now": now()}


def _matching(form: InterlockForm) -> Matching:
    return matching_of(form.clinic.data, form.device.data, form.procedure.data, form.skin_types.data)


def _page(form: InterlockForm) -> str:
    who, matching = visitor(), _matching(form)
    actor, within = who.actor, who.actor.clinics(Action.INTERLOCK)
    with reading() as found:
        clinics = people.clinics(found, actor.organisation_id, within)
        devices, cells = offered_cells(found, actor.organisation_id)
        asked = matching.device or matching.procedure or matching.skin_types
        ready = bool(asked) and (within is None or matching.clinic_id in {one.id for one in clinics})
        hits = service.hits(found, actor, matching, day=who.today, now=now()) if ready else []
        accounts = {one.held.certification.account_id for one in hits}
        losses = {one.held.certification.id: one.cells for one in hits}
        closes = closings(found, actor.organisation_id, accounts, losses, day=who.today, now=now()) if hits else []
    shown = Preview(
        clinics=tuple((one.id, one.name) for one in clinics),
        everywhere=within is None,
        devices=devices,
        cells=tuple(cells),
        matching=matching,
        ready=ready,
        hits=tuple(hits),
        closes=tuple(closes),
    )
    return render_template("interlocks/new.html", asked=new_page(shown), form=form)


def _one(interlock_id: int, form: LiftForm) -> str:
    actor = visitor().actor
    with reading() as found:
        rows = service.listed(found, actor.organisation_id, None)
        row = next((each for each in rows if each[0].id == interlock_id), None) or (
            service.get(found, actor.organisation_id, interlock_id),
            None,
        )
        clinics = people.clinics(found, actor.organisation_id, None)
        devices = offered_cells(found, actor.organisation_id)[0]
    return render_template("interlocks/one.html", asked=one_page(row, clinics, devices), form=form)
