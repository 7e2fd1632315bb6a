"""Tokens on both engines: of one organisation, for the clinics that were chosen, known by their hash."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.errors import NotFoundError, RefusedError
from app.people import tokens
from app.people.models import ApiToken
from app.people.permissions import Action, Role, may
from tests.factories import PASSWORD, World, booking_token
from tests.integration.story import NOW


def test_a_token_knows_its_organisation_and_clinics(db: Session, world: World) -> None:
    narrow, secret = booking_token(db, world.ida, [world.hafen, world.riverside, world.hafen], now=NOW)
    _, wide = booking_token(db, world.olga, None, now=NOW)
    known = tokens.caller(db, secret)
    assert known
    assert (known.token_id, known.organisation_id, known.clinics) == (
        narrow.id,
        world.organisation_id,
        frozenset({world.riverside, world.hafen}),
    )
    other = tokens.caller(db, wide)
    assert other
    assert (other.organisation_id, other.clinics) == (world.other_organisation_id, None)
    # Null in the column, not JSON's null: a database that is read by hand says the same.
    assert db.scalar(sa.select(sa.func.count()).where(ApiToken.clinics.is_(None))) == 1


def test_it_is_the_whole_token_that_counts(db: Session, world: World) -> None:
    _, secret = booking_token(db, world.ida, None, now=NOW)
    assert len(secret) == len(tokens.PREFIX) + 43  # 256 bits
    for odd in ("", secret[:-1], secret.upper(), secret.removeprefix(tokens.PREFIX), f"{secret} "):
        assert tokens.caller(db, odd) is None


def test_only_an_administrator_of_the_organisation_makes_and_revokes(db: Session, world: World) -> None:
    made, secret = booking_token(db, world.ida, None, now=NOW)
    assert [role for role in Role if may(role, Action.MANAGE_TOKENS)] == [Role.ADMINISTRATOR]
    for person in (world.max, world.mira, world.ada, world.ann):
        with pytest.raises(RefusedError, match="Only an administrator"):
            booking_token(db, person, None, now=NOW)
        with pytest.raises(RefusedError, match="Only an administrator"):
            tokens.revoke_token(db, actor=person.actor, token_id=made.id, now=NOW)
    with pytest.raises(NotFoundError):
        tokens.revoke_token(db, actor=world.olga.actor, token_id=made.id, now=NOW)
    for clinics in ([], [world.harbour], [world.riverside, 999999]):
        with pytest.raises(RefusedError, match="Choose the clinics"):
            booking_token(db, world.ida, clinics, now=NOW, name="Another")
    assert tokens.caller(db, secret)


def test_a_revoked_name_is_free_again_and_there_is_an_end(
    db: Session, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "MOST", 2)
    first, secret = booking_token(db, world.ida, None, now=NOW)
    tokens.revoke_token(db, actor=world.ida.actor, token_id=first.id, now=NOW + timedelta(hours=1))
    assert tokens.caller(db, secret) is None
    booking_token(db, world.ida, None, now=NOW)
    booking_token(db, world.ida, None, now=NOW, name="Wall display")
    with pytest.raises(RefusedError, match="Revoke one that is needed no more"):
        booking_token(db, world.ida, None, now=NOW, name="One more")
    listed = tokens.tokens(db, world.organisation_id)
    assert [one.token.name for one in listed] == ["Wall display", "Booking", "Booking"]
    assert {one.made_by for one in listed} == {"Ida Moreau"}


def test_a_wrong_password_makes_nothing(db: Session, world: World) -> None:
    with pytest.raises(RefusedError, match="not your password"):
        tokens.make_token(db, actor=world.ida.actor, name="Booking", clinics=None, password=f"{PASSWORD}x", now=NOW)
    assert tokens.tokens(db, world.organisation_id) == []


def test_the_last_day_of_use_is_kept(db: Session, world: World) -> None:
    made, secret = booking_token(db, world.ida, None, now=NOW)
    tokens.note_use(db, token_id=made.id, day=date(2026, 11, 27))
    db.expire_all()
    known = tokens.caller(db, secret)
    assert known
    assert known.last_used_on == date(2026, 11, 27)
