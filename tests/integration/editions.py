"""What is done with editions of the course through the services, for the tests of changes and of withdrawals."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.certification import service as certification
from app.content.draw import draw
from app.exams.exposure import asked_lately
from app.exams.models import Attempt, PaperItem
from app.people.permissions import Actor
from app.releases import comparing, queries, service
from app.releases.impact import Impact
from app.releases.manifest import exam_of
from app.releases.models import Release
from app.reports import releases as reports
from tests.factories import (
    COURSE,
    PASSWORD,
    REVISED_ROW,
    Person,
    World,
    revised_course,
)
from tests.integration.story import NOW

FACT = f"settings/{REVISED_ROW}"
LATER = NOW + timedelta(minutes=5)


def revised(session: Session, world: World) -> Release:
    """Publish the revised edition as Tom, or return it."""
    return service.publish(session, actor=world.tom.actor, frozen=revised_course(), now=NOW)


def tell(session: Session, actor: Actor, release: Release, told: Mapping[str, tuple[str, str]]) -> int:
    """Give changes their classes and reasons."""
    return service.confirm_changes(session, actor=actor, release_id=release.id, told=told, now=NOW)


def confirm(session: Session, world: World, release: Release, *, but: int = 0) -> None:
    """Confirm all changes as they are proposed, as Tom, but for the last few."""
    changes = comparing.comparison(session, release, ()).changes
    told = {one.digest: (one.change_class.value, "The board decided") for one in changes[: len(changes) - but]}
    tell(session, world.tom.actor, release, told)


def count(session: Session, world: World, release: Release) -> Impact:
    """Count what rests on the changes now."""
    return reports.count_impact(session, actor=world.tom.actor, release_id=release.id, day=NOW.date(), now=NOW)


def seen_now(session: Session, world: World, release: Release) -> str:
    """Return the digest of what a signer would be shown now."""
    return reports.seen_now(
        session, organisation_id=world.organisation_id, release_id=release.id, day=NOW.date(), now=NOW
    )


def sign(
    session: Session, world: World, release: Release, *, by: Person | None = None, seen: str | None = None
) -> None:
    """Sign a release as Mira, having seen what rests on it now, or what is told."""
    reports.sign(
        session,
        actor=(by or world.mira).actor,
        release_id=release.id,
        password=PASSWORD,
        confirmed_rows=[row["row"] for row in release.manifest["protocol"]],
        seen=seen or seen_now(session, world, release),
        day=NOW.date(),
        now=NOW,
    )


def withdraw(
    session: Session,
    world: World,
    fact: str,
    *,
    by: Person | None = None,
    password: str = PASSWORD,
    reason: str = "Two burns in one week",
    release_id: int | None = None,
    everywhere: bool = False,
) -> int:
    """Withdraw the first release, or a row of it, as Mira."""
    return certification.withdraw(
        session,
        actor=(by or world.mira).actor,
        release_id=release_id or world.release_id,
        fact=fact,
        password=password,
        reason=reason,
        now=NOW,
        everywhere=everywhere,
    )


def begin(session: Session, who: Person, *, seed: int, now: datetime = NOW) -> Attempt:
    """Start a person's exam by a seed."""
    return certification.start_attempt(session, actor=who.actor, course_id=COURSE, seed=seed, now=now)


def items_of(session: Session, attempt: Attempt) -> set[str]:
    """Return the items of an attempt's paper."""
    return set(session.scalars(select(PaperItem.item_id).where(PaperItem.attempt_id == attempt.id)))


def seed_that(world: World, session: Session, resting: Collection[str], *, asks: bool) -> int:
    """Return a seed whose paper asks one of these items, or none of them."""
    release = queries.get_release(session, world.organisation_id, world.release_id)
    sections, pool = exam_of(release.manifest).sections, queries.pool_of(session, release).items
    asked = asked_lately(session, world.organisation_id, world.release_id)
    for seed in range(500):
        picked = {pick.item_id for pick in draw(sections, pool, seed=seed, asked=asked).picks}
        if bool(picked & set(resting)) is asks:
            return seed
    raise AssertionError("no seed of 500 does")
