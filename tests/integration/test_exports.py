"""What an auditor takes away: certifications in the state of a day, the trail to its end, one organisation's only."""

import hashlib
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.audit import service as trail
from app.audit.models import EntryDetail
from app.audit.service import canonical
from app.certification.changing import Change, change_certification
from app.certification.lifecycle import EventKind, State
from app.certification.models import CertificationEvent
from app.certification.queries import held_by
from app.db import Database
from app.exams.models import Attempt
from app.people import queries
from app.people import service as people
from app.people.permissions import Role
from app.releases.models import Release
from app.reports import exports
from app.reports.exports import CERTIFICATIONS, TRAIL, Asked, Export
from tests.factories import COURSE, ZONE, Person, World, assign, certify, make_world

NOW = datetime(2026, 3, 10, 9, 30, tzinfo=UTC)
TODAY = date(2026, 3, 10)
LATER = datetime(2030, 1, 1, tzinfo=UTC)


@pytest.fixture
def moment() -> datetime:
    """It is spring."""
    return NOW


def asked(world: World, day: date, *, known_at: datetime = LATER, demo: bool = False) -> Asked:
    return Asked(organisation_id=world.organisation_id, zone=ZONE, is_demo=demo, day=day, known_at=known_at)


def rows(session: Session, export: Export, of: Asked) -> list[dict[str, Any]]:
    found = [dict(zip(export.columns, row, strict=True)) for row in export.rows(session, of)]
    assert export.count(session, of) == len(found)
    return found


def change(session: Session, world: World, certification_id: int, kind: EventKind, on: date, now: datetime) -> None:
    change_certification(
        session,
        actor=world.mira.actor,
        certification_id=certification_id,
        change=Change(kind=kind, effective_on=on, reason_code="incident", reason="A burn was reported"),
        now=now,
    )


def test_a_certification_tells_all_that_it_rests_on(db: Session, world: World) -> None:
    certification = certify(db, world, world.ann, now=NOW)
    release = db.get_one(Release, world.release_id)
    [row] = rows(db, CERTIFICATIONS, asked(world, TODAY))
    assert row["number"] == certification.number
    assert (row["name"], row["account"], row["clinics"]) == ("Ann Berg", world.ann.id, ["Riverside"])
    assert (row["course"], row["scheme"]) == (COURSE, release.manifest["scheme"]["title"])
    assert (row["edition"], row["organisation"]) == (release.edition, "Lumen Clinics")
    assert (row["state"], row["due"], row["since_on"]) == ("active", False, "2026-03-10")
    assert (row["first_issued_on"], row["valid_from_on"]) == ("2026-03-10", "2026-03-10")
    assert (row["valid_to_on"], row["grace_to_on"]) == ("2027-03-09", "2027-03-23")
    assert (row["release"], row["release_hash"]) == (release.id, release.content_hash)
    assert (row["attempt"], row["score_percent"]) == (held_attempt(db, world), 100)
    assert row["score_numerator"] == row["score_denominator"]
    attempt = db.get_one(Attempt, row["attempt"])
    assert row["paper_proof"] == {**attempt.proof, "seed": str(attempt.seed)}
    assert [one["asked"] for one in row["paper_proof"]["sections"]] == [3, 5, 5, 4, 3]
    assert row["cells"] == ["Skin tightening, Nd:YAG laser 1064 nm, microsecond mode: III–IV allowed"]
    assert row["devices"] == [one["name"] for one in release.manifest["devices"].values()]
    assert row["disclaimer"] == release.manifest["scheme"]["disclaimer"]
    assert (row["as_of"], row["known_at"], row["demo"]) == ("2026-03-10", "2030-01-01T00:00:00.000000Z", "")


def held_attempt(session: Session, world: World) -> int | None:
    event = held_by(session, world.organisation_id, [world.ann.id])[world.ann.id][0].events[0]
    return session.get_one(CertificationEvent, event.seq).attempt_id


def test_demo_stands_in_every_row(db: Session, world: World) -> None:
    certify(db, world, world.ann, now=NOW)
    for export in (CERTIFICATIONS, TRAIL):
        assert {row["demo"] for row in rows(db, export, asked(world, TODAY, demo=True))} == {"DEMO"}


