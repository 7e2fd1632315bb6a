"""Commands over a database: organisations, publishing and signing, papers, and why the site does not start."""

import json
import os
import re
import socket
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from app import clock, worker
from app.certification.models import BulkChange, Interlock
from app.certification.recall_models import Recall, RecallDone
from app.cli import main
from app.cli.demo_story import sit
from app.db import Database
from app.exams.case_models import Appeal, AppealAnswer, CaseDecision, ItemCase, Regrade
from app.exams.models import Attempt, SittingEvent
from app.learning.evidence_models import EvidenceDecision, OutsideEvidence
from app.people.models import Account, Organisation
from app.releases import queries as releases
from app.worker import make_queue
from tests.databases import Databases, EngineName, settings_for
from tests.factories import COURSE, COURSES, PASSWORD, World
from tests.integration.story import NOW, start, town, trail

HAPPENED = (Interlock, Recall, RecallDone, OutsideEvidence, EvidenceDecision, BulkChange)
SECRET = "kP3-zt9Qw_71LmXvB2sYd8RfHj5NcAe6"


@dataclass(frozen=True, kw_only=True)
class Machine:
    """An installation: its database, who is in it, and how commands are run on it."""

    database: Database
    world: World

    def run(self, *arguments: str, typed: str = "", **environment: str) -> Result:
        """Run `fluence` with this installation's settings."""
        settings = {"FLUENCE_DATABASE_URL": self.database.url, "FLUENCE_SECRET_KEY": SECRET, **environment}
        return run(*arguments, typed=typed, **settings)


@pytest.fixture
def machine(engine_name: EngineName, databases: Databases) -> Iterator[Machine]:
    """An installation with the people of the house."""
    with town(engine_name, databases) as made:
        yield Machine(database=made.database, world=made.world)


@pytest.fixture
def sqlite_machine(databases: Databases) -> Iterator[Machine]:
    """The same on SQLite only, for what has nothing to do with the engine."""
    with town("sqlite", databases) as made:
        yield Machine(database=made.database, world=made.world)


def test_an_organisation_is_created_with_its_administrator(machine: Machine) -> None:
    ended = machine.run(
        "orgs", "create", "Alpine Laser", "--admin", "Nora@Alpine.Example", FLUENCE_BASE_URL="https://lms.example"
    )
    assert ended.exit_code == 0
    assert "Alpine Laser is created. nora@alpine.example sets a password here, within 7 days:" in ended.stdout
    assert re.search(r"^https://lms\.example/links/[\w-]{43}$", ended.stdout, re.MULTILINE)
    with machine.database.session() as session:
        made = session.scalars(sa.select(Organisation).where(Organisation.name == "Alpine Laser")).one()
    assert (made.time_zone, made.is_demo) == ("UTC", False)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("Lumen Clinics", "--admin", "nora@alpine.example"), "There is an organisation called Lumen Clinics already"),
        (("Alpine", "--admin", "ann@lumen.example"), "This e-mail address cannot be used"),
        (("Alpine", "--admin", "nora"), "Enter an e-mail address such as"),
        (("", "--admin", "nora@alpine.example"), "Enter a name of 1 to 120 letters"),
        (("Alpine", "--admin", "nora@alpine.example", "--time-zone", "Mars/Base"), "Mars/Base is no time zone"),
    ],
)
def test_an_organisation_that_cannot_be_is_explained(
    sqlite_machine: Machine, arguments: tuple[str, ...], sentence: str
) -> None:
    refused(sqlite_machine.run("orgs", "create", *arguments), sentence)
    with sqlite_machine.database.session() as session:
        assert session.scalar(sa.select(sa.func.count(Organisation.id))) == 2


