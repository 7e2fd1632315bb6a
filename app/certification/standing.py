"""Where a person stands in a course: read, sat, observed, certified, and what may come next."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from fractions import Fraction
from typing import TypeVar

from sqlalchemy.orm import Session

from app.certification import queries, rules, scope
from app.certification.lifecycle import State, StateAsOf
from app.certification.practice_queries import Attested, observed
from app.certification.queries import FINAL, Held
from app.certification.recalling import exam_since
from app.certification.renewal import ALL, Again, again, renewal_of
from app.clock import day_in, start_of
from app.content.renewal import Renewal
from app.errors import NotFoundError
from app.exams import timing
from app.exams.history import History, sat
from app.exams.models import CLOSED_BY_WITHDRAWAL, Attempt
from app.exams.shaken import shaken
from app.learning import queries as learning
from app.learning.models import Assignment
from app.learning.queries import Acceptance, Assigned
from app.releases import queries as releases
from app.releases.manifest import exam_of, scheme_of
from app.releases.models import Release
from app.releases.queries import NOTHING_WITHDRAWN, Withdrawals

Key = TypeVar("Key")
WITHDRAWN = timing.Refused(kind=timing.RefusalKind.WITHDRAWN)


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """What is read once of a person: everything that decides where they stand in their courses."""

    account_id: int
    zone: str
    assigned: dict[str, Assigned]
    held: dict[str, Held]
    histories: dict[str, History]
    observed: tuple[Attested, ...]
    accommodations: tuple[timing.Granted, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """Where a person stands in a course under one release."""

    release: Release
    assignment: Assignment | None
    held: Held | None
    state: StateAsOf
    lessons_read: frozenset[str]
    attempts: tuple[Attempt, ...]
    open_attempt: Attempt | None
    seat: timing.Allowed | timing.Refused
    period_start_at: datetime
    assessment: rules.Assessment
    earning: Attempt | None
    cells: tuple[scope.GrantedCell, ...]
    required: tuple[rules.HeldCertification, ...]
    practice: tuple[Attested, ...] = ()
    withdrawn: Withdrawals = NOTHING_WITHDRAWN
    terms: timing.Terms = timing.STANDARD
    accommodations: tuple[timing.Granted, ...] = ()
    """Those that hold today; the terms are the most of each."""
    accepted: tuple[Acceptance, ...] = ()
    """What was accepted from outside for this period, and is still valid."""
    renewal: Renewal | None = None
    """The next exam of who renews under a scheme that makes it shorter."""
    again: Again | None = None


def records(
    session: Session,
    *,
    organisation_id: int,
    account_ids: Collection[int],
    zone: str,
    course_ids: Collection[str] | None = None,
    practice: bool = True,
) -> dict[int, Record]:
    """Return the records of people; four queries, however many people, and three without `practice`."""
    assigned = learning.assigned(session, organisation_id, account_ids, course_ids)
    # Of required certifications in other courses the state counts too: these are read whole.
    held = queries.held_by(session, organisation_id, account_ids, taught=True)
    read = sat(session, organisation_id, account_ids, course_ids)
    attested = observed(session, organisation_id, account_ids) if practice else {}
    histories = doubted(session, read.histories, [one for ones in held.values() for one in ones])
    return {
        account_id: Record(
            account_id=account_id,
            zone=zone,
            assigned={course: one for (who, course), one in assigned.items() if who == account_id},
            held={one.certification.course_id: one for one in held.get(account_id, ())},
            histories={course: one for (who, course), one in histories.items() if who == account_id},
            observed=tuple(attested.get(account_id, ())),
            accommodations=read.accommodations.get(account_id, ()),
        )
        for account_id in account_ids
    }


def record_after(session: Session, *, attempt: Attempt, history: History, zone: str, practice: bool) -> Record:
    """Return a person's record after an attempt whose history is at hand; two queries, three with `practice`."""
    organisation_id, account_id, course_id = attempt.organisation_id, attempt.account_id, attempt.course_id
    assigned = learning.assigned(session, organisation_id, [account_id], [course_id])
    held = queries.held_by(session, organisation_id, [account_id], taught=True).get(account_id, [])
    attested = observed(session, organisation_id, [account_id]) if practice else {}
    history = doubted(session, {course_id: history}, held)[course_id]
    return Record(
        account_id=account_id,
        zone=zone,
        assigned={course: one for (_, course), one in assigned.items()},
        held={one.certification.course_id: one for one in held},
        histories={course_id: history},
        observed=tuple(attested.get(account_id, ())),
        accommodations=history.accommodations,
    )


def doubted(session: Session, histories: dict[Key, History], held: Iterable[Held]) -> dict[Key, History]:
    """Return histories in which a pass that only holds with a withdrawn row is void; no query where none is touched.

    What was certified on such a pass stays: whose certification rests on a fact is told before anybody takes it away.
    """
    decided = {one.certification.course_id: _last_decided(one) for one in held}
    touched = {
        one.id
        for history in histories.values()
        for one in history.attempts
        if one.id in history.touched and _came_after(one, decided.get(one.course_id))
    }
    if not touched:
        return histories
    void = shaken(session, touched)
    return {key: replace(one, void=one.void | (one.touched & void)) for key, one in histories.items()}


