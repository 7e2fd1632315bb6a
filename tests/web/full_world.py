"""The site full of things that the pages are about, for the table of roles and pages."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.certification import bulk, interlocks, practice, readings
from app.certification import service as certification
from app.certification.holds import Matching
from app.certification.lifecycle import EventKind
from app.certification.models import EvaluatorAppointment
from app.certification.queries import cells_of
from app.certification.scope import Cell
from app.cli.demo_story import sit
from app.clock import day_in
from app.db import Database
from app.exams import case_queries, cases, refresher
from app.exams import queries as exams
from app.exams.models import Attempt, CoachingTask
from app.people import service
from app.people.models import Account, RoleGrant
from app.people.permissions import Role
from app.releases import queries as releases
from app.releases import service as release_service
from app.reports import releases as reports
from tests.factories import (
    COURSE,
    PASSWORD,
    ZONE,
    World,
    appoint,
    booking_token,
    certify,
    people_of,
    revised_course,
)
from tests.integration.accommodated import grant as grant_more
from tests.integration.outside import upload
from tests.integration.wrong_keys import correct, open_case, propose
from tests.web.recalled_world import recall_ann


@dataclass(frozen=True, kw_only=True)
class FullWorld:
    """The world of the tests with a year in it: `names` fill in the table's paths and forms; `tokens` sign in."""

    world: World
    names: dict[str, str]
    tokens: dict[str, str]


def make_full_world(database: Database) -> FullWorld:
    """Fill a database: Ann was certified eleven months ago, failed the renewal, and sits it again; Gabi left."""
    now = clock.now()
    with database.transaction() as session:
        world = people_of(session, now - timedelta(days=341))
        held = certify(session, world, world.ann, now=now - timedelta(days=340))
        failed = sit(session, world.ann.actor, course_id=COURSE, at=now - timedelta(days=3), right=False)
        granted = grant_more(session, world, now=now, day=day_in(ZONE, now))
        refreshed = refresher.ask(
            session, actor=world.ann.actor, course_id=COURSE, zone=ZONE, now=now - timedelta(days=1)
        )
        running = certification.start_attempt(session, actor=world.ann.actor, course_id=COURSE, seed=7, now=now)
        contested = contest_and_correct(session, world, failed, now)
        ada_reads_the_record(session, world, now)
        link, gone = invite(session, world, "Cleo Marsh", now)[1], leave(session, world, now)
        release, today = releases.get_release(session, world.organisation_id, world.release_id), day_in(ZONE, now)
        revised = release_service.publish(session, actor=world.tom.actor, frozen=revised_course(), now=now)
        reports.count_impact(session, actor=world.tom.actor, release_id=revised.id, day=now.date(), now=now)
        cell = cells_of(release)[0].cell
        names = {
            "ann": world.ann.id,
            "gone": gone.id,
            "attempt": running.id,
            "failed": failed,
            "grant": session.scalars(select(RoleGrant.id).where(RoleGrant.account_id == world.ann.id)).one(),
            "accommodation": granted.id,
            "task": to_talk_over(session, world, failed, now),
            "refreshed": refreshed.id if refreshed else 0,
            "release": release.id,
            "revised": revised.id,
            **contested,
            **to_confirm(session, world, cell, now),
            **recall_ann(session, world, held, failed, now),
            "riverside": world.riverside,
            "api_token": booking_token(session, world.ida, None, now=now)[0].id,
            "course": COURSE,
            "lesson": release.manifest["lessons"][0]["id"],
            "hash": release.content_hash,
            "link": link,
            "number": held.number,
            **act_on(session, world, held.id, now),
            "item_id": exams.paper(session, failed)[0].item_id,
            **asdict(cell),
            "today": today,
            "tomorrow": today + timedelta(days=1),
        }
        tokens = {
            name: service.begin_sign_in(session, account_id=person.id, now=now) for name, person in world.people.items()
        }
    return FullWorld(world=world, tokens=tokens, names={name: str(value) for name, value in names.items()})


def to_confirm(session: Session, world: World, cell: Cell, now: datetime) -> dict[str, object]:
    """Let Eva, who is appointed, record a treatment of Ann that waits for Ann's signature."""
    appoint(session, world.eva.actor, now=now)
    treatment = practice.Treatment(account_id=world.ann.id, cell=cell, observed_on=day_in(ZONE, now))
    seen = practice.Seen(outcome="prompted", remarks=["more-pace"])
    signed = practice.record(session, actor=world.eva.actor, treatment=treatment, seen=seen, password=PASSWORD, now=now)
    appointed = session.scalars(select(EvaluatorAppointment.id)).first()
    return {"sign_off": signed.id, "appointment": appointed, "eva": world.eva.id}


