"""Evidence from outside: a certificate of another body is uploaded, and a named person accepts it for requirements."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, aliased

from app.audit import service as trail
from app.certification import deciding, rules
from app.certification.models import Certification
from app.certification.standing import standing
from app.clock import day_in
from app.errors import NotFoundError, RefusedError
from app.learning import queries as learning
from app.learning import shelf, sniffing
from app.learning.evidence_models import EvidenceDecision, OutsideEvidence
from app.people import queries as people_queries
from app.people import service as people
from app.people.models import Account
from app.people.names import clean_reason
from app.people.permissions import Action, Actor
from app.releases import queries as releases
from app.releases.manifest import scheme_of

MOST_FILES = 50  # of a person
LATELY = 20  # decisions that a list shows
DECLINED = ""  # of `EvidenceDecision.course_id`


@dataclass(frozen=True, kw_only=True, slots=True)
class Certificate:
    """What a certificate of another body says."""

    issuer: str
    number: str
    title: str
    issued_on: date
    expires_on: date | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """Evidence with whose it is, who uploaded it, and each decision with the name of who made it."""

    evidence: OutsideEvidence
    person: str
    uploaded_by: str
    decisions: tuple[tuple[EvidenceDecision, str], ...]


def add(
    session: Session,
    *,
    actor: Actor,
    account_id: int,
    certificate: Certificate,
    file: sniffing.Sniffed,
    folder: Path,
    now: datetime,
) -> OutsideEvidence:
    """Keep a certificate and its file: one's own, or that of somebody whom the actor answers for."""
    person = _uploads_for(session, actor, account_id)
    zone = people.lock_person(session, person)
    _check(certificate, day_in(zone, now))
    many = select(func.count(OutsideEvidence.id)).where(
        OutsideEvidence.organisation_id == actor.organisation_id, OutsideEvidence.account_id == person
    )
    if (session.scalar(many) or 0) >= MOST_FILES:
        raise RefusedError(f"There are {MOST_FILES} certificates of this person already; no more are taken.")
    evidence = OutsideEvidence(
        organisation_id=actor.organisation_id,
        account_id=person,
        issuer=certificate.issuer,
        number=certificate.number,
        title=certificate.title,
        issued_on=certificate.issued_on,
        expires_on=certificate.expires_on,
        file_name=shelf.put(folder, file.data),
        file_kind=file.kind.value,
        file_size=len(file.data),
        file_hash=hashlib.sha256(file.data).hexdigest(),
        uploaded_by=actor.account_id,
        uploaded_at=now,
    )
    session.add(evidence)
    session.flush()
    _tell(session, evidence, "evidence.uploaded", actor, now, {"sha256": evidence.file_hash, "kind": file.kind.value})
    return evidence


def accept(
    session: Session,
    *,
    actor: Actor,
    evidence_id: int,
    course_id: str,
    requirements: Collection[str],
    reason: str,
    password: str,
    now: datetime,
) -> Certification | None:
    """Accept evidence for requirements of a course, and decide whether they were the last thing missing."""
    evidence = _to_decide(session, actor, evidence_id, password)
    zone = people.lock_person(session, evidence.account_id)
    decided = _decided(session, evidence)
    if course_id in decided or DECLINED in decided:
        raise RefusedError("This was decided already; nothing is decided twice. Look at the decision.")
    if evidence.expires_on is not None and evidence.expires_on < day_in(zone, now):
        raise RefusedError("This certificate has expired; ask for one that is valid.")
    in_force = releases.in_force(session, actor.organisation_id, course_id)
    if in_force is None:
        raise NotFoundError
    chosen = [one for one in rules.acceptable(scheme_of(in_force.release.manifest)) if one in requirements]
    if not chosen or len(chosen) != len(set(requirements)):
        raise RefusedError("Choose what the certificate stands for.")
    if learning.assignment(session, actor.organisation_id, evidence.account_id, course_id) is None:
        raise RefusedError("The course is not assigned to this person yet; a manager has to assign it first.")
    _decide(session, evidence, actor, course_id=course_id, requirements=chosen, reason=reason, now=now)
    _check_counts(session, evidence, course_id, zone, now)
    return deciding.decide(
        session,
        organisation_id=actor.organisation_id,
        account_id=evidence.account_id,
        course_id=course_id,
        as_of=now,
        now=now,
    )


