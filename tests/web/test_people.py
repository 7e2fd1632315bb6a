"""The people pages: the list, inviting, roles, disabling, links and clinics; what each of them refuses."""

import re
from datetime import timedelta

from sqlalchemy import select
from werkzeug.test import TestResponse

from app import clock
from app.certification import service as certification
from app.db import Database
from app.exams.models import Attempt
from app.people import service
from app.people.models import Account, RoleGrant
from app.people.permissions import Role
from tests.factories import COURSE, Person, World
from tests.web.conftest import Browser

NEW = {"name": "Nora Weiss", "email": "nora@lumen.example", "roles": ["technician"]}
ODD = "This holds a character that cannot be shown."
UNKNOWN = 999_999
WRONG_INVITATIONS: list[tuple[dict[str, object], str]] = [
    ({"name": ""}, "Enter the person&#39;s name."),
    ({"name": "x" * 121}, "Enter a name of 1 to 120 letters."),
    ({"name": "No\x07ra"}, ODD),
    ({"name": "Nora \u202eWeiss"}, ODD),
    ({"email": ""}, "Enter the person&#39;s e-mail address."),
    ({"email": "nora"}, "Enter an e-mail address such as"),
    ({"email": "no\x07ra@lumen.example"}, ODD),
    ({"email": "x" * 250 + "@lumen.example"}, "Enter an e-mail address such as"),
    ({"email": "ann@lumen.example"}, "This e-mail address cannot be used"),
    ({"email": " OLGA@harbour.example "}, "This e-mail address cannot be used"),
    ({"roles": []}, "Choose at least one role."),
    ({"roles": ["emperor"]}, "Choose from the list."),
    ({"place": ""}, "Choose where."),
    ({"place": "x"}, "Choose from the list."),
    ({"place": "9" * 30}, "Choose from the list."),
]


def test_a_manager_sees_the_people_of_her_clinic(browser: Browser, world: World) -> None:
    page = browser.sign_in(world.max).get("/people").text
    assert all(name in page for name in ("Ann Berg", "Eva Lund", "Max Keller"))
    assert not any(name in page for name in ("Ben Okafor", "Ida Moreau", "Olga"))
    assert "Technician, Riverside" in page
    assert "3 people" in page


def test_an_administrator_sees_everybody_of_her_organisation(browser: Browser, world: World) -> None:
    page = browser.sign_in(world.ida).get("/people").text
    assert all(text in page for text in ("8 people", "Auditor, whole organisation"))
    assert "Olga" not in page


def test_the_list_is_filtered_by_clinic_and_name(browser: Browser, world: World) -> None:
    page = browser.sign_in(world.ida).get(f"/people?clinic={world.hafen}&name=OKA").text
    assert all(text in page for text in ("1 person", "Ben Okafor", 'value="OKA"'))


def test_a_name_is_found_whatever_the_case_of_its_letters(browser: Browser, world: World, database: Database) -> None:
    invite(database, world, "Élodie Świerk")
    browser.sign_in(world.ida)
    for text in ("élo", "ŚWI", "świerk"):
        assert "Élodie Świerk</a>" in browser.get(f"/people?name={text}").text


def test_the_list_comes_in_pages_of_fifty(browser: Browser, world: World, database: Database) -> None:
    for number in range(50):
        invite(database, world, f"Person {number:02}")
    first, second = (browser.sign_in(world.ida).get(f"/people?page={page}") for page in (1, 2))
    assert "1–50 of 58" in first.text
    assert "51–58 of 58" in second.text
    assert "/people?page=2" in first.text
    assert browser.get("/people?page=3").status_code == 404


def test_a_filter_that_is_no_number_is_not_found(browser: Browser, world: World) -> None:
    browser.sign_in(world.ida)
    for query in ("clinic=x", "clinic=0", "clinic=99999999999999999999", "page=0", "page=x", "page=-1"):
        assert browser.get(f"/people?{query}").status_code == 404


def test_a_clinic_out_of_reach_is_not_found(browser: Browser, world: World) -> None:
    browser.sign_in(world.max)
    for clinic_id in (world.hafen, world.harbour, UNKNOWN):
        assert browser.get(f"/people?clinic={clinic_id}").status_code == 404


def test_odd_search_texts_find_nobody(browser: Browser, world: World) -> None:
    assert "Nobody matches these filters." in browser.sign_in(world.ida).get("/people?name=%25").text
    assert browser.get("/people?name=%00").status_code == 400


