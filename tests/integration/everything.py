"""Everything that people can do, done once: every table of records then holds a row."""

from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.audit.models import Entry, Leaf
from app.certification import appeals, bulk, evidence, interlocks, practice, readings
from app.certification import cases as certification_cases
from app.certification import service as certification
from app.certification.changing import Change, change_certification
from app.certification.holds import Matching
from app.certification.lifecycle import EventKind
from app.certification.models import SignOff
from app.clock import day_in
from app.exams import case_queries, cases, refresher, watching
from app.exams import queries as exams
from app.releases import comparing
from app.releases import service as releases
from app.reports import releases as reports
from tests.factories import COURSE, PASSWORD, REVISED_ROW, ZONE, World, assign, certify, revised_course
from tests.integration.outside import upload
from tests.integration.recalled import recalled_and_ended
from tests.integration.story import NOW
from tests.integration.wrong_keys import asked_at, correct, sit_but

LATER = NOW + timedelta(minutes=5)


def release_acts(session: Session, world: World) -> None:
    """Publish a revised edition, confirm its changes, count what rests on them, and withdraw a row of the old one."""
    release = releases.publish(session, actor=world.tom.actor, frozen=revised_course(), now=LATER)
    changes = comparing.comparison(session, release, ()).changes
    told = {change.digest: (change.change_class.value, "Revised by the board") for change in changes}
    releases.confirm_changes(session, actor=world.tom.actor, release_id=release.id, told=told, now=LATER)
    reports.count_impact(session, actor=world.tom.actor, release_id=release.id, day=LATER.date(), now=LATER)
    certification.withdraw(
        session,
        actor=world.mira.actor,
        release_id=world.release_id,
        fact=f"settings/{REVISED_ROW}",
        password=PASSWORD,
        reason="Two burns",
        now=LATER,
    )


def life_acts(session: Session, world: World, certification_id: int) -> None:
    """Set and lift an interlock, propose a revocation and take it back."""
    later = NOW + timedelta(hours=2)  # once the exam that certifies was submitted
    sure: dict[str, Any] = {"actor": world.mira.actor, "password": PASSWORD, "reason": "In for service", "now": later}
    matching = Matching(skin_types=frozenset({1, 2, 3, 4, 5, 6}))
    code, day = "device_out_of_use", day_in(ZONE, later)
    made, _ = interlocks.interlock(session, matching=matching, reason_code=code, day=day, **sure)
    interlocks.lift(session, interlock_id=made.id, day=day, **sure)
    kind, numbers = EventKind.REVOKED, [certification_id]
    what: dict[str, Any] = {"kind": kind, "certification_ids": numbers, "reason_code": "other"}
    proposed = bulk.propose(session, effective_on=day, today=day, **what, **sure)
    bulk.withdraw(session, actor=world.mira.actor, bulk_change_id=proposed.id, now=later)


def everything(session: Session, world: World) -> None:
    """Let everything happen once, so that every table of records holds a row."""
    held = certify(session, world, world.ann, now=NOW)
    certification.grant_attempt(
        session, actor=world.max.actor, account_id=world.ann.id, course_id=COURSE, reason="The fire alarm", now=NOW
    )
    change_certification(
        session,
        actor=world.mira.actor,
        certification_id=held.id,
        change=Change(
            kind=EventKind.SUSPENDED,
            effective_on=NOW.date(),
            reason_code="adverse_event",
            reason="Two hot spots in one week.",
        ),
        now=NOW,
    )
    life_acts(session, world, held.id)
    assign(session, world.ida.actor, world.ben.id, now=NOW)
    asked = refresher.ask(session, actor=world.ben.actor, course_id=COURSE, zone=ZONE, now=NOW)
    assert asked
    refresher.respond(session, actor=world.ben.actor, item_id=asked.id, form={"unknown": ["yes"]}, zone=ZONE, now=NOW)
    sat = certification.start_attempt(session, actor=world.ben.actor, course_id=COURSE, seed=1, now=NOW)
    watching.note(session, actor=world.ben.actor, attempt_id=sat.id, position=1, kind="copied", now=NOW)
    readings.note_reading(session, actor=world.max.actor, account_id=world.ann.id, today=NOW.date(), now=NOW)
    upload(session, world)
    certificate = upload(session, world, number="LSZ-2")
    evidence.decline(
        session,
        actor=world.mira.actor,
        evidence_id=certificate.id,
        reason="The school does not know it.",
        password=PASSWORD,
        now=NOW,
    )
    wrong_key(session, world)
    release_acts(session, world)
    recalled_and_ended(session, world)
    entry_id = session.scalars(sa.select(Entry.id)).first()
    session.add(Leaf(number=0, entry_id=entry_id))
    session.flush()
    correct_a_sign_off(session, world)


def correct_a_sign_off(session: Session, world: World) -> None:
    """Let Eva declare void what she signed last."""
    signed_id = session.scalars(sa.select(SignOff.id).order_by(SignOff.id.desc())).first() or 0
    correction = practice.Correction(sign_off_id=signed_id, reason_code="twice")
    practice.void(session, actor=world.eva.actor, correction=correction, password=PASSWORD, now=LATER)


def wrong_key(session: Session, world: World) -> None:
    """Let Ben's pass be regraded away, reviewed, and contested."""
    attempt = sit_but(session, world.ben.actor, wrong=[])
    at, key = next(
        (one.position, one.keyed["key"])
        for one in exams.paper(session, attempt.id)
        if one.critical and one.shown["type"] == "single-choice"
    )
    other = next(one for one in ("a", "b") if one not in key)
    appeal = cases.contest(
        session, actor=world.ben.actor, attempt_id=attempt.id, position=at, words="Two are right.", now=LATER
    )
    appeals.answer_appeal(
        session, actor=world.mira.actor, appeal_id=appeal.id, upheld=True, answer="You are right.", now=LATER
    )
    case = correct(session, world, asked_at(session, attempt, at).item_hash, "accept_new", key=[other])
    [waiting] = case_queries.pass_reviews(session, world.organisation_id)
    certification_cases.decide_review(
        session,
        actor=world.mira.actor,
        case_id=case.id,
        regrade_id=waiting.regrade.id,
        outcome="stands",
        reason="It was defensible.",
        now=LATER,
    )
