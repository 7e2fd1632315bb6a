"""A revised edition through the services: what changed, who classes it, what rests on it, and what a director stops."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.content.compare import ChangeClass
from app.errors import NotFoundError, RefusedError
from app.exams.models import PaperItem
from app.people import service as people
from app.people.permissions import Role
from app.people.queries import actor_of, get_account
from app.releases import comparing, queries, service
from app.releases.models import Release, ReleaseSignature
from app.reports import releases as reports
from app.reports.impact import rows_of
from tests.factories import (
    COURSE,
    World,
    certify,
    revised_course,
)
from tests.integration.editions import FACT, confirm, count, revised, seen_now, sign, tell
from tests.integration.story import NOW, start, trail


def test_every_change_is_named_with_its_class(db: Session, world: World) -> None:
    found = comparing.comparison(db, revised(db, world), ())
    assert found.base is not None
    assert found.base.id == world.release_id
    told = {change.key: change.change_class for change in found.changes}
    removed = [change.key for change in found.changes if change.removed]
    assert told[FACT] is ChangeClass.FACT
    assert told["scheme/rules"] is ChangeClass.SCHEME
    assert sorted(told.values(), key=list(ChangeClass).index) == list(told.values())
    assert len(told) == 5
    assert [key.partition("/")[0] for key in removed] == ["items"]
    assert ChangeClass.KEY in {told[key] for key in told if key.startswith("statements/")}


def test_a_course_s_first_release_has_nothing_to_compare(db: Session, world: World) -> None:
    theirs = service.publish(db, actor=world.olga.actor, frozen=revised_course(), now=NOW)
    assert comparing.comparison(db, theirs, ()).changes == ()


def test_a_release_without_pieces_is_read_from_its_files(db: Session, world: World) -> None:
    release = queries.get_release(db, world.organisation_id, world.release_id)
    kept = comparing.pieces(db, release)
    bare = Release(
        organisation_id=world.other_organisation_id,
        course_id=COURSE,
        title=release.title,
        edition="2025.1",
        content_hash=release.content_hash,
        manifest=release.manifest,
        published_at=NOW,
        published_by=world.olga.id,
    )
    db.add(bare)
    db.flush()
    from_files = comparing.pieces(db, bare)
    assert {one.key for one in from_files} == {one.key for one in kept}


def test_nobody_signs_before_each_change_has_its_class_and_reason(db: Session, world: World) -> None:
    release = revised(db, world)
    with pytest.raises(RefusedError, match="5 of 5 changes are not confirmed yet"):
        sign(db, world, release)
    confirm(db, world, release, but=1)
    with pytest.raises(RefusedError, match="1 of 5 changes are not confirmed yet"):
        sign(db, world, release)
    confirm(db, world, release)
    seen = count(db, world, release)
    sign(db, world, release)
    signature = db.scalars(select(ReleaseSignature).where(ReleaseSignature.release_id == release.id)).one()
    assert signature.compared_with_id == world.release_id
    assert signature.impact == seen.as_values()
    assert seen.items


def test_a_class_is_given_by_who_publishes_and_with_a_reason(db: Session, world: World) -> None:
    release = revised(db, world)
    change = comparing.comparison(db, release, ()).changes[0]
    for person in (world.ann, world.max, world.eva, world.mira, world.ada):
        with pytest.raises(RefusedError, match="Only an author or administrator"):
            tell(db, person.actor, release, {change.digest: ("fact", "Two burns")})
    for told, sentence in (
        ({change.digest: ("fact", " x ")}, "Give the reason in 3 to 500 characters"),
        ({change.digest: ("harmless", "Two burns")}, "choose one of fact, key, scheme, clarity, wording"),
        ({"0" * 64: ("fact", "Two burns")}, "not those that you saw"),
    ):
        with pytest.raises(RefusedError, match=sentence):
            tell(db, world.tom.actor, release, told)
    assert comparing.confirmed_changes(db, world.organisation_id, release.id) == {}


def test_the_latest_class_counts_and_the_same_again_leaves_no_entry(db: Session, world: World) -> None:
    release = revised(db, world)
    change = comparing.comparison(db, release, ()).changes[0]
    assert tell(db, world.tom.actor, release, {change.digest: ("fact", "Two burns")}) == 1
    assert tell(db, world.tom.actor, release, {change.digest: ("fact", "Two  burns ")}) == 0
    assert tell(db, world.ida.actor, release, {change.digest: ("clarity", "The same figure")}) == 1
    given = comparing.confirmed_changes(db, world.organisation_id, release.id)[change.digest]
    assert (given.change_class, given.reason, given.name) == ("clarity", "The same figure", "Ida Moreau")
    assert trail(db).count("release.change_confirmed") == 2


def test_a_release_that_comes_in_force_meanwhile_makes_the_changes_others(db: Session, world: World) -> None:
    release = revised(db, world)
    confirm(db, world, release)
    frozen = revised_course()
    one = next(piece for piece in frozen.pieces if piece.key == FACT)
    third = replace(one, values={**one.values, "fluence": "11 J/cm²"})
    pieces = tuple(third if piece is one else piece for piece in frozen.pieces)
    other = service.publish(
        db, actor=world.tom.actor, frozen=replace(frozen, hash="e" * 64, edition="2027.2", pieces=pieces), now=NOW
    )
    confirm(db, world, other)
    sign(db, world, other)
    with pytest.raises(RefusedError, match="1 of 1 changes are not confirmed yet"):
        sign(db, world, release)


def test_what_rests_on_the_changes_is_counted_by_id(db: Session, world: World) -> None:
    held = certify(db, world, world.ann, now=NOW - timedelta(days=2))
    running = start(db, world.ben.actor)
    impact = count(db, world, revised(db, world))
    assert impact.certifications == (held.id,)  # the scheme changed: every one rests on it
    assert {world.ann.id, world.riverside} <= {*impact.people, *impact.clinics}
    asked = set(db.scalars(select(PaperItem.item_id).where(PaperItem.attempt_id == running.id)))
    assert impact.attempts == ((running.id,) if asked & set(impact.items) else ())
    assert any(item.startswith(f"settings-range/{FACT}") for item in impact.items)
    told = list(rows_of(db, world.organisation_id, impact, named=True))
    assert ("certification", held.id, held.number, world.ann.id) in told
    assert ("person", world.ann.id, "Ann Berg", world.ann.id) in told
    assert ("clinic", world.riverside, "Riverside", None) in told
    kept = comparing.counted_impact(db, world.organisation_id, revised(db, world).id)
    assert kept is not None
    assert kept.impact == impact
    assert kept.impact.by_change == impact.by_change


def test_a_certification_that_is_over_or_taken_away_rests_on_nothing(db: Session, world: World) -> None:
    certify(db, world, world.ann, now=NOW - timedelta(days=2))
    later = NOW + timedelta(days=800)
    release = revised(db, world)
    _, impact = reports.impact_now(
        db, organisation_id=world.organisation_id, release_id=release.id, day=later.date(), now=later
    )
    assert impact.certifications == ()


def test_who_signs_signs_what_they_saw(db: Session, world: World) -> None:
    release = revised(db, world)
    confirm(db, world, release)
    count(db, world, release)
    seen = seen_now(db, world, release)
    certify(db, world, world.ann, now=NOW)
    with pytest.raises(RefusedError, match="no longer what you saw"):
        sign(db, world, release, seen=seen)
    sign(db, world, release, seen=seen_now(db, world, release))


def test_a_class_or_reason_given_meanwhile_is_seen_before_it_is_signed(db: Session, world: World) -> None:
    release = revised(db, world)
    confirm(db, world, release)
    seen = seen_now(db, world, release)
    digest = comparing.comparison(db, release, ()).changes[0].digest
    tell(db, world.tom.actor, release, {digest: ("fact", "Another reason, given afterwards")})
    with pytest.raises(RefusedError, match="no longer what you saw"):
        sign(db, world, release, seen=seen)


def test_who_gave_a_class_does_not_sign_though_another_gave_it_again(db: Session, world: World) -> None:
    people.give_role(db, actor=world.ida.actor, account_id=world.mira.id, role=Role.AUTHOR, clinic_id=None, now=NOW)
    release = revised(db, world)
    digest = comparing.comparison(db, release, ()).changes[0].digest
    both = actor_of(db, get_account(db, world.organisation_id, world.mira.id))
    tell(db, both, release, {digest: ("wording", "Only a word")})
    confirm(db, world, release)
    with pytest.raises(RefusedError, match="You confirmed changes"):
        sign(db, world, release)


@pytest.mark.parametrize("reason", ["turned \u202e round", "rings \x07 twice"])
def test_a_reason_holds_no_hidden_characters(db: Session, world: World, reason: str) -> None:
    release = revised(db, world)
    digest = comparing.comparison(db, release, ()).changes[0].digest
    with pytest.raises(RefusedError, match="Give the reason"):
        tell(db, world.tom.actor, release, {digest: ("fact", reason)})


def test_who_gave_a_class_does_not_sign(db: Session, world: World) -> None:
    people.give_role(db, actor=world.ida.actor, account_id=world.mira.id, role=Role.AUTHOR, clinic_id=None, now=NOW)
    both = actor_of(db, get_account(db, world.organisation_id, world.mira.id))
    release = revised(db, world)
    told = {one.digest: ("fact", "Two burns") for one in comparing.comparison(db, release, ()).changes}
    tell(db, both, release, told)
    with pytest.raises(RefusedError, match="You confirmed changes of this release"):
        sign(db, world, release, by=replace(world.mira, actor=both))


def test_the_editions_of_a_course_are_its_signed_releases(db: Session, world: World) -> None:
    release = revised(db, world)
    assert [one.release_id for one in comparing.editions(db, world.organisation_id, COURSE)] == [world.release_id]
    confirm(db, world, release)
    sign(db, world, release)
    found = comparing.editions(db, world.organisation_id, COURSE)
    assert [one.release_id for one in found] == [release.id, world.release_id]
    read = reports.read_edition(db, world.organisation_id, release.id)
    assert (len(read.changes), len(read.confirmed)) == (5, 5)
    with pytest.raises(NotFoundError):
        reports.read_edition(db, world.other_organisation_id, release.id)
