"""Reading the refresher: what a person remembers, what they were asked today, one item, what a course can ask."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

from sqlalchemy import ScalarSelect, Select, func, select
from sqlalchemy.orm import Session

from app.errors import NotFoundError
from app.exams.bank import Bank, make_bank
from app.exams.case_news import News, news_beside, news_of
from app.exams.memory import Memory, memory_of
from app.exams.queries import sitting_now
from app.exams.refresher_models import RefresherCard, RefresherItem, RefresherResponse
from app.learning import queries as learning
from app.people.models import Account
from app.releases import queries as releases
from app.releases.models import ItemContent, Release
from app.releases.queries import InForce, Withdrawals
from app.releases.showing import content_files

MOST_BANKS = 12
LATEST = 40  # items among which an open one is looked for; an older one is let be

# Published content never changes, so a bank that was made of it stays right: the key is its hash.
_banks: dict[str, Bank | None] = {}


@dataclass(frozen=True, kw_only=True, slots=True)
class Today:
    """What a person was asked since their day began; `sitting` while an attempt of theirs at any exam is open."""

    sitting: bool
    daily: int
    facts: frozenset[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """An item outside the exam with its content and what was chosen; `credit` is None until then."""

    item: RefresherItem
    release: Release
    shown: dict[str, Any]
    keyed: dict[str, Any]
    rows: frozenset[str]
    chosen: Any
    credit: Fraction | None
    due_at: datetime | None
    sitting: bool
    daily: int


def courses_of(session: Session, organisation_id: int, account_id: int) -> dict[str, InForce]:
    """Return the releases in force of the courses that are assigned to a person, by course; two queries."""
    assigned = [course_id for _, course_id in learning.assigned(session, organisation_id, [account_id])]
    return releases.all_in_force(session, organisation_id, assigned) if assigned else {}


def banks(session: Session, found: Iterable[Release]) -> dict[str, Bank]:
    """Return what releases can ask outside their exams, by course; one query for content met the first time."""
    wanted = {release.content_hash: release.course_id for release in found}
    fresh = [one for one in wanted if one not in _banks]
    if fresh:
        for content_hash, files in content_files(session, fresh).items():
            _banks[content_hash] = make_bank(files, wanted[content_hash])
    made = {content_hash: _banks[content_hash] for content_hash in wanted}
    for oldest in list(_banks)[:-MOST_BANKS]:
        _banks.pop(oldest, None)
    return {wanted[content_hash]: bank for content_hash, bank in made.items() if bank is not None}


def memories(session: Session, organisation_id: int, account_id: int) -> dict[str, Memory]:
    """Return what a person remembers, by fact; one query."""
    rows = session.execute(
        select(RefresherCard.fact, RefresherCard.memory, RefresherCard.due_at).where(
            RefresherCard.organisation_id == organisation_id, RefresherCard.account_id == account_id
        )
    )
    return {fact: memory_of(values, due_at) for fact, values, due_at in rows}


def in_force_and_due(
    session: Session,
    organisation_id: int,
    account_id: int,
    course_ids: Collection[str],
    *,
    before: datetime,
    since: datetime,
) -> tuple[dict[str, InForce], dict[str, int], dict[str, News]]:
    """Return the releases in force of courses, the number of facts due before an instant, and the news since one.

    One query. A fact of several courses counts for the one that asked it last.
    """
    due = (
        select(func.count())
        .select_from(RefresherCard)
        .where(
            RefresherCard.organisation_id == organisation_id,
            RefresherCard.account_id == account_id,
            RefresherCard.due_at < before,
            RefresherCard.course_id == Release.course_id,
        )
        .correlate(Release)
        .scalar_subquery()
    )
    news = news_beside(organisation_id, account_id, since)
    found, told = releases.in_force_beside(session, organisation_id, course_ids, due, *news)
    counts = {course_id: row[0] for course_id, row in told.items()}
    return found, counts, news_of({course_id: row[1:] for course_id, row in told.items()})


def today(session: Session, organisation_id: int, account_id: int, *, since: datetime, now: datetime) -> Today:
    """Return what a person was asked since their day began; one query."""
    rows = session.execute(
        select(sitting_now(account_id, now), RefresherItem.fact, RefresherItem.daily)
        .select_from(Account)
        .outerjoin(
            RefresherResponse,
            (RefresherResponse.organisation_id == organisation_id)
            & (RefresherResponse.account_id == Account.id)
            & (RefresherResponse.answered_at >= since),
        )
        .outerjoin(RefresherItem, RefresherItem.id == RefresherResponse.refresher_item_id)
        .where(Account.id == account_id)
    ).all()
    return Today(
        sitting=bool(rows and rows[0][0]),
        daily=sum(bool(daily) for _, _, daily in rows),
        facts=frozenset(fact for _, fact, _ in rows if fact),
    )


def open_items(session: Session, organisation_id: int, account_id: int) -> list[tuple[RefresherItem, set[str]]]:
    """Return those of a person's latest items that were not answered, with the rows that each rests on; one query."""
    latest = (
        select(RefresherItem.id)
        .where(RefresherItem.organisation_id == organisation_id, RefresherItem.account_id == account_id)
        .order_by(RefresherItem.id.desc())
        .limit(LATEST)
    )
    rows = session.execute(
        select(RefresherItem, ItemContent.keyed["facts"], ItemContent.keyed["key_row"])
        .join(ItemContent, ItemContent.hash == RefresherItem.item_hash)
        .outerjoin(RefresherResponse, RefresherResponse.refresher_item_id == RefresherItem.id)
        .where(RefresherItem.id.in_(latest), RefresherResponse.refresher_item_id.is_(None))
        .order_by(RefresherItem.id.desc())
    )
    return [(item, {key_row, *facts}) for item, facts, key_row in rows]


