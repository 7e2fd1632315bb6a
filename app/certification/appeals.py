"""Answering an appeal: only who neither wrote the item nor trained the person, and on the record."""

from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.audit import service as trail
from app.certification.models import SignOff
from app.errors import NotFoundError, RefusedError
from app.exams import case_queries
from app.exams import cases as exam_cases
from app.exams.case_models import AppealAnswer
from app.exams.case_queries import Contested
from app.learning.models import Assignment
from app.people import service as people
from app.people.models import RoleGrant
from app.people.permissions import Action, Actor, Role
from app.releases.models import Release, ReleaseChange, ReleaseItem

TRAINS = (Role.MANAGER.value, Role.EVALUATOR.value)


def answer_appeal(
    session: Session, *, actor: Actor, appeal_id: int, upheld: bool, answer: str, now: datetime
) -> AppealAnswer:
    """Uphold an appeal or turn it down, with the reason that the trainee reads; once."""
    if not actor.can(Action.DECIDE_APPEAL):
        raise RefusedError("Only an author or medical director answers an appeal.")
    contested = get_contested(session, actor.organisation_id, appeal_id)
    people.lock_person(session, contested.attempt.account_id)
    contested = get_contested(session, actor.organisation_id, appeal_id)
    if contested.answer is not None:
        raise RefusedError("This appeal is answered already.")
    if refusal := why_not_decider(session, actor, contested):
        raise RefusedError(refusal)
    given = AppealAnswer(
        organisation_id=actor.organisation_id,
        appeal_id=appeal_id,
        upheld=upheld,
        answer=exam_cases.told(answer, "the answer", 2000),
        decided_by=actor.account_id,
        decided_at=now,
    )
    session.add(given)
    session.flush()
    trail.record(
        session,
        organisation_id=actor.organisation_id,
        kind="appeal.upheld" if upheld else "appeal.turned_down",
        subject=f"appeal:{appeal_id}",
        actor_id=actor.account_id,
        account_id=contested.attempt.account_id,
        now=now,
        detail={"attempt": contested.attempt.id, "position": contested.appeal.position, "answer": given.answer},
    )
    return given


def get_contested(session: Session, organisation_id: int, appeal_id: int) -> Contested:
    """Return an appeal of this organisation with all that stands around it; another's is not found."""
    found = case_queries.appeals(session, organisation_id, appeal_id)
    if not found:
        raise NotFoundError
    return found[0]


def why_not_decider(session: Session, actor: Actor, contested: Contested) -> str:
    """Return why somebody must not answer an appeal, or nothing where they may; two queries.

    Whoever published an edition that holds the item, or the contested paper's, wrote it; so did who classed a change
    of the item or its facts. Whoever assigned the course, signed off a treatment, or manages or evaluates where the
    person works, or ever did, trained them.
    """
    if contested.attempt.account_id == actor.account_id:
        return "This is your own appeal; somebody else answers it."
    if _wrote(session, actor, contested):
        return "You published or edited what is contested; somebody who did not has to answer."
    if _trained(session, actor, contested.attempt.account_id):
        return "You trained this person; somebody who did not has to answer."
    return ""


def _wrote(session: Session, actor: Actor, contested: Contested) -> bool:
    mine = Release.organisation_id == actor.organisation_id
    if contested.item is None or contested.content is None:
        of = select(Release.id).where(mine, Release.id == contested.attempt.release_id)
        keys = None
    else:
        of = (
            select(Release.id)
            .join(ReleaseItem, ReleaseItem.release_id == Release.id)
            .where(mine, ReleaseItem.item_hash == contested.item.item_hash)
        )
        keys = [contested.item.item_id, *contested.content.keyed["facts"]]
    published = select(Release.id).where(Release.id.in_(of), Release.published_by == actor.account_id)
    classed = select(ReleaseChange.release_id).where(
        ReleaseChange.organisation_id == actor.organisation_id,
        ReleaseChange.account_id == actor.account_id,
        ReleaseChange.release_id.in_(of),
    )
    if keys is not None:
        classed = classed.where(ReleaseChange.key.in_(keys))
    return session.scalar(published.union_all(classed).limit(1)) is not None


def _trained(session: Session, actor: Actor, account_id: int) -> bool:
    clinics = select(RoleGrant.clinic_id).where(
        RoleGrant.organisation_id == actor.organisation_id,
        RoleGrant.account_id == account_id,
        RoleGrant.clinic_id.is_not(None),
    )
    signed = select(SignOff.id).where(
        SignOff.organisation_id == actor.organisation_id,
        SignOff.account_id == account_id,
        SignOff.evaluator_id == actor.account_id,
    )
    assigned = select(Assignment.id).where(
        Assignment.organisation_id == actor.organisation_id,
        Assignment.account_id == account_id,
        Assignment.assigned_by == actor.account_id,
    )
    leads = select(RoleGrant.id).where(
        RoleGrant.organisation_id == actor.organisation_id,
        RoleGrant.account_id == actor.account_id,
        RoleGrant.role.in_(TRAINS),
        or_(RoleGrant.clinic_id.is_(None), RoleGrant.clinic_id.in_(clinics)),
    )
    return session.scalar(signed.union_all(assigned, leads).limit(1)) is not None
