"""What comes after exams in the demo: which answers are wrong, what is contested, a case signed and one that waits."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.certification import appeals
from app.certification import cases as certification
from app.cli.demo_cast import SAFETY, TIGHTENING
from app.exams import case_queries, cases
from app.exams import queries as exams
from app.exams.case_models import ItemCase
from app.exams.models import Attempt
from app.exams.queries import Asked
from app.exams.watching import EventKind
from app.people.permissions import Actor

FEWEST_RIGHT = 5  # of the items of a failed exam every third is wrong, and at least the first of these
# What Chloé's browser tells of her exam: the question after which it happened.
NOTED = {3: (EventKind.LEFT, EventKind.BACK), 11: (EventKind.COPIED,), 14: (EventKind.LEFT, EventKind.BACK)}


def few_wrong(paper: Sequence[Asked], number: int) -> set[int]:
    """Return up to three places that somebody gets wrong and still passes: nothing critical, one of a section."""
    chosen: dict[int, int] = {}
    for one in sorted(paper, key=lambda asked: (asked.position * 7 + number) % 23):
        if not one.critical and len(chosen) < number % 4:
            chosen.setdefault(one.section, one.position)
    return set(chosen.values())


def many_wrong(paper: Sequence[Asked], number: int) -> set[int]:
    """Return the places that somebody gets wrong who does not pass."""
    return {one.position for one in paper if (one.position + number) % 3 == 0} | {FEWEST_RIGHT}


def tell_aftermath(session: Session, actors: Mapping[str, Actor], password: str, now: datetime) -> None:
    """Let Chloé's appeal wait, Priya's lead to a case that waits, and another case be signed; `password` is Mira's."""
    tom, mira = actors["tom"], actors["mira"]
    attempt, wrong = _failed(session, actors["chloe"], TIGHTENING)
    _contest(session, actors["chloe"], attempt, wrong[0], now - timedelta(days=1))
    attempt, wrong = _failed(session, actors["priya"], SAFETY)
    told = now - timedelta(days=8)
    contested = _contest(session, actors["priya"], attempt, wrong[0], told)
    appeals.answer_appeal(
        session,
        actor=mira,
        appeal_id=contested,
        upheld=True,
        answer="You are right: the question leaves open which of the two is meant.",
        now=told + timedelta(days=1),
    )
    _case(session, tom, wrong[0], "full_credit", told + timedelta(days=2), appeal_id=contested)
    case = _case(session, tom, wrong[1], "drop", told + timedelta(days=3))
    proposal = case_queries.latest_proposal(session, tom.organisation_id, case.id)
    resting = certification.resting_on(session, tom.organisation_id, [flip[0] for flip in proposal.flips])
    certification.sign_case(
        session,
        actor=mira,
        case_id=case.id,
        proposal_id=proposal.id,
        password=password,
        seen=certification.seen_digest(proposal, resting),
        now=told + timedelta(days=4),
    )


def _failed(session: Session, actor: Actor, course_id: str) -> tuple[Attempt, list[Asked]]:
    """Return a person's latest failed exam of a course, and the items that its owner got wrong."""
    attempt = session.scalars(
        select(Attempt)
        .where(Attempt.account_id == actor.account_id, Attempt.course_id == course_id, Attempt.passed.is_(False))
        .order_by(Attempt.number.desc())
    ).first()
    assert attempt is not None  # noqa: S101  the cast says so
    paper: Collection[Asked] = exams.paper(session, attempt.id)
    wrong = many_wrong([*paper], 1)
    return attempt, [one for one in paper if one.position in wrong]


def _contest(session: Session, actor: Actor, attempt: Attempt, one: Asked, at: datetime) -> int:
    words = "Two of the answers are right, as the lesson has it. I chose the other one."
    return cases.contest(session, actor=actor, attempt_id=attempt.id, position=one.position, words=words, now=at).id


def _case(  # noqa: PLR0917  a case, in its order
    session: Session, author: Actor, one: Asked, policy: str, at: datetime, appeal_id: int | None = None
) -> ItemCase:
    case = cases.open_case(
        session,
        actor=author,
        item_hash=one.item_hash,
        reason="The question does not say which of the two situations is meant.",
        evidence="Read again with the clinics' protocol: both answers can be defended.",
        appeal_id=appeal_id,
        now=at,
    )
    correction, tally = cases.dry_run(session, actor=author, case_id=case.id, policy=policy, form={})
    cases.propose(session, actor=author, case_id=case.id, correction=correction, tally=tally, now=at)
    return case
