"""The forecast of a clinic on both engines: what runs out, what that closes, and who trains for it first."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from app.certification import interlocks
from app.certification.changing import Change, change_certification
from app.certification.holds import Matching
from app.certification.lifecycle import EventKind
from app.certification.queries import held_by
from app.cli.demo_story import sit
from app.clock import day_in
from app.errors import NotFoundError
from app.people import service as people
from app.people.permissions import Role
from app.releases import service as releases
from app.reports.forecast import Forecast, forecast
from app.reports.treating import scope_board
from tests.factories import COURSE, PASSWORD, ZONE, World, assign, certify, observe, read_lessons, sister_course
from tests.integration import editions
from tests.integration.recalled import certified_and_revised, recall
from tests.integration.story import NOW

EVER = datetime.max.replace(tzinfo=NOW.tzinfo)
TODAY = day_in(ZONE, NOW)


def asked(db: Session, world: World, day: date = TODAY) -> Forecast:
    """Return Riverside's forecast from a day on."""
    told = forecast(
        db, organisation_id=world.organisation_id, within=None, clinic_id=world.riverside, day=day, known_at=EVER
    )
    assert told
    return told


def steps(told: Forecast) -> list[tuple[str, str, bool, int, date]]:
    return [
        (
            told.names[one.training.account_id],
            one.training.course_id,
            one.training.renewal,
            len(one.reopens),
            one.gap_on,
        )
        for one in told.plan.steps
    ]


def test_where_nobody_is_certified_somebody_takes_the_course(db: Session, world: World) -> None:
    told = asked(db, world)
    assert steps(told) == [("Ann Berg", COURSE, False, 2, TODAY)]
    assert len(told.open_now) == 2
    assert [(one.first, one.days, one.runs_out, one.closed) for one in told.horizons] == [
        (1, 30, (), ()),
        (31, 60, (), ()),
        (61, 90, (), ()),
    ]


def test_what_runs_out_is_told_once_where_it_falls_and_renewed_first(db: Session, world: World) -> None:
    held = certify(db, world, world.ann, now=NOW)
    [kept] = held_by(db, world.organisation_id, [world.ann.id])[world.ann.id]
    last_on = kept.on(TODAY, EVER).last_valid_on
    assert last_on
    gap_on = last_on + timedelta(days=15)  # after 14 days of grace
    assert steps(asked(db, world)) == []
    for ahead, bracket in ((10, 0), (40, 1), (89, 2)):
        told = asked(db, world, last_on - timedelta(days=ahead))
        assert [len(one.runs_out) for one in told.horizons] == [int(index == bracket) for index in range(3)]
        [row] = told.horizons[bracket].runs_out
        assert (row.name, row.number, row.last_on, row.to_on) == (
            "Ann Berg",
            held.number,
            last_on,
            gap_on - timedelta(days=1),
        )
    told = asked(db, world, last_on - timedelta(days=10))
    assert [len(one.closed) for one in told.horizons] == [2, 0, 0]
    assert steps(told) == [("Ann Berg", COURSE, True, 2, gap_on)]
    assert told.open_now == frozenset()
    in_grace = asked(db, world, last_on + timedelta(days=3))
    assert [(one.number, one.last_on) for one in in_grace.horizons[0].runs_out] == [(held.number, last_on)]


def test_who_is_left_alone_in_a_cell_is_named(db: Session, world: World) -> None:
    people.give_role(
        db, actor=world.ida.actor, account_id=world.ben.id, role=Role.TECHNICIAN, clinic_id=world.riverside, now=NOW
    )
    certify(db, world, world.ann, now=NOW)
    certify(db, world, world.ben, now=NOW + timedelta(days=120))
    told = asked(db, world, TODAY + timedelta(days=360))
    assert [one.name for one in told.horizons[0].runs_out] == ["Ann Berg"]
    assert {name for _, name in told.horizons[0].one_left} == {"Ben Okafor"}
    assert len(told.horizons[0].one_left) == 2
    assert told.horizons[0].closed == ()
    assert steps(told) == []


