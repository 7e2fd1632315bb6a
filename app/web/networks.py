"""Where a clinic's people sit exams: an administrator enters the networks."""

from typing import Any

from flask import Blueprint, flash, render_template, request
from wtforms import TextAreaField
from wtforms.validators import Length, Optional

from app.people import places, queries
from app.people.networks import read_networks, shown_address
from app.people.permissions import Action
from app.web.access import go, now, reading, requires, transaction, visitor
from app.web.forms import HouseForm, judged_by, refusals_in

bp = Blueprint("networks", __name__)


class NetworksForm(HouseForm):
    """The networks of a clinic, one a line."""

    networks = TextAreaField(
        "Networks",
        [Optional(), Length(max=2000, message="Enter at most 2000 characters."), judged_by(read_networks)],
    )


@bp.get("/clinics/<id:clinic_id>/networks")
@requires(Action.GIVE_ALL_ROLES)
def show(clinic_id: int) -> Any:
    """Show the networks of a clinic."""
    return _page(clinic_id, None)


@bp.post("/clinics/<id:clinic_id>/networks")
@requires(Action.GIVE_ALL_ROLES)
def change(clinic_id: int) -> Any:
    """Change the networks of a clinic; an exam that is running keeps those that it was started in."""
    form, actor = NetworksForm(), visitor().actor
    if form.validate():
        with refusals_in(form), transaction() as changed:
            clinic = places.set_networks(
                changed, actor=actor, clinic_id=clinic_id, text=form.networks.data or "", now=now()
            )
    if form.errors:
        return _page(clinic_id, form), 422
    where = "in its networks only" if clinic.networks else "anywhere"
    flash(f"Exams of {clinic.name} are sat {where}.", "success")
    return go("people.clinics")


def _page(clinic_id: int, form: NetworksForm | None) -> str:
    with reading() as found:
        clinic = queries.get_clinic(found, visitor().actor.organisation_id, clinic_id)
    shown = form or NetworksForm(formdata=None, networks="\n".join(clinic.networks))
    here = shown_address(request.remote_addr)
    return render_template("people/networks.html", form=shown, clinic=clinic.name, clinic_id=clinic.id, here=here)
