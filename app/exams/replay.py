"""Stored papers read page by page and scored anew under the signed corrections of their items; nothing is written."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sqlalchemy import exists, func, literal, select, tuple_
from sqlalchemy.orm import Session

from app.content.values import Exam
from app.errors import RefusedError
from app.exams.case_models import SIGNED, CaseDecision, CaseProposal, ItemCase
from app.exams.models import CLOSED_BY_WITHDRAWAL, ENDED, Attempt, PaperItem, Response
from app.exams.regrading import Answered, Change, Correction, Policy, scored
from app.exams.scoring import Result, ScoredItem, score_paper
from app.releases.manifest import exam_of
from app.releases.models import ItemContent, Release

PAGE = 200  # attempts that are held at once
REMEMBERED = 20_000  # different responses whose worth is kept: most people choose what others chose
# Of `Attempt.closed_by`: these were scored for the record, and never pass.
VOID = frozenset({ENDED, CLOSED_BY_WITHDRAWAL})


@dataclass(frozen=True, kw_only=True, slots=True)
class Replayed:
    """One attempt scored anew: what changes, and the whole result that it would have."""

    change: Change
    result: Result


def corrections(session: Session, organisation_id: int) -> dict[str, Correction]:
    """Return the signed corrections of items by content hash; of two for one item the later signed."""
    query = (
        select(ItemCase.item_hash, CaseProposal.policy, CaseProposal.key, ItemCase.id)
        .join(CaseDecision, (CaseDecision.case_id == ItemCase.id) & (CaseDecision.kind == SIGNED))
        .join(CaseProposal, CaseProposal.id == CaseDecision.proposal_id)
        .where(ItemCase.organisation_id == organisation_id, CaseDecision.organisation_id == organisation_id)
        .order_by(CaseDecision.id)
    )
    return {row[0]: Correction(policy=Policy(row[1]), key=row[2], case_id=row[3]) for row in session.execute(query)}


def replay(
    session: Session, *, organisation_id: int, course_id: str, item_hash: str, correction: Correction
) -> Iterator[Replayed]:
    """Yield every closed attempt of a course that asked an item, scored with one more correction; person by person.

    The corrections that were signed before stay in force. RefusedError where an attempt would be left without items.
    """
    known = {**corrections(session, organisation_id), item_hash: correction}
    papers = _Papers(session, known)
    last = (0, course_id, 0)
    while page := _page(session, organisation_id, course_id, item_hash, last):
        asked = _answered(session, [row.id for row in page])
        papers.read(item for items in asked.values() for item in items)
        for row in page:
            yield papers.replayed(row, asked[row.id])
        last = (page[-1].account_id, course_id, page[-1].number)


def recounted(session: Session, attempt: Attempt) -> tuple[Replayed, list[int]] | None:
    """Return an attempt that just closed, scored under the corrections signed before, and the ids of their cases.

    None where none of them is about an item of its paper.
    """
    known = corrections(session, attempt.organisation_id)
    if not known:
        return None
    asked = _answered(session, [attempt.id])[attempt.id]
    cases = [one.case_id for one in {row.item_hash: known.get(row.item_hash) for row in asked}.values() if one]
    if not cases:
        return None
    papers = _Papers(session, known)
    papers.read(asked)
    return papers.replayed(attempt, asked), sorted(one for one in cases if one is not None)


class _Papers:
    """Scores papers; of every item and release the part that a score needs is read once."""

    def __init__(self, session: Session, known: Mapping[str, Correction]) -> None:
        self._session = session
        self._known = known
        self._keyed: dict[str, Mapping[str, Any]] = {}
        self._exams: dict[int, Exam] = {}
        self._scored: dict[tuple[Any, ...], list[ScoredItem]] = {}

    def read(self, items: Iterable[Any]) -> None:
        """Read the keys of items that were not read yet; one query."""
        fresh = {row.item_hash for row in items} - set(self._keyed)
        if not fresh:
            return
        rows = self._session.execute(select(ItemContent.hash, ItemContent.keyed).where(ItemContent.hash.in_(fresh)))
        for item_hash, keyed in rows:
            self._keyed[item_hash] = {name: keyed[name] for name in ("type", "scoring", "key", "objective")}

    def replayed(self, attempt: Any, asked: Sequence[Any]) -> Replayed:
        """Return one attempt scored anew."""
        try:
            result = score_paper(
                [item for row in asked for item in self._scored_item(row)], self._exam(attempt.release_id)
            )
        except ValueError as error:
            raise RefusedError(
                f"Attempt {attempt.id} would be left without any question. Choose another policy."
            ) from error
        change = Change(
            attempt_id=attempt.id,
            account_id=attempt.account_id,
            before=(Fraction(attempt.score_numerator, attempt.score_denominator), bool(attempt.passed)),
            after=(result.score, result.passed and attempt.closed_by not in VOID),
        )
        return Replayed(change=change, result=result)

    def _scored_item(self, row: Any) -> list[ScoredItem]:
        """Return an item with what its response is worth, none where it is dropped; equal ones are scored once."""
        known = (row.item_hash, row.section, row.critical, repr(row.chosen))
        if known not in self._scored:
            if len(self._scored) >= REMEMBERED:
                self._scored.clear()
            answered = Answered(
                section=row.section,
                critical=row.critical,
                keyed=self._keyed[row.item_hash],
                chosen=row.chosen,
                correction=self._known.get(row.item_hash),
            )
            self._scored[known] = scored([answered])
        return self._scored[known]

    def _exam(self, release_id: int) -> Exam:
        if release_id not in self._exams:
            self._exams[release_id] = exam_of(self._session.get_one(Release, release_id).manifest)
        return self._exams[release_id]


def _page(
    session: Session, organisation_id: int, course_id: str, item_hash: str, last: tuple[int, str, int]
) -> Sequence[Any]:
    """Return the next closed attempts that asked an item, with what counts of them.

    They are read in the order of the key of attempts, so that a page begins where the one before ended.
    """
    place = (Attempt.account_id, Attempt.course_id, Attempt.number)
    asks = exists().where(PaperItem.attempt_id == Attempt.id, PaperItem.item_hash == item_hash)
    return session.execute(
        select(
            Attempt.id,
            Attempt.account_id,
            Attempt.number,
            Attempt.release_id,
            Attempt.closed_by,
            Attempt.score_numerator,
            Attempt.score_denominator,
            Attempt.passed,
        )
        .where(
            Attempt.organisation_id == organisation_id,
            tuple_(*place) > tuple_(*map(literal, last)),
            Attempt.course_id == course_id,
            Attempt.closed_at.is_not(None),
            asks,
        )
        .order_by(*place)
        .limit(PAGE)
    ).all()


def _answered(session: Session, attempt_ids: Sequence[int]) -> dict[int, list[Any]]:
    """Return the papers of attempts with the latest response to each item, by attempt, in order; one query."""
    newest = (
        select(Response.attempt_id, Response.position, func.max(Response.revision).label("revision"))
        .where(Response.attempt_id.in_(attempt_ids))
        .group_by(Response.attempt_id, Response.position)
        .subquery()
    )
    rows = session.execute(
        select(
            PaperItem.attempt_id,
            PaperItem.section,
            PaperItem.item_hash,
            PaperItem.critical,
            Response.chosen,
        )
        .outerjoin(newest, (newest.c.attempt_id == PaperItem.attempt_id) & (newest.c.position == PaperItem.position))
        .outerjoin(
            Response,
            (Response.attempt_id == PaperItem.attempt_id)
            & (Response.position == PaperItem.position)
            & (Response.revision == newest.c.revision),
        )
        .where(PaperItem.attempt_id.in_(attempt_ids))
        .order_by(PaperItem.attempt_id, PaperItem.position)
    )
    found: dict[int, list[Any]] = {attempt_id: [] for attempt_id in attempt_ids}
    for row in rows:
        found[row.attempt_id].append(row)
    return found
