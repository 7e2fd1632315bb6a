"""Sign-offs for who attests them: what may be chosen, what was signed lately, and what a sign-off completed."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from app.certification import queries as certifications
from app.certification.lifecycle import BEGINS_PERIOD, Event
from app.certification.rules import RequirementKind
from app.certification.scope import Cell
from app.certification.standing import Standing, records, standing_of
from app.people import queries as people
from app.releases import queries as releases
from app.releases.models import Release


@dataclass(frozen=True, kw_only=True, slots=True)
class Choices:
    """What an evaluator may choose: technicians (id, name, clinic), and the parts of the cells in force.

    `devices` are names by id.
    """

    technicians: tuple[tuple[int, str, str], ...]
    devices: Mapping[str, str]
    skin_types: tuple[int, ...]
    procedures: tuple[str, ...]
    asks_code: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class SignedLately:
    """A sign-off as its evaluator sees it again."""

    technician: str
    device: str
    skin_type: int
    procedure: str
    observed_on: date


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What a sign-off brought a technician in one course.

    `observed` tells the count in words, `enough` whether it suffices, `missing` what else is not there yet;
    `decided` is the issue or renewal that it completed.
    """

    course: str
    observed: str
    enough: bool
    missing: tuple[str, ...]
    decided: Event | None


def choices(session: Session, *, organisation_id: int, evaluator_id: int, within: Collection[int] | None) -> Choices:
    """Return what an evaluator of the clinics `within` (None: of all) may choose; two queries."""
    found = people.technicians(session, organisation_id, within)
    technicians = {account_id: (account_id, name, clinic) for account_id, name, _, clinic in reversed(found)}
    technicians.pop(evaluator_id, None)  # nobody attests their own treatments
    in_force = [one for one in releases.all_in_force(session, organisation_id).values() if not one.withdrawn.whole]
    cells = [granted.cell for one in in_force for granted in certifications.cells_of(one.release, one.withdrawn.facts)]
    names = _device_names(one.release for one in in_force)
    return Choices(
        asks_code=any(one.release.manifest["exam"].get("proctor_code") for one in in_force),
        technicians=tuple(sorted(technicians.values(), key=lambda one: (one[1].casefold(), one[0]))),
        devices={device: names[device] for device in sorted({cell.device for cell in cells}, key=names.__getitem__)},
        skin_types=tuple(sorted({cell.skin_type for cell in cells})),
        procedures=tuple(sorted({cell.procedure for cell in cells})),
    )


def signed_lately(session: Session, *, organisation_id: int, evaluator_id: int, limit: int = 20) -> list[SignedLately]:
    """Return what an evaluator attested last, newest first; three queries."""
    signed = certifications.sign_offs_by(session, organisation_id, evaluator_id, limit=limit)
    names = people.names(session, {one.account_id for one in signed})
    devices = _device_names(one.release for one in releases.all_in_force(session, organisation_id).values())
    return [
        SignedLately(
            technician=names[one.account_id],
            device=devices.get(one.device, one.device),
            skin_type=one.skin_type,
            procedure=one.procedure,
            observed_on=one.observed_on,
        )
        for one in signed
    ]


def outcomes(
    session: Session, *, organisation_id: int, account_id: int, zone: str, cell: Cell, now: datetime
) -> list[Outcome]:
    """Return what a sign-off of this instant brought the technician in each of their courses that grant its cell."""
    record = records(session, organisation_id=organisation_id, account_ids=[account_id], zone=zone)[account_id]
    theirs = {*record.assigned, *record.held}
    return [
        _outcome(standing_of(record, one.release, now, one.withdrawn), now)
        for course_id, one in releases.all_in_force(session, organisation_id, theirs).items()
        if any(granted.cell == cell for granted in certifications.cells_of(one.release, one.withdrawn.facts))
    ]


def _outcome(where: Standing, now: datetime) -> Outcome:
    requirements = where.assessment.requirements
    practice = next((one for one in requirements if one.kind is RequirementKind.SIGN_OFFS), None)
    events = where.held.events if where.held else ()
    return Outcome(
        course=where.release.title,
        observed=practice.text if practice else "",
        enough=practice is None or practice.met,
        missing=tuple(one.text for one in where.assessment.missing if one is not practice),
        decided=next((one for one in events if one.kind in BEGINS_PERIOD and one.recorded_at == now), None),
    )


def _device_names(in_force: Iterable[Release]) -> dict[str, str]:
    return {device: one["name"] for release in in_force for device, one in release.manifest["devices"].items()}
