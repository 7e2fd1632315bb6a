"""How the items of a course were answered, release by release: stored papers read once, one after another."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from functools import cache
from itertools import groupby
from operator import itemgetter
from threading import Lock
from typing import Any

from sqlalchemy import ColumnElement, DateTime, Select, Text, bindparam, cast, exists, func, select, type_coerce
from sqlalchemy.orm import Session

from app.content.values import ItemType, Scoring
from app.errors import NotFoundError
from app.exams.item_analysis import ExamFigures, ItemFigures, exam_figures, item_figures
from app.exams.models import Attempt, PaperItem, Response
from app.exams.service import RAN_OUT, SUBMITTED
from app.exams.tally import Given, Tally, Variant
from app.releases import queries as releases
from app.releases.models import ItemContent, Release, ReleaseItem, ReleaseSignature, ReleaseWithdrawal

PAGE = 2000  # rows that are held at once
KEPT = 16  # releases whose figures a process keeps


@dataclass(frozen=True, kw_only=True, slots=True)
class SatRelease:
    """A signed release of a course with how many papers on it count; `withdrawn` whole, none does."""

    id: int
    course_id: str
    title: str
    edition: str
    papers: int
    withdrawn: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Figures:
    """An exam and its items by their papers."""

    exam: ExamFigures
    items: tuple[ItemFigures, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class CourseStatistics:
    """A release of a course with its figures; `before` is the release that drift is told against, `releases` are all.

    `cut` is the exam's cut score (0-1), `pool` how many items a paper is drawn from (0: it does not tell).
    """

    release: SatRelease
    before: SatRelease | None
    releases: tuple[SatRelease, ...]
    cut: Fraction
    pool: int
    objectives: Mapping[str, str]
    figures: Figures


_WHOLE = exists().where(
    ReleaseWithdrawal.organisation_id == Release.organisation_id,
    ReleaseWithdrawal.release_id == Release.id,
    ReleaseWithdrawal.fact == "",
)
_SIGNED = exists().where(ReleaseSignature.release_id == Release.id)


def counts() -> ColumnElement[bool]:
    """Return which attempts count: what was submitted or ran out, and was not ended by somebody else.

    A renewal's paper is shorter, and asks on purpose what its person found hard: it is no sample of the exam.
    """
    whole: ColumnElement[bool] = Attempt.proof["renewal", "core"].as_integer().is_(None)
    return Attempt.closed_by.in_((SUBMITTED, RAN_OUT)) & whole


def sat_releases(session: Session, organisation_id: int, course_id: str | None = None) -> tuple[SatRelease, ...]:
    """Return the signed releases of an organisation (of one course), by title, the newest first; one query."""
    query = (
        select(Release.id, Release.course_id, Release.title, Release.edition, func.count(Attempt.id), _WHOLE)
        .outerjoin(
            Attempt,
            (Attempt.organisation_id == Release.organisation_id) & (Attempt.release_id == Release.id) & counts(),
        )
        .where(Release.organisation_id == organisation_id, _SIGNED)
        .group_by(Release.id)
        .order_by(Release.title, Release.course_id, Release.published_at.desc(), Release.id.desc())
    )
    if course_id is not None:
        query = query.where(Release.course_id == course_id)
    return tuple(
        SatRelease(
            id=row[0],
            course_id=row[1],
            title=row[2],
            edition=row[3],
            papers=0 if row[5] else row[4],
            withdrawn=bool(row[5]),
        )
        for row in session.execute(query)
    )


def course_statistics(
    session: Session, *, organisation_id: int, course_id: str, release_id: int | None = None
) -> CourseStatistics:
    """Return the figures of a release: the asked one, else the newest that anybody sat; four queries at most.

    `session` must see one state of the database from beginning to end. NotFoundError where there is none such.
    """
    found = sat_releases(session, organisation_id, course_id)
    chosen = next(
        (one for one in found if (one.id == release_id if release_id else one.papers)),
        found[0] if found and release_id is None else None,
    )
    if chosen is None:
        raise NotFoundError
    before = next((one for one in found[found.index(chosen) + 1 :] if one.papers), None)
    release = releases.get_release(session, organisation_id, chosen.id)
    exam = release.manifest["exam"]
    cut = Fraction(exam["cut_score_percent"], 100)
    return CourseStatistics(
        release=chosen,
        before=before,
        releases=found,
        cut=cut,
        pool=release.manifest.get("items", 0),
        objectives=release.manifest["objectives"],
        figures=_figures(session, organisation_id, chosen, before, cut),
    )


def content_of(session: Session, hashed: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return an item as it is shown, and its key, by the hash that figures name."""
    row = session.execute(select(ItemContent.shown, ItemContent.keyed).where(ItemContent.hash == hashed)).one()
    return row[0], row[1]


# Closed papers never change: figures stay true until one more is closed, and how many there are is in the key.
_figured: dict[tuple[Any, ...], Figures] = {}
_one_keeps = Lock()


