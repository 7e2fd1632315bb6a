"""Appointing evaluators where nobody can be first: named cells, evidence from outside, at most twelve months."""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import service as trail
from app.certification import queries as certifications
from app.certification.dates import last_valid_day
from app.certification.models import EvaluatorAppointment
from app.certification.scope import Cell
from app.clock import day_in
from app.errors import NotFoundError, RefusedError
from app.people import queries as people_queries
from app.people import service as people
from app.people.names import clean_reason
from app.people.permissions import Action, Actor, Role
from app.releases import queries as releases

MOST_MONTHS = 12


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """What another body certified: who, under which number, and what it says in a sentence or two."""

    issuer: str
    number: str
    words: str


def appoint(
    session: Session,
    *,
    actor: Actor,
    account_id: int,
    cells: Collection[Cell],
    evidence: Evidence,
    reason: str,
    first_on: date,
    last_on: date,
    password: str,
    now: datetime,
) -> EvaluatorAppointment:
    """Appoint an evaluator for named cells, with password; from today on, and for at most twelve months."""
    if not actor.can(Action.APPOINT_EVALUATOR):
        raise RefusedError("Only a medical director appoints an evaluator.")
    person = people_queries.member(session, actor.organisation_id, account_id, None)
    if account_id == actor.account_id:
        raise RefusedError("You cannot appoint yourself; another medical director has to.")
    if person.disabled_at is not None or all(role is not Role.EVALUATOR for _, role, _, _ in person.roles):
        raise RefusedError(f"{person.name} is not an evaluator. A manager gives that role first.")
    zone = people_queries.get_organisation(session, actor.organisation_id).time_zone
    _check_days(first_on, last_on, day_in(zone, now))
    if not cells or not set(cells) <= set(cells_in_force(session, actor.organisation_id)):
        raise RefusedError("Choose at least one cell that a course in force certifies.")
    people.check_password(session, account_id=actor.account_id, password=password)
    appointed = EvaluatorAppointment(
        organisation_id=actor.organisation_id,
        account_id=account_id,
        cells=[asdict(cell) for cell in sorted(set(cells))],
        issuer=_told(evidence.issuer, "who issued the evidence", 2, 120),
        number=_told(evidence.number, "the number of the evidence", 1, 60),
        evidence=_told(evidence.words, "what the evidence says", 3, 500),
        reason=clean_reason(reason),
        first_on=first_on,
        last_on=last_on,
        appointed_by=actor.account_id,
        appointed_at=now,
    )
    session.add(appointed)
    session.flush()
    _tell(session, appointed, "evaluator.appointed", actor, now, reason=appointed.reason)
    return appointed


def end(
    session: Session, *, actor: Actor, appointment_id: int, reason: str, password: str, now: datetime
) -> EvaluatorAppointment:
    """End an appointment at once, with reason and password; what was observed before that day stays."""
    if not actor.can(Action.APPOINT_EVALUATOR):
        raise RefusedError("Only a medical director ends an appointment.")
    query = select(EvaluatorAppointment).where(
        EvaluatorAppointment.organisation_id == actor.organisation_id, EvaluatorAppointment.id == appointment_id
    )
    appointed = session.scalar(query.with_for_update())
    if appointed is None:
        raise NotFoundError
    if appointed.ended_at is not None:
        raise RefusedError("This appointment is ended already.")
    people.check_password(session, account_id=actor.account_id, password=password)
    appointed.end_reason = clean_reason(reason)
    appointed.ended_at, appointed.ended_by = now, actor.account_id
    session.flush()
    _tell(session, appointed, "evaluator.appointment_ended", actor, now, reason=appointed.end_reason)
    return appointed


def cells_in_force(session: Session, organisation_id: int) -> list[Cell]:
    """Return the cells that the courses in force certify, sorted; one query."""
    found: set[Cell] = set()
    for one in releases.all_in_force(session, organisation_id).values():
        if not one.withdrawn.whole:
            found.update(each.cell for each in certifications.cells_of(one.release, one.withdrawn.facts))
    return sorted(found)


def latest_last_on(first_on: date) -> date:
    """Return the last day that an appointment from a day on can have."""
    return last_valid_day(first_on, MOST_MONTHS)


def _check_days(first_on: date, last_on: date, today: date) -> None:
    if first_on < today:
        raise RefusedError("An appointment begins today or later: what was observed before does not count under it.")
    if first_on > latest_last_on(today):
        raise RefusedError("An appointment begins within a year.")
    if last_on < first_on:
        raise RefusedError("The last day comes after the first one.")
    if last_on > latest_last_on(first_on):
        raise RefusedError(f"Appoint for at most {MOST_MONTHS} months.")


def _told(text: str, what: str, least: int, most: int) -> str:
    text = " ".join(text.split())
    if not least <= len(text) <= most:
        raise RefusedError(f"Give {what} in {least} to {most} characters.")
    return text


def _tell(
    session: Session, appointed: EvaluatorAppointment, kind: str, actor: Actor, now: datetime, *, reason: str
) -> None:
    trail.record(
        session,
        organisation_id=appointed.organisation_id,
        kind=kind,
        subject=f"evaluator_appointment:{appointed.id}",
        actor_id=actor.account_id,
        account_id=appointed.account_id,
        now=now,
        detail={
            "cells": appointed.cells,
            "issuer": appointed.issuer,
            "number": appointed.number,
            "evidence": appointed.evidence,
            "first_on": appointed.first_on.isoformat(),
            "last_on": appointed.last_on.isoformat(),
            "reason": reason,
        },
    )