def decline(
    session: Session, *, actor: Actor, evidence_id: int, reason: str, password: str, now: datetime
) -> EvidenceDecision:
    """Decline evidence for good, with the reason; what was accepted before cannot be declined."""
    evidence = _to_decide(session, actor, evidence_id, password)
    people.lock_person(session, evidence.account_id)
    if _decided(session, evidence):
        raise RefusedError("This was decided already; nothing is decided twice. Look at the decision.")
    return _decide(session, evidence, actor, course_id=DECLINED, requirements=[], reason=reason, now=now)


def told(
    session: Session, *, organisation_id: int, account_id: int | None = None, evidence_id: int | None = None
) -> list[Told]:
    """Return the evidence of a person, or one piece of it, or all that waits for a decision; one query."""
    query = _told(organisation_id).order_by(OutsideEvidence.uploaded_at, OutsideEvidence.id, EvidenceDecision.id)
    if evidence_id is not None:
        query = query.where(OutsideEvidence.id == evidence_id)
    elif account_id is not None:
        query = query.where(OutsideEvidence.account_id == account_id)
    else:
        query = query.where(EvidenceDecision.id.is_(None)).limit(200)
    return _read(session, query)


def decided_lately(session: Session, *, organisation_id: int) -> list[Told]:
    """Return the evidence about which a decision was made last, each with that decision; one query."""
    query = _told(organisation_id).where(EvidenceDecision.id.is_not(None)).order_by(EvidenceDecision.id.desc())
    return _read(session, query.limit(LATELY))


def _told(organisation_id: int) -> Select[OutsideEvidence, str, str, EvidenceDecision, str]:
    uploader, decider = aliased(Account), aliased(Account)
    return (
        select(OutsideEvidence, Account.name, uploader.name, EvidenceDecision, decider.name)
        .join(Account, Account.id == OutsideEvidence.account_id)
        .join(uploader, uploader.id == OutsideEvidence.uploaded_by)
        .outerjoin(EvidenceDecision, EvidenceDecision.evidence_id == OutsideEvidence.id)
        .outerjoin(decider, decider.id == EvidenceDecision.decided_by)
        .where(OutsideEvidence.organisation_id == organisation_id)
    )


def _read(session: Session, query: Select[OutsideEvidence, str, str, EvidenceDecision, str]) -> list[Told]:
    found: dict[int, tuple[OutsideEvidence, str, str, list[tuple[EvidenceDecision, str]]]] = {}
    for evidence, person, by, decision, decided_by in session.execute(query):
        made = found.setdefault(evidence.id, (evidence, person, by, []))[3]
        if decision is not None:
            made.append((decision, decided_by))
    return [
        Told(evidence=evidence, person=person, uploaded_by=by, decisions=tuple(made))
        for evidence, person, by, made in found.values()
    ]


def readable(session: Session, *, actor: Actor, evidence_id: int) -> OutsideEvidence:
    """Return evidence whose file the actor may have: their own, or of somebody whose record they may read."""
    evidence = session.scalar(
        select(OutsideEvidence).where(
            OutsideEvidence.organisation_id == actor.organisation_id, OutsideEvidence.id == evidence_id
        )
    )
    if evidence is None:
        raise NotFoundError
    if evidence.account_id != actor.account_id:
        within = actor.clinics(Action.READ_RECORD)
        people_queries.member(session, actor.organisation_id, evidence.account_id, within)
    return evidence