def test_the_state_is_the_one_of_the_day_whatever_happened_since(db: Session, world: World) -> None:
    made = certify(db, world, world.ann, now=NOW)
    change(db, world, made.id, EventKind.SUSPENDED, date(2026, 5, 4), NOW + timedelta(days=60))
    change(db, world, made.id, EventKind.REINSTATED, date(2026, 6, 1), NOW + timedelta(days=90))
    days = [TODAY - timedelta(days=1), *(TODAY + timedelta(days=number) for number in range(0, 420, 11))]
    told = {day: [row["state"] for row in rows(db, CERTIFICATIONS, asked(world, day))] for day in days}
    [held] = held_by(db, world.organisation_id, [world.ann.id])[world.ann.id]
    folded = {day: held.on(day, LATER).state for day in days}
    assert told == {day: [] if state is State.NONE else [state.value] for day, state in folded.items()}
    assert {*folded.values()} >= {State.NONE, State.ACTIVE, State.SUSPENDED, State.GRACE, State.EXPIRED}


def test_a_suspension_tells_its_reason(db: Session, world: World) -> None:
    made = certify(db, world, world.ann, now=NOW)
    change(db, world, made.id, EventKind.SUSPENDED, date(2026, 5, 4), NOW + timedelta(days=60))
    [row] = rows(db, CERTIFICATIONS, asked(world, date(2026, 5, 4)))
    assert (row["state"], row["since_on"]) == ("suspended", "2026-05-04")
    assert (row["reason_code"], row["reason"]) == ("incident", "A burn was reported")
    assert row["attempt"] is not None


def test_what_was_recorded_later_is_not_known_yet(db: Session, world: World) -> None:
    made = certify(db, world, world.ann, now=NOW)
    change(db, world, made.id, EventKind.REVOKED, date(2026, 4, 1), NOW + timedelta(days=60))
    day = date(2026, 4, 2)
    assert [row["state"] for row in rows(db, CERTIFICATIONS, asked(world, day))] == ["revoked"]
    [row] = rows(db, CERTIFICATIONS, asked(world, day, known_at=NOW + timedelta(days=59)))
    assert row["state"] == "active"
    assert rows(db, CERTIFICATIONS, asked(world, day, known_at=NOW - timedelta(hours=1))) == []


def test_clinics_are_those_of_the_day(db: Session, world: World) -> None:
    certify(db, world, world.ann, now=NOW)
    moved = NOW + timedelta(days=10)
    ida, ann = world.ida.actor, world.ann.id
    [(old, *_)] = queries.member(db, world.organisation_id, ann, None).roles
    people.give_role(db, actor=ida, account_id=ann, role=Role.TECHNICIAN, clinic_id=world.hafen, now=moved)
    people.give_role(db, actor=ida, account_id=ann, role=Role.EVALUATOR, clinic_id=world.riverside, now=moved)
    people.end_role(db, actor=ida, account_id=ann, grant_id=old, now=moved + timedelta(days=10))
    days = [TODAY + timedelta(days=number) for number in (0, 9, 10, 19, 20)]
    clinics = [rows(db, CERTIFICATIONS, asked(world, day))[0]["clinics"] for day in days]
    assert clinics == [["Riverside"], ["Riverside"], ["Hafen", "Riverside"], ["Hafen", "Riverside"], ["Hafen"]]


def test_nothing_of_another_organisation_is_told(db: Session, world: World) -> None:
    certify(db, world, world.ann, now=NOW)
    other = Asked(organisation_id=world.other_organisation_id, zone=ZONE, is_demo=False, day=TODAY, known_at=LATER)
    assert rows(db, CERTIFICATIONS, other) == []
    subjects = {row["id"] for row in rows(db, TRAIL, other)}
    assert subjects
    assert subjects.isdisjoint(row["id"] for row in rows(db, TRAIL, asked(world, TODAY)))


