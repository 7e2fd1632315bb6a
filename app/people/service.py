"""Changing people: organisations, invitations, roles, passwords, signing in and out."""

from collections.abc import Collection
from datetime import datetime, timedelta
from zoneinfo import available_timezones

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from app.audit import service as trail
from app.errors import NotFoundError, RefusedError
from app.people import passwords, queries
from app.people.models import AccessLink, Account, Clinic, Organisation, RoleGrant, SignIn
from app.people.names import clean_email, clean_name, clean_reason
from app.people.permissions import ORGANISATION_ROLES, ROLE_LABELS, Action, Actor, Role, may_give

SIGN_IN_LASTS = timedelta(hours=12)
INVITATION_LASTS = timedelta(days=7)
RESET_LASTS = timedelta(hours=24)
WRONG_SIGN_IN = "This e-mail address and password do not go together. Check both, or ask your manager for a new link."


def create_organisation(
    session: Session,
    *,
    name: str,
    admin_email: str,
    admin_name: str,
    time_zone: str,
    now: datetime,
    is_demo: bool,
) -> tuple[Organisation, Account, str]:
    """Make an organisation with its first administrator; return both and the token of the invitation link."""
    if time_zone not in available_timezones():
        raise RefusedError(f"{time_zone} is no time zone; write one such as Europe/Zurich.")
    name = clean_name(name)
    if session.scalar(select(Organisation.id).where(Organisation.name == name)):
        raise RefusedError(f"There is an organisation called {name} already; choose another name.")
    organisation = Organisation(name=name, time_zone=time_zone, is_demo=is_demo, created_at=now)
    session.add(organisation)
    session.flush()
    trail.record(
        session,
        organisation_id=organisation.id,
        kind="organisation.created",
        subject=f"organisation:{organisation.id}",
        now=now,
        detail={"name": name, "time_zone": time_zone},
    )
    admin = _add_account(session, organisation.id, admin_email, admin_name, actor_id=None, now=now)
    _grant(session, admin, Role.ADMINISTRATOR, None, actor_id=None, now=now)
    return organisation, admin, _make_link(session, admin, "invitation", actor_id=None, now=now)


def add_clinic(session: Session, *, actor: Actor, name: str, now: datetime) -> Clinic:
    """Add a clinic to the actor's organisation."""
    name = clean_name(name)
    taken = select(Clinic.id).where(Clinic.organisation_id == actor.organisation_id, Clinic.name == name)
    if session.scalar(taken):
        raise RefusedError(f"There is a clinic called {name} already; choose another name.")
    clinic = Clinic(organisation_id=actor.organisation_id, name=name)
    session.add(clinic)
    session.flush()
    trail.record(
        session,
        organisation_id=actor.organisation_id,
        kind="clinic.added",
        subject=f"clinic:{clinic.id}",
        actor_id=actor.account_id,
        now=now,
        detail={"name": name},
    )
    return clinic


def invite(
    session: Session,
    *,
    actor: Actor,
    email: str,
    name: str,
    roles: Collection[tuple[Role, int | None]],
    now: datetime,
) -> tuple[Account, str]:
    """Add a person with roles (each for a clinic, or None for the organisation); return them and their link's token."""
    if not roles:
        raise RefusedError("Choose at least one role.")
    account = _add_account(session, actor.organisation_id, email, name, actor_id=actor.account_id, now=now)
    for role, clinic_id in roles:
        _check_may_give(session, actor, role, clinic_id)
        _grant(session, account, role, clinic_id, actor_id=actor.account_id, now=now)
    return account, _make_link(session, account, "invitation", actor_id=actor.account_id, now=now)


