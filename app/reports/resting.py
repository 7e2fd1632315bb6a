"""Who rests on changed facts: the line from a fact to the certifications in force, and how each rests on it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import exists, select
from sqlalchemy.orm import Session, aliased

from app.certification.lifecycle import EventKind
from app.certification.models import Certification, CertificationEvent
from app.certification.queries import cells_of
from app.certification.recalling import Bond, Resting, touched_cells
from app.certification.scope import Cell, from_json
from app.content.compare import Change
from app.content.strike import facts_in
from app.content.values import SettingsRow
from app.exams.models import Attempt, PaperItem
from app.releases import comparing
from app.releases import queries as releases
from app.releases.manifest import settings_of
from app.releases.models import Release

GRANTS = (EventKind.ISSUED.value, EventKind.RENEWED.value, EventKind.SCOPE_REDUCED.value)
TAKEN_AWAY = (EventKind.REVOKED.value, EventKind.SUPERSEDED.value)


@dataclass(kw_only=True, slots=True)
class _Held:
    """A certification in force: the release that it rests on now, the attempts behind it, the cells that it grants."""

    account_id: int
    number: str
    release_id: int
    attempts: set[int] = field(default_factory=set)
    cells: frozenset[Cell] = frozenset()


@dataclass(frozen=True, kw_only=True, slots=True)
class _Taught:
    """What a release holds of changed rows: those still as they were, or missing; who asks and who shows them."""

    outdated: frozenset[str]
    missing: frozenset[str]
    items: Mapping[str, frozenset[str]]
    shown: frozenset[str]
    grants: frozenset[Cell] = frozenset()
    """What a certification on it can come to grant: practice adds cells later."""


def read_resting(
    session: Session, base: Release, release: Release, changes: Sequence[Change], day: date
) -> list[Resting]:
    """Return the certifications in force on a day that rest on the old side of changes; none that holds the new facts.

    One that was issued or renewed last on a release with the new rows rests on these.
    """
    held = _in_force(session, base.organisation_id, base.course_id, day)
    taught = {
        one: _taught(session, base.organisation_id, one, release, changes)
        for one in sorted({each.release_id for each in held.values()})
    }
    wanted = {item for one in taught.values() for items in one.items.values() for item in items}
    asked = _asked(session, {attempt for one in held.values() for attempt in one.attempts}, wanted)
    settings = (*settings_of(base.manifest), *settings_of(release.manifest))
    devices = {**release.manifest["devices"], **base.manifest["devices"]}
    found = []
    for certification_id, one in held.items():
        papers = {item for attempt in one.attempts for item in asked.get(attempt, ())}
        bonds = {
            change.key: told
            for change in changes
            if (told := _bonds(change, one, taught[one.release_id], papers, settings))
        }
        if bonds:
            mine = [change for change in changes if change.key in bonds]
            found.append(
                Resting(
                    certification_id=certification_id,
                    account_id=one.account_id,
                    number=one.number,
                    bonds=bonds,
                    cells=touched_cells(one.cells | taught[one.release_id].grants, mine, settings, devices),
                )
            )
    return found


def _bonds(
    change: Change, one: _Held, taught: _Taught, papers: Collection[str], settings: Sequence[SettingsRow]
) -> tuple[Bond, ...]:
    if change.key in taught.missing:
        return (Bond.WITHOUT,)
    if change.key not in taught.outdated:
        return ()
    bonds = []
    if taught.items.get(change.key, frozenset()) & set(papers):
        bonds.append(Bond.ASKED)
    if change.key.startswith("settings/") and touched_cells(one.cells, [change], settings, {}):
        bonds.append(Bond.CELLS)
    if change.key in taught.shown:
        bonds.append(Bond.TAUGHT)
    return tuple(bonds)


def _in_force(session: Session, organisation_id: int, course_id: str, day: date) -> dict[int, _Held]:
    """Return the certifications of a course that a period covers on a day, grace included, and nobody took away."""
    event, period, loss = CertificationEvent, aliased(CertificationEvent), aliased(CertificationEvent)
    covers = exists().where(
        period.certification_id == Certification.id, period.first_on <= day, period.grace_last_on >= day
    )
    lost = exists().where(
        loss.certification_id == Certification.id, loss.kind.in_(TAKEN_AWAY), loss.effective_on <= day
    )
    rows = session.execute(
        select(
            Certification.id,
            Certification.account_id,
            Certification.number,
            Certification.release_id,
            event.release_id,
            event.attempt_id,
            event.kind,
            event.cells,
            Attempt.release_id,
        )
        .join(event, event.certification_id == Certification.id)
        .outerjoin(Attempt, Attempt.id == event.attempt_id)
        .where(
            Certification.organisation_id == organisation_id,
            Certification.course_id == course_id,
            event.effective_on <= day,
            covers,
            ~lost,
        )
        .order_by(Certification.id, event.id)
        .execution_options(yield_per=1000)
    )
    found: dict[int, _Held] = {}
    for certification_id, account_id, number, first_release, release_id, attempt_id, kind, cells, sat in rows:
        one = found.setdefault(certification_id, _Held(account_id=account_id, number=number, release_id=first_release))
        # What was asked decides: who passed on one edition may be certified while the next one is in force.
        one.release_id = sat or release_id or one.release_id
        one.attempts.update([attempt_id] if attempt_id is not None else [])
        if cells is not None and kind in GRANTS:
            one.cells = frozenset(granted.cell for granted in from_json(cells))
        if cells is not None and kind == EventKind.SCOPE_EXTENDED.value:
            one.cells |= {granted.cell for granted in from_json(cells)}
    return found


def _taught(
    session: Session, organisation_id: int, release_id: int, new: Release, changes: Sequence[Change]
) -> _Taught:
    """Return what a release teaches of changed rows; the release with the changes teaches nothing outdated."""
    if release_id == new.id:
        return _Taught(outdated=frozenset(), missing=frozenset(), items={}, shown=frozenset())
    old = releases.get_release(session, organisation_id, release_id)
    mine = {one.key: one.values for one in comparing.pieces(session, old)}
    after = {change.key: {one.name: one.after for one in change.fields if one.after is not None} for change in changes}
    outdated = frozenset(key for key, values in after.items() if key in mine and mine[key] != values)
    missing = frozenset(key for key, values in after.items() if key not in mine and values)
    resting: dict[str, set[str]] = {key: {key} for key in outdated}  # an item written by hand is its own change
    for item, hit in releases.items_resting_on(session, old.id, outdated).items():
        for key in hit:
            resting[key].add(item)
    shown = {fact for _, html in releases.lessons(session, old.id) for fact in facts_in(html)}
    return _Taught(
        outdated=outdated,
        missing=missing,
        items={key: frozenset(items) for key, items in resting.items()},
        shown=frozenset(shown & outdated),
        grants=frozenset(each.cell for each in cells_of(old)),
    )


def _asked(session: Session, attempts: Collection[int], items: Collection[str]) -> dict[int, set[str]]:
    """Return which of these items each of these attempts asked."""
    query = select(PaperItem.attempt_id, PaperItem.item_id).where(PaperItem.item_id.in_(items))
    found: dict[int, set[str]] = {}
    wanted = sorted(attempts)
    for start in range(0, len(wanted), 1000):
        for attempt_id, item_id in session.execute(query.where(PaperItem.attempt_id.in_(wanted[start : start + 1000]))):
            found.setdefault(attempt_id, set()).add(item_id)
    return found