def test_pages_follow_each_other_without_a_gap(db: Session, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("Zoe Blum", "Cem Aydin", "Lea Roth"):
        certify(db, world, technician(db, world, name), now=NOW)
    certify(db, world, world.ann, now=NOW)
    whole = {export.name: rows(db, export, asked(world, TODAY)) for export in (CERTIFICATIONS, TRAIL)}
    monkeypatch.setattr(exports, "PAGE", 3)
    assert {export.name: rows(db, export, asked(world, TODAY)) for export in (CERTIFICATIONS, TRAIL)} == whole
    certified = whole[CERTIFICATIONS.name]
    assert [row["account"] for row in certified] == sorted(row["account"] for row in certified)
    assert {row["name"] for row in certified} == {"Ann Berg", "Zoe Blum", "Cem Aydin", "Lea Roth"}
    assert {tuple(row["clinics"]) for row in certified} == {("Riverside",)}


def test_the_trail_ends_with_the_day_in_the_organisations_time_zone(db: Session, world: World) -> None:
    # Midnight in Zurich on 10 March is 23:00 UTC of that day.
    before, after = datetime(2026, 3, 10, 22, 59, 59, tzinfo=UTC), datetime(2026, 3, 10, 23, tzinfo=UTC)
    for instant in (before, after):
        trail.record(db, organisation_id=world.organisation_id, kind="tested", subject="test:1", now=instant)
    found = [row for row in rows(db, TRAIL, asked(world, TODAY)) if row["kind"] == "tested"]
    assert [row["recorded_at"] for row in found] == ["2026-03-10T22:59:59.000000Z"]
    assert len([row for row in rows(db, TRAIL, asked(world, date(2026, 3, 11))) if row["kind"] == "tested"]) == 2


def test_every_entry_proves_its_commitment_until_its_detail_is_erased(db: Session, world: World) -> None:
    found = rows(db, TRAIL, asked(world, TODAY))
    assert [row["recorded_at"] for row in found] == sorted(row["recorded_at"] for row in found)
    for row in found:
        proof = hashlib.sha256(bytes.fromhex(row["salt"]) + canonical(row["detail"])).hexdigest()
        assert proof == row["commitment"]
    erased = found[0]["id"]
    db.execute(delete(EntryDetail).where(EntryDetail.entry_id == erased))
    [row] = [row for row in rows(db, TRAIL, asked(world, TODAY)) if row["id"] == erased]
    assert (row["detail"], row["salt"]) == (None, None)
    assert row["commitment"] == found[0]["commitment"]


def test_the_trail_names_who_acted_until_that_is_erased(db: Session, world: World) -> None:
    found = [row for row in rows(db, TRAIL, asked(world, TODAY)) if row["actor"] == world.mira.id]
    assert found
    assert {row["actor_name"] for row in found} == {"Mira Santos"}
    system = [row for row in rows(db, TRAIL, asked(world, TODAY)) if row["actor"] is None]
    assert {row["actor_name"] for row in system} <= {None}
    db.execute(delete(EntryDetail).where(EntryDetail.entry_id == found[0]["id"]))
    [row] = [row for row in rows(db, TRAIL, asked(world, TODAY)) if row["id"] == found[0]["id"]]
    assert (row["actor"], row["actor_name"], row["account_name"]) == (world.mira.id, None, None)


@pytest.mark.parametrize("export", [CERTIFICATIONS, TRAIL], ids=lambda export: export.name)
def test_what_is_written_meanwhile_is_not_half_told(
    fresh_db: Database, export: Export, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "PAGE", 1)
    world = make_world(fresh_db, now=NOW)
    with fresh_db.transaction() as session:
        certify(session, world, world.ann, now=NOW)
        zoe = technician(session, world, "Zoe Blum")
        certify(session, world, zoe, now=NOW)
    people_certified = [world.ann.id, zoe.id]
    of = asked(world, TODAY)
    with fresh_db.snapshot() as session:
        told = export.rows(session, of)
        first = next(told)
        count = export.count(session, of)
        with fresh_db.transaction() as writing:
            certify(writing, world, technician(writing, world, "Cem Aydin"), now=NOW)
            for [held] in held_by(writing, world.organisation_id, people_certified).values():
                change(writing, world, held.certification.id, EventKind.REVOKED, TODAY, NOW)
        found = [first, *told]
    assert len(found) == count
    state = list(CERTIFICATIONS.columns).index("state")
    assert export is TRAIL or {row[state] for row in found} == {"active"}


def technician(session: Session, world: World, name: str) -> Person:
    """Add a technician at Riverside to whom the course is assigned."""
    account, _ = people.invite(
        session,
        actor=world.ida.actor,
        email=f"{name.split(maxsplit=1)[0].lower()}@lumen.example",
        name=name,
        roles=[(Role.TECHNICIAN, world.riverside)],
        now=NOW - timedelta(days=20),
    )
    assign(session, world.ida.actor, account.id, now=NOW - timedelta(days=19))
    return Person(name=name, email=account.email, actor=queries.actor_of(session, account))
