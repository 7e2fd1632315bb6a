"""Releases through the services: published once, signed by somebody else, in force from then on, and never changed."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.certification import service as certification
from app.content.read import content_hash
from app.errors import NotFoundError, RefusedError
from app.learning import service as learning
from app.people import queries as people_queries
from app.people import service as people
from app.people.permissions import Actor, Role
from app.releases import queries, service
from app.releases.models import ContentFile, ItemContent, ReleaseItem, ReleaseSignature
from tests.factories import COURSE, PASSWORD, World, frozen_course
from tests.integration.story import NOW, next_edition, publish_and_sign, start, trail

UNKNOWN = 999_999


def test_publishing_stores_everything_under_its_hash(db: Session, world: World) -> None:
    release = queries.get_release(db, world.organisation_id, world.release_id)
    files = db.scalars(select(ContentFile).where(ContentFile.content_hash == release.content_hash)).all()
    assert content_hash({file.path: file.data for file in files}) == release.content_hash
    items = db.scalars(select(ReleaseItem).where(ReleaseItem.release_id == release.id)).all()
    assert len(items) == len(frozen_course().items)
    assert {item.item_hash for item in items} == set(db.scalars(select(ItemContent.hash)))


def test_publishing_the_same_content_again_is_the_same_release(db: Session, world: World) -> None:
    before = trail(db)
    again = service.publish(db, actor=world.tom.actor, frozen=frozen_course(), now=NOW)
    assert again.id == world.release_id
    assert trail(db) == before


def test_only_an_author_or_administrator_publishes(db: Session, world: World) -> None:
    for person in (world.ann, world.max, world.eva, world.mira, world.ada):
        with pytest.raises(RefusedError, match="Publishing needs the role Author or Administrator"):
            service.publish(db, actor=person.actor, frozen=next_edition(), now=NOW)
    assert service.publish(db, actor=world.ida.actor, frozen=next_edition(), now=NOW).edition == "2027.1"


def test_the_same_content_in_another_organisation_is_another_release(db: Session, world: World) -> None:
    theirs = service.publish(db, actor=world.olga.actor, frozen=frozen_course(), now=NOW)
    assert theirs.id != world.release_id
    with pytest.raises(NotFoundError):
        queries.get_release(db, world.organisation_id, theirs.id)
    with pytest.raises(NotFoundError):
        queries.get_release(db, world.other_organisation_id, world.release_id)


def test_an_unsigned_release_is_neither_assigned_nor_sat(db: Session, world: World) -> None:
    olga = as_technician(db, world)
    service.publish(db, actor=world.olga.actor, frozen=frozen_course(), now=NOW)
    assert queries.all_in_force(db, world.other_organisation_id) == {}
    with pytest.raises(RefusedError, match="a medical director has to sign it first"):
        learning.assign(
            db,
            actor=world.olga.actor,
            account_id=world.olga.id,
            course_id=COURSE,
            due_on=None,
            today=NOW.date(),
            now=NOW,
        )
    with pytest.raises(NotFoundError):
        start(db, olga)
    with pytest.raises(NotFoundError):
        certification.complete_lesson(db, actor=olga, course_id=COURSE, lesson_id="settings", now=NOW)


def test_a_newer_unsigned_release_changes_nothing(db: Session, world: World) -> None:
    service.publish(db, actor=world.tom.actor, frozen=next_edition(), now=NOW)
    assert in_force(db, world) == world.release_id
    assert start(db, world.ann.actor).release_id == world.release_id


def test_the_release_signed_last_is_in_force(db: Session, world: World) -> None:
    newer = publish_and_sign(db, world, next_edition(), now=NOW)
    assert in_force(db, world) == newer.id


def test_a_second_signature_does_not_bring_an_old_release_back(db: Session, world: World) -> None:
    newer = publish_and_sign(db, world, next_edition(), now=NOW)
    sign(db, world, second_director(db, world), world.release_id)
    assert in_force(db, world) == newer.id


def test_a_signature_says_what_was_confirmed(db: Session, world: World) -> None:
    signature = db.scalars(select(ReleaseSignature)).one()
    release = queries.get_release(db, world.organisation_id, world.release_id)
    assert (signature.account_id, signature.content_hash) == (world.mira.id, release.content_hash)
    assert signature.confirmed_rows == sorted(row["row"] for row in release.manifest["protocol"])


def test_who_published_a_release_cannot_sign_it(db: Session, world: World) -> None:
    director = second_director(db, world, more=[Role.AUTHOR])
    release = service.publish(db, actor=director, frozen=next_edition(), now=NOW)
    with pytest.raises(RefusedError, match="another medical director has to sign it"):
        sign(db, world, director, release.id)
    sign(db, world, world.mira.actor, release.id)
    assert in_force(db, world) == release.id


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        (0, r"76 of 76 protocol rows are not confirmed yet"),
        (75, r"1 of 76 protocol rows are not confirmed yet"),
    ],
)
def test_every_protocol_row_is_confirmed(db: Session, world: World, rows: int, sentence: str) -> None:
    release = service.publish(db, actor=world.tom.actor, frozen=next_edition(), now=NOW)
    with pytest.raises(RefusedError, match=sentence):
        sign(db, world, world.mira.actor, release.id, rows=rows)
    with pytest.raises(RefusedError, match="protocol rows are not confirmed yet"):
        service.sign(
            db, actor=world.mira.actor, release_id=release.id, password=PASSWORD, confirmed_rows=["x"] * 76, now=NOW
        )
    assert not queries.is_signed(db, release.id)


def test_a_signature_takes_the_password(db: Session, world: World) -> None:
    release = service.publish(db, actor=world.tom.actor, frozen=next_edition(), now=NOW)
    with pytest.raises(RefusedError, match="This is not your password"):
        sign(db, world, world.mira.actor, release.id, password="wrong-horse-battery")
    assert not queries.is_signed(db, release.id)


def test_nobody_signs_twice(db: Session, world: World) -> None:
    with pytest.raises(RefusedError, match="You signed this release already"):
        sign(db, world, world.mira.actor, world.release_id)


def test_only_a_medical_director_signs(db: Session, world: World) -> None:
    release = service.publish(db, actor=world.tom.actor, frozen=next_edition(), now=NOW)
    for person in (world.ann, world.max, world.eva, world.ada, world.tom, world.ida):
        with pytest.raises(RefusedError, match="Only a medical director signs a release"):
            sign(db, world, person.actor, release.id)


def test_another_organisations_release_is_not_found(db: Session, world: World) -> None:
    director = second_director(db, world, organisation=world.olga.actor)
    for release_id in (world.release_id, UNKNOWN):
        with pytest.raises(NotFoundError):
            service.sign(db, actor=director, release_id=release_id, password=PASSWORD, confirmed_rows=[], now=NOW)


def test_a_course_that_nobody_was_assigned_is_still_in_force(db: Session, world: World) -> None:
    other = replace(next_edition(), course_id="hair-removal", title="Hair removal", hash="e" * 64)
    publish_and_sign(db, world, other, now=NOW)
    assert set(queries.all_in_force(db, world.organisation_id)) == {COURSE, "hair-removal"}
    with pytest.raises(NotFoundError):
        certification.start_attempt(db, actor=world.ann.actor, course_id="hair-removal", seed=1, now=NOW)


def sign(
    session: Session, world: World, director: Actor, release_id: int, *, rows: int = 999, password: str = PASSWORD
) -> None:
    """Sign a release, with the first protocol rows confirmed."""
    protocol = queries.get_release(session, world.organisation_id, release_id).manifest["protocol"]
    service.sign(
        session,
        actor=director,
        release_id=release_id,
        password=password,
        confirmed_rows=[row["row"] for row in protocol[:rows]],
        now=NOW + timedelta(minutes=1),
    )


def second_director(
    session: Session, world: World, *, more: list[Role] | None = None, organisation: Actor | None = None
) -> Actor:
    """Add another medical director, with Mira's password."""
    account, _ = people.invite(
        session,
        actor=organisation or world.ida.actor,
        email="dora@lumen.example",
        name="Dora Vogel",
        roles=[(role, None) for role in (Role.MEDICAL_DIRECTOR, *(more or []))],
        now=NOW,
    )
    account.password_hash = people_queries.get_account(session, world.organisation_id, world.mira.id).password_hash
    session.flush()
    return people_queries.actor_of(session, account)


def as_technician(session: Session, world: World) -> Actor:
    """Let Olga treat at her own clinic."""
    people.give_role(
        session,
        actor=world.olga.actor,
        account_id=world.olga.id,
        role=Role.TECHNICIAN,
        clinic_id=world.harbour,
        now=NOW,
    )
    account = people_queries.get_account(session, world.other_organisation_id, world.olga.id)
    return people_queries.actor_of(session, account)


def in_force(session: Session, world: World) -> int:
    """Return the id of the release in force."""
    found = queries.in_force(session, world.organisation_id, COURSE)
    assert found is not None
    return found.release.id
