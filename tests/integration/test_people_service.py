"""People through the services, on both engines: invitations, roles, links, passwords, sign-ins, and the trail of it."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit.models import Entry
from app.certification import service as certification
from app.errors import NotFoundError, RefusedError
from app.exams.models import Attempt
from app.people import passwords, queries, service
from app.people.models import AccessLink, Account, RoleGrant
from app.people.permissions import Actor, Role
from tests.factories import COURSE, PASSWORD, Person, World

NOW = datetime(2026, 11, 22, 13, 6, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)


def test_an_invited_person_sets_a_password_and_signs_in(db: Session, world: World) -> None:
    account, token = invite(db, world.max.actor, roles=[(Role.TECHNICIAN, world.riverside)])
    service.set_password(db, token=token, password=PASSWORD, now=LATER)
    assert service.authenticate(db, email=" NORA@lumen.example ", password=PASSWORD) == account.id
    signed_in = service.begin_sign_in(db, account_id=account.id, now=LATER)
    person = signed_in_as(db, signed_in, LATER)
    assert person is not None
    assert (person.name, person.clinics) == ("Nora Weiss", ("Riverside",))
    assert person.actor.grants == {(Role.TECHNICIAN, world.riverside)}
    assert trail_of(db, account.id) == [
        "account.invited",
        "account.link_made",
        "account.password_set",
        "account.signed_in",
        "role.given",
    ]


def test_a_technician_is_invited_into_a_clinic(db: Session, world: World) -> None:
    with pytest.raises(RefusedError, match="choose which one"):
        service.invite(
            db,
            actor=world.ida.actor,
            email="nora@lumen.example",
            name="Nora Weiss",
            roles=[(Role.TECHNICIAN, None)],
            now=NOW,
        )


def test_a_link_works_once(db: Session, world: World) -> None:
    _, token = invite(db, world.max.actor, roles=[(Role.TECHNICIAN, world.riverside)])
    service.set_password(db, token=token, password=PASSWORD, now=LATER)
    with pytest.raises(NotFoundError):
        service.set_password(db, token=token, password=PASSWORD + "!", now=LATER)


def test_a_link_runs_out(db: Session, world: World) -> None:
    _, token = invite(db, world.max.actor, roles=[(Role.TECHNICIAN, world.riverside)])
    last = NOW + service.INVITATION_LASTS
    queries.open_link(db, passwords.token_hash(token), now=last - timedelta(seconds=1))
    with pytest.raises(NotFoundError):
        service.set_password(db, token=token, password=PASSWORD, now=last)


def test_a_new_link_ends_the_earlier_one(db: Session, world: World) -> None:
    _, first = service.make_reset_link(db, actor=world.max.actor, account_id=world.ann.id, now=NOW)
    _, second = service.make_reset_link(db, actor=world.max.actor, account_id=world.ann.id, now=LATER)
    with pytest.raises(NotFoundError):
        queries.open_link(db, passwords.token_hash(first), now=LATER)
    assert queries.open_link(db, passwords.token_hash(second), now=LATER)[1].id == world.ann.id


def test_no_token_is_kept(db: Session, world: World) -> None:
    _, token = service.make_reset_link(db, actor=world.max.actor, account_id=world.ann.id, now=NOW)
    signed_in = service.begin_sign_in(db, account_id=world.ann.id, now=NOW)
    kept = db.scalars(select(AccessLink.token_hash)).all()
    assert token not in kept
    assert signed_in not in kept
    assert passwords.token_hash(token) in kept


def test_a_new_password_signs_out_everywhere(db: Session, world: World) -> None:
    signed_in = service.begin_sign_in(db, account_id=world.ann.id, now=NOW)
    _, token = service.make_reset_link(db, actor=world.max.actor, account_id=world.ann.id, now=NOW)
    service.set_password(db, token=token, password="another-granite-harbour", now=LATER)
    assert signed_in_as(db, signed_in, LATER) is None


def test_a_sign_in_lasts_so_long(db: Session, world: World) -> None:
    token = service.begin_sign_in(db, account_id=world.ann.id, now=NOW)
    last = NOW + service.SIGN_IN_LASTS
    assert signed_in_as(db, token, last - timedelta(seconds=1)) is not None
    assert signed_in_as(db, token, last) is None


def test_signing_out_ends_this_sign_in_only(db: Session, world: World) -> None:
    here, there = (service.begin_sign_in(db, account_id=world.ann.id, now=NOW) for _ in range(2))
    service.sign_out(db, token=here, now=LATER)
    left = [signed_in_as(db, token, LATER) for token in (here, there)]
    assert [one is None for one in left] == [True, False]


def test_a_wrong_sign_in_tells_nothing(db: Session, world: World) -> None:
    for email, password in ((world.ann.email, PASSWORD + "!"), ("nobody@lumen.example", PASSWORD), ("", "")):
        with pytest.raises(RefusedError, match="do not go together"):
            service.authenticate(db, email=email, password=password)


def test_somebody_without_a_password_cannot_sign_in(db: Session, world: World) -> None:
    invite(db, world.max.actor, roles=[(Role.TECHNICIAN, world.riverside)])
    with pytest.raises(RefusedError, match="do not go together"):
        service.authenticate(db, email="nora@lumen.example", password="")


def test_disabling_ends_sign_ins_links_and_attempts(db: Session, world: World) -> None:
    signed_in = service.begin_sign_in(db, account_id=world.ann.id, now=NOW)
    _, link = service.make_reset_link(db, actor=world.max.actor, account_id=world.ann.id, now=NOW)
    attempt = certification.start_attempt(db, actor=world.ann.actor, course_id=COURSE, seed=1, now=NOW)
    certification.disable_account(db, actor=world.max.actor, account_id=world.ann.id, reason=" Left. ", now=LATER)
    account = db.get_one(Account, world.ann.id)
    ended = db.get_one(Attempt, attempt.id)
    assert (account.disabled_at, account.disabled_reason) == (LATER, "Left.")
    assert (ended.closed_at, ended.closed_by, ended.passed) == (LATER, "ended", False)
    assert signed_in_as(db, signed_in, LATER) is None
    with pytest.raises(NotFoundError):
        queries.open_link(db, passwords.token_hash(link), now=LATER)
    with pytest.raises(RefusedError, match="do not go together"):
        service.authenticate(db, email=world.ann.email, password=PASSWORD)
    assert {"account.disabled", "attempt.ended"} <= set(trail_of(db, world.ann.id))


def test_an_attempt_that_ran_out_before_is_closed_as_of_its_deadline(db: Session, world: World) -> None:
    attempt = certification.start_attempt(db, actor=world.ann.actor, course_id=COURSE, seed=1, now=NOW)
    long_after = attempt.deadline_at + timedelta(days=1)
    certification.disable_account(db, actor=world.max.actor, account_id=world.ann.id, reason="Left", now=long_after)
    assert (attempt.closed_at, attempt.closed_by) == (attempt.deadline_at, "ran_out")


def test_an_enabled_person_signs_in_with_the_old_password(db: Session, world: World) -> None:
    service.disable(db, actor=world.max.actor, account_id=world.ann.id, reason="By mistake", now=NOW)
    service.enable(db, actor=world.max.actor, account_id=world.ann.id, now=LATER)
    assert service.authenticate(db, email=world.ann.email, password=PASSWORD) == world.ann.id
    with pytest.raises(RefusedError, match="is not disabled"):
        service.enable(db, actor=world.max.actor, account_id=world.ann.id, now=LATER)


def test_an_account_is_disabled_once(db: Session, world: World) -> None:
    service.disable(db, actor=world.max.actor, account_id=world.ann.id, reason="Left", now=NOW)
    with pytest.raises(RefusedError, match="is disabled already"):
        service.disable(db, actor=world.max.actor, account_id=world.ann.id, reason="Left again", now=LATER)


def test_the_last_administrator_stays(db: Session, world: World) -> None:
    second = role_to(db, world, world.mira, Role.ADMINISTRATOR)
    service.disable(db, actor=second, account_id=world.ida.id, reason="Left", now=NOW)
    grant_id = grant_of(db, world.mira.id, Role.ADMINISTRATOR)
    with pytest.raises(RefusedError, match="needs an administrator"):
        service.end_role(db, actor=second, account_id=world.mira.id, grant_id=grant_id, now=LATER)


def test_an_ended_role_may_be_given_anew(db: Session, world: World) -> None:
    grant_id = grant_of(db, world.ann.id, Role.TECHNICIAN)
    service.end_role(db, actor=world.ida.actor, account_id=world.ann.id, grant_id=grant_id, now=NOW)
    give(db, world.ida.actor, world.ann.id, Role.TECHNICIAN, world.riverside)
    assert queries.member(db, world.organisation_id, world.ann.id, None).roles[0][0] != grant_id
    with pytest.raises(NotFoundError):
        service.end_role(db, actor=world.ida.actor, account_id=world.ann.id, grant_id=grant_id, now=LATER)


def test_a_manager_gives_only_what_works_under_her(db: Session, world: World) -> None:
    for role in set(Role) - {Role.TECHNICIAN, Role.EVALUATOR}:
        for clinic_id in (world.riverside, world.hafen, None):
            with pytest.raises(RefusedError):
                give(db, world.max.actor, world.ann.id, role, clinic_id)
    assert queries.member(db, world.organisation_id, world.ann.id, None).roles[1:] == ()


def test_a_manager_stays_within_her_clinics(db: Session, world: World) -> None:
    for clinic_id in (world.hafen, None):
        with pytest.raises(RefusedError, match="ask an administrator"):
            give(db, world.max.actor, world.ann.id, Role.EVALUATOR, clinic_id)
    with pytest.raises(NotFoundError):
        give(db, world.max.actor, world.ben.id, Role.EVALUATOR, world.riverside)


def test_another_organisation_is_not_found(db: Session, world: World) -> None:
    theirs = world.olga.actor
    with pytest.raises(NotFoundError):
        give(db, theirs, world.ann.id, Role.TECHNICIAN, world.harbour)
    with pytest.raises(NotFoundError):
        give(db, theirs, world.olga.id, Role.TECHNICIAN, world.riverside)
    with pytest.raises(NotFoundError):
        service.make_reset_link(db, actor=theirs, account_id=world.ann.id, now=NOW)
    with pytest.raises(NotFoundError):
        certification.disable_account(db, actor=theirs, account_id=world.ann.id, reason="Left", now=NOW)
    with pytest.raises(NotFoundError):
        service.end_role(
            db,
            actor=theirs,
            account_id=world.olga.id,
            grant_id=grant_of(db, world.ann.id, Role.TECHNICIAN),
            now=NOW,
        )


def test_an_address_belongs_to_one_account_everywhere(db: Session, world: World) -> None:
    with pytest.raises(RefusedError, match="cannot be used"):
        invite(db, world.olga.actor, email="ANN@lumen.example", roles=[(Role.TECHNICIAN, world.harbour)])


def test_nobody_is_invited_without_a_role(db: Session, world: World) -> None:
    with pytest.raises(RefusedError, match="at least one role"):
        invite(db, world.max.actor, roles=[])


def test_clinics_of_two_organisations_may_share_a_name(db: Session, world: World) -> None:
    service.add_clinic(db, actor=world.olga.actor, name="Riverside", now=NOW)
    with pytest.raises(RefusedError, match="a clinic called Riverside already"):
        service.add_clinic(db, actor=world.ida.actor, name=" Riverside ", now=NOW)


def test_people_are_found_by_name_a_page_at_a_time(db: Session, world: World) -> None:
    for name in ("Élodie Świerk", "100 % Nora", "Nora_W"):
        invite(db, world.ida.actor, name=name, roles=[(Role.TECHNICIAN, world.hafen)], email=f"{len(name)}@x.example")
    assert found(db, world, "ŚWI") == (["Élodie Świerk"], 1)
    assert found(db, world, "%") == (["100 % Nora"], 1)
    assert found(db, world, "_") == (["Nora_W"], 1)
    assert found(db, world, "nora", page=2, size=1) == (["Nora_W"], 2)
    assert found(db, world, "Olga") == ([], 0)


def test_people_are_counted_once_a_clinic(db: Session, world: World) -> None:
    give(db, world.ida.actor, world.ann.id, Role.EVALUATOR, world.riverside)
    assert queries.people_in_clinics(db, world.organisation_id) == {world.riverside: 3, world.hafen: 1}


def invite(
    db: Session,
    actor: Actor,
    *,
    roles: list[tuple[Role, int | None]],
    email: str = "nora@lumen.example",
    name: str = "Nora Weiss",
) -> tuple[Account, str]:
    """Invite somebody; return the account and the link's token."""
    return service.invite(db, actor=actor, email=email, name=name, roles=roles, now=NOW)