def test_inviting_shows_the_link_this_once(browser: Browser, world: World, database: Database) -> None:
    page = browser.sign_in(world.max).send("/people/invite", **NEW, place=world.riverside)
    link = link_in(page.text)
    until = clock.day_in("Europe/Zurich", clock.now() + timedelta(days=7))
    assert page.status_code == 200
    assert f"It works once, until {until.day} {until:%B %Y}" in page.text
    assert link.startswith("http://127.0.0.1:8000/links/")
    assert "Nora Weiss" in browser.get(link.removeprefix("http://127.0.0.1:8000")).text
    assert roles_of(database, account_named(database, "Nora Weiss")) == {(Role.TECHNICIAN, world.riverside)}


def test_a_link_leads_to_the_house_whatever_host_was_asked(browser: Browser, world: World) -> None:
    browser.sign_in(world.max)
    form = {"csrf_token": browser.token(), **NEW, "place": world.riverside}
    page = browser.post("/people/invite", data=form, headers={"X-Forwarded-Host": "evil.example"})
    assert link_in(page.text).startswith("http://127.0.0.1:8000/links/")


def test_an_invitation_that_cannot_be_is_explained(browser: Browser, world: World) -> None:
    browser.sign_in(world.max)
    for fields, sentence in WRONG_INVITATIONS:
        page = browser.send("/people/invite", **{**NEW, "place": world.riverside, **fields})
        assert (page.status_code, sentence in page.text) == (422, True), fields


def test_a_manager_invites_nobody_above_her_people(browser: Browser, world: World, database: Database) -> None:
    browser.sign_in(world.max)
    for role in ("manager", "author", "medical_director", "auditor", "administrator"):
        for place in (world.riverside, "organisation"):
            page = browser.send("/people/invite", **{**NEW, "roles": ["technician", role]}, place=place)
            assert page.status_code == 422
    assert account_named(database, "Nora Weiss") is None


def test_a_manager_invites_into_no_other_clinic(browser: Browser, world: World, database: Database) -> None:
    browser.sign_in(world.max)
    for place in (world.hafen, "organisation"):
        page = browser.send("/people/invite", **NEW, place=place)
        assert page.status_code == 422
        assert "You cannot give the role Technician here; ask an administrator." in page.text
    assert account_named(database, "Nora Weiss") is None


def test_a_clinic_of_another_organisation_is_as_unknown_as_none(
    browser: Browser, world: World, database: Database
) -> None:
    browser.sign_in(world.ida)
    assert_alike([browser.send("/people/invite", **NEW, place=place) for place in (world.harbour, UNKNOWN)])
    assert account_named(database, "Nora Weiss") is None


def test_a_role_of_the_organisation_is_held_at_no_clinic(browser: Browser, world: World) -> None:
    page = browser.sign_in(world.ida).send("/people/invite", **{**NEW, "roles": ["auditor"]}, place=world.riverside)
    assert page.status_code == 422
    assert "Auditor is a role for the whole organisation; leave the clinic out." in page.text


def test_fields_that_the_form_does_not_have_change_nothing(browser: Browser, world: World, database: Database) -> None:
    extra = {"organisation_id": world.other_organisation_id, "role": "administrator", "password_hash": "x", "id": 1}
    browser.sign_in(world.max).send("/people/invite", **NEW, place=world.riverside, **extra)
    nora = account_named(database, "Nora Weiss")
    assert nora is not None
    assert (nora.organisation_id, nora.password_hash) == (world.organisation_id, None)
    assert roles_of(database, nora) == {(Role.TECHNICIAN, world.riverside)}


def test_a_person_is_shown_with_what_may_be_changed(browser: Browser, world: World) -> None:
    page = browser.sign_in(world.max).get(f"/people/{world.ann.id}").text
    offered = ("End: Technician, Riverside", "Make a password link", f"/technicians/{world.ann.id}")
    assert all(text in page for text in offered)


def test_a_manager_cannot_change_herself(browser: Browser, world: World) -> None:
    page = browser.sign_in(world.max).get(f"/people/{world.max.id}").text
    assert "Only an administrator can change this account." in page
    assert "Disable the account" not in page


def test_people_out_of_reach_are_not_found(browser: Browser, world: World) -> None:
    browser.sign_in(world.max)
    ids = (world.ben.id, world.ida.id, world.olga.id, UNKNOWN)
    assert_alike([browser.get(f"/people/{account_id}") for account_id in ids])


def test_giving_a_role_adds_it(browser: Browser, world: World, database: Database) -> None:
    page = browser.sign_in(world.max).send(f"/people/{world.ann.id}/roles", role="evaluator", place=world.riverside)
    assert (page.status_code, page.location) == (303, f"/people/{world.ann.id}")
    assert "The role is given: Evaluator." in browser.get(page.location or "").text
    assert (Role.EVALUATOR, world.riverside) in roles_of(database, account_named(database, "Ann Berg"))


def test_a_role_is_given_once(browser: Browser, world: World) -> None:
    page = browser.sign_in(world.max).send(f"/people/{world.ann.id}/roles", role="technician", place=world.riverside)
    assert page.status_code == 422
    assert "Ann Berg holds this role already." in page.text


