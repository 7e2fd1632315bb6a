"""Reading certifications: what people hold as of a day, what they still need, whether they may sit an exam."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, or_, select
from sqlalchemy.orm import Session, aliased

from app.certification import scope
from app.certification.holds import Hold, Matching
from app.certification.lifecycle import (
    BEGINS_PERIOD,
    Event,
    EventKind,
    State,
    StateAsOf,
    event_of,
    resting_on,
    state_as_of,
)
from app.certification.models import Certification, CertificationEvent, Interlock, InterlockLift
from app.certification.recall_models import ENDED, Recall, RecallDecision, RecallDone, RecallTarget
from app.certification.recalling import RecallOn, hold_of, recall_on
from app.errors import NotFoundError
from app.people.models import Organisation, RoleGrant
from app.people.permissions import Role
from app.releases.manifest import scheme_of, settings_of
from app.releases.models import Release

FINAL = (State.REVOKED, State.SUPERSEDED)
_Resting = tuple[int, Mapping[str, str] | None]  # a release, and the hashes of its lessons where they are asked for


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """A certification with its events; its state is folded from them for whatever day is asked."""

    certification: Certification
    events: tuple[Event, ...]
    requires: tuple[tuple[str, tuple["Held", ...]], ...] = ()
    """The title of each certification that it requires, with all that the person ever held of it."""
    holds: tuple[Hold, ...] = ()
    """What keeps cells of it back though nobody acted on it."""
    recalls: tuple[RecallOn, ...] = ()
    """The recalls that concern it, the earliest first; those past their last day are among the `holds`."""
    release_id: int | None = None
    """The release that it was issued or renewed on last."""
    taught: Mapping[str, str] | None = None
    """The hashes of that release's lessons; None where it kept none, or nobody asked."""

    def on(self, day: date, known_at: datetime) -> StateAsOf:
        """Return the state on a day, as known at an instant; what it requires has to be in force as well."""
        own = state_as_of(self.events, day, known_at, self.holds)
        return resting_on(own, ((title, [one.on(day, known_at) for one in held]) for title, held in self.requires))


def held_by(
    session: Session,
    organisation_id: int,
    account_ids: Collection[int],
    course_ids: Collection[str] | None = None,
    *,
    taught: bool = False,
) -> dict[int, list[Held]]:
    """Return the certifications of people with their events, by account, oldest first; one query.

    `taught` brings along what the lessons were that each rests on: for a few people, not for a whole board.
    """
    of = {"organisation_id": organisation_id, "account_ids": account_ids}
    found: dict[int, list[Held]] = {}
    for held in folded(session.execute(_held_by(taught=taught), of)):  # of all courses: one may rest on another
        if course_ids is None or held.certification.course_id in course_ids:
            found.setdefault(held.certification.account_id, []).append(held)
    return found


@cache
def _held_by(*, taught: bool) -> Select[Any]:
    query = WITH_EVENTS.where(
        Certification.organisation_id == bindparam("organisation_id"),
        Certification.account_id.in_(bindparam("account_ids", expanding=True)),
    )
    if not taught:
        return query
    hashes = Release.manifest["lesson_hashes"].label("taught")
    return query.add_columns(hashes).outerjoin(Release, Release.id == CertificationEvent.release_id)


# Whoever folds states reads these rows: a certification is in few recalls if any, so that one query brings them along.
WITH_EVENTS = (
    select(
        Certification,
        CertificationEvent,
        Recall,
        RecallTarget.cells,
        RecallDone.done_on,
        RecallDone.done_at,
        RecallDecision.decided_on,
        RecallDecision.decided_at,
    )
    .join(CertificationEvent, CertificationEvent.certification_id == Certification.id)
    .outerjoin(
        RecallTarget,
        (RecallTarget.organisation_id == Certification.organisation_id)
        & (RecallTarget.certification_id == Certification.id),
    )
    .outerjoin(Recall, Recall.id == RecallTarget.recall_id)
    .outerjoin(
        RecallDone,
        (RecallDone.organisation_id == Certification.organisation_id)
        & (RecallDone.recall_id == RecallTarget.recall_id)
        & (RecallDone.account_id == Certification.account_id),
    )
    .outerjoin(
        RecallDecision,
        (RecallDecision.organisation_id == Certification.organisation_id)
        & (RecallDecision.recall_id == RecallTarget.recall_id)
        & (RecallDecision.kind == ENDED),
    )
    .order_by(Certification.course_id, Certification.ordinal, CertificationEvent.id, RecallTarget.recall_id)
)
_asked = aliased(Certification)
# All that the holder of one certification holds: it may rest on another.
_WITH_ITS_HOLDERS = WITH_EVENTS.join(
    _asked, (_asked.organisation_id == Certification.organisation_id) & (_asked.account_id == Certification.account_id)
)


def held_in(session: Session, organisation_id: int, account_ids: Collection[int] | None) -> list[Held]:
    """Return all certifications of an organisation, or (given) of these people, with their events; one query."""
    query = WITH_EVENTS.where(Certification.organisation_id == organisation_id)
    return folded(
        session.execute(query if account_ids is None else query.where(Certification.account_id.in_(account_ids)))
    )


def held_among(session: Session, organisation_id: int, certification_ids: Collection[int]) -> list[Held]:
    """Return those of these certifications that are this organisation's, with what each requires; one query."""
    holders = select(Certification.account_id).where(
        Certification.organisation_id == organisation_id, Certification.id.in_(certification_ids)
    )
    query = WITH_EVENTS.where(Certification.organisation_id == organisation_id, Certification.account_id.in_(holders))
    return [one for one in folded(session.execute(query)) if one.certification.id in set(certification_ids)]


