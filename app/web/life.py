"""A medical director's acts on one certification: suspend it or cells of it, give it back, revoke it."""

from typing import Any

from flask import Blueprint, flash, render_template
from sqlalchemy.orm import Session
from wtforms import DateField, RadioField, SelectField, SelectMultipleField
from wtforms.validators import InputRequired
from wtforms.widgets import CheckboxInput

from app.certification import acting, queries
from app.certification.changing import Change
from app.certification.lifecycle import EventKind, suspensions
from app.people.permissions import Action
from app.reports.closing import closings
from app.web import access
from app.web.access import now, reading, requires, transaction, visitor
from app.web.forms import CHOOSE, refusals_in, words_field
from app.web.life_pages import CLOSES, Asked, act_page, cell_choices, cells_of_form, suspension_choices
from app.web.signing import SignedForm, password_field

bp = Blueprint("life", __name__)

KINDS = {"suspend": EventKind.SUSPENDED, "reinstate": EventKind.REINSTATED, "revoke": EventKind.REVOKED}
DONE = {"suspend": "suspended", "reinstate": "reinstated", "revoke": "revoked"}


class ActForm(SignedForm):
    """What is done from which day on, to which cells, why, and the password."""

    lifts = RadioField("What is given back", [InputRequired("Choose what is given back.")], coerce=int)
    cells = SelectMultipleField("Cells", option_widget=CheckboxInput(), default=())
    effective_on = DateField("From", [InputRequired("Choose the first day.")])
    reason_code = SelectField("Reason", [InputRequired("Choose the reason.")])
    reason = words_field("In words")
    password = password_field("Enter your password.")


@bp.get("/certifications/<id:certification_id>/<any(suspend, reinstate, revoke):act>")
@requires(Action.CHANGE_CERTIFICATION)
def ask(certification_id: int, act: str) -> Any:
    """Ask what is done to a certification, and tell what that closes."""
    asked = _asked(certification_id, act)
    return _page(asked, _form(asked))


@bp.post("/certifications/<id:certification_id>/<any(suspend, reinstate, revoke):act>")
@requires(Action.CHANGE_CERTIFICATION)
def do(certification_id: int, act: str) -> Any:
    """Suspend, reinstate or revoke a certification."""
    asked = _asked(certification_id, act)
    form = _form(asked)
    if form.validate():
        with refusals_in(form), transaction() as changed:
            _act(changed, asked, form)
    if form.errors:
        return _page(asked, form), 422
    part = " in part" if "cells" in form and form.cells.data else ""
    flash(f"{asked.title} of {asked.name} is {DONE[act]}{part}.", "success")
    return access.go("technicians.show", account_id=asked.account_id)


def _asked(certification_id: int, act: str) -> Asked:
    who = visitor()
    with reading() as found:
        held = queries.get_held(found, certification_id, who.actor.organisation_id)
        state = held.on(who.today, now())
        account_id, whole = held.certification.account_id, {certification_id: None}
        closes = (
            closings(found, who.actor.organisation_id, [account_id], whole, day=who.today, now=now())
            if act in CLOSES
            else []
        )
    standing = suspensions(held.events, who.today, now())
    return Asked(held=held, act=act, state=state, standing=tuple(standing), closes=tuple(closes))


def _form(asked: Asked) -> ActForm:
    only = asked.standing[0].event_id if len(asked.standing) == 1 else None  # there is nothing to choose from
    form = ActForm(effective_on=visitor().today, lifts=only)
    form.reason_code.choices = [CHOOSE, *acting.CODES[KINDS[asked.act]].items()]
    form.cells.choices = cell_choices(asked)
    form.lifts.choices = suspension_choices(asked)
    if asked.act != "reinstate":
        del form.lifts
    if asked.act == "revoke" or not form.cells.choices:
        del form.cells
    return form


def _act(changed: Session, asked: Asked, form: ActForm) -> None:
    who = visitor()
    cells = cells_of_form(form.cells.data) if "cells" in form else None
    change = Change(
        kind=KINDS[asked.act],
        effective_on=form.effective_on.data or visitor().today,  # never empty: the form asks for a day
        reason_code=form.reason_code.data or "",
        reason=form.reason.data or "",
        cells=cells or None,
        lifts=form.lifts.data if "lifts" in form else None,
    )
    acting.act(
        changed,
        actor=who.actor,
        certification_id=asked.held.certification.id,
        change=change,
        password=form.password.data or "",
        today=who.today,
        now=now(),
    )


def _page(asked: Asked, form: ActForm) -> str:
    return render_template("life/act.html", asked=act_page(asked), form=form)
