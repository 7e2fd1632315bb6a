"""The demo's story: two organisations and a believable year of their people, told through the real services."""

import secrets
import unicodedata
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

from sqlalchemy.orm import Session

from app.certification import appointments, practice
from app.certification import service as certification
from app.certification.attesting import Outcome
from app.certification.changing import Change, change_certification
from app.certification.lifecycle import EventKind
from app.certification.queries import cells_of, held_by
from app.certification.scope import Cell
from app.cli.demo_aftermath import NOTED, few_wrong, many_wrong, tell_aftermath
from app.cli.demo_cast import DEVICES, STAFF, TECHNICIANS, TIGHTENING, ZONE, Taking, Technician
from app.cli.demo_happenings import Town, tell_happenings
from app.clock import day_in
from app.content.values import ItemType
from app.exams import queries as exams
from app.exams import refresher
from app.exams.queries import Asked
from app.exams.watching import note
from app.learning import service as learning
from app.people import equipment, queries, service
from app.people.models import Account
from app.people.permissions import Actor, Role
from app.releases import comparing
from app.releases import service as releases
from app.releases.freeze import Frozen
from app.releases.models import ItemContent, Release
from app.releases.steps import critical_steps
from app.reports import releases as reports
from app.reports.treating import offered_devices

REFRESHED = (11, 10, 8, 7, 5, 4, 2)  # days ago on which Ann did her refresher


@dataclass(kw_only=True, slots=True)
class Story:
    """Who is in the demo, with the passwords that were made for them."""

    passwords: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    accounts: dict[str, Account] = field(default_factory=dict)
    actors: dict[str, Actor] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Editions:
    """The editions of the demo: those signed first, one that corrects one of them, one that waits for its signature."""

    signed: Sequence[Frozen]
    corrected: Frozen
    revised: Frozen


def tell(session: Session, editions: Editions, now: datetime, say: Callable[[str], None], folder: Path) -> Story:
    """Make the demo in one transaction: all of it is there afterwards, or nothing; `folder` keeps uploaded files."""
    story = Story()
    began = now - timedelta(days=440)
    say("Making two clinics and their people ...")
    _staff(session, story, began)
    in_force: dict[str, Release] = {}
    for hours, one in enumerate(editions.signed):
        say(f"Publishing {one.title}, and signing it as its medical director ...")
        in_force[one.course_id] = _signed_release(session, story, one, began + timedelta(hours=hours))
    _devices(session, story, began + timedelta(days=1))
    for days_ago in (434, 70):  # an appointment lasts a year at most
        _appoint(session, story, now - timedelta(days=days_ago))
    for technician in TECHNICIANS:
        say(f"A year of {technician.name} ...")
        _technician(session, story, technician, in_force, now)
    say("Ann's refresher ...")
    for days_ago in REFRESHED:
        _refresh(session, story.actors["ann"], now - timedelta(days=days_ago))
    say("An appeal, and two cases about questions ...")
    tell_aftermath(session, story.actors, story.passwords["mira"][2], now)
    say("A recall, a device out of use, and certificates from outside ...")
    tell_happenings(session, _town(story), editions.corrected, folder, now)
    _prepare_edition(session, story, editions.revised, now)
    _other_organisation(session, story, began)
    return story


def _town(story: Story) -> Town:
    return Town(
        actors=story.actors,
        passwords={key: one[2] for key, one in story.passwords.items()},
        answer=partial(form_for, right=True),
    )


def _appoint(session: Session, story: Story, at: datetime) -> None:
    """Let Mira appoint Eva to observe in every cell: nobody of these clinics could be the first."""
    mira = story.actors["mira"]
    first_on = day_in(ZONE, at)
    appointments.appoint(
        session,
        actor=mira,
        account_id=story.accounts["eva"].id,
        cells=appointments.cells_in_force(session, mira.organisation_id),
        evidence=appointments.Evidence(
            issuer="Rhine Academy of Laser Practice",
            number="RALP-2291",
            words="Trainer in laser treatment of the skin, all devices of these courses, types I to VI.",
        ),
        reason="Nobody here is certified yet who could observe; she has trained elsewhere for six years.",
        first_on=first_on,
        last_on=appointments.latest_last_on(first_on),
        password=story.passwords["mira"][2],
        now=at,
    )


