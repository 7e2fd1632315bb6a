"""One full sitting of 20 single-choice items by 8 people at once, beside the minimal exam, on both engines."""

import json
import os
import re
import secrets
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from app import clock
from app.content.values import Course, Exam, Item, ItemType, Lesson, Option, Scheme, Section
from app.db import Database, upgrade
from app.learning import service as learning
from app.people import service
from app.people.permissions import Actor, Role
from app.people.queries import actor_of
from app.releases import service as releases
from app.releases.freeze import freeze
from tests.bench.measure import Browser, Timings, at_once, cpu_seconds, free_port, percentile, served
from tests.factories import PASSWORD, password_hash

ITEMS = 20
PEOPLE = 8
EXAM = Exam(
    cut_score_percent=50,
    time_limit_minutes=60,
    attempts=3,
    retake_wait_hours=0,
    sections=(Section(objective="know", items=ITEMS, draw_from=("items",), cut_score_percent=None),),
)
SCHEME = Scheme(
    title="Bench",
    validity_months=12,
    expiry_basis="completion",
    renewal_window_days=30,
    grace_days=0,
    requires_lessons="none",
    requires_sign_offs=0,
    requires_certifications=(),
    scope_devices=(),
    scope_skin_types=(),
    scope_procedures=(),
    practice_per_cell=None,
    renewal_lessons=None,
    renewal_items=None,
    disclaimer="Not a licence.",
)


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What sittings cost: requests and CPU seconds each, sittings a second, timings by step."""

    name: str
    engine: str
    requests: float
    cpu: float
    rate: float
    timings: Timings


def bench_course() -> Course:
    """Return a course whose exam is 20 single-choice items, drawn from 60."""
    items = tuple(
        Item(
            id=f"items/q{n}",
            family="items",
            seed=0,
            type=ItemType.SINGLE,
            objective="know",
            draw_from="items",
            key_row=f"items/q{n}",
            stem=f"Question {n}: which of these answers comes first in the list that the technician keeps?",
            options=tuple(Option(id=c, text=f"Answer {c} to question {n}, in one short line") for c in "abcd"),
            key=("a",),
            critical=False,
            facts=(),
            sources=(),
            why="The first one does.",
        )
        for n in range(60)
    )
    return Course(
        id="bench",
        title="Bench",
        summary="A course to measure with.",
        edition="1",
        language="en",
        study_minutes=1,
        objectives={"know": "Answer questions"},
        lessons=(Lesson(id="one", title="One", objectives=("know",), minutes=1, text="One line."),),
        devices=(),
        exam=EXAM,
        scheme=SCHEME,
        items=items,
        files={"bench/course.yaml": b"bench"},
    )


def prepare(url: str, people: int) -> list[str]:
    """Fill a new database with technicians who have the course; return their e-mail addresses."""
    upgrade(url)
    now = clock.now()
    began = now - timedelta(days=1)
    database = Database(url)
    with database.transaction() as session:
        _, admin, _ = service.create_organisation(
            session,
            name="Bench",
            admin_email="admin@bench.example",
            admin_name="Admin",
            time_zone="UTC",
            now=began,
            is_demo=False,
        )
        administrator = actor_of(session, admin)
        director, _ = service.invite(
            session,
            actor=administrator,
            email="director@bench.example",
            name="Director",
            roles=[(Role.MEDICAL_DIRECTOR, None)],
            now=began,
        )
        director.password_hash = password_hash()
        clinic = service.add_clinic(session, actor=administrator, name="Clinic", now=began)
        release = releases.publish(session, actor=administrator, frozen=freeze(bench_course()), now=began)
        releases.sign(
            session,
            actor=actor_of(session, director),
            release_id=release.id,
            password=PASSWORD,
            confirmed_rows=[],
            now=began,
        )
        emails = [f"person{n}@bench.example" for n in range(people)]
        for email in emails:
            enrol(session, administrator, email, clinic.id, began)
    database.engine.dispose()
    return emails


def enrol(session: Session, administrator: Actor, email: str, clinic: int, began: datetime) -> int:
    """Invite a technician and assign the course; return the account's id."""
    account, _ = service.invite(
        session,
        actor=administrator,
        email=email,
        name=email.split("@", maxsplit=1)[0],
        roles=[(Role.TECHNICIAN, clinic)],
        now=began,
    )
    account.password_hash = password_hash()
    learning.assign(
        session,
        actor=administrator,
        account_id=account.id,
        course_id="bench",
        due_on=None,
        today=began.date(),
        now=began,
    )
    return account.id


def measure_fluence(engine: str, url: str, sittings: int, command: list[str] | None = None) -> Cost:
    """Serve Fluence for real and let people sit; sign-in is not counted."""
    emails = prepare(url, sittings)
    port = free_port()
    environ = {
        "FLUENCE_DATABASE_URL": url,
        "FLUENCE_SECRET_KEY": secrets.token_hex(32),
        "FLUENCE_LOG_LEVEL": "info",
        "PORT": str(port),
    }
    serve = command or [str(Path(sys.executable).parent / "fluence"), "serve"]
    log = Timings()
    with served(serve, port, environ, "/readyz") as pid:
        browsers = [_signed_in(port, email, log) for email in emails]
        log.steps.clear()
        return _run("Fluence", engine, pid, log, [partial(_sit, one) for one in browsers])