def act_on(session: Session, world: World, certification_id: int, now: datetime) -> dict[str, object]:
    """Let Mira act on Ann's certification; return what the acts are called."""
    return {
        "certification": certification_id,
        "bulk_change": propose_change(session, world, certification_id, now),
        "interlock": hold_cells(session, world, now),
    }


def propose_change(session: Session, world: World, certification_id: int, now: datetime) -> int:
    """Let Mira propose to suspend Ann's certification; return the proposal's id."""
    made = bulk.propose(
        session,
        actor=world.mira.actor,
        kind=EventKind.SUSPENDED,
        certification_ids=[certification_id],
        effective_on=day_in(ZONE, now),
        reason_code="inquiry",
        reason="Until it is looked into",
        password=PASSWORD,
        today=day_in(ZONE, now),
        now=now,
    )
    return made.id


def hold_cells(session: Session, world: World, now: datetime) -> int:
    """Hold what Ann may do on skin type IV, at Riverside; return the act's id."""
    made, _ = interlocks.interlock(
        session,
        actor=world.mira.actor,
        matching=Matching(skin_types=frozenset({4}), clinic_id=world.riverside),
        reason_code="adverse_event",
        reason="Two hot spots in one week",
        password=PASSWORD,
        day=day_in(ZONE, now),
        now=now,
    )
    return made.id


def ada_reads_the_record(session: Session, world: World, now: datetime) -> None:
    """Note that Ada reads Ann's training record today; Max and Mira do not."""
    readings.note_reading(session, actor=world.ada.actor, account_id=world.ann.id, today=day_in(ZONE, now), now=now)


def to_talk_over(session: Session, world: World, attempt_id: int, now: datetime) -> int:
    """Give Ann something to talk over about an attempt; return its id."""
    task = CoachingTask(
        organisation_id=world.organisation_id,
        account_id=world.ann.id,
        attempt_id=attempt_id,
        position=1,
        topic="Set the device",
        made_at=now,
    )
    session.add(task)
    session.flush()
    return task.id


def contest_and_correct(session: Session, world: World, failed: int, now: datetime) -> dict[str, object]:
    """Let Ann contest an item, Tom open cases of two items, and Mira sign one, which takes Ann's first pass away.

    Beside it Ann uploads a certificate of another body.
    """
    first = session.scalars(select(Attempt).where(Attempt.account_id == world.ann.id).order_by(Attempt.id)).first()
    assert first
    one = next(one for one in exams.paper(session, first.id) if one.critical and one.shown["type"] == "single-choice")
    other = next(option["id"] for option in one.shown["options"] if option["id"] not in one.keyed["key"])
    signed = correct(session, world, one.item_hash, "accept_new", key=[other])
    [waiting] = case_queries.pass_reviews(session, world.organisation_id)
    paper = [item for item in exams.paper(session, failed) if item.item_hash != one.item_hash]
    case = open_case(session, world, paper[0].item_hash)
    propose(session, world, case, "drop")
    appeal = cases.contest(
        session, actor=world.ann.actor, attempt_id=failed, position=1, words="Two answers are right.", now=now
    )
    return {
        "item": paper[0].item_hash,
        "other_item": paper[1].item_hash,
        "case": case.id,
        "signed": signed.id,
        "regrade": waiting.regrade.id,
        "appeal": appeal.id,
        "certificate": upload(session, world, now=now).id,
    }


def leave(session: Session, world: World, now: datetime) -> Account:
    """Let Gabi, a technician of Riverside, come and leave."""
    gone = invite(session, world, "Gabi Roth", now)[0]
    service.disable(session, actor=world.ida.actor, account_id=gone.id, reason="Left the clinic", now=now)
    return gone


def invite(session: Session, world: World, name: str, now: datetime) -> tuple[Account, str]:
    """Invite a technician to Riverside; return them and their link's token."""
    email = f"{name.split(maxsplit=1)[0].lower()}@lumen.example"
    roles = [(Role.TECHNICIAN, world.riverside)]
    return service.invite(session, actor=world.ida.actor, email=email, name=name, roles=roles, now=now)