def get_held(session: Session, certification_id: int, organisation_id: int) -> Held:
    """Return a certification of this organisation with its events; another's is not found."""
    query = _WITH_ITS_HOLDERS.where(_asked.organisation_id == organisation_id, _asked.id == certification_id)
    found = [one for one in folded(session.execute(query)) if one.certification.id == certification_id]
    if not found:
        raise NotFoundError
    return found[0]


def by_number(session: Session, number: str) -> Held | None:
    """Return the certification with a number, of whatever organisation: this is what a stranger may ask."""
    found = folded(session.execute(_WITH_ITS_HOLDERS.where(_asked.number == number)))
    return next((one for one in found if one.certification.number == number), None)


def folded(rows: Iterable[Any]) -> list[Held]:
    """Return the certifications in rows of `WITH_EVENTS`, whatever else stands in these, with what each requires."""
    certifications: dict[int, Certification] = {}
    events: dict[int, dict[int, Event]] = {}
    recalls: dict[int, dict[int, RecallOn]] = {}
    resting: dict[int, _Resting] = {}
    for row in rows:
        certification, event, recall = row[:3]
        certifications[certification.id] = certification
        known = events.setdefault(certification.id, {})
        if event.id not in known:
            known[event.id] = event_of(event)
        if event.kind in BEGINS_PERIOD and event.release_id is not None:
            resting[certification.id] = (event.release_id, getattr(row, "taught", None))
        if recall is not None:
            recalls.setdefault(certification.id, {}).setdefault(
                recall.id, recall_on(recall, row.cells, row.done_on, row.done_at, row.decided_on, row.decided_at)
            )
    return with_required(
        [
            _held(one, tuple(events[key].values()), tuple(recalls.get(key, {}).values()), resting.get(key))
            for key, one in certifications.items()
        ]
    )


def _held(
    certification: Certification, events: tuple[Event, ...], recalls: tuple[RecallOn, ...], resting: _Resting | None
) -> Held:
    holds = tuple(hold for one in recalls if (hold := hold_of(one)))
    release_id, taught = resting or (None, None)
    return Held(
        certification=certification, events=events, holds=holds, recalls=recalls, release_id=release_id, taught=taught
    )


def with_required(found: Sequence[Held]) -> list[Held]:
    """Return certifications with those of the same person that each requires beside it, in the order given."""
    held: dict[tuple[int, str], list[Held]] = {}
    for one in found:
        held.setdefault((one.certification.account_id, one.certification.course_id), []).append(one)

    def linked(one: Held) -> Held:
        asked = one.certification.scheme.get("requires", ())  # certifications of the first editions keep no such list
        of = one.certification.account_id
        return replace(
            one,
            requires=tuple(
                (each["title"], tuple(linked(other) for other in held.get((of, each["course"]), ()))) for each in asked
            ),
        )

    return [linked(one) for one in found]


def hold_interlocks(session: Session, organisation_id: int, *, changing: bool = False) -> None:
    """Hold which interlocks an organisation has to the end of the transaction, so that none is set beside a grant.

    Who grants holds them together with others who do; who is `changing` them waits for all of these, and they for it.
    It is a statement of its own: what is read after it sees what was committed while it waited.
    """
    held = select(Organisation.id).where(Organisation.id == organisation_id)
    # Not FOR UPDATE: every new row that names the organisation shares its key, and would wait for an interlock.
    session.execute(held.with_for_update(read=not changing, key_share=changing)).all()


def interlocks_on(session: Session, organisation_id: int, account_id: int) -> Sequence[Interlock]:
    """Return the interlocks that nobody lifted and that concern what a person may treat; one query."""
    clinics = select(RoleGrant.clinic_id).where(
        RoleGrant.organisation_id == organisation_id,
        RoleGrant.account_id == account_id,
        RoleGrant.role == Role.TECHNICIAN.value,
        RoleGrant.ended_at.is_(None),
    )
    query = (
        select(Interlock)
        .outerjoin(InterlockLift, InterlockLift.interlock_id == Interlock.id)
        .where(
            Interlock.organisation_id == organisation_id,
            InterlockLift.interlock_id.is_(None),
            or_(Interlock.clinic_id.is_(None), Interlock.clinic_id.in_(clinics)),
        )
    )
    return session.scalars(query.order_by(Interlock.id)).all()


def held_by_interlock(session: Session, certification_id: int, interlock_id: int) -> frozenset[scope.Cell]:
    """Return the cells of a certification that an interlock ever held."""
    query = select(CertificationEvent.cells).where(
        CertificationEvent.certification_id == certification_id,
        CertificationEvent.interlock_id == interlock_id,
        CertificationEvent.kind == EventKind.SUSPENDED.value,
    )
    return frozenset(one.cell for cells in session.scalars(query) for one in scope.from_json(cells or []))


def matching_of(one: Interlock) -> Matching:
    """Return which cells, and whose, a stored interlock means."""
    return Matching(
        device=one.device,
        procedure=one.procedure,
        skin_types=frozenset(one.skin_types),
        clinic_id=one.clinic_id,
    )


def cells_of(release: Release, withdrawn: Collection[str] = ()) -> tuple[scope.GrantedCell, ...]:
    """Return the cells that a release's scheme grants, without those of withdrawn rows ("settings/set-004")."""
    rows = [row for row in settings_of(release.manifest) if f"settings/{row.id}" not in withdrawn]
    return scope.granted_cells(scheme_of(release.manifest), rows)
