"""Accommodations of a technician: what a manager grants for fair exams, and ends."""

from fractions import Fraction
from typing import Any

from flask import Blueprint, flash, render_template, url_for
from wtforms import DateField, IntegerField, SelectField
from wtforms.validators import InputRequired, NumberRange, Optional

from app.exams import accommodations as service
from app.exams.accommodations import LONGEST_BREAK, MOST_ATTEMPTS, MOST_BREAKS
from app.exams.timing import Terms
from app.people import queries as people
from app.people.permissions import Action
from app.releases import queries as releases
from app.web.access import go, now, reading, requires, transaction, visitor
from app.web.forms import HouseForm, refusals_in, words_field

bp = Blueprint("accommodations", __name__)

EVERY = "*"
TIMES = (
    ("1/1", "No more time"),
    ("11/10", "10% more"),
    ("5/4", "25% more"),
    ("4/3", "A third more"),
    ("3/2", "50% more"),
    ("2/1", "Twice the time"),
    ("3/1", "Three times the time"),
)


def _number(label: str, least: int, most: int, *, default: int) -> IntegerField:
    """Return a field for a whole number within limits; left empty it is the default."""
    told = f"Enter a whole number from {least} to {most}."
    return IntegerField(
        label, [Optional(), NumberRange(min=least, max=most, message=told)], default=default, render_kw={"min": least}
    )


class AccommodationForm(HouseForm):
    """What is granted, in which exam, from when to when, and why."""

    course = SelectField("Exam", [InputRequired("Choose the exam.")])
    time = SelectField("Time", [InputRequired("Choose how much time.")])
    extra_attempts = _number("More attempts", 0, MOST_ATTEMPTS, default=0)
    breaks = _number("Breaks in an exam", 0, MOST_BREAKS, default=0)
    break_minutes = _number("Minutes of a break", 1, LONGEST_BREAK, default=10)
    first_on = DateField("From", [InputRequired("Choose the first day.")])
    last_on = DateField("Until", [Optional()])
    reason = words_field("Reason")


@bp.get("/technicians/<id:account_id>/accommodations/new")
@requires(Action.ACCOMMODATE)
def new(account_id: int) -> Any:
    """Show the form that grants an accommodation."""
    name, form = _form(account_id)
    return render_template("accommodations/new.html", name=name, account_id=account_id, form=form)


@bp.post("/technicians/<id:account_id>/accommodations/new")
@requires(Action.ACCOMMODATE)
def grant(account_id: int) -> Any:
    """Grant an accommodation."""
    name, form = _form(account_id)
    if form.validate():
        actor, today = visitor().actor, visitor().today
        with refusals_in(form), transaction() as changed:
            service.grant(changed, actor=actor, account_id=account_id, today=today, now=now(), **_granted(form))
    if form.errors:
        return render_template("accommodations/new.html", name=name, account_id=account_id, form=form), 422
    flash(f"{name} has the accommodation from the next exam on.", "success")
    return go("technicians.show", account_id=account_id, _anchor="accommodations")


@bp.post("/technicians/<id:account_id>/accommodations/<id:accommodation_id>/end")
@requires(Action.ACCOMMODATE)
def end(account_id: int, accommodation_id: int) -> Any:
    """End an accommodation; an exam that runs keeps it."""
    with transaction() as changed:
        service.end(changed, actor=visitor().actor, account_id=account_id, accommodation_id=accommodation_id, now=now())
    flash("The accommodation is ended. An exam that runs now keeps it.", "success")
    return go("technicians.show", account_id=account_id, _anchor="accommodations")


def new_url(account_id: int) -> str:
    """Return the address of the form for a technician."""
    return url_for("accommodations.new", account_id=account_id)


def _form(account_id: int) -> tuple[str, AccommodationForm]:
    """Return a technician's name and the form; NotFoundError for somebody out of the visitor's reach."""
    actor = visitor().actor
    with reading() as found:
        person = people.member(found, actor.organisation_id, account_id, actor.clinics(Action.ACCOMMODATE))
        in_force = releases.all_in_force(found, actor.organisation_id)
    form = AccommodationForm(first_on=visitor().today)
    form.time.choices = list(TIMES)
    form.course.choices = [
        (EVERY, "Every exam"),
        *((course_id, one.release.title) for course_id, one in in_force.items()),
    ]
    return person.name, form


def _granted(form: AccommodationForm) -> dict[str, Any]:
    terms = Terms(
        time_factor=Fraction(form.time.data),
        extra_attempts=form.extra_attempts.data or 0,
        breaks=form.breaks.data or 0,
        break_minutes=(form.break_minutes.data or 0) if form.breaks.data else 0,
    )
    return {
        "course_id": None if form.course.data == EVERY else form.course.data,
        "terms": terms,
        "first_on": form.first_on.data,
        "last_on": form.last_on.data,
        "reason": form.reason.data or "",
    }
