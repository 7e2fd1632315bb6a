"""Reading people: who is signed in, who works where, with which roles."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, ScalarSelect, Select, bindparam, func, null, or_, select, union_all
from sqlalchemy.orm import Session

from app.errors import NotFoundError
from app.people.models import AccessLink, Account, Clinic, Organisation, RoleGrant, SignIn
from app.people.permissions import Actor, Role


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """A signed-in person as a page needs them."""

    actor: Actor
    name: str
    email: str
    organisation: str
    time_zone: str
    is_demo: bool
    clinics: tuple[str, ...]
    networks: tuple[str, ...]
    """The networks of the clinics where they treat; none of them: their exams are sat anywhere."""
    beside: tuple[int, ...] = ()
    """What a room above counted along with it."""


_account, _organisation, _clinic = Account.__table__.c, Organisation.__table__.c, Clinic.__table__.c
_sign_in, _grant = SignIn.__table__.c, RoleGrant.__table__.c

# Every request asks this: one constant statement over the tables, which is compiled once.
SIGNED_IN = (
    select(
        _account.id,
        _account.name,
        _account.email,
        _account.organisation_id,
        _organisation.name,
        _organisation.time_zone,
        _organisation.is_demo,
        _sign_in.expires_at,
        _grant.role,
        _grant.clinic_id,
        _clinic.name,
        _clinic.networks,
    )
    .select_from(SignIn.__table__)
    .join(Account.__table__, _account.id == _sign_in.account_id)
    .join(Organisation.__table__, _organisation.id == _account.organisation_id)
    .outerjoin(RoleGrant.__table__, (_grant.account_id == _account.id) & _grant.ended_at.is_(None))
    .outerjoin(Clinic.__table__, _clinic.id == _grant.clinic_id)
    .where(
        _sign_in.token_hash == bindparam("token_hash"),
        _sign_in.ended_at.is_(None),
        _account.disabled_at.is_(None),
    )
)


def signed_in_person(
    connection: Connection, token_hash: str, *, now: datetime, beside: tuple[ScalarSelect[Any], ...] = ()
) -> Person | None:
    """Return who holds a sign-in token, with their roles; None when it ended or ran out. One query.

    `beside` is what a room above counts by account, along with it.
    """
    rows = connection.execute(_signed_in(beside), {"token_hash": token_hash}).all()
    if not rows or rows[0][7] <= now:
        return None
    held: list[tuple[str | None, int | None]] = [(row[8], row[9]) for row in rows]
    grants = frozenset((Role(role), clinic) for role, clinic in held if role is not None)
    account_id, name, email, organisation_id, organisation, zone, demo = rows[0][:7]
    return Person(
        actor=Actor(account_id=account_id, organisation_id=organisation_id, grants=grants),
        name=name,
        email=email,
        organisation=organisation,
        time_zone=zone,
        is_demo=demo,
        clinics=tuple(dict.fromkeys(row[10] for row in rows if row[10] is not None)),
        networks=tuple(sorted({one for row in rows if row[8] == Role.TECHNICIAN.value for one in row[11] or ()})),
        beside=tuple(rows[0][12:]),
    )


@cache
def _signed_in(beside: tuple[ScalarSelect[Any], ...]) -> Select[Any]:
    return SIGNED_IN.add_columns(*beside)


def person_by_email(session: Session, email: str) -> Actor:
    """Return the actor behind an e-mail address, for a command; NotFoundError when there is none."""
    account = session.scalar(
        select(Account).where(Account.email == email.strip().lower(), Account.disabled_at.is_(None))
    )
    if account is None:
        raise NotFoundError(f"nobody signs in with {email}")
    return actor_of(session, account)


def actor_of(session: Session, account: Account) -> Actor:
    """Return an account as the one who acts."""
    rows = session.execute(
        select(RoleGrant.role, RoleGrant.clinic_id).where(
            RoleGrant.account_id == account.id, RoleGrant.ended_at.is_(None)
        )
    )
    return Actor(
        account_id=account.id,
        organisation_id=account.organisation_id,
        grants=frozenset((Role(role), clinic) for role, clinic in rows),
    )


def get_account(session: Session, organisation_id: int, account_id: int) -> Account:
    """Return an account of this organisation; another's is not found."""
    account = session.scalar(
        select(Account).where(Account.organisation_id == organisation_id, Account.id == account_id)
    )
    if account is None:
        raise NotFoundError
    return account


def get_clinic(session: Session, organisation_id: int, clinic_id: int) -> Clinic:
    """Return a clinic of this organisation; another's is not found."""
    clinic = session.scalar(select(Clinic).where(Clinic.organisation_id == organisation_id, Clinic.id == clinic_id))
    if clinic is None:
        raise NotFoundError
    return clinic


def get_organisation(session: Session, organisation_id: int) -> Organisation:
    """Return an organisation by its id."""
    return session.get_one(Organisation, organisation_id)


