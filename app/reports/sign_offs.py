"""Observed practice for who attests, gives and answers for it: what may be chosen, what was signed, what it brought."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from app.certification import practice_queries
from app.certification import queries as certifications
from app.certification.attesting import why_not_observe
from app.certification.lifecycle import GRANTS, Event
from app.certification.models import SignOffStep
from app.certification.practice_queries import Attested
from app.certification.rules import RequirementKind
from app.certification.scope import Cell
from app.certification.standing import Standing, records, standing_of
from app.errors import NotFoundError, RefusedError
from app.people import queries as people
from app.people.permissions import Action, Actor
from app.releases import queries as releases
from app.releases.models import Release
from app.releases.queries import InForce
from app.releases.steps import Step, critical_steps

PRACTICE = (RequirementKind.SIGN_OFFS, RequirementKind.PER_CELL)


@dataclass(frozen=True, kw_only=True, slots=True)
class Choices:
    """What an evaluator may choose: technicians (id, name, clinic), and the parts of the cells in force.

    `devices` are names by id, `named` those of every device that a course speaks of.
    """

    technicians: tuple[tuple[int, str, str], ...]
    devices: Mapping[str, str]
    skin_types: tuple[int, ...]
    procedures: tuple[str, ...]
    named: Mapping[str, str]
    in_force: tuple[InForce, ...]
    asks_code: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """A sign-off with the names of the technician and the device, and its steps as they were seen."""

    attested: Attested
    technician: str
    device: str
    steps: Sequence[SignOffStep] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What a technician's signature brought in one course.

    `observed` tells the count in words, `enough` whether it suffices, `missing` what else is not there yet;
    `decided` is the issue, renewal or wider scope that it completed.
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
    everything = releases.all_in_force(session, organisation_id).values()
    in_force = [one for one in everything if not one.withdrawn.whole]
    cells = [granted.cell for one in in_force for granted in certifications.cells_of(one.release, one.withdrawn.facts)]
    names = _device_names(one.release for one in everything)
    return Choices(
        asks_code=any(one.release.manifest["exam"].get("proctor_code") for one in in_force),
        technicians=tuple(sorted(technicians.values(), key=lambda one: (one[1].casefold(), one[0]))),
        devices={device: names[device] for device in sorted({cell.device for cell in cells}, key=names.__getitem__)},
        skin_types=tuple(sorted({cell.skin_type for cell in cells})),
        procedures=tuple(sorted({cell.procedure for cell in cells})),
        named=names,
        in_force=tuple(in_force),
    )


def to_look_for(  # noqa: PLR0917  what a page knows of a treatment, in its order
    session: Session, who: Actor, found: Choices, cell: Cell, day: date, zone: str, now: datetime
) -> list[Step]:
    """Return the safety-critical steps of a treatment in a cell; RefusedError where the actor may not observe it.

    Three queries.
    """
    courses = [
        one
        for one in found.in_force
        if any(each.cell == cell for each in certifications.cells_of(one.release, one.withdrawn.facts))
    ]
    if not courses:
        raise RefusedError("No certification covers this device, skin type and procedure; check all three.")
    verdict = practice_queries.may_treat_on(session, who, cell, day, now)
    appointed = practice_queries.appointed(session, who.organisation_id, who.account_id, zone)
    if refusal := why_not_observe(verdict, appointed, cell, day):
        raise RefusedError(refusal)
    return critical_steps(session, courses, cell.procedure)


def attested_by(
    session: Session, *, organisation_id: int, evaluator_id: int, named: Mapping[str, str], limit: int = 15
) -> list[Entry]:
    """Return what an evaluator attested last, newest first; two queries."""
    found = practice_queries.attested_by(session, organisation_id, evaluator_id, limit=limit)
    names = people.names(session, {one.sign_off.account_id for one in found})
    return [
        Entry(
            attested=one,
            technician=names[one.sign_off.account_id],
            device=named.get(one.sign_off.device, one.sign_off.device),
        )
        for one in found
    ]


def entry(session: Session, *, actor: Actor, sign_off_id: int, as_evaluator: bool) -> Entry:
    """Return a sign-off that the actor attested, or (not `as_evaluator`) one of their own treatments.

    Another's is not found. Four queries.
    """
    one = practice_queries.get_attested(session, actor.organisation_id, sign_off_id)
    if actor.account_id != (one.sign_off.evaluator_id if as_evaluator else one.sign_off.account_id):
        raise NotFoundError
    names = people.names(session, {one.sign_off.account_id})
    return _entries(session, actor.organisation_id, [one], names[one.sign_off.account_id])[0]


def practice_of(session: Session, *, actor: Actor, account_id: int | None = None) -> tuple[str, list[Entry]]:
    """Return a person's name and their observed treatments, newest first: one's own, or of who is in reach.

    Another's is not found. Five queries at most.
    """
    if account_id is None:
        account_id, name = actor.account_id, ""
    else:
        within = actor.clinics(Action.SEE_BOARD)
        name = people.member(session, actor.organisation_id, account_id, within).name
    found = practice_queries.observed(session, actor.organisation_id, [account_id]).get(account_id, [])
    return name, _entries(session, actor.organisation_id, found[::-1], name)


def outcomes(
    session: Session, *, organisation_id: int, account_id: int, zone: str, cell: Cell, now: datetime
) -> list[Outcome]:
    """Return what a signature of this instant brought the technician in each of their courses that grant its cell."""
    record = records(session, organisation_id=organisation_id, account_ids=[account_id], zone=zone)[account_id]
    theirs = {*record.assigned, *record.held}
    return [
        _outcome(standing_of(record, one.release, now, one.withdrawn), now)
        for course_id, one in releases.all_in_force(session, organisation_id, theirs).items()
        if any(granted.cell == cell for granted in certifications.cells_of(one.release, one.withdrawn.facts))
    ]


def _entries(session: Session, organisation_id: int, found: Sequence[Attested], technician: str) -> list[Entry]:
    steps = practice_queries.steps_of(session, organisation_id, [one.sign_off.id for one in found])
    named = _device_names(one.release for one in releases.all_in_force(session, organisation_id).values())
    return [
        Entry(
            attested=one,
            technician=technician,
            device=named.get(one.sign_off.device, one.sign_off.device),
            steps=steps[one.sign_off.id],
        )
        for one in found
    ]


def _outcome(where: Standing, now: datetime) -> Outcome:
    practice = [one for one in where.assessment.requirements if one.kind in PRACTICE]
    events = where.held.events if where.held else ()
    return Outcome(
        course=where.release.title,
        observed=", ".join(one.text for one in practice),
        enough=all(one.met for one in practice),
        missing=tuple(one.text for one in where.assessment.missing if one.kind not in PRACTICE),
        decided=next((one for one in events if one.kind in GRANTS and one.recorded_at == now), None),
    )


def _device_names(in_force: Iterable[Release]) -> dict[str, str]:
    return {device: one["name"] for release in in_force for device, one in release.manifest["devices"].items()}