def _devices(session: Session, story: Story, began: datetime) -> None:
    """Let each clinic say which devices it has."""
    administrator = story.actors["ida"]
    offered = offered_devices(session, administrator.organisation_id)
    for clinic in queries.clinics(session, administrator.organisation_id, None):
        devices = [one for one in DEVICES[clinic.name] if one in offered]
        equipment.set_devices(
            session, actor=administrator, clinic_id=clinic.id, devices=devices, offered=offered, now=began
        )


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
    for name in DEVICES:
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


def _prepare_edition(session: Session, story: Story, frozen: Frozen, now: datetime) -> None:
    """Let Tom publish an edition and tell what changed in it; it waits for Mira."""
    tom, at = story.actors["tom"], now - timedelta(days=1)
    release = releases.publish(session, actor=tom, frozen=frozen, now=at)
    changes = comparing.comparison(session, release, ()).changes
    told = {one.digest: (one.change_class.value, "Decided by the protocol board in November.") for one in changes}
    releases.confirm_changes(session, actor=tom, release_id=release.id, told=told, now=at)
    reports.count_impact(session, actor=tom, release_id=release.id, day=day_in(ZONE, at), now=at)


def _technician(
    session: Session, story: Story, who: Technician, in_force: Mapping[str, Release], now: datetime
) -> None:
    key = _plain(who.name.split()[0])
    joined = now - timedelta(days=max(one.assigned for one in who.takes))
    _invite(session, story, who.name, key, [(Role.TECHNICIAN, who.clinic)], joined - timedelta(hours=4))
    actor = story.actors[key]
    acts = [act for one in who.takes for act in _acts(one, in_force[one.course])]
    for days_ago, act in sorted(acts, key=lambda one: -one[0]):
        act(session, story, actor, now - timedelta(days=days_ago))


def _plain(name: str) -> str:
    """Return a name as an address can hold it: `chloe` for Chloé."""
    return unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()


Act = Callable[[Session, Story, Actor, datetime], None]


def _acts(taking: Taking, release: Release) -> list[tuple[float, Act]]:
    """Return what was done in a course as (days ago, act): assigning, reading, sitting, observing, suspending."""
    lessons = release.manifest["lessons"][: taking.lessons]
    first_sat = max([*taking.failed, taking.passed or 0], default=0)
    reading_over = first_sat + 0.5 if first_sat else 1.0
    span = max(taking.assigned - reading_over, 0.5)
    acts: list[tuple[float, Act]] = [(taking.assigned, _assign(taking.course))]
    acts += [
        (taking.assigned - span * (index + 1) / (len(lessons) + 1), _read(taking.course, lesson["id"]))
        for index, lesson in enumerate(lessons)
    ]
    cells = cells_of(release)
    acts += [(days, _observe(cells[index % len(cells)])) for index, days in enumerate(taking.observed)]
    acts += [(days, _sit(taking.course, days, right=False)) for days in taking.failed]
    passes = (taking.passed, taking.renewed)
    acts += [(days, _sit(taking.course, days, right=True)) for days in passes if days is not None]
    if taking.suspended is not None:
        acts.append((taking.suspended, _suspend(taking.course)))
    return acts


def _assign(course_id: str) -> Act:
    def act(session: Session, story: Story, actor: Actor, at: datetime) -> None:
        learning.assign(
            session,
            actor=story.actors["max"],
            account_id=actor.account_id,
            course_id=course_id,
            due_on=day_in(ZONE, at + timedelta(days=30)),
            today=day_in(ZONE, at),
            now=at,
        )

    return act


def _read(course_id: str, lesson_id: str) -> Act:
    def act(session: Session, _story: Story, actor: Actor, at: datetime) -> None:
        certification.complete_lesson(session, actor=actor, course_id=course_id, lesson_id=lesson_id, now=at)

    return act


