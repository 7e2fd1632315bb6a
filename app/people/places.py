"""Changing where a clinic's people sit exams."""

from datetime import datetime

from sqlalchemy.orm import Session

from app.audit import service as trail
from app.errors import RefusedError
from app.people import queries
from app.people.models import Clinic
from app.people.networks import read_networks
from app.people.permissions import Action, Actor


def set_networks(session: Session, *, actor: Actor, clinic_id: int, text: str, now: datetime) -> Clinic:
    """Set the networks of a clinic from a text, one a line; none lets its people sit exams anywhere."""
    if actor.clinics(Action.GIVE_ALL_ROLES) is not None:
        raise RefusedError("Only an administrator sets the networks of a clinic; ask one.")
    clinic = queries.get_clinic(session, actor.organisation_id, clinic_id)
    before, after = list(clinic.networks), list(read_networks(text))
    if before == after:
        return clinic
    clinic.networks = after
    trail.record(
        session,
        organisation_id=actor.organisation_id,
        kind="clinic.networks_set",
        subject=f"clinic:{clinic.id}",
        actor_id=actor.account_id,
        now=now,
        detail={"before": before, "after": after},
    )
    return clinic
