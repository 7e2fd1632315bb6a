"""A technician's observed practice: they confirm or contest what was recorded."""

from typing import Any

from flask import Blueprint, flash, render_template, url_for
from wtforms import BooleanField, SelectField, TextAreaField
from wtforms.validators import InputRequired

from app.certification import attesting, practice
from app.certification.attesting import SignOffState
from app.certification.practice_queries import get_attested
from app.people.permissions import Action
from app.reports import sign_offs as reports
from app.web.access import go, now, reading, requires, transaction, visitor
from app.web.forms import HouseForm, refusals_in, tidy
from app.web.practice_pages import brought, line, whole
from app.web.sign_offs import NO_CLIENT, WORDS_RULES

bp = Blueprint("practice", __name__)


class ContestForm(HouseForm):
    """What is wrong in a recorded treatment."""

    reason = SelectField("What is wrong", [InputRequired("Choose what is wrong.")])
    words = TextAreaField("In your own words", WORDS_RULES, filters=[tidy])
    no_client_detail = BooleanField(NO_CLIENT)


@bp.get("/practice")
@requires(Action.LEARN)
def show() -> Any:
    """Show the visitor's observed treatments."""
    with reading() as found:
        _, entries = reports.practice_of(found, actor=visitor().actor)
    lines = [
        {**line(one, mine=True), "href": url_for("practice.entry", sign_off_id=one.attested.sign_off.id)}
        for one in entries
    ]
    return render_template("practice/practice.html", entries=lines)


@bp.get("/practice/<id:sign_off_id>")
@requires(Action.LEARN)
def entry(sign_off_id: int) -> Any:
    """Show what was recorded of one treatment, to confirm or contest it."""
    return _page(sign_off_id, _form())


@bp.post("/practice/<id:sign_off_id>/confirm")
@requires(Action.LEARN)
def confirm(sign_off_id: int) -> Any:
    """Sign what was recorded, and tell what that completed."""
    with transaction() as changed:
        practice.confirm(changed, actor=visitor().actor, sign_off_id=sign_off_id, now=now())
    flash(_brought(sign_off_id), "success")
    return go("practice.entry", sign_off_id=sign_off_id)


@bp.post("/practice/<id:sign_off_id>/contest")
@requires(Action.LEARN)
def contest(sign_off_id: int) -> Any:
    """Say what is wrong in what was recorded."""
    form = _form()
    if form.validate():
        told = {
            "reason_code": form.reason.data,
            "words": form.words.data,
            "no_client_detail": form.no_client_detail.data,
        }
        with refusals_in(form), transaction() as changed:
            practice.contest(changed, actor=visitor().actor, sign_off_id=sign_off_id, now=now(), **told)
    if form.errors:
        return _page(sign_off_id, form), 422
    flash("Contested. It does not count; your evaluator sees it here and corrects it.", "success")
    return go("practice.entry", sign_off_id=sign_off_id)


def _form() -> ContestForm:
    form = ContestForm()
    form.reason.choices = [("", "Choose what is wrong"), *attesting.CONTESTED.items()]
    return form


def _brought(sign_off_id: int) -> str:
    who = visitor()
    with reading() as found:
        one = get_attested(found, who.actor.organisation_id, sign_off_id)
        told = reports.outcomes(
            found,
            organisation_id=who.actor.organisation_id,
            account_id=who.actor.account_id,
            zone=who.person.time_zone,
            cell=one.cell,
            now=now(),
        )
    return brought(told, counts=one.counts)


def _page(sign_off_id: int, form: ContestForm) -> str:
    who = visitor()
    with reading() as found:
        one = reports.entry(found, actor=who.actor, sign_off_id=sign_off_id, as_evaluator=False)
    return render_template(
        "practice/entry.html",
        entry=whole(one, who.person.time_zone, mine=True),
        waits=one.attested.state is SignOffState.WAITING,
        form=form,
    )
