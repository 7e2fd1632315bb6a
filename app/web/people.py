"""People: who works where with which roles, inviting, disabling, links that set a password, and the clinics."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from flask import Blueprint, current_app, flash, render_template, url_for
from wtforms import EmailField, SelectField, SelectMultipleField, StringField
from wtforms.validators import InputRequired
from wtforms.widgets import CheckboxInput

from app.certification import leaving
from app.certification import service as certification
from app.errors import NotFoundError
from app.people import names, queries, service
from app.people.models import Account, Clinic
from app.people.permissions import ROLE_LABELS, Action, Role, may_give
from app.web.access import go, now, reading, requires, transaction, visitor
from app.web.forms import (
    EMAIL_KEYS,
    HouseForm,
    asked_id,
    asked_page,
    asked_text,
    judged_by,
    plain,
    refusals_in,
    row_id,
    tidy,
    words_field,
)
from app.web.people_pages import PAGE_SIZE, clinic_rows, link_page, list_page, network_rows, person_page
from app.web.words import Context, moment

bp = Blueprint("people", __name__)

EVERYWHERE = "organisation"


def place(value: Any) -> int | None:
    """Return where a role is held: a clinic's id, 0 for the whole organisation, None while nothing is chosen."""
    return {"": None, EVERYWHERE: 0}[value] if value in ("", EVERYWHERE) else row_id(value)


class InviteForm(HouseForm):
    """Who is invited, and what they will do where."""

    name = StringField(
        "Name",
        [InputRequired("Enter the person's name."), plain, judged_by(names.clean_name)],
        filters=[tidy],
        render_kw={"maxlength": 120},
    )
    email = EmailField(
        "E-mail address",
        [InputRequired("Enter the person's e-mail address."), plain, judged_by(names.clean_email)],
        filters=[tidy],
        render_kw={"maxlength": 254, **EMAIL_KEYS},
    )
    roles = SelectMultipleField("Roles", [InputRequired("Choose at least one role.")], option_widget=CheckboxInput())
    place = SelectField("Where", [InputRequired("Choose where.")], coerce=place, validate_choice=False)


class RoleForm(HouseForm):
    """One more role for a person."""

    role = SelectField("Role", [InputRequired("Choose a role.")])
    place = SelectField("Where", [InputRequired("Choose where.")], coerce=place, validate_choice=False)


class ReasonForm(HouseForm):
    """Why somebody is disabled; it stands in the trail."""

    reason = words_field("Reason")


class ClinicForm(HouseForm):
    """A new clinic."""

    name = StringField(
        "Name",
        [InputRequired("Enter the clinic's name."), plain, judged_by(names.clean_name)],
        filters=[tidy],
        render_kw={"maxlength": 120},
    )


@bp.get("/people")
@requires(Action.MANAGE_PEOPLE)
def show() -> Any:
    """Show the people that the visitor manages, by clinic and name, fifty at a time."""
    who, clinic_id, name, page = visitor(), asked_id("clinic"), asked_text("name"), asked_page()
    within = who.actor.clinics(Action.MANAGE_PEOPLE)
    with reading() as found:
        clinics = queries.clinics(found, who.actor.organisation_id, within)
        chosen = _chosen(clinics, clinic_id, within)
        people, total = queries.find_members(
            found, who.actor.organisation_id, chosen, name=name, page=page, size=PAGE_SIZE
        )
    listed = list_page(who, clinics, people, clinic_id=clinic_id, name=name, page=page, total=total)
    return render_template("people/people.html", people=listed)


@bp.get("/people/invite")
@requires(Action.MANAGE_PEOPLE)
def ask_invite() -> Any:
    """Show the form that invites somebody."""
    return render_template("people/invite.html", form=_with_choices(InviteForm(), "roles"))


@bp.post("/people/invite")
@requires(Action.MANAGE_PEOPLE)
def invite() -> Any:
    """Invite somebody, and show their link this once."""
    form = _with_choices(InviteForm(), "roles")
    if form.validate():
        roles = [(Role(role), form.place.data or None) for role in form.roles.data or ()]
        with refusals_in(form), transaction() as changed:
            account, token = service.invite(
                changed,
                actor=visitor().actor,
                email=form.email.data or "",
                name=form.name.data or "",
                roles=roles,
                now=now(),
            )
    if form.errors:
        return render_template("people/invite.html", form=form), 422
    return render_template("people/link.html", link=_link(account, "Invitation", token, service.INVITATION_LASTS))


@bp.get("/people/<id:account_id>")
@requires(Action.MANAGE_PEOPLE)
def person(account_id: int) -> Any:
    """Show a person with their roles, and what the visitor may change."""
    return _person_page(account_id, RoleForm())


@bp.post("/people/<id:account_id>/roles")
@requires(Action.MANAGE_PEOPLE)
def give_role(account_id: int) -> Any:
    """Give a person one more role."""
    form = _with_choices(RoleForm(), "role")
    if form.validate():
        role, clinic_id = Role(form.role.data), form.place.data or None
        with refusals_in(form), transaction() as changed:
            service.give_role(
                changed, actor=visitor().actor, account_id=account_id, role=role, clinic_id=clinic_id, now=now()
            )
    if form.errors:
        return _person_page(account_id, form), 422
    flash(f"The role is given: {ROLE_LABELS[role]}.", "success")
    return go("people.person", account_id=account_id)


