"""The states of many certifications in one organisation: plain SQL, what the pages read, and the fold of values agree."""

import random
import secrets
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from itertools import groupby, islice
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app import clock
from app.certification import numbers, queries
from app.certification.lifecycle import Event, StateAsOf, resting_on, state_as_of
from app.certification.models import Certification, CertificationEvent, Interlock
from app.certification.recall_models import ENDED, Recall, RecallDecision, RecallDone, RecallTarget
from app.certification.recalling import RecallOn, cells_to_json
from app.certification.scope import to_json
from app.db import Base, Database
from app.people.models import Account, Clinic, RoleGrant
from app.people.permissions import Role
from app.reports.board import status_board
from tests.bench import plain_states, plans
from tests.bench.histories import COURSE, INTERLOCK, Life, campaigns, lives, noon
from tests.bench.plain_states import Told
from tests.bench.sitting import prepare
from tests.postgres import Server

SEED = 5
TECHNICIANS = 50  # in every clinic
CHUNK = 20_000  # people written at once
READ = 500  # people read at once
BOARDS = 20  # clinics whose whole board is compared
MOMENTS = ((-200, "then"), (-200, "now"), (-20, "now"), (0, "now"), (45, "now"), (200, "now"))


@dataclass(frozen=True, kw_only=True)
class Filled:
    """An organisation with certifications; `kept` are the lives of the people who hold those of the sample."""

    organisation_id: int
    first_account: int
    first_clinic: int
    certifications: int
    events: int
    people: int
    now: datetime
    sample: frozenset[int]
    kept: tuple[tuple[Life, ...], ...]

    @property
    def today(self) -> date:
        """The day on which it is as it is: what is recorded lies before, what is planned after."""
        return self.now.date()


@dataclass
class Report:
    """How many of each state were compared on all days, what did not agree, and what a board read."""

    engine: str
    compared: Counter[str] = field(default_factory=Counter)
    boards: int = 0
    wrong: list[str] = field(default_factory=list)
    plan: list[str] = field(default_factory=list)
    seconds: float = 0


def measure(folder: Path, postgres: Server, certifications: int, sample: int, defect: str | None) -> list[Report]:
    """Fill an organisation on each engine, and compare."""
    found = []
    for engine in ("SQLite", "PostgreSQL"):
        began = time.perf_counter()
        url = f"sqlite:///{folder / 'states.db'}" if engine == "SQLite" else postgres.create("states")
        prepare(url, 0)
        database = Database(url)
        filled = fill(database, certifications, sample, SEED, clock.now())
        report = compare(database, filled, forget=defect or "")
        clinic = filled.first_clinic + filled.people // TECHNICIANS // 2
        report.plan, wrong = plans.of_board(database, filled.organisation_id, clinic, filled.today)
        report.wrong += wrong
        report.seconds = time.perf_counter() - began
        database.engine.dispose()
        print(told(report, filled))
        found.append(report)
    return found


def told(report: Report, filled: Filled) -> str:
    """Return in words what was compared."""
    states = ", ".join(f"{number:,} {state}" for state, number in sorted(report.compared.items()))
    head = (
        f"{report.engine}: {filled.certifications:,} certifications with {filled.events:,} events of {filled.people:,} "
        f"people in {-(-filled.people // TECHNICIANS):,} clinics, in {report.seconds:.0f} s"
    )
    lines = [
        head,
        f"  compared: {len(filled.sample):,} on {len(MOMENTS)} days each: {states}",
        f"  boards: {report.boards} clinics, every count",
        *(f"  {line}" for line in report.plan),
        *(f"  WRONG {line}" for line in report.wrong[:20]),
    ]
    return "\n".join(lines)


