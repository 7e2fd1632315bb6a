"""Role × page × status: who gets what of every page, and the site full of things that the pages are about."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.certification import service as certification
from app.certification.queries import cells_of
from app.cli.demo_story import sit
from app.clock import day_in
from app.db import Database
from app.exams import queries
from app.people import service
from app.people.models import Account, RoleGrant
from app.people.permissions import Role
from app.releases import queries as releases
from app.releases import service as release_service
from app.reports import releases as reports
from tests.factories import COURSE, ZONE, World, certify, people_of, revised_course

ROLES = ("stranger", "ann", "max", "eva", "mira", "ada", "tom", "ida", "olga")
# What nobody has: an id, a course, a lesson, a hash, a token and a number that are well written.
UNKNOWN = {
    "ann": "999999",
    "gone": "999999",
    "attempt": "999999",
    "failed": "999999",
    "grant": "999999",
    "release": "999999",
    "revised": "999999",
    "riverside": "999999",
    "course": "no-such-course",
    "lesson": "no-such-lesson",
    "hash": "0" * 64,
    "link": "x" * 43,
    "number": "0000-0000-0000-00000",
    "item": "statement/statements/no-such-fact",
}


@dataclass(frozen=True, kw_only=True)
class FullWorld:
    """The world of the tests with a year in it: `names` fill in the table's paths and forms; `tokens` sign in."""

    world: World
    names: dict[str, str]
    tokens: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class Row:
    """A page: its endpoint and method, a path with names in it, what its form sends, the status for each role."""

    endpoint: str
    method: str
    path: str
    statuses: tuple[int, ...]
    form: dict[str, str] = field(default_factory=dict)

    @property
    def about(self) -> bool:
        """Whether the page is about one thing, so that there is one that nobody has."""
        return any(f"{{{name}}}" in self.path for name in UNKNOWN)

    def url(self, names: Mapping[str, str]) -> str:
        """Return the page's address."""
        return self.path.format_map(names)

    def fields(self, names: Mapping[str, str]) -> dict[str, str]:
        """Return what the page's form sends."""
        return {name: value.format_map(names) for name, value in self.form.items()}


def row(endpoint: str, method: str, path: str, statuses: str, **form: str) -> Row:
    """Return a line of the table, as it is written below."""
    return Row(
        endpoint=endpoint, method=method, path=path, statuses=tuple(int(one) for one in statuses.split()), form=form
    )


