"""Certifications through the services: issued, renewed, suspended, lost and earned again; and what is refused."""

from datetime import date, datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.certification import acting, practice
from app.certification import service as certification
from app.certification.changing import Change, change_certification
from app.certification.lifecycle import EventKind, State
from app.certification.models import CertificationEvent
from app.certification.numbers import read_number
from app.certification.queries import by_number, cells_of, get_held
from app.certification.scope import Cell
from app.cli.demo_story import sit
from app.errors import NotFoundError, RefusedError
from app.people import queries as people_queries
from app.people import service as people
from app.people.permissions import Actor, Role
from app.releases import queries as releases
from app.releases import service as release_service
from app.reports.columns import CERTIFICATION_COLUMNS
from app.reports.exports import Asked, certification_rows
from tests.factories import COURSE, PASSWORD, World, appoint, assign, certify, observe, read_lessons, sister_course
from tests.integration import editions
from tests.integration.story import (
    NOW,
    Town,
    at_once,
    certifications,
    events,
    next_edition,
    publish_and_sign,
    start,
)

CERTIFIED = NOW - timedelta(days=340)
BEGAN = NOW - timedelta(days=345)
TODAY = date(2026, 11, 22)
FIRST_ON, LAST_ON = date(2025, 12, 17), date(2026, 12, 16)


@pytest.fixture
def moment() -> datetime:
    """The people of the house have been there for a year."""
    return BEGAN


def test_it_is_issued_when_the_last_requirement_is_met(db: Session, world: World) -> None:
    held = certify(db, world, world.ann, now=CERTIFIED)
    release = releases.get_release(db, world.organisation_id, world.release_id)
    assert (held.ordinal, held.name, held.release_id) == (1, "Ann Berg", release.id)
    assert read_number(held.number) == held.number
    assert held.scheme.keys() == {"title", "edition", "disclaimer", "issuer", "devices", "requires"}
    assert held.scheme["issuer"] == "Lumen Clinics"
    event = db.scalars(select(CertificationEvent)).one()
    assert (event.kind, event.effective_on, event.first_on, event.last_on) == ("issued", FIRST_ON, FIRST_ON, LAST_ON)
    assert (event.grace_last_on, event.due_from_on) == (date(2026, 12, 30), date(2026, 11, 17))
    assert held.cells == event.cells


@pytest.mark.parametrize("missing", ["lessons", "exam", "sign_offs"])
def test_nothing_is_issued_while_something_is_missing(db: Session, world: World, missing: str) -> None:
    read_lessons(db, world.ann.actor, now=CERTIFIED, all_but=int(missing == "lessons"))
    observe(db, world.eva.actor, world.ann.id, now=CERTIFIED, times=2 if missing == "sign_offs" else 3)
    sit(db, world.ann.actor, course_id=COURSE, at=CERTIFIED, right=missing != "exam")
    assert certifications(db, world.ann.id) == []


def test_what_is_not_assigned_is_not_certified(db: Session, world: World) -> None:
    nora = invite(db, world)
    observe(db, world.eva.actor, nora.account_id, now=NOW)
    with pytest.raises(NotFoundError):
        read_lessons(db, nora, now=NOW)
    with pytest.raises(NotFoundError):
        start(db, nora)
    assert certifications(db, nora.account_id) == []


def test_a_renewal_adds_a_period_to_the_same_number(db: Session, world: World) -> None:
    held = certify(db, world, world.ann, now=CERTIFIED)
    sit(db, world.ann.actor, course_id=COURSE, at=NOW, right=True)
    assert [one.number for one in certifications(db, world.ann.id)] == [held.number]
    assert events(db, world.ann.id) == [EventKind.ISSUED, EventKind.RENEWED]
    state = get_held(db, held.id, world.organisation_id).on(TODAY, NOW + timedelta(hours=1))
    assert (state.state, state.last_valid_on, state.first_issued_on) == (State.ACTIVE, date(2027, 12, 16), FIRST_ON)


def test_a_failed_renewal_takes_nothing_away(db: Session, world: World) -> None:
    held = certify(db, world, world.ann, now=CERTIFIED)
    sit(db, world.ann.actor, course_id=COURSE, at=NOW, right=False)
    later = NOW + timedelta(hours=1)
    assert events(db, world.ann.id) == [EventKind.ISSUED]
    assert get_held(db, held.id, world.organisation_id).on(TODAY, later).state is State.ACTIVE


def test_who_is_certified_sits_again_only_in_the_renewal_window(db: Session, world: World) -> None:
    certify(db, world, world.ann, now=CERTIFIED)
    with pytest.raises(RefusedError, match=r"You can sit the exam again from 17 November 2026"):
        start(db, world.ann.actor, now=NOW - timedelta(days=20))
    assert start(db, world.ann.actor, now=NOW).number == 2


