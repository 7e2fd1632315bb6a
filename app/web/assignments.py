"""Assigning a course to people, or to everybody who treats at a clinic, with the day by which it is due."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import Blueprint, flash, render_template, url_for
from sqlalchemy.orm import Session
from wtforms import BooleanField, DateField, SelectField, SelectMultipleField
from wtforms.validators import InputRequired, StopValidation
from wtforms.widgets import CheckboxInput

from app.errors import NotFoundError
from app.learning import service as learning
from app.people import queries as people
from app.people.models import Clinic
from app.people.permissions import Action
from app.releases import queries as releases
from app.web.access import go, now, reading, requires, transaction, visitor
from app.web.forms import HouseForm, asked_id, refusals_in, row_id
from app.web.people_pages import counted_people
from app.web.words import Context, day

bp = Blueprint("assignments", __name__)

USUAL = timedelta(weeks=4)  # the due day that the form proposes


class AssignmentForm(HouseForm):
    """Which course, for whom, until when."""

    course = SelectField("Course", [InputRequired("Choose the course.")])
    everyone = BooleanField("Everybody")
    people = SelectMultipleField(
        "Or only these people", coerce=row_id, validate_choice=False, option_widget=CheckboxInput(), default=()
    )
    due_on = DateField("Due day", [InputRequired("Choose the day by which it is to be done.")])

    def validate_people(self, field: SelectMultipleField) -> None:
        """Somebody is to take the course."""
        if not (field.errors or field.data or (self.everyone.data and field.choices)):
            raise StopValidation("Choose everybody, or at least one person.")


@dataclass(frozen=True, kw_only=True)
class Choices:
    """What there is to choose: clinics, the one on the page, its technicians (id, name), courses (id, title)."""

    clinics: Sequence[Clinic]
    clinic: Clinic | None
    technicians: list[tuple[int, str]]
    courses: list[tuple[str, str]]


@bp.get("/assignments/new")
@requires(Action.ASSIGN)
def new() -> Any:
    """Show the form for the people of a clinic; the one whom the address names is ticked."""
    choices = _choices(asked_id("clinic"))
    person_id = asked_id("person")
    ticked = _offered(choices, [person_id] if person_id else [])
    form = _form(choices, ticked)
    form.due_on.data = visitor().today + USUAL
    return _page(form, choices)


@bp.post("/assignments/new")
@requires(Action.ASSIGN)
def assign() -> Any:
    """Assign a course, and tell to how many people."""
    choices = _choices(asked_id("clinic"))
    form = _form(choices)
    if form.validate():
        with refusals_in(form), transaction() as changed:
            number = _assign(changed, form, choices)
    if form.errors:
        return _page(form, choices), 422
    told = f"{dict(choices.courses)[form.course.data]} is assigned to {counted_people(number)}"
    flash(f"{told}, due {day(form.due_on.data)}.", "success")
    return go("board.show")


def _choices(clinic_id: int | None) -> Choices:
    """Read what may be chosen at a clinic, or at the first one; NotFoundError for one out of the visitor's reach."""
    actor = visitor().actor
    with reading() as found:
        clinics = people.clinics(found, actor.organisation_id, actor.clinics(Action.ASSIGN))
        clinic = next((one for one in clinics if clinic_id in (None, one.id)), None)
        if clinic is None and clinic_id is not None:
            raise NotFoundError
        technicians = people.technicians(found, actor.organisation_id, [clinic.id] if clinic else [])
        in_force = releases.all_in_force(found, actor.organisation_id)
    return Choices(
        clinics=clinics,
        clinic=clinic,
        technicians=[(account_id, name) for account_id, name, *_ in technicians],
        courses=[(course_id, one.release.title) for course_id, one in in_force.items()],
    )


def _form(choices: Choices, ticked: Sequence[int] = ()) -> Any:
    form = AssignmentForm(people=ticked)
    form.course.choices = choices.courses
    form.people.choices = [(str(account_id), name) for account_id, name in choices.technicians]
    if choices.clinic:
        form.everyone.label.text = f"All technicians of {choices.clinic.name} ({len(choices.technicians)})"
    return form


def _offered(choices: Choices, account_ids: Collection[int]) -> list[int]:
    """Return the people without repeats; NotFoundError when one of them does not treat at the clinic."""
    if not dict(choices.technicians).keys() >= set(account_ids):
        raise NotFoundError
    return list(dict.fromkeys(account_ids))


def _assign(changed: Session, form: Any, choices: Choices) -> int:
    """Assign to everybody of the clinic, or to those who are ticked; return to how many."""
    who = visitor()
    chosen = list(dict(choices.technicians)) if form.everyone.data else _offered(choices, form.people.data)
    for account_id in chosen:
        learning.assign(
            changed,
            actor=who.actor,
            account_id=account_id,
            course_id=form.course.data,
            due_on=form.due_on.data,
            today=who.today,
            now=now(),
        )
    return len(chosen)


def _page(form: Any, choices: Choices) -> str:
    clinic = choices.clinic
    shown: Context = {
        "clinic": clinic.name if clinic else "",
        "clinic_id": str(clinic.id) if clinic else "",
        "clinics": [{"value": str(one.id), "label": one.name} for one in choices.clinics],
        "has_people": bool(choices.technicians),
        "has_courses": bool(choices.courses),
        "url": url_for("assignments.assign", clinic=clinic.id if clinic else None),
    }
    return render_template("assignments/new.html", assignment=shown, form=form)
