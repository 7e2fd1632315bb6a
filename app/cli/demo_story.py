"""The demo's story: two organisations, their people, and a believable year, told through the real services."""

import secrets
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.certification import service as certification
from app.certification.issuing import change_certification
from app.certification.lifecycle import EventKind
from app.certification.queries import cells_of, held_by
from app.clock import day_in
from app.content.values import ItemType
from app.exams import queries as exams
from app.learning import service as learning
from app.people import queries, service
from app.people.models import Account
from app.people.permissions import Actor, Role
from app.releases import service as releases
from app.releases.freeze import Frozen
from app.releases.models import Release

ZONE = "Europe/Zurich"
COURSE = "skin-tightening"


@dataclass(frozen=True, kw_only=True, slots=True)
class Technician:
    """A technician of the story: how many days ago what happened; None for what never did."""

    name: str
    clinic: str
    assigned: int
    lessons: int = 99
    passed: int | None = None
    failed: tuple[int, ...] = ()
    observed: tuple[int, ...] = ()
    renewed: int | None = None
    suspended: int | None = None


@dataclass(kw_only=True, slots=True)
class Story:
    """Who is in the demo, with the passwords that were made for them."""

    passwords: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    accounts: dict[str, Account] = field(default_factory=dict)
    actors: dict[str, Actor] = field(default_factory=dict)


STAFF: tuple[tuple[str, str, list[tuple[Role, str | None]]], ...] = (
    ("Max Keller", "max", [(Role.MANAGER, "Riverside"), (Role.MANAGER, "Hafen")]),
    ("Eva Lund", "eva", [(Role.EVALUATOR, "Riverside"), (Role.EVALUATOR, "Hafen")]),
    ("Mira Santos", "mira", [(Role.MEDICAL_DIRECTOR, None)]),
    ("Tom Reed", "tom", [(Role.AUTHOR, None)]),
    ("Ada Novak", "ada", [(Role.AUDITOR, None)]),
)
# A year at Lumen: the day of each pass decides what its certification is worth today.
TECHNICIANS = (
    Technician(name="Ann Berg", clinic="Riverside", assigned=12, lessons=2, observed=(8, 5, 3)),
    Technician(name="Amara Okafor", clinic="Riverside", assigned=150, passed=130, observed=(128, 127, 125)),
    Technician(name="Jonas Lindqvist", clinic="Riverside", assigned=40, passed=9, observed=(6,)),
    Technician(name="María José Etxeberria", clinic="Riverside", assigned=420, passed=400, observed=(404, 403, 402)),
    Technician(name="Priya Raman", clinic="Riverside", assigned=20, lessons=3),
    Technician(name="Noah Abadi", clinic="Riverside", assigned=4, lessons=0),
    Technician(name="Lena Vogt", clinic="Hafen", assigned=368, passed=349, observed=(352, 351, 350)),
    Technician(
        name="Tomasz Wiśniewski", clinic="Hafen", assigned=210, passed=190, observed=(195, 193, 192), suspended=6
    ),
    Technician(name="Chloé Dubois", clinic="Hafen", assigned=30, failed=(4,), observed=(3,)),
    Technician(name="Grace Mbeki", clinic="Hafen", assigned=400, passed=380, observed=(385, 384, 383), renewed=25),
    Technician(name="Ines Carvalho", clinic="Hafen", assigned=390, passed=371, observed=(375, 374, 373)),
    Technician(name="Yuki Tanaka", clinic="Hafen", assigned=90, passed=70, observed=(75, 74, 73)),
)


def tell(session: Session, frozen: Frozen, now: datetime, say: Callable[[str], None]) -> Story:
    """Make the demo in one transaction: all of it is there afterwards, or nothing."""
    story = Story()
    began = now - timedelta(days=430)
    say("Making two clinics and their people ...")
    _staff(session, story, began)
    say("Publishing the course, and signing it as its medical director ...")
    release = _signed_release(session, story, frozen, began)
    for technician in TECHNICIANS:
        say(f"A year of {technician.name} ...")
        _technician(session, story, technician, release, now)
    _other_organisation(session, story, began)
    return story