def give_role(
    session: Session, *, actor: Actor, account_id: int, role: Role, clinic_id: int | None, now: datetime
) -> None:
    """Give a person a role for a clinic, or for the organisation."""
    account = _mine(session, actor, account_id)
    _check_may_give(session, actor, role, clinic_id)
    held = select(RoleGrant.id).where(
        RoleGrant.account_id == account.id,
        RoleGrant.role == role.value,
        RoleGrant.clinic_id.is_(None) if clinic_id is None else RoleGrant.clinic_id == clinic_id,
        RoleGrant.ended_at.is_(None),
    )
    if session.scalar(held):
        raise RefusedError(f"{account.name} holds this role already.")
    _grant(session, account, role, clinic_id, actor_id=actor.account_id, now=now)


def end_role(session: Session, *, actor: Actor, account_id: int, grant_id: int, now: datetime) -> None:
    """Take a role away; the last administrator of an organisation stays one."""
    account = _mine(session, actor, account_id)
    grant = session.scalar(
        select(RoleGrant).where(
            RoleGrant.organisation_id == actor.organisation_id,
            RoleGrant.id == grant_id,
            RoleGrant.account_id == account.id,
            RoleGrant.ended_at.is_(None),
        )
    )
    if grant is None:
        raise NotFoundError
    role = Role(grant.role)
    if not may_give(actor.grants, role, grant.clinic_id):
        raise RefusedError(f"Only an administrator can take away the role {ROLE_LABELS[role]}.")
    if role is Role.ADMINISTRATOR:
        _keep_an_administrator(session, actor.organisation_id, leaving=account.id)
    grant.ended_at = now
    trail.record(
        session,
        organisation_id=actor.organisation_id,
        kind="role.ended",
        subject=f"role_grant:{grant.id}",
        actor_id=actor.account_id,
        account_id=account.id,
        now=now,
        detail={"role": role.value, "clinic_id": grant.clinic_id},
    )


def make_reset_link(session: Session, *, actor: Actor, account_id: int, now: datetime) -> tuple[Account, str]:
    """Make a link with which a person sets a new password; earlier links stop working."""
    account = _mine(session, actor, account_id)
    _check_outranks(session, actor, account)
    if account.disabled_at is not None:
        raise RefusedError(f"{account.name} is disabled; enable the account before you make a link.")
    return account, _make_link(session, account, "reset", actor_id=actor.account_id, now=now)


def disable(session: Session, *, actor: Actor, account_id: int, reason: str, now: datetime) -> Account:
    """Disable an account with a reason: its sign-ins and links end at once."""
    account = _mine(session, actor, account_id)
    _check_outranks(session, actor, account)
    reason = clean_reason(reason)
    if account.id == actor.account_id:
        raise RefusedError("You cannot disable your own account; ask another administrator.")
    if account.disabled_at is not None:
        raise RefusedError(f"{account.name} is disabled already.")
    _keep_an_administrator(session, actor.organisation_id, leaving=account.id)
    account.disabled_at, account.disabled_reason = now, reason
    _end_sign_ins(session, account.id, now=now)
    _end_links(session, account.id, now=now)
    _tell(session, "account.disabled", account, actor.account_id, now, reason=reason)
    return account


def enable(session: Session, *, actor: Actor, account_id: int, now: datetime) -> Account:
    """Let a disabled person sign in again."""
    account = _mine(session, actor, account_id)
    _check_outranks(session, actor, account)
    if account.disabled_at is None:
        raise RefusedError(f"{account.name} is not disabled.")
    account.disabled_at = account.disabled_reason = None
    _tell(session, "account.enabled", account, actor.account_id, now)
    return account


def set_password(session: Session, *, token: str, password: str, now: datetime) -> Account:
    """Set a password through a link: the link is used up, and every browser is signed out."""
    link, account = queries.open_link(session, passwords.token_hash(token), now=now)
    passwords.judge(password, email=account.email, name=account.name)
    used = session.execute(
        update(AccessLink)
        .where(AccessLink.token_hash == link.token_hash, AccessLink.used_at.is_(None))
        .values(used_at=now)
    )
    if used.rowcount != 1:  # type: ignore[attr-defined]  # an UPDATE's result counts its rows
        raise NotFoundError
    account.password_hash = passwords.hash_password(password)
    _end_sign_ins(session, account.id, now=now)
    _end_links(session, account.id, now=now)
    _tell(session, "account.password_set", account, account.id, now, by=link.purpose)
    return account


