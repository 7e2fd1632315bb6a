"""What a recall asks of one person: the changes on both sides, the lessons that show them, how far they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from app.certification import recall_queries, recall_quiz
from app.certification.models import Certification
from app.certification.recall_models import Recall, RecallChange, RecallDecision, RecallDone, RecallTarget
from app.certification.recall_queries import Tried
from app.certification.recalling import RecallOn, Task, recall_on
from app.content.compare import Change, compare
from app.content.lift import blocks_with
from app.content.strike import facts_in
from app.errors import NotFoundError, RefusedError
from app.exams.queries import sitting_now
from app.releases import comparing
from app.releases import queries as releases
from app.releases.models import Release


@dataclass(frozen=True, kw_only=True, slots=True)
class Mine:
    """A recall as it stands for one person: the certifications that it concerns, and what they did."""

    recall: Recall
    base: Release
    release: Release
    on: tuple[tuple[RecallOn, str, str], ...]
    """Each with the certification's number and title."""
    keys: tuple[str, ...]
    done: RecallDone | None


def read_mine(session: Session, organisation_id: int, account_id: int, recall_id: int, now: datetime) -> Mine:
    """Return a recall that concerns a person; not found for anybody else, refused while they sit an exam. One query."""
    rows: Sequence[Any] = session.execute(
        _MINE.add_columns(sitting_now(account_id, now)).where(
            Recall.organisation_id == organisation_id,
            Recall.id == recall_id,
            RecallTarget.account_id == account_id,
        )
    ).all()
    if not rows:
        raise NotFoundError
    recall, old, new, _, _, done, ended, _, sits = rows[0]
    if sits:
        raise RefusedError(recall_quiz.SITTING)
    told = (
        done.done_on if done else None,
        done.done_at if done else None,
        ended.decided_on if ended else None,
        ended.decided_at if ended else None,
    )
    targets = {row[3].id: (row[3], row[4]) for row in rows}
    return Mine(
        recall=recall,
        base=old,
        release=new,
        on=tuple(
            (recall_on(recall, target.cells, *told), certification.number, certification.scheme["title"])
            for target, certification in targets.values()
        ),
        keys=tuple(dict.fromkeys(row[7] for row in rows)),
        done=done,
    )


_base, _release = aliased(Release), aliased(Release)
_MINE = (
    select(Recall, _base, _release, RecallTarget, Certification, RecallDone, RecallDecision, RecallChange.key)
    .join(_base, _base.id == Recall.base_id)
    .join(_release, _release.id == Recall.release_id)
    .join(
        RecallTarget,
        (RecallTarget.organisation_id == Recall.organisation_id) & (RecallTarget.recall_id == Recall.id),
    )
    .join(Certification, Certification.id == RecallTarget.certification_id)
    .join(
        RecallChange,
        (RecallChange.organisation_id == Recall.organisation_id) & (RecallChange.recall_id == Recall.id),
    )
    .outerjoin(
        RecallDone,
        (RecallDone.organisation_id == Recall.organisation_id)
        & (RecallDone.recall_id == Recall.id)
        & (RecallDone.account_id == RecallTarget.account_id),
    )
    .outerjoin(
        RecallDecision,
        (RecallDecision.organisation_id == Recall.organisation_id) & (RecallDecision.recall_id == Recall.id),
    )
    .order_by(RecallTarget.id, RecallChange.id, RecallDecision.id)
)


@dataclass(frozen=True, kw_only=True, slots=True)
class TaskRead:
    """All that a person's task page shows: what changed, where their lessons show it, the answers so far."""

    mine: Mine
    changes: tuple[Change, ...]
    lessons: tuple[tuple[str, str, str], ...]
    """Id, title and the blocks of HTML that lay the changed facts out."""
    tried: tuple[Tried, ...]


def read_task(session: Session, organisation_id: int, account_id: int, recall_id: int, now: datetime) -> TaskRead:
    """Return what a recall asks of a person; five queries at most."""
    mine = read_mine(session, organisation_id, account_id, recall_id, now)
    pieces = comparing.pieces_of_all(session, [mine.base, mine.release])
    old, new = ([one for one in pieces[each.id] if one.key in mine.keys] for each in (mine.base, mine.release))
    titles = {one["id"]: one["title"] for one in mine.release.manifest["lessons"]}
    wanted, lessons = set(mine.keys), []
    for lesson_id, html in releases.lessons(session, mine.release.id):
        if here := facts_in(html) & wanted:
            lessons.append((lesson_id, titles[lesson_id], blocks_with(html, here)))
            wanted -= here
    quiz = mine.recall.task == Task.QUIZ.value
    tried = recall_queries.tried(session, organisation_id, recall_id, account_id) if quiz else []
    return TaskRead(mine=mine, changes=compare(old, new), lessons=tuple(lessons), tried=tuple(tried))