def fill(database: Database, certifications: int, sample: int, seed: int, now: datetime) -> Filled:
    """Give the organisation of `prepare` so many certifications, in clinics of 50 technicians."""
    today = now.date()
    chosen = frozenset(random.Random(seed).sample(range(1, certifications + 1), min(sample, certifications)))
    recalls, kept, events, people = campaigns(seed, today), list[tuple[Life, ...]](), 0, 0
    with database.transaction() as session:
        director = session.scalars(sa.select(Account).where(Account.email == "director@bench.example")).one()
        rows = Rows(
            session=session,
            organisation_id=director.organisation_id,
            director=director.id,
            first_account=(session.scalar(sa.select(sa.func.max(Account.id))) or 0) + 1,
            first_clinic=(session.scalar(sa.select(sa.func.max(Clinic.id))) or 0) + 1,
            now=now,
        )
        rows.campaigns(recalls)
        holders = (
            tuple(held) for _, held in groupby(lives(seed, today, certifications, recalls), lambda one: one.person)
        )
        while some := list(islice(holders, CHUNK)):
            rows.people(people, len(some))
            every = [one for held in some for one in held]
            rows.lives(every)
            people, events = people + len(some), events + sum(len(one.events) for one in every)
            kept += [held for held in some if any(one.number in chosen for one in held)]
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("ANALYZE"))
    return Filled(
        organisation_id=rows.organisation_id,
        first_account=rows.first_account,
        first_clinic=rows.first_clinic,
        certifications=certifications,
        events=events,
        people=people,
        now=now,
        sample=chosen,
        kept=tuple(kept),
    )


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Writes lives as rows, many at once: the tables are what the services would have left behind."""

    session: Session
    organisation_id: int
    director: int
    first_account: int
    first_clinic: int
    now: datetime

    def _add(self, model: type[Base], rows: Iterable[Mapping[str, Any]]) -> None:
        if found := [{"organisation_id": self.organisation_id, **row} for row in rows]:
            self.session.execute(sa.insert(model), found)

    def campaigns(self, recalls: Sequence[RecallOn]) -> None:
        """Write the recalls with their ends, and the interlock that hit some."""
        by: dict[str, Any] = {
            "device": "diode",
            "procedure": None,
            "skin_types": [],
            "clinic_id": None,
            "account_id": self.director,
        }
        self._add(Interlock, [{**by, "id": 1, "reason_code": INTERLOCK, "reason": "A lamp", "set_at": self.now}])
        rest = {"course_id": COURSE, "release_id": 1, "base_id": 1, "reason": "A fact", "units": [], "meaning": ""}
        self._add(
            Recall,
            (
                {
                    **rest,
                    "id": one.recall_id,
                    "title": one.title,
                    "task": one.task.value,
                    "consequence": one.consequence.value,
                    "due_on": one.due_on,
                    "started_by": self.director,
                    "started_at": one.started_at,
                    "digest": "0" * 64,
                }
                for one in recalls
            ),
        )
        decided = {"kind": ENDED, "account_id": self.director, "meaning": ""}
        self._add(
            RecallDecision,
            (
                {**decided, "recall_id": one.recall_id, "decided_on": one.ended_on, "decided_at": one.ended_at}
                for one in recalls
                if one.ended_at
            ),
        )

    def people(self, start: int, number: int) -> None:
        """Write technicians, fifty a clinic."""
        every = range(start, start + number)
        clinics = range(-(-start // TECHNICIANS), -(-(start + number) // TECHNICIANS))
        self._add(Clinic, ({"id": self.first_clinic + one, "name": f"Clinic {one:06d}"} for one in clinics))
        self._add(
            Account,
            (
                {
                    "id": self.first_account + one,
                    "email": f"t{one}@big.example",
                    "name": f"Technician {one:07d}",
                    "created_at": self.now,
                }
                for one in every
            ),
        )
        self._add(
            RoleGrant,
            (
                {
                    "account_id": self.first_account + one,
                    "clinic_id": self.first_clinic + one // TECHNICIANS,
                    "role": Role.TECHNICIAN.value,
                    "granted_at": self.now,
                }
                for one in every
            ),
        )

    def lives(self, every: Sequence[Life]) -> None:
        """Write certifications, their events, and which recalls lie on them."""
        self._add(Certification, map(self._certification, every))
        self._add(CertificationEvent, (_event(of, one) for of in every for one in of.events))
        on = [(of, one) for of in every for one in of.recalls]
        self._add(
            RecallTarget,
            (
                {
                    "recall_id": one.recall_id,
                    "certification_id": of.number,
                    "account_id": self.first_account + of.person,
                    "bonds": {},
                    "cells": cells_to_json(one.cells),
                }
                for of, one in on
            ),
        )
        self._add(
            RecallDone,
            (
                {
                    "recall_id": one.recall_id,
                    "account_id": self.first_account + of.person,
                    "done_on": one.done_on,
                    "done_at": one.done_at,
                    "tries": 1,
                    "meaning": "",
                }
                for of, one in on
                if one.done_at
            ),
        )

    def _certification(self, one: Life) -> dict[str, Any]:
        return {
            "id": one.number,
            "account_id": self.first_account + one.person,
            "course_id": one.course_id,
            "ordinal": one.ordinal,
            "number": numbers.format_number(secrets.token_bytes(numbers.RANDOM_BYTES)),
            "name": f"Technician {one.person:07d}",
            "release_id": 1,
            "scheme": {"title": one.course_id, "requires": [{"course": each, "title": each} for each in one.requires]},
            "cells": [],
        }


def _event(of: Life, one: Event) -> dict[str, Any]:
    days = asdict(one.period) if one.period else dict.fromkeys(("first_on", "last_on", "grace_last_on", "due_from_on"))
    return {
        **days,
        "id": one.seq,
        "certification_id": of.number,
        "kind": one.kind.value,
        "effective_on": one.effective_on,
        "recorded_at": one.recorded_at,
        "reason_code": one.reason_code,
        "reason": one.reason,
        "cells": None if one.cells is None else to_json(one.cells),
        "lifts_id": one.lifts,
        "interlock_id": 1 if one.seq in of.interlocked else None,
    }


def compare(
    database: Database,
    filled: Filled,
    *,
    boards: int = BOARDS,
    moments: Iterable[tuple[int, str]] = MOMENTS,
    forget: str = "",
) -> Report:
    """Compare the sample by three ways on several days, and what whole boards count with what SQL does."""
    report = Report(engine=database.engine.dialect.name)
    clinics = range(min(boards, filled.people // TECHNICIANS))
    people = range(clinics.stop * TECHNICIANS)
    read = dict(_read(database, filled))
    with database.engine.connect() as connection:
        on_boards = _of_people(connection, filled, people)
        plain_states.prepare(connection, filled.sample | {one for ones in on_boards.values() for one in ones})
        for days, known in moments:
            day = filled.today + timedelta(days=days)
            known_at = filled.now if known == "now" else noon(day)
            plain = plain_states.states(connection, day, known_at, forget=forget)
            for number, of_values in _folded(filled, day, known_at):
                told_by = {"SQL": plain[number], "pages": _told(read[number].on(day, known_at)), "values": of_values}
                report.compared[of_values.state] += 1
                if len(set(told_by.values())) > 1:
                    report.wrong.append(f"certification {number} on {day}, known at {known_at}: {told_by}")
            if known == "now":
                report.wrong += _boards(database, filled, clinics, day, known_at, plain, on_boards)
        connection.rollback()
    report.boards = len(clinics)
    return report


def _read(database: Database, filled: Filled) -> Iterator[tuple[int, queries.Held]]:
    """Yield the certifications of the sample as every page reads them."""
    accounts = [filled.first_account + held[0].person for held in filled.kept]
    with database.session() as session:
        for start in range(0, len(accounts), READ):
            for one in queries.held_in(session, filled.organisation_id, accounts[start : start + READ]):
                yield one.certification.id, one


def _folded(filled: Filled, day: date, known_at: datetime) -> Iterator[tuple[int, Told]]:
    """Yield what each certification of the sample is by the pure fold of values that were never stored."""
    for held in filled.kept:
        for one in held:
            if one.number in filled.sample:
                yield one.number, _told(_state(one, held, day, known_at))


def _state(one: Life, held: Sequence[Life], day: date, known_at: datetime) -> StateAsOf:
    own = state_as_of(one.events, day, known_at, one.holds)
    required = [
        (of, [_state(each, held, day, known_at) for each in held if each.course_id == of]) for of in one.requires
    ]
    return resting_on(own, required)


def _told(state: StateAsOf) -> Told:
    return Told(state.state.value, state.due, len(state.in_force))


def _of_people(connection: sa.Connection, filled: Filled, people: Iterable[int]) -> dict[int, list[int]]:
    """Return the certifications that the board shows of people, by account: the newest comes last."""
    query = (
        sa.select(Certification.account_id, Certification.id)
        .where(
            Certification.organisation_id == filled.organisation_id,
            Certification.account_id.in_([filled.first_account + one for one in people]),
            Certification.course_id == COURSE,
        )
        .order_by(Certification.ordinal)
    )
    found: dict[int, list[int]] = {}
    for account_id, number in connection.execute(query):
        found.setdefault(account_id, []).append(number)
    return found


def _boards(
    database: Database,
    filled: Filled,
    clinics: Iterable[int],
    day: date,
    known_at: datetime,
    plain: Mapping[int, Told],
    shown: Mapping[int, list[int]],
) -> list[str]:
    """Compare what the filters of whole boards count with what SQL counts."""
    wrong = []
    for clinic in clinics:
        of = {"organisation_id": filled.organisation_id, "within": [filled.first_clinic + clinic]}
        with database.session() as session:
            board = status_board(session, **of, day=day, known_at=known_at)  # type: ignore[arg-type]
        counted = Counter(row.cells[0].key for row in board.rows)
        first = filled.first_account + clinic * TECHNICIANS
        newest = [plain[shown[one][-1]] for one in range(first, first + TECHNICIANS)]
        by_sql = Counter("due" if one.due else "not_required" if one.state == "none" else one.state for one in newest)
        if counted != by_sql:
            wrong.append(f"board of clinic {clinic} on {day}: {dict(counted)}, by SQL {dict(by_sql)}")
    return wrong
