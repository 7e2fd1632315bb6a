"""Everybody presses at the same instant, on the site as it is served: one result, no more than the limit, no 5xx."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from sqlalchemy import func, select, text

from app import clock
from app.certification import service as certification
from app.cli.demo_story import form_for
from app.exams import queries as exams
from app.exams.models import Attempt
from app.exams.responses import hash_revisions
from app.people import service as people
from tests.databases import Databases, EngineName
from tests.factories import COURSE, PASSWORD, World, frozen_course, make_world, observe, read_lessons
from tests.integration.serving import Answer, Site, served, statuses, together
from tests.integration.story import ITEMS, answer, certifications, events, next_edition, publish_and_sign, trail

CROWD = 64
FEW = 24  # of those who do more than one thing
EXAM = f"/courses/{COURSE}/exam"
ATTEMPTS, GRANTS = 3, 2
Act = Callable[[], Answer | None]


@pytest.fixture
def world(engine_name: EngineName, databases: Databases) -> World:
    """The people of the house."""
    return databases.template(engine_name, "world", make_world)


@pytest.fixture
def site(engine_name: EngineName, databases: Databases, world: World, tmp_path: Path) -> Iterator[Site]:
    """The site over a copy of the world that is the test's own."""
    assert world.people
    with databases.copy(engine_name, "world") as url, served(url, tmp_path) as made:
        yield made


def test_64_starts_make_one_attempt(site: Site, world: World) -> None:
    post = site.signed_in(world.ann)
    got = together(*(post(EXAM, number, declared="yes") for number in range(CROWD)))
    assert statuses(got) == {303: CROWD}
    assert len({one.location for one in got}) == 1
    with site.database.session() as session:
        assert session.scalar(select(func.count(Attempt.id))) == 1
        assert trail(session, world.ann.id).count("attempt.started") == 1


def test_64_submits_give_one_result(site: Site, world: World) -> None:
    attempt_id, post = ready(site, world), site.signed_in(world.ann)
    got = together(*(post(f"/attempts/{attempt_id}/submit", number) for number in range(CROWD)))
    assert statuses(got) == {200: CROWD}
    with site.database.session() as session:
        assert session.get_one(Attempt, attempt_id).passed
        assert [len(certifications(session, world.ann.id)), events(session, world.ann.id)] == [1, ["issued"]]
        kinds = trail(session, world.ann.id)
    assert (kinds.count("attempt.submitted"), kinds.count("certification.issued")) == (1, 1)


