"""Every act that can decide a certification: sitting, reading, signing off, and what happens to it afterwards."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from app.certification import deciding, recalls
from app.certification.models import Certification
from app.certification.refusals import why_no_seat
from app.certification.standing import Standing, is_open, read_again_since, standing
from app.errors import NotFoundError, RefusedError
from app.exams import proctoring, saving, timing
from app.exams import queries as exam_queries
from app.exams import service as exams
from app.exams.models import CLOSED_BY_WITHDRAWAL, Attempt
from app.learning import queries as learning_queries
from app.learning import service as learning
from app.people import queries as people_queries
from app.people import service as people
from app.people.permissions import Actor
from app.releases import comparing
from app.releases import queries as releases
from app.releases import service as release_service
from app.releases.models import Release


def start_attempt(
    session: Session,
    *,
    actor: Actor,
    course_id: str,
    seed: int,
    now: datetime,
    code_id: int | None = None,
    address: str | None = None,
) -> Attempt:
    """Start a person's next attempt at a course's exam, or return the one that is open.

    `code_id` is the code that was found to fit, `address` where the request comes from.
    RefusedError tells why there is no next one: passed, used up (and who may grant one), too early, no code given on
    site, outside the clinic's network.
    """
    zone = people.lock_person(session, actor.account_id)
    where = _own_standing(session, actor, course_id, zone, now)
    ran_out = [one for one in where.attempts if one.closed_at is None and not is_open(one, now)]
    if ran_out:
        for attempt in ran_out:
            settle_attempt(session, attempt=attempt, actor_id=actor.account_id, now=now)
        where = _own_standing(session, actor, course_id, zone, now)
    if where.open_attempt is not None:
        return where.open_attempt
    if isinstance(where.seat, timing.Refused):
        managers = people_queries.manager_names(session, actor.organisation_id, actor.account_id)
        raise RefusedError(why_no_seat(where.seat, managers=managers, zone=zone))
    networks = proctoring.networks_of(session, actor.organisation_id, actor.account_id)
    proctoring.check_place(networks, address)
    takes_code = where.release.manifest["exam"].get("proctor_code", False)
    if takes_code:
        proctoring.use_code(session, actor=actor, course_id=course_id, code_id=code_id, now=now)
    attempt = exams.create_attempt(
        session,
        organisation_id=actor.organisation_id,
        account_id=actor.account_id,
        release=where.release,
        number=max((one.number for one in where.attempts), default=0) + 1,
        seed=seed,
        granted=where.accommodations,
        now=now,
        networks=networks,
        renewal=where.renewal,
    )
    if takes_code:
        proctoring.note_admission(session, attempt=attempt, code_id=code_id, now=now)
    return attempt


def save_response(
    session: Session,
    *,
    actor: Actor,
    attempt_id: int,
    position: int,
    form: Mapping[str, Sequence[str]],
    now: datetime,
    known: int | None = None,
    address: str | None = None,
) -> saving.Saved:
    """Save what a person chose for an item of their open attempt, unless another page saved something newer."""
    return saving.save_response(
        session,
        organisation_id=actor.organisation_id,
        account_id=actor.account_id,
        attempt_id=attempt_id,
        position=position,
        form=form,
        now=now,
        known=known,
        address=address,
    )


def set_flag(session: Session, *, actor: Actor, attempt_id: int, position: int, flagged: bool, now: datetime) -> bool:
    """Flag an item of an open attempt, or take the flag away; False when the attempt is over."""
    attempt = exam_queries.get_attempt(session, actor.organisation_id, attempt_id, actor.account_id)
    if not is_open(attempt, now):
        return False
    exams.set_flag(session, attempt=attempt, position=position, flagged=flagged)
    return True


def submit_attempt(session: Session, *, actor: Actor, attempt_id: int, now: datetime) -> Attempt:
    """Close a person's attempt and decide what it earns; submitting again changes nothing."""
    attempt = exam_queries.get_attempt(session, actor.organisation_id, attempt_id, actor.account_id)
    return settle_attempt(session, attempt=attempt, actor_id=actor.account_id, now=now)


def settle_attempt(session: Session, *, attempt: Attempt, actor_id: int | None, now: datetime) -> Attempt:
    """Close an attempt, as of its deadline when that has passed, and decide what it earns."""
    people.lock_person(session, attempt.account_id)
    over = timing.closed_at_of(None, attempt.deadline_at, now)
    closed = exams.close_attempt(
        session,
        attempt=attempt,
        as_of=over or now,
        closed_by=exams.RAN_OUT if over else exams.SUBMITTED,
        actor_id=actor_id,
        now=now,
    )
    if closed and attempt.passed:
        recalls.note_pass(session, attempt=attempt, as_of=over or now, now=now)
        deciding.decide(
            session,
            organisation_id=attempt.organisation_id,
            account_id=attempt.account_id,
            course_id=attempt.course_id,
            as_of=over or now,
            now=now,
        )
    return attempt


def close_overdue(session: Session, *, now: datetime, account_id: int | None = None, limit: int = 200) -> int:
    """Record attempts (of one person, where given) that ran out; each reads as closed already. Return how many."""
    attempts = exam_queries.overdue(session, now=now, account_id=account_id, limit=limit)
    for attempt in attempts:
        settle_attempt(session, attempt=attempt, actor_id=None, now=now)
    return len(attempts)