@bp.post("/people/<id:account_id>/roles/<id:grant_id>/end")
@requires(Action.MANAGE_PEOPLE)
def end_role(account_id: int, grant_id: int) -> Any:
    """Take a role away from a person, who may leave the visitor's sight with it."""
    with transaction() as changed:
        leaving.end_role(changed, actor=visitor().actor, account_id=account_id, grant_id=grant_id, now=now())
    flash("The role is ended.", "success")
    return go("people.show")


@bp.get("/people/<id:account_id>/disable")
@requires(Action.MANAGE_PEOPLE)
def ask_disable(account_id: int) -> Any:
    """Ask for the reason before an account is disabled."""
    return _disable_page(account_id, ReasonForm())


@bp.post("/people/<id:account_id>/disable")
@requires(Action.MANAGE_PEOPLE)
def disable(account_id: int) -> Any:
    """Disable an account: its sign-ins, links and running exam end at once."""
    form = ReasonForm()
    if form.validate():
        with refusals_in(form), transaction() as changed:
            certification.disable_account(
                changed, actor=visitor().actor, account_id=account_id, reason=form.reason.data or "", now=now()
            )
    if form.errors:
        return _disable_page(account_id, form), 422
    flash("The account is disabled. Its sign-ins, its links and a running exam ended.", "success")
    return go("people.person", account_id=account_id)


@bp.post("/people/<id:account_id>/enable")
@requires(Action.MANAGE_PEOPLE)
def enable(account_id: int) -> Any:
    """Let a disabled person sign in again."""
    with transaction() as changed:
        account = service.enable(changed, actor=visitor().actor, account_id=account_id, now=now())
    flash(f"{account.name} can sign in again.", "success")
    return go("people.person", account_id=account_id)


@bp.post("/people/<id:account_id>/link")
@requires(Action.MANAGE_PEOPLE)
def make_link(account_id: int) -> Any:
    """Make a link with which a person sets a new password, and show it this once."""
    with transaction() as changed:
        account, token = service.make_reset_link(changed, actor=visitor().actor, account_id=account_id, now=now())
    return render_template("people/link.html", link=_link(account, "Password link", token, service.RESET_LASTS))


@bp.get("/clinics")
@requires(Action.GIVE_ALL_ROLES)
def clinics() -> Any:
    """Show the organisation's clinics, and the form for another one."""
    return _clinics_page(ClinicForm())


@bp.post("/clinics")
@requires(Action.GIVE_ALL_ROLES)
def add_clinic() -> Any:
    """Add a clinic."""
    form = ClinicForm()
    if form.validate():
        with refusals_in(form), transaction() as changed:
            clinic = service.add_clinic(changed, actor=visitor().actor, name=form.name.data or "", now=now())
    if form.errors:
        return _clinics_page(form), 422
    flash(f"{clinic.name} is added.", "success")
    return go("people.clinics")


def _chosen(clinics: Sequence[Clinic], clinic_id: int | None, within: frozenset[int] | None) -> frozenset[int] | None:
    """Return the clinics to list: the chosen one, which must be among those to choose from, or all of the visitor's."""
    if clinic_id is None:
        return within
    if clinic_id not in {clinic.id for clinic in clinics}:
        raise NotFoundError
    return frozenset({clinic_id})


def _with_choices(form: Any, roles_field: str) -> Any:
    """Fill in the roles and places that the visitor may hand out."""
    actor = visitor().actor
    with reading() as found:
        clinics = queries.clinics(found, actor.organisation_id, actor.clinics(Action.MANAGE_PEOPLE))
    places = [None, *(clinic.id for clinic in clinics)]
    form[roles_field].choices = [
        (role.value, ROLE_LABELS[role])
        for role in Role
        if any(may_give(actor.grants, role, clinic_id) for clinic_id in places)
    ]
    choices = [(str(clinic.id), clinic.name) for clinic in clinics]
    if any(may_give(actor.grants, role, None) for role in Role):
        choices.insert(0, (EVERYWHERE, "Whole organisation"))
    # With one place there is nothing to choose, and it stands there already.
    form.place.choices = choices if len(choices) == 1 else [("", "Choose where"), *choices]
    return form


def _link(account: Account, title: str, token: str, lasts: timedelta) -> Context:
    # The address comes from the settings: what a request says its host is could be anybody's.
    url = f"{current_app.config['BASE_URL']}{url_for('account.open_link', token=token)}"
    return link_page(account, title, url, moment(now() + lasts, visitor().person.time_zone))


def _person_page(account_id: int, form: RoleForm) -> str:
    who = visitor()
    with reading() as found:
        one = queries.member(found, who.actor.organisation_id, account_id, who.actor.clinics(Action.MANAGE_PEOPLE))
    shown = person_page(one, who)
    return render_template("people/person.html", person=shown, form=_with_choices(form, "role"))


def _disable_page(account_id: int, form: ReasonForm) -> str:
    who = visitor().actor
    with reading() as found:
        one = queries.member(found, who.organisation_id, account_id, who.clinics(Action.MANAGE_PEOPLE))
    return render_template("people/disable.html", form=form, name=one.name, account_id=one.id)


def _clinics_page(form: ClinicForm) -> str:
    organisation_id = visitor().actor.organisation_id
    with reading() as found:
        listed = queries.clinics(found, organisation_id, None)
        sizes = queries.people_in_clinics(found, organisation_id)
    rows, places = clinic_rows(listed, sizes), network_rows(listed)
    return render_template("people/clinics.html", rows=rows, places=places, form=form)
