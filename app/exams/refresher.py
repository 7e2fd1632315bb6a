"""The refresher: drawing items outside the exam, taking a response, and remembering when a fact is asked again.

Only the person themselves reads any of it, and no rule of an exam or a certification does. That is why no response
leaves a trail entry: the responses are a record of their own, append-only like those of an exam, and worth nothing.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.clock import day_in, start_of
from app.content.grade import credit_of
from app.errors import NotFoundError, RefusedError
from app.exams import cards, memory
from app.exams.bank import Bank
from app.exams.cards import Asked, Today
from app.exams.memory import Memory
from app.exams.refresher_models import RefresherCard, RefresherItem, RefresherResponse
from app.exams.responses import read_form
from app.people.models import Account
from app.people.permissions import Actor
from app.releases import queries as releases
from app.releases.freeze import frozen_item, media_url
from app.releases.queries import InForce
from app.releases.storing import store_item

SITTING = (
    "You are sitting an exam, and the refresher would be help in it. Submit your exam first; then go on here as much "
    "as you like."
)
NOTHING_ASSIGNED = "No course is assigned to you yet, so there is nothing to refresh. Your manager assigns courses."
WITHDRAWN = "{title} was withdrawn, so nothing of it is asked. The refresher comes back when a new edition is signed."
GONE = "What this question rests on was withdrawn. Open your refresher again; it asks something else."
REPLACED = "A new edition of this course is in force. Open your refresher again; it asks what holds now."
EMPTY = "Nothing of this course can be asked outside its exam. Read its lessons again instead."
CHOOSE = "Choose an answer first, or press I do not know."


@dataclass(frozen=True, kw_only=True, slots=True)
class Day:
    """A person's calendar day: the instants at which it began and at which the next one begins."""

    since: datetime
    tomorrow_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Shelf:
    """What a person can be asked now: the facts in their order, and for each the courses that ask it."""

    courses: Mapping[str, InForce]
    banks: Mapping[str, Bank]
    facts: tuple[str, ...]
    courses_of: Mapping[str, tuple[str, ...]]


def day_of(zone: str, now: datetime) -> Day:
    """Return the calendar day of an instant in a time zone."""
    today = day_in(zone, now)
    return Day(since=start_of(zone, today), tomorrow_at=start_of(zone, today + timedelta(days=1)))


def shelf(session: Session, courses: Mapping[str, InForce], account_id: int) -> Shelf:
    """Return what can be asked of courses: nothing of a release that was withdrawn, nothing resting on such a row."""
    standing = {name: one for name, one in courses.items() if one.withdrawn.whole is None}
    banks = cards.banks(session, [one.release for one in standing.values()])
    courses_of: dict[str, list[str]] = {}
    critical: dict[str, bool] = {}
    for course_id, bank in banks.items():
        for fact in bank.facts(standing[course_id].withdrawn.facts):
            courses_of.setdefault(fact, []).append(course_id)
            critical[fact] = critical.get(fact, False) or bank.critical(fact)
    return Shelf(
        courses=standing,
        banks=banks,
        facts=tuple(memory.in_order(critical, account_id)),
        courses_of={fact: tuple(found) for fact, found in courses_of.items()},
    )


def ask(session: Session, *, actor: Actor, course_id: str | None, zone: str, now: datetime) -> RefresherItem | None:
    """Draw the next item of the day's refresher, or of one course for who wants more (`course_id`), and store it.

    None when the day's is done. An item that is still open is asked again instead of a new one.
    """
    _hold(session, actor)
    courses = _courses(session, actor, course_id)
    day = day_of(zone, now)
    today = cards.today(session, actor.organisation_id, actor.account_id, since=day.since, now=now)
    if today.sitting:
        raise RefusedError(SITTING)
    if course_id is None and today.daily >= memory.DAILY:
        return None
    if still := _still_open(session, actor, courses, course_id):
        return still
    found = shelf(session, courses, actor.account_id)
    known = cards.memories(session, actor.organisation_id, actor.account_id)
    if course_id is None:
        _put_aside(session, actor, known, found.facts, day)
    fact = _next(found, known, today, day, now, daily=course_id is None)
    if fact is None and course_id is not None:
        raise RefusedError(EMPTY)
    return _asked(session, actor, found, fact, known.get(fact), now, daily=course_id is None) if fact else None


def respond(
    session: Session, *, actor: Actor, item_id: int, form: Mapping[str, Sequence[str]], zone: str, now: datetime
) -> list[str] | None:
    """Take the response to an item, once: store it, and remember the fact until it is due again.

    `unknown` in the form says that the person does not know. Where the form only moves a step, nothing is stored and
    the steps are returned in their new order. Responding again changes nothing.
    """
    _hold(session, actor)
    asked = see(session, actor=actor, item_id=item_id, zone=zone, now=now)
    if asked.credit is not None:
        return None
    chosen = None if form.get("unknown") else read_form(asked.shown, form)
    if isinstance(chosen, list) and form.keys() & {"up", "down"}:
        return chosen
    if not chosen and not form.get("unknown"):
        raise RefusedError(CHOOSE)
    earned = credit_of(asked.keyed, chosen)
    session.add(
        RefresherResponse(
            refresher_item_id=asked.item.id,
            organisation_id=actor.organisation_id,
            account_id=actor.account_id,
            chosen=chosen,
            credit_numerator=earned.numerator,
            credit_denominator=earned.denominator,
            answered_at=now,
        )
    )
    _remember(session, asked.item, earned, now)
    session.flush()
    return None