def signed_in_as(db: Session, token: str, now: datetime) -> queries.Person | None:
    """Return who is signed in with a token."""
    return queries.signed_in_person(db.connection(), passwords.token_hash(token), now=now)


def give(db: Session, actor: Actor, account_id: int, role: Role, clinic_id: int | None) -> None:
    """Give a role at NOW."""
    service.give_role(db, actor=actor, account_id=account_id, role=role, clinic_id=clinic_id, now=NOW)


def role_to(db: Session, world: World, person: Person, role: Role) -> Actor:
    """Give somebody a role for the organisation; return them as they act then."""
    give(db, world.ida.actor, person.id, role, None)
    return queries.actor_of(db, db.get_one(Account, person.id))


def grant_of(db: Session, account_id: int, role: Role) -> int:
    """Return the id of a role that somebody holds."""
    return db.scalars(
        select(RoleGrant.id).where(
            RoleGrant.account_id == account_id, RoleGrant.role == role.value, RoleGrant.ended_at.is_(None)
        )
    ).one()


def found(db: Session, world: World, name: str, *, page: int = 1, size: int = 50) -> tuple[list[str], int]:
    """Return the names on a page of the people found, and how many there are."""
    members, total = queries.find_members(db, world.organisation_id, None, name=name, page=page, size=size)
    return [one.name for one in members], total


def trail_of(db: Session, account_id: int) -> list[str]:
    """Return the kinds of the trail's entries about somebody, by name."""
    return sorted(db.scalars(select(Entry.kind).where(Entry.account_id == account_id)))