def withdraw(
    session: Session,
    *,
    actor: Actor,
    release_id: int,
    fact: str,
    password: str,
    reason: str,
    now: datetime,
    everywhere: bool = False,
) -> int:
    """Stop a release, or one row of it, at once; return how many open attempts that ended, none of which counts.

    `everywhere` stops the same fact in every course that teaches it now. An attempt that ran out before is recorded
    as what it was. Of one row the attempts that ask it end, on whichever edition of the course they began.
    """
    # Whoever submits holds their own row, then the attempt, then the release: held in another order, both would wait.
    sitting = _sitting(session, actor, release_id, fact, everywhere=everywhere)
    people.lock_people(session, [actor.account_id, *sitting])
    stopped = release_service.withdraw(
        session,
        actor=actor,
        release_id=release_id,
        fact=fact,
        password=password,
        reason=reason,
        now=now,
        everywhere=everywhere,
    )
    return sum(_end_open(session, actor, one.release_id, one.fact, now) for one in stopped)


def _sitting(session: Session, actor: Actor, release_id: int, fact: str, *, everywhere: bool) -> list[int]:
    """Return who sits an exam of the courses that a withdrawal is about."""
    release = releases.get_release(session, actor.organisation_id, release_id)
    also = comparing.taught_as_well(session, release).get(fact, []) if everywhere and fact else []
    courses = {release.course_id, *(one.release.course_id for one in also)}
    return [
        one.account_id
        for course_id in sorted(courses)
        for one in exam_queries.unclosed(session, actor.organisation_id, course_id)
    ]


def _end_open(session: Session, actor: Actor, release_id: int, fact: str, now: datetime) -> int:
    course_id = releases.get_release(session, actor.organisation_id, release_id).course_id
    open_attempts = exam_queries.unclosed(session, actor.organisation_id, course_id)
    for attempt in open_attempts:
        if not is_open(attempt, now):
            settle_attempt(session, attempt=attempt, actor_id=None, now=now)
    running = [attempt for attempt in open_attempts if attempt.closed_at is None]
    ended = _asking(session, running, fact) if fact else [one for one in running if one.release_id == release_id]
    for attempt in ended:
        exams.close_attempt(
            session,
            attempt=attempt,
            as_of=now,
            closed_by=CLOSED_BY_WITHDRAWAL,
            actor_id=actor.account_id,
            now=now,
        )
    return len(ended)


def _asking(session: Session, running: Sequence[Attempt], fact: str) -> list[Attempt]:
    """Return the attempts that ask a row, each by what its own release rests on it: some began on an earlier one."""
    asking: set[int] = set()
    for release_id in {one.release_id for one in running}:
        resting = releases.items_resting_on(session, release_id, [fact])
        asking |= exam_queries.asking(session, [one.id for one in running if one.release_id == release_id], resting)
    return [one for one in running if one.id in asking]


def complete_lesson(
    session: Session, *, actor: Actor, course_id: str, lesson_id: str, now: datetime
) -> tuple[Release, Certification | None]:
    """Record that a person read a lesson, and decide whether it was the last thing missing.

    Return the release in force that it was read in, and the certification if this earned one.
    """
    zone = people.lock_person(session, actor.account_id)
    in_force = releases.in_force(session, actor.organisation_id, course_id)
    assigned = learning_queries.assignment(session, actor.organisation_id, actor.account_id, course_id)
    if in_force is None or assigned is None:
        raise NotFoundError
    release = in_force.release
    if in_force.withdrawn.whole:
        raise RefusedError(
            "This edition was withdrawn; its lessons count no more. A new edition has to be signed first."
        )
    of = {"organisation_id": actor.organisation_id, "account_id": actor.account_id}
    since = read_again_since(session, **of, zone=zone, release=release, now=now)
    fresh = learning.complete_lesson(session, **of, release_id=release.id, lesson_id=lesson_id, now=now, since=since)
    if not fresh:
        return release, None
    earned = deciding.decide(
        session,
        organisation_id=actor.organisation_id,
        account_id=actor.account_id,
        course_id=release.course_id,
        as_of=now,
        now=now,
    )
    return release, earned


def disable_account(session: Session, *, actor: Actor, account_id: int, reason: str, now: datetime) -> None:
    """Disable an account with a reason: sign-ins, links and open attempts end at once."""
    account = people.disable(session, actor=actor, account_id=account_id, reason=reason, now=now)
    people.lock_person(session, account.id)
    close_overdue(session, now=now, account_id=account.id)
    exams.end_open_attempts(session, account_id=account.id, actor_id=actor.account_id, now=now)


def grant_attempt(
    session: Session, *, actor: Actor, account_id: int, course_id: str, reason: str, now: datetime
) -> None:
    """Give a person one more attempt at a course's exam, with the reason."""
    exams.grant_attempt(session, actor=actor, account_id=account_id, course_id=course_id, reason=reason, now=now)


def _own_standing(session: Session, actor: Actor, course_id: str, zone: str, now: datetime) -> Standing:
    return standing(
        session,
        organisation_id=actor.organisation_id,
        account_id=actor.account_id,
        zone=zone,
        course_id=course_id,
        now=now,
        practice=False,
    )
