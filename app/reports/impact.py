"""What rests on the changes of a release: items, open attempts, certifications in force, people and clinics, by id."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session, aliased

from app.certification.lifecycle import EventKind
from app.certification.models import Certification, CertificationEvent
from app.certification.scope import Cell, from_json
from app.content.compare import Change, ChangeClass
from app.content.strike import facts_in
from app.exams import queries as exams
from app.exams.models import Attempt, PaperItem
from app.learning.models import LessonCompletion
from app.people import queries as people
from app.people.models import RoleGrant
from app.people.permissions import Role
from app.releases import queries as releases
from app.releases.comparing import Comparison
from app.releases.impact import NO_IMPACT, Impact, Touched
from app.releases.manifest import settings_of
from app.releases.models import Release

COLUMNS = {
    "kind": "item, attempt, certification, person or clinic",
    "id": "Its id: as in the paper, the certification export and the trail",
    "name": "Certificate number, or the name of the person or clinic; empty for an item, and to who may not see people",
    "account": "The person, as in the trail's account and actor",
}
# A certification rests on what was asked and on what grants its cells. Text that people read changes none of it.
RESTS_ON = frozenset({ChangeClass.FACT, ChangeClass.KEY, ChangeClass.SCHEME})
OF_SOME_CELLS = (EventKind.SUSPENDED, EventKind.REINSTATED)
LOST = (EventKind.REVOKED.value, EventKind.SUPERSEDED.value)


@dataclass(frozen=True, kw_only=True, slots=True)
class _InForce:
    """A certification in force: who holds it, the attempts that earned it, the cells that it grants."""

    id: int
    account_id: int
    attempts: frozenset[int]
    cells: frozenset[Cell]


def read_impact(session: Session, found: Comparison, classes: Mapping[str, str], *, day: date, now: datetime) -> Impact:
    """Return what rests on the changes between two releases; NO_IMPACT for a course's first.

    `classes` are the confirmed classes by a change's digest. A change that was given a lighter class than the proposed
    one is counted all the same: who signs sees what would rest on it.
    """
    if found.base is None:
        return NO_IMPACT
    base = found.base
    given = {
        one.key: {one.change_class, ChangeClass(classes.get(one.digest, one.change_class))} for one in found.changes
    }
    graver = [change for change in found.changes if not change.added and given[change.key] & RESTS_ON]
    items = _items_by_change(session, base, found.changes)
    held = _certifications(session, base, day)
    papers = _asked(
        session, [one for each in held for one in each.attempts], {one for ids in items.values() for one in ids}
    )
    resting = {
        change.key: held
        if ChangeClass.SCHEME in given[change.key]
        else _resting(base, change, items[change.key], held, papers)
        for change in graver
    }
    sitting = _sitting(session, base, {one for change in graver for one in items[change.key]}, now)
    readers = _readers(session, base, graver)
    people_by_change = {
        change.key: {one.account_id for one in resting[change.key]} | readers[change.key] for change in graver
    }
    everybody = {one for ids in people_by_change.values() for one in ids} | set(sitting.values())
    return Impact(
        items=tuple(sorted({one for ids in items.values() for one in ids})),
        attempts=tuple(sorted(sitting)),
        certifications=tuple(sorted({one.id for ones in resting.values() for one in ones})),
        people=tuple(sorted(everybody)),
        clinics=tuple(sorted(_clinics(session, base.organisation_id, everybody))),
        by_change={
            change.key: Touched(
                items=len(items[change.key]),
                certifications=len(resting.get(change.key, ())),
                people=len(people_by_change.get(change.key, ())),
            )
            for change in found.changes
        },
    )


def rows_of(session: Session, organisation_id: int, impact: Impact, *, named: bool) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of an impact's export, in the order of COLUMNS; people and certificates by id unless `named`."""
    names = people.names(session, impact.people) if named else {}
    yield from (("item", one, "", None) for one in impact.items)
    sat = select(Attempt.id, Attempt.account_id).where(Attempt.id.in_(impact.attempts)).order_by(Attempt.id)
    yield from (("attempt", row[0], names.get(row[1], ""), row[1]) for row in session.execute(sat))
    held = (
        select(Certification.id, Certification.number, Certification.account_id)
        .where(Certification.organisation_id == organisation_id, Certification.id.in_(impact.certifications))
        .order_by(Certification.id)
    )
    yield from (("certification", row[0], row[1] if named else "", row[2]) for row in session.execute(held))
    yield from (("person", one, names.get(one, ""), one) for one in impact.people)
    clinics = {one.id: one.name for one in people.clinics(session, organisation_id, None)}
    yield from (("clinic", one, clinics.get(one, ""), None) for one in impact.clinics)


def _items_by_change(session: Session, base: Release, changes: Iterable[Change]) -> dict[str, frozenset[str]]:
    """Return the items of the release in force that rest on what each change touches."""
    keys = {change.key for change in changes}
    facts = releases.items_resting_on(session, base.id, keys)
    found: dict[str, set[str]] = {key: set() for key in keys}
    for item_id, hit in facts.items():
        for key in hit:
            found[key].add(item_id)
    known = {one.id for one in releases.pool_of(session, base).items}
    return {key: frozenset(ids | ({key} & known)) for key, ids in found.items()}