def clinics(session: Session, organisation_id: int, within: Collection[int] | None) -> Sequence[Clinic]:
    """Return the organisation's clinics by name, or those `within`."""
    query = select(Clinic).where(Clinic.organisation_id == organisation_id).order_by(Clinic.name)
    if within is not None:
        query = query.where(Clinic.id.in_(within))
    return session.scalars(query).all()


@dataclass(frozen=True, kw_only=True, slots=True)
class Member:
    """An account with the roles that it holds: pairs of role and clinic name (None: whole organisation)."""

    id: int
    name: str
    email: str
    has_password: bool
    disabled_at: datetime | None
    disabled_reason: str | None
    roles: tuple[tuple[int, Role, int | None, str | None], ...]


def _accounts_within(organisation_id: int, within: Collection[int] | None) -> Select[Account]:
    query = select(Account).where(Account.organisation_id == organisation_id)
    if within is not None:
        held = select(RoleGrant.account_id).where(
            RoleGrant.organisation_id == organisation_id,
            RoleGrant.clinic_id.in_(within),
            RoleGrant.ended_at.is_(None),
        )
        query = query.where(Account.id.in_(held))
    return query


def members(
    session: Session, organisation_id: int, within: Collection[int] | None, *, limit: int = 500
) -> list[Member]:
    """Return the people of an organisation by name, or those with a role in the clinics `within`."""
    accounts = session.scalars(
        _accounts_within(organisation_id, within).order_by(Account.name, Account.id).limit(limit)
    ).all()
    return _with_roles(session, accounts)


def find_members(
    session: Session, organisation_id: int, within: Collection[int] | None, *, name: str, page: int, size: int
) -> tuple[list[Member], int]:
    """Return a page (from 1) of the people whose name holds a text, by name, and how many there are; three queries."""
    query = _accounts_within(organisation_id, within)
    if name:
        query = query.where(name_holds(name))
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    accounts = session.scalars(query.order_by(Account.name, Account.id).limit(size).offset((page - 1) * size)).all()
    return _with_roles(session, accounts), total


def name_holds(text: str) -> ColumnElement[bool]:
    """Return the condition that an account's name holds a text, in whatever case."""
    # SQLite folds the case of ASCII letters only: the usual spellings of the others are tried one by one.
    spellings = {text, text.lower(), text.upper(), text.title()}
    return or_(*(Account.name.icontains(spelling, autoescape=True) for spelling in spellings))


def networks(session: Session, organisation_id: int, account_id: int) -> Sequence[list[str]]:
    """Return the networks of the clinics where a person treats, clinic by clinic; one query."""
    return session.scalars(_NETWORKS, {"organisation_id": organisation_id, "account_id": account_id}).all()


_NETWORKS = (
    select(Clinic.networks)
    .join(RoleGrant, RoleGrant.clinic_id == Clinic.id)
    .where(
        Clinic.organisation_id == bindparam("organisation_id"),
        RoleGrant.account_id == bindparam("account_id"),
        RoleGrant.role == Role.TECHNICIAN.value,
        RoleGrant.ended_at.is_(None),
    )
)


def people_in_clinics(session: Session, organisation_id: int) -> dict[int, int]:
    """Return how many people hold a role in each clinic, by its id; a clinic without anybody is left out."""
    query = (
        select(RoleGrant.clinic_id, func.count(RoleGrant.account_id.distinct()))
        .where(
            RoleGrant.organisation_id == organisation_id,
            RoleGrant.clinic_id.is_not(None),
            RoleGrant.ended_at.is_(None),
        )
        .group_by(RoleGrant.clinic_id)
    )
    return {clinic_id: number for clinic_id, number in session.execute(query) if clinic_id is not None}


def member(session: Session, organisation_id: int, account_id: int, within: Collection[int] | None) -> Member:
    """Return one person with roles; NotFoundError when outside the organisation or the clinics `within`."""
    account = session.scalar(_accounts_within(organisation_id, within).where(Account.id == account_id))
    if account is None:
        raise NotFoundError
    return _with_roles(session, [account])[0]


def _with_roles(session: Session, accounts: Sequence[Account]) -> list[Member]:
    roles: dict[int, list[tuple[int, Role, int | None, str | None]]] = {}
    grants = session.execute(
        select(RoleGrant.account_id, RoleGrant.id, RoleGrant.role, RoleGrant.clinic_id, Clinic.name)
        .outerjoin(Clinic, Clinic.id == RoleGrant.clinic_id)
        .where(RoleGrant.account_id.in_([account.id for account in accounts]), RoleGrant.ended_at.is_(None))
        .order_by(RoleGrant.id)
    )
    for account_id, grant_id, role, clinic_id, clinic in grants:
        roles.setdefault(account_id, []).append((grant_id, Role(role), clinic_id, clinic))
    return [
        Member(
            id=account.id,
            name=account.name,
            email=account.email,
            has_password=account.password_hash is not None,
            disabled_at=account.disabled_at,
            disabled_reason=account.disabled_reason,
            roles=tuple(roles.get(account.id, ())),
        )
        for account in accounts
    ]


