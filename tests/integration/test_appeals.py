"""Appeals: once each, answered by somebody who neither wrote the item nor trained the person, and on the record."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.certification import appeals
from app.certification import service as certification
from app.errors import NotFoundError, RefusedError
from app.exams import cards, case_news, case_queries, cases
from app.exams.aftermath import aftermath
from app.exams.case_models import Appeal, AppealAnswer
from app.exams.case_news import News
from app.exams.models import Attempt
from app.people import queries as people_queries
from app.people import service as people
from app.people.models import Account
from app.people.permissions import Role
from tests.factories import COURSE, Person, World
from tests.integration.story import NOW, Town, at_once, trail
from tests.integration.wrong_keys import LATER, asked_at, correct, open_case, propose, sign, sit_but


def test_an_item_and_the_result_are_contested_once_each(db: Session, world: World) -> None:
    attempt = sit_but(db, world.ann.actor, wrong=[1, 2])
    contest(db, world.ann, attempt, 2)
    contest(db, world.ann, attempt, 0)
    for position in (2, 0):
        with pytest.raises(RefusedError, match="contested this already"):
            contest(db, world.ann, attempt, position)
    assert case_queries.contested(db, world.organisation_id, attempt.id) == {0, 2}
    assert trail(db, world.ann.id).count("appeal.made") == 2
    assert [one.position for one in aftermath(db, attempt).appeals] == [0, 2]


def test_only_ones_own_result_is_contested_and_only_for_thirty_days(db: Session, world: World) -> None:
    attempt = sit_but(db, world.ann.actor, wrong=[1])
    with pytest.raises(NotFoundError):
        contest(db, world.ben, attempt, 1)
    for position in (-1, attempt.items + 1):
        with pytest.raises(RefusedError, match="Choose the question"):
            contest(db, world.ann, attempt, position)
    with pytest.raises(RefusedError, match="for 30 days"):
        cases.contest(
            db, actor=world.ann.actor, attempt_id=attempt.id, position=1, words="Wrong.", now=NOW + timedelta(days=31)
        )
    running = certification.start_attempt(db, actor=world.ben.actor, course_id=COURSE, seed=1, now=NOW)
    with pytest.raises(RefusedError, match="no result yet"):
        contest(db, world.ben, running, 1)


def test_who_wrote_the_item_or_trained_the_person_does_not_answer(db: Session, world: World) -> None:
    attempt = sit_but(db, world.ann.actor, wrong=[1])
    appeal = contest(db, world.ann, attempt, 1)
    with pytest.raises(RefusedError, match="You published or edited"):
        answer(db, world.tom, appeal)
    with pytest.raises(RefusedError, match="Only an author or medical director"):
        answer(db, world.max, appeal)
    give(db, world, world.max, Role.AUTHOR)
    with pytest.raises(RefusedError, match="You trained this person"):
        answer(db, as_of_now(db, world.max), appeal)
    give(db, world, world.ann, Role.AUTHOR)
    with pytest.raises(RefusedError, match="your own appeal"):
        answer(db, as_of_now(db, world.ann), appeal)
    with pytest.raises(NotFoundError):
        give(db, world, world.olga, Role.AUTHOR)
    answer(db, world.mira, appeal)
    with pytest.raises(RefusedError, match="answered already"):
        answer(db, world.mira, appeal)


def test_who_assigned_the_course_or_signed_off_a_treatment_trained_the_person(db: Session, world: World) -> None:
    attempt = sit_but(db, world.ann.actor, wrong=[1])
    appeal = contest(db, world.ann, attempt, 0)
    for trainer in (world.ida, world.eva):
        give(db, world, trainer, Role.MEDICAL_DIRECTOR)
        with pytest.raises(RefusedError, match="You trained this person"):
            answer(db, as_of_now(db, trainer), appeal)


def test_an_upheld_appeal_leads_to_its_case_and_is_read_by_who_made_it(db: Session, world: World) -> None:
    attempt = sit_but(db, world.ann.actor, wrong=[1])
    appeal = contest(db, world.ann, attempt, 1)
    answer(db, world.mira, appeal)
    case = open_case(db, world, asked_at(db, attempt, 1).item_hash, appeal_id=appeal.id)
    assert case.appeal_id == appeal.id
    [told] = aftermath(db, attempt).appeals
    assert (told.upheld, told.answer, told.by) == (True, "The key is looked at again.", "Mira Santos")
    assert "appeal.upheld" in trail(db, world.ann.id)


def test_two_appeals_and_two_answers_at_once_are_one_each(busy: Town) -> None:
    world = busy.world
    with busy.database.transaction() as session:
        attempt = sit_but(session, world.ann.actor, wrong=[1])
    got = at_once(busy.database, *[lambda session: contest(session, world.ann, attempt, 1).id] * 4)
    assert sorted(type(one).__name__ for one in got) == ["RefusedError"] * 3 + ["int"]
    [appeal_id] = [one for one in got if isinstance(one, int)]
    with busy.database.session() as session:
        appeal = session.get_one(Appeal, appeal_id)
    answers = at_once(busy.database, *[lambda session: answer(session, world.mira, appeal).id] * 4)
    assert sorted(type(one).__name__ for one in answers) == ["RefusedError"] * 3 + ["int"]
    with busy.database.session() as session:
        assert session.scalar(select(func.count(AppealAnswer.id))) == 1


def contest(session: Session, who: Person, attempt: Attempt, position: int) -> Appeal:
    """Contest an item or the result."""
    return cases.contest(
        session,
        actor=who.actor,
        attempt_id=attempt.id,
        position=position,
        words="My protocol says the opposite.",
        now=LATER,
    )


def answer(session: Session, who: Person, appeal: Appeal) -> AppealAnswer:
    """Uphold an appeal."""
    return appeals.answer_appeal(
        session,
        actor=who.actor,
        appeal_id=appeal.id,
        upheld=True,
        answer="The key is looked at again.",
        now=LATER,
    )


def give(session: Session, world: World, who: Person, role: Role) -> None:
    """Give somebody a role for the whole organisation."""
    people.give_role(session, actor=world.ida.actor, account_id=who.id, role=role, clinic_id=None, now=NOW)


def as_of_now(session: Session, who: Person) -> Person:
    """Return somebody with the roles that they hold now."""
    account = session.get_one(Account, who.id)
    return Person(name=who.name, email=who.email, actor=people_queries.actor_of(session, account))


def test_what_waits_is_counted_for_whom_it_concerns(db: Session, world: World) -> None:
    attempt = sit_but(db, world.ann.actor, wrong=[1])
    appeal = contest(db, world.ann, attempt, 1)
    assert waits_for(db, world) == {"tom": 0, "mira": 1, "olga": 0}
    assert [one.appeal.id for one in case_news.pending(db, world.organisation_id)] == [appeal.id]
    answer(db, world.mira, appeal)
    assert waits_for(db, world) == {"tom": 1, "mira": 0, "olga": 0}
    case = open_case(db, world, asked_at(db, attempt, 1).item_hash, appeal_id=appeal.id)
    assert waits_for(db, world) == {"tom": 0, "mira": 0, "olga": 0}
    assert case_news.pending(db, world.organisation_id) == []
    propose(db, world, case, "full_credit")
    assert waits_for(db, world) == {"tom": 0, "mira": 1, "olga": 0}
    sign(db, world, case)
    assert waits_for(db, world) == {"tom": 0, "mira": 0, "olga": 0}


def test_news_of_a_result_are_told_to_its_owner_for_a_while(db: Session, world: World) -> None:
    attempt = sit_but(db, world.ann.actor, wrong=[1])
    assert news(db, world.ann) == {}
    appeal = contest(db, world.ann, attempt, 1)
    answer(db, world.mira, appeal)
    assert news(db, world.ann) == {COURSE: News(answered=attempt.id)}
    correct(db, world, asked_at(db, attempt, 1).item_hash, "full_credit")
    assert news(db, world.ann) == {COURSE: News(answered=attempt.id, regraded=attempt.id)}
    assert news(db, world.ben) == {}
    assert news(db, world.ann, since=LATER + timedelta(days=1)) == {}


def news(db: Session, person: Person, *, since: datetime = NOW) -> dict[str, News]:
    """Return what is new to somebody since an instant."""
    mine = (person.actor.organisation_id, person.id)
    return cards.in_force_and_due(db, *mine, [COURSE], before=NOW, since=since)[2]


def waits_for(db: Session, world: World) -> dict[str, int]:
    """Return how much waits for an author, a medical director and somebody of another organisation."""
    return {name: case_news.waiting(db, world.people[name].actor) for name in ("tom", "mira", "olga")}