def test_who_let_it_expire_renews_the_same_number(db: Session, world: World) -> None:
    held = certify(db, world, world.ann, now=CERTIFIED)
    late = NOW + timedelta(days=100)
    assert get_held(db, held.id, world.organisation_id).on(date(2027, 3, 2), late).state is State.EXPIRED
    sit(db, world.ann.actor, course_id=COURSE, at=late, right=True)
    assert events(db, world.ann.id) == [EventKind.ISSUED, EventKind.RENEWED]
    state = get_held(db, held.id, world.organisation_id).on(date(2027, 3, 2), late + timedelta(hours=1))
    assert state.state is State.ACTIVE


def test_the_answer_depends_on_the_day_and_on_what_was_known(db: Session, world: World) -> None:
    held = certify(db, world, world.ann, now=CERTIFIED)
    change(db, world, held.id, EventKind.SUSPENDED, on=TODAY - timedelta(days=10), now=NOW)
    change(db, world, held.id, EventKind.REINSTATED, on=TODAY - timedelta(days=4), now=NOW + timedelta(hours=1))
    change(db, world, held.id, EventKind.REVOKED, on=TODAY, now=NOW + timedelta(hours=2))
    found = get_held(db, held.id, world.organisation_id)
    known = NOW + timedelta(hours=3)
    days = {
        FIRST_ON - timedelta(days=1): State.NONE,
        FIRST_ON: State.ACTIVE,
        TODAY - timedelta(days=11): State.ACTIVE,
        TODAY - timedelta(days=10): State.SUSPENDED,
        TODAY - timedelta(days=5): State.SUSPENDED,
        TODAY - timedelta(days=4): State.ACTIVE,
        TODAY - timedelta(days=1): State.ACTIVE,
        TODAY: State.REVOKED,
        TODAY + timedelta(days=999): State.REVOKED,
    }
    assert {day: found.on(day, known).state for day in days} == days
    instants = {
        NOW - timedelta(seconds=1): State.ACTIVE,
        NOW: State.SUSPENDED,
        NOW + timedelta(hours=1): State.ACTIVE,
        NOW + timedelta(hours=2): State.REVOKED,
    }
    assert {known: found.on(TODAY, known).state for known in instants} == instants


def test_what_cannot_happen_to_a_certification_is_refused(db: Session, world: World) -> None:
    held = certify(db, world, world.ann, now=CERTIFIED)
    refused(db, world, held.id, EventKind.REINSTATED, "active cannot be reinstated")
    change(db, world, held.id, EventKind.SUSPENDED)
    refused(db, world, held.id, EventKind.SUSPENDED, "suspended cannot be suspended")
    change(db, world, held.id, EventKind.REVOKED)
    for kind in (EventKind.REVOKED, EventKind.SUSPENDED, EventKind.REINSTATED, EventKind.SUPERSEDED):
        refused(db, world, held.id, kind, f"revoked cannot be {kind.value}")
    assert events(db, world.ann.id) == [EventKind.ISSUED, EventKind.SUSPENDED, EventKind.REVOKED]


def test_a_decision_needs_its_reason(db: Session, world: World) -> None:
    held = certify(db, world, world.ann, now=CERTIFIED)
    for reason in ("", "  ", "no", "x" * 501):
        refused(db, world, held.id, EventKind.SUSPENDED, "Give the reason in 3 to 500 characters.", reason=reason)


def test_another_organisations_certification_is_not_found(db: Session, world: World) -> None:
    held = certify(db, world, world.ann, now=CERTIFIED)
    for certification_id in (held.id, 999_999):
        with pytest.raises(NotFoundError):
            change(db, world, certification_id, EventKind.SUSPENDED, actor=world.olga.actor)


def test_who_lost_it_earns_a_new_number_when_the_manager_lets_them(db: Session, world: World) -> None:
    held = certify(db, world, world.ann, now=CERTIFIED)
    change(db, world, held.id, EventKind.REVOKED, on=TODAY, now=NOW)
    later = NOW + timedelta(days=2)
    with pytest.raises(RefusedError, match=r"Max Keller can grant you one more\."):
        start(db, world.ann.actor, now=later)
    certification.grant_attempt(
        db, actor=world.max.actor, account_id=world.ann.id, course_id=COURSE, reason="Trained again", now=later
    )
    sit(db, world.ann.actor, course_id=COURSE, at=later, right=True)
    first, second = certifications(db, world.ann.id)
    assert (second.ordinal, second.number == first.number) == (2, False)
    day, known = TODAY + timedelta(days=2), later + timedelta(hours=1)
    states = [get_held(db, one.id, world.organisation_id).on(day, known).state for one in (first, second)]
    assert states == [State.REVOKED, State.ACTIVE]