#                                                          stranger ann max eva mira ada tom ida olga
TABLE = (
    row("static", "GET", "/static/mark.svg", "200 200 200 200 200 200 200 200 200"),
    row("ops.alive", "GET", "/healthz", "200 200 200 200 200 200 200 200 200"),
    row("ops.ready", "GET", "/readyz", "200 200 200 200 200 200 200 200 200"),
    row("verify.ask", "GET", "/verify", "200 200 200 200 200 200 200 200 200"),
    row("verify.answer", "GET", "/verify/{number}", "200 200 200 200 200 200 200 200 200"),
    row("account.enter", "GET", "/sign-in", "200 303 303 303 303 303 303 303 303"),
    row("account.sign_in", "POST", "/sign-in", "422 422 422 422 422 422 422 422 422", email=""),
    row("account.leave", "POST", "/sign-out", "303 303 303 303 303 303 303 303 303"),
    row("account.show", "GET", "/account", "303 200 200 200 200 200 200 200 200"),
    row("account.leave_everywhere", "POST", "/account/sign-out-everywhere", "303 303 303 303 303 303 303 303 303"),
    row("account.open_link", "GET", "/links/{link}", "200 200 200 200 200 200 200 200 200"),
    row("account.use_link", "POST", "/links/{link}", "422 422 422 422 422 422 422 422 422", password="short"),
    row("home.show", "GET", "/", "303 200 303 303 303 303 303 303 303"),
    row("courses.show", "GET", "/courses/{course}", "303 200 404 404 404 404 404 404 404"),
    row("courses.lesson", "GET", "/courses/{course}/lessons/{lesson}", "303 200 404 404 404 404 404 404 404"),
    row("courses.complete", "POST", "/courses/{course}/lessons/{lesson}/read", "303 303 404 404 404 404 404 404 404"),
    row("courses.media", "GET", "/media/{hash}/{course}/light-in-skin.png", "303 200 200 200 200 200 200 200 404"),
    row("exams.start", "GET", "/courses/{course}/exam", "303 200 404 404 404 404 404 404 404"),
    row("exams.begin", "POST", "/courses/{course}/exam", "303 303 404 404 404 404 404 404 404", declared="yes"),
    row("exams.item", "GET", "/attempts/{attempt}/items/1", "303 200 404 404 404 404 404 404 404"),
    row("exams.save", "POST", "/attempts/{attempt}/items/1", "303 303 404 404 404 404 404 404 404"),
    row("exams.flag", "POST", "/attempts/{attempt}/items/1/flag", "303 303 404 404 404 404 404 404 404", flag="on"),
    row("exams.review", "GET", "/attempts/{attempt}/review", "303 200 404 404 404 404 404 404 404"),
    row("exams.submit", "POST", "/attempts/{attempt}/submit", "303 303 404 404 404 404 404 404 404"),
    row("results.show", "GET", "/attempts/{failed}/result", "303 200 404 404 404 404 404 404 404"),
    row("board.show", "GET", "/board", "303 404 200 404 200 200 404 200 200"),
    row("technicians.show", "GET", "/technicians/{ann}", "303 404 200 404 200 200 404 200 404"),
    row(
        "technicians.grant_attempt",
        "POST",
        "/technicians/{ann}/extra-attempts",
        "303 404 303 404 404 404 404 303 404",
        course="{course}",
        reason="The fire alarm rang.",
    ),
    row("assignments.new", "GET", "/assignments/new?clinic={riverside}", "303 404 200 404 404 404 404 200 404"),
    row(
        "assignments.assign",
        "POST",
        "/assignments/new?clinic={riverside}",
        "303 404 303 404 404 404 404 303 404",
        course="{course}",
        everyone="y",
        due_on="{tomorrow}",
    ),
    row("people.show", "GET", "/people?clinic={riverside}", "303 404 200 404 404 404 404 200 404"),
    row("people.ask_invite", "GET", "/people/invite", "303 404 200 404 404 404 404 200 200"),
    row(
        "people.invite",
        "POST",
        "/people/invite",
        "303 404 200 404 404 404 404 200 404",
        name="Nora Weiss",
        email="nora@lumen.example",
        roles="technician",
        place="{riverside}",
    ),
    row("people.person", "GET", "/people/{ann}", "303 404 200 404 404 404 404 200 404"),
    row(
        "people.give_role",
        "POST",
        "/people/{ann}/roles",
        "303 404 303 404 404 404 404 303 404",
        role="evaluator",
        place="{riverside}",
    ),
    row("people.end_role", "POST", "/people/{ann}/roles/{grant}/end", "303 404 303 404 404 404 404 303 404"),
    row("people.ask_disable", "GET", "/people/{ann}/disable", "303 404 200 404 404 404 404 200 404"),
    row("people.disable", "POST", "/people/{ann}/disable", "303 404 303 404 404 404 404 303 404", reason="Left"),
    row("people.enable", "POST", "/people/{gone}/enable", "303 404 303 404 404 404 404 303 404"),
    row("people.make_link", "POST", "/people/{ann}/link", "303 404 200 404 404 404 404 200 404"),
    row("people.clinics", "GET", "/clinics", "303 404 404 404 404 404 404 200 200"),
    row("people.add_clinic", "POST", "/clinics", "303 404 404 404 404 404 404 303 303", name="Seefeld"),
    row("sign_offs.show", "GET", "/sign-offs", "303 404 404 200 404 404 404 404 404"),
    row(
        "sign_offs.attest",
        "POST",
        "/sign-offs",
        "303 404 404 303 404 404 404 404 404",
        technician="{ann}",
        device="{device}",
        skin_type="{skin_type}",
        procedure="{procedure}",
        observed_on="{today}",
    ),
    row("releases.show", "GET", "/releases", "303 404 404 404 200 200 200 200 200"),
    row("releases.review", "GET", "/releases/{release}", "303 404 404 404 200 200 200 200 404"),
    row("releases.lesson", "GET", "/releases/{release}/lessons/{lesson}", "303 404 404 404 200 200 200 200 404"),
    row("releases.sign", "POST", "/releases/{release}/signature", "303 404 404 404 422 404 404 404 404", password=""),
    row("editions.courses", "GET", "/courses", "303 200 200 200 200 200 200 200 200"),
    row("editions.show", "GET", "/courses/{course}/editions", "303 303 303 303 303 303 303 303 404"),
    row("editions.edition", "GET", "/editions/{release}", "303 200 200 200 200 200 200 200 404"),
    row("editions.lesson", "GET", "/editions/{release}/lessons/{lesson}", "303 200 200 200 200 200 200 200 404"),
    row("release_changes.confirm", "POST", "/releases/{revised}/changes", "303 404 404 404 404 404 422 422 404"),
    row("release_changes.count", "POST", "/releases/{revised}/impact", "303 404 404 404 303 409 303 303 404"),
    row(
        "release_changes.impact",
        "GET",
        "/releases/{revised}/impact?format=csv",
        "303 404 404 404 200 200 200 200 404",
    ),
    row("release_changes.ask_withdraw", "GET", "/releases/{release}/withdraw", "303 404 404 404 200 404 404 404 404"),
    row(
        "release_changes.withdraw",
        "POST",
        "/releases/{release}/withdraw",
        "303 404 404 404 422 404 404 404 404",
        password="",
    ),
    row("statistics.show", "GET", "/statistics", "303 404 404 404 200 404 200 200 200"),
    row("statistics.course", "GET", "/statistics/{course}?release={release}", "303 404 404 404 200 404 200 200 404"),
    row(
        "statistics.item",
        "GET",
        "/statistics/{course}/items/{item}?release={release}",
        "303 404 404 404 200 404 200 200 404",
    ),
    row(
        "statistics.figures",
        "GET",
        "/statistics/{course}/figures?release={release}&format=csv",
        "303 404 404 404 200 404 200 200 404",
    ),
    row("evidence.show", "GET", "/evidence", "303 404 404 404 404 200 404 404 404"),
    row(
        "evidence.certifications",
        "GET",
        "/evidence/certifications?as_of={today}&format=csv",
        "303 404 404 404 404 200 404 404 404",
    ),
    row("evidence.trail", "GET", "/evidence/trail?as_of={today}&format=jsonl", "303 404 404 404 404 200 404 404 404"),
)


