"""What the tests of cases tell: papers sat with chosen items wrong, a case from its opening to the signature."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.certification import cases as certification_cases
from app.certification import service as certification
from app.certification.models import Certification
from app.cli.demo_story import form_for
from app.content.draw import draw
from app.content.values import Section
from app.exams import case_queries, cases
from app.exams import queries as exams
from app.exams.case_models import CaseProposal, ItemCase
from app.exams.exposure import asked_lately
from app.exams.models import Attempt
from app.exams.queries import Asked
from app.people import service as people
from app.people.permissions import Actor, Role
from app.people.queries import actor_of, get_account
from app.releases import queries as releases
from app.releases.manifest import exam_of
from tests.factories import COURSE, PASSWORD, World, assign
from tests.integration.story import NOW

LATER = NOW + timedelta(hours=3)


def sit_but(session: Session, actor: Actor, *, wrong: Collection[int], now: datetime = NOW, seed: int = 1) -> Attempt:
    """Sit a whole exam, every item right but those at some positions, and submit it."""
    attempt = certification.start_attempt(session, actor=actor, course_id=COURSE, seed=seed, now=now)
    return answer_but(session, attempt, actor, wrong=wrong, now=now)


def somebody_asked(session: Session, world: World, item_hash: str, *, now: datetime = NOW) -> tuple[Actor, Attempt]:
    """Let further technicians start until one is asked this very item too; return them and their attempt.

    What was asked lately comes last, so that the next paper seldom holds it.
    """
    release = releases.get_release(session, world.organisation_id, world.release_id)
    sections, pool = exam_of(release.manifest).sections, releases.pool_of(session, release)
    for number in range(40):
        asked = asked_lately(session, world.organisation_id, world.release_id)
        seed = next((one for one in range(60) if item_hash in _hashes(pool, sections, one, asked)), number)
        actor = _technician(session, world, number)
        attempt = certification.start_attempt(session, actor=actor, course_id=COURSE, seed=seed, now=now)
        if item_hash in {one.item_hash for one in exams.paper(session, attempt.id)}:
            return actor, attempt
    raise AssertionError("nobody of 40 is asked it")


def _hashes(pool: releases.Pool, sections: Sequence[Section], seed: int, asked: Mapping[str, int]) -> set[str]:
    picks = draw(sections, pool.items, seed=seed, asked=asked).picks
    return {pool.hashes[one.item_id, one.variant_seed] for one in picks}


def _technician(session: Session, world: World, number: int) -> Actor:
    account, _ = people.invite(
        session,
        actor=world.ida.actor,
        email=f"sitter{number}@lumen.example",
        name="Sam Sitter",
        roles=[(Role.TECHNICIAN, world.hafen)],
        now=NOW,
    )
    assign(session, world.ida.actor, account.id, now=NOW)
    return actor_of(session, account)


def answer_but(session: Session, attempt: Attempt, actor: Actor, *, wrong: Collection[int], now: datetime) -> Attempt:
    """Answer a running exam, every item right but those at some positions, and submit it."""
    for asked in exams.paper(session, attempt.id):
        certification.save_response(
            session,
            actor=actor,
            attempt_id=attempt.id,
            position=asked.position,
            form=form_for(asked.shown, asked.keyed["key"], right=asked.position not in wrong),
            now=now,
        )
    return certification.submit_attempt(session, actor=actor, attempt_id=attempt.id, now=now + timedelta(minutes=10))


def critical_item(session: Session, world: World, *, seed: int = 1) -> int:
    """Return the place of a critical item with one right answer in the paper of a seed, as Ben would draw it."""
    with session.begin_nested() as undone:
        attempt = certification.start_attempt(session, actor=world.ben.actor, course_id=COURSE, seed=seed, now=NOW)
        paper = exams.paper(session, attempt.id)
        undone.rollback()
    return next(one.position for one in paper if one.critical and one.shown["type"] == "single-choice")


def asked_at(session: Session, attempt: Attempt, position: int) -> Asked:
    """Return an item of a paper."""
    return exams.paper(session, attempt.id)[position - 1]


def open_case(session: Session, world: World, item_hash: str, *, appeal_id: int | None = None) -> ItemCase:
    """Open the case of an item as Tom."""
    return cases.open_case(
        session,
        actor=world.tom.actor,
        item_hash=item_hash,
        reason="The protocol changed in spring; the key did not.",
        evidence="Protocol 4.2, page 12: the second answer is right.",
        appeal_id=appeal_id,
        now=LATER,
    )


def propose(session: Session, world: World, case: ItemCase, policy: str, **form: list[str]) -> CaseProposal:
    """Choose a policy for a case as Tom, with its dry run."""
    correction, tally = cases.dry_run(session, actor=world.tom.actor, case_id=case.id, policy=policy, form=form)
    return cases.propose(session, actor=world.tom.actor, case_id=case.id, correction=correction, tally=tally, now=LATER)


def seen(session: Session, proposal: CaseProposal) -> str:
    """Return the digest of what a signer of a proposal is shown."""
    flips = [flip[0] for flip in proposal.flips]
    resting = certification_cases.resting_on(session, proposal.organisation_id, flips)
    return certification_cases.seen_digest(proposal, resting)


def sign(
    session: Session, world: World, case: ItemCase, *, actor: Actor | None = None, now: datetime = LATER
) -> list[Certification]:
    """Sign the latest proposal of a case as Mira, having seen what it shows."""
    proposal = case_queries.latest_proposal(session, case.organisation_id, case.id)
    return certification_cases.sign_case(
        session,
        actor=actor or world.mira.actor,
        case_id=case.id,
        proposal_id=proposal.id,
        password=PASSWORD,
        seen=seen(session, proposal),
        now=now,
    )


def correct(session: Session, world: World, item_hash: str, policy: str, **form: list[str]) -> ItemCase:
    """Lead the case of an item from its opening to Mira's signature."""
    case = open_case(session, world, item_hash)
    propose(session, world, case, policy, **form)
    sign(session, world, case)
    return case


def also_technician(session: Session, world: World, account_id: int) -> Actor:
    """Let somebody treat at Riverside as well, with the course assigned; return them as who acts."""
    actor = also(session, world, account_id, Role.TECHNICIAN, world.riverside)
    assign(session, world.ida.actor, account_id, now=NOW - timedelta(days=1))
    return actor


def also(session: Session, world: World, account_id: int, role: Role, clinic_id: int | None = None) -> Actor:
    """Give somebody a further role; return them as who acts."""
    people.give_role(
        session,
        actor=world.ida.actor,
        account_id=account_id,
        role=role,
        clinic_id=clinic_id,
        now=NOW - timedelta(days=1),
    )
    return actor_of(session, get_account(session, world.organisation_id, account_id))
