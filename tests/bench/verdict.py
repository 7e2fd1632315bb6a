"""What a database must hold after a crash: all that people were told, and nothing half."""

from collections import Counter
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit.models import Entry, EntryDetail
from app.certification.models import Certification, CertificationEvent
from app.exams.models import Attempt, PaperItem, Response
from app.exams.responses import hash_revisions
from tests.bench.crowd import Told

CLOSINGS = frozenset({"attempt.submitted", "attempt.ran_out", "attempt.ended", "attempt.withdrawn"})
ONE_RESULT = ("closed_by", "passed", "score_numerator", "score_denominator", "result", "responses_hash")


def faults(session: Session, told: Told, *, since: int = 0) -> Counter[str]:
    """Count what is wrong with attempts from the id `since` on: `lost` (told, and not stored) and `half` (and why)."""
    attempts = {one.id: one for one in session.scalars(select(Attempt).where(Attempt.id >= since))}
    revisions = _revisions(session, since)
    found = lost(attempts, revisions, told, since)
    found += _half(attempts, revisions)
    found += _trail(session, attempts)
    found += _certified(session, attempts)
    numbers = set(session.scalars(select(Certification.number)))
    found["lost certification"] += sum(bool(number) and number not in numbers for _, number in told.results.values())
    papers = Counter(session.scalars(select(PaperItem.attempt_id).where(PaperItem.attempt_id >= since)))
    found["half paper"] += sum(papers[one.id] != one.items for one in attempts.values())
    return +found


Revisions = dict[int, list[tuple[int, int, Any, Any]]]


def _revisions(session: Session, since: int) -> Revisions:
    rows: Revisions = {}
    query = (
        select(Response.attempt_id, Response.position, Response.revision, Response.chosen, Response.saved_at)
        .where(Response.attempt_id >= since)
        .order_by(Response.attempt_id, Response.position, Response.revision)
    )
    for attempt, *revision in session.execute(query):
        rows.setdefault(attempt, []).append(tuple(revision))
    return rows


def lost(attempts: dict[int, Attempt], revisions: Revisions, told: Told, since: int) -> Counter[str]:
    """Count what people were told and is not there."""
    stored = {(attempt, one[0], one[1]) for attempt, rows in revisions.items() for one in rows}
    closed = {one.id: bool(one.passed) for one in attempts.values() if one.closed_at is not None}
    return Counter(
        {
            "lost start": sum(one >= since and one not in attempts for one in told.started),
            "lost response": sum(one[0] >= since and one not in stored for one in told.saved),
            "lost submission": sum(one >= since and one not in closed for one in told.submitted),
            "lost result": sum(
                attempt >= since and closed.get(attempt) is not passed
                for attempt, (passed, _) in dict(told.results).items()
            ),
        }
    )


def _half(attempts: dict[int, Attempt], revisions: Revisions) -> Counter[str]:
    found: Counter[str] = Counter()
    for attempt in attempts.values():
        rows = revisions.get(attempt.id, [])
        closed = attempt.closed_at is not None
        found["half result"] += any((getattr(attempt, name) is not None) != closed for name in ONE_RESULT)
        numbers: dict[int, list[int]] = {}
        for position, revision, *_ in rows:
            numbers.setdefault(position, []).append(revision)
        found["gap in revisions"] += sum(given != list(range(1, len(given) + 1)) for given in numbers.values())
        if closed:
            told = [(position, revision, chosen, at.isoformat()) for position, revision, chosen, at in rows]
            found["result of other responses"] += attempt.responses_hash != hash_revisions(told)
    return found


def _trail(session: Session, attempts: dict[int, Attempt]) -> Counter[str]:
    query = select(Entry.kind, Entry.subject, EntryDetail.entry_id).outerjoin(
        EntryDetail, EntryDetail.entry_id == Entry.id
    )
    entries = session.execute(query.where(Entry.kind.startswith("attempt."))).all()
    started, closed = Counter[str](), Counter[str]()
    for kind, subject, _ in entries:
        (started if kind == "attempt.started" else closed)[subject] += kind == "attempt.started" or kind in CLOSINGS
    found = Counter({"entry without detail": sum(detail is None for _, _, detail in entries)})
    for attempt in attempts.values():
        subject = f"attempt:{attempt.id}"
        found["start without its entry"] += started[subject] != 1
        found["result without its entry"] += closed[subject] != (attempt.closed_at is not None)
    known = {f"attempt:{one}" for one in session.scalars(select(Attempt.id))}
    found["entry without its attempt"] += len((set(started) | set(closed)) - known)
    return found


def _certified(session: Session, attempts: dict[int, Attempt]) -> Counter[str]:
    """Every pass of the bench's exam earns its certification, once, with an entry."""
    query = select(CertificationEvent.certification_id, CertificationEvent.attempt_id)
    events = [tuple(row) for row in session.execute(query)]
    earned = Counter(attempt for _, attempt in events)
    issued = Counter(session.scalars(select(Entry.subject).where(Entry.kind == "certification.issued")))
    passed = {one.id for one in attempts.values() if one.passed}
    return Counter(
        {
            "pass without certification": sum(earned[one] != 1 for one in passed),
            "certification without pass": sum(one in attempts and one not in passed for one in earned),
            "certification without its entry": sum(issued[f"certification:{one}"] != 1 for one, _ in events),
        }
    )
