"""The refresher through the services: drawn, answered, remembered; alone and all at once, on both engines."""

from datetime import datetime, timedelta
from fractions import Fraction
from functools import partial

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from app.cli.demo_story import form_for
from app.errors import NotFoundError, RefusedError
from app.exams import cards, memory, refresher
from app.exams.refresher_models import RefresherCard, RefresherItem, RefresherResponse
from app.people.permissions import Actor
from app.releases import service as releases
from app.releases.models import ItemContent, ReleaseItem
from tests.factories import COURSE, PASSWORD, ZONE, World
from tests.integration.story import NOW, Town, at_once, next_edition, publish_and_sign, start, submit, trail

CROWD = 6
DAY = timedelta(days=1)


def test_a_day_asks_ten_facts_once_and_then_is_done(db: Session, world: World) -> None:
    asked = refresh(db, world.ann.actor, NOW)
    assert len({one.fact for one in asked}) == len(asked) == memory.DAILY
    assert ask(db, world.ann.actor) is None
    # Whoever wants more gets more, and the day stays done.
    more = ask(db, world.ann.actor, course_id=COURSE)
    assert more is not None
    assert more.fact not in {one.fact for one in asked}
    assert ask(db, world.ann.actor) is None


def test_the_next_days_begin_with_what_is_due(db: Session, world: World) -> None:
    first = refresh(db, world.ann.actor, NOW, right=False)
    counted = [
        cards.in_force_and_due(db, world.organisation_id, world.ann.id, [COURSE], before=NOW + days * DAY, since=NOW)[1]
        for days in (1, 2)
    ]
    assert counted == [{COURSE: 0}, {COURSE: memory.DAILY}]
    second = refresh(db, world.ann.actor, NOW + DAY)
    assert {one.fact for one in second} == {one.fact for one in first}
    third = refresh(db, world.ann.actor, NOW + 2 * DAY)
    assert {one.fact for one in third}.isdisjoint({one.fact for one in first})


def test_no_item_of_the_refresher_is_one_that_an_exam_can_draw(db: Session, world: World) -> None:
    for day in range(4):
        refresh(db, world.ann.actor, NOW + day * DAY, right=bool(day % 2))
    asked = set(db.scalars(select(RefresherItem.item_hash)))
    pool = set(db.scalars(select(ReleaseItem.item_hash)))
    assert len(asked) > 2 * memory.DAILY
    assert asked.isdisjoint(pool)
    # The hash holds the seed; what people see is another question too.
    seen, shown = ([str(one) for one in db.scalars(shown_of(hashes))] for hashes in (asked, pool))
    assert set(seen).isdisjoint(shown)
    assert {"items", "settings-value"}.isdisjoint(db.scalars(select(RefresherItem.family)))


def test_a_card_is_what_its_responses_say(db: Session, world: World) -> None:
    for day, right in enumerate((True, False, True, True)):
        refresh(db, world.ann.actor, NOW + 2 * day * DAY, right=right)
    known = cards.memories(db, world.organisation_id, world.ann.id)
    told = db.execute(
        select(RefresherItem.fact, RefresherResponse)
        .join(RefresherResponse, RefresherResponse.refresher_item_id == RefresherItem.id)
        .order_by(RefresherResponse.answered_at, RefresherItem.id)
    ).all()
    folded: dict[str, memory.Memory] = {}
    for fact, one in told:
        credit = Fraction(one.credit_numerator, one.credit_denominator)
        folded[fact] = memory.after(folded.get(fact), credit, one.answered_at)
    assert folded == known


def test_an_open_item_is_asked_again_instead_of_a_new_one(db: Session, world: World) -> None:
    first, again = (ask(db, world.ann.actor) for _ in range(2))
    other = ask(db, world.ann.actor, course_id=COURSE)
    assert first is not None
    assert other is not None
    assert first is again
    assert other.id != first.id


def test_who_does_not_know_says_so_and_nothing_chosen_is_no_answer(db: Session, world: World) -> None:
    item = asked_item(db, world)
    with pytest.raises(RefusedError, match="Choose an answer first"):
        respond(db, world.ann.actor, item.id, {})
    with pytest.raises(RefusedError, match="Choose one of the answers shown"):
        respond(db, world.ann.actor, item.id, {"choice": ["z"]})
    respond(db, world.ann.actor, item.id, {"unknown": ["yes"]})
    known = cards.memories(db, world.organisation_id, world.ann.id)[item.fact]
    assert known.credit == 0
    assert known.due_at == NOW + DAY


def test_responding_again_changes_nothing(db: Session, world: World) -> None:
    item = asked_item(db, world)
    answer(db, world.ann.actor, item, right=True)
    before = cards.memories(db, world.organisation_id, world.ann.id)
    answer(db, world.ann.actor, item, right=False)
    assert cards.memories(db, world.organisation_id, world.ann.id) == before
    assert db.scalar(select(func.count(RefresherResponse.refresher_item_id))) == 1


