"""Who may treat what: a clinic's scope on a day, and the devices that stand there."""

from datetime import date, timedelta
from typing import Any

from flask import Blueprint, abort, flash, render_template, request
from wtforms import SelectMultipleField
from wtforms.widgets import CheckboxInput

from app.people import equipment
from app.people import queries as people
from app.people.permissions import Action
from app.reports import forecast as reports
from app.reports.treating import ScopeBoard, offered_devices, scope_board
from app.web import access
from app.web.access import now, reading, requires, transaction, visitor
from app.web.forecast_pages import forecast_page
from app.web.forms import HouseForm, refusals_in
from app.web.scope_pages import board_page, devices_page, for_the_wall, sheet_page

bp = Blueprint("scope", __name__)

FARTHEST = timedelta(days=366)
LONGEST_ID = 18


class DevicesForm(HouseForm):
    """The devices that a clinic has."""

    devices = SelectMultipleField(
        "Devices", validate_choice=False, option_widget=CheckboxInput(), choices=(), default=()
    )


@bp.get("/scope")
@requires(Action.SEE_BOARD)
def show() -> Any:
    """Show device × skin type × procedure with names and gaps, for a clinic and a day."""
    return render_template("scope/board.html", scope=board_page(_board(), visitor()))


@bp.get("/scope/sheet")
@requires(Action.SEE_BOARD)
def sheet() -> Any:
    """Show the same as a sheet to print; without a clinic there is none, and the board says why."""
    board, who = _board(), visitor()
    if board is None:
        return access.go("scope.show")
    shown = board_page(for_the_wall(board), who)
    return render_template("scope/sheet.html", scope=shown, sheet=sheet_page(board, who, now()))


@bp.get("/scope/forecast")
@requires(Action.SEE_BOARD)
def forecast() -> Any:
    """Show what runs out within ninety days, what that closes, and which training re-opens it soonest."""
    who = visitor()
    with reading() as found:
        told = reports.forecast(
            found,
            organisation_id=who.actor.organisation_id,
            within=who.actor.clinics(Action.SEE_BOARD),
            clinic_id=_clinic_id(request.args.get("clinic", "").strip()),
            day=who.today,
            known_at=now(),
        )
    if told is None:
        return access.go("scope.show")
    return render_template("scope/forecast.html", forecast=forecast_page(told))


@bp.get("/clinics/<id:clinic_id>/devices")
@requires(Action.MANAGE_DEVICES)
def ask_devices(clinic_id: int) -> Any:
    """Ask which devices a clinic has."""
    return _devices(clinic_id, DevicesForm(formdata=None))


@bp.post("/clinics/<id:clinic_id>/devices")
@requires(Action.MANAGE_DEVICES)
def set_devices(clinic_id: int) -> Any:
    """Say which devices a clinic has."""
    form, actor = DevicesForm(), visitor().actor
    if form.validate():
        with refusals_in(form), transaction() as changed:
            offered = offered_devices(changed, actor.organisation_id)
            gone = equipment.set_devices(
                changed, actor=actor, clinic_id=clinic_id, devices=form.devices.data or (), offered=offered, now=now()
            )
    if form.errors:
        return _devices(clinic_id, form), 422
    flash("Saved: the scope board asks about these devices.", "success")
    return _after(clinic_id, sorted(gone))


def _after(clinic_id: int, gone: list[str]) -> Any:
    """Go on: where a device was taken away, to the page that holds its cells, which asks before it does."""
    if gone and visitor().actor.can(Action.INTERLOCK):
        flash("A device was taken away. If it is out of use, hold its cells here; if it only moved, leave.", "info")
        return access.go("interlocks.ask", clinic=clinic_id, device=gone[0])
    return access.go("scope.show", clinic=clinic_id)


def _board() -> ScopeBoard | None:
    """Read the board of the clinic and day that the address names."""
    actor = visitor().actor
    with reading() as found:
        return scope_board(
            found,
            organisation_id=actor.organisation_id,
            within=actor.clinics(Action.SEE_BOARD),
            clinic_id=_clinic_id(request.args.get("clinic", "").strip()),
            day=_day(request.args.get("day", "").strip()),
            known_at=now(),
        )


def _devices(clinic_id: int, form: DevicesForm) -> str:
    actor = visitor().actor
    with reading() as found:
        clinics = people.clinics(found, actor.organisation_id, actor.clinics(Action.MANAGE_DEVICES))
        clinic = next((one for one in clinics if one.id == clinic_id), None)
        if clinic is None:
            abort(404)
        offered = offered_devices(found, actor.organisation_id)
        has = equipment.devices_of(found, actor.organisation_id, clinic_id)
    form.devices.choices = [(key, str(device["name"])) for key, device in offered.items()]
    if not form.is_submitted():
        form.devices.data = sorted(has - {equipment.NONE})
    return render_template("scope/devices.html", devices=devices_page(clinic.id, clinic.name, offered), form=form)


def _clinic_id(typed: str) -> int | None:
    """Return the clinic that the address names: None for the first, 0 (no clinic has it) for what is no id."""
    if not typed:
        return None
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) <= LONGEST_ID else 0


def _day(typed: str) -> date:
    """Return the day that the address names, today where it names none or one that is too far away."""
    today = visitor().today
    try:
        day = date.fromisoformat(typed)
    except ValueError:
        return today
    return day if abs(day - today) <= FARTHEST else today
