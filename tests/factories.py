"""The people of the house and what they did, made through the real services; the same everywhere."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from argon2 import PasswordHasher
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.certification import appointments, practice_queries
from app.certification import service as certification
from app.certification.models import Certification
from app.certification.queries import cells_of, held_by
from app.cli.demo_story import observe as watch
from app.cli.demo_story import sit
from app.clock import day_in
from app.content.check import load_course
from app.content.values import Course, Range
from app.db import Database
from app.learning import service as learning
from app.people import queries, service, tokens
from app.people.models import Account, ApiToken, RoleGrant
from app.people.permissions import Actor, Role
from app.releases import queries as release_queries
from app.releases import service as releases
from app.releases.freeze import Frozen, freeze
from app.releases.models import Release

ZONE = "Europe/Zurich"
REVISED_ROW = "set-002-us-iii-iv"
COURSE = "skin-tightening"
PASSWORD = "violet-harbour-granite-73"
COURSES = Path(__file__).resolve().parent.parent / "courses"


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody of the tests: how they sign in, and who they are to the services."""

    name: str
    email: str
    actor: Actor

    @property
    def id(self) -> int:
        return self.actor.account_id


@dataclass(frozen=True, kw_only=True)
class World:
    """Ann (technician) and Ben (technician of the other clinic), Max (manager of Riverside), Eva (evaluator), Mira
    (medical director), Ada (auditor), Tom (author), Ida (administrator); Olga manages another organisation.
    """

    organisation_id: int
    riverside: int
    hafen: int
    ann: Person
    ben: Person
    max: Person
    eva: Person
    mira: Person
    ada: Person
    tom: Person
    ida: Person
    olga: Person
    release_id: int
    other_organisation_id: int
    harbour: int

    @property
    def people(self) -> dict[str, Person]:
        """Everybody by first name."""
        return {name: value for name, value in vars(self).items() if isinstance(value, Person)}


@cache
def shipped_course() -> Course:
    """The shipped course by itself: what it requires of other courses is told by the tests that need it."""
    course = load_course(COURSES / COURSE)
    return replace(course, scheme=replace(course.scheme, requires_certifications=()))


@cache
def frozen_course() -> Frozen:
    """The shipped course, frozen once a process."""
    return freeze(shipped_course())


@cache
def sister_course(*requires: str) -> Frozen:
    """Another course that teaches the same facts, and may require certifications in others."""
    course = shipped_course()
    scheme = replace(course.scheme, title="Sister scheme", requires_certifications=requires)
    files = {**course.files, "sister/edition": repr(requires).encode()}
    return freeze(replace(course, id="sister", title="Sister course", scheme=scheme, files=files))


@cache
def revised_course() -> Frozen:
    """The shipped course as another edition: a figure, a right answer, a text, the scheme; a draft and an item less."""
    course = shipped_course()
    row = next(one for one in course.settings if one.id == REVISED_ROW)
    settings = tuple(replace(one, fluence=Range(low=12, high=13)) if one is row else one for one in course.settings)
    first, *others = course.lessons
    lessons = (replace(first, text=f"{first.text}\n\nRead it twice."), *others)
    asked, *statements = course.statements
    return freeze(
        replace(
            course,
            edition="2027.1",
            settings=settings,
            lessons=lessons,
            statements=(replace(asked, correct=f"{asked.correct} Always."), *statements),
            items=course.items[1:],
            scheme=replace(course.scheme, grace_days=7),
            files={**course.files, f"{COURSE}/edition": b"2027.1"},
        )
    )


@cache
def password_hash() -> str:
    """The hash of everybody's password, made once a process, and cheap to check: thousands of tests sign."""
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


def make_world(database: Database, *, now: datetime | None = None) -> World:
    """Fill a database with the people, a signed release, and Ann's and Ben's assignments."""
    with database.transaction() as session:
        return people_of(session, now or clock.now())


def people_of(session: Session, now: datetime) -> World:
    """Make the world in a session; everything happened before `now`."""
    began = now - timedelta(days=30)
    organisation, admin, _ = service.create_organisation(
        session,
        name="Lumen Clinics",
        admin_email="ida@lumen.example",
        admin_name="Ida Moreau",
        time_zone=ZONE,
        now=began,
        is_demo=False,
    )
    ida = _person(session, admin)
    riverside = service.add_clinic(session, actor=ida.actor, name="Riverside", now=began).id
    hafen = service.add_clinic(session, actor=ida.actor, name="Hafen", now=began).id
    made = {
        name.split()[0].lower(): invited(session, ida.actor, name, role, clinic, began)
        for name, role, clinic in (
            ("Ann Berg", Role.TECHNICIAN, riverside),
            ("Ben Okafor", Role.TECHNICIAN, hafen),
            ("Max Keller", Role.MANAGER, riverside),
            ("Eva Lund", Role.EVALUATOR, riverside),
            ("Mira Santos", Role.MEDICAL_DIRECTOR, None),
            ("Ada Novak", Role.AUDITOR, None),
            ("Tom Reed", Role.AUTHOR, None),
        )
    }
    release = make_release(session, made["tom"].actor, made["mira"].actor, now=began + timedelta(days=1))
    appoint(session, made["eva"].actor, now=began + timedelta(days=1, hours=2))
    for who in ("ann", "ben"):
        assign(session, ida.actor, made[who].id, now=began + timedelta(days=2))
    other, olga, harbour = _other_organisation(session, began)
    return World(
        organisation_id=organisation.id,
        riverside=riverside,
        hafen=hafen,
        ida=ida,
        olga=olga,
        release_id=release.id,
        other_organisation_id=other,
        harbour=harbour,
        **made,
    )