def known_files(session: Session, names: Collection[str]) -> Sequence[str]:
    """Return which of these files a row knows, of whatever organisation."""
    return session.scalars(select(OutsideEvidence.file_name).where(OutsideEvidence.file_name.in_(names))).all()


def _uploads_for(session: Session, actor: Actor, account_id: int) -> int:
    if account_id == actor.account_id and actor.can(Action.LEARN):
        return account_id
    return people_queries.member(session, actor.organisation_id, account_id, actor.clinics(Action.ADD_EVIDENCE)).id


def _check(certificate: Certificate, today: date) -> None:
    for kept, sentence in (
        (certificate.issuer and certificate.number and certificate.title, "Enter issuer, number and title."),
        (certificate.issued_on <= today, "Enter the day on which it was issued; it cannot lie ahead."),
        (
            certificate.expires_on is None or certificate.expires_on >= certificate.issued_on,
            "Enter a last day that is not before the day of issue.",
        ),
    ):
        if not kept:
            raise RefusedError(sentence)


def _to_decide(session: Session, actor: Actor, evidence_id: int, password: str) -> OutsideEvidence:
    if actor.clinics(Action.DECIDE_EVIDENCE) is not None:
        raise NotFoundError
    evidence = session.scalar(
        select(OutsideEvidence).where(
            OutsideEvidence.organisation_id == actor.organisation_id, OutsideEvidence.id == evidence_id
        )
    )
    if evidence is None:
        raise NotFoundError
    if actor.account_id in (evidence.account_id, evidence.uploaded_by):
        raise RefusedError("You cannot decide on your own certificate, or on what you uploaded; ask another director.")
    people.check_password(session, account_id=actor.account_id, password=password)
    return evidence


def _check_counts(session: Session, evidence: OutsideEvidence, course_id: str, zone: str, now: datetime) -> None:
    """Refuse an acceptance that would stand for nothing: the person is certified, and cannot renew yet."""
    where = standing(
        session,
        organisation_id=evidence.organisation_id,
        account_id=evidence.account_id,
        zone=zone,
        course_id=course_id,
        now=now,
        practice=False,
    )
    if evidence.id not in {one.evidence_id for one in where.accepted}:
        opens = day_in(zone, where.period_start_at)
        raise RefusedError(
            f"This person is certified there already. Accept it from {opens.day} {opens:%B %Y} on, for the renewal."
        )


def _decided(session: Session, evidence: OutsideEvidence) -> frozenset[str]:
    query = select(EvidenceDecision.course_id).where(
        EvidenceDecision.organisation_id == evidence.organisation_id, EvidenceDecision.evidence_id == evidence.id
    )
    return frozenset(session.scalars(query))


def _decide(
    session: Session,
    evidence: OutsideEvidence,
    actor: Actor,
    *,
    course_id: str,
    requirements: list[str],
    reason: str,
    now: datetime,
) -> EvidenceDecision:
    reason = clean_reason(reason)
    decision = EvidenceDecision(
        organisation_id=evidence.organisation_id,
        evidence_id=evidence.id,
        account_id=evidence.account_id,
        course_id=course_id,
        requirements=requirements,
        reason=reason,
        decided_by=actor.account_id,
        decided_at=now,
    )
    session.add(decision)
    session.flush()
    kind = "evidence.accepted" if course_id else "evidence.declined"
    detail = {"course": course_id, "requirements": requirements, "reason": decision.reason}
    _tell(session, evidence, kind, actor, now, detail)
    return decision


def _tell(  # noqa: PLR0917  what an entry says, in its order
    session: Session, evidence: OutsideEvidence, kind: str, actor: Actor, now: datetime, detail: dict[str, Any]
) -> None:
    trail.record(
        session,
        organisation_id=evidence.organisation_id,
        kind=kind,
        subject=f"outside_evidence:{evidence.id}",
        actor_id=actor.account_id,
        account_id=evidence.account_id,
        now=now,
        detail=detail,
    )
