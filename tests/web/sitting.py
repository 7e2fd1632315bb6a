"""A sitting for the tests of pages: started and answered through the services, or item by item in a browser."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import select
from werkzeug.test import TestResponse

from app import clock
from app.certification import service as certification
from app.cli.demo_story import form_for, sit
from app.content.draw import draw
from app.db import Database
from app.exams import queries
from app.exams.models import Response
from app.exams.queries import Asked
from app.people.permissions import Actor
from app.releases import queries as releases
from app.releases.manifest import exam_of
from app.releases.models import ItemContent
from tests.factories import COURSE, World
from tests.web.conftest import Browser

TYPES = 5
EXAM = f"/courses/{COURSE}/exam"


def start(database: Database, actor: Actor, *, seed: int = 1, at: datetime | None = None) -> int:
    """Start an attempt, now or at an instant; return its id."""
    with database.transaction() as session:
        now = at or clock.now()
        return certification.start_attempt(session, actor=actor, course_id=COURSE, seed=seed, now=now).id


def start_mixed(database: Database, world: World) -> int:
    """Start an attempt of Ann's whose paper holds an item of every type; return its id."""
    with database.session() as session:
        release = releases.get_release(session, world.organisation_id, world.release_id)
        pool, exam = releases.pool_of(session, release), exam_of(release.manifest)
        types = {found: shown["type"] for found, shown in session.execute(select(ItemContent.hash, ItemContent.shown))}
        for seed in range(1000):
            picks = draw(exam.sections, pool.items, seed=seed).picks
            if len({types[pool.hashes[pick.item_id, pick.variant_seed]] for pick in picks}) == TYPES:
                return start(database, world.ann.actor, seed=seed)
    raise AssertionError("no paper holds an item of every type")


def start_overdue(database: Database, world: World, *, right: int = 0) -> int:
    """Start an attempt of Ann's that ran out a minute ago, with the first items answered rightly; return its id."""
    began = clock.now() - timedelta(minutes=31)
    attempt_id = start(database, world.ann.actor, at=began)
    answer_all(database, world.ann.actor, attempt_id, at=began + timedelta(minutes=1), upto=right)
    return attempt_id


def answer_all(database: Database, actor: Actor, attempt_id: int, *, at: datetime, upto: int = 99) -> None:
    """Answer the first items of an attempt rightly."""
    with database.transaction() as session:
        for asked in queries.paper(session, attempt_id)[:upto]:
            form = form_for(asked.shown, asked.keyed["key"], right=True)
            certification.save_response(
                session, actor=actor, attempt_id=attempt_id, position=asked.position, form=form, now=at
            )


def failed(database: Database, actor: Actor, *, days_ago: float) -> int:
    """Sit an exam with every answer wrong; return the attempt's id."""
    with database.transaction() as session:
        return sit(session, actor, course_id=COURSE, at=clock.now() - timedelta(days=days_ago), right=False)


def passed(database: Database, actor: Actor, *, days_ago: float = 1) -> int:
    """Sit an exam with every answer right; return the attempt's id."""
    with database.transaction() as session:
        return sit(session, actor, course_id=COURSE, at=clock.now() - timedelta(days=days_ago), right=True)


def paper_of(database: Database, attempt_id: int) -> list[Asked]:
    """Return the paper of an attempt with its keys and what was chosen."""
    with database.session() as session:
        return queries.paper(session, attempt_id)


def right(asked: Asked) -> dict[str, list[str]]:
    """Return the fields that answer an item rightly."""
    return form_for(asked.shown, asked.keyed["key"], right=True)


def item_url(attempt_id: int, position: int) -> str:
    """Return the address of an item."""
    return f"/attempts/{attempt_id}/items/{position}"


def save(browser: Browser, attempt_id: int, position: int, fields: Mapping[str, object]) -> TestResponse:
    """Send an item's form as a browser without JavaScript does."""
    return browser.send(item_url(attempt_id, position), **fields)


def revisions(database: Database) -> int:
    """Return how many responses are stored, every revision counted."""
    with database.session() as session:
        return len(session.scalars(select(Response.revision)).all())