def _came_after(attempt: Attempt, decided_at: datetime | None) -> bool:
    return decided_at is None or (attempt.closed_at is not None and attempt.closed_at > decided_at)


def _last_decided(held: Held) -> datetime:
    """Return when a certification was issued or renewed last."""
    return max(event.recorded_at for event in held.events if event.period is not None)


def standing(
    session: Session,
    *,
    organisation_id: int,
    account_id: int,
    zone: str,
    course_id: str,
    now: datetime,
    practice: bool = True,
) -> Standing:
    """Return where a person stands in a course; five queries, or four without `practice`: sign-offs are then not known.

    NotFoundError when the course is neither assigned to them nor one that they are certified in, or not in force.
    """
    record = records(
        session,
        organisation_id=organisation_id,
        account_ids=[account_id],
        zone=zone,
        course_ids=[course_id],
        practice=practice,
    )[account_id]
    in_force = releases.in_force(session, organisation_id, course_id)
    if in_force is None or (course_id not in record.assigned and course_id not in record.held):
        raise NotFoundError
    return standing_of(record, in_force.release, now, in_force.withdrawn)


def read_again_since(
    session: Session, *, organisation_id: int, account_id: int, zone: str, release: Release, now: datetime
) -> datetime | None:
    """Return since when a person reads a release's lessons again, where they renew and the scheme wants all of them."""
    if scheme_of(release.manifest).renewal_lessons != ALL:
        return None
    course_id = release.course_id
    where = standing(
        session, organisation_id=organisation_id, account_id=account_id, zone=zone, course_id=course_id, now=now
    )
    return where.period_start_at if where.again else None


def standing_of(
    record: Record, release: Release, now: datetime, withdrawn: Withdrawals = NOTHING_WITHDRAWN
) -> Standing:
    """Tell from a record where the person stands in a course under a release, of which some may be withdrawn."""
    course_id = release.course_id
    held, assigned = record.held.get(course_id), record.assigned.get(course_id)
    history = record.histories.get(course_id, History())
    today = day_in(record.zone, now)
    state = held.on(today, now) if held else StateAsOf(state=State.NONE)
    accommodations = tuple(one for one in record.accommodations if one.holds(course_id, today))
    terms = timing.most_of(accommodations)
    starts_at = _period_start(record.zone, assigned, state, now)
    if state.state in FINAL:
        history = _begun_anew(history, starts_at)
    asked = _again(release, held, assigned, state, starts_at, now)
    read = assigned.lessons_read if assigned else frozenset()
    earning = _speaking(history, starts_at, now)
    cells = queries.cells_of(release, withdrawn.facts)
    required = _required(record, release, now)
    accepted = tuple(one for one in assigned.accepted if _counts(one, starts_at, today)) if assigned else ()
    practice = tuple(one for one in record.observed if one.counts)
    return Standing(
        release=release,
        assignment=assigned.assignment if assigned else None,
        held=held,
        state=state,
        lessons_read=asked.told(read) if asked else read,
        attempts=history.attempts,
        open_attempt=next((one for one in history.attempts if is_open(one, now)), None),
        seat=WITHDRAWN if withdrawn.whole else _seat_of(release, history, starts_at, state, terms, now, held),
        period_start_at=starts_at,
        assessment=rules.assess(
            scheme_of(release.manifest),
            _facts(release, required, read, earning, cells, accepted, practice, asked),
        ),
        earning=earning,
        cells=cells,
        required=required,
        practice=practice,
        withdrawn=withdrawn,
        terms=terms,
        accommodations=accommodations,
        accepted=accepted,
        renewal=_renewal(release, held, state, now),
        again=asked,
    )


def _counts(one: Acceptance, starts_at: datetime, today: date) -> bool:
    """Tell whether what was accepted stands for this period: evidence renews nothing that was decided before it."""
    return one.decided_at >= starts_at and (one.expires_on is None or one.expires_on >= today)


def _again(  # noqa: PLR0917  whose lessons, and since when
    release: Release,
    held: Held | None,
    assigned: Assigned | None,
    state: StateAsOf,
    opened_at: datetime,
    now: datetime,
) -> Again | None:
    return again(
        scheme_of(release.manifest),
        release.manifest,
        release.id,
        state,
        since_id=held.release_id if held else None,
        taught=held.taught if held else None,
        readings=assigned.readings if assigned else (),
        opened_at=opened_at,
        now=now,
    )


def _renewal(release: Release, held: Held | None, state: StateAsOf, now: datetime) -> Renewal | None:
    """Return the exam of a renewal; a recall that asks for the exam asks for the whole one."""
    if held is None or exam_since(held.recalls, now):
        return None
    return renewal_of(scheme_of(release.manifest), exam_of(release.manifest), state, held.release_id)