def authenticate(session: Session, *, email: str, password: str) -> int:
    """Return whose e-mail address and password these are; RefusedError that does not tell which was wrong.

    It takes as long for an unknown address; call it outside a transaction, for it takes 50 ms.
    """
    account = session.scalar(select(Account).where(Account.email == email.strip().lower()))
    right = passwords.matches(account.password_hash if account else None, password)
    if account is None or not right or account.disabled_at is not None:
        raise RefusedError(WRONG_SIGN_IN)
    return account.id


def begin_sign_in(session: Session, *, account_id: int, now: datetime) -> str:
    """Return the token of a new sign-in of somebody who was just authenticated."""
    account = session.get_one(Account, account_id)
    token = passwords.make_token()
    session.add(
        SignIn(
            token_hash=passwords.token_hash(token),
            organisation_id=account.organisation_id,
            account_id=account.id,
            started_at=now,
            expires_at=now + SIGN_IN_LASTS,
            ended_at=None,
        )
    )
    _tell(session, "account.signed_in", account, account.id, now)
    return token


def sign_out(session: Session, *, token: str, now: datetime) -> None:
    """End one sign-in."""
    session.execute(
        update(SignIn)
        .where(SignIn.token_hash == passwords.token_hash(token), SignIn.ended_at.is_(None))
        .values(ended_at=now)
    )


def sign_out_everywhere(session: Session, *, actor: Actor, now: datetime) -> None:
    """End every sign-in of a person."""
    _end_sign_ins(session, actor.account_id, now=now)
    account = queries.get_account(session, actor.organisation_id, actor.account_id)
    _tell(session, "account.signed_out_everywhere", account, account.id, now)


def check_password(session: Session, *, account_id: int, password: str) -> None:
    """Make sure that the person at the keyboard is the one signed in; RefusedError otherwise."""
    stored = session.scalar(
        select(Account.password_hash).where(Account.id == account_id, Account.disabled_at.is_(None))
    )
    if not passwords.matches(stored, password):
        raise RefusedError("This is not your password. Enter the one that you sign in with.")


# A row that names the person has not to wait.
_HELD = (
    select(Organisation.time_zone)
    .join(Account, Account.organisation_id == Organisation.id)
    .where(Account.id == bindparam("account_id"))
    .with_for_update(of=Account, key_share=True)
)


def lock_person(session: Session, account_id: int) -> str:
    """Hold a person's row to the end of the transaction, so that two last requirements are judged one after another.

    Return the time zone of their organisation.
    """
    return session.scalars(_HELD, {"account_id": account_id}).one()


def lock_people(session: Session, account_ids: Collection[int]) -> None:
    """Hold the rows of people to the end of the transaction, in one order, so that nobody waits in a ring."""
    held = select(Account.id).where(Account.id.in_(set(account_ids))).order_by(Account.id)
    session.execute(held.with_for_update(key_share=True)).all()


def _mine(session: Session, actor: Actor, account_id: int) -> Account:
    """Return an account that the actor manages; anything else is not found."""
    within = actor.clinics(Action.MANAGE_PEOPLE)
    queries.member(session, actor.organisation_id, account_id, within)
    return queries.get_account(session, actor.organisation_id, account_id)


