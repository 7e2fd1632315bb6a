"""What other programs ask: with a token of the organisation, in JSON, and nothing beyond what the board shows."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app import clock
from app.api import access
from app.certification.changing import Change, change_certification
from app.certification.lifecycle import EventKind
from app.certification.models import Certification
from app.clock import day_in
from app.db import Database
from app.people import equipment, tokens
from app.people.models import ApiToken
from tests.factories import ZONE, World, booking_token, certify
from tests.web.conftest import Browser, statements, stored
from tests.web.test_keys import CANARY, plant_canaries

URL = "/api/v1/scope"
CELL = "device=ndyag-1064-us&skin_type=3&procedure=skin-tightening"
PROBLEM = "application/problem+json"


class Program:
    """A booking system: it sends its token, keeps no cookie, and reads JSON."""

    def __init__(self, site: Flask, secret: str) -> None:
        self._site, self.secret = site, secret

    def get(self, query: str = "", **headers: str) -> TestResponse:
        """Ask, as a program does that knows no cookies."""
        client = self._site.test_client(use_cookies=False)
        return client.get(f"{URL}?{query}", headers={"Authorization": f"Bearer {self.secret}", **headers})

    def read(self, query: str) -> Any:
        """Return what it is told."""
        answer = self.get(query)
        assert (answer.status_code, answer.mimetype) == (200, "application/json"), answer.text
        return answer.get_json()


@pytest.fixture
def certified(database: Database, world: World) -> Certification:
    """Ann, certified today at Riverside."""
    with database.transaction() as session:
        return certify(session, world, world.ann, now=clock.now() - timedelta(hours=1))


@pytest.fixture
def program(site: Flask, database: Database, world: World) -> Program:
    """A program with a token for Riverside alone."""
    with database.transaction() as session:
        secret = booking_token(session, world.ida, [world.riverside], now=clock.now())[1]
    return Program(site, secret)


def test_it_answers_each_technician_and_cell_with_grounds(
    program: Program, world: World, certified: Certification
) -> None:
    told = program.read(f"clinic={world.riverside}")
    assert told["clinic"] == {"id": world.riverside, "name": "Riverside"}
    assert told["day"] == day_in(ZONE, clock.now()).isoformat()
    assert len(told["cells"]) == 2
    for cell in told["cells"]:
        [ann] = cell["technicians"]  # Ben treats in another clinic
        assert cell["permitted"]
        assert (ann["id"], ann["name"]) == (world.ann.id, "Ann Berg")
        [ground] = ann["grounds"]
        assert ground["certification"] == certified.number
        assert (ann["answer"], ground["rule"]) in {("yes", "granted"), ("with_sign_off", "cell")}
        assert ann["to_on"] == ground["to_on"] > told["day"]


def test_who_holds_nothing_is_answered_no(program: Program, world: World) -> None:
    told = program.read(f"clinic={world.riverside}&{CELL}&technician={world.ann.id}")
    [cell] = told["cells"]
    assert (cell["device"], cell["skin_type"], cell["procedure"]) == ("ndyag-1064-us", 3, "skin-tightening")
    assert cell["technicians"] == [
        {"id": world.ann.id, "name": "Ann Berg", "answer": "no", "to_on": None, "grounds": [{"rule": "not_granted"}]}
    ]


@pytest.mark.usefixtures("certified")
def test_a_part_of_the_board_is_asked_for(program: Program, world: World) -> None:
    every = program.read(f"clinic={world.riverside}")["cells"]
    second = program.read(f"clinic={world.riverside}&skin_type=3")["cells"]
    assert second == [cell for cell in every if cell["skin_type"] == 3]
    assert program.read(f"clinic={world.riverside}&device=toaster")["cells"] == []


@pytest.mark.usefixtures("certified")
def test_a_cell_that_nothing_permits_is_closed_to_everybody(program: Program, world: World, database: Database) -> None:
    told = program.read(f"clinic={world.riverside}&device=toaster&procedure=skin-tightening")
    assert [(one["skin_type"], one["permitted"]) for one in told["cells"]] == [(each, False) for each in range(1, 7)]
    assert {(one["answer"], one["grounds"][0]["rule"]) for cell in told["cells"] for one in cell["technicians"]} == {
        ("no", "not_permitted")
    }
    with database.transaction() as session:
        equipment.set_devices(
            session,
            actor=world.max.actor,
            clinic_id=world.riverside,
            devices=["toaster"],
            offered=["toaster"],
            now=clock.now(),
        )
    [cell] = program.read(f"clinic={world.riverside}&{CELL}")["cells"]
    assert cell["technicians"][0]["grounds"] == [{"rule": "not_here"}]


def test_a_suspension_is_told_with_its_rule_and_changes_the_fingerprint(
    program: Program, world: World, certified: Certification, database: Database
) -> None:
    before = program.get(f"clinic={world.riverside}&{CELL}")
    with database.transaction() as session:
        change_certification(
            session,
            actor=world.mira.actor,
            certification_id=certified.id,
            change=Change(
                kind=EventKind.SUSPENDED,
                effective_on=day_in(ZONE, clock.now()),
                reason_code="incident",
                reason="A burn",
            ),
            now=clock.now(),
        )
    after = program.get(f"clinic={world.riverside}&{CELL}", **{"If-None-Match": before.headers["ETag"]})
    [ann] = after.get_json()["cells"][0]["technicians"]
    assert (ann["answer"], ann["to_on"]) == ("no", None)
    assert ann["grounds"][0]["rule"] == "suspended"
    assert "A burn" not in after.text


def test_who_holds_the_same_answer_is_told_so(program: Program, world: World) -> None:
    first = program.get(f"clinic={world.riverside}")
    assert first.headers["ETag"].startswith('"')
    assert first.headers["Cache-Control"] == "private, no-cache"
    assert "Authorization" in first.headers["Vary"]
    again = program.get(f"clinic={world.riverside}", **{"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    other = program.get(f"clinic={world.riverside}&skin_type=1", **{"If-None-Match": first.headers["ETag"]})
    assert other.status_code == 200


def test_no_cookie_is_set_and_a_sign_in_is_no_token(
    program: Program, browser: Browser, world: World, database: Database
) -> None:
    browser.sign_in(world.max)
    signed_in = browser.get(f"{URL}?clinic={world.riverside}")
    with_both = browser.get(f"{URL}?clinic={world.riverside}", headers={"Authorization": f"Bearer {program.secret}"})
    assert (signed_in.status_code, with_both.status_code) == (401, 200)
    for answer in (signed_in, with_both, program.get("clinic=1"), program.get("nonsense=1")):
        assert "Set-Cookie" not in answer.headers
    # And a token opens no page.
    bare = browser.application.test_client(use_cookies=False)
    page = bare.get("/scope", headers={"Authorization": f"Bearer {program.secret}"})
    assert page.status_code == 303
    assert stored(database)


@pytest.mark.parametrize(
    "sent", ["", "Bearer", "Bearer x", "Bearer fluence_nobodys", "Basic YTpi", "Token abc", "\u00e9"]
)
def test_without_a_token_that_counts_nothing_is_told(browser: Browser, world: World, sent: str) -> None:
    answers = [
        browser.get(f"{URL}?clinic={clinic}", headers={"Authorization": sent.encode("latin-1").decode("latin-1")})
        for clinic in (world.riverside, 999999)
    ]
    for answer in answers:
        assert (answer.status_code, answer.mimetype) == (401, PROBLEM)
        assert answer.headers["WWW-Authenticate"].startswith('Bearer realm="Fluence"')
        assert answer.headers["Cache-Control"] == "no-store"
        assert "token" in answer.get_json(force=True)["detail"]
    assert answers[0].data == answers[1].data


def test_unknown_and_not_yours_are_the_same_answer(program: Program, world: World, database: Database) -> None:
    with database.transaction() as session:
        olgas = booking_token(session, world.olga, None, now=clock.now())[1]
    refused = [
        program.get(query)
        for query in (
            "clinic=999999",
            f"clinic={world.hafen}",  # of this organisation, but not of this token
            f"clinic={world.harbour}",
            f"clinic={world.riverside}&technician=999999",
            f"clinic={world.riverside}&technician={world.ben.id}",
            f"clinic={world.riverside}&technician={world.max.id}",
            f"clinic={world.riverside}&technician={world.olga.id}",
        )
    ]
    stranger = Program(program._site, olgas)  # noqa: SLF001
    refused += [stranger.get(f"clinic={world.riverside}"), stranger.get(f"clinic={world.riverside}&{CELL}")]
    assert {(one.status_code, one.mimetype, one.data) for one in refused} == {(404, PROBLEM, refused[0].data)}
    said = [{name: value for name, value in one.headers if name != "X-Request-Id"} for one in refused]
    assert said == [said[0]] * len(said)


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("", "Say which clinic"),
        ("clinic=", "clinic is an id"),
        ("clinic=0", "clinic is an id"),
        (f"clinic={'9' * 30}", "clinic is an id"),
        ("clinic=1&clinic=2", "clinic stands there twice"),
        ("clinic=1&skintype=2", "'skintype' is not known here"),
        ("clinic=1&token=x", "'token' is not known here"),
        ("clinic=1&day=tomorrow", "day is a day such as"),
        ("clinic=1&day=20261127", "day is a day such as"),
        ("clinic=1&day=2026-W48-5", "day is a day such as"),
        ("clinic=1&day=9999-12-31", "at most 366 days"),
        ("clinic=1&skin_type=IV", "written 1 to 6"),
        ("clinic=1&skin_type=7", "written 1 to 6"),
        ("clinic=1&device=ND YAG", "device is an id"),
        (f"clinic=1&procedure={'a' * 65}", "procedure is an id"),
        ("clinic=1&technician=ann", "technician is an id"),
        ("clinic=%00", ""),
    ],
)
def test_what_cannot_be_read_says_what_to_do(program: Program, query: str, told: str) -> None:
    answer = program.get(query)
    assert (answer.status_code, answer.mimetype) == (400, PROBLEM)
    said = answer.get_json(force=True)
    assert said["status"] == 400
    assert told in said["detail"]


def test_without_a_clinic_it_names_those_that_the_token_reads(program: Program, world: World) -> None:
    detail = program.get().get_json(force=True)["detail"]
    assert f"{world.riverside} (Riverside)" in detail
    assert "Hafen" not in detail


def test_what_is_no_address_is_told_as_a_problem(browser: Browser) -> None:
    for answer, status in ((browser.get("/api/v1/nothing"), 404), (browser.post(URL), 405)):
        assert (answer.status_code, answer.mimetype) == (status, PROBLEM)
        assert answer.get_json(force=True)["status"] == status


def test_a_token_asks_so_often_and_no_more(
    program: Program, world: World, monkeypatch: pytest.MonkeyPatch, database: Database
) -> None:
    monkeypatch.setattr(access, "PER_TOKEN", "3 per minute")
    with database.transaction() as session:
        other = Program(
            program._site,  # noqa: SLF001
            booking_token(session, world.ida, None, now=clock.now(), name="Other")[1],
        )
    statuses = [program.get(f"clinic={world.riverside}").status_code for _ in range(4)]
    assert statuses == [200, 200, 200, 429]
    refused = program.get(f"clinic={world.riverside}")
    assert (refused.headers["Retry-After"], refused.mimetype) == ("60", PROBLEM)
    assert other.get(f"clinic={world.riverside}").status_code == 200


def test_the_last_day_of_use_is_kept_and_few_queries_are_asked(
    program: Program, world: World, database: Database
) -> None:
    program.read(f"clinic={world.riverside}")
    with database.session() as found:
        assert found.query(ApiToken.last_used_on).scalar() == day_in(ZONE, clock.now())
    with statements(database) as asked:
        program.read(f"clinic={world.riverside}")
    assert len(asked) <= 7, asked  # the token, how often it asked, and five for the board


def test_a_revoked_token_is_dead_at_once(program: Program, world: World, database: Database) -> None:
    with database.transaction() as session:
        [listed] = tokens.tokens(session, world.organisation_id)
        tokens.revoke_token(session, actor=world.ida.actor, token_id=listed.token.id, now=clock.now())
    assert program.get(f"clinic={world.riverside}").status_code == 401


@pytest.mark.usefixtures("certified")
def test_no_key_is_told(program: Program, world: World, database: Database) -> None:
    plant_canaries(database)
    for query in (f"clinic={world.riverside}", f"clinic={world.riverside}&{CELL}", "clinic=999999"):
        assert CANARY not in program.get(query).text