def asked(
    session: Session, organisation_id: int, account_id: int, item_id: int, *, since: datetime, now: datetime
) -> Asked:
    """Return an item that a person was asked; another's is not found. One query."""
    query = _with_content(account_id).add_columns(
        sitting_now(account_id, now), _daily(organisation_id, account_id, since)
    )
    row = session.execute(
        query.where(
            RefresherItem.organisation_id == organisation_id,
            RefresherItem.account_id == account_id,
            RefresherItem.id == item_id,
        )
    ).one_or_none()
    if row is None:
        raise NotFoundError
    item, release, shown, keyed, response, due_at, sitting, daily = row
    return Asked(
        item=item,
        release=release,
        shown=shown,
        keyed=keyed,
        rows=frozenset({keyed["key_row"], *keyed["facts"]}),
        chosen=response.chosen if response else None,
        credit=Fraction(response.credit_numerator, response.credit_denominator) if response else None,
        due_at=due_at,
        sitting=bool(sitting),
        daily=daily,
    )


def _with_content(account_id: int) -> Select[Any]:
    return (
        select(RefresherItem, Release, ItemContent.shown, ItemContent.keyed, RefresherResponse, RefresherCard.due_at)
        .join(Release, Release.id == RefresherItem.release_id)
        .join(ItemContent, ItemContent.hash == RefresherItem.item_hash)
        .outerjoin(RefresherResponse, RefresherResponse.refresher_item_id == RefresherItem.id)
        .outerjoin(
            RefresherCard,
            (RefresherCard.organisation_id == RefresherItem.organisation_id)
            & (RefresherCard.account_id == account_id)
            & (RefresherCard.fact == RefresherItem.fact),
        )
    )


def _daily(organisation_id: int, account_id: int, since: datetime) -> ScalarSelect[int]:
    """Count what a person answered of the day's refresher since their day began."""
    return (
        select(func.count())
        .select_from(RefresherResponse)
        .join(RefresherItem, RefresherItem.id == RefresherResponse.refresher_item_id)
        .where(
            RefresherResponse.organisation_id == organisation_id,
            RefresherResponse.account_id == account_id,
            RefresherResponse.answered_at >= since,
            RefresherItem.daily,
        )
        .correlate(None)
        .scalar_subquery()
    )


def stopped(withdrawn: Withdrawals, rows: Collection[str]) -> bool:
    """Tell whether any of these rows, or the whole release, was withdrawn."""
    return withdrawn.whole is not None or not withdrawn.facts.keys().isdisjoint(rows)
