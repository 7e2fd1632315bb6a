"""Papers drawn through the services: what was asked least here comes first, and each can be drawn again."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.audit.models import Entry, EntryDetail
from app.cli.demo_story import sit
from app.content.redraw import digest_of
from app.exams import queries as exams
from app.exams.disclosure import as_text, read_paper
from app.exams.exposure import LATELY, asked_lately
from app.exams.models import Attempt, PaperItem
from app.releases import queries as releases
from tests.factories import COURSE, World
from tests.integration.editions import withdraw
from tests.integration.story import NOW, start, submit

LATER = NOW + timedelta(minutes=5)


def test_the_papers_of_the_release_here_are_counted(db: Session, world: World) -> None:
    ids = [sit(db, world.ann.actor, course_id=COURSE, at=NOW - timedelta(days=days), right=False) for days in (8, 6, 4)]
    asked = Counter(one.item_id for attempt_id in ids for one in exams.paper(db, attempt_id))
    assert asked_lately(db, world.organisation_id, world.release_id) == asked
    assert asked_lately(db, world.other_organisation_id, world.release_id) == {}
    assert asked_lately(db, world.organisation_id, world.release_id + 1) == {}


def test_only_the_latest_papers_are_counted(db: Session, world: World) -> None:
    attempt = start(db, world.ann.actor)
    values = {column.name: getattr(attempt, column.name) for column in Attempt.__table__.columns if column.name != "id"}
    for number in range(2, LATELY + 2):
        later = Attempt(**{**values, "number": number, "closed_at": LATER})
        db.add(later)
        db.flush()
        db.add(PaperItem(**{**paper_row(db, attempt.id), "attempt_id": later.id, "item_id": f"later-{number}"}))
    db.flush()
    counted = asked_lately(db, world.organisation_id, world.release_id)
    assert counted == {f"later-{number}": 1 for number in range(2, LATELY + 2)}


def test_a_colleague_s_paper_comes_from_what_was_not_asked(db: Session, world: World) -> None:
    first = start(db, world.ann.actor)
    second = start(db, world.ben.actor, seed=first.seed)
    one, other = ({asked.item_id for asked in exams.paper(db, attempt.id)} for attempt in (first, second))
    release = releases.get_release(db, world.organisation_id, world.release_id)
    critical = {item.id for item in releases.pool_of(db, release).items if item.critical}
    assert not (one & other) - critical
    assert [section["asked_before"] for section in first.proof["sections"]] == [0] * 5
    assert [section["pool_asked"] for section in second.proof["sections"]] == [3, 5, 5, 4, 3]


def test_a_paper_without_a_withdrawn_row_is_drawn_again_as_it_was(db: Session, world: World) -> None:
    fact = next(key for one in ids_of(db, world) if (key := "/".join(one.split("/")[1:3])).startswith("settings/"))
    withdraw(db, world, fact)
    attempt = start(db, world.ann.actor)
    submit(db, world.ann.actor, attempt.id, now=LATER)
    start(db, world.ben.actor)
    paper = read_paper(db, actor=world.ada.actor, attempt_id=attempt.id, now=LATER)
    assert paper["drawn_from"]["left_out"] != []
    assert paper["drawn_again"] is True


def test_the_stored_inputs_are_those_that_the_trail_knows(db: Session, world: World) -> None:
    attempt = start(db, world.ann.actor)
    submit(db, world.ann.actor, attempt.id, now=LATER)
    paper = read_paper(db, actor=world.ada.actor, attempt_id=attempt.id, now=LATER)
    assert paper["drawn_again"] is True
    told = db.scalars(
        select(EntryDetail.detail)
        .join(Entry, Entry.id == EntryDetail.entry_id)
        .where(Entry.kind == "attempt.started", Entry.subject == f"attempt:{attempt.id}")
    ).one()
    assert told["declared"].startswith("I sit this exam myself")
    assert told["drawn_from"] == digest_of(paper["drawn_from"])


@pytest.mark.parametrize(("change", "word"), [("asked", "NO"), ("pool", "NO"), ("", "not kept")])
def test_inputs_that_were_changed_draw_another_paper(db: Session, world: World, change: str, word: str) -> None:
    attempt = start(db, world.ann.actor)
    drawn = {asked.item_id for asked in exams.paper(db, attempt.id)}
    other = {"asked": [99 if one in drawn else 0 for one in ids_of(db, world)], "pool": "0" * 64}
    kept = {**(attempt.draw_inputs or {}), change: other[change]} if change else None
    db.execute(update(Attempt).where(Attempt.id == attempt.id).values(draw_inputs=kept))
    db.expire_all()
    submit(db, world.ann.actor, attempt.id, now=LATER)
    paper = read_paper(db, actor=world.ada.actor, attempt_id=attempt.id, now=LATER)
    assert paper["drawn_again"] is (False if change else None)
    assert f"the same paper: {word}" in as_text(paper)
    # Once the attempt is closed, the database itself refuses.
    with pytest.raises(DBAPIError, match="insert-only"), db.begin_nested():
        db.execute(update(Attempt).where(Attempt.id == attempt.id).values(draw_inputs={}))


def ids_of(session: Session, world: World) -> list[str]:
    """Return the ids of the release's items in their order."""
    release = releases.get_release(session, world.organisation_id, world.release_id)
    return sorted(item.id for item in releases.pool_of(session, release).items)


def paper_row(session: Session, attempt_id: int) -> dict[str, Any]:
    """Return the values of an attempt's first place."""
    place = session.get_one(PaperItem, (attempt_id, 1))
    return {column.name: getattr(place, column.name) for column in PaperItem.__table__.columns}
