"""What it takes to be let into a sitting beyond the blueprint: a code given on site, and the clinic's network."""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, select, update
from sqlalchemy.orm import Session

from app.audit import service as trail
from app.errors import NotFoundError, NotHereError, RefusedError
from app.exams.models import Attempt, ProctorCode
from app.people import passwords
from app.people import queries as people
from app.people.networks import elsewhere, is_inside
from app.people.permissions import Action, Actor, Role
from app.releases import queries as releases

# Who starts an attempt says this; its words of that day stand in the trail.
DECLARATION = (
    "I sit this exam myself, without help and without notes, and I tell nobody its questions. "
    "I know that my answers are kept as part of my training record."
)
CODE_LASTS = timedelta(minutes=30)
# Without those that are read for one another: 0 and O, 1, I and L, 5 and S, 8 and B.
LETTERS = "23467ACDEFGHJKMNPQRTUVWXYZ9"
CODE_LENGTH = 8
NO_CODE = "Enter the code that somebody on site makes for you. It works for half an hour, and once."
WRONG_CODE = "This code does not fit, was used, or ran out. Check it, or ask for a new one."


def make_code(
    session: Session, *, actor: Actor, account_id: int, course_id: str, now: datetime
) -> tuple[str, datetime]:
    """Make a code for a technician of the actor's clinics; return it, shown this once, and until when it works.

    An earlier code for the same exam works no more.
    """
    person = people.member(session, actor.organisation_id, account_id, actor.clinics(Action.MAKE_PROCTOR_CODE))
    in_force = releases.in_force(session, actor.organisation_id, course_id)
    treats = any(role is Role.TECHNICIAN for _, role, _, _ in person.roles)
    if in_force is None or not treats or person.disabled_at is not None:
        raise NotFoundError
    if account_id == actor.account_id:
        raise RefusedError("You cannot make a code for yourself. Somebody else on site does that.")
    if not in_force.release.manifest["exam"]["proctor_code"]:
        raise RefusedError("This exam is started without a code.")
    session.execute(
        update(ProctorCode)
        .where(*_open(actor.organisation_id, account_id, course_id))
        .values(used_at=now)
        .execution_options(synchronize_session=False)
    )
    code = "".join(secrets.choice(LETTERS) for _ in range(CODE_LENGTH))
    made = ProctorCode(
        organisation_id=actor.organisation_id,
        account_id=account_id,
        course_id=course_id,
        code_hash=passwords.hash_password(code),
        made_at=now,
        made_by=actor.account_id,
        expires_at=now + CODE_LASTS,
    )
    session.add(made)
    session.flush()
    trail.record(
        session,
        organisation_id=actor.organisation_id,
        kind="proctor_code.made",
        subject=f"proctor_code:{made.id}",
        actor_id=actor.account_id,
        account_id=account_id,
        now=now,
        detail={"course": course_id, "expires_at": made.expires_at.isoformat()},
    )
    return f"{code[:4]}-{code[4:]}", made.expires_at


def find_code(session: Session, *, actor: Actor, course_id: str, code: str, now: datetime) -> int | None:
    """Return the id of the code that a person entered, None where it does not fit; call it outside a transaction.

    It takes 50 ms, also where there is no code to compare with.
    """
    typed = "".join(code.upper().replace("-", " ").split())
    found = session.scalar(_newest(actor, course_id).where(ProctorCode.expires_at > now))
    fits = passwords.matches(found.code_hash if found else None, typed)
    return found.id if found and fits else None


def use_code(session: Session, *, actor: Actor, course_id: str, code_id: int | None, now: datetime) -> None:
    """Use a code up; RefusedError where there is none, or it was used meanwhile, or ran out."""
    if code_id is None:
        raise RefusedError(NO_CODE)
    used = session.execute(
        update(ProctorCode)
        .where(
            *_open(actor.organisation_id, actor.account_id, course_id),
            ProctorCode.id == code_id,
            ProctorCode.expires_at > now,
        )
        .values(used_at=now)
        .execution_options(synchronize_session=False)
    )
    if used.rowcount != 1:  # type: ignore[attr-defined]  # an UPDATE's result counts its rows
        raise RefusedError(WRONG_CODE)


def note_admission(session: Session, *, attempt: Attempt, code_id: int | None, now: datetime) -> None:
    """Write down which code an attempt was started with."""
    session.execute(
        update(ProctorCode)
        .where(ProctorCode.organisation_id == attempt.organisation_id, ProctorCode.id == code_id)
        .values(attempt_id=attempt.id)
        .execution_options(synchronize_session=False)
    )
    trail.record(
        session,
        organisation_id=attempt.organisation_id,
        kind="proctor_code.used",
        subject=f"proctor_code:{code_id}",
        actor_id=attempt.account_id,
        account_id=attempt.account_id,
        now=now,
        detail={"attempt": attempt.id},
    )


def networks_of(session: Session, organisation_id: int, account_id: int) -> tuple[str, ...]:
    """Return the networks of every clinic where a person treats, none where they sit anywhere; one query.

    A clinic that names none takes nothing away from what another one asks.
    """
    return tuple(sorted({one for found in people.networks(session, organisation_id, account_id) for one in found}))


def check_place(networks: tuple[str, ...] | list[str], address: str | None) -> None:
    """Refuse who is outside the networks of a sitting, and say what to do."""
    if not is_inside(address, networks):
        raise NotHereError(elsewhere(address))


def _open(organisation_id: int, account_id: int, course_id: str) -> tuple[ColumnElement[bool], ...]:
    return (
        ProctorCode.organisation_id == organisation_id,
        ProctorCode.account_id == account_id,
        ProctorCode.course_id == course_id,
        ProctorCode.used_at.is_(None),
    )


def _newest(actor: Actor, course_id: str) -> Select[ProctorCode]:
    open_ones = select(ProctorCode).where(*_open(actor.organisation_id, actor.account_id, course_id))
    return open_ones.order_by(ProctorCode.id.desc()).limit(1)