def see(session: Session, *, actor: Actor, item_id: int, zone: str, now: datetime) -> Asked:
    """Return an item that the actor was asked, as long as it may be seen.

    Refused while an exam is sat, when what it rests on was withdrawn, and before the response also when another edition
    came into force: what holds now may be another answer. Two queries, three after a new edition.
    """
    since = day_of(zone, now).since
    asked = cards.asked(session, actor.organisation_id, actor.account_id, item_id, since=since, now=now)
    if asked.sitting:
        raise RefusedError(SITTING)
    in_force = releases.in_force(session, actor.organisation_id, asked.item.course_id)
    if in_force is not None and in_force.release.id == asked.item.release_id:
        withdrawn = in_force.withdrawn
    elif asked.credit is None:
        raise RefusedError(REPLACED)
    else:
        withdrawn = releases.withdrawals(session, actor.organisation_id, asked.item.release_id)
    if cards.stopped(withdrawn, asked.rows):
        raise RefusedError(GONE)
    return asked


def _hold(session: Session, actor: Actor) -> None:
    """Let a person's acts follow one another: two tabs draw one item, and no response is counted twice."""
    session.execute(select(Account.id).where(Account.id == actor.account_id).with_for_update(key_share=True))


def _courses(session: Session, actor: Actor, course_id: str | None) -> dict[str, InForce]:
    courses = cards.courses_of(session, actor.organisation_id, actor.account_id)
    if course_id is not None:
        if course_id not in courses:
            raise NotFoundError
        courses = {course_id: courses[course_id]}
    if not courses:
        raise RefusedError(NOTHING_ASSIGNED)
    if all(one.withdrawn.whole for one in courses.values()):
        raise RefusedError(WITHDRAWN.format(title=" and ".join(one.release.title for one in courses.values())))
    return courses


def _still_open(
    session: Session, actor: Actor, courses: Mapping[str, InForce], course_id: str | None
) -> RefresherItem | None:
    for item, rows in cards.open_items(session, actor.organisation_id, actor.account_id):
        one = courses.get(item.course_id)
        if one is None or item.daily != (course_id is None) or item.release_id != one.release.id:
            continue
        if not cards.stopped(one.withdrawn, rows):
            return item
    return None


def _put_aside(session: Session, actor: Actor, known: Mapping[str, Memory], facts: Collection[str], day: Day) -> None:
    """Let facts wait that are due and that no edition asks now; nobody is told of them until one does again."""
    idle = {
        fact
        for fact, one in known.items()
        if one.due_at is not None and one.due_at < day.tomorrow_at and fact not in set(facts)
    }
    if idle:
        session.execute(
            update(RefresherCard)
            .where(
                RefresherCard.organisation_id == actor.organisation_id,
                RefresherCard.account_id == actor.account_id,
                RefresherCard.fact.in_(idle),
            )
            .values(due_at=None)
        )


def _next(
    found: Shelf, known: Mapping[str, Memory], today: Today, day: Day, now: datetime, *, daily: bool
) -> str | None:
    if daily:
        return memory.next_of_day(found.facts, known, today=today.facts, tomorrow_at=day.tomorrow_at)
    return memory.next_of_any(found.facts, known, today=today.facts, tomorrow_at=day.tomorrow_at, now=now)


def _asked(  # noqa: PLR0917  as above
    session: Session, actor: Actor, found: Shelf, fact: str, known: Memory | None, now: datetime, *, daily: bool
) -> RefresherItem:
    turn = known.times if known else 0
    asking = found.courses_of[fact]
    course_id = asking[turn % len(asking)]
    bank, one = found.banks[course_id], found.courses[course_id]
    item = bank.item(fact, turn, one.withdrawn.facts)
    if item is None:
        raise RefusedError(EMPTY)
    frozen = frozen_item(item, bank.course, media_url(one.release.content_hash, course_id))
    store_item(session, frozen)
    made = RefresherItem(
        organisation_id=actor.organisation_id,
        account_id=actor.account_id,
        course_id=course_id,
        release_id=one.release.id,
        daily=daily,
        fact=fact,
        objective=item.objective,
        item_id=item.id,
        family=item.family,
        variant=item.seed,
        item_hash=frozen.hash,
        asked_at=now,
    )
    session.add(made)
    session.flush()
    return made


def _remember(session: Session, item: RefresherItem, earned: Fraction, now: datetime) -> None:
    card = session.scalar(
        select(RefresherCard).where(
            RefresherCard.organisation_id == item.organisation_id,
            RefresherCard.account_id == item.account_id,
            RefresherCard.fact == item.fact,
        )
    )
    following = memory.after(memory.memory_of(card.memory, card.due_at) if card else None, earned, now)
    if card is None:
        card = RefresherCard(organisation_id=item.organisation_id, account_id=item.account_id, fact=item.fact)
        session.add(card)
    card.course_id, card.due_at, card.memory = item.course_id, following.due_at, memory.values_of(following)