def _observe(granted: Any) -> Act:
    def act(session: Session, story: Story, actor: Actor, at: datetime) -> None:
        observe(session, story.actors["eva"], actor, granted.cell, password=story.passwords["eva"][2], at=at)

    return act


def _sit(course_id: str, days: int, *, right: bool) -> Act:
    """Nobody is perfect: who passes has a few wrong, who fails has some right."""

    def wrong(paper: Sequence[Asked]) -> set[int]:
        return few_wrong(paper, days) if right else many_wrong(paper, 1)

    def act(session: Session, _story: Story, actor: Actor, at: datetime) -> None:
        noted = {} if right or course_id != TIGHTENING else NOTED
        sit(session, actor, course_id=course_id, at=at, right=right, wrong=wrong, noted=noted)

    return act


def _suspend(course_id: str) -> Act:
    def act(session: Session, story: Story, actor: Actor, at: datetime) -> None:
        held = held_by(session, actor.organisation_id, [actor.account_id], [course_id])[actor.account_id][0]
        change_certification(
            session,
            actor=story.actors["mira"],
            certification_id=held.certification.id,
            change=Change(
                kind=EventKind.SUSPENDED,
                effective_on=day_in(ZONE, at),
                reason_code="adverse_event",
                reason="Two hot spots in one week; observed practice is to be repeated.",
            ),
            now=at,
        )

    return act


def observe(session: Session, evaluator: Actor, actor: Actor, cell: Cell, *, password: str, at: datetime) -> int:
    """Sign a treatment as its evaluator, done safely in every step, and as who gave it; return the sign-off's id."""
    courses = practice.granting(session, evaluator.organisation_id, cell)
    steps = critical_steps(session, courses.values(), cell.procedure)
    signed = practice.record(
        session,
        actor=evaluator,
        treatment=practice.Treatment(account_id=actor.account_id, cell=cell, observed_on=day_in(ZONE, at)),
        seen=practice.Seen(outcome=Outcome.SAFE, done={step.fact for step in steps}, remarks=["calm"]),
        password=password,
        now=at,
    )
    practice.confirm(session, actor=actor, sign_off_id=signed.id, now=at)
    return signed.id


def sit(
    session: Session,
    actor: Actor,
    *,
    course_id: str,
    at: datetime,
    right: bool,
    wrong: Callable[[Sequence[Asked]], Collection[int]] | None = None,
    noted: Mapping[int, Sequence[str]] = MappingProxyType({}),
) -> int:
    """Sit a whole exam, every item right or every item wrong, and submit it; return the attempt's id.

    `wrong` chooses the places that are wrong instead; `noted` is what the browser tells after a question.
    """
    seed = secrets.randbits(62)
    attempt = certification.start_attempt(session, actor=actor, course_id=course_id, seed=seed, now=at)
    paper = exams.paper(session, attempt.id)
    missed = wrong(paper) if wrong else () if right else {one.position for one in paper}
    for asked in paper:
        form = form_for(asked.shown, asked.keyed["key"], right=asked.position not in missed)
        moment = at + timedelta(seconds=30 * asked.position)
        for number, kind in enumerate(noted.get(asked.position, ())):
            seen_at = moment - timedelta(seconds=20 - 12 * number)
            note(session, actor=actor, attempt_id=attempt.id, position=asked.position, kind=kind, now=seen_at)
        certification.save_response(
            session, actor=actor, attempt_id=attempt.id, position=asked.position, form=form, now=moment
        )
    submitted = at + timedelta(seconds=30 * (attempt.items + 1))
    certification.submit_attempt(session, actor=actor, attempt_id=attempt.id, now=submitted)
    return attempt.id


def _refresh(session: Session, actor: Actor, at: datetime) -> None:
    """Answer a day's refresher; every fourth answer is wrong."""
    number = 0
    while item := refresher.ask(session, actor=actor, course_id=None, zone=ZONE, now=at):
        content = session.get_one(ItemContent, item.item_hash)
        form = form_for(content.shown, content.keyed["key"], right=number % 4 > 0)
        at, number = at + timedelta(seconds=25), number + 1
        refresher.respond(session, actor=actor, item_id=item.id, form=form, zone=ZONE, now=at)


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
