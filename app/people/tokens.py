"""The tokens with which other programs read: made and revoked by an administrator, known by their hash."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.audit import service as trail
from app.errors import NotFoundError, RefusedError
from app.people import passwords, queries, service
from app.people.models import Account, ApiToken, Organisation
from app.people.names import clean_name
from app.people.permissions import Action, Actor

# So that whoever finds one in a log or a repository knows what it is, and searchers for secrets find it.
PREFIX = "fluence_"
MOST = 50  # that are in use in an organisation at once


@dataclass(frozen=True, kw_only=True, slots=True)
class Caller:
    """Who asks with a token: its organisation, and the clinics that it may read (None: every one)."""

    token_id: int
    organisation_id: int
    clinics: frozenset[int] | None
    time_zone: str
    last_used_on: date | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Listed:
    """A token as it is listed, with who made it; the token itself is shown once and kept nowhere."""

    token: ApiToken
    made_by: str


def make_token(
    session: Session, *, actor: Actor, name: str, clinics: Collection[int] | None, password: str, now: datetime
) -> tuple[ApiToken, str]:
    """Make a token for all clinics (None) or some; return it with the words that a program sends, told only now."""
    _check_may(actor)
    service.check_password(session, account_id=actor.account_id, password=password)
    name = clean_name(name)
    known = {one.id for one in queries.clinics(session, actor.organisation_id, None)}
    if clinics is not None and (not clinics or not known.issuperset(clinics)):
        raise RefusedError("Choose the clinics that it reads, or every clinic.")
    service.lock_person(session, actor.account_id)
    standing = [one.token for one in tokens(session, actor.organisation_id) if one.token.revoked_at is None]
    if any(one.name == name for one in standing):
        raise RefusedError(f"There is a token called {name} already; choose another name, or revoke that one first.")
    if len(standing) >= MOST:
        raise RefusedError(f"There are {MOST} tokens in use. Revoke one that is needed no more, then make this one.")
    secret = PREFIX + passwords.make_token()
    made = ApiToken(
        organisation_id=actor.organisation_id,
        name=name,
        token_hash=passwords.token_hash(secret),
        clinics=None if clinics is None else sorted(set(clinics)),
        created_by=actor.account_id,
        created_at=now,
    )
    session.add(made)
    session.flush()
    _tell(session, "api_token.made", actor, made, now)
    return made, secret


def revoke_token(session: Session, *, actor: Actor, token_id: int, now: datetime) -> ApiToken:
    """Stop a token at once and for good; one that is stopped already stays as it is."""
    _check_may(actor)
    token = get_token(session, actor.organisation_id, token_id)
    if token.revoked_at is None:
        token.revoked_at, token.revoked_by = now, actor.account_id
        _tell(session, "api_token.revoked", actor, token, now)
    return token


def note_use(session: Session, *, token_id: int, day: date) -> None:
    """Write down the last day on which a token was used, once a day."""
    session.execute(update(ApiToken).where(ApiToken.id == token_id).values(last_used_on=day))


def caller(session: Session, secret: str) -> Caller | None:
    """Return who asks with a token; None for one that nobody made, or that was revoked. One query."""
    if not secret.startswith(PREFIX):
        return None
    row = session.execute(
        select(ApiToken, Organisation.time_zone)
        .join(Organisation, Organisation.id == ApiToken.organisation_id)
        .where(ApiToken.token_hash == passwords.token_hash(secret), ApiToken.revoked_at.is_(None))
    ).one_or_none()
    if row is None:
        return None
    token, zone = row
    return Caller(
        token_id=token.id,
        organisation_id=token.organisation_id,
        clinics=None if token.clinics is None else frozenset(token.clinics),
        time_zone=zone,
        last_used_on=token.last_used_on,
    )


def tokens(session: Session, organisation_id: int) -> Sequence[Listed]:
    """Return the tokens of an organisation, those in use first, then by the newest; one query."""
    rows = session.execute(
        select(ApiToken, Account.name)
        .join(Account, Account.id == ApiToken.created_by)
        .where(ApiToken.organisation_id == organisation_id)
        .order_by(ApiToken.revoked_at.is_not(None), ApiToken.id.desc())
    )
    return [Listed(token=token, made_by=made_by) for token, made_by in rows]


def get_token(session: Session, organisation_id: int, token_id: int) -> ApiToken:
    """Return a token of this organisation; another's is not found."""
    token = session.scalar(select(ApiToken).where(ApiToken.organisation_id == organisation_id, ApiToken.id == token_id))
    if token is None:
        raise NotFoundError
    return token


def _check_may(actor: Actor) -> None:
    if actor.clinics(Action.MANAGE_TOKENS) is not None:
        raise RefusedError("Only an administrator makes and revokes tokens; ask one.")


def _tell(session: Session, kind: str, actor: Actor, token: ApiToken, now: datetime) -> None:
    trail.record(
        session,
        organisation_id=actor.organisation_id,
        kind=kind,
        subject=f"api_token:{token.id}",
        actor_id=actor.account_id,
        now=now,
        detail={"name": token.name, "clinics": token.clinics},
    )
