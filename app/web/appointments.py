"""Appointed evaluators: a medical director appoints on outside evidence, sees who is appointed, and ends it."""

from datetime import date
from typing import Any

from flask import Blueprint, flash, render_template, url_for
from wtforms import DateField, SelectField, SelectMultipleField
from wtforms.validators import InputRequired

from app.certification import appointments as service
from app.certification.practice_queries import Appointment, appointments, as_appointed
from app.certification.scope import Cell
from app.errors import NotFoundError
from app.people.permissions import Action
from app.releases.manifest import procedure_name, span
from app.reports.appointments import Offer, offer
from app.web.access import go, now, reading, requires, transaction, visitor
from app.web.forms import refusals_in, words_field
from app.web.sign_offs import person_id
from app.web.signing import SignedForm, password_field
from app.web.words import Context, day, short_day

bp = Blueprint("appointments", __name__)


class AppointForm(SignedForm):
    """Who may observe in which cells, on what evidence, from when to when, and why."""

    evaluator = SelectField("Evaluator", [InputRequired("Choose the evaluator.")], coerce=person_id)
    cells = SelectMultipleField("Cells", [InputRequired("Choose at least one cell.")])
    issuer = words_field("Issued by", "Give who issued the evidence", 2, 120, one_line=True)
    number = words_field("Number", "Give the number of the evidence", 1, 60, one_line=True)
    evidence = words_field("What it says", "Give what the evidence says")
    reason = words_field("Reason")
    first_on = DateField("From", [InputRequired("Choose the first day.")])
    last_on = DateField("Until", [InputRequired("Choose the last day.")])
    password = password_field()


class EndForm(SignedForm):
    """Why an appointment ends."""

    reason = words_field("Reason")
    password = password_field()


@bp.get("/appointments")
@requires(Action.APPOINT_EVALUATOR)
def show() -> Any:
    """Show who is or was appointed."""
    with reading() as found:
        made = appointments(found, visitor().actor.organisation_id)
        offered = offer(found, visitor().actor)
    return render_template("appointments/appointments.html", appointed=[_told(one, offered) for one in made])


@bp.get("/appointments/new")
@requires(Action.APPOINT_EVALUATOR)
def new() -> Any:
    """Show the form that appoints an evaluator."""
    offered = _offer()
    return _new_page(offered, _form(offered))


@bp.post("/appointments/new")
@requires(Action.APPOINT_EVALUATOR)
def appoint() -> Any:
    """Appoint an evaluator."""
    offered = _offer()
    form = _form(offered)
    if form.validate():
        with refusals_in(form), transaction() as changed:
            service.appoint(changed, actor=visitor().actor, now=now(), **_chosen(form))
    if form.errors:
        return _new_page(offered, form), 422
    flash("Appointed. It stands in the trail, with your name and reason.", "success")
    return go("appointments.show")


@bp.get("/appointments/<id:appointment_id>/end")
@requires(Action.APPOINT_EVALUATOR)
def ask_end(appointment_id: int) -> Any:
    """Ask before an appointment is ended."""
    return _end_page(appointment_id, EndForm())


@bp.post("/appointments/<id:appointment_id>/end")
@requires(Action.APPOINT_EVALUATOR)
def end(appointment_id: int) -> Any:
    """End an appointment."""
    form = EndForm()
    if form.validate():
        given = {"reason": form.reason.data or "", "password": form.password.data or ""}
        with refusals_in(form), transaction() as changed:
            service.end(changed, actor=visitor().actor, appointment_id=appointment_id, now=now(), **given)
    if form.errors:
        return _end_page(appointment_id, form), 422
    flash("The appointment is ended, from today on.", "success")
    return go("appointments.show")


def _offer() -> Offer:
    with reading() as found:
        return offer(found, visitor().actor)


def _form(offered: Offer) -> AppointForm:
    today = visitor().today
    form = AppointForm(first_on=today, last_on=service.latest_last_on(today))
    people = [(str(key), name) for key, name in offered.evaluators]
    form.evaluator.choices = people if len(people) == 1 else [("", "Choose the evaluator"), *people]
    form.cells.choices = [(key_of(cell), span(cell.skin_type, cell.skin_type)) for cell in offered.cells]
    return form


def key_of(cell: Cell) -> str:
    """Return a cell as a form sends it."""
    return f"{cell.procedure}|{cell.device}|{cell.skin_type}"


def _chosen(form: AppointForm) -> Context:
    cells = []
    for key in form.cells.data or ():
        procedure, device, skin_type = key.split("|")
        cells.append(Cell(procedure=procedure, device=device, skin_type=int(skin_type)))
    return {
        "account_id": form.evaluator.data,
        "cells": cells,
        "evidence": service.Evidence(
            issuer=form.issuer.data or "", number=form.number.data or "", words=form.evidence.data or ""
        ),
        "reason": form.reason.data,
        "first_on": form.first_on.data,
        "last_on": form.last_on.data,
        "password": form.password.data,
    }


def _new_page(offered: Offer, form: AppointForm) -> str:
    groups: dict[tuple[str, str], list[Context]] = {}
    for cell in offered.cells:
        told = {"key": key_of(cell), "label": span(cell.skin_type, cell.skin_type)}
        groups.setdefault((cell.procedure, cell.device), []).append(told)
    cells = [
        {"name": f"{procedure_name(procedure)}, {offered.devices[device]}", "cells": some}
        for (procedure, device), some in groups.items()
    ]
    return render_template("appointments/new.html", form=form, groups=cells, nobody=not offered.evaluators)


def _end_page(appointment_id: int, form: EndForm) -> str:
    with reading() as found:
        made = appointments(found, visitor().actor.organisation_id)
        offered = offer(found, visitor().actor)
    one = next((one for one in made if one.appointment.id == appointment_id), None)
    if one is None:
        raise NotFoundError
    return render_template("appointments/end.html", form=form, one=_told(one, offered))


def _told(one: Appointment, offered: Offer) -> Context:
    made = one.appointment
    today, zone = visitor().today, visitor().person.time_zone
    state, label = _state(one, today)
    return {
        "id": made.id,
        "name": one.evaluator,
        "state": {"key": state, "label": label, "icon": "circle-check" if state == "counted" else "circle-x"},
        "days": f"{short_day(made.first_on)} to {short_day(made.last_on)}",
        "cells": _cells(as_appointed(made, zone).cells, offered),
        "evidence": f"{made.issuer}, {made.number}: {made.evidence}",
        "reason": made.reason,
        "by": one.by,
        "ended": f"Ended by {one.ended_by}: {made.end_reason}" if one.ended_by else "",
        "end_url": ""
        if made.ended_at or today > made.last_on
        else url_for("appointments.ask_end", appointment_id=made.id),
    }


def _state(one: Appointment, today: date) -> tuple[str, str]:
    made = one.appointment
    if made.ended_at:
        return "corrected", "Ended"
    if today > made.last_on:
        return "not_counted", "Over"
    return ("waiting", f"From {day(made.first_on)}") if today < made.first_on else ("counted", "Appointed")


def _cells(cells: frozenset[Cell], offered: Offer) -> list[str]:
    groups: dict[tuple[str, str], list[int]] = {}
    for cell in sorted(cells):
        groups.setdefault((cell.procedure, cell.device), []).append(cell.skin_type)
    return [
        f"{procedure_name(procedure)}, {offered.devices.get(device, device)}: "
        f"{', '.join(span(one, one) for one in types)}"
        for (procedure, device), types in groups.items()
    ]
