"""Recalls: a director starts one, and people do what it asks: read, answer a quiz, or pass the exam again."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import service as trail
from app.certification import deciding, recall_queries, recall_quiz, recalling
from app.certification.recall_joins import holds_new
from app.certification.recall_models import (
    Recall,
    RecallChange,
    RecallDecision,
    RecallDone,
    RecallTarget,
)
from app.certification.recalling import Consequence, Resting, Task
from app.clock import day_in
from app.content.compare import Change
from app.errors import RefusedError
from app.exams.models import Attempt
from app.people import queries as people_queries
from app.people import service as people
from app.people.names import clean_reason
from app.people.permissions import Action, Actor
from app.releases import queries as releases
from app.releases.models import Release

STARTS = (
    "I compared each of these changes, and answer for whom this recall asks what, by when and with what consequence."
)
MEANINGS = {
    Task.READ: "I read each change, the old beside the new, and work by the new one from now on.",
    Task.QUIZ: "I read each change, and answered every question about the new facts rightly.",
    Task.EXAM: "I sat the exam again, on an edition that holds the new facts, and passed.",
}
ONLY_DIRECTORS = "Only a medical director does this with a recall."


def start(
    session: Session,
    *,
    actor: Actor,
    base: Release,
    release: Release,
    changes: Sequence[Change],
    resting: Sequence[Resting],
    task: Task,
    consequence: Consequence,
    due_on: date,
    reason: str,
    password: str,
    seen: str,
    now: datetime,
) -> Recall:
    """Start a recall of a signed release's changes; `resting` is who rests on them, `seen` the digest of what was seen.

    RefusedError where a recall of one of them is open, where nobody rests on them, and where a quiz cannot ask one.
    """
    check_director(actor)
    session.execute(select(Release.id).where(Release.id == release.id).with_for_update()).all()  # one start at a time
    people.check_password(session, account_id=actor.account_id, password=password)
    zone = people_queries.get_organisation(session, actor.organisation_id).time_zone
    keys = [one.key for one in changes]
    _check_start(session, release, keys, resting, due_on, day_in(zone, now), seen)
    recall = Recall(
        organisation_id=actor.organisation_id,
        course_id=release.course_id,
        title=f"{release.title}, edition {release.edition}"[:200],
        release_id=release.id,
        base_id=base.id,
        task=task.value,
        consequence=consequence.value,
        due_on=due_on,
        reason=clean_reason(reason),
        units=recall_quiz.units_to_ask(session, base, release, keys) if task is Task.QUIZ else [],
        started_by=actor.account_id,
        started_at=now,
        meaning=STARTS,
        digest=seen,
    )
    session.add(recall)
    session.flush()
    _keep_changes(session, recall, changes)
    session.add_all(_target(recall, one) for one in resting)
    _tell_start(session, recall, keys, len(resting))
    return recall


def _check_start(  # noqa: PLR0917  what is refused, in the order of the story
    session: Session,
    release: Release,
    keys: Collection[str],
    resting: Sequence[Resting],
    due_on: date,
    today: date,
    seen: str,
) -> None:
    if not keys:
        raise RefusedError("Choose at least one change that the recall is about.")
    if recall_queries.open_on(session, release.organisation_id, release.id, keys):
        raise RefusedError("A recall of this change is open already. Open it from the list of recalls.")
    stopped = releases.withdrawals(session, release.organisation_id, release.id)
    if stopped.whole or stopped.facts.keys() & set(keys):
        raise RefusedError(
            "What this recall would teach was withdrawn. Sign a new edition first, and recall from there."
        )
    if not resting:
        raise RefusedError("No certification in force rests on what changed, so there is nobody to recall.")
    if due_on < recalling.earliest_due(today):
        raise RefusedError("Choose a last day from tomorrow on: nobody is late on the day on which they hear of it.")
    if seen != recalling.seen_digest(keys, resting):
        raise RefusedError("Who rests on the changes is no longer what you saw. Look again, then start the recall.")


def _keep_changes(session: Session, recall: Recall, changes: Sequence[Change]) -> None:
    before = recall_queries.rounds(session, recall.organisation_id, recall.release_id)
    session.add_all(
        RecallChange(
            organisation_id=recall.organisation_id,
            recall_id=recall.id,
            release_id=recall.release_id,
            key=one.key,
            round=before.get(one.key, 0) + 1,
            title=one.title,
            change_class=one.change_class.value,
            digest=one.digest,
        )
        for one in changes
    )
    session.flush()


def _target(recall: Recall, one: Resting) -> RecallTarget:
    return RecallTarget(
        organisation_id=recall.organisation_id,
        recall_id=recall.id,
        certification_id=one.certification_id,
        account_id=one.account_id,
        bonds={key: [bond.value for bond in bonds] for key, bonds in one.bonds.items()},
        cells=recalling.cells_to_json(one.cells),
    )


def _tell_start(session: Session, recall: Recall, keys: Sequence[str], number: int) -> None:
    trail.record(
        session,
        organisation_id=recall.organisation_id,
        kind="recall.started",
        subject=f"recall:{recall.id}",
        actor_id=recall.started_by,
        now=recall.started_at,
        detail={
            "release": recall.release_id,
            "base": recall.base_id,
            "changes": list(keys),
            "task": recall.task,
            "consequence": recall.consequence,
            "due_on": recall.due_on.isoformat(),
            "certifications": number,
            "reason": recall.reason,
            "meaning": recall.meaning,
            "sha256": recall.digest,
        },
    )


def acknowledge(session: Session, *, actor: Actor, recall_id: int, ticked: bool, now: datetime) -> RecallDone:
    """Record that a person read every change of a recall that asks for no more; again, it changes nothing."""
    people.lock_person(session, actor.account_id)
    recall, done = _mine(session, actor, recall_id)
    if done is not None:
        return done
    if Task(recall.task) is not Task.READ:
        raise RefusedError("This recall asks for more than reading. Open it from your start page.")
    if not ticked:
        raise RefusedError("Tick that you read each change, then confirm.")
    return _finish(session, recall, actor.account_id, now=now)


def respond(
    session: Session, *, actor: Actor, recall_id: int, item_id: int, form: Mapping[str, Sequence[str]], now: datetime
) -> list[str] | None:
    """Take the response to an item of a delta quiz, once; the last right one ends the task.

    Where the form only moves a step, nothing is stored and the steps are returned in their new order.
    """
    people.lock_person(session, actor.account_id)
    recall, done = _mine(session, actor, recall_id)
    moved = recall_quiz.respond(
        session, recall=recall, account_id=actor.account_id, item_id=item_id, form=form, now=now
    )
    if moved is None and done is None:
        tried = recall_queries.tried(session, recall.organisation_id, recall.id, actor.account_id)
        if recall_quiz.next_of(recall, tried) is None:
            _finish(session, recall, actor.account_id, now=now, tries=sum(one.right is not None for one in tried))
    return moved


def ask(session: Session, *, actor: Actor, recall_id: int, now: datetime) -> int | None:
    """Draw the next item of a delta quiz and return its id; None once there is nothing more to ask."""
    people.lock_person(session, actor.account_id)
    recall, done = _mine(session, actor, recall_id)
    return None if done else recall_quiz.ask(session, recall=recall, account_id=actor.account_id, now=now)


def note_pass(session: Session, *, attempt: Attempt, as_of: datetime, now: datetime) -> None:
    """Record the recalls that a pass answers: begun after they started, on a release that holds the new facts.

    The caller holds the person's lock.
    """
    waiting = session.execute(
        select(Recall)
        .join(
            RecallTarget,
            (RecallTarget.organisation_id == Recall.organisation_id) & (RecallTarget.recall_id == Recall.id),
        )
        .outerjoin(RecallDone, (RecallDone.recall_id == Recall.id) & (RecallDone.account_id == RecallTarget.account_id))
        .outerjoin(
            RecallDecision,
            (RecallDecision.organisation_id == Recall.organisation_id) & (RecallDecision.recall_id == Recall.id),
        )
        .where(
            Recall.organisation_id == attempt.organisation_id,
            Recall.course_id == attempt.course_id,
            Recall.task == Task.EXAM.value,
            Recall.started_at <= attempt.started_at,
            RecallTarget.account_id == attempt.account_id,
            RecallDone.id.is_(None),
            RecallDecision.id.is_(None),
        )
    ).scalars()
    for recall in {one.id: one for one in waiting}.values():
        if holds_new(session, recall, attempt.release_id):
            _finish(session, recall, attempt.account_id, as_of=as_of, now=now, attempt_id=attempt.id)


def _finish(
    session: Session,
    recall: Recall,
    account_id: int,
    *,
    now: datetime,
    as_of: datetime | None = None,
    tries: int = 1,
    attempt_id: int | None = None,
) -> RecallDone:
    zone = people_queries.get_organisation(session, recall.organisation_id).time_zone
    done = RecallDone(
        organisation_id=recall.organisation_id,
        recall_id=recall.id,
        account_id=account_id,
        done_on=day_in(zone, as_of or now),
        done_at=now,
        tries=tries,
        attempt_id=attempt_id,
        meaning=MEANINGS[Task(recall.task)],
    )
    session.add(done)
    session.flush()
    trail.record(
        session,
        organisation_id=recall.organisation_id,
        kind="recall.done",
        subject=f"recall:{recall.id}",
        actor_id=account_id,
        account_id=account_id,
        now=now,
        detail={
            "task": recall.task,
            "done_on": done.done_on.isoformat(),
            "late": done.done_on > recall.due_on,
            "tries": tries,
            "attempt": attempt_id,
            "meaning": done.meaning,
        },
    )
    # What it held back is free again, and so may be what rests on it.
    stands = [(account_id, recall.course_id)]
    deciding.follow(session, organisation_id=recall.organisation_id, stands=stands, as_of=now, now=now)
    return done


def _mine(session: Session, actor: Actor, recall_id: int) -> tuple[Recall, RecallDone | None]:
    """Return a recall that concerns the actor, and what they did; refused once it ended before that."""
    recall_queries.targets_of(session, actor.organisation_id, recall_id, actor.account_id)
    whole = recall_queries.whole_recall(session, actor.organisation_id, recall_id)
    done = recall_queries.done_by(session, actor.organisation_id, recall_id, actor.account_id)
    if done is None and (whole.ended or whole.closed):
        raise RefusedError("This recall is over. You do not have to do anything more for it.")
    return whole.recall, done


def check_director(actor: Actor) -> None:
    """Make sure that the actor may start and end recalls."""
    if not actor.can(Action.RECALL):
        raise RefusedError(ONLY_DIRECTORS)
