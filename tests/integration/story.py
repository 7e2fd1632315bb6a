"""What several tests of services tell: a fixed day, a town that is really committed, acts at the same instant."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from threading import Barrier, BrokenBarrierError
from typing import TypeVar

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.audit.models import Entry
from app.certification import service as certification
from app.certification.lifecycle import EventKind
from app.certification.models import Certification, CertificationEvent
from app.cli.demo_story import form_for
from app.db import Base, Database
from app.exams import queries as exams
from app.exams.models import Attempt
from app.people.permissions import Actor
from app.releases import service as releases
from app.releases.freeze import Frozen
from app.releases.models import Release
from tests.databases import Databases, EngineName
from tests.factories import COURSE, PASSWORD, World, frozen_course, make_world

NOW = datetime(2026, 11, 22, 13, 6, tzinfo=UTC)
ITEMS = 20
MOMENT = 0.2  # seconds; the first who waits in vain frees all
Got = TypeVar("Got")


@dataclass(frozen=True, kw_only=True)
class Town:
    """A database that is really committed, and who is in it."""

    database: Database
    world: World


def template_at(moment: datetime) -> str:
    """Return the name of the template of the people of the house, as they are at a moment."""
    return f"world_{moment:%Y%m%d_%H%M}"


def people_at(moment: datetime, engine: EngineName, databases: Databases) -> World:
    """Return the people of the house, as they are at a moment, of whom there is a template."""
    return databases.template(engine, template_at(moment), lambda database: make_world(database, now=moment))


@contextmanager
def town(engine: EngineName, databases: Databases) -> Iterator[Town]:
    """Copy the world as it was at NOW into a database of the test's own."""
    world = people_at(NOW, engine, databases)
    with databases.opened(engine, template_at(NOW)) as database:
        yield Town(database=database, world=world)


def at_once(database: Database, *acts: Callable[[Session], Got]) -> list[Got | Exception]:
    """Let everybody act at the same instant, each in a transaction of their own; return what each got.

    Who has acted waits a moment for the others before committing: acts that do not queue for a lock see nothing of
    one another, every time, and not only when the machine happens to be quick.
    """
    together, acted = Barrier(len(acts)), Barrier(len(acts))

    def act(one: Callable[[Session], Got]) -> Got | Exception:
        together.wait()
        try:
            with database.transaction() as session:
                got = one(session)
                with suppress(BrokenBarrierError):
                    acted.wait(MOMENT)
                return got
        except Exception as error:  # noqa: BLE001  whatever it was, the test looks at it
            return error

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(act, acts))


def start(session: Session, actor: Actor, *, now: datetime = NOW, seed: int = 1) -> Attempt:
    """Start a person's attempt, or go on with the open one."""
    return certification.start_attempt(session, actor=actor, course_id=COURSE, seed=seed, now=now)


def answer(session: Session, actor: Actor, attempt_id: int, *, now: datetime, upto: int = ITEMS) -> None:
    """Answer the first items of an attempt rightly."""
    for asked in exams.paper(session, attempt_id)[:upto]:
        certification.save_response(
            session,
            actor=actor,
            attempt_id=attempt_id,
            position=asked.position,
            form=form_for(asked.shown, asked.keyed["key"], right=True),
            now=now,
        )


def submit(session: Session, actor: Actor, attempt_id: int, *, now: datetime) -> Attempt:
    """Submit a person's attempt."""
    return certification.submit_attempt(session, actor=actor, attempt_id=attempt_id, now=now)


def certifications(session: Session, account_id: int) -> list[Certification]:
    """Return a person's certifications, the earliest first."""
    query = select(Certification).where(Certification.account_id == account_id).order_by(Certification.id)
    return list(session.scalars(query))


def events(session: Session, account_id: int) -> list[EventKind]:
    """Return what happened to a person's certifications, in order."""
    query = (
        select(CertificationEvent.kind)
        .join(Certification, Certification.id == CertificationEvent.certification_id)
        .where(Certification.account_id == account_id)
        .order_by(CertificationEvent.id)
    )
    return [EventKind(kind) for kind in session.scalars(query)]


def trail(session: Session, account_id: int | None = None) -> list[str]:
    """Return the kinds of the trail's entries about a person, or of all, by time and kind."""
    query = select(Entry.kind).order_by(Entry.recorded_at, Entry.kind)
    return list(session.scalars(query if account_id is None else query.where(Entry.account_id == account_id)))


def rows(session: Session) -> dict[str, int]:
    """Return how many rows each table holds."""
    return {
        table.name: session.scalar(select(func.count()).select_from(table)) or 0
        for table in Base.metadata.sorted_tables
    }


def next_edition(**changes: object) -> Frozen:
    """Return the course as another edition with the same items."""
    frozen = frozen_course()
    manifest = {**frozen.manifest, **changes}
    return replace(frozen, hash="f" * 64, edition="2027.1", manifest=manifest)


def publish_and_sign(session: Session, world: World, frozen: Frozen, *, now: datetime) -> Release:
    """Publish an edition as Tom and sign it as Mira."""
    release = releases.publish(session, actor=world.tom.actor, frozen=frozen, now=now)
    releases.sign(
        session,
        actor=world.mira.actor,
        release_id=release.id,
        password=PASSWORD,
        confirmed_rows=[row["row"] for row in release.manifest["protocol"]],
        now=now + timedelta(seconds=1),
    )
    return release