def _staff(session: Session, story: Story, began: datetime) -> None:
    _, admin, token = service.create_organisation(
        session,
        name="Lumen Clinics",
        admin_email="ida@lumen.example",
        admin_name="Ida Moreau",
        time_zone=ZONE,
        now=began,
        is_demo=True,
    )
    _set_password(session, story, "ida", admin, token, "Administrator", began)
    administrator = story.actors["ida"]
    for name in ("Riverside", "Hafen"):
        service.add_clinic(session, actor=administrator, name=name, now=began)
    for name, key, roles in STAFF:
        _invite(session, story, name, key, roles, began)


def _signed_release(session: Session, story: Story, frozen: Frozen, began: datetime) -> Release:
    release = releases.publish(session, actor=story.actors["tom"], frozen=frozen, now=began + timedelta(days=2))
    releases.sign(
        session,
        actor=story.actors["mira"],
        release_id=release.id,
        password=story.passwords["mira"][2],
        confirmed_rows=[row["row"] for row in release.manifest["protocol"]],
        now=began + timedelta(days=5),
    )
    return release


def _technician(session: Session, story: Story, who: Technician, release: Release, now: datetime) -> None:
    key = _plain(who.name.split()[0])
    joined = now - timedelta(days=who.assigned)
    _invite(session, story, who.name, key, [(Role.TECHNICIAN, who.clinic)], joined - timedelta(hours=4))
    actor = story.actors[key]
    learning.assign(
        session,
        actor=story.actors["max"],
        account_id=actor.account_id,
        course_id=COURSE,
        due_on=day_in(ZONE, joined + timedelta(days=30)),
        today=day_in(ZONE, joined),
        now=joined,
    )
    for days_ago, act in sorted(_acts(who, release), key=lambda one: -one[0]):
        act(session, story, actor, now - timedelta(days=days_ago))


def _plain(name: str) -> str:
    """Return a name as an address can hold it: `chloe` for Chloé."""
    return unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()


Act = Callable[[Session, Story, Actor, datetime], None]


def _acts(who: Technician, release: Release) -> list[tuple[float, Act]]:
    """Return what a technician did as (days ago, act): reading, sitting, being observed, being suspended."""
    lessons = release.manifest["lessons"][: who.lessons]
    first_sat = max([*who.failed, who.passed or 0], default=0)
    reading_over = first_sat + 0.5 if first_sat else 1.0
    span = max(who.assigned - reading_over, 0.5)
    acts: list[tuple[float, Act]] = [
        (who.assigned - span * (index + 1) / (len(lessons) + 1), _read(lesson["id"]))
        for index, lesson in enumerate(lessons)
    ]
    cells = cells_of(release)
    acts += [(days, _observe(cells[index % len(cells)])) for index, days in enumerate(who.observed)]
    acts += [(days, _sit(right=False)) for days in who.failed]
    acts += [(days, _sit(right=True)) for days in (who.passed, who.renewed) if days is not None]
    if who.suspended is not None:
        acts.append((who.suspended, _suspend))
    return acts


def _read(lesson_id: str) -> Act:
    def act(session: Session, _story: Story, actor: Actor, at: datetime) -> None:
        certification.complete_lesson(session, actor=actor, course_id=COURSE, lesson_id=lesson_id, now=at)

    return act


def _observe(granted: Any) -> Act:
    def act(session: Session, story: Story, actor: Actor, at: datetime) -> None:
        certification.sign_off(
            session,
            actor=story.actors["eva"],
            account_id=actor.account_id,
            device=granted.cell.device,
            skin_type=granted.cell.skin_type,
            procedure=granted.cell.procedure,
            observed_on=day_in(ZONE, at),
            now=at,
        )

    return act


def _sit(*, right: bool) -> Act:
    def act(session: Session, _story: Story, actor: Actor, at: datetime) -> None:
        sit(session, actor, course_id=COURSE, at=at, right=right)

    return act


