"""How recalls end: early, with a reason, or with a report that a director signs and that is frozen as values."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import service as trail
from app.certification import deciding, recall_queries, recalling
from app.certification.recall_models import CLOSED, ENDED, Recall, RecallDecision, RecallTarget
from app.certification.recalls import check_director
from app.clock import day_in
from app.errors import NotFoundError, RefusedError
from app.people import queries as people_queries
from app.people import service as people
from app.people.names import clean_reason
from app.people.permissions import Actor

ENDS = "Nobody has to do anything more in this recall. I answer for that, for the reason given."
SIGNS = "I checked this report: whom the recall concerned, what each had to do, and who did it when."


def end(session: Session, *, actor: Actor, recall_id: int, reason: str, password: str, now: datetime) -> None:
    """End a recall before everybody did what it asks; what it held back is free from this day."""
    recall = _held(session, actor, recall_id)
    targets = select(RecallTarget.account_id).where(
        RecallTarget.organisation_id == actor.organisation_id, RecallTarget.recall_id == recall.id
    )
    concerned = set(session.scalars(targets))
    if actor.account_id in concerned:
        raise RefusedError("This recall asks something of you as well; another medical director ends it.")
    people.check_password(session, account_id=actor.account_id, password=password)
    people.lock_people(session, concerned)
    _decide(session, actor, recall, ENDED, ENDS, now, reason=clean_reason(reason))
    stands = [(account_id, recall.course_id) for account_id in sorted(concerned)]
    deciding.follow(session, organisation_id=actor.organisation_id, stands=stands, as_of=now, now=now)


def close(
    session: Session,
    *,
    actor: Actor,
    recall_id: int,
    report: Mapping[str, Any],
    seen: str,
    password: str,
    now: datetime,
) -> None:
    """Sign the report of a recall that is over, frozen as values; `seen` is the hash of what was shown."""
    recall = _held(session, actor, recall_id, ended_too=True)
    people.check_password(session, account_id=actor.account_id, password=password)
    digest = recalling.digest_of(report)
    if digest != seen:
        raise RefusedError("The report is no longer what you saw. Look again, then sign it.")
    if report["waiting"]:
        raise RefusedError("Somebody has not done it yet. Wait for them, or end the recall early with a reason.")
    _decide(session, actor, recall, CLOSED, SIGNS, now, report=dict(report), digest=digest)


def _held(session: Session, actor: Actor, recall_id: int, *, ended_too: bool = False) -> Recall:
    """Hold a recall to the end of the transaction, and make sure that nobody decided this about it yet.

    Who ends it then waits for people, and they may be adding a row that names it: they need not wait for its key.
    """
    check_director(actor)
    held = select(Recall.id).where(Recall.organisation_id == actor.organisation_id, Recall.id == recall_id)
    if session.scalar(held.with_for_update(key_share=not ended_too)) is None:
        raise NotFoundError
    whole = recall_queries.whole_recall(session, actor.organisation_id, recall_id)
    if whole.closed:
        raise RefusedError("The report of this recall is signed already.")
    if whole.ended and not ended_too:
        raise RefusedError("This recall was ended already.")
    return whole.recall


def _decide(  # noqa: PLR0917  who decides what of which, in the order of the story
    session: Session,
    actor: Actor,
    recall: Recall,
    kind: str,
    meaning: str,
    now: datetime,
    *,
    reason: str | None = None,
    report: dict[str, Any] | None = None,
    digest: str | None = None,
) -> None:
    zone = people_queries.get_organisation(session, actor.organisation_id).time_zone
    session.add(
        RecallDecision(
            organisation_id=actor.organisation_id,
            recall_id=recall.id,
            kind=kind,
            account_id=actor.account_id,
            decided_on=day_in(zone, now),
            decided_at=now,
            meaning=meaning,
            reason=reason,
            report=report,
            digest=digest,
        )
    )
    session.flush()
    trail.record(
        session,
        organisation_id=actor.organisation_id,
        kind=f"recall.{kind}",
        subject=f"recall:{recall.id}",
        actor_id=actor.account_id,
        now=now,
        detail={"meaning": meaning, "reason": reason, "sha256": digest},
    )