def test_a_manager_cannot_raise_herself(browser: Browser, world: World, database: Database) -> None:
    browser.sign_in(world.max)
    for role in ("manager", "administrator", "auditor"):
        for place in (world.riverside, world.hafen, "organisation"):
            assert browser.send(f"/people/{world.max.id}/roles", role=role, place=place).status_code == 422
    assert roles_of(database, account_named(database, "Max Keller")) == {(Role.MANAGER, world.riverside)}


def test_roles_of_people_or_clinics_elsewhere_are_not_found(browser: Browser, world: World) -> None:
    browser.sign_in(world.ida)
    assert browser.send(f"/people/{world.olga.id}/roles", role="auditor", place="organisation").status_code == 404
    assert browser.send(f"/people/{world.ann.id}/roles", role="technician", place=world.harbour).status_code == 404


def test_ending_a_role_takes_it_away(browser: Browser, world: World, database: Database) -> None:
    grant_id = grant_of(database, world.ann)
    page = browser.sign_in(world.max).send(f"/people/{world.ann.id}/roles/{grant_id}/end")
    assert (page.status_code, page.location) == (303, "/people")
    assert roles_of(database, account_named(database, "Ann Berg")) == set()
    assert browser.get(f"/people/{world.ann.id}").status_code == 404


def test_a_manager_ends_no_role_that_she_could_not_give(browser: Browser, world: World, database: Database) -> None:
    grant_id = grant_of(database, world.max)
    page = browser.sign_in(world.max).send(f"/people/{world.max.id}/roles/{grant_id}/end")
    assert page.status_code == 409
    assert "Only an administrator can take away the role Clinic manager." in page.text


def test_the_last_administrator_stays(browser: Browser, world: World, database: Database) -> None:
    grant_id = grant_of(database, world.ida)
    page = browser.sign_in(world.ida).send(f"/people/{world.ida.id}/roles/{grant_id}/end")
    assert page.status_code == 409
    assert "The organisation needs an administrator" in page.text


def test_a_role_is_ended_only_on_the_page_of_its_holder(browser: Browser, world: World, database: Database) -> None:
    browser.sign_in(world.ida)
    for account_id, holder in ((world.ann.id, world.max), (world.olga.id, world.olga), (world.ann.id, world.olga)):
        url = f"/people/{account_id}/roles/{grant_of(database, holder)}/end"
        assert browser.send(url).status_code == 404


def test_disabling_signs_out_and_ends_a_running_exam(browser: Browser, world: World, database: Database) -> None:
    hers = browser.application.test_client()
    assert isinstance(hers, Browser)
    hers.sign_in(world.ann)
    with database.transaction() as session:
        certification.start_attempt(session, actor=world.ann.actor, course_id=COURSE, seed=1, now=clock.now())
    page = browser.sign_in(world.max).send(f"/people/{world.ann.id}/disable", reason="Left\r\nthe clinic.")
    with database.session() as session:
        attempt = session.scalars(select(Attempt)).one()
    assert page.status_code == 303
    assert (attempt.closed_by, attempt.passed) == ("ended", False)
    assert hers.get("/account").location == "/sign-in?next=/account"
    assert "Left the clinic." in browser.get(f"/people/{world.ann.id}").text


def test_disabling_is_asked_for_on_a_page_of_its_own(browser: Browser, world: World) -> None:
    assert "Disable Ann Berg?" in browser.sign_in(world.max).get(f"/people/{world.ann.id}/disable").text


def test_disabling_needs_a_reason(browser: Browser, world: World) -> None:
    length = "Give the reason in 3 to 500 characters."
    browser.sign_in(world.max)
    for reason, sentence in (
        ("", length),
        (" \n ", length),
        ("ab", length),
        ("x" * 501, length),
        ("Left\x07now", ODD),
    ):
        page = browser.send(f"/people/{world.ann.id}/disable", reason=reason)
        assert (page.status_code, sentence in page.text) == (422, True), reason


def test_nobody_disables_themselves(browser: Browser, world: World) -> None:
    for person, sentence in (
        (world.ida, "You cannot disable your own account; ask another administrator."),
        (world.max, "Max Keller holds roles that only an administrator can touch; ask one."),
    ):
        page = browser.sign_in(person).send(f"/people/{person.id}/disable", reason="Going away")
        assert (page.status_code, sentence in page.text) == (422, True)


def test_nothing_is_done_to_people_elsewhere(browser: Browser, world: World) -> None:
    fields = {"reason": "Going away", "role": "auditor", "place": "organisation"}
    browser.sign_in(world.ida)
    for act in ("disable", "enable", "link", "roles"):
        assert_alike([browser.send(f"/people/{someone}/{act}", **fields) for someone in (world.olga.id, UNKNOWN)])