def names(session: Session, account_ids: Collection[int]) -> dict[int, str]:
    """Return the names of accounts by id."""
    rows = session.execute(select(Account.id, Account.name).where(Account.id.in_(account_ids)))
    return {row[0]: row[1] for row in rows}


def manager_names(session: Session, organisation_id: int, account_id: int) -> list[str]:
    """Return who manages the clinics where a person works, or the administrators where nobody does."""
    mine = select(RoleGrant.clinic_id).where(
        RoleGrant.account_id == account_id, RoleGrant.ended_at.is_(None), RoleGrant.clinic_id.is_not(None)
    )
    rows = session.execute(
        select(Account.name, RoleGrant.role)
        .join(Account, Account.id == RoleGrant.account_id)
        .where(
            RoleGrant.organisation_id == organisation_id,
            RoleGrant.ended_at.is_(None),
            Account.disabled_at.is_(None),
            ((RoleGrant.role == Role.MANAGER.value) & (RoleGrant.clinic_id.in_(mine) | RoleGrant.clinic_id.is_(None)))
            | (RoleGrant.role == Role.ADMINISTRATOR.value),
        )
        .order_by(Account.name)
    ).all()
    managers = [name for name, role in rows if role == Role.MANAGER.value]
    return managers or [name for name, _ in rows]


def technicians(
    session: Session, organisation_id: int, within: Collection[int] | None
) -> list[tuple[int, str, int, str]]:
    """Return (account id, name, clinic id, clinic name) of the technicians of clinics, by clinic and name."""
    return [(row[0], row[1], row[2], row[3]) for row in session.execute(_technicians(organisation_id, within))]


def roster(
    session: Session,
    organisation_id: int,
    within: Collection[int] | None,
    *,
    clinic_id: int | None,
    name: str,
    limit: int,
) -> tuple[list[tuple[int, str]], list[tuple[int, str, int, str]]]:
    """Return all clinics `within` as (id, name), and the technicians found among them; one query.

    They are found by clinic (None: every one) and by a part of their name, the first `limit` of them.
    """
    found = _technicians(organisation_id, within)
    if clinic_id is not None:
        found = found.where(RoleGrant.clinic_id == clinic_id)
    if name:
        found = found.where(name_holds(name))
    places = select(null(), null(), Clinic.id, Clinic.name).where(Clinic.organisation_id == organisation_id)
    if within is not None:
        places = places.where(Clinic.id.in_(within))
    people = found.limit(limit).subquery()
    both = union_all(select(people), places).subquery()
    account_id, account, clinic, clinic_name = both.c
    rows = session.execute(select(both).order_by(clinic_name, clinic, account, account_id)).all()
    return (
        [(row[2], row[3]) for row in rows if row[0] is None],
        [(row[0], row[1], row[2], row[3]) for row in rows if row[0] is not None],
    )


def technicians_of(session: Session, organisation_id: int, clinic_id: int, limit: int | None) -> list[tuple[int, str]]:
    """Return (account, name) of the technicians of a clinic, by name, the first `limit` of them (None: all)."""
    rows = session.execute(_technicians(organisation_id, [clinic_id]).limit(limit))
    return [(row[0], row[1]) for row in rows]


def _technicians(organisation_id: int, within: Collection[int] | None) -> Select[int, str, int, str]:
    query = (
        select(Account.id, Account.name.label("account"), Clinic.id.label("clinic_id"), Clinic.name.label("clinic"))
        .join(RoleGrant, RoleGrant.account_id == Account.id)
        .join(Clinic, Clinic.id == RoleGrant.clinic_id)
        .where(
            RoleGrant.organisation_id == organisation_id,
            RoleGrant.role == Role.TECHNICIAN.value,
            RoleGrant.ended_at.is_(None),
            Account.disabled_at.is_(None),
        )
        .order_by(Clinic.name, Clinic.id, Account.name, Account.id)
    )
    return query if within is None else query.where(RoleGrant.clinic_id.in_(within))


def open_link(session: Session, token_hash: str, *, now: datetime) -> tuple[AccessLink, Account]:
    """Return an unused, unexpired link and whose it is; NotFoundError otherwise."""
    row = session.execute(
        select(AccessLink, Account)
        .join(Account, Account.id == AccessLink.account_id)
        .where(AccessLink.token_hash == token_hash, AccessLink.used_at.is_(None), Account.disabled_at.is_(None))
    ).one_or_none()
    if row is None or row[0].expires_at <= now:
        raise NotFoundError
    return row[0], row[1]


def holds_demo(session: Session) -> bool:
    """Tell whether the database holds a demo organisation."""
    return bool(session.scalar(select(func.count()).select_from(Organisation).where(Organisation.is_demo)))