def test_of_64_saves_from_several_tabs_one_wins_and_the_others_are_told(site: Site, world: World) -> None:
    attempt_id = start(site, world)
    tabs = [site.signed_in(world.ann) for _ in range(4)]
    with site.database.session() as session:
        one = next(one for one in exams.paper(session, attempt_id) if one.shown["type"] == "single-choice")
    url, options = f"/attempts/{attempt_id}/items/{one.position}", [option["id"] for option in one.shown["options"]]
    before: Any = None
    for known in range(3):  # every tab knows what stands, and chooses something else
        chosen = [options[(n // 4 + known) % len(options)] for n in range(CROWD)]
        acts = (tabs[n % 4](url, n, choice=chosen[n], revision=str(known)) for n in range(CROWD))
        got = together(*acts)
        assert set(statuses(got)) == {200, 409}
        with site.database.session() as session:
            kept = exams.paper(session, attempt_id)[one.position - 1]
        assert kept.revision == known + 1
        # Who chose what won was told so, theirs or not; who chose what stood, so long as it did; others were overtaken.
        for choice, told in zip(chosen, got, strict=True):
            fits: set[tuple[int, int | None]] = {(200, known + 1)} if [choice] == kept.chosen else {(409, None)}
            fits |= {(200, known)} if [choice] == before else set()
            assert (told.status, told.json.get("revision")) in fits
        before = kept.chosen


def test_starts_submits_and_grants_at_once_stay_within_the_limit(site: Site, world: World) -> None:
    edition_without_waiting(site, world)
    post = site.signed_in(world.ann)

    def fail() -> Answer:
        led = post(EXAM, 0, declared="yes")()
        return post(led.location.replace("/items/1", "/submit"), 1)() if led.status == 303 else led

    grants: list[Act] = [partial(grant, site, world)] * GRANTS
    got = together(*grants, *(fail,) * FEW)
    refused: Answer | None = None
    while refused is None or refused.status == 200:
        refused = fail()
    assert refused.status == 409
    assert set(statuses([one for one in got if one is not None])) <= {200, 303, 409}
    with site.database.session() as session:
        numbers = list(session.scalars(select(Attempt.number).order_by(Attempt.number)))
        kinds = trail(session, world.ann.id)
    assert numbers == list(range(1, ATTEMPTS + GRANTS + 1))
    assert kinds.count("attempt.started") == kinds.count("attempt.submitted") == ATTEMPTS + GRANTS


def test_no_response_is_saved_after_a_submit(site: Site, world: World) -> None:
    attempt_id, post = start(site, world), site.signed_in(world.ann)
    forms = right_forms(site, attempt_id)
    acts = [post(f"/attempts/{attempt_id}/items/{n % ITEMS + 1}", n, **forms[n % ITEMS + 1]) for n in range(CROWD - 1)]
    acts.insert(CROWD // 2, post(f"/attempts/{attempt_id}/submit"))
    got = together(*acts)
    submitted = got.pop(CROWD // 2)
    assert submitted.status == 200
    assert set(statuses(got)) <= {200, 410}
    told = sorted({(n % ITEMS + 1, one.json["revision"]) for n, one in enumerate(got) if one.status == 200})
    with site.database.session() as session:
        revisions, attempt = exams.revisions(session, attempt_id), session.get_one(Attempt, attempt_id)
        assert trail(session, world.ann.id).count("attempt.submitted") == 1
    assert [(position, revision) for position, revision, *_ in revisions] == told
    assert attempt.responses_hash == hash_revisions(revisions)


def test_a_withdrawal_ends_an_attempt_or_comes_after_its_result(site: Site, world: World) -> None:
    attempt_id, post, other = ready(site, world), site.signed_in(world.ann), site.signed_in(world.ben)
    acts: list[Act] = [post(f"/attempts/{attempt_id}/submit", number) for number in range(FEW // 2)]
    acts += [other(EXAM, number, declared="yes") for number in range(FEW // 2)]
    got = together(partial(withdraw, site, world), *acts)
    assert set(statuses([one for one in got if one is not None])) <= {200, 303, 409}
    with site.database.session() as session:
        mine = session.get_one(Attempt, attempt_id)
        assert mine.closed_by in {"submitted", "withdrawn"}
        assert len(certifications(session, world.ann.id)) == (mine.closed_by == "submitted")
        closings = [kind for kind in trail(session) if kind in {"attempt.submitted", "attempt.withdrawn"}]
        attempts = list(session.scalars(select(Attempt)))
        assert [one for one in attempts if one.closed_at is None] == []
        assert len(closings) == len(attempts) <= 2


def test_a_withdrawal_and_a_submit_do_not_wait_for_each_other(site: Site, world: World) -> None:
    attempt_id = ready(site, world)
    stopped = Thread(target=withdraw, args=(site, world))
    with site.database.transaction() as session:
        people.lock_person(session, world.ann.id)
        session.execute(select(Attempt.id).where(Attempt.id == attempt_id).with_for_update())
        stopped.start()
        until_somebody_waits(site)
        certification.submit_attempt(session, actor=world.ann.actor, attempt_id=attempt_id, now=clock.now())
    stopped.join()
    with site.database.session() as session:
        assert events(session, world.ann.id) == ["issued"]
        assert "release.withdrawn" in trail(session)


def until_somebody_waits(site: Site) -> None:
    """Return when another transaction waits for this one; SQLite's writers queue before they begin."""
    if site.database.engine.dialect.name != "postgresql":
        return
    for _ in range(1000):
        with site.database.connection() as connection:
            if connection.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")):
                return
        Event().wait(0.01)
    raise AssertionError("nobody waits")


def start(site: Site, world: World) -> int:
    """Start Ann's attempt."""
    with site.database.transaction() as session:
        return certification.start_attempt(session, actor=world.ann.actor, course_id=COURSE, seed=1, now=clock.now()).id


def ready(site: Site, world: World) -> int:
    """Lead Ann to where submitting is all that is missing."""
    attempt_id = start(site, world)
    now = clock.now()
    with site.database.transaction() as session:
        read_lessons(session, world.ann.actor, now=now)
        observe(session, world.eva.actor, world.ann.id, now=now)
        answer(session, world.ann.actor, attempt_id, now=now)
    return attempt_id


def right_forms(site: Site, attempt_id: int) -> dict[int, dict[str, list[str]]]:
    """Return for each place of an attempt the form that answers it rightly."""
    with site.database.session() as session:
        paper = exams.paper(session, attempt_id)
    return {asked.position: form_for(asked.shown, asked.keyed["key"], right=True) for asked in paper}


def edition_without_waiting(site: Site, world: World) -> None:
    """Put an edition in force whose exam can be sat again at once."""
    exam = {**frozen_course().manifest["exam"], "retake_wait_hours": 0}
    with site.database.transaction() as session:
        publish_and_sign(session, world, next_edition(exam=exam), now=clock.now())


def grant(site: Site, world: World) -> None:
    """Grant Ann one more attempt, as Max."""
    with site.database.transaction() as session:
        certification.grant_attempt(
            session, actor=world.max.actor, account_id=world.ann.id, course_id=COURSE, reason="Fair", now=clock.now()
        )


def withdraw(site: Site, world: World) -> None:
    """Withdraw the release, as Mira."""
    with site.database.transaction() as session:
        certification.withdraw(
            session,
            actor=world.mira.actor,
            release_id=world.release_id,
            fact="",
            password=PASSWORD,
            reason="Two burns in one week",
            now=clock.now(),
        )
