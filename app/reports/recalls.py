"""Recalls for who answers for them: the list, how far each person is, and the report to sign."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.certification import recall_ends, recall_queries
from app.certification.models import Certification
from app.certification.recall_models import (
    CLOSED,
    ENDED,
    Recall,
    RecallDecision,
    RecallDone,
    RecallItem,
    RecallResponse,
    RecallTarget,
)
from app.certification.recall_queries import WholeRecall
from app.certification.recalling import Progress, RecallOn, recall_on
from app.people.models import Account, Clinic, RoleGrant
from app.people.permissions import Actor, Role
from app.releases import queries as releases
from app.releases.models import Release

COLUMNS = {
    "recall": "The recall's id",
    "name": "Who has to do it",
    "account": "The person, as in the trail's account and actor",
    "clinics": "Where the person works as a technician now",
    "number": "Certificate number, to be checked at /verify",
    "rests": "How it rests on each change: asked, cells, taught, or without (earned before it was there)",
    "task": "What has to be done: read, quiz or exam",
    "due_on": "Last day, inclusive",
    "progress": "open, overdue, done, or released (the recall ended early)",
    "done_on": "Day from which it counts as done",
    "done_at": "When that was recorded (UTC)",
    "tries": "Answers given in a delta quiz, right and wrong; 1 for anything else",
    "attempt": "The attempt at the exam that answered it",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """A recall in the list of all: how many people it reaches, and how many of them did it."""

    recall: Recall
    people: int
    done: int
    ended: bool
    closed: bool


def list_recalls(session: Session, organisation_id: int, within: Collection[int] | None) -> list[Line]:
    """Return the recalls, the latest first, counting the people of the clinics `within`; one query."""
    concerned = select(func.count(RecallTarget.account_id.distinct())).where(
        RecallTarget.organisation_id == Recall.organisation_id, RecallTarget.recall_id == Recall.id
    )
    did = select(func.count(RecallDone.id)).where(
        RecallDone.organisation_id == Recall.organisation_id, RecallDone.recall_id == Recall.id
    )
    if within is not None:
        concerned = concerned.where(RecallTarget.account_id.in_(_treating(organisation_id, within)))
        did = did.where(RecallDone.account_id.in_(_treating(organisation_id, within)))
    decided = {
        kind: select(RecallDecision.id)
        .where(
            RecallDecision.organisation_id == Recall.organisation_id,
            RecallDecision.recall_id == Recall.id,
            RecallDecision.kind == kind,
        )
        .exists()
        for kind in (ENDED, CLOSED)
    }
    rows = session.execute(
        select(
            Recall,
            concerned.correlate(Recall).scalar_subquery(),
            did.correlate(Recall).scalar_subquery(),
            decided[ENDED],
            decided[CLOSED],
        )
        .where(Recall.organisation_id == organisation_id)
        .order_by(Recall.id.desc())
        .limit(200)
    )
    return [Line(recall=row[0], people=row[1], done=row[2], ended=bool(row[3]), closed=bool(row[4])) for row in rows]


def _treating(organisation_id: int, within: Collection[int]) -> Any:
    return select(RoleGrant.account_id).where(
        RoleGrant.organisation_id == organisation_id,
        RoleGrant.role == Role.TECHNICIAN.value,
        RoleGrant.ended_at.is_(None),
        RoleGrant.clinic_id.in_(within),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Concerned:
    """A certification in a recall with its person, their clinics now, and where they stand."""

    target: RecallTarget
    number: str
    name: str
    clinics: tuple[str, ...]
    done: RecallDone | None
    tries: int
    progress: Progress


@dataclass(frozen=True, kw_only=True, slots=True)
class RecallRead:
    """A recall with the people whom the reader may see."""

    whole: WholeRecall
    base: Release
    release: Release
    people: tuple[Concerned, ...]


def read_recall(
    session: Session,
    organisation_id: int,
    recall_id: int,
    *,
    within: Collection[int] | None,
    day: date,
    now: datetime,
) -> RecallRead:
    """Return a recall with its people of the clinics `within` (None: all); three queries."""
    whole = recall_queries.whole_recall(session, organisation_id, recall_id)
    recall = whole.recall
    base, release = (releases.get_release(session, organisation_id, one) for one in (recall.base_id, recall.release_id))
    return RecallRead(
        whole=whole, base=base, release=release, people=tuple(_concerned(session, whole, within, day, now))
    )


def _concerned(
    session: Session, whole: WholeRecall, within: Collection[int] | None, day: date, now: datetime
) -> Iterator[Concerned]:
    recall = whole.recall
    query = _CONCERNED.where(
        RecallTarget.organisation_id == recall.organisation_id, RecallTarget.recall_id == recall.id
    )
    if within is not None:
        query = query.where(RecallTarget.account_id.in_(_treating(recall.organisation_id, within)))
    found: dict[int, list[Any]] = {}
    for row in session.execute(query):
        found.setdefault(row[0].id, []).append(row)
    for rows in found.values():
        target, number, name, done, tried, _ = rows[0]
        yield Concerned(
            target=target,
            number=number,
            name=name,
            clinics=tuple(row[5] for row in rows if row[5]),
            done=done,
            tries=done.tries if done else tried,
            progress=_on(whole, target, done).progress(day, now),
        )


_tries = (
    select(func.count(RecallResponse.recall_item_id))
    .join(RecallItem, RecallItem.id == RecallResponse.recall_item_id)
    .where(
        RecallItem.organisation_id == RecallTarget.organisation_id,
        RecallItem.recall_id == RecallTarget.recall_id,
        RecallItem.account_id == RecallTarget.account_id,
    )
    .correlate(RecallTarget)
    .scalar_subquery()
)
_CONCERNED = (
    select(RecallTarget, Certification.number, Account.name, RecallDone, _tries, Clinic.name)
    .join(Certification, Certification.id == RecallTarget.certification_id)
    .join(Account, Account.id == RecallTarget.account_id)
    .outerjoin(
        RecallDone,
        (RecallDone.organisation_id == RecallTarget.organisation_id)
        & (RecallDone.recall_id == RecallTarget.recall_id)
        & (RecallDone.account_id == RecallTarget.account_id),
    )
    .outerjoin(
        RoleGrant,
        (RoleGrant.organisation_id == RecallTarget.organisation_id)
        & (RoleGrant.account_id == RecallTarget.account_id)
        & (RoleGrant.role == Role.TECHNICIAN.value)
        & RoleGrant.ended_at.is_(None),
    )
    .outerjoin(Clinic, Clinic.id == RoleGrant.clinic_id)
    .order_by(Account.name, RecallTarget.id, Clinic.name)
)


def _on(whole: WholeRecall, target: RecallTarget, done: RecallDone | None) -> RecallOn:
    ended = whole.ended[0] if whole.ended else None
    return recall_on(
        whole.recall,
        target.cells,
        done.done_on if done else None,
        done.done_at if done else None,
        ended.decided_on if ended else None,
        ended.decided_at if ended else None,
    )


def rows_of(read: RecallRead) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a recall's export, in the order of COLUMNS."""
    recall = read.whole.recall
    for one in read.people:
        done = one.done
        yield (
            recall.id,
            one.name,
            one.target.account_id,
            list(one.clinics),
            one.number,
            [f"{key}: {', '.join(bonds)}" for key, bonds in one.target.bonds.items()],
            recall.task,
            recall.due_on.isoformat(),
            one.progress.value,
            done.done_on.isoformat() if done else None,
            _instant(done.done_at) if done else None,
            one.tries,
            done.attempt_id if done else None,
        )