def _other_organisation(session: Session, began: datetime) -> tuple[int, Person, int]:
    """Make Olga's organisation; return its id, her, and her clinic's id."""
    other, olga_account, _ = service.create_organisation(
        session,
        name="Harbour Skin",
        admin_email="olga@harbour.example",
        admin_name="Olga Petrova",
        time_zone=ZONE,
        now=began,
        is_demo=False,
    )
    olga = _person(session, olga_account)
    harbour = service.add_clinic(session, actor=olga.actor, name="Harbour", now=began).id
    service.give_role(session, actor=olga.actor, account_id=olga.id, role=Role.MANAGER, clinic_id=harbour, now=began)
    return other.id, _person(session, olga_account), harbour


def make_release(session: Session, author: Actor, director: Actor, *, now: datetime) -> Release:
    """Publish the shipped course and sign it."""
    release = releases.publish(session, actor=author, frozen=frozen_course(), now=now)
    releases.sign(
        session,
        actor=director,
        release_id=release.id,
        password=PASSWORD,
        confirmed_rows=[row["row"] for row in release.manifest["protocol"]],
        now=now + timedelta(hours=1),
    )
    return release


def assign(session: Session, manager: Actor, account_id: int, *, now: datetime, course_id: str = COURSE) -> None:
    """Assign a course, due in sixty days."""
    today = day_in(ZONE, now)
    learning.assign(
        session,
        actor=manager,
        account_id=account_id,
        course_id=course_id,
        due_on=today + timedelta(days=60),
        today=today,
        now=now,
    )


def read_lessons(session: Session, actor: Actor, *, now: datetime, all_but: int = 0, course_id: str = COURSE) -> None:
    """Read the lessons of the course in force, or all but the last few."""
    release = _release(session, actor)
    lessons = release.manifest["lessons"]
    for lesson in lessons[: len(lessons) - all_but]:
        certification.complete_lesson(session, actor=actor, course_id=course_id, lesson_id=lesson["id"], now=now)


def observe(session: Session, evaluator: Actor, account_id: int, *, now: datetime, times: int = 3) -> None:
    """Sign off treatments of a technician in cells that the course grants, as the evaluator and as the technician."""
    cells = cells_of(_release(session, evaluator))
    technician = queries.actor_of(session, queries.get_account(session, evaluator.organisation_id, account_id))
    appoint(session, evaluator, now=now)
    for index in range(times):
        cell = cells[index % len(cells)].cell
        watch(session, evaluator, technician, cell, password=PASSWORD, at=now)


def appoint(session: Session, evaluator: Actor, *, now: datetime) -> None:
    """Let a medical director appoint an evaluator for every cell from a day on, unless somebody did."""
    day = day_in(ZONE, now)
    cells = appointments.cells_in_force(session, evaluator.organisation_id)
    standing = practice_queries.appointed(session, evaluator.organisation_id, evaluator.account_id, ZONE)
    if all(any(one.covers(cell, day) for one in standing) for cell in cells):
        return
    director = select(RoleGrant.account_id).where(
        RoleGrant.organisation_id == evaluator.organisation_id, RoleGrant.role == Role.MEDICAL_DIRECTOR.value
    )
    account = queries.get_account(session, evaluator.organisation_id, session.scalars(director).first() or 0)
    appointments.appoint(
        session,
        actor=queries.actor_of(session, account),
        account_id=evaluator.account_id,
        cells=cells,
        evidence=appointments.Evidence(issuer="Rhine Academy", number="RA-2291", words="Trainer for laser treatments."),
        reason="Nobody here is certified yet.",
        first_on=day,
        last_on=appointments.latest_last_on(day),
        password=PASSWORD,
        now=now,
    )


def certify(session: Session, world: World, who: Person, *, now: datetime) -> Certification:
    """Lead a technician of Eva's clinic to a certification, as the pages would."""
    read_lessons(session, who.actor, now=now)
    observe(session, world.eva.actor, who.id, now=now)
    sit(session, who.actor, course_id=COURSE, at=now, right=True)
    return held_by(session, who.actor.organisation_id, [who.id])[who.id][-1].certification


def booking_token(
    session: Session, admin: Person, clinics: list[int] | None, *, now: datetime, name: str = "Booking"
) -> tuple[ApiToken, str]:
    """Make a token for some clinics (None: all); return it with the words that a program sends."""
    return tokens.make_token(session, actor=admin.actor, name=name, clinics=clinics, password=PASSWORD, now=now)


def _release(session: Session, actor: Actor) -> Release:
    in_force = release_queries.in_force(session, actor.organisation_id, COURSE)
    assert in_force is not None
    return in_force.release


def _person(session: Session, account: Account) -> Person:
    account.password_hash = password_hash()
    session.flush()
    return Person(name=account.name, email=account.email, actor=queries.actor_of(session, account))


def invited(session: Session, admin: Actor, name: str, role: Role, clinic_id: int | None, now: datetime) -> Person:
    """Invite somebody of the first organisation, with everybody's password."""
    account, _ = service.invite(
        session,
        actor=admin,
        email=f"{name.split(maxsplit=1)[0].lower()}@lumen.example",
        name=name,
        roles=[(role, clinic_id)],
        now=now,
    )
    return _person(session, account)
