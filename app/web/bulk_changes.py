"""Suspending or revoking several certifications: one person proposes, a second one confirms with password."""

from typing import Any

from flask import Blueprint, flash, render_template
from wtforms import DateField, SelectField, SelectMultipleField
from wtforms.validators import InputRequired
from wtforms.widgets import CheckboxInput

from app.certification import bulk, queries
from app.certification.acting import WHY_REVOKE, WHY_SUSPEND
from app.certification.lifecycle import EventKind
from app.errors import NotFoundError
from app.people import queries as people
from app.people.permissions import Action
from app.reports.changeable import Changeable, changeable
from app.web import access
from app.web.access import now, reading, requires, transaction, visitor
from app.web.bulk_pages import certification_choices, choose_page, list_page, one_page, ticked, wanted
from app.web.forms import CHOOSE, refusals_in, row_id, words_field
from app.web.signing import SignedForm, password_field

bp = Blueprint("bulk_changes", __name__)

ACTS = {EventKind.SUSPENDED.value: "Suspend", EventKind.REVOKED.value: "Revoke for good"}
WHY = {**WHY_SUSPEND, **WHY_REVOKE}


class ProposeForm(SignedForm):
    """What is done to which certifications from which day on, why, and the password."""

    kind = SelectField("What", [InputRequired("Choose whether to suspend or to revoke.")])
    certifications = SelectMultipleField("Certifications", coerce=row_id, option_widget=CheckboxInput(), default=())
    effective_on = DateField("From", [InputRequired("Choose the first day.")])
    reason_code = SelectField("Reason", [InputRequired("Choose the reason.")])
    reason = words_field("In words")
    password = password_field("Enter your password.")


class ConfirmForm(SignedForm):
    """The second person's password."""

    password = password_field("Enter your password.")


@bp.get("/bulk-changes")
@requires(Action.CHANGE_MANY)
def show() -> Any:
    """List what was proposed, the latest first."""
    with reading() as found:
        rows = bulk.listed(found, visitor().actor.organisation_id)
        names = people.names(found, {one.account_id for row in rows for one in row if one is not None})
    return render_template("bulk/changes.html", changes=list_page(rows, names))


@bp.get("/bulk-changes/new")
@requires(Action.CHANGE_MANY)
def ask() -> Any:
    """Ask which certifications, what, and why; which ones can be chosen stands in the address."""
    form, listed = _form()
    return render_template("bulk/new.html", form=form, choose=choose_page(listed))


@bp.post("/bulk-changes/new")
@requires(Action.CHANGE_MANY)
def propose() -> Any:
    """Propose a change of several certifications."""
    (form, listed), who = _form(), visitor()
    if form.validate():
        with refusals_in(form), transaction() as changed:
            bulk.propose(changed, actor=who.actor, today=who.today, now=now(), **_values(form))
    if form.errors:
        return render_template("bulk/new.html", form=form, choose=choose_page(listed)), 422
    flash("Proposed. A second person confirms it; until then nothing changes.", "success")
    return access.go("bulk_changes.show")


@bp.get("/bulk-changes/<id:bulk_change_id>")
@requires(Action.CHANGE_MANY)
def one(bulk_change_id: int) -> Any:
    """Show a proposal with every certification that it is about."""
    return _one(bulk_change_id, ConfirmForm(formdata=None))


@bp.post("/bulk-changes/<id:bulk_change_id>/confirm")
@requires(Action.CHANGE_MANY)
def confirm(bulk_change_id: int) -> Any:
    """Confirm what another person proposed: it is done now."""
    form, who = ConfirmForm(), visitor()
    if form.validate():
        with refusals_in(form), transaction() as changed:
            given: dict[str, Any] = {"password": form.password.data or "", "today": who.today, "now": now()}
            done, left = bulk.confirm(changed, actor=who.actor, bulk_change_id=bulk_change_id, **given)
    if form.errors:
        return _one(bulk_change_id, form), 422
    flash(f"Done: {done} changed{f', {left} could not be changed any more' if left else ''}.", "success")
    return access.go("bulk_changes.show")


@bp.post("/bulk-changes/<id:bulk_change_id>/withdraw")
@requires(Action.CHANGE_MANY)
def withdraw(bulk_change_id: int) -> Any:
    """Take a proposal back."""
    form = ConfirmForm(formdata=None)
    with refusals_in(form), transaction() as changed:
        bulk.withdraw(changed, actor=visitor().actor, bulk_change_id=bulk_change_id, now=now())
    if form.errors:
        return _one(bulk_change_id, form), 422
    flash("Taken back: nothing was changed.", "success")
    return access.go("bulk_changes.show")


def _form() -> tuple[ProposeForm, Changeable]:
    """Return the form, and the certifications that the address asks for: these can be chosen."""
    who = visitor()
    with reading() as found:
        listed = changeable(found, who.actor.organisation_id, wanted(), day=who.today, now=now())
    form = ProposeForm(effective_on=who.today, certifications=ticked(listed))
    form.kind.choices, form.reason_code.choices = [*ACTS.items()], [CHOOSE, *WHY.items()]
    form.certifications.choices = certification_choices(listed, who.today, now())
    return form, listed


def _values(form: ProposeForm) -> dict[str, Any]:
    return {
        "kind": EventKind(form.kind.data),
        "certification_ids": form.certifications.data or (),
        "effective_on": form.effective_on.data,
        "reason_code": form.reason_code.data or "",
        "reason": form.reason.data or "",
        "password": form.password.data or "",
    }


def _one(bulk_change_id: int, form: ConfirmForm) -> str:
    actor = visitor().actor
    with reading() as found:
        rows = bulk.listed(found, actor.organisation_id)
        row = next((each for each in rows if each[0].id == bulk_change_id), None)
        if row is None:
            raise NotFoundError
        held = queries.held_among(found, actor.organisation_id, row[0].certification_ids)
        names = people.names(found, {each.account_id for each in row if each is not None})
    return render_template("bulk/one.html", change=one_page(row, held, names, now()), form=form)
