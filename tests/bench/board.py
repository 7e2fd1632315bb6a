"""The status board of a clinic with 50 technicians, in organisations of 1,000 and of 1,000,000 certifications."""

import secrets
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from app import clock
from app.certification import numbers
from app.certification.models import Certification, CertificationEvent
from app.db import Database
from app.people import service
from app.people.models import Account, Clinic, RoleGrant
from app.people.permissions import Role
from app.people.queries import actor_of
from tests.bench.measure import Browser, Timings, free_port, percentile, served
from tests.bench.sitting import _signed_in, prepare
from tests.factories import password_hash
from tests.postgres import Server

TECHNICIANS = 50  # in every clinic
READS = 150
WARM = 30
MANAGER = "manager@bench.example"
SMALL = 1_000
CHUNK = 100_000


def measure(folder: Path, postgres: Server, large: int) -> str:
    """Return the table: p50 and p95 of one clinic's board over HTTP, and the ratio of large to small."""
    lines = [
        f"| engine | {SMALL:,} certifications p50 / p95 ms | {large:,} p50 / p95 ms | p95 ratio |",
        "| --- | --- | --- | --- |",
    ]
    for engine in ("SQLite", "PostgreSQL"):
        urls = []
        for size in (SMALL, large):
            name = f"board_{size}"
            url = f"sqlite:///{folder / name}.db" if engine == "SQLite" else postgres.create(name)
            prepare(url, 1)
            database = Database(url)
            _fill(database, size)
            database.engine.dispose()
            urls.append(url)
        small, big = _read(urls)
        lines.append(
            f"| {engine} | {small[0]:.1f} / {small[1]:.1f} | {big[0]:.1f} / {big[1]:.1f} | {big[1] / small[1]:.2f} |"
        )
    return "\n".join(lines)


def _read(urls: Sequence[str]) -> list[tuple[float, float]]:
    """Read the boards of both organisations in turn, so that what disturbs the machine disturbs both."""
    logs = [Timings() for _ in urls]
    with ExitStack() as stack:
        browsers = [_manager(stack, url, log) for url, log in zip(urls, logs, strict=True)]
        for turn in range(WARM + READS):
            for browser in browsers:
                page = browser.ask("warm" if turn < WARM else "board", "GET", "/board")
                assert page.count('class="r-person"') == TECHNICIANS
    return [(percentile(log.steps["board"], 0.5), percentile(log.steps["board"], 0.95)) for log in logs]


def _manager(stack: ExitStack, url: str, log: Timings) -> Browser:
    port = free_port()
    environ = {"FLUENCE_DATABASE_URL": url, "FLUENCE_SECRET_KEY": secrets.token_hex(32), "PORT": str(port)}
    command = [str(Path(sys.executable).parent / "fluence"), "serve"]
    stack.enter_context(served(command, port, environ, "/readyz"))
    return _signed_in(port, MANAGER, log)


def _fill(database: Database, certifications: int) -> None:
    """Add clinics of 50 certified technicians each, and a manager of the first."""
    now, today = clock.now(), clock.now().date()
    with database.transaction() as session:
        admin = session.scalars(sa.select(Account).where(Account.email == "admin@bench.example")).one()
        organisation = admin.organisation_id
        administrator = actor_of(session, admin)
        clinic = service.add_clinic(session, actor=administrator, name="Measured", now=now)
        manager, _ = service.invite(
            session,
            actor=administrator,
            email=MANAGER,
            name="Manager",
            roles=[(Role.MANAGER, clinic.id)],
            now=now,
        )
        manager.password_hash = password_hash()
        first = (session.scalar(sa.select(sa.func.max(Account.id))) or 0) + 1
        clinics = certifications // TECHNICIANS
        more = [{"id": clinic.id + n, "organisation_id": organisation, "name": f"C{n}"} for n in range(1, clinics)]
        if more:
            session.execute(sa.insert(Clinic), more)
        for start in range(0, certifications, CHUNK):
            people = range(start, min(start + CHUNK, certifications))
            _add(session, people, first=first, clinic=clinic.id, organisation=organisation, today=today, now=now)
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("ANALYZE"))


def _add(session: Any, people: range, *, first: int, clinic: int, organisation: int, today: date, now: Any) -> None:
    own = {"organisation_id": organisation}
    session.execute(
        sa.insert(Account),
        [
            {**own, "id": first + n, "email": f"t{n}@big.example", "name": f"Technician {n:07d}", "created_at": now}
            for n in people
        ],
    )
    session.execute(
        sa.insert(RoleGrant),
        [
            {
                **own,
                "account_id": first + n,
                "clinic_id": clinic + n // TECHNICIANS,
                "role": Role.TECHNICIAN.value,
                "granted_at": now,
            }
            for n in people
        ],
    )
    _add_certifications(session, people, first=first, own=own, today=today, now=now)


def _add_certifications(session: Any, people: range, *, first: int, own: dict[str, int], today: date, now: Any) -> None:
    session.execute(
        sa.insert(Certification),
        [
            {
                **own,
                "id": 1 + n,
                "account_id": first + n,
                "course_id": "bench",
                "ordinal": 1,
                "number": numbers.format_number(secrets.token_bytes(10)),
                "name": f"Technician {n:07d}",
                "release_id": 1,
                "scheme": {"title": "Bench", "edition": "1", "disclaimer": "", "issuer": "Bench", "devices": {}},
                "cells": [],
            }
            for n in people
        ],
    )
    session.execute(
        sa.insert(CertificationEvent),
        [
            {
                **own,
                "certification_id": 1 + n,
                "kind": "issued",
                "effective_on": today - timedelta(days=n % 400),
                "recorded_at": now,
                "first_on": today - timedelta(days=n % 400),
                "last_on": today - timedelta(days=n % 400 - 365),
                "grace_last_on": today - timedelta(days=n % 400 - 379),
                "due_from_on": today - timedelta(days=n % 400 - 335),
                "cells": [],
            }
            for n in people
        ],
    )