def report_of(read: RecallRead) -> dict[str, Any]:
    """Return a recall's report as values: what changed, who had to do what by when, who did it, how it ended."""
    recall, ended = read.whole.recall, read.whole.ended
    return {
        "recall": recall.id,
        "title": recall.title,
        "base": [read.base.edition, read.base.content_hash],
        "release": [read.release.edition, read.release.content_hash],
        "changes": [
            {"key": one.key, "title": one.title, "class": one.change_class, "sha256": one.digest}
            for one in read.whole.changes
        ],
        "task": recall.task,
        "consequence": recall.consequence,
        "due_on": recall.due_on.isoformat(),
        "reason": recall.reason,
        "started": [read.whole.starter, _instant(recall.started_at), recall.meaning],
        "ended": [ended[1], _instant(ended[0].decided_at), ended[0].reason, ended[0].meaning] if ended else None,
        "people": [
            {
                "name": one.name,
                "clinics": list(one.clinics),
                "number": one.number,
                "rests": one.target.bonds,
                "progress": one.progress.value,
                "done_on": one.done.done_on.isoformat() if one.done else None,
                "late": bool(one.done and one.done.done_on > recall.due_on),
                "tries": one.tries,
                "attempt": one.done.attempt_id if one.done else None,
                "meaning": one.done.meaning if one.done else None,
            }
            for one in read.people
        ],
        "waiting": sum(one.progress in (Progress.OPEN, Progress.OVERDUE) for one in read.people),
    }


def shown_report(read: RecallRead, within: Collection[int] | None) -> dict[str, Any]:
    """Return the report as it was signed, or as it stands; who answers for some clinics sees their people only."""
    signed = read.whole.closed[0].report if read.whole.closed else None
    if signed is None:
        return report_of(read)
    if within is None:
        return signed
    numbers = {one.number for one in read.people}
    return {**signed, "people": [one for one in signed["people"] if one["number"] in numbers]}


def close(
    session: Session, *, actor: Actor, recall_id: int, seen: str, password: str, day: date, now: datetime
) -> None:
    """Sign a recall's report as it stands at this instant."""
    read = read_recall(session, actor.organisation_id, recall_id, within=None, day=day, now=now)
    recall_ends.close(
        session, actor=actor, recall_id=recall_id, report=report_of(read), seen=seen, password=password, now=now
    )


def _instant(at: datetime) -> str:
    return at.isoformat(timespec="seconds")


def counts_of(people: Sequence[Concerned]) -> dict[Progress, int]:
    """Return how many certifications of a recall stand where."""
    return {one: sum(each.progress is one for each in people) for one in Progress}