def make_full_world(database: Database) -> FullWorld:
    """Fill a database: Ann was certified eleven months ago, failed the renewal, and sits it again; Gabi left."""
    now = clock.now()
    with database.transaction() as session:
        world = people_of(session, now - timedelta(days=341))
        held = certify(session, world, world.ann, now=now - timedelta(days=340))
        failed = sit(session, world.ann.actor, course_id=COURSE, at=now - timedelta(days=3), right=False)
        running = certification.start_attempt(session, actor=world.ann.actor, course_id=COURSE, seed=7, now=now)
        _, link = invite(session, world, "Cleo Marsh", now)
        gone, _ = invite(session, world, "Gabi Roth", now)
        service.disable(session, actor=world.ida.actor, account_id=gone.id, reason="Left the clinic", now=now)
        release = releases.get_release(session, world.organisation_id, world.release_id)
        revised = release_service.publish(session, actor=world.tom.actor, frozen=revised_course(), now=now)
        reports.count_impact(session, actor=world.tom.actor, release_id=revised.id, day=now.date(), now=now)
        cell = cells_of(release)[0].cell
        grant = session.scalars(select(RoleGrant.id).where(RoleGrant.account_id == world.ann.id)).one()
        today = day_in(ZONE, now)
        names = {
            "ann": world.ann.id,
            "gone": gone.id,
            "attempt": running.id,
            "failed": failed,
            "grant": grant,
            "release": release.id,
            "revised": revised.id,
            "riverside": world.riverside,
            "course": COURSE,
            "lesson": release.manifest["lessons"][0]["id"],
            "hash": release.content_hash,
            "link": link,
            "number": held.number,
            "item": queries.paper(session, failed)[0].item_id,
            "device": cell.device,
            "skin_type": cell.skin_type,
            "procedure": cell.procedure,
            "today": today,
            "tomorrow": today + timedelta(days=1),
        }
        tokens = {
            name: service.begin_sign_in(session, account_id=person.id, now=now) for name, person in world.people.items()
        }
    return FullWorld(world=world, tokens=tokens, names={name: str(value) for name, value in names.items()})


def invite(session: Session, world: World, name: str, now: datetime) -> tuple[Account, str]:
    """Invite a technician to Riverside; return them and their link's token."""
    email = f"{name.split(maxsplit=1)[0].lower()}@lumen.example"
    roles = [(Role.TECHNICIAN, world.riverside)]
    return service.invite(session, actor=world.ida.actor, email=email, name=name, roles=roles, now=now)
