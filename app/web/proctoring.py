"""Codes that somebody on site makes, so that a technician's exam can be started: shown once, for half an hour."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template
from wtforms import SelectField
from wtforms.validators import InputRequired

from app.exams import proctoring
from app.people import queries as people
from app.people.permissions import Action
from app.releases import queries as releases
from app.web.access import now, reading, requires, transaction, visitor
from app.web.forms import HouseForm, refusals_in, row_id
from app.web.words import clock_time

bp = Blueprint("proctoring", __name__)


def person_id(value: Any) -> int | None:
    """Return the id of who was chosen, None while nobody is; ValueError for anything that is no id."""
    return row_id(value) if value else None


class CodeForm(HouseForm):
    """Who sits which exam."""

    technician = SelectField("Technician", [InputRequired("Choose the technician.")], coerce=person_id)
    course = SelectField("Exam", [InputRequired("Choose the exam.")])


@dataclass(frozen=True, kw_only=True, slots=True)
class Offer:
    """Who may be let in to what: (id, name) of technicians, (id, title) of courses whose exam takes a code."""

    people: Sequence[tuple[int, str]]
    courses: Sequence[tuple[str, str]]


@bp.get("/proctor-codes")
@requires(Action.MAKE_PROCTOR_CODE)
def show() -> Any:
    """Show the form that makes a code."""
    offer = _offer()
    return _page(offer, _form(offer))


@bp.post("/proctor-codes")
@requires(Action.MAKE_PROCTOR_CODE)
def make() -> Any:
    """Make a code, and show it this once."""
    offer = _offer()
    form, actor = _form(offer), visitor().actor
    if form.validate():
        person, course = form.technician.data or 0, form.course.data or ""
        with refusals_in(form), transaction() as changed:
            code, until = proctoring.make_code(changed, actor=actor, account_id=person, course_id=course, now=now())
    if form.errors:
        return _page(offer, form), 422
    until_text = clock_time(until, visitor().person.time_zone)[:5]
    made = {"code": code, "name": dict(offer.people)[person], "exam": dict(offer.courses)[course], "until": until_text}
    return render_template("proctoring/code.html", made=made)


def _offer() -> Offer:
    actor = visitor().actor
    with reading() as found:
        technicians = people.technicians(found, actor.organisation_id, actor.clinics(Action.MAKE_PROCTOR_CODE))
        in_force = releases.all_in_force(found, actor.organisation_id)
    names = {account_id: name for account_id, name, _, _ in technicians if account_id != actor.account_id}
    return Offer(
        people=sorted(names.items(), key=lambda one: (one[1].casefold(), one[0])),
        courses=[
            (course_id, one.release.title)
            for course_id, one in in_force.items()
            if one.release.manifest["exam"].get("proctor_code") and not one.withdrawn.whole
        ],
    )


def _form(offer: Offer) -> CodeForm:
    form = CodeForm()
    form.technician.choices = [("", "Choose the technician"), *((str(one), name) for one, name in offer.people)]
    form.course.choices = [("", "Choose the exam"), *offer.courses] if len(offer.courses) != 1 else [*offer.courses]
    return form


def _page(offer: Offer, form: CodeForm) -> str:
    return render_template("proctoring/codes.html", form=form, nothing=not offer.courses)