def test_a_moved_step_is_shown_and_not_taken_as_the_answer(db: Session, world: World) -> None:
    item = first_of_type(db, world, "ordering")
    ids = [one["id"] for one in content(db, item).shown["options"]]
    moved = respond(db, world.ann.actor, item.id, {"order": ids, "down": [ids[0]]})
    assert moved == [ids[1], ids[0], *ids[2:]]
    assert db.get(RefresherResponse, item.id) is None


def test_responses_and_items_are_never_changed(db: Session, world: World) -> None:
    item = asked_item(db, world)
    answer(db, world.ann.actor, item, right=False)
    for act in (
        update(RefresherResponse).values(credit_numerator=1),
        delete(RefresherResponse),
        update(RefresherItem).values(fact="another"),
        delete(RefresherItem),
    ):
        with pytest.raises(DatabaseError, match="insert-only"), db.begin_nested():
            db.execute(act)


def test_nothing_is_asked_or_told_while_an_exam_is_sat(db: Session, world: World) -> None:
    item, open_item = asked_item(db, world, course_id=COURSE), asked_item(db, world)
    answer(db, world.ann.actor, item, right=True)
    attempt = start(db, world.ann.actor)
    for act in (
        partial(ask, db, world.ann.actor),
        partial(ask, db, world.ann.actor, course_id=COURSE),
        partial(see, db, world.ann.actor, item.id),
        partial(see, db, world.ann.actor, open_item.id),
        partial(answer, db, world.ann.actor, open_item, right=True),
    ):
        with pytest.raises(RefusedError, match="You are sitting an exam"):
            act()
    assert see(db, world.ann.actor, item.id, now=NOW + timedelta(minutes=31)).credit == 1  # it ran out
    submit(db, world.ann.actor, attempt.id, now=NOW)
    assert ask(db, world.ann.actor) is open_item


def test_nothing_rests_on_a_withdrawn_row(db: Session, world: World) -> None:
    item, told = asked_item(db, world), asked_item(db, world, course_id=COURSE)
    answer(db, world.ann.actor, told, right=True)
    for row in {content(db, one).keyed["key_row"] for one in (item, told)}:
        withdraw(db, world, row)
    for one in (item, told):
        with pytest.raises(RefusedError, match="was withdrawn"):
            see(db, world.ann.actor, one.id)
    with pytest.raises(RefusedError, match="was withdrawn"):
        answer(db, world.ann.actor, item, right=True)
    following = refresh(db, world.ann.actor, NOW)
    assert item.fact not in {one.fact for one in following}
    rows = {row for one in following for row in (content(db, one).keyed["key_row"], *content(db, one).keyed["facts"])}
    assert content(db, item).keyed["key_row"] not in rows
    # What nobody asks any more waits, and is not counted as due.
    later = NOW + 200 * DAY
    refresh(db, world.ann.actor, later, upto=1)
    assert told.fact in set(db.scalars(select(RefresherCard.fact).where(RefresherCard.due_at.is_(None))))


def test_a_withdrawn_release_asks_nothing_and_says_why(db: Session, world: World) -> None:
    asked_item(db, world)
    withdraw(db, world, "")
    for course_id in (None, COURSE):
        with pytest.raises(RefusedError, match="was withdrawn, so nothing of it is asked"):
            ask(db, world.ann.actor, course_id=course_id)


def test_a_new_edition_asks_anew(db: Session, world: World) -> None:
    item, told = asked_item(db, world), asked_item(db, world, course_id=COURSE)
    answer(db, world.ann.actor, told, right=True)
    release = publish_and_sign(db, world, next_edition(), now=NOW)
    with pytest.raises(RefusedError, match="A new edition"):
        answer(db, world.ann.actor, item, right=True)
    assert see(db, world.ann.actor, told.id).credit == 1
    following = ask(db, world.ann.actor, now=NOW + timedelta(minutes=1))
    assert following is not None
    assert (following.release_id, following.id != item.id) == (release.id, True)


def test_what_is_not_ones_own_is_not_found(db: Session, world: World) -> None:
    item = asked_item(db, world)
    for who in (world.ben, world.max, world.olga):
        with pytest.raises(NotFoundError):
            see(db, who.actor, item.id)
        with pytest.raises(NotFoundError):
            respond(db, who.actor, item.id, {"unknown": ["yes"]})
    with pytest.raises(NotFoundError):
        ask(db, world.ann.actor, course_id="laser-safety")
    with pytest.raises(RefusedError, match="No course is assigned"):
        ask(db, world.eva.actor)


def test_the_trail_and_other_people_know_nothing_of_it(db: Session, world: World) -> None:
    before = trail(db)
    refresh(db, world.ann.actor, NOW)
    assert trail(db) == before
    assert cards.memories(db, world.organisation_id, world.ben.id) == {}