def _certifications(session: Session, base: Release, day: date) -> list[_InForce]:
    """Return the certifications of the course that a period covers on a day, grace included, and nobody took away."""
    event, period, loss = CertificationEvent, aliased(CertificationEvent), aliased(CertificationEvent)
    covers = exists().where(
        period.certification_id == Certification.id, period.first_on <= day, period.grace_last_on >= day
    )
    lost = exists().where(loss.certification_id == Certification.id, loss.kind.in_(LOST), loss.effective_on <= day)
    rows = session.execute(
        select(Certification.id, Certification.account_id, event.attempt_id, event.kind, event.cells)
        .join(event, event.certification_id == Certification.id)
        .where(
            Certification.organisation_id == base.organisation_id,
            Certification.course_id == base.course_id,
            covers,
            ~lost,
        )
        .order_by(Certification.id, event.id)
        .execution_options(yield_per=1000)
    )
    found: dict[int, tuple[int, set[int], list[dict[str, Any]]]] = {}
    for number, account_id, attempt_id, kind, cells in rows:
        _, attempts, _ = known = found.setdefault(number, (account_id, set(), []))
        if attempt_id is not None:
            attempts.add(attempt_id)
        if cells is not None and EventKind(kind) not in OF_SOME_CELLS:
            known[2][:] = cells
    return [
        _InForce(
            id=number,
            account_id=account_id,
            attempts=frozenset(attempts),
            cells=frozenset(one.cell for one in from_json(cells)),
        )
        for number, (account_id, attempts, cells) in found.items()
    ]


def _asked(session: Session, attempts: Collection[int], items: Collection[str]) -> dict[int, frozenset[str]]:
    """Return which of these items each of these attempts asked."""
    query = select(PaperItem.attempt_id, PaperItem.item_id).where(PaperItem.item_id.in_(items))
    found: dict[int, set[str]] = defaultdict(set)
    wanted = sorted(attempts)
    for start in range(0, len(wanted), 1000):
        for attempt_id, item_id in session.execute(query.where(PaperItem.attempt_id.in_(wanted[start : start + 1000]))):
            found[attempt_id].add(item_id)
    return {attempt_id: frozenset(ids) for attempt_id, ids in found.items()}


def _resting(
    base: Release,
    change: Change,
    items: frozenset[str],
    held: Iterable[_InForce],
    papers: Mapping[int, frozenset[str]],
) -> list[_InForce]:
    """Return the certifications that rest on a change: asked it, or granted by it."""
    table, _, row_id = change.key.partition("/")
    cells = {
        Cell(procedure=row.procedure, device=row.device, skin_type=skin_type)
        for row in (settings_of(base.manifest) if table == "settings" else ())
        if row.id == row_id
        for skin_type in range(row.skin_type_min, row.skin_type_max + 1)
    }
    return [
        one for one in held if one.cells & cells or any(papers.get(each, frozenset()) & items for each in one.attempts)
    ]


def _sitting(session: Session, base: Release, items: Collection[str], now: datetime) -> dict[int, int]:
    """Return the attempts that are open now and ask any of these items, each with whose it is."""
    running = {
        one.id: one.account_id
        for one in exams.unclosed(session, base.organisation_id, base.course_id)
        if one.release_id == base.id and one.deadline_at > now
    }
    asking = exams.asking(session, sorted(running), sorted(items)) if running and items else frozenset()
    return {one: account_id for one, account_id in running.items() if one in asking}


def _readers(session: Session, base: Release, changes: Iterable[Change]) -> dict[str, set[int]]:
    """Return who has read a lesson of the release in force that shows what each change touches."""
    shown: dict[str, set[str]] = defaultdict(set)
    for lesson_id, html in releases.lessons(session, base.id):
        for fact in facts_in(html):
            shown[fact].add(lesson_id)
    read: dict[str, set[int]] = defaultdict(set)
    rows = session.execute(
        select(LessonCompletion.lesson_id, LessonCompletion.account_id)
        .where(
            LessonCompletion.organisation_id == base.organisation_id,
            LessonCompletion.release_id == base.id,
        )
        .execution_options(yield_per=1000)
    )
    for lesson_id, account_id in rows:
        read[lesson_id].add(account_id)
    return {
        change.key: {account_id for lesson_id in shown[change.key] for account_id in read[lesson_id]}
        for change in changes
    }


def _clinics(session: Session, organisation_id: int, account_ids: Collection[int]) -> set[int]:
    """Return the clinics where these people treat."""
    rows = session.execute(
        select(RoleGrant.account_id, RoleGrant.clinic_id).where(
            RoleGrant.organisation_id == organisation_id,
            RoleGrant.role == Role.TECHNICIAN.value,
            RoleGrant.ended_at.is_(None),
        )
    )
    return {clinic_id for account_id, clinic_id in rows if clinic_id is not None and account_id in account_ids}
