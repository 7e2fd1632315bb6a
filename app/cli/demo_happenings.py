"""What happens to the demo's clinics: an edition put right and its recall, a device out of use, papers from outside."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from app.certification import bulk, evidence, interlocks, recalls
from app.certification.holds import Matching
from app.certification.lifecycle import EventKind
from app.certification.queries import held_by
from app.certification.recall_queries import asked_item
from app.certification.recalling import Consequence, Task
from app.cli.demo_cast import TIGHTENING, ZONE
from app.clock import day_in
from app.learning.sniffing import sniffed
from app.people import queries as people
from app.people.permissions import Actor
from app.releases import comparing
from app.releases import service as releases
from app.releases.freeze import Frozen
from app.releases.models import Release
from app.reports import recall_starts
from app.reports import releases as reports

CORRECTED = "procedure/stp-040-cool"
DONE = {"amara": 5, "yuki": 4, "grace": 3, "jonas": 2}  # days ago on which somebody did what the recall asks
WHY_CORRECTED = "Read again with the page on first aid: 15 to 20 minutes of cool running water. 10 are too few."


@dataclass(frozen=True, kw_only=True, slots=True)
class Town:
    """Who acts in the demo, by key, with their passwords, and how a form answers an item rightly."""

    actors: Mapping[str, Actor]
    passwords: Mapping[str, str]
    answer: Callable[[Mapping[str, Any], Any], dict[str, list[str]]]


def tell_happenings(session: Session, town: Town, corrected: Frozen, folder: Path, now: datetime) -> None:
    """Let all of it happen; `folder` keeps the files of certificates from outside."""
    release = _sign_corrected(session, town, corrected, now - timedelta(days=9))
    _recall(session, town, release, now)
    _device_out_of_use(session, town, now - timedelta(days=1))
    _outside(session, town, folder, now)
    _propose(session, town, now - timedelta(hours=3))


def _sign_corrected(session: Session, town: Town, frozen: Frozen, at: datetime) -> Release:
    """Let Tom publish the edition that puts a step right and tell why, and Mira sign it a day later."""
    tom, mira = town.actors["tom"], town.actors["mira"]
    release = releases.publish(session, actor=tom, frozen=frozen, now=at)
    found = comparing.comparison(session, release, ())
    told = {one.digest: (one.change_class.value, WHY_CORRECTED) for one in found.changes}
    releases.confirm_changes(session, actor=tom, release_id=release.id, told=told, now=at)
    reports.count_impact(session, actor=tom, release_id=release.id, day=day_in(ZONE, at), now=at)
    signed_at = at + timedelta(days=1)
    _, impact = reports.impact_now(
        session,
        organisation_id=mira.organisation_id,
        release_id=release.id,
        day=day_in(ZONE, signed_at),
        now=signed_at,
    )
    releases.sign(
        session,
        actor=mira,
        release_id=release.id,
        password=town.passwords["mira"],
        confirmed_rows=[row["row"] for row in release.manifest["protocol"]],
        impact=impact,
        now=signed_at,
    )
    return release


def _recall(session: Session, town: Town, release: Release, now: datetime) -> None:
    """Let Mira recall who is certified on the old step; some have answered since, one of them at the second try."""
    mira, at = town.actors["mira"], now - timedelta(days=6)
    found = recall_starts.read_recallable(session, mira.organisation_id, release.id)
    digests = [one.digest for one in found.changes if one.key == CORRECTED]
    day = day_in(ZONE, at)
    recall = recall_starts.start(
        session,
        actor=mira,
        release_id=release.id,
        digests=digests,
        day=day,
        task=Task.QUIZ,
        consequence=Consequence.SUSPEND,
        due_on=day_in(ZONE, now + timedelta(days=8)),
        reason="The old edition cooled a burn for 10 minutes only. Read it again before the next treatment.",
        password=town.passwords["mira"],
        seen=recall_starts.read_preview(session, mira.organisation_id, release.id, digests, day).seen,
        now=at,
    )
    for key, days_ago in DONE.items():
        _answer(session, town, town.actors[key], recall.id, now - timedelta(days=days_ago))


def _answer(session: Session, town: Town, actor: Actor, recall_id: int, at: datetime) -> None:
    """Answer all that a delta quiz asks of somebody."""
    while item_id := recalls.ask(session, actor=actor, recall_id=recall_id, now=at):
        asked = asked_item(session, actor.organisation_id, recall_id, actor.account_id, item_id)
        form = town.answer(asked.shown, asked.keyed["key"])
        at += timedelta(seconds=40)
        recalls.respond(session, actor=actor, recall_id=recall_id, item_id=item_id, form=form, now=at)


def _device_out_of_use(session: Session, town: Town, at: datetime) -> None:
    """Let Max hold what is treated with a device of Riverside that failed its check."""
    max_ = town.actors["max"]
    clinic = next(one for one in people.clinics(session, max_.organisation_id, None) if one.name == "Riverside")
    interlocks.interlock(
        session,
        actor=max_,
        matching=Matching(clinic_id=clinic.id, device="ndyag-1064-ms", procedure=None, skin_types=frozenset()),
        reason_code="device_out_of_use",
        reason="Its cooling failed the check this morning. The maker looks at it on Monday.",
        password=town.passwords["max"],
        day=day_in(ZONE, at),
        now=at,
    )


def _outside(session: Session, town: Town, folder: Path, now: datetime) -> None:
    """Let one certificate of another body be accepted, and one wait for a decision."""
    accepted = _upload(session, town.actors["jonas"], "Cosmetic laser practice, level 4", "RALP-1874", folder, now, 38)
    evidence.accept(
        session,
        actor=town.actors["mira"],
        evidence_id=accepted,
        course_id=TIGHTENING,
        requirements=["lessons"],
        reason="The academy confirmed it by telephone; its course teaches more than our lessons.",
        password=town.passwords["mira"],
        now=now - timedelta(days=37),
    )
    _upload(session, town.actors["noah"], "Laser safety for operators", "RALP-2316", folder, now, 2)


def _upload(  # noqa: PLR0917  a certificate, as its form asks
    session: Session, actor: Actor, title: str, number: str, folder: Path, now: datetime, days_ago: int
) -> int:
    at = now - timedelta(days=days_ago)
    issued_on = day_in(ZONE, at - timedelta(days=200))
    issuer = "Rhine Academy of Laser Practice"
    name = people.get_account(session, actor.organisation_id, actor.account_id).name
    told = (f"DEMO - {issuer}", title, f"Holder: {name}", f"No. {number}, issued {issued_on}")
    made = evidence.add(
        session,
        actor=actor,
        account_id=actor.account_id,
        certificate=evidence.Certificate(
            issuer=issuer,
            number=number,
            title=title,
            issued_on=issued_on,
            expires_on=day_in(ZONE, at + timedelta(days=530)),
        ),
        file=sniffed(_pdf(told)),
        folder=folder,
        now=at,
    )
    return made.id


def _propose(session: Session, town: Town, at: datetime) -> None:
    """Let Ida propose to suspend two certifications: it waits for a second person."""
    ida = town.actors["ida"]
    people_of = [town.actors[key].account_id for key in ("lena", "yuki")]
    held = held_by(session, ida.organisation_id, people_of, [TIGHTENING])
    bulk.propose(
        session,
        actor=ida,
        kind=EventKind.SUSPENDED,
        certification_ids=[one.certification.id for several in held.values() for one in several],
        effective_on=day_in(ZONE, at + timedelta(days=1)),
        reason_code="inquiry",
        reason="The practice logs of both name the same hour in one room.",
        password=town.passwords["ida"],
        today=day_in(ZONE, at),
        now=at,
    )


def _pdf(lines: tuple[str, ...]) -> bytes:
    """Return a page of A5 with a few lines of text: enough to be opened, and nothing that acts."""
    text = " T* ".join(f"({line.encode('ascii', 'replace').decode()}) Tj" for line in lines)
    drawn = f"BT /F1 16 Tf 28 TL 40 320 Td {text} ET"
    fonts = "<< /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >>"
    objects = (
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 420] /Contents 4 0 R /Resources << /Font {fonts} >> >>",
        f"<< /Length {len(drawn)} >>\nstream\n{drawn}\nendstream",
    )
    file, places = "%PDF-1.4\n", []
    for number, each in enumerate(objects, start=1):
        places.append(len(file))
        file += f"{number} 0 obj\n{each}\nendobj\n"
    rows = "".join(f"{place:010} 00000 n \n" for place in places)
    table = f"xref\n0 {len(places) + 1}\n0000000000 65535 f \n{rows}"
    return f"{file}{table}trailer\n<< /Size {len(places) + 1} /Root 1 0 R >>\nstartxref\n{len(file)}\n%%EOF\n".encode()