def _run(name: str, engine: str, pid: int, log: Timings, jobs: list[Callable[[], None]]) -> Cost:
    warm, counted = jobs[:PEOPLE], jobs[PEOPLE:]
    at_once(PEOPLE, warm)
    log.steps.clear()
    postgres = engine == "PostgreSQL"
    before = cpu_seconds(pid, postgres=postgres)
    seconds = at_once(PEOPLE, counted)
    spent = cpu_seconds(pid, postgres=postgres) - before
    number = len(counted)
    return Cost(
        name=name,
        engine=engine,
        requests=log.requests / number,
        cpu=spent / number,
        rate=number / seconds,
        timings=log,
    )


def _signed_in(port: int, email: str, log: Timings) -> Browser:
    browser = Browser(port, log)
    page = browser.ask("sign-in", "GET", "/sign-in")
    form = {"csrf_token": _token(page), "email": email, "password": PASSWORD, "next": ""}
    browser.ask("sign-in", "POST", "/sign-in", form)
    return browser


def _token(page: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found, page[:500]
    return found.group(1)


def _sit(browser: Browser) -> None:
    browser.connect()
    page = browser.ask("exam page", "GET", "/courses/bench/exam")
    token = _token(page)
    browser.ask("start", "POST", "/courses/bench/exam", {"csrf_token": token, "declared": "yes"})
    url = browser.location
    browser.ask("first item", "GET", url)
    for _ in range(ITEMS):
        form = {"csrf_token": token, "choice": "b"}
        answer: dict[str, Any] = json.loads(
            browser.ask("save", "POST", url, form, **{"X-Fluence": "fragment", "Accept": "application/json"})
        )
        url = answer["next_url"]
    assert 'data-part="review"' in answer["next"]
    browser.ask("submit", "POST", url.replace("/review", "/submit"), {"csrf_token": token})
    browser.ask("result", "GET", browser.location)


def measure_minimal(engine: str, url: str, sittings: int) -> Cost:
    """Serve the minimal exam with the same gunicorn and let people sit."""
    from importlib import import_module  # noqa: PLC0415  the module opens its database when it is imported

    os.environ["MINIMAL_URL"] = url
    sys.modules.pop("tests.bench.minimal", None)
    import_module("tests.bench.minimal").fill(sittings)
    port = free_port()
    command = [
        sys.executable,
        *("-m", "gunicorn", "--workers", "2", "--threads", "4", "--worker-class", "gthread"),
        *("--keep-alive", "30", "--no-control-socket", "--bind", f"127.0.0.1:{port}", "tests.bench.minimal:app"),
    ]
    log = Timings()
    with served(command, port, {"MINIMAL_URL": url}, "/enter/1") as pid:
        browsers = [Browser(port, log) for _ in range(sittings)]
        for number, browser in enumerate(browsers, start=1):
            browser.ask("sign-in", "GET", f"/enter/{number}")
        return _run("Minimal exam", engine, pid, log, [partial(_sit_minimal, one) for one in browsers])


def _sit_minimal(browser: Browser) -> None:
    browser.connect()
    token = {"token": "t" * 32}
    browser.ask("exam page", "GET", "/")
    browser.ask("start", "POST", "/start", token)
    url = browser.location
    browser.ask("first item", "GET", url)
    for _ in range(ITEMS):
        browser.ask("save", "POST", url, {**token, "choice": "1"})
        url = browser.location
        browser.ask("next page", "GET", url)
    browser.ask("submit", "POST", url, token)
    browser.ask("result", "GET", "/")


def pooled(costs: list[Cost]) -> list[Cost]:
    """Return one cost for each exam and engine: the mean of its rounds, with the timings of all of them."""
    groups: dict[tuple[str, str], list[Cost]] = {}
    for cost in costs:
        groups.setdefault((cost.name, cost.engine), []).append(cost)
    return [
        Cost(
            name=name,
            engine=engine,
            requests=sum(one.requests for one in rounds) / len(rounds),
            cpu=sum(one.cpu for one in rounds) / len(rounds),
            rate=sum(one.rate for one in rounds) / len(rounds),
            timings=Timings(
                steps={
                    step: [taken for one in rounds for taken in one.timings.steps[step]]
                    for step in rounds[0].timings.steps
                }
            ),
        )
        for (name, engine), rounds in groups.items()
    ]


def table(costs: list[Cost]) -> str:
    """Return the costs as a Markdown table."""
    lines = [
        "| | engine | requests | CPU-s a sitting | sittings/s | save p50 / p95 ms | start p50 / p95 | submit p50 / p95 |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for cost in costs:
        pairs = " | ".join(
            f"{percentile(cost.timings.steps[step], 0.5):.1f} / {percentile(cost.timings.steps[step], 0.95):.1f}"
            for step in ("save", "start", "submit")
        )
        lines.append(
            f"| {cost.name} | {cost.engine} | {cost.requests:.0f} | {cost.cpu:.3f} | {cost.rate:.1f} | {pairs} |"
        )
    return "\n".join(lines)
