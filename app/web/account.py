"""Signing in and out, one's own account, and links that set a password."""

from typing import Any

from flask import Blueprint, flash, render_template, request
from flask_wtf import FlaskForm
from wtforms import HiddenField, PasswordField, StringField
from wtforms.validators import InputRequired, Length

from app.errors import RefusedError
from app.people import passwords, queries, service
from app.people.permissions import Action
from app.web import access
from app.web.access import now, public, reading, requires, transaction, visitor
from app.web.forms import EMAIL_KEYS, refuse
from app.web.words import moment

bp = Blueprint("account", __name__)

# A clinic's staff share one address; a guesser of one account is slowed, and never locks its owner out elsewhere.
PER_ACCOUNT_AND_ADDRESS = "10 per 5 minutes"
PER_ADDRESS = "200 per 15 minutes"


class SignInForm(FlaskForm):
    """E-mail address and password."""

    email = StringField(
        "E-mail address", [InputRequired("Enter your e-mail address."), Length(max=254)], render_kw=EMAIL_KEYS
    )
    password = PasswordField("Password", [InputRequired("Enter your password."), Length(max=passwords.LONGEST)])
    next = HiddenField()


class PasswordForm(FlaskForm):
    """A new password."""

    password = PasswordField("New password", [InputRequired("Choose a password."), Length(max=passwords.LONGEST)])


@bp.get("/sign-in")
@public
def enter() -> Any:
    """Show the sign-in form; who is signed in goes home."""
    if access.signed_in():
        return access.go("home.show")
    return render_template("account/sign_in.html", form=SignInForm(next=request.args.get("next", "")))


@bp.post("/sign-in")
@public
def sign_in() -> Any:
    """Sign in with password; too many tries are refused before the password is looked at."""
    form = SignInForm()
    if not form.validate_on_submit():
        return render_template("account/sign_in.html", form=form), 422
    if _too_many(form.email.data or ""):
        refuse(form, "Too many tries. Wait five minutes, then try again.")
        return render_template("account/sign_in.html", form=form), 429
    try:
        token = _authenticate(form)
    except RefusedError as refusal:
        refuse(form, str(refusal))
        return render_template("account/sign_in.html", form=form), 422
    access.sign_in(token)
    return access.go_to(form.next.data)


def _too_many(email: str) -> bool:
    limits, address = access.limits(), request.remote_addr
    known = passwords.token_hash(email.strip().lower())[:32]
    crowded = limits.too_many(PER_ADDRESS, "sign-in", address)
    return limits.too_many(PER_ACCOUNT_AND_ADDRESS, "sign-in", known, address) or crowded


def _authenticate(form: SignInForm) -> str:
    with reading() as found:
        account_id = service.authenticate(found, email=form.email.data or "", password=form.password.data or "")
    with transaction() as changed:
        return service.begin_sign_in(changed, account_id=account_id, now=now())


@bp.post("/sign-out")
@requires()
def leave() -> Any:
    """Sign out of this browser."""
    with transaction() as changed:
        service.sign_out(changed, token=visitor().token, now=now())
    access.sign_out()
    return access.go("account.enter")


@bp.get("/account")
@requires()
def show() -> Any:
    """Show one's own account."""
    person = visitor().person
    facts = [
        {"term": "Name", "value": person.name},
        {"term": "E-mail address", "value": person.email},
        {"term": "Organisation", "value": person.organisation},
        {"term": "Roles", "value": visitor().role_label},
        {"term": "Time zone", "value": person.time_zone},
    ]
    return render_template("account/account.html", facts=facts, learns=person.actor.can(Action.LEARN))


@bp.post("/account/sign-out-everywhere")
@requires()
def leave_everywhere() -> Any:
    """End every sign-in of this account, here and elsewhere."""
    with transaction() as changed:
        service.sign_out_everywhere(changed, actor=visitor().actor, now=now())
    access.sign_out()
    flash("You are signed out in every browser.", "success")
    return access.go("account.enter")


@bp.get("/links/<string:token>")
@public
def open_link(token: str) -> Any:
    """Show the form that an invitation or a reset link leads to."""
    return render_template("account/set_password.html", form=PasswordForm(), link=_link(token))


@bp.post("/links/<string:token>")
@public
def use_link(token: str) -> Any:
    """Set the password and sign nobody in: the new password has to be typed once."""
    form = PasswordForm()
    link = _link(token)
    if not form.validate_on_submit():
        return render_template("account/set_password.html", form=form, link=link), 422
    try:
        with transaction() as changed:
            service.set_password(changed, token=token, password=form.password.data or "", now=now())
    except RefusedError as refusal:
        refuse(form, str(refusal))
        return render_template("account/set_password.html", form=form, link=link), 422
    flash("Your password is set. Sign in with it.", "success")
    return access.go("account.enter")


def _link(token: str) -> dict[str, Any]:
    with reading() as found:
        link, account = queries.open_link(found, passwords.token_hash(token), now=now())
        zone = queries.get_organisation(found, account.organisation_id).time_zone
    return {
        "name": account.name,
        "email": account.email,
        "is_reset": link.purpose == "reset",
        "until": moment(link.expires_at, zone),
        "shortest": passwords.SHORTEST,
    }