def _suspend(session: Session, story: Story, actor: Actor, at: datetime) -> None:
    held = held_by(session, actor.organisation_id, [actor.account_id])[actor.account_id][0]
    change_certification(
        session,
        actor=story.actors["mira"],
        certification_id=held.certification.id,
        kind=EventKind.SUSPENDED,
        effective_on=day_in(ZONE, at),
        reason_code="adverse_event",
        reason="Two hot spots in one week; observed practice is to be repeated.",
        now=at,
    )


def sit(session: Session, actor: Actor, *, course_id: str, at: datetime, right: bool) -> int:
    """Sit a whole exam, every item right or every item wrong, and submit it; return the attempt's id."""
    seed = secrets.randbits(62)
    attempt = certification.start_attempt(session, actor=actor, course_id=course_id, seed=seed, now=at)
    for asked in exams.paper(session, attempt.id):
        form = form_for(asked.shown, asked.keyed["key"], right=right)
        moment = at + timedelta(seconds=30 * asked.position)
        certification.save_response(
            session, actor=actor, attempt_id=attempt.id, position=asked.position, form=form, now=moment
        )
    submitted = at + timedelta(seconds=30 * (attempt.items + 1))
    certification.submit_attempt(session, actor=actor, attempt_id=attempt.id, now=submitted)
    return attempt.id


def form_for(shown: Mapping[str, Any], key: Any, *, right: bool) -> dict[str, list[str]]:
    """Return what a form sends that answers an item rightly, or wrongly."""
    ids = [option["id"] for option in shown["options"]]
    match ItemType(shown["type"]):
        case ItemType.SINGLE | ItemType.MULTIPLE:
            return {"choice": list(key) if right else [one for one in ids if one not in key][:1]}
        case ItemType.NUMERIC:
            return {"value": [f"{key['min'] if right else key['max'] + 1:f}"]}
        case ItemType.ORDERING:
            order = sorted(ids, key=lambda one: sum(then == one for _, then in key))
            return {"order": order if right else order[::-1]}
        case ItemType.MATCHING:
            rights = [one["id"] for one in shown["rights"]]
            wrong = {left: next(one for one in rights if one != key[left]) for left in ids}
            return {f"match-{left}": [key[left] if right else wrong[left]] for left in ids}


def _other_organisation(session: Session, story: Story, began: datetime) -> None:
    _, olga, token = service.create_organisation(
        session,
        name="Harbour Skin",
        admin_email="olga@harbour.example",
        admin_name="Olga Petrova",
        time_zone=ZONE,
        now=began,
        is_demo=True,
    )
    _set_password(session, story, "olga", olga, token, "Manager and administrator of another organisation", began)
    clinic = service.add_clinic(session, actor=story.actors["olga"], name="Harbour", now=began)
    service.give_role(
        session,
        actor=story.actors["olga"],
        account_id=olga.id,
        role=Role.MANAGER,
        clinic_id=clinic.id,
        now=began,
    )


def _invite(  # noqa: PLR0917  a line of the cast, in its order
    session: Session, story: Story, name: str, key: str, roles: list[tuple[Role, str | None]], at: datetime
) -> None:
    administrator = story.actors["ida"]
    clinics = {one.name: one.id for one in queries.clinics(session, administrator.organisation_id, None)}
    account, token = service.invite(
        session,
        actor=administrator,
        email=f"{key}@lumen.example",
        name=name,
        roles=[(role, clinics[clinic] if clinic else None) for role, clinic in roles],
        now=at,
    )
    places = sorted({f"{role.value.replace('_', ' ')}" for role, _ in roles})
    _set_password(session, story, key, account, token, ", ".join(places).capitalize(), at)


def _set_password(  # noqa: PLR0917  as above
    session: Session, story: Story, key: str, account: Account, token: str, label: str, at: datetime
) -> None:
    password = "-".join(secrets.token_hex(2) for _ in range(4))
    service.set_password(session, token=token, password=password, now=at + timedelta(minutes=30))
    story.accounts[key] = account
    story.passwords[key] = (account.email, label, password)
    story.actors[key] = queries.actor_of(session, account)
