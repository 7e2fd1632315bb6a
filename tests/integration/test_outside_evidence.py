"""Evidence from outside on both engines: kept, judged by a named person, and what a certification says of it."""

import os
from collections.abc import Collection
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.audit.models import Entry
from app.certification import evidence
from app.certification.models import Certification, CertificationEvent
from app.certification.queries import held_by
from app.certification.standing import standing
from app.clock import day_in
from app.errors import NotFoundError, RefusedError
from app.learning import service as learning
from app.learning import shelf
from app.learning.evidence_models import EvidenceDecision, OutsideEvidence
from app.learning.sniffing import sniffed
from app.people import service as people
from app.people.permissions import Role
from app.people.queries import actor_of, get_account
from tests.factories import COURSE, PASSWORD, ZONE, World, certify, observe, read_lessons
from tests.integration.outside import FOLDER, certificate, jpeg, pdf, upload
from tests.integration.story import NOW, Town, at_once

TODAY = day_in(ZONE, NOW)
LATER = NOW + timedelta(hours=1)


def accept(
    session: Session, world: World, held: OutsideEvidence, requirements: Collection[str], **more: object
) -> Certification | None:
    """Let Mira accept evidence for requirements of the course."""
    said = {
        "actor": world.mira.actor,
        "evidence_id": held.id,
        "course_id": COURSE,
        "requirements": requirements,
        "reason": "I asked the school.",
        "password": PASSWORD,
        "now": LATER,
    }
    return evidence.accept(session, **{**said, **more})  # type: ignore[arg-type]  # named by each test


def decline(session: Session, world: World, held: OutsideEvidence, **more: object) -> EvidenceDecision:
    """Let Mira decline evidence."""
    said = {
        "actor": world.mira.actor,
        "evidence_id": held.id,
        "reason": "Not genuine.",
        "password": PASSWORD,
        "now": LATER,
    }
    return evidence.decline(session, **{**said, **more})  # type: ignore[arg-type]  # named by each test


def texts(session: Session, world: World) -> list[str]:
    """Return what stands of Ann's requirements."""
    found = standing(
        session,
        organisation_id=world.organisation_id,
        account_id=world.ann.id,
        zone=ZONE,
        course_id=COURSE,
        now=LATER,
    )
    return [one.text for one in found.assessment.requirements if one.met]


def test_a_certificate_is_kept_with_its_file_as_it_came(db: Session, world: World) -> None:
    data = jpeg()
    held = upload(db, world, data=data)
    path = FOLDER / held.file_name
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (data, 0o600)
    assert FOLDER.stat().st_mode & 0o077 == 0
    assert (held.file_kind, held.file_size, len(held.file_hash)) == ("jpg", len(data), 64)
    [told] = evidence.told(db, organisation_id=world.organisation_id, account_id=world.ann.id)
    assert (told.person, told.uploaded_by, told.decisions) == ("Ann Berg", "Ann Berg", ())
    assert (
        db.scalars(sa.select(Entry.kind).where(Entry.account_id == world.ann.id)).all().count("evidence.uploaded") == 1
    )


def test_a_manager_uploads_for_her_people_only(db: Session, world: World) -> None:
    def put(actor: object, account_id: int) -> OutsideEvidence:
        return evidence.add(
            db,
            actor=actor,  # type: ignore[arg-type]  # an actor of the world
            account_id=account_id,
            certificate=certificate(),
            file=sniffed(pdf()),
            folder=FOLDER,
            now=NOW,
        )

    assert put(world.max.actor, world.ann.id).uploaded_by == world.max.id
    others = (
        (world.max, world.ben),
        (world.ann, world.ben),
        (world.eva, world.ann),
        (world.mira, world.ann),
        (world.olga, world.ann),
    )
    for reader, whose in others:
        with pytest.raises(NotFoundError):
            put(reader.actor, whose.id)


@pytest.mark.parametrize(
    "more",
    [
        {"issued_on": TODAY + timedelta(days=1)},
        {"expires_on": TODAY - timedelta(days=90)},
        {"issuer": ""},
        {"data": b"MZ"},
    ],
)
def test_what_cannot_be_is_refused_and_leaves_no_row(db: Session, world: World, more: dict[str, object]) -> None:
    with pytest.raises(RefusedError):
        upload(db, world, **more)  # type: ignore[arg-type]  # named by the table
    assert db.scalar(sa.select(sa.func.count(OutsideEvidence.id))) == 0


