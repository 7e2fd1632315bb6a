"""The tokens with which other programs read: an administrator makes them, sees which are used, and revokes them."""

from typing import Any

from flask import Blueprint, flash, render_template
from wtforms import SelectMultipleField, StringField
from wtforms.validators import InputRequired, StopValidation
from wtforms.widgets import CheckboxInput

from app.people import names, queries, tokens
from app.people.permissions import Action
from app.web import access
from app.web.access import now, reading, requires, transaction, visitor
from app.web.forms import judged_by, plain, refusals_in, tidy
from app.web.signing import SignedForm, password_field
from app.web.tokens_pages import EVERYWHERE, list_page, made_page

bp = Blueprint("tokens", __name__)

# A token asks for the password again; whoever found an open browser must not try it out.


def _all_or_some(_form: Any, field: Any) -> None:
    """Refuse both at once: somebody who names a clinic may not have meant all of them."""
    if EVERYWHERE in field.data and len(field.data) > 1:
        raise StopValidation("Choose every clinic, or name some: not both.")


class TokenForm(SignedForm):
    """What the token is for, what it reads, and the password that makes it an administrator's act."""

    name = StringField(
        "Name",
        [InputRequired("Enter a name for the token."), plain, judged_by(names.clean_name)],
        filters=[tidy],
        render_kw={"maxlength": 120},
    )
    clinics = SelectMultipleField(
        "Clinics that it reads",
        [InputRequired("Choose at least one clinic, or every clinic."), _all_or_some],
        option_widget=CheckboxInput(),
        choices=(),
    )
    password = password_field("Enter your password to make the token.")


@bp.get("/tokens")
@requires(Action.MANAGE_TOKENS)
def show() -> Any:
    """Show the tokens of the organisation, and the form for another one."""
    return _page(_with_choices(TokenForm(formdata=None)))


@bp.post("/tokens")
@requires(Action.MANAGE_TOKENS)
def make() -> Any:
    """Make a token and show it this once."""
    form, actor = _with_choices(TokenForm()), visitor().actor
    if form.validate():
        with refusals_in(form), transaction() as changed:
            made, secret = tokens.make_token(
                changed,
                actor=actor,
                name=form.name.data or "",
                clinics=_chosen(form),
                password=form.password.data or "",
                now=now(),
            )
    return (_page(form), 422) if form.errors else render_template("tokens/made.html", made=made_page(made, secret))


@bp.get("/tokens/<id:token_id>/revoke")
@requires(Action.MANAGE_TOKENS)
def ask_revoke(token_id: int) -> Any:
    """Ask before a token is revoked."""
    with reading() as found:
        token = tokens.get_token(found, visitor().actor.organisation_id, token_id)
    return render_template("tokens/revoke.html", name=token.name, token_id=token.id)


@bp.post("/tokens/<id:token_id>/revoke")
@requires(Action.MANAGE_TOKENS)
def revoke(token_id: int) -> Any:
    """Revoke a token: whoever sends it gets no answer any more. To stop one is never made hard."""
    with transaction() as changed:
        token = tokens.revoke_token(changed, actor=visitor().actor, token_id=token_id, now=now())
    flash(f"{token.name} is revoked. It gets no answer any more.", "success")
    return access.go("tokens.show")


def _page(form: TokenForm) -> str:
    who = visitor()
    with reading() as found:
        listed = tokens.tokens(found, who.actor.organisation_id)
        clinics = {one.id: one.name for one in queries.clinics(found, who.actor.organisation_id, None)}
    return render_template("tokens/tokens.html", tokens=list_page(listed, clinics, who), form=form)


def _with_choices(form: TokenForm) -> TokenForm:
    with reading() as found:
        clinics = queries.clinics(found, visitor().actor.organisation_id, None)
    form.clinics.choices = [
        (EVERYWHERE, "Every clinic, also those added later"),
        *((str(one.id), one.name) for one in clinics),
    ]
    return form


def _chosen(form: TokenForm) -> list[int] | None:
    chosen = form.clinics.data or ()
    return None if EVERYWHERE in chosen else [int(one) for one in chosen]
