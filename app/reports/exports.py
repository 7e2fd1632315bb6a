"""What an auditor takes away: the certification records and the trail of an organisation, as of a day, row by row."""

import json
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from functools import lru_cache
from itertools import groupby
from sys import maxsize
from typing import Any, cast

from sqlalchemy import ColumnElement, Connection, Row, Select, Text, case, func, or_, select
from sqlalchemy import cast as sql_cast
from sqlalchemy.orm import Session, aliased

from app.audit.models import Entry, EntryDetail
from app.certification.dates import Period
from app.certification.lifecycle import Event, EventKind, StateAsOf, resting_on, state_as_of
from app.certification.models import Certification, CertificationEvent
from app.certification.recall_queries import recalls_on
from app.certification.recalling import RecallOn, hold_of, recalls_told
from app.certification.scope import SKIN_TYPES, GrantedCell, cells_as_grid, from_json
from app.clock import start_of
from app.content.values import Decision
from app.exams.case_models import Regrade
from app.exams.models import Attempt, counting
from app.exams.scoring import percent_shown
from app.people.models import Account, Clinic, RoleGrant
from app.people.permissions import Role
from app.releases.manifest import DECISIONS, procedure_name, span
from app.releases.models import Release
from app.reports.columns import CERTIFICATION_COLUMNS, TRAIL_COLUMNS

