"""Being let into a sitting by a code or a network, and what a browser tells of it: both engines, alone and at once."""

from datetime import datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from app.audit.models import Entry, EntryDetail
from app.certification import service as certification
from app.errors import NotFoundError, NotHereError, RefusedError
from app.exams import proctoring, watching
from app.exams import queries as exams
from app.exams.models import Attempt, ProctorCode, SittingEvent
from app.people import places
from app.people import service as people
from app.people.permissions import Actor, Role
from tests.asking import sign_edition
from tests.factories import COURSE, World
from tests.integration.story import NOW, Town, at_once, start, submit, trail

SOON = NOW + timedelta(minutes=5)
CROWD = 6
INSIDE, OUTSIDE = "203.0.113.9", "198.51.100.7"


def test_a_code_lets_in_once(db: Session, world: World) -> None:
    sign_edition(db, world, now=NOW, proctor_code=True)
    with pytest.raises(RefusedError, match="Enter the code that somebody on site makes"):
        enter(db, world)
    code, until = make(db, world.eva.actor, world)
    assert until == NOW + proctoring.CODE_LASTS
    kept = db.scalars(select(ProctorCode)).one()
    assert kept.code_hash.startswith("$argon2id$")
    assert code.replace("-", "") not in repr(vars(kept))
    code_id = find(db, world.ann.actor, f" {code.lower().replace('-', ' ')} ")
    attempt = enter(db, world, code_id=code_id)
    assert attempt.id == db.scalars(select(ProctorCode.attempt_id)).one()
    assert find(db, world.ann.actor, code) is None
    # Going on with the open attempt takes no code.
    assert enter(db, world).id == attempt.id
    assert trail(db, world.ann.id).count("proctor_code.used") == 1
    told = [detail for detail in db.scalars(select(EntryDetail.detail)) if code.replace("-", "") in str(detail)]
    assert told == []


def test_a_code_is_for_one_person_one_exam_and_half_an_hour(db: Session, world: World) -> None:
    sign_edition(db, world, now=NOW, proctor_code=True)
    code, until = make(db, world.max.actor, world)
    assert find(db, world.ben.actor, code) is None
    assert proctoring.find_code(db, actor=world.ann.actor, course_id="laser-safety", code=code, now=NOW) is None
    assert find(db, world.ann.actor, code, now=until) is None
    code_id = find(db, world.ann.actor, code, now=until - timedelta(seconds=1))
    with pytest.raises(RefusedError, match="does not fit, was used, or ran out"):
        enter(db, world, code_id=code_id, now=until)
    newer, _ = make(db, world.eva.actor, world)
    assert find(db, world.ann.actor, code) is None
    assert find(db, world.ann.actor, newer) is not None
    with pytest.raises(RefusedError, match="does not fit"):
        enter(db, world, code_id=code_id)


def test_who_makes_codes(db: Session, world: World) -> None:
    with pytest.raises(RefusedError, match="started without a code"):
        make(db, world.eva.actor, world)
    sign_edition(db, world, now=NOW, proctor_code=True)
    for other in (world.ann, world.ben, world.mira, world.ada, world.ida, world.olga):
        with pytest.raises(NotFoundError):
            make(db, other.actor, world)
    with pytest.raises(NotFoundError):
        proctoring.make_code(db, actor=world.eva.actor, account_id=world.ben.id, course_id=COURSE, now=NOW)
    role = {"role": Role.EVALUATOR, "clinic_id": world.riverside}
    people.give_role(db, actor=world.ida.actor, account_id=world.ann.id, now=NOW, **role)  # type: ignore[arg-type]
    ann = Actor(
        account_id=world.ann.id,
        organisation_id=world.organisation_id,
        grants=world.ann.actor.grants | {(Role.EVALUATOR, world.riverside)},
    )
    with pytest.raises(RefusedError, match="cannot make a code for yourself"):
        make(db, ann, world)


def test_a_code_used_by_many_at_once_starts_one_attempt(busy: Town) -> None:
    with busy.database.transaction() as session:
        sign_edition(session, busy.world, now=NOW, proctor_code=True)
        code, _ = make(session, busy.world.eva.actor, busy.world)
        code_id = find(session, busy.world.ann.actor, code)
    got = at_once(busy.database, *(partial(enter, world=busy.world, code_id=code_id),) * CROWD)
    assert {type(one) for one in got} == {Attempt}
    with busy.database.session() as session:
        assert len(session.scalars(select(Attempt.id)).all()) == 1


def test_an_exam_is_sat_in_the_network_of_the_clinic(db: Session, world: World) -> None:
    bind(db, world, "203.0.113.0/24\n2001:db8:12::/48")
    for address in (OUTSIDE, "", None, "2001:db8:13::1"):
        with pytest.raises(NotHereError, match="sat in your clinic's network"):
            enter(db, world, address=address)
    attempt = enter(db, world, address=INSIDE)
    assert attempt.networks == ["2001:db8:12::/48", "203.0.113.0/24"]
    assert save(db, world, attempt.id, address="::ffff:203.0.113.9")
    with pytest.raises(NotHereError, match=rf"tell your manager this address: {OUTSIDE}\."):
        save(db, world, attempt.id, address=OUTSIDE)
    # What is running keeps the networks that it was started in; what was saved is submitted from anywhere.
    bind(db, world, "192.0.2.0/24")
    assert save(db, world, attempt.id, address=INSIDE)
    assert submit(db, world.ann.actor, attempt.id, now=SOON).closed_by == "submitted"
    assert len(exams.revisions(db, attempt.id)) == 2


