"""The devices that a clinic has: who may treat what there is only asked of these."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from app.audit import service as trail
from app.errors import NotFoundError, RefusedError
from app.people.models import Clinic, ClinicDevice
from app.people.permissions import Action, Actor

NONE = ""  # in place of a device's id: somebody said that a clinic has none


def devices_of(session: Session, organisation_id: int, clinic_id: int) -> frozenset[str]:
    """Return the ids of a clinic's devices, NONE alone where it has none; nothing where nobody has said."""
    query = select(ClinicDevice.device).where(
        ClinicDevice.organisation_id == organisation_id, ClinicDevice.clinic_id == clinic_id
    )
    return frozenset(session.scalars(query))


def set_devices(
    session: Session, *, actor: Actor, clinic_id: int, devices: Collection[str], offered: Collection[str], now: datetime
) -> frozenset[str]:
    """Say which devices a clinic has, of those `offered` by the courses in force; another's clinic is not found.

    Return those that it had and has no more.
    """
    within = actor.clinics(Action.MANAGE_DEVICES)
    clinic = session.scalar(
        select(Clinic).where(Clinic.organisation_id == actor.organisation_id, Clinic.id == clinic_id).with_for_update()
    )
    if clinic is None or (within is not None and clinic.id not in within):
        raise NotFoundError
    chosen = sorted(set(devices))
    if not set(chosen) <= set(offered):
        raise RefusedError("Choose from the devices that the courses speak of; load the page again if they changed.")
    had = devices_of(session, actor.organisation_id, clinic.id)
    # A clinic of which nobody has said anything is taken to have every device: that it has none is kept as well.
    kept = chosen or ([NONE] if had else [])
    if had == set(kept):
        return frozenset()
    mine = (ClinicDevice.organisation_id == actor.organisation_id, ClinicDevice.clinic_id == clinic.id)
    session.execute(delete(ClinicDevice).where(*mine))
    rows = [{"organisation_id": actor.organisation_id, "clinic_id": clinic.id, "device": one} for one in kept]
    session.execute(insert(ClinicDevice), rows)
    trail.record(
        session,
        organisation_id=actor.organisation_id,
        kind="clinic.devices_set",
        subject=f"clinic:{clinic.id}",
        actor_id=actor.account_id,
        now=now,
        detail={"before": sorted(had - {NONE}), "devices": chosen},
    )
    return had - {NONE, *chosen}
