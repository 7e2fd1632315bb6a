"""`fluence demo`: a local installation with invented people, made once, served on this machine only."""

import os
import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import click
from sqlalchemy import func, select

from app import clock
from app.cli import support
from app.cli.demo_cast import COURSES, SAFETY, TIGHTENING
from app.cli.demo_story import Editions, Story, tell
from app.cli.server import run
from app.cli.site import check_port
from app.content.check import load_course, load_files
from app.content.values import Course
from app.db import Database
from app.people import queries
from app.people.models import Organisation
from app.releases.freeze import freeze

COURSE_FOLDER = Path(__file__).resolve().parent.parent.parent / "courses"
# What stood in the edition before the one that is shipped: it cooled a burn for too short a time, and is recalled.
EARLIER = (
    ("course.yaml", 'edition: "2026.1"', 'edition: "2025.2"'),
    ("facts/procedure.csv", "cool running water for 20 minutes", "cool running water for 10 minutes"),
)
# What an author of the demo changes in an edition that waits for its signature: file, what stands there, what comes.
REVISIONS = (
    ("course.yaml", 'edition: "2026.1"', 'edition: "2026.2"'),
    ("course.yaml", "renewal_window_days: 30", "renewal_window_days: 45"),
    ("course.yaml", "time_limit_minutes: 30", "time_limit_minutes: 35"),
    ("facts/contraindications.csv", "con-032-fake-tan,screening,protocol", "con-032-fake-tan,screening,draft"),
    ("lessons/light-and-limits.md", "fire a light that nobody can see", "fire light that nobody can see"),
)
SIGN_INS = Path("var/demo-sign-ins.txt")
SECRET = Path("var/demo-secret")
LISTED = ("ann", "max", "eva", "mira", "ada", "tom", "ida", "olga")


@click.command()
@click.option("--no-serve", is_flag=True, help="Only make the demo.")
def demo(*, no_serve: bool) -> None:
    """Make a demo organisation, once, and serve it on this machine."""
    chosen = support.settings()
    if not support.is_loopback(chosen.host):
        raise click.ClickException(f"the demo is served on this machine only; unset HOST (it is {chosen.host})")
    chosen = replace(chosen, secret_key=chosen.secret_key or _own_secret())
    if not no_serve:
        check_port(chosen)
    support.migrate(chosen)
    database = Database(chosen.database_url)
    _prepare(database, Path(chosen.evidence_path))
    database.engine.dispose()  # the worker is forked: a connection that is open would be carried into it
    click.echo(SIGN_INS.read_text() if SIGN_INS.exists() else f"{SIGN_INS} is gone; reset passwords by link.")
    if no_serve:
        return
    click.echo(f"Open http://{chosen.host}:{chosen.port} – stop with Ctrl-C.")
    run(replace(chosen, log_level="warning", demo=True), workers=1)


def _prepare(database: Database, folder: Path) -> None:
    with database.session() as session:
        if queries.holds_demo(session):
            return
        if session.scalar(select(func.count()).select_from(Organisation)):
            raise click.ClickException("this database holds a real organisation; the demo needs one of its own")
    editions = rendered(click.echo)
    with database.transaction() as session:
        story = tell(session, editions, clock.now(), click.echo, folder)
        # Written before the commit: a demo without its passwords would be of no use.
        _keep_sign_ins(story)


def rendered(say: Callable[[str], None]) -> Editions:
    """Return the shipped courses as releases freeze them, with an edition before one of them and one after another."""
    courses = {}
    for course_id in COURSES:
        say(f"Reading, checking and rendering courses/{course_id} ...")
        courses[course_id] = load_course(COURSE_FOLDER / course_id)
    frozen = {course_id: freeze(course) for course_id, course in courses.items()}
    say("Rendering an edition that is called back, and one that waits for its signature ...")
    earlier = freeze(_changed(courses[SAFETY], EARLIER))
    return Editions(
        signed=[earlier if course_id == SAFETY else frozen[course_id] for course_id in COURSES],
        corrected=frozen[SAFETY],
        revised=freeze(_changed(courses[TIGHTENING], REVISIONS)),
    )


def _changed(course: Course, changes: Sequence[tuple[str, str, str]]) -> Course:
    """Return a course as it is with other words in its files: (file, what stands there, what comes); read like any."""
    files = dict(course.files)
    for name, before, after in changes:
        path = f"{course.id}/{name}"
        files[path] = files[path].replace(before.encode(), after.encode())
    return load_files(files, course.id)


def _keep_sign_ins(story: Story) -> None:
    lines = ["DEMO: every person and certificate here is invented. Who can sign in:", ""]
    for key in (*LISTED, *sorted(set(story.passwords) - set(LISTED))):
        email, label, password = story.passwords[key]
        lines.append(f"  {email:24} {password:34} {label}")
    _write_privately(SIGN_INS, "\n".join([*lines, ""]))


def _own_secret() -> str:
    if not SECRET.exists():
        _write_privately(SECRET, secrets.token_urlsafe(48))
    return SECRET.read_text().strip()


def _write_privately(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