def test_a_clinic_without_networks_takes_nothing_away(db: Session, world: World) -> None:
    bind(db, world, "203.0.113.0/24")
    assert start(db, world.ben.actor).networks == []
    role = {"role": Role.TECHNICIAN, "clinic_id": world.hafen}
    people.give_role(db, actor=world.ida.actor, account_id=world.ann.id, now=NOW, **role)  # type: ignore[arg-type]
    with pytest.raises(NotHereError):
        enter(db, world, address=OUTSIDE)
    bind(db, world, "198.51.100.0/24", clinic_id=world.hafen)
    assert enter(db, world, address=OUTSIDE).networks == ["198.51.100.0/24", "203.0.113.0/24"]


def test_networks_are_set_by_an_administrator_and_stand_in_the_trail(db: Session, world: World) -> None:
    for other in (world.max.actor, world.mira.actor):
        with pytest.raises(RefusedError, match="Only an administrator"):
            places.set_networks(db, actor=other, clinic_id=world.riverside, text="203.0.113.0/24", now=NOW)
    with pytest.raises(NotFoundError):
        places.set_networks(db, actor=world.ida.actor, clinic_id=world.harbour, text="203.0.113.0/24", now=NOW)
    for text in ("203.0.113.0/24", "203.0.113.0/24 ", ""):
        bind(db, world, text)
    details = db.scalars(
        select(EntryDetail.detail)
        .join(Entry, Entry.id == EntryDetail.entry_id)
        .where(Entry.kind == "clinic.networks_set")
    ).all()
    assert sorted(map(str, details)) == sorted(
        map(str, [{"before": [], "after": ["203.0.113.0/24"]}, {"before": ["203.0.113.0/24"], "after": []}])
    )


def test_what_a_browser_tells_is_kept_while_the_attempt_is_open(db: Session, world: World) -> None:
    attempt = start(db, world.ann.actor)
    note = partial(watching.note, db, actor=world.ann.actor, attempt_id=attempt.id, now=SOON)
    assert note(position=4, kind="left_page")
    assert note(position=99, kind="came_back")
    assert note(position=None, kind="copied")
    with pytest.raises(RefusedError):
        note(position=1, kind="cheated")
    for other in (world.ben.actor, world.max.actor, world.olga.actor):
        with pytest.raises(NotFoundError):
            watching.note(db, actor=other, attempt_id=attempt.id, position=1, kind="copied", now=SOON)
    assert [(kind, position) for kind, position, _ in exams.told(db, attempt)] == [
        ("left_page", 4),
        ("came_back", None),
        ("copied", None),
    ]
    submit(db, world.ann.actor, attempt.id, now=SOON)
    assert not note(position=1, kind="copied")
    assert db.scalar(select(Attempt.passed)) is False


def test_no_more_is_written_down_than_anybody_reads(db: Session, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "MOST_EVENTS", 3)
    attempt = start(db, world.ann.actor)
    note = partial(watching.note, db, actor=world.ann.actor, attempt_id=attempt.id, now=SOON)
    assert [note(position=1, kind="copied") for _ in range(5)] == [True, True, True, False, False]


def test_what_was_told_is_never_changed(db: Session, world: World) -> None:
    attempt = start(db, world.ann.actor)
    watching.note(db, actor=world.ann.actor, attempt_id=attempt.id, position=1, kind="copied", now=SOON)
    for change in (SittingEvent.__table__.update().values(kind="left_page"), SittingEvent.__table__.delete()):  # type: ignore[attr-defined]
        with pytest.raises(DatabaseError, match="insert-only"), db.begin_nested():
            db.execute(change)


def bind(session: Session, world: World, text: str, *, clinic_id: int | None = None) -> None:
    """Bind a clinic, or Riverside, to networks as Ida."""
    places.set_networks(session, actor=world.ida.actor, clinic_id=clinic_id or world.riverside, text=text, now=NOW)


def make(session: Session, actor: Actor, world: World) -> tuple[str, datetime]:
    """Make a code for Ann."""
    return proctoring.make_code(session, actor=actor, account_id=world.ann.id, course_id=COURSE, now=NOW)


def find(session: Session, actor: Actor, code: str, *, now: datetime = NOW) -> int | None:
    """Find the code that somebody enters."""
    return proctoring.find_code(session, actor=actor, course_id=COURSE, code=code, now=now)


def enter(
    session: Session, world: World, *, code_id: int | None = None, address: str | None = None, now: datetime = NOW
) -> Attempt:
    """Start Ann's attempt with a code, from an address."""
    return certification.start_attempt(
        session, actor=world.ann.actor, course_id=COURSE, seed=1, now=now, code_id=code_id, address=address
    )


def save(session: Session, world: World, attempt_id: int, *, address: str | None) -> bool:
    """Save a response of Ann's from an address."""
    shown = exams.paper(session, attempt_id)[0].shown
    form = {"order": [option["id"] for option in shown["options"]]} if shown["type"] == "ordering" else {}
    saved = certification.save_response(
        session, actor=world.ann.actor, attempt_id=attempt_id, position=1, form=form, now=SOON, address=address
    )
    return saved.revision > 0