def test_a_course_is_published_and_signed(machine: Machine, tmp_path: Path) -> None:
    path = another_edition(tmp_path)
    published = machine.run("courses", "publish", path, "--as", "tom@lumen.example")
    assert published.exit_code == 0
    number = re.search(r"Release (\d+): .*edition 2027\.1", published.stdout)
    assert number
    assert "It is unsigned" in published.stdout
    again = machine.run("courses", "publish", path, "--as", "tom@lumen.example")
    assert f"Release {number[1]}: " in again.stdout
    assert "scheme scheme/rules: requires_certifications None → laser-safety" in again.stdout
    assert "Confirm the class of each of these" in again.stdout
    sign = ("courses", "sign", number[1], "--as", "mira@lumen.example")
    refused(machine.run(*sign, "--confirm-all", typed=f"{PASSWORD}\n"), "changes are not confirmed yet")
    machine.run("courses", "publish", path, "--as", "tom@lumen.example", "--reason", "Laser safety comes first")
    listed = machine.run("courses", "changes", number[1], "--as", "mira@lumen.example")
    assert "Laser safety comes first (Tom Reed)" in listed.stdout
    assert "Rest on the changes: " in listed.stdout
    told = json.loads(
        machine.run(*("courses", "changes", number[1], "--as", "ada@lumen.example", "--format", "json")).stdout
    )
    assert {change["confirmed_by"] for change in told["changes"]} == {"Tom Reed"}
    assert set(told["impact"]) == {"items", "attempts", "certifications", "people", "clinics", "sha256"}
    refused(machine.run(*sign, typed="y\nn\n"), "is not confirmed, so nothing is signed")
    signed = machine.run(*sign, typed=f"{'y' + chr(10)}" * 76 + f"{PASSWORD}\n")
    assert signed.exit_code == 0, signed.output
    assert signed.stdout.count("Is this your protocol?") == 76
    assert ".." not in signed.stdout.replace("...", "")
    first = machine.run("courses", "changes", "1", "--as", "mira@lumen.example")
    assert first.stdout.startswith("No release of this course was signed before this one")
    once_more = machine.run("courses", "publish", path, "--as", "tom@lumen.example")
    assert "exactly this content was signed by Mira Santos" in once_more.stdout
    assert "unsigned" not in once_more.stdout
    assert f"Release {number[1]} is signed." in signed.stdout
    assert "Your signature confirms each of these 76 protocol rows." in signed.stdout
    with machine.database.session() as session:
        in_force = releases.in_force(session, machine.world.organisation_id, COURSE)
        assert in_force
        assert in_force.release.id == int(number[1])


def test_publishing_is_for_who_may(sqlite_machine: Machine, tmp_path: Path) -> None:
    path = another_edition(tmp_path)
    refused(sqlite_machine.run("courses", "publish", path, "--as", "mira@lumen.example"), "Publishing needs the role")
    refused(sqlite_machine.run("courses", "publish", path, "--as", "no@lumen.example"), "nobody signs in with no@")


def test_a_broken_course_is_not_published(sqlite_machine: Machine, tmp_path: Path) -> None:
    path = another_edition(tmp_path)
    (Path(path) / "course.yaml").write_text("format: 1\n")
    ended = sqlite_machine.run("courses", "publish", path, "--as", "tom@lumen.example")
    assert (ended.exit_code, "course.yaml" in ended.stdout) == (1, True)


def test_a_signature_is_refused_with_its_reason(sqlite_machine: Machine, tmp_path: Path) -> None:
    published = sqlite_machine.run("courses", "publish", another_edition(tmp_path), "--as", "tom@lumen.example")
    number = published.stdout.split()[1].rstrip(":")
    for arguments, typed, sentence in (
        ((number, "--as", "mira@lumen.example"), "wrong-horse-battery\n", "This is not your password"),
        ((number, "--as", "mira@lumen.example"), "", "This is not your password"),
        ((number, "--as", "tom@lumen.example"), PASSWORD, "Only a medical director signs a release"),
        ((number, "--as", "olga@harbour.example"), PASSWORD, "there is no such thing"),
        (("999999", "--as", "mira@lumen.example"), PASSWORD, "there is no such thing"),
        (("1", "--as", "mira@lumen.example"), PASSWORD, "You signed this release already"),
    ):
        refused(sqlite_machine.run("courses", "sign", *arguments, "--confirm-all", typed=typed), sentence)


def test_a_paper_is_printed_for_who_may_read_it(machine: Machine) -> None:
    with machine.database.transaction() as session:
        attempt_id = str(sit(session, machine.world.ann.actor, course_id=COURSE, at=NOW, right=True))
    for email in ("ada@lumen.example", "ida@lumen.example"):
        ended = machine.run("exams", "paper", attempt_id, "--as", email, "--format", "json")
        paper = json.loads(ended.stdout)
        assert (ended.exit_code, paper["score"], paper["passed"]) == (0, "1/1", True)
        assert len(paper["items"]) == len(paper["revisions"]) == 20
        assert all({"key", "facts", "chosen", "stem"} <= item.keys() for item in paper["items"])
    text = machine.run("exams", "paper", attempt_id, "--as", "ada@lumen.example").stdout
    assert text.count("Key: ") == 20
    with machine.database.session() as session:
        assert trail(session).count("paper.read") == 3


