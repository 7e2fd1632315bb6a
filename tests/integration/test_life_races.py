"""What happens to a certification at the very instant at which it is granted: nothing is missed, nothing is twice."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from time import sleep

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.certification import interlocks
from app.certification.changing import Change, change_certification
from app.certification.holds import Matching
from app.certification.lifecycle import EventKind, State
from app.certification.queries import Held, get_held, hold_interlocks
from app.db import Database
from app.errors import RefusedError
from app.people import service as people
from app.people.permissions import Role
from app.releases.models import Release
from app.releases.queries import in_force
from tests.databases import Databases, EngineName
from tests.factories import COURSE, PASSWORD, World, certify, observe, read_lessons
from tests.integration.observing import cells
from tests.integration.recalled import certified_and_revised
from tests.integration.story import (
    MOMENT,
    NOW,
    Town,
    answer,
    at_once,
    certifications,
    events,
    people_at,
    start,
    submit,
    template_at,
    trail,
)
from tests.integration.test_seams import wait

BEGAN = NOW - timedelta(days=345)
CERTIFIED = NOW - timedelta(days=340)  # for twelve months: the renewal window is open now
SOON, LATER = NOW + timedelta(minutes=5), NOW + timedelta(minutes=6)
TODAY = NOW.date()
Act = Callable[[Session], object]


def submitting(world: World, attempt_id: int) -> Act:
    return partial(submit, actor=world.ann.actor, attempt_id=attempt_id, now=SOON)


def at_an_issue(busy: Town, *, before: bool) -> tuple[int, Matching, int]:
    """Certify Ben at Riverside, lead Ann to her last act; return it, what is held, and an interlock set `before`."""
    world = busy.world
    with busy.database.transaction() as session:
        people.give_role(
            session,
            actor=world.ida.actor,
            account_id=world.ben.id,
            role=Role.TECHNICIAN,
            clinic_id=world.riverside,
            now=NOW - timedelta(days=2),
        )
        certify(session, world, world.ben, now=NOW - timedelta(days=1))
        read_lessons(session, world.ann.actor, now=NOW)
        observe(session, world.eva.actor, world.ann.id, now=NOW)
        attempt_id = start(session, world.ann.actor).id
        answer(session, world.ann.actor, attempt_id, now=NOW + timedelta(minutes=1))
        matching = Matching(device=cells(session, world)[0].device)
        made = stop(session, world, matching, now=NOW + timedelta(minutes=2)) if before else 0
    return attempt_id, matching, made


def stop(session: Session, world: World, matching: Matching, *, now: datetime = SOON) -> int:
    made, _ = interlocks.interlock(
        session,
        actor=world.mira.actor,
        matching=matching,
        reason_code="device_out_of_use",
        reason="Lamp broken",
        password=PASSWORD,
        day=TODAY,
        now=now,
    )
    return made.id


def mend(session: Session, world: World, made: int) -> int:
    return interlocks.lift(
        session, actor=world.mira.actor, interlock_id=made, reason="Mended", password=PASSWORD, day=TODAY, now=SOON
    )


def held_by_ann(database: Database, world: World) -> Held:
    with database.session() as session:
        found = certifications(session, world.ann.id)
        assert len(found) == 1
        return get_held(session, found[0].id, world.organisation_id)


def test_an_interlock_set_at_the_instant_of_an_issue_holds_its_cells(busy: Town) -> None:
    attempt_id, matching, _ = at_an_issue(busy, before=False)
    got = at_once(busy.database, submitting(busy.world, attempt_id), partial(stop, world=busy.world, matching=matching))
    assert [one for one in got if isinstance(one, Exception)] == []
    held = held_by_ann(busy.database, busy.world)
    state = held.on(TODAY, LATER)
    matching_cells = {one.cell for one in state.cells if matching.matches(one.cell)}
    assert matching_cells
    assert {one.cell for one in state.back} == matching_cells
    assert [one.kind for one in held.events] == [EventKind.ISSUED, EventKind.SUSPENDED]


def test_an_interlock_lifted_at_the_instant_of_an_issue_holds_nothing(busy: Town) -> None:
    attempt_id, _, made = at_an_issue(busy, before=True)
    got = at_once(busy.database, submitting(busy.world, attempt_id), partial(mend, world=busy.world, made=made))
    assert [one for one in got if isinstance(one, Exception)] == []
    state = held_by_ann(busy.database, busy.world).on(TODAY, LATER)
    assert (state.state, state.back) == (State.ACTIVE, ())


def test_two_interlocks_at_the_instant_of_an_issue_wait_in_no_ring(busy: Town) -> None:
    attempt_id, matching, _ = at_an_issue(busy, before=False)
    acts = [partial(stop, world=busy.world, matching=matching) for _ in range(3)]
    got = at_once(busy.database, submitting(busy.world, attempt_id), *acts)
    assert [one for one in got if isinstance(one, Exception)] == []
    held = held_by_ann(busy.database, busy.world)
    assert [one.kind for one in held.events] == [EventKind.ISSUED, *[EventKind.SUSPENDED] * 3]


@pytest.fixture
def renewing(engine_name: EngineName, databases: Databases) -> Iterator[Town]:
    """A year later: Ann is certified, and everything for her renewal is done but to submit."""
    world = people_at(BEGAN, engine_name, databases)
    with databases.opened(engine_name, template_at(BEGAN)) as database:
        with database.transaction() as session:
            certify(session, world, world.ann, now=CERTIFIED)
        yield Town(database=database, world=world)


def about_to_renew(busy: Town) -> tuple[int, int]:
    """Let Ann answer the exam of her renewal; return the attempt and her certification."""
    with busy.database.transaction() as session:
        attempt_id = start(session, busy.world.ann.actor).id
        answer(session, busy.world.ann.actor, attempt_id, now=NOW + timedelta(minutes=1))
        return attempt_id, certifications(session, busy.world.ann.id)[0].id


def changing(world: World, certification_id: int, kind: EventKind) -> Act:
    return partial(
        change_certification,
        actor=world.mira.actor,
        certification_id=certification_id,
        change=Change(kind=kind, effective_on=TODAY, reason_code="adverse_event", reason="Two burns"),
        now=SOON,
    )


def test_a_suspension_at_the_instant_of_a_renewal_stands(renewing: Town) -> None:
    attempt_id, certification_id = about_to_renew(renewing)
    suspend = changing(renewing.world, certification_id, EventKind.SUSPENDED)
    got = at_once(renewing.database, submitting(renewing.world, attempt_id), suspend, suspend)
    assert [type(one) for one in got if isinstance(one, Exception)] == [RefusedError]
    with renewing.database.session() as session:
        assert sorted(events(session, renewing.world.ann.id)) == ["issued", "renewed", "suspended"]
        told = [kind for kind in trail(session, renewing.world.ann.id) if kind.startswith("certification.")]
    assert sorted(told) == ["certification.issued", "certification.renewed", "certification.suspended"]
    held = held_by_ann(renewing.database, renewing.world)
    for day in (TODAY, TODAY + timedelta(days=300)):  # in the old period, and in the one that was granted meanwhile
        assert (held.on(day, LATER).state, held.on(day, LATER).in_force) == (State.SUSPENDED, ())


def test_a_revocation_at_the_instant_of_a_renewal_leaves_nothing_in_force(renewing: Town) -> None:
    attempt_id, certification_id = about_to_renew(renewing)
    revoke = changing(renewing.world, certification_id, EventKind.REVOKED)
    got = at_once(renewing.database, submitting(renewing.world, attempt_id), revoke)
    assert [one for one in got if isinstance(one, Exception)] == []
    assert held_by_ann(renewing.database, renewing.world).on(TODAY, LATER).state is State.REVOKED


def test_who_is_revoked_during_an_exam_earns_nothing_by_it(renewing: Town) -> None:
    attempt_id, certification_id = about_to_renew(renewing)
    with renewing.database.transaction() as session:
        changing(renewing.world, certification_id, EventKind.REVOKED)(session)
    with renewing.database.transaction() as session:
        assert submit(session, renewing.world.ann.actor, attempt_id, now=LATER).passed
    assert held_by_ann(renewing.database, renewing.world).on(TODAY, LATER).state is State.REVOKED


def test_an_interlock_set_at_the_instant_of_a_renewal_holds_what_it_grants(renewing: Town) -> None:
    attempt_id, _ = about_to_renew(renewing)
    with renewing.database.session() as session:
        matching = Matching(device=cells(session, renewing.world)[0].device)
    got = at_once(
        renewing.database,
        submitting(renewing.world, attempt_id),
        partial(stop, world=renewing.world, matching=matching),
    )
    assert [one for one in got if isinstance(one, Exception)] == []
    state = held_by_ann(renewing.database, renewing.world).on(TODAY + timedelta(days=300), LATER)
    assert {one.cell for one in state.back} == {one.cell for one in state.cells if matching.matches(one.cell)}


def test_who_lifts_while_a_release_is_held_waits_in_no_ring(busy: Town) -> None:
    """A withdrawal or the signature of a case holds a release, may certify, and so comes to the interlocks last."""
    world = busy.world
    with busy.database.transaction() as session:
        certified_and_revised(session, world)
        made = stop(session, world, Matching(device=cells(session, world)[0].device))
        wait(session, world, SOON)
        waited = in_force(session, world.organisation_id, "sister")
        assert waited is not None

    def certify_late(session: Session) -> None:
        session.execute(select(Release.id).where(Release.id == waited.release.id).with_for_update()).all()
        sleep(MOMENT)
        hold_interlocks(session, world.organisation_id)

    got = at_once(busy.database, certify_late, partial(mend, world=world, made=made))
    assert [one for one in got if isinstance(one, Exception)] == []
    with busy.database.session() as session:
        assert [one.course_id for one in certifications(session, world.ann.id)] == [COURSE, "sister"]