def _begun_anew(history: History, since: datetime) -> History:
    """Return a history in which no shorter exam counts, nor one that began before: what is lost is earned anew."""
    lost = {one.id for one in history.attempts if "renewal" in one.proof or one.started_at < since}
    return replace(history, void=history.void | lost)


def counting(history: History) -> list[Attempt]:
    """Return the attempts that count.

    What a withdrawal ended does not, neither as failed nor for the waiting; nor does what was sat on a release that was
    withdrawn whole, nor a pass that does not hold without a row that was withdrawn since.
    """
    return [one for one in history.attempts if one.closed_by != CLOSED_BY_WITHDRAWAL and one.id not in history.void]


def is_open(attempt: Attempt, now: datetime) -> bool:
    """Tell whether an attempt can still be answered: neither closed nor out of time."""
    return timing.closed_at_of(attempt.closed_at, attempt.deadline_at, now) is None


def exam_fact(attempt: Attempt | None) -> rules.ExamFact | None:
    """Return the result that an attempt speaks with, or None while it has none."""
    if attempt is None or attempt.score_numerator is None or attempt.score_denominator is None:
        return None
    score = Fraction(attempt.score_numerator, attempt.score_denominator)
    return rules.ExamFact(score=score, passed=bool(attempt.passed))


def _period_start(zone: str, assigned: Assigned | None, state: StateAsOf, now: datetime) -> datetime:
    """Attempts count from the assignment; once certified, from the opening of the renewal window."""
    if state.state in FINAL and state.cause is not None:
        return state.cause.recorded_at
    if state.latest_period is not None:
        return start_of(zone, state.latest_period.due_from_on)
    return assigned.assignment.assigned_at if assigned else now


def _seat_of(  # noqa: PLR0917  as below
    release: Release,
    history: History,
    starts_at: datetime,
    state: StateAsOf,
    terms: timing.Terms,
    now: datetime,
    held: Held | None,
) -> timing.Allowed | timing.Refused:
    """Return the seat of a person: a recall that asks for the exam gives a new one, whatever was sat before it."""
    since = exam_since(held.recalls, now) if held else None
    if since is None or state.state in FINAL:
        return _seat(release, history, starts_at, state, terms, now)
    # What began before the recall was sat on the old facts, and speaks for nothing in it.
    sat_since = replace(history, attempts=tuple(one for one in history.attempts if one.started_at >= since))
    return _seat(release, sat_since, since, state, terms, now)


def _seat(  # noqa: PLR0917  what decides a seat, in the order of the story
    release: Release, history: History, starts_at: datetime, state: StateAsOf, terms: timing.Terms, now: datetime
) -> timing.Allowed | timing.Refused:
    exam = exam_of(release.manifest)
    closed = [
        timing.ClosedAttempt(closed_at=closed_at, passed=bool(one.passed))
        for one in counting(history)
        if (closed_at := timing.closed_at_of(one.closed_at, one.deadline_at, now))
    ]
    return timing.may_start(
        timing.Rules(
            time_limit_minutes=exam.time_limit_minutes,
            # Who lost a certification for good sits again only when a manager grants it.
            attempts=0 if state.state in FINAL else exam.attempts + terms.extra_attempts,
            retake_wait_hours=exam.retake_wait_hours,
        ),
        closed,
        now=now,
        extra_attempts=sum(granted_at >= starts_at for granted_at in history.granted_at),
        period_start_at=starts_at,
    )


def _facts(  # noqa: PLR0917  what is known of a person, in the order of the rules
    release: Release,
    required: tuple[rules.HeldCertification, ...],
    read: frozenset[str],
    earning: Attempt | None,
    cells: tuple[scope.GrantedCell, ...],
    accepted: tuple[Acceptance, ...],
    practice: tuple[Attested, ...],
    again: Again | None,
) -> rules.Facts:
    return rules.Facts(
        lessons=tuple(lesson["id"] for lesson in release.manifest["lessons"]),
        lessons_read=read,
        exam=exam_fact(earning),
        cells=cells,
        observed=tuple(one.cell for one in practice),
        certifications=required,
        accepted={key: f"{one.issuer} {one.number}" for one in accepted for key in one.requirements},
        again=again,
    )


def _required(record: Record, release: Release, now: datetime) -> tuple[rules.HeldCertification, ...]:
    """Return the certifications that a release's scheme requires, of those that the person ever held."""
    today = day_in(record.zone, now)
    return tuple(
        rules.HeldCertification(
            course_id=course_id,
            title=record.held[course_id].certification.scheme["title"],
            state=record.held[course_id].on(today, now).state,
        )
        for course_id in scheme_of(release.manifest).requires_certifications
        if course_id in record.held
    )


def _speaking(history: History, starts_at: datetime, now: datetime) -> Attempt | None:
    """Return the attempt that speaks for a person: the pass of this period, or else the latest result."""
    recorded = [one for one in counting(history) if one.closed_at is not None]
    if now >= starts_at:
        recorded = [one for one in recorded if one.closed_at is not None and one.closed_at >= starts_at]
    speaking = [one for one in recorded if one.passed] or recorded
    return speaking[-1] if speaking else None