def test_it_can_be_the_last_requirement(db: Session, world: World) -> None:
    read_lessons(db, world.ann.actor, now=NOW)
    observe(db, world.eva.actor, world.ann.id, now=NOW)
    earned = accept(db, world, upload(db, world), ["exam"])
    assert earned
    assert earned.scheme["evidence"] == [
        {
            "id": earned.scheme["evidence"][0]["id"],
            "issuer": "Laser School Zurich",
            "number": "LSZ-2026-17",
            "title": "Laser tightening",
            "for": ["exam"],
        }
    ]
    event = db.scalars(sa.select(CertificationEvent)).one()
    assert (event.reason_code, event.attempt_id) == ("outside_evidence", None)
    assert event.reason == "Rests on evidence from outside: Laser tightening, Laser School Zurich, LSZ-2026-17"
    assert held_by(db, world.organisation_id, [world.ann.id])[world.ann.id][0].on(TODAY, LATER).state == "active"


def test_it_stands_for_what_was_chosen_and_no_more(db: Session, world: World) -> None:
    assert accept(db, world, upload(db, world), ["sign_offs"]) is None
    [text] = texts(db, world)
    assert text == "0 of 3 treatments observed; Laser School Zurich LSZ-2026-17 was accepted for it"
    read_lessons(db, world.ann.actor, now=LATER)
    assert len(texts(db, world)) == 2
    assert db.scalar(sa.select(sa.func.count(Certification.id))) == 0


def test_another_requirement_can_come_last(db: Session, world: World) -> None:
    accept(db, world, upload(db, world), ["exam", "sign_offs"])
    read_lessons(db, world.ann.actor, now=LATER)
    assert db.scalars(sa.select(Certification)).one().scheme["evidence"][0]["for"] == ["exam", "sign_offs"]


def test_what_rests_on_nothing_from_outside_says_nothing_of_it(db: Session, world: World) -> None:
    assert "evidence" not in certify(db, world, world.ann, now=NOW).scheme


def test_an_expired_certificate_stands_for_nothing(db: Session, world: World) -> None:
    held = upload(db, world, expires_on=TODAY + timedelta(days=5))
    accept(db, world, held, ["exam"])
    read_lessons(db, world.ann.actor, now=NOW + timedelta(days=6))
    observe(db, world.eva.actor, world.ann.id, now=NOW + timedelta(days=6))
    assert db.scalar(sa.select(sa.func.count(Certification.id))) == 0
    gone = upload(db, world, expires_on=TODAY - timedelta(days=1))
    with pytest.raises(RefusedError, match="has expired"):
        accept(db, world, gone, ["exam"])


def test_evidence_of_the_first_period_renews_nothing(db: Session, world: World) -> None:
    accept(db, world, upload(db, world), ["exam", "sign_offs"])
    read_lessons(db, world.ann.actor, now=LATER)
    with pytest.raises(RefusedError, match="certified there already"):
        accept(db, world, upload(db, world), ["exam"])
    in_window = NOW + timedelta(days=350)
    observe(db, world.eva.actor, world.ann.id, now=in_window, times=1)
    assert db.scalars(sa.select(CertificationEvent.kind)).all() == ["issued"]
    accept(db, world, upload(db, world), ["exam", "sign_offs"], now=in_window)
    assert db.scalars(sa.select(CertificationEvent.kind)).all() == ["issued", "renewed"]


def test_nothing_is_decided_twice(db: Session, world: World) -> None:
    held = upload(db, world)
    accept(db, world, held, ["exam"])
    with pytest.raises(RefusedError, match="decided already"):
        accept(db, world, held, ["sign_offs"])
    with pytest.raises(RefusedError, match="decided already"):
        decline(db, world, held)
    other = upload(db, world)
    assert decline(db, world, other).course_id == ""
    with pytest.raises(RefusedError, match="decided already"):
        accept(db, world, other, ["exam"])


@pytest.mark.parametrize("wrong", [[], ["no_such_thing"], ["exam", "certification:laser-safety"]])
def test_only_what_the_scheme_asks_for_can_be_chosen(db: Session, world: World, wrong: list[str]) -> None:
    with pytest.raises(RefusedError, match="Choose what"):
        accept(db, world, upload(db, world), wrong)


