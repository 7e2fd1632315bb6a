"""Evidence from outside: technicians and managers upload certificates of other bodies, a medical director decides."""

from typing import Any

from flask import Blueprint, Response, flash
from flask_wtf.file import FileField, FileRequired
from wtforms import DateField, SelectMultipleField, StringField
from wtforms.validators import InputRequired, Length, Optional
from wtforms.widgets import CheckboxInput

from app.people.permissions import Action
from app.web.access import go, requires, visitor
from app.web.forms import HouseForm, plain, tidy, words_field
from app.web.outside_pages import (
    accept_it,
    add_it,
    decline_it,
    judge_page,
    list_page,
    send_file,
    waiting_page,
)
from app.web.signing import SignedForm, password_field

bp = Blueprint("outside", __name__)


def _text(label: str, longest: int, asked: str) -> StringField:
    """Return a field for a short text that has to be there."""
    shorter = Length(max=longest, message=f"Enter at most {longest} characters.")
    return StringField(label, [InputRequired(asked), plain, shorter], filters=[tidy])


class CertificateForm(HouseForm):
    """What the certificate of another body says, and its file."""

    issuer = _text("Issuer", 120, "Enter who issued it.")
    title = _text("Title", 200, "Enter what it is called.")
    number = _text("Number", 64, "Enter its number, or “none”.")
    issued_on = DateField("Issued on", [InputRequired("Enter the day on which it was issued.")])
    expires_on = DateField("Valid to", [Optional()])
    file = FileField(
        "File", [FileRequired("Choose the file of the certificate.")], render_kw={"accept": ".pdf,.jpg,.jpeg,.png"}
    )


class DecisionForm(SignedForm):
    """Why a director decides so, signed with the password."""

    reason = words_field("Reason")
    password = password_field()


class AcceptForm(DecisionForm):
    """What the certificate stands for, as course and requirement."""

    stands_for = SelectMultipleField(
        "It stands for", [InputRequired("Choose what the certificate stands for.")], option_widget=CheckboxInput()
    )


@bp.get("/outside-evidence")
@requires(Action.LEARN)
def own() -> Any:
    """Show a technician's own certificates of other bodies, and the form for one more."""
    return list_page(visitor().actor.account_id, CertificateForm())


@bp.post("/outside-evidence")
@requires(Action.LEARN)
def add_own() -> Any:
    """Upload one's own certificate."""
    return _add(visitor().actor.account_id)


@bp.get("/technicians/<id:account_id>/outside-evidence")
@requires(Action.ADD_EVIDENCE)
def of(account_id: int) -> Any:
    """Show the certificates of somebody that the visitor answers for, and the form for one more."""
    return list_page(account_id, CertificateForm())


@bp.post("/technicians/<id:account_id>/outside-evidence")
@requires(Action.ADD_EVIDENCE)
def add(account_id: int) -> Any:
    """Upload somebody's certificate."""
    return _add(account_id)


@bp.get("/outside-evidence/<id:evidence_id>/file")
@requires()
def file(evidence_id: int) -> Response:
    """Send the file of a certificate, to be kept and never to be shown by the browser itself."""
    return send_file(evidence_id)


@bp.get("/outside-evidence/waiting")
@requires(Action.DECIDE_EVIDENCE)
def waiting() -> Any:
    """Show what waits for a decision."""
    return waiting_page()


@bp.get("/outside-evidence/<id:evidence_id>")
@requires(Action.DECIDE_EVIDENCE)
def judge(evidence_id: int) -> Any:
    """Show a certificate with the form that accepts it, and the one that declines it."""
    return judge_page(evidence_id, AcceptForm(), DecisionForm(formdata=None, prefix="no-"))


@bp.post("/outside-evidence/<id:evidence_id>/acceptance")
@requires(Action.DECIDE_EVIDENCE)
def accept(evidence_id: int) -> Any:
    """Accept a certificate for requirements of courses, and tell what that completed."""
    form = AcceptForm()
    told = accept_it(evidence_id, form)
    if not told:
        return judge_page(evidence_id, form, DecisionForm(formdata=None, prefix="no-")), 422
    flash(told, "success")
    return go("outside.judge", evidence_id=evidence_id)


@bp.post("/outside-evidence/<id:evidence_id>/refusal")
@requires(Action.DECIDE_EVIDENCE)
def decline(evidence_id: int) -> Any:
    """Decline a certificate."""
    form = DecisionForm(prefix="no-")
    if not decline_it(evidence_id, form):
        return judge_page(evidence_id, AcceptForm(formdata=None), form), 422
    flash("The certificate is declined. Whose it is sees the reason.", "success")
    return go("outside.judge", evidence_id=evidence_id)


def _add(account_id: int) -> Any:
    form = CertificateForm()
    if not add_it(account_id, form):
        return list_page(account_id, form), 422
    flash("The certificate is kept. A medical director decides what it stands for.", "success")
    own = account_id == visitor().actor.account_id
    return go("outside.own") if own else go("outside.of", account_id=account_id)
