"""A recall through the services, for the tests of recalls: Ann is certified, a figure changes, Mira recalls."""

from collections.abc import Collection
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import cache

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.certification import recall_ends, recall_queries, recalls
from app.certification.models import Certification
from app.certification.queries import held_by
from app.certification.recall_models import Recall
from app.certification.recalling import Consequence, Task
from app.cli.demo_story import form_for
from app.clock import day_in
from app.content.check import load_files
from app.db import Database
from app.releases import service as releases
from app.releases.freeze import Frozen, freeze
from app.releases.models import Release
from app.reports import recall_starts
from tests.factories import COURSE, PASSWORD, ZONE, Person, World, certify, make_world, shipped_course
from tests.integration.editions import FACT, confirm, sign
from tests.integration.story import NOW

TODAY = day_in(ZONE, NOW)
DUE = TODAY + timedelta(days=14)


@cache
def corrected_course() -> Frozen:
    """The shipped course with two other facts in its files, so that a quiz asks the new ones: a setting and a wait."""
    course = shipped_course()
    files = dict(course.files)
    for name, before, after in (
        ("course.yaml", 'edition: "2026.1"', 'edition: "2027.1"'),
        ("facts/settings.csv", "skin-tightening,3,4,allowed,13,13,", "skin-tightening,3,4,allowed,10,12,"),
        ("facts/contraindications.csv", "sunbed,sun,temporary,defer,28,", "sunbed,sun,temporary,defer,42,"),
    ):
        path = f"{COURSE}/{name}"
        assert before.encode() in files[path]
        files[path] = files[path].replace(before.encode(), after.encode())
    read = load_files(files, COURSE)
    return freeze(replace(read, scheme=replace(read.scheme, requires_certifications=())))


def revise(session: Session, world: World) -> Release:
    """Publish and sign the corrected edition."""
    release = releases.publish(session, actor=world.tom.actor, frozen=corrected_course(), now=NOW)
    confirm(session, world, release)
    sign(session, world, release)
    return release


def make_revised(database: Database) -> World:
    """Fill a database with the people of the house, Ann certified and the revised edition signed."""
    world = make_world(database, now=NOW)
    with database.transaction() as session:
        certified_and_revised(session, world)
    return world


def certified_and_revised(session: Session, world: World) -> tuple[Certification, Release]:
    """Certify Ann, then sign the revised edition, where that was not done before."""
    for one in held_by(session, world.organisation_id, [world.ann.id]).get(world.ann.id, ()):
        newest = select(Release).where(Release.organisation_id == world.organisation_id).order_by(Release.id.desc())
        return one.certification, session.scalars(newest.limit(1)).one()
    held = certify(session, world, world.ann, now=NOW - timedelta(days=2))
    return held, revise(session, world)


def digests(session: Session, release: Release, keys: Collection[str] = (FACT,)) -> list[str]:
    """Return the digests of changes by their keys."""
    found = recall_starts.read_recallable(session, release.organisation_id, release.id)
    return [one.digest for one in found.changes if one.key in keys]


def recall(
    session: Session,
    world: World,
    release: Release,
    *,
    by: Person | None = None,
    keys: Collection[str] = (FACT,),
    task: Task = Task.READ,
    consequence: Consequence = Consequence.SUSPEND,
    due_on: date = DUE,
    reason: str = "Two burns at the old fluence",
    password: str = PASSWORD,
    seen: str | None = None,
    now: datetime = NOW,
) -> Recall:
    """Start a recall as Mira, having seen who rests on the changes now, or what is told."""
    chosen, day = digests(session, release, keys), day_in(ZONE, now)
    preview = recall_starts.read_preview(session, world.organisation_id, release.id, chosen, day)
    return recall_starts.start(
        session,
        actor=(by or world.mira).actor,
        release_id=release.id,
        digests=chosen,
        day=day,
        task=task,
        consequence=consequence,
        due_on=due_on,
        reason=reason,
        password=password,
        seen=preview.seen if seen is None else seen,
        now=now,
    )


def answer(session: Session, who: Person, recall_id: int, *, now: datetime, right: bool = True) -> int | None:
    """Ask a person the next item of their delta quiz and answer it; return its id, None where nothing is asked."""
    item_id = recalls.ask(session, actor=who.actor, recall_id=recall_id, now=now)
    if item_id is not None:
        asked = recall_queries.asked_item(session, who.actor.organisation_id, recall_id, who.id, item_id)
        form = form_for(asked.shown, asked.keyed["key"], right=right)
        recalls.respond(session, actor=who.actor, recall_id=recall_id, item_id=item_id, form=form, now=now)
    return item_id


def recalled_and_ended(session: Session, world: World) -> None:
    """Sign the corrected edition, recall Ann, who answers its quiz, and end the recall."""
    made = recall(session, world, revise(session, world), task=Task.QUIZ)
    while answer(session, world.ann, made.id, now=NOW) is not None:
        pass
    recall_ends.end(
        session, actor=world.mira.actor, recall_id=made.id, reason="All of it is done", password=PASSWORD, now=NOW
    )
