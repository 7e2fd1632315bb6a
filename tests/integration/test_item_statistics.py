"""Figures from stored papers, on both engines: which papers count, the latest answer, times, and whose they are."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.certification import service as certification
from app.cli.demo_story import form_for
from app.content.draw import Pick, draw
from app.db import Database
from app.errors import NotFoundError
from app.exams.item_analysis import ItemFigures
from app.exams.models import Attempt, PaperItem, Response
from app.exams.responses import read_form
from app.people.models import Account
from app.people.permissions import Action, Actor, Role
from app.releases import queries as releases
from app.releases.manifest import exam_of
from app.releases.models import ItemContent, Release
from app.reports import statistics_export
from app.reports.item_statistics import CourseStatistics, course_statistics, sat_releases
from tests.databases import Databases, EngineName
from tests.factories import COURSE, PASSWORD, World
from tests.integration.story import NOW, next_edition, publish_and_sign, town

GAP = 30  # seconds between two saves of the story


@dataclass(frozen=True, kw_only=True)
class Told:
    """A database with the people of the house, and one paper that all of the story sit."""

    database: Database
    world: World
    picks: tuple[Pick, ...]

    def figures(self, release_id: int | None = None) -> CourseStatistics:
        return figures(self.database, self.world.organisation_id, release_id)


@pytest.fixture
def told(engine_name: EngineName, databases: Databases) -> Iterator[Told]:
    with town(engine_name, databases) as made:
        with made.database.session() as session:
            release = session.get_one(Release, made.world.release_id)
            picks = draw(exam_of(release.manifest).sections, releases.pool_of(session, release).items, seed=1).picks
        yield Told(database=made.database, world=made.world, picks=picks)


def figures(database: Database, organisation_id: int, release_id: int | None = None) -> CourseStatistics:
    with database.snapshot() as session:
        return course_statistics(session, organisation_id=organisation_id, course_id=COURSE, release_id=release_id)


def sit(
    told: Told,
    right: Sequence[bool | None],
    *,
    closed_by: str | None = "submitted",
    release_id: int | None = None,
    changed_at: int | None = None,
) -> int:
    """Store a paper answered rightly, wrongly or (None) not at all; one answer may be changed once more at its end."""
    with told.database.transaction() as session:
        release = session.get_one(Release, release_id or told.world.release_id)
        number = session.scalar(sa.select(sa.func.max(Attempt.number))) or 0
        attempt = Attempt(
            organisation_id=told.world.organisation_id,
            account_id=told.world.ben.id,
            course_id=COURSE,
            release_id=release.id,
            number=number + 1,
            seed=1,
            proof={},
            items=len(told.picks),
            started_at=NOW,
            deadline_at=NOW + timedelta(minutes=30),
            closed_at=NOW + timedelta(minutes=20) if closed_by else None,
            closed_by=closed_by,
            original_passed=sum(map(bool, right)) >= 16 if closed_by else None,
        )
        session.add(attempt)
        session.flush()
        _answer(session, attempt, release, told.picks, right, changed_at)
        return attempt.id


def _answer(
    session: Session,
    attempt: Attempt,
    release: Release,
    picks: Sequence[Pick],
    right: Sequence[bool | None],
    changed_at: int | None,
) -> None:
    hashes, at = releases.pool_of(session, release).hashes, NOW
    for position, (pick, good) in enumerate(zip(picks, right, strict=True), start=1):
        content = session.get_one(ItemContent, hashes[pick.item_id, pick.variant_seed])
        session.add(
            PaperItem(
                attempt_id=attempt.id,
                position=position,
                section=pick.section_index,
                item_id=pick.item_id,
                variant=pick.variant_seed,
                item_hash=content.hash,
                critical=content.keyed["critical"],
            )
        )
        session.flush()
        if good is None:
            continue
        at += timedelta(seconds=GAP)
        session.add(_response(attempt.id, position, 1, _said(content, good=good != (position == changed_at)), at))
        if position == changed_at:
            later = NOW + timedelta(seconds=GAP * 100)
            session.add(_response(attempt.id, position, 2, _said(content, good=good), later))


def _response(attempt_id: int, position: int, revision: int, chosen: Any, at: datetime) -> Response:
    return Response(attempt_id=attempt_id, position=position, revision=revision, chosen=chosen, saved_at=at)


def _said(content: ItemContent, *, good: bool) -> Any:
    return read_form(content.shown, form_for(content.shown, content.keyed["key"], right=good))


def paper(*wrong: int, empty: Sequence[int] = ()) -> list[bool | None]:
    """Return a paper of twenty right answers but for these positions."""
    return [None if at in empty else at not in wrong for at in range(1, 21)]


def item_at(told: Told, read: CourseStatistics, position: int) -> ItemFigures:
    wanted = told.picks[position - 1].item_id
    return next(one for one in read.figures.items if one.id == wanted)


def test_the_figures_are_those_of_the_story(told: Told) -> None:
    for number in range(12):
        sit(told, paper(1, *([2, 3, 4, 5, 6] if number < 3 else [])))
    read = told.figures()
    exam = read.figures.exam
    assert (read.release.papers, exam.papers, exam.items) == (12, 12, 20)
    assert exam.mean == pytest.approx((3 * 14 + 9 * 19) / 240)
    assert exam.pass_rate == pytest.approx(9 / 12)
    assert exam.scores == ((14, 3), (19, 9))
    assert (read.cut, read.pool) == (Fraction(4, 5), 231)
    first, second, last = (item_at(told, read, position) for position in (1, 2, 20))
    assert [first.facility, second.facility, last.facility] == [0.0, 9 / 12, 1.0]
    assert (first.discrimination, last.discrimination) == (None, None)
    assert second.discrimination == pytest.approx(1.0)
    assert (second.n, second.exposure, second.seconds, second.seconds_n) == (12, 1.0, GAP, 12)


@pytest.mark.parametrize("closed_by", ["ended", "withdrawn", None])
def test_what_does_not_count_is_left_out(told: Told, closed_by: str | None) -> None:
    for _ in range(10):
        sit(told, paper())
    sit(told, paper(*range(1, 21)), closed_by=closed_by)
    assert told.figures().figures.exam.papers == 10
    assert told.figures().figures.exam.mean == 1.0


def test_what_ran_out_counts_with_what_was_saved(told: Told) -> None:
    for _ in range(10):
        sit(told, paper(empty=(19, 20)), closed_by="ran_out")
    read = told.figures()
    last = item_at(told, read, 20)
    assert (last.n, last.facility, last.empty, last.seconds, last.seconds_n) == (10, 0.0, 1.0, None, 0)
    assert read.figures.exam.mean == pytest.approx(0.9)


def test_the_latest_answer_counts_and_its_times_add_up(told: Told) -> None:
    for _ in range(10):
        sit(told, paper(), changed_at=2)
    read = told.figures()
    changed = item_at(told, read, 2)
    assert changed.facility == 1.0
    # Thirty seconds at first, and the eighty gaps from the save of the last item to the change.
    assert changed.seconds == GAP + 80 * GAP
    assert item_at(told, read, 3).seconds == GAP


def test_one_paper_more_is_seen_at_once(told: Told) -> None:
    for _ in range(10):
        sit(told, paper())
    assert told.figures().figures.exam.papers == 10
    sit(told, paper(1))
    assert told.figures().figures.exam.papers == 11


def test_a_sitting_through_the_services_counts(told: Told) -> None:
    from app.cli import demo_story  # noqa: PLC0415  its `sit` beside the one of this story

    with told.database.transaction() as session:
        demo_story.sit(session, told.world.ben.actor, course_id=COURSE, at=NOW, right=True)
    read = told.figures()
    assert read.release.papers == 1
    assert (read.figures.exam.mean, len(read.figures.items)) == (None, 20)
    assert {one.facility for one in read.figures.items} == {None}


def test_a_release_is_told_beside_the_one_before(told: Told) -> None:
    for _ in range(20):
        sit(told, paper())
    with told.database.transaction() as session:
        newer = publish_and_sign(session, told.world, next_edition(), now=NOW).id
    assert told.figures().release.id == told.world.release_id  # nobody sat the newer one yet
    for number in range(20):
        sit(told, paper(*([5] if number < 12 else [])), release_id=newer)
    read = told.figures()
    assert (read.release.id, read.before and read.before.id) == (newer, told.world.release_id)
    drifted = item_at(told, read, 5)
    assert (drifted.facility, drifted.before) == (8 / 20, (1.0, 20))
    assert "drift" in drifted.flags
    assert [one.id for one in read.figures.items if "drift" in one.flags] == [drifted.id]
    assert told.figures(told.world.release_id).before is None


def test_a_withdrawn_release_tells_nothing(told: Told) -> None:
    for _ in range(12):
        sit(told, paper())
    with told.database.transaction() as session:
        certification.withdraw(
            session,
            actor=told.world.mira.actor,
            release_id=told.world.release_id,
            fact="",
            password=PASSWORD,
            reason="A figure was wrong.",
            now=NOW,
        )
    read = told.figures(told.world.release_id)
    assert (read.release.withdrawn, read.release.papers) == (True, 0)
    assert read.figures.items == ()


def test_another_organisation_sees_nothing(told: Told) -> None:
    sit(told, paper())
    with told.database.snapshot() as session:
        assert sat_releases(session, told.world.other_organisation_id) == ()
    for release_id in (None, told.world.release_id):
        with pytest.raises(NotFoundError):
            figures(told.database, told.world.other_organisation_id, release_id)
    with pytest.raises(NotFoundError):
        told.figures(999_999)


def test_a_database_is_asked_four_times_at_most(told: Told) -> None:
    for _ in range(10):
        sit(told, paper())
    asked: list[str] = []
    sa.event.listen(told.database.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    told.figures()
    assert len([one for one in asked if one.startswith("SELECT")]) == 4
    told.figures()
    assert len([one for one in asked if one.startswith("SELECT")]) == 6  # kept: the releases and the rules only


def test_the_file_tells_every_figure_with_its_n(told: Told) -> None:
    for _ in range(12):
        sit(told, paper(1))
    rows = [
        dict(zip(statistics_export.COLUMNS, row, strict=True)) for row in statistics_export.rows(told.figures(), "DEMO")
    ]
    assert {row["level"] for row in rows} == {"exam", "family", "fact", "item", "option", "variant"}
    assert {row["demo"] for row in rows} == {"DEMO"}
    first = told.picks[0].item_id
    [facility] = [row for row in rows if (row["level"], row["subject"], row["figure"]) == ("item", first, "facility")]
    assert (facility["value"], facility["n"], facility["flags"]) == (0.0, 12, ["hard"])
    assert all(row["value"] is None for row in rows if row["n"] < 10)
    [passed] = [row for row in rows if row["figure"] == "pass_rate"]
    assert (passed["value"], passed["n"]) == (1.0, 12)


def test_no_name_of_a_person_is_in_the_file(told: Told) -> None:
    for _ in range(12):
        sit(told, paper(1))
    with told.database.session() as session:
        names = set(session.scalars(sa.select(Account.name))) | set(session.scalars(sa.select(Account.email)))
    text = repr(list(statistics_export.rows(told.figures(), "")))
    assert [name for name in names if name in text] == []


@pytest.mark.parametrize("role", Role)
def test_only_who_writes_or_answers_for_content_may(role: Role) -> None:
    actor = Actor(account_id=1, organisation_id=1, grants=frozenset({(role, None)}))
    may = {Role.AUTHOR, Role.MEDICAL_DIRECTOR, Role.ADMINISTRATOR}
    assert actor.can(Action.SEE_STATISTICS) is (role in may)
