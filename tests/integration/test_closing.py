"""What a loss closes at a clinic, on both engines: also where the lost certification grants no cell itself."""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.certification.queries import held_by
from app.cli.demo_story import sit
from app.clock import day_in
from app.learning import service as learning
from app.releases.freeze import Frozen, freeze
from app.reports.closing import closings
from tests.factories import ZONE, World, observe, read_lessons, shipped_course, sister_course
from tests.integration.story import NOW
from tests.web.recalled_world import signed

LATER = NOW + timedelta(hours=1)


def theory() -> Frozen:
    """A course that grants no cell, as laser safety does: others require it."""
    course = shipped_course()
    scheme = replace(course.scheme, title="Theory", scope_devices=(), requires_sign_offs=0)
    return freeze(replace(course, id="theory", scheme=scheme, files={**course.files, "theory/edition": b"1"}))


def test_who_loses_what_is_required_loses_what_rests_on_it(db: Session, world: World) -> None:
    for course_id, frozen in (("theory", theory()), ("sister", sister_course("theory"))):
        take(db, world, course_id, frozen, NOW)
    [resting, required] = held_by(db, world.organisation_id, [world.ann.id])[world.ann.id]
    assert (required.certification.course_id, required.on(NOW.date(), LATER).cells) == ("theory", ())
    lost = {required.certification.id: None}
    [closing] = closings(db, world.organisation_id, [world.ann.id], lost, day=NOW.date(), now=LATER)
    assert closing.clinic == "Riverside"
    assert set(closing.cells) == {one.cell for one in resting.on(NOW.date(), LATER).cells}
    assert {one.device for one in closing.cells} <= closing.devices.keys()
    assert closings(db, world.organisation_id, [world.ann.id], {}, day=NOW.date(), now=LATER) == []


def take(db: Session, world: World, course_id: str, frozen: Frozen, at: datetime) -> None:
    """Lead Ann to a certification in a course that is signed just before."""
    signed(db, world, frozen, now=at)
    today = day_in(ZONE, at)
    learning.assign(
        db, actor=world.ida.actor, account_id=world.ann.id, course_id=course_id, due_on=today, today=today, now=at
    )
    read_lessons(db, world.ann.actor, now=at, course_id=course_id)
    observe(db, world.eva.actor, world.ann.id, now=at)
    sit(db, world.ann.actor, course_id=course_id, at=at, right=True)