def test_the_gap_begins_where_the_board_says_that_nobody_is_left(db: Session, world: World) -> None:
    certify(db, world, world.ann, now=NOW)
    day = TODAY + timedelta(days=350)
    told = asked(db, world, day)
    board = scope_board(
        db, organisation_id=world.organisation_id, within=None, clinic_id=world.riverside, day=day, known_at=EVER
    )
    assert board
    ends = {cell.cell: cell.to_on for row in board.rows for cell in row.cells if cell}
    for step in told.plan.steps:
        for cell in step.reopens:
            assert ends[cell] == step.gap_on - timedelta(days=1)
    assert set(ends) == {cell for step in told.plan.steps for cell in step.reopens}


def test_what_a_required_course_closes_is_filled_by_that_course_alone(db: Session, world: World) -> None:
    certify(db, world, world.ann, now=NOW)
    later = NOW + timedelta(days=200)
    sister = releases.publish(db, actor=world.tom.actor, frozen=sister_course(COURSE), now=later)
    editions.sign(db, world, sister)
    assign(db, world.ida.actor, world.ann.id, now=later, course_id="sister")
    read_lessons(db, world.ann.actor, now=later, course_id="sister")
    observe(db, world.eva.actor, world.ann.id, now=later)
    sit(db, world.ann.actor, course_id="sister", at=later, right=True)
    told = asked(db, world, TODAY + timedelta(days=350))
    [required, resting] = told.horizons[0].runs_out
    assert (required.lapsed, resting.title, resting.to_on) == (None, "Sister scheme", required.to_on)
    assert resting.lapsed
    assert steps(told) == [("Ann Berg", COURSE, True, 2, required.to_on + timedelta(days=1))]


def test_what_a_director_took_away_no_training_gives_back(db: Session, world: World) -> None:
    held = certify(db, world, world.ann, now=NOW)
    change_certification(
        db,
        actor=world.mira.actor,
        certification_id=held.id,
        change=Change(kind=EventKind.SUSPENDED, effective_on=TODAY, reason_code="incident", reason="A burn"),
        now=NOW,
    )
    told = asked(db, world)
    assert steps(told) == []
    assert len(told.plan.unclosed) == 2


def test_a_device_out_of_use_is_no_reason_to_train_anybody(db: Session, world: World) -> None:
    people.give_role(
        db, actor=world.ida.actor, account_id=world.ben.id, role=Role.TECHNICIAN, clinic_id=world.riverside, now=NOW
    )
    certify(db, world, world.ann, now=NOW)
    told = asked(db, world)
    [device] = told.devices
    assert told.open_now == frozenset()
    interlocks.interlock(
        db,
        actor=world.mira.actor,
        matching=Matching(device=device),
        reason_code=interlocks.OUT_OF_USE,
        reason="Its cooling failed",
        password=PASSWORD,
        day=TODAY,
        now=NOW + timedelta(hours=1),
    )
    told = asked(db, world)
    assert (len(told.open_now), steps(told), len(told.plan.unclosed)) == (2, [], 2)


def test_a_recall_that_is_not_done_says_so_where_it_ends_what_is_held(db: Session, world: World) -> None:
    _, release = certified_and_revised(db, world)
    made = recall(db, world, release)
    [row] = asked(db, world).horizons[0].runs_out
    assert (row.last_on, row.to_on, row.overdue, row.on_hold, row.lapsed) == (
        made.due_on,
        made.due_on,
        True,
        False,
        None,
    )


def test_another_clinic_is_not_found(db: Session, world: World) -> None:
    for clinic_id, within in ((world.harbour, None), (world.hafen, [world.riverside]), (999999, None)):
        with pytest.raises(NotFoundError):
            forecast(
                db,
                organisation_id=world.organisation_id,
                within=within,
                clinic_id=clinic_id,
                day=TODAY,
                known_at=NOW,
            )
    assert (
        forecast(db, organisation_id=world.organisation_id, within=[], clinic_id=None, day=TODAY, known_at=NOW) is None
    )
