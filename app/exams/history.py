"""What people sat at the exams of their courses, with what was granted to them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, exists, select
from sqlalchemy.orm import Session, aliased

from app.errors import NotFoundError
from app.exams.models import Accommodation, Attempt, AttemptGrant
from app.exams.queries import sitting_now
from app.exams.timing import Granted, Terms
from app.people.models import Account
from app.releases.models import Release, ReleaseWithdrawal


@dataclass(frozen=True, kw_only=True, slots=True)
class History:
    """A person's attempts at a course's exam, in order, and when extra ones were granted."""

    attempts: tuple[Attempt, ...] = ()
    granted_at: tuple[datetime, ...] = ()
    void: frozenset[int] = frozenset()
    """The ids of those that were sat on a release which was withdrawn whole."""
    touched: frozenset[int] = frozenset()
    """The ids of passes on an edition of which a row was withdrawn, then or in a later one."""
    accommodations: tuple[Granted, ...] = ()
    """All of the person's that nobody ended, for whichever course."""
    sits: bool = False
    """Whether they sit an exam, of whatever course; known of one attempt's history only."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Sat:
    """What people sat, by (account, course), and by account the accommodations of theirs that nobody ended."""

    histories: dict[tuple[int, str], History]
    accommodations: dict[int, tuple[Granted, ...]]


def sat(
    session: Session, organisation_id: int, account_ids: Collection[int], course_ids: Collection[str] | None = None
) -> Sat:
    """Return the attempts of people, with what was granted to them; one query."""
    of = {"organisation_id": organisation_id, "account_ids": account_ids, "course_ids": course_ids}
    attempts: dict[tuple[int, str], dict[int, Attempt]] = {}
    granted: dict[tuple[int, str], dict[int, datetime]] = {}
    void: dict[tuple[int, str], set[int]] = {}
    touched: dict[tuple[int, str], set[int]] = {}
    helped: dict[int, dict[int, Granted]] = {}
    rows: Any = session.execute(_histories(some=course_ids is not None), of)
    for account_id, attempt, grant_id, granted_at, stopped, hit, accommodation in rows:
        if accommodation is not None:
            helped.setdefault(account_id, {})[accommodation.id] = granted_of(accommodation)
        if attempt is None:
            continue
        key = (attempt.account_id, attempt.course_id)
        if stopped:
            void.setdefault(key, set()).add(attempt.id)
        if hit:
            touched.setdefault(key, set()).add(attempt.id)
        attempts.setdefault(key, {})[attempt.id] = attempt
        if grant_id is not None:
            granted.setdefault(key, {})[grant_id] = granted_at
    accommodations = {account_id: tuple(found.values()) for account_id, found in helped.items()}
    histories = {
        key: History(
            attempts=tuple(found.values()),
            granted_at=tuple(granted.get(key, {}).values()),
            void=frozenset(void.get(key, ())),
            touched=frozenset(touched.get(key, ())),
            accommodations=accommodations.get(key[0], ()),
        )
        for key, found in attempts.items()
    }
    return Sat(histories=histories, accommodations=accommodations)


def granted_of(row: Accommodation) -> Granted:
    """Return an accommodation as the rules of sitting take it."""
    return Granted(
        id=row.id,
        course_id=row.course_id,
        first_on=row.first_on,
        last_on=row.last_on,
        ended=row.ended_at is not None,
        terms=Terms(
            time_factor=Fraction(row.time_numerator, row.time_denominator),
            extra_attempts=row.extra_attempts,
            breaks=row.breaks,
            break_minutes=row.break_minutes,
        ),
    )


# Beside a person: what was granted to them for as long as nobody ends it.
_HELPED = (
    (Accommodation.organisation_id == Account.organisation_id)
    & (Accommodation.account_id == Account.id)
    & Accommodation.ended_at.is_(None)
)
# Beside an attempt: the extra ones granted at its course.
_GRANTED = (
    (AttemptGrant.organisation_id == Attempt.organisation_id)
    & (AttemptGrant.account_id == Attempt.account_id)
    & (AttemptGrant.course_id == Attempt.course_id)
)
# Of an attempt: its release was withdrawn whole.
_STOPPED = exists().where(
    ReleaseWithdrawal.organisation_id == Attempt.organisation_id,
    ReleaseWithdrawal.release_id == Attempt.release_id,
    ReleaseWithdrawal.fact == "",
)
# Of an attempt: it passed, and a row of its edition, or of a later one of the course, was withdrawn.
_edition = aliased(Release)
_TOUCHED = Attempt.passed.is_(True) & exists().where(
    ReleaseWithdrawal.organisation_id == Attempt.organisation_id,
    ReleaseWithdrawal.fact != "",
    ReleaseWithdrawal.release_id >= Attempt.release_id,
    _edition.id == ReleaseWithdrawal.release_id,
    _edition.course_id == Attempt.course_id,
)


@cache
def _histories(*, some: bool) -> Select[int, Attempt, int, datetime, bool, bool, Accommodation]:
    theirs = (Attempt.organisation_id == Account.organisation_id) & (Attempt.account_id == Account.id)
    if some:
        theirs &= Attempt.course_id.in_(bindparam("course_ids", expanding=True))
    return (
        select(Account.id, Attempt, AttemptGrant.id, AttemptGrant.granted_at, _STOPPED, _TOUCHED, Accommodation)
        .outerjoin(Attempt, theirs)
        .outerjoin(AttemptGrant, _GRANTED)
        .outerjoin(Accommodation, _HELPED)
        .where(
            Account.organisation_id == bindparam("organisation_id"),
            Account.id.in_(bindparam("account_ids", expanding=True)),
        )
        .order_by(Attempt.number)
    )


@cache
def _in_course() -> Select[Attempt, Release, int, datetime, bool, bool, Accommodation, bool]:
    own = (Attempt.organisation_id == bindparam("organisation_id"), Attempt.account_id == bindparam("account_id"))
    the_one = Attempt.id == bindparam("attempt_id")
    now = bindparam("now", type_=Attempt.deadline_at.type)
    return (
        select(
            Attempt,
            Release,
            AttemptGrant.id,
            AttemptGrant.granted_at,
            _STOPPED,
            _TOUCHED,
            Accommodation,
            sitting_now(bindparam("account_id"), now),
        )
        .join(Account, Account.id == Attempt.account_id)
        .outerjoin(Release, (Release.id == Attempt.release_id) & the_one)
        .outerjoin(AttemptGrant, _GRANTED)
        .outerjoin(Accommodation, _HELPED)
        .where(*own, Attempt.course_id == select(Attempt.course_id).where(the_one, *own).scalar_subquery())
        .order_by(Attempt.number)
    )


def attempt_in_course(
    session: Session, *, organisation_id: int, account_id: int, attempt_id: int, now: datetime
) -> tuple[Attempt, Release, History]:
    """Return a person's attempt, its release, and all their attempts at this course; one query.

    `sits` of the history says whether they sit an exam, of whatever course.
    """
    of = {"organisation_id": organisation_id, "account_id": account_id, "attempt_id": attempt_id, "now": now}
    rows: Any = session.execute(_in_course(), of).all()
    found = [(row[0], row[1]) for row in rows if row[0].id == attempt_id]
    if not found:
        raise NotFoundError
    history = History(
        attempts=tuple({row[0].id: row[0] for row in rows}.values()),
        granted_at=tuple({row[2]: row[3] for row in rows if row[2]}.values()),
        void=frozenset(row[0].id for row in rows if row[4]),
        touched=frozenset(row[0].id for row in rows if row[5]),
        accommodations=tuple({row[6].id: granted_of(row[6]) for row in rows if row[6] is not None}.values()),
        sits=bool(rows[0][7]),
    )
    return found[0][0], found[0][1], history