def test_enabling_lets_somebody_in_again(browser: Browser, world: World) -> None:
    browser.sign_in(world.max).send(f"/people/{world.ann.id}/disable", reason="By mistake")
    page = browser.send(f"/people/{world.ann.id}/enable")
    assert page.status_code == 303
    assert "Ann Berg can sign in again." in browser.get(page.location or "").text
    assert browser.send(f"/people/{world.ann.id}/enable").status_code == 409


def test_a_reset_link_is_shown_this_once(browser: Browser, world: World) -> None:
    page = browser.sign_in(world.max).send(f"/people/{world.ann.id}/link")
    link = link_in(page.text).removeprefix("http://127.0.0.1:8000")
    assert "Password link for Ann Berg" in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert browser.get(link).status_code == 200
    browser.send(f"/people/{world.ann.id}/link")
    assert browser.get(link).status_code == 404


def test_a_disabled_person_gets_no_link(browser: Browser, world: World) -> None:
    browser.sign_in(world.max).send(f"/people/{world.ann.id}/disable", reason="Left")
    page = browser.send(f"/people/{world.ann.id}/link")
    assert page.status_code == 409
    assert "Ann Berg is disabled; enable the account before you make a link." in page.text


def test_a_link_is_no_ladder(browser: Browser, world: World, database: Database) -> None:
    with database.transaction() as session:
        service.give_role(
            session,
            actor=world.ida.actor,
            account_id=world.ida.id,
            role=Role.EVALUATOR,
            clinic_id=world.riverside,
            now=clock.now(),
        )
    page = browser.sign_in(world.max).send(f"/people/{world.ida.id}/link")
    assert page.status_code == 409
    assert "Ida Moreau holds roles that only an administrator can touch; ask one." in page.text


def test_clinics_are_listed_and_added(browser: Browser, world: World) -> None:
    page = browser.sign_in(world.ida).send("/clinics", name="  Old   Town ")
    assert (page.status_code, page.location) == (303, "/clinics")
    text = browser.get("/clinics").text
    assert "Old Town is added." in text
    assert "Riverside" in text
    assert "Harbour" not in text


def test_a_clinic_that_cannot_be_is_explained(browser: Browser, world: World) -> None:
    browser.sign_in(world.ida)
    for name, sentence in (
        ("Riverside", "There is a clinic called Riverside already"),
        ("", "Enter the clinic&#39;s name."),
        ("x" * 121, "Enter a name of 1 to 120 letters."),
        ("Old\x07Town", ODD),
    ):
        page = browser.send("/clinics", name=name)
        assert (page.status_code, sentence in page.text) == (422, True), name


def test_only_an_administrator_adds_clinics(browser: Browser, world: World) -> None:
    browser.sign_in(world.max)
    assert browser.get("/clinics").status_code == 404
    assert browser.send("/clinics", name="Old Town").status_code == 404


def assert_alike(pages: list[TestResponse]) -> None:
    """Make sure that nobody learns from a 404 whether there is such a thing; the token differs by the second."""
    bare = {re.sub(r'name="csrf_token" value="[^"]+"', "", page.text) for page in pages}
    assert ([page.status_code for page in pages], len(bare)) == ([404] * len(pages), 1)


def invite(database: Database, world: World, name: str) -> None:
    """Invite a technician to Riverside behind the pages."""
    with database.transaction() as session:
        service.invite(
            session,
            actor=world.ida.actor,
            email=f"{abs(hash(name))}@lumen.example",
            name=name,
            roles=[(Role.TECHNICIAN, world.riverside)],
            now=clock.now(),
        )


def link_in(page: str) -> str:
    """Return the link that a page shows to copy."""
    found = re.search(r'value="(http[^"]+/links/[^"]+)"', page)
    assert found
    return found[1]


def account_named(database: Database, name: str) -> Account | None:
    """Return the account with a name."""
    with database.session() as session:
        return session.scalar(select(Account).where(Account.name == name))


def roles_of(database: Database, account: Account | None) -> set[tuple[str, int | None]]:
    """Return the roles that an account holds now."""
    assert account
    with database.session() as session:
        rows = session.execute(
            select(RoleGrant.role, RoleGrant.clinic_id).where(
                RoleGrant.account_id == account.id, RoleGrant.ended_at.is_(None)
            )
        )
        return {(row[0], row[1]) for row in rows}


def grant_of(database: Database, person: Person) -> int:
    """Return the id of somebody's first role."""
    with database.session() as session:
        found = session.scalar(select(RoleGrant.id).where(RoleGrant.account_id == person.id).order_by(RoleGrant.id))
    assert found
    return found