def test_a_new_edition_decides_from_its_signature_on(db: Session, world: World) -> None:
    scheme = releases.get_release(db, world.organisation_id, world.release_id).manifest["scheme"]
    observe(db, world.eva.actor, world.ann.id, now=CERTIFIED)
    read_lessons(db, world.ann.actor, now=CERTIFIED)
    publish_and_sign(db, world, next_edition(scheme={**scheme, "requires_sign_offs": 4}), now=CERTIFIED)
    sit(db, world.ann.actor, course_id=COURSE, at=CERTIFIED + timedelta(minutes=1), right=True)
    assert certifications(db, world.ann.id) == []
    observe(db, world.eva.actor, world.ann.id, now=CERTIFIED + timedelta(days=1), times=1)
    assert certifications(db, world.ann.id)[0].scheme["edition"] == "2027.1"


def test_a_treatment_that_cannot_be_attested_is_refused(db: Session, world: World) -> None:
    for day, cell, sentence in (
        (TODAY + timedelta(days=1), {}, "it cannot lie ahead"),
        (TODAY - timedelta(days=91), {}, "Sign off within 90 days"),
        (TODAY, {"device": "no-such-device"}, "No certification covers this device"),
        (TODAY, {"skin_type": 7}, "No certification covers this device"),
        (TODAY, {"procedure": "hair-removal"}, "No certification covers this device"),
    ):
        with pytest.raises(RefusedError, match=sentence):
            attest(db, world, world.eva.actor, world.ann.id, day, **cell)


def test_only_an_evaluator_of_the_clinic_attests(db: Session, world: World) -> None:
    for actor in (world.max.actor, world.ida.actor, world.olga.actor, world.ann.actor):
        with pytest.raises(NotFoundError):
            attest(db, world, actor, world.ann.id, TODAY)
    for account_id in (world.ben.id, world.eva.id, world.olga.id, 999_999):
        with pytest.raises(NotFoundError):
            attest(db, world, world.eva.actor, account_id, TODAY)


def test_nobody_attests_their_own_treatments(db: Session, world: World) -> None:
    people.give_role(
        db, actor=world.ida.actor, account_id=world.eva.id, role=Role.TECHNICIAN, clinic_id=world.riverside, now=NOW
    )
    eva = people_queries.actor_of(db, people_queries.get_account(db, world.organisation_id, world.eva.id))
    with pytest.raises(RefusedError, match="You cannot sign off your own treatments"):
        attest(db, world, eva, world.eva.id, TODAY)


def test_who_is_disabled_is_not_attested(db: Session, world: World) -> None:
    certification.disable_account(db, actor=world.max.actor, account_id=world.ann.id, reason="Left", now=NOW)
    with pytest.raises(NotFoundError):
        attest(db, world, world.eva.actor, world.ann.id, TODAY)


def test_a_day_is_the_day_of_the_clinic(db: Session, world: World) -> None:
    after_midnight = datetime.fromisoformat("2026-11-22T23:30:00+00:00")  # 00:30 of the 23rd in Zurich
    appoint(db, world.eva.actor, now=after_midnight)
    attest(db, world, world.eva.actor, world.ann.id, date(2026, 11, 23), now=after_midnight)
    with pytest.raises(RefusedError, match="it cannot lie ahead"):
        attest(db, world, world.eva.actor, world.ann.id, date(2026, 11, 24), now=after_midnight)


def test_two_suspensions_at_once_are_one(busy: Town) -> None:
    with busy.database.transaction() as session:
        held = certify(session, busy.world, busy.world.ann, now=NOW)
    later = NOW + timedelta(hours=1)
    act = partial(change, world=busy.world, certification_id=held.id, kind=EventKind.SUSPENDED, on=TODAY, now=later)
    got = at_once(busy.database, act, act, act, act)
    assert sum(isinstance(one, RefusedError) for one in got) == 3
    with busy.database.session() as session:
        assert events(session, busy.world.ann.id) == [EventKind.ISSUED, EventKind.SUSPENDED]


def change(
    session: Session,
    world: World,
    certification_id: int,
    kind: EventKind,
    *,
    on: date = TODAY,
    now: datetime = NOW,
    actor: Actor | None = None,
    reason: str = "Two hot spots in one week.",
) -> CertificationEvent:
    """Change a certification as its medical director."""
    return change_certification(
        session,
        actor=actor or world.mira.actor,
        certification_id=certification_id,
        change=Change(kind=kind, effective_on=on, reason_code="adverse_event", reason=reason),
        now=now,
    )