PAGE = 1000  # rows that are held at once
DEMO = "DEMO"
AnyRow = Row[*tuple[Any, ...]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What an export is asked for: whose records, as of which day, and up to which instant they are known."""

    organisation_id: int
    zone: str
    is_demo: bool
    day: date
    known_at: datetime

    @property
    def end(self) -> datetime:
        """The instant at which the day is over where the organisation is."""
        return start_of(self.zone, self.day + timedelta(days=1))

    @property
    def demo(self) -> str:
        """What the first column says of every row."""
        return DEMO if self.is_demo else ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """What happened to a certification, and the recalls that concern it."""

    acts: list[AnyRow]
    recalls: Sequence[RecallOn]


@dataclass(frozen=True, kw_only=True, slots=True)
class Export:
    """One thing to take away: its columns with their meanings, how many rows it has, and the rows in that order."""

    name: str
    columns: Mapping[str, str]
    count: Callable[[Session, Asked], int]
    rows: Callable[[Session, Asked], Iterator[tuple[Any, ...]]]


def count_certifications(session: Session, asked: Asked) -> int:
    """Return how many certifications had been issued by the day."""
    return session.scalar(select(func.count()).select_from(Certification).where(*_issued(asked))) or 0


def certification_rows(session: Session, asked: Asked) -> Iterator[tuple[Any, ...]]:
    """Yield the certifications issued by the day, by person, each folded into its state on that day."""
    connection = session.connection()
    query = (
        select(
            Certification.id,
            Certification.number,
            Certification.name,
            Certification.account_id,
            Certification.course_id,
            sql_cast(Certification.scheme, Text).label("scheme"),
        )
        .where(*_issued(asked))
        .order_by(Certification.account_id, Certification.course_id, Certification.ordinal)
    )
    told = (asked.demo, asked.day.isoformat(), _instant(asked.known_at))
    # The grants of who comes after the last certified person stay unread: their cursor is closed here.
    with closing(_grants(connection, asked)) as grants:
        with_acts = _with_acts(connection, asked, _pages(connection, query))
        # Of one person at a time: one certification may rest on another.
        for _, found in groupby(_with_clinics(with_acts, grants), key=lambda one: one[0].account_id):
            yield from ((*told, *row) for row in _of_person(list(found), asked))


def count_entries(session: Session, asked: Asked) -> int:
    """Return how many entries the trail held at the end of the day."""
    return session.scalar(select(func.count()).select_from(Entry).where(*_recorded(asked))) or 0


def entry_rows(session: Session, asked: Asked) -> Iterator[tuple[Any, ...]]:
    """Yield the entries of the trail up to the end of the day, in the order in which they were recorded."""
    concerned, acting = aliased(Account), aliased(Account)
    query = (
        select(
            Entry.id,
            Entry.recorded_at,
            Entry.kind,
            Entry.subject,
            Entry.account_id,
            _named(concerned),
            Entry.actor_id,
            _named(acting),
            Entry.commitment,
            EntryDetail.detail,
            EntryDetail.salt,
        )
        .outerjoin(EntryDetail, EntryDetail.entry_id == Entry.id)
        .outerjoin(concerned, concerned.id == Entry.account_id)
        .outerjoin(acting, acting.id == Entry.actor_id)
        .where(*_recorded(asked))
        .order_by(Entry.recorded_at, Entry.id)
    )
    for page in _pages(session.connection(), query):
        for entry_id, recorded_at, *rest in page:
            yield (asked.demo, entry_id, _instant(recorded_at), *rest)


def _named(account: type[Account]) -> ColumnElement[str | None]:
    """Return a person's name, unless what was personal in the entry is erased: an id is then all that stays."""
    return case((EntryDetail.entry_id.is_not(None), account.name))


CERTIFICATIONS = Export(
    name="certifications", columns=CERTIFICATION_COLUMNS, count=count_certifications, rows=certification_rows
)
TRAIL = Export(name="trail", columns=TRAIL_COLUMNS, count=count_entries, rows=entry_rows)


def _issued(asked: Asked) -> tuple[ColumnElement[bool], ...]:
    issue = select(CertificationEvent.id).where(
        CertificationEvent.certification_id == Certification.id,
        CertificationEvent.kind == EventKind.ISSUED.value,
        CertificationEvent.effective_on <= asked.day,
        CertificationEvent.recorded_at <= asked.known_at,
    )
    return Certification.organisation_id == asked.organisation_id, issue.exists()


def _recorded(asked: Asked) -> tuple[ColumnElement[bool], ...]:
    return Entry.organisation_id == asked.organisation_id, Entry.recorded_at < asked.end


def _pages(connection: Connection, query: Select[*tuple[Any, ...]]) -> Iterator[Sequence[AnyRow]]:
    with connection.execute(query, execution_options={"yield_per": PAGE}) as result:
        yield from result.partitions()


def _with_acts(
    connection: Connection, asked: Asked, pages: Iterable[Sequence[AnyRow]]
) -> Iterator[tuple[AnyRow, Told]]:
    """Add to certifications what happened to them and which recalls concern them, two queries a page."""
    known = _acts(asked)
    for page in pages:
        acts: dict[int, list[AnyRow]] = {row.id: [] for row in page}
        for act in connection.execute(known.where(CertificationEvent.certification_id.in_(acts))):
            acts[act.certification_id].append(act)
        recalls = recalls_on(connection, asked.organisation_id, list(acts))
        yield from ((row, Told(acts=acts[row.id], recalls=recalls.get(row.id, ()))) for row in page)


def _acts(asked: Asked) -> Select[*tuple[Any, ...]]:
    """Return what happened to certifications, with the scores that counted for all that was known then."""
    attempt = (Attempt.id, Attempt.organisation_id)
    counted = [
        func.coalesce(counting(attempt, regraded, asked.known_at), original)
        for regraded, original in (
            (Regrade.score_numerator, Attempt.original_numerator),
            (Regrade.score_denominator, Attempt.original_denominator),
        )
    ]
    return (
        select(
            CertificationEvent.certification_id,
            CertificationEvent.id,
            CertificationEvent.kind,
            CertificationEvent.effective_on,
            CertificationEvent.recorded_at,
            CertificationEvent.reason_code,
            CertificationEvent.reason,
            CertificationEvent.first_on,
            CertificationEvent.last_on,
            CertificationEvent.grace_last_on,
            CertificationEvent.due_from_on,
            sql_cast(CertificationEvent.cells, Text).label("cells"),
            CertificationEvent.lifts_id,
            CertificationEvent.release_id,
            CertificationEvent.attempt_id,
            Release.content_hash,
            counted[0].label("score_numerator"),
            counted[1].label("score_denominator"),
            Attempt.original_numerator.label("original_numerator"),
            Attempt.original_denominator.label("original_denominator"),
            counting(attempt, Regrade.case_id, asked.known_at).label("case_id"),
            sql_cast(Attempt.proof, Text).label("proof"),
        )
        .outerjoin(Release, Release.id == CertificationEvent.release_id)
        .outerjoin(Attempt, Attempt.id == CertificationEvent.attempt_id)
        .where(CertificationEvent.recorded_at <= asked.known_at)
    )


def _grants(connection: Connection, asked: Asked) -> Generator[AnyRow, None, None]:
    """Yield the clinics where people were technicians at the end of the day, by person."""
    query = (
        select(RoleGrant.account_id, Clinic.name)
        .join(Clinic, Clinic.id == RoleGrant.clinic_id)
        .where(
            RoleGrant.organisation_id == asked.organisation_id,
            RoleGrant.role == Role.TECHNICIAN.value,
            RoleGrant.granted_at < asked.end,
            or_(RoleGrant.ended_at.is_(None), RoleGrant.ended_at >= asked.end),
        )
        .order_by(RoleGrant.account_id, Clinic.name)
    )
    for page in _pages(connection, query):
        yield from page


def _with_clinics(
    rows: Iterable[tuple[AnyRow, Told]], grants: Iterable[AnyRow]
) -> Iterator[tuple[AnyRow, Told, list[str]]]:
    """Join certifications and clinics, both sorted by person, so that only one person's are held at a time."""
    people = groupby(grants, key=lambda grant: grant.account_id)
    person, clinics = 0, list[str]()
    for row, told in rows:
        while person < row.account_id:
            person, found = next(people, (maxsize, ()))
            clinics = [grant.name for grant in found]
        yield row, told, clinics if person == row.account_id else []


def _of_person(found: list[tuple[AnyRow, Told, list[str]]], asked: Asked) -> Iterator[tuple[Any, ...]]:
    """Yield what a person's certifications are on the day, each with what it requires beside it."""
    events = {row.id: [_event(act) for act in told.acts] for row, told, _ in found}
    holds = {row.id: [hold for one in told.recalls if (hold := hold_of(one))] for row, told, _ in found}
    held: dict[str, list[AnyRow]] = {}
    for row, _, _ in found:
        held.setdefault(row.course_id, []).append(row)

    def state(row: AnyRow) -> StateAsOf:
        own = state_as_of(events[row.id], asked.day, asked.known_at, holds[row.id])
        asks = _scheme(row.scheme).get("requires", ())
        return resting_on(own, ((one["title"], [state(each) for each in held.get(one["course"], ())]) for one in asks))

    for row, told, clinics in found:
        recall = recalls_told(told.recalls, asked.known_at)
        yield (*_certification(row, told.acts, events[row.id], state(row), clinics), recall)


def _certification(
    row: AnyRow, acts: list[AnyRow], events: list[Event], state: StateAsOf, clinics: list[str]
) -> tuple[Any, ...]:
    scheme = _scheme(row.scheme)
    return (
        row.number,
        row.name,
        row.account_id,
        clinics,
        row.course_id,
        scheme["title"],
        scheme["edition"],
        *_state(state),
        _cells(state.cells, row.scheme),
        _held(state, row.scheme),
        [device["name"] for device in scheme["devices"].values()],
        *_evidence(acts, events, state),
        scheme["issuer"],
        scheme["disclaimer"],
    )


def _event(act: AnyRow) -> Event:
    """Return an act as the fold reads it; few scopes are ever granted, so that equal ones are read once."""
    return Event(
        kind=EventKind(act.kind),
        effective_on=act.effective_on,
        recorded_at=act.recorded_at,
        seq=act.id,
        period=_period(act) if act.first_on else None,
        cells=_granted(act.cells) if act.cells not in (None, "null") else None,
        reason_code=act.reason_code,
        reason=act.reason,
        lifts=act.lifts_id,
    )


def _period(act: AnyRow) -> Period:
    return Period(
        first_on=act.first_on, last_on=act.last_on, grace_last_on=act.grace_last_on, due_from_on=act.due_from_on
    )


@lru_cache(maxsize=256)
def _granted(text: str) -> tuple[GrantedCell, ...]:
    return from_json(json.loads(text))


def _state(state: StateAsOf) -> tuple[Any, ...]:
    counted, latest = state.period, state.latest_period
    return (
        state.state.value,
        state.due,
        _day(state.since_on),
        _day(state.first_issued_on),
        _day(counted.first_on if counted else None),
        _day(latest.last_on if latest else None),
        _day(latest.grace_last_on if latest else None),
        _day(latest.due_from_on if latest else None),
        state.reason_code,
        state.reason,
    )


def _evidence(acts: Sequence[AnyRow], events: Sequence[Event], state: StateAsOf) -> tuple[Any, ...]:
    """Return what the latest period rests on: release and its hash, attempt, score, first score and case, the draw."""
    resting = [act for act, event in zip(acts, events, strict=True) if event.period == state.latest_period]
    act = max(resting, key=lambda one: one.id)
    numerator, denominator = act.score_numerator, act.score_denominator
    percent = percent_shown(Fraction(numerator, denominator)) if denominator else None
    first = f"{act.original_numerator}/{act.original_denominator}" if act.case_id else None
    told = (act.release_id, act.content_hash, act.attempt_id, percent, numerator, denominator)
    return *told, _proof(act.proof), first, act.case_id


def _proof(text: str | None) -> dict[str, Any] | None:
    """Return how a paper was drawn; the seed as text, since many readers of JSON round so large a number."""
    proof = json.loads(text) if text else None
    return {**proof, "seed": str(proof["seed"])} if proof else None


@lru_cache(maxsize=64)
@lru_cache(maxsize=256)
def _scheme(text: str) -> dict[str, Any]:
    return cast("dict[str, Any]", json.loads(text))


@lru_cache(maxsize=256)
def _cells(cells: tuple[GrantedCell, ...], scheme: str) -> list[str]:
    """Return cells in words, one line for each procedure and device."""
    devices = _scheme(scheme)["devices"]
    return [
        f"{procedure_name(of.procedure)}, {devices[row.device]['name']}: {_spans(row.decisions)}"
        for of in cells_as_grid(cells)
        for row in of.rows
    ]


def _held(state: StateAsOf, scheme: str) -> list[str]:
    """Return the cells on hold in words, with since when and why of each act."""
    granted = {one.cell: one for one in state.cells}
    acts: dict[tuple[date, str], list[GrantedCell]] = {}
    for one in state.back:
        acts.setdefault((one.since_on, one.reason or one.code or ""), []).append(granted[one.cell])
    return [
        f"{line}; since {since_on.isoformat()}: {why}"
        for (since_on, why), cells in sorted(acts.items())
        for line in _cells(tuple(cells), scheme)
    ]


def _spans(decisions: Iterable[Decision]) -> str:
    spans = []
    for decision, run in groupby(zip(SKIN_TYPES, decisions, strict=True), key=lambda pair: pair[1]):
        types = [skin_type for skin_type, _ in run]
        if decision is not Decision.NOT_ALLOWED:
            spans.append(f"{span(types[0], types[-1])} {DECISIONS[decision]}")
    return ", ".join(spans)


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _instant(instant: datetime) -> str:
    return f"{instant.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"
