"""A recall for the table of roles and pages: of another course's edition, so that Ann's own course stays as it is."""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.certification import recalls
from app.certification.models import Certification
from app.certification.recall_models import RecallItem
from app.certification.recalling import Bond, Consequence, Resting, Task, seen_digest
from app.clock import day_in
from app.exams import queries as exams
from app.releases import comparing
from app.releases import service as releases
from app.releases.freeze import Frozen
from app.releases.models import Release
from tests.factories import PASSWORD, ZONE, World, sister_course
from tests.integration.editions import FACT, confirm


def recall_ann(
    session: Session, world: World, held: Certification, attempt_id: int, now: datetime
) -> dict[str, object]:
    """Sign two editions of the sister course, recall Ann from the second, and ask her something."""
    first = sister_course()
    base = signed(session, world, first, now=now - timedelta(days=9))
    pieces = tuple(
        replace(one, values={**one.values, "fluence": "11 J/cm²"}) if one.key == FACT else one for one in first.pieces
    )
    second = replace(first, hash="5" * 64, edition="2027.1", pieces=pieces)
    release = signed(session, world, second, now=now - timedelta(days=8))
    [change] = comparing.changes_between(session, base, release)
    resting = [
        Resting(
            certification_id=held.id,
            account_id=world.ann.id,
            number=held.number,
            bonds={change.key: (Bond.TAUGHT,)},
            cells=None,
        )
    ]
    made = recalls.start(
        session,
        actor=world.mira.actor,
        base=base,
        release=release,
        changes=[change],
        resting=resting,
        task=Task.READ,
        consequence=Consequence.NOTHING,
        due_on=day_in(ZONE, now) + timedelta(days=14),
        reason="Two burns at the old fluence",
        password=PASSWORD,
        seen=seen_digest([change.key], resting),
        now=now,
    )
    asked = exams.paper(session, attempt_id)[0]
    item = RecallItem(
        organisation_id=world.organisation_id,
        recall_id=made.id,
        account_id=world.ann.id,
        unit=asked.item_id,
        variant=asked.variant,
        item_hash=asked.item_hash,
        asked_at=now,
    )
    session.add(item)
    session.flush()
    return {"recall": made.id, "recalled": release.id, "recall_item": item.id}


def signed(session: Session, world: World, frozen: Frozen, *, now: datetime) -> Release:
    """Publish an edition as Tom, class its changes, and sign it as Mira."""
    release = releases.publish(session, actor=world.tom.actor, frozen=frozen, now=now)
    if comparing.comparison(session, release, ()).changes:
        confirm(session, world, release)
    releases.sign(
        session,
        actor=world.mira.actor,
        release_id=release.id,
        password=PASSWORD,
        confirmed_rows=[row["row"] for row in release.manifest["protocol"]],
        now=now + timedelta(seconds=1),
    )
    return release