def refused(
    session: Session, world: World, certification_id: int, kind: EventKind, sentence: str, reason: str = "Hot spots"
) -> None:
    """Make sure that a change is refused, and why."""
    with pytest.raises(RefusedError, match=sentence):
        change(session, world, certification_id, kind, reason=reason)


def attest(
    session: Session, world: World, actor: Actor, account_id: int, day: date, *, now: datetime = NOW, **cell: object
) -> None:
    """Attest a treatment in the first cell that the release grants, but for what is changed of it."""
    release = releases.get_release(session, world.organisation_id, world.release_id)
    granted = cells_of(release)[0].cell
    found = Cell(
        **{"device": granted.device, "skin_type": granted.skin_type, "procedure": granted.procedure, **cell}  # type: ignore[arg-type]  # a cell's own fields
    )
    practice.record(
        session,
        actor=actor,
        treatment=practice.Treatment(account_id=account_id, cell=found, observed_on=day),
        seen=practice.Seen(outcome="safe"),
        password=PASSWORD,
        now=now,
    )


def invite(session: Session, world: World) -> Actor:
    """Add a technician to Riverside, to whom nothing is assigned."""
    account, _ = people.invite(
        session,
        actor=world.ida.actor,
        email="nora@lumen.example",
        name="Nora Weiss",
        roles=[(Role.TECHNICIAN, world.riverside)],
        now=BEGAN,
    )
    return people_queries.actor_of(session, account)


def test_where_what_it_requires_lapses_it_counts_as_suspended(db: Session, world: World) -> None:
    first = certify(db, world, world.ann, now=CERTIFIED)
    assign_sister(db, world)
    later = CERTIFIED + timedelta(days=100)
    read_lessons(db, world.ann.actor, now=later, course_id="sister")
    sit(db, world.ann.actor, course_id="sister", at=later, right=True)
    [_, second] = certifications(db, world.ann.id)
    assert second.scheme["requires"] == [{"course": COURSE, "title": first.scheme["title"]}]
    known = NOW + timedelta(days=400)
    grace_last_on = date(2026, 12, 30)
    for day, state in (
        (LAST_ON, State.ACTIVE),
        (grace_last_on, State.ACTIVE),
        (grace_last_on + timedelta(days=1), State.SUSPENDED),
        (grace_last_on + timedelta(days=120), State.EXPIRED),  # its own end weighs more than what it rests on
    ):
        asked = Asked(organisation_id=world.organisation_id, zone="UTC", is_demo=False, day=day, known_at=known)
        exported = {row[3]: row for row in certification_rows(db, asked)}[second.number]
        found = by_number(db, second.number)
        assert found is not None
        assert found.on(day, known).state is state
        assert get_held(db, second.id, world.organisation_id).on(day, known).state is state
        told = list(CERTIFICATION_COLUMNS)
        assert exported[told.index("state")] == state.value
        lapsed = state is State.SUSPENDED
        assert exported[told.index("reason_code")] == ("requirement_lapsed" if lapsed else None)


def test_what_waited_for_a_required_certification_is_issued_with_it(db: Session, world: World) -> None:
    assign_sister(db, world)
    read_lessons(db, world.ann.actor, now=CERTIFIED, course_id="sister")
    sit(db, world.ann.actor, course_id="sister", at=CERTIFIED, right=True)
    assert certifications(db, world.ann.id) == []
    first = certify(db, world, world.ann, now=CERTIFIED + timedelta(days=1))
    [required, waited] = certifications(db, world.ann.id)
    assert required.id == first.id
    assert waited.course_id == "sister"


def test_what_waited_for_a_suspended_certification_is_issued_when_that_is_given_back(db: Session, world: World) -> None:
    first = certify(db, world, world.ann, now=CERTIFIED)
    change(db, world, first.id, EventKind.SUSPENDED)
    assign_sister(db, world)
    read_lessons(db, world.ann.actor, now=NOW, course_id="sister")
    sit(db, world.ann.actor, course_id="sister", at=NOW, right=True)
    assert [one.course_id for one in certifications(db, world.ann.id)] == [COURSE]
    acting.act(
        db,
        actor=world.mira.actor,
        certification_id=first.id,
        change=Change(
            kind=EventKind.REINSTATED, effective_on=TODAY, reason_code="cleared", reason="The matter is cleared"
        ),
        password=PASSWORD,
        today=TODAY,
        now=NOW,
    )
    assert [one.course_id for one in certifications(db, world.ann.id)] == [COURSE, "sister"]


def assign_sister(db: Session, world: World) -> None:
    """Publish a course that requires the certification of the first one, and assign it to Ann."""
    sister = release_service.publish(db, actor=world.tom.actor, frozen=sister_course(COURSE), now=CERTIFIED)
    editions.sign(db, world, sister)
    assign(db, world.ida.actor, world.ann.id, now=BEGAN, course_id="sister")