def test_two_people_who_are_asked_the_same_store_it_once(db: Session, world: World) -> None:
    for who in (world.ann, world.ben):
        for day in range(3):
            refresh(db, who.actor, NOW + day * DAY)
    hashes = list(db.scalars(select(RefresherItem.item_hash)))
    stored = db.scalar(select(func.count(ItemContent.hash)).where(ItemContent.hash.in_(hashes)))
    assert stored == len(set(hashes))


def test_many_answers_at_once_are_one_answer(busy: Town) -> None:
    with busy.database.transaction() as session:
        item = asked_item(session, busy.world)
    acts = [partial(answer, actor=busy.world.ann.actor, item=item, right=bool(one % 2)) for one in range(CROWD)]
    assert [one for one in at_once(busy.database, *acts) if isinstance(one, Exception)] == []
    with busy.database.session() as session:
        assert session.scalar(select(func.count(RefresherResponse.refresher_item_id))) == 1
        [known] = cards.memories(session, busy.world.organisation_id, busy.world.ann.id).values()
        assert known.times == 1


def test_two_answers_to_one_fact_at_once_are_both_remembered(busy: Town) -> None:
    with busy.database.transaction() as session:
        one = asked_item(session, busy.world)
        values = {name.name: getattr(one, name.name) for name in RefresherItem.__table__.columns if name.name != "id"}
        other = RefresherItem(**values)
        session.add(other)
    acts = [partial(answer, actor=busy.world.ann.actor, item=item, right=True) for item in (one, other)]
    assert [got for got in at_once(busy.database, *acts) if isinstance(got, Exception)] == []
    with busy.database.session() as session:
        [known] = cards.memories(session, busy.world.organisation_id, busy.world.ann.id).values()
        assert known.times == 2


def test_many_who_ask_at_once_are_asked_one_item(busy: Town) -> None:
    got = at_once(busy.database, *(partial(ask, actor=busy.world.ann.actor) for _ in range(CROWD)))
    assert len({one.id for one in got if isinstance(one, RefresherItem)}) == 1
    assert [one for one in got if isinstance(one, Exception)] == []


def ask(session: Session, actor: Actor, *, course_id: str | None = None, now: datetime = NOW) -> RefresherItem | None:
    """Draw the next item of the day, or of a course."""
    return refresher.ask(session, actor=actor, course_id=course_id, zone=ZONE, now=now)


def asked_item(session: Session, world: World, *, course_id: str | None = None) -> RefresherItem:
    """Return the item that Ann is asked."""
    item = ask(session, world.ann.actor, course_id=course_id)
    assert item is not None
    return item


def respond(
    session: Session, actor: Actor, item_id: int, form: dict[str, list[str]], *, now: datetime = NOW
) -> list[str] | None:
    """Send a form."""
    return refresher.respond(session, actor=actor, item_id=item_id, form=form, zone=ZONE, now=now)


def answer(session: Session, actor: Actor, item: RefresherItem, *, right: bool, now: datetime = NOW) -> None:
    """Answer an item rightly or wrongly."""
    found = content(session, item)
    respond(session, actor, item.id, form_for(found.shown, found.keyed["key"], right=right), now=now)


def see(session: Session, actor: Actor, item_id: int, *, now: datetime = NOW) -> cards.Asked:
    """Look at an item."""
    return refresher.see(session, actor=actor, item_id=item_id, zone=ZONE, now=now)


def refresh(
    session: Session, actor: Actor, now: datetime, *, right: bool = True, upto: int = 99
) -> list[RefresherItem]:
    """Answer a whole day's refresher, or its first items."""
    asked: list[RefresherItem] = []
    while len(asked) < upto and (item := ask(session, actor, now=now)):
        answer(session, actor, item, right=right, now=now)
        asked.append(item)
    return asked


def content(session: Session, item: RefresherItem) -> ItemContent:
    """Return an item's content."""
    return session.get_one(ItemContent, item.item_hash)


def shown_of(hashes: set[str]):  # type: ignore[no-untyped-def]  # noqa: ANN201
    return select(ItemContent.shown).where(ItemContent.hash.in_(hashes))


def first_of_type(session: Session, world: World, kind: str) -> RefresherItem:
    """Ask on until an item of a type is asked."""
    for _ in range(150):
        item = asked_item(session, world, course_id=COURSE)
        if content(session, item).shown["type"] == kind:
            return item
        answer(session, world.ann.actor, item, right=True)
    raise AssertionError(kind)


def withdraw(session: Session, world: World, row: str) -> None:
    """Withdraw a row of the release, or all of it."""
    releases.withdraw(
        session,
        actor=world.mira.actor,
        release_id=world.release_id,
        fact=row,
        reason="A figure is wrong.",
        password=PASSWORD,
        now=NOW,
    )