def _check_may_give(session: Session, actor: Actor, role: Role, clinic_id: int | None) -> None:
    if clinic_id is not None:
        queries.get_clinic(session, actor.organisation_id, clinic_id)
    if role in ORGANISATION_ROLES and clinic_id is not None:
        raise RefusedError(f"{ROLE_LABELS[role]} is a role for the whole organisation; leave the clinic out.")
    if not may_give(actor.grants, role, clinic_id):
        raise RefusedError(f"You cannot give the role {ROLE_LABELS[role]} here; ask an administrator.")
    if role is Role.TECHNICIAN and clinic_id is None:
        raise RefusedError("A technician treats in a clinic; choose which one.")


def _check_outranks(session: Session, actor: Actor, account: Account) -> None:
    """A manager touches only accounts whose every role she could have given: otherwise a link is a ladder."""
    theirs = queries.actor_of(session, account).grants
    if not all(may_give(actor.grants, role, clinic_id) for role, clinic_id in theirs):
        raise RefusedError(f"{account.name} holds roles that only an administrator can touch; ask one.")


def _keep_an_administrator(session: Session, organisation_id: int, *, leaving: int) -> None:
    others = session.scalar(
        select(RoleGrant.id)
        .join(Account, Account.id == RoleGrant.account_id)
        .where(
            RoleGrant.organisation_id == organisation_id,
            RoleGrant.role == Role.ADMINISTRATOR.value,
            RoleGrant.ended_at.is_(None),
            RoleGrant.account_id != leaving,
            Account.disabled_at.is_(None),
        )
        .limit(1)
    )
    if others is None:
        raise RefusedError("The organisation needs an administrator; give the role to somebody else first.")


def _add_account(
    session: Session, organisation_id: int, email: str, name: str, *, actor_id: int | None, now: datetime
) -> Account:
    email, name = clean_email(email), clean_name(name)
    if session.scalar(select(Account.id).where(Account.email == email)):
        raise RefusedError("This e-mail address cannot be used; enter another one.")
    account = Account(organisation_id=organisation_id, email=email, name=name, created_at=now)
    session.add(account)
    session.flush()
    _tell(session, "account.invited", account, actor_id, now, email=email, name=name)
    return account


def _grant(
    session: Session,
    account: Account,
    role: Role,
    clinic_id: int | None,
    *,
    actor_id: int | None,
    now: datetime,
) -> None:
    grant = RoleGrant(
        organisation_id=account.organisation_id,
        account_id=account.id,
        clinic_id=clinic_id,
        role=role.value,
        granted_at=now,
        granted_by=actor_id,
    )
    session.add(grant)
    session.flush()
    _tell(session, "role.given", account, actor_id, now, role=role.value, clinic_id=clinic_id, grant_id=grant.id)


def _make_link(session: Session, account: Account, purpose: str, *, actor_id: int | None, now: datetime) -> str:
    _end_links(session, account.id, now=now)
    token = passwords.make_token()
    session.add(
        AccessLink(
            token_hash=passwords.token_hash(token),
            organisation_id=account.organisation_id,
            account_id=account.id,
            purpose=purpose,
            created_at=now,
            expires_at=now + (INVITATION_LASTS if purpose == "invitation" else RESET_LASTS),
        )
    )
    _tell(session, "account.link_made", account, actor_id, now, purpose=purpose)
    return token


def _end_links(session: Session, account_id: int, *, now: datetime) -> None:
    session.execute(
        update(AccessLink).where(AccessLink.account_id == account_id, AccessLink.used_at.is_(None)).values(used_at=now)
    )


def _end_sign_ins(session: Session, account_id: int, *, now: datetime) -> None:
    session.execute(
        update(SignIn).where(SignIn.account_id == account_id, SignIn.ended_at.is_(None)).values(ended_at=now)
    )


def _tell(
    session: Session,
    kind: str,
    account: Account,
    actor_id: int | None,
    now: datetime,
    **detail: object,
) -> None:
    trail.record(
        session,
        organisation_id=account.organisation_id,
        kind=kind,
        subject=f"account:{account.id}",
        actor_id=actor_id,
        account_id=account.id,
        now=now,
        detail=detail,
    )