def test_a_paper_is_refused_with_its_reason(sqlite_machine: Machine) -> None:
    with sqlite_machine.database.transaction() as session:
        running = str(start(session, sqlite_machine.world.ben.actor).id)
        closed = str(sit(session, sqlite_machine.world.ann.actor, course_id=COURSE, at=NOW, right=True))
    for attempt_id, email, sentence in (
        (running, "ada@lumen.example", "This attempt is not closed yet"),
        (closed, "ann@lumen.example", "Only an administrator or auditor reads papers"),
        (closed, "max@lumen.example", "Only an administrator or auditor reads papers"),
        (closed, "mira@lumen.example", "Only an administrator or auditor reads papers"),
        (closed, "olga@harbour.example", f"there is no attempt {closed}"),
        ("999999", "ada@lumen.example", "there is no attempt 999999"),
        (closed, "nobody@lumen.example", "nobody signs in with nobody@lumen.example"),
    ):
        refused(sqlite_machine.run("exams", "paper", attempt_id, "--as", email), sentence)
    with sqlite_machine.database.session() as session:
        assert "paper.read" not in trail(session)


def test_who_is_disabled_runs_no_commands(sqlite_machine: Machine) -> None:
    with sqlite_machine.database.transaction() as session:
        session.get_one(Account, sqlite_machine.world.ada.id).disabled_at = NOW
    refused(sqlite_machine.run("exams", "paper", "1", "--as", "ada@lumen.example"), "nobody signs in with ada@")


@pytest.mark.parametrize("command", [("serve",), ("worker",), ("orgs", "create", "A", "--admin", "a@b.example")])
def test_a_database_that_is_not_migrated_is_refused(tmp_path: Path, command: tuple[str, ...]) -> None:
    url = f"sqlite:///{tmp_path}/new.db"
    ended = run(*command, FLUENCE_DATABASE_URL=url, FLUENCE_SECRET_KEY=SECRET, FLUENCE_QUEUE_PATH=f"{tmp_path}/q.db")
    refused(ended, "the database is not migrated; run `fluence db upgrade` first")


def test_a_half_written_database_is_told_plainly(tmp_path: Path) -> None:
    torn = tmp_path / "torn.db"
    torn.write_bytes(b"SQLite format 3\x00" + os.urandom(4000))
    (tmp_path / "text.db").write_text("this is not a database, it is a letter")
    (tmp_path / "folder.db").mkdir()
    for name in ("torn.db", "text.db", "folder.db", "text.db/deeper.db"):
        for command in (("serve",), ("db", "upgrade")):
            ended = run(*command, FLUENCE_DATABASE_URL=f"sqlite:///{tmp_path}/{name}", FLUENCE_SECRET_KEY=SECRET)
            assert (ended.exit_code, "Traceback" in ended.output) == (1, False), (name, command)
            assert ended.stderr.startswith("Error: "), (name, command)


def test_a_database_of_a_newer_version_is_refused(sqlite_machine: Machine) -> None:
    with sqlite_machine.database.engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    refused(sqlite_machine.run("serve"), "the database is not migrated")
    refused(sqlite_machine.run("db", "upgrade"), "this database was made by another version of Fluence")


def test_a_server_that_does_not_answer_is_told_plainly(tmp_path: Path) -> None:
    url = f"postgresql://fluence@/fluence?host={tmp_path}"
    refused(run("serve", FLUENCE_DATABASE_URL=url, FLUENCE_SECRET_KEY=SECRET), "the database cannot be used")


@pytest.mark.parametrize(
    ("secret", "sentence"),
    [
        ("", "FLUENCE_SECRET_KEY is not set; make one with `fluence secret`"),
        ("secret", "FLUENCE_SECRET_KEY is too short or too plain"),
        ("change-me-change-me-change-me-change-me-1234", "FLUENCE_SECRET_KEY looks like an example"),
    ],
)
def test_a_missing_or_plain_secret_is_refused(sqlite_machine: Machine, secret: str, sentence: str) -> None:
    refused(sqlite_machine.run("serve", FLUENCE_SECRET_KEY=secret), sentence)


def test_an_unknown_setting_is_named(sqlite_machine: Machine) -> None:
    refused(sqlite_machine.run("serve", FLUENCE_WORKER="4"), "FLUENCE_WORKER is not a setting")
    refused(sqlite_machine.run("serve", PORT="eighty"), "PORT is 'eighty'")


def test_a_database_that_holds_the_demo_is_refused(sqlite_machine: Machine) -> None:
    with sqlite_machine.database.transaction() as session:
        session.get_one(Organisation, sqlite_machine.world.organisation_id).is_demo = True
    refused(sqlite_machine.run("serve"), "this database holds the demo")


def test_a_port_in_use_is_told_with_another(sqlite_machine: Machine) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = sqlite_machine.run("serve", PORT=str(port))
    refused(ended, f"127.0.0.1:{port} cannot be used (Address already in use)")
    assert f"PORT={port + 1}" in ended.stderr


@pytest.mark.parametrize("host", ["192.0.2.1", "example.org", "::"])
def test_the_demo_is_served_on_this_machine_only(tmp_path: Path, host: str) -> None:
    ended = run("demo", "--no-serve", HOST=host, FLUENCE_DATABASE_URL=f"sqlite:///{tmp_path}/demo.db")
    refused(ended, "the demo is served on this machine only")
    assert list(tmp_path.iterdir()) == []