def _figures(
    session: Session, organisation_id: int, chosen: SatRelease, before: SatRelease | None, cut: Fraction
) -> Figures:
    key = (session.get_bind().engine.url, organisation_id, chosen, before)
    figured = _figured.get(key)
    if figured is None:
        figured = _read(session, organisation_id, chosen, before, cut)
        _keep(key, figured)
    return figured


def _keep(key: tuple[Any, ...], figured: Figures) -> None:
    with _one_keeps:
        while len(_figured) >= KEPT:
            del _figured[next(iter(_figured))]
        _figured[key] = figured


def _read(
    session: Session, organisation_id: int, chosen: SatRelease, before: SatRelease | None, cut: Fraction
) -> Figures:
    wanted = [one.id for one in (chosen, before) if one and one.papers]
    variants = _variants(session, wanted)
    tallies = {release: Tally(of_release) for release, of_release in variants.items()}
    for release, passed, paper in _papers(session, organisation_id, wanted):
        tallies[release].add(paper, passed=passed)
    tally = tallies.get(chosen.id, Tally({}))
    return Figures(exam=exam_figures(tally, cut), items=item_figures(tally, tallies.get(before.id) if before else None))


def _variants(session: Session, release_ids: Collection[int]) -> dict[int, dict[str, Variant]]:
    """Return what papers of releases can hold, by release and hash; one query."""
    found: dict[int, dict[str, Variant]] = {release: {} for release in release_ids}
    made: dict[str, Variant] = {}
    rows = session.execute(
        select(ReleaseItem.release_id, ItemContent.hash, ItemContent.keyed)
        .join(ItemContent, ItemContent.hash == ReleaseItem.item_hash)
        .where(ReleaseItem.release_id.in_(release_ids))
        .execution_options(yield_per=PAGE)
    )
    for release, hashed, keyed in rows:
        found[release][hashed] = made.setdefault(hashed, _variant(hashed, keyed))
    return found


def _variant(hashed: str, keyed: Mapping[str, Any]) -> Variant:
    return Variant(
        hash=hashed,
        item=keyed["id"],
        number=keyed["seed"],
        family=keyed["family"],
        row=keyed["key_row"],
        objective=keyed["objective"],
        type=ItemType(keyed["type"]),
        scoring=Scoring(keyed["scoring"]),
        critical=keyed["critical"],
        stem=keyed["stem"],
        options=tuple((option["id"], option["text"]) for option in keyed["options"]),
        key=keyed["key"],
    )


@cache
def _answers() -> Select[int, int, bool | None, datetime, int, str, str, datetime]:
    """Return the query of all responses to the papers that count, paper by paper; nothing of a row is an object."""
    plain = DateTime(timezone=True)  # an instant as the driver gives it: only differences are taken
    return (
        select(
            Attempt.id,
            Attempt.release_id,
            Attempt.passed,
            type_coerce(Attempt.started_at, plain),
            PaperItem.position,
            PaperItem.item_hash,
            cast(Response.chosen, Text),
            type_coerce(Response.saved_at, plain),
        )
        .join(PaperItem, PaperItem.attempt_id == Attempt.id)
        .outerjoin(Response, (Response.attempt_id == Attempt.id) & (Response.position == PaperItem.position))
        .where(
            Attempt.organisation_id == bindparam("organisation_id"),
            Attempt.release_id.in_(bindparam("release_ids", expanding=True)),
            counts(),
        )
        .order_by(Attempt.release_id, Attempt.id, PaperItem.position, Response.revision)
        .execution_options(yield_per=PAGE)
    )


def _papers(
    session: Session, organisation_id: int, release_ids: Collection[int]
) -> Iterator[tuple[int, bool, list[Given]]]:
    """Yield (release, passed, answers) of every paper that counts."""
    # On the connection: the session would make rows of its own, at a third of the whole cost.
    rows = session.connection().execute(
        _answers(), {"organisation_id": organisation_id, "release_ids": list(release_ids)}
    )
    for _, of_paper in groupby(rows, key=itemgetter(0)):
        paper = list(of_paper)
        yield paper[0][1], bool(paper[0][2]), _given(paper)


def _given(paper: list[Any]) -> list[Given]:
    """Return the latest answers of a paper, each with its time: the gaps that end with a save of it, added up.

    When an item was opened is not on record. A gap runs from the save before (at first: from the start) to this one.
    """
    latest: dict[int, tuple[str, str]] = {}
    saves: list[tuple[datetime, int]] = []
    for _, _, _, _, position, hashed, chosen, saved_at in paper:
        latest[position] = (hashed, chosen or "")
        if saved_at is not None:
            saves.append((saved_at, position))
    spent: dict[int, float] = {}
    before: datetime = paper[0][3]
    for saved_at, position in sorted(saves):
        spent[position] = spent.get(position, 0.0) + (saved_at - before).total_seconds()
        before = saved_at
    return [Given(hashed, chosen, spent.get(position)) for position, (hashed, chosen) in latest.items()]