def test_a_decision_takes_a_director_a_password_and_a_reason(db: Session, world: World) -> None:
    held = upload(db, world)
    for somebody in (world.ann, world.max, world.ada, world.ida, world.tom, world.eva, world.olga):
        with pytest.raises(NotFoundError):
            accept(db, world, held, ["exam"], actor=somebody.actor)
        with pytest.raises(NotFoundError):
            decline(db, world, held, actor=somebody.actor)
    for wrong in ({"password": "wrong"}, {"reason": "x"}):
        with pytest.raises(RefusedError):
            accept(db, world, held, ["exam"], **wrong)
        with pytest.raises(RefusedError):
            decline(db, world, held, **wrong)
    assert db.scalar(sa.select(sa.func.count(EvidenceDecision.id))) == 0


def test_a_director_does_not_decide_on_her_own(db: Session, world: World) -> None:
    people.give_role(
        db, actor=world.ida.actor, account_id=world.ann.id, role=Role.MEDICAL_DIRECTOR, clinic_id=None, now=NOW
    )
    both = actor_of(db, get_account(db, world.organisation_id, world.ann.id))
    with pytest.raises(RefusedError, match="your own"):
        accept(db, world, upload(db, world), ["exam"], actor=both)


def test_the_file_is_for_the_person_and_for_who_may_read_the_record(db: Session, world: World) -> None:
    held = upload(db, world)
    for reader in (world.ann, world.max, world.mira, world.ada):
        assert evidence.readable(db, actor=reader.actor, evidence_id=held.id).id == held.id
    for reader in (world.ben, world.eva, world.tom, world.ida, world.olga):
        with pytest.raises(NotFoundError):
            evidence.readable(db, actor=reader.actor, evidence_id=held.id)


def test_what_a_rolled_back_upload_leaves_is_swept_a_day_later(db: Session, world: World, tmp_path: Path) -> None:
    kept, orphan, fresh = (shelf.put(tmp_path, pdf()) for _ in range(3))
    row = upload(db, world)
    db.add(OutsideEvidence(**{**columns_of(row), "file_name": kept}))
    db.flush()
    two_days_ago = (NOW - timedelta(days=2)).timestamp()
    for name in (kept, orphan):
        os.utime(tmp_path / name, (two_days_ago, two_days_ago))
    os.utime(tmp_path / fresh, (NOW.timestamp(), NOW.timestamp()))
    swept = shelf.sweep(tmp_path, lambda names: evidence.known_files(db, names), now=NOW)
    assert (swept, {one.name for one in tmp_path.iterdir()}) == (1, {kept, fresh})
    assert shelf.sweep(tmp_path / "none", lambda names: names, now=NOW) == 0


def columns_of(row: OutsideEvidence) -> dict[str, object]:
    """Return what a row holds, but for its id."""
    return {column.key: getattr(row, column.key) for column in OutsideEvidence.__table__.columns if column.key != "id"}


def test_two_last_requirements_at_once_issue_one_certification(busy: Town) -> None:
    world = busy.world
    with busy.database.transaction() as session:
        read_lessons(session, world.ann.actor, now=NOW)
        observe(session, world.eva.actor, world.ann.id, now=NOW, times=2)
        held = upload(session, world)
    got = at_once(
        busy.database,
        lambda session: accept(session, world, held, ["exam"]),
        lambda session: observe(session, world.eva.actor, world.ann.id, now=LATER, times=1),
    )
    assert not any(isinstance(one, Exception) for one in got), got
    with busy.database.session() as session:
        assert len(session.scalars(sa.select(Certification)).all()) == 1


def test_a_course_that_is_not_assigned_is_assigned_first(db: Session, world: World) -> None:
    account, _ = people.invite(
        db,
        actor=world.ida.actor,
        email="nora@lumen.example",
        name="Nora Weiss",
        roles=[(Role.TECHNICIAN, world.riverside)],
        now=NOW,
    )
    held = evidence.add(
        db,
        actor=world.max.actor,
        account_id=account.id,
        certificate=certificate(),
        file=sniffed(pdf()),
        folder=FOLDER,
        now=NOW,
    )
    with pytest.raises(RefusedError, match="assign it first"):
        accept(db, world, held, ["exam"])
    learning.assign(
        db, actor=world.max.actor, account_id=account.id, course_id=COURSE, due_on=None, today=TODAY, now=NOW
    )
    assert accept(db, world, held, ["exam"]) is None