def test_the_demo_is_not_made_beside_a_real_organisation(
    sqlite_machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    refused(sqlite_machine.run("demo", "--no-serve"), "this database holds a real organisation")


def test_the_demo_is_made_once_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    environment = {"FLUENCE_DATABASE_URL": f"sqlite:///{tmp_path}/demo.db"}
    first, second = (run("demo", "--no-serve", **environment) for _ in range(2))
    assert (first.exit_code, second.exit_code) == (0, 0)
    assert "Reading, checking and rendering courses/laser-safety" in first.stdout
    assert "Reading" not in second.stdout
    made = Database(environment["FLUENCE_DATABASE_URL"])
    with made.session() as session:
        tables = (Appeal, AppealAnswer, ItemCase, CaseDecision, Regrade, SittingEvent, *HAPPENED)
        held = {one.__tablename__: session.scalar(sa.select(sa.func.count()).select_from(one)) for one in tables}
        passes = session.scalars(sa.select(Attempt.passed)).all()
    made.engine.dispose()
    assert held == {**held, "appeal": 2, "appeal_answer": 1, "item_case": 2, "case_decision": 1, "sitting_event": 15}
    assert held["regrade"]
    assert [held[one.__tablename__] for one in HAPPENED] == [1, 1, 4, 2, 1, 1]
    assert [path.read_bytes()[:5] for path in (tmp_path / "var" / "evidence").rglob("*") if path.is_file()] == [
        b"%PDF-"
    ] * 2
    assert (passes.count(True), passes.count(False)) == (26, 5)
    kept = tmp_path / "var" / "demo-sign-ins.txt"
    assert kept.read_text() in first.stdout
    assert kept.read_text() in second.stdout
    assert all(f"{name}@" in kept.read_text() for name in ("ann", "max", "eva", "mira", "ada", "tom", "ida", "olga"))
    assert {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "var").glob("demo-*")} == {0o600}
    ended = run("serve", **environment, FLUENCE_SECRET_KEY=SECRET)
    refused(ended, "this database holds the demo")


def test_the_worker_records_what_ran_out(sqlite_machine: Machine, tmp_path: Path) -> None:
    with sqlite_machine.database.transaction() as session:
        attempt_id = start(session, sqlite_machine.world.ann.actor, now=clock.now() - timedelta(minutes=31)).id
    queue = make_queue(settings_for(sqlite_machine.database.url, tmp_path))
    job = next(iter(queue._registry.periodic_tasks))  # noqa: SLF001  what the consumer runs every minute
    assert (job.execute(), job.execute()) == (1, 0)
    with sqlite_machine.database.session() as session:
        attempt = session.get_one(Attempt, attempt_id)
    assert (attempt.closed_by, attempt.closed_at) == ("ran_out", attempt.deadline_at)


def test_the_worker_looks_every_minute_and_leaves_nothing_for_the_next(
    sqlite_machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    then = clock.now() - timedelta(minutes=31)
    with sqlite_machine.database.transaction() as session:
        for person in (sqlite_machine.world.ann, sqlite_machine.world.ben):
            start(session, person.actor, now=then)
    monkeypatch.setattr(worker, "BATCH", 1)
    queue = make_queue(settings_for(sqlite_machine.database.url, tmp_path))
    job = next(iter(queue._registry.periodic_tasks))  # noqa: SLF001  what the consumer runs every minute
    assert all(job.validate_datetime(then + timedelta(minutes=minute)) for minute in range(90))
    assert job.execute() == 2


def run(*arguments: str, typed: str = "", **environment: str) -> Result:
    """Run `fluence` with these settings and no others."""
    nothing = {name: None for name in os.environ if name.startswith("FLUENCE_") or name in {"HOST", "PORT"}}
    return CliRunner().invoke(main, arguments, input=typed, env={**nothing, **environment}, catch_exceptions=False)


def refused(ended: Result, sentence: str) -> None:
    """Make sure that a command ended with 1 and one line that says why."""
    assert (ended.exit_code, sentence in ended.stderr) == (1, True), ended.output
    assert "Traceback" not in ended.output


def another_edition(tmp_path: Path) -> str:
    """Copy the shipped courses as another edition; return the path of the course."""
    for source in (path for path in COURSES.rglob("*") if path.is_file()):
        target = tmp_path / "courses" / source.relative_to(COURSES)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(source.read_bytes())
    course = tmp_path / "courses" / COURSE
    text = (course / "course.yaml").read_text()
    (course / "course.yaml").write_text(text.replace('edition: "2026.1"', 'edition: "2027.1"'))
    return str(course)
