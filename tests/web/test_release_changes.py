"""The review of a revised edition: changes with class and reason, what rests on them, signing, the stop button."""

import re
from dataclasses import replace

import pytest

from app import clock
from app.content.values import Standing
from app.db import Database
from app.releases import comparing, queries, service
from app.releases.freeze import freeze
from app.reports import releases as reports
from tests.factories import COURSE, PASSWORD, REVISED_ROW, World, read_lessons, revised_course, shipped_course
from tests.web.conftest import Browser
from tests.web.sitting import item_url, start

FACT = f"settings/{REVISED_ROW}"
REASON = "Two burns at 13 J/cm²"


@pytest.fixture
def revised(database: Database, world: World) -> int:
    """The revised edition, published by Tom and not confirmed yet."""
    with database.transaction() as session:
        return service.publish(session, actor=world.tom.actor, frozen=revised_course(), now=clock.now()).id


def confirmed(browser: Browser, world: World, release_id: int) -> None:
    """Confirm every change as Tom, with one reason for all."""
    page = browser.sign_in(world.tom).page(f"/releases/{release_id}")
    fields = page.form(f"/releases/{release_id}/changes").fields
    answer = browser.send(f"/releases/{release_id}/changes", **{**fields, "reason": REASON})
    assert (answer.status_code, answer.location) == (303, f"/releases/{release_id}")


def digests(page: str) -> list[str]:
    return re.findall(r'name="class-([0-9a-f]{64})"', page)


def test_the_review_shows_each_change_on_both_sides(browser: Browser, world: World, revised: int) -> None:
    page = browser.sign_in(world.mira).get(f"/releases/{revised}").text
    assert "compared with edition 2026.1, in force" in page
    assert "<del>13 J/cm²</del>" in page
    assert "<ins>12–13 J/cm²</ins>" in page
    assert "5 of 5, gravest first" in page
    assert page.index("settings/" + REVISED_ROW) < page.index("scheme/rules") < page.index("lessons/light-and-limits")
    assert "Read it twice." in page
    assert "proposed, not confirmed yet" in page
    assert digests(page) == []  # a director does not class the changes


def test_changes_of_one_class_are_shown_alone(browser: Browser, world: World, revised: int) -> None:
    browser.sign_in(world.mira)
    page = browser.get(f"/releases/{revised}?class=scheme").text
    assert "1 of 5, gravest first" in page
    assert "14 days" in page
    assert "<del>13 J/cm²</del>" not in page
    assert "5 of 5, gravest first" in browser.get(f"/releases/{revised}?class=harmless").text


def test_the_author_confirms_with_one_reason_or_many(browser: Browser, world: World, revised: int) -> None:
    page = browser.sign_in(world.tom).get(f"/releases/{revised}").text
    first, *others = digests(page)
    answer = browser.send(
        f"/releases/{revised}/changes",
        reason="",
        **{f"class-{first}": "fact", f"reason-{first}": REASON, f"class-{others[0]}": "key"},
    )
    assert answer.status_code == 303
    page = browser.get(answer.location).text
    assert "1 change confirmed." in page
    assert REASON in page
    assert "4 still open" in page
    confirmed(browser, world, revised)
    assert "0 still open" in browser.get(f"/releases/{revised}").text


def test_without_a_reason_nothing_is_stored_and_what_was_typed_stays(
    browser: Browser, world: World, database: Database, revised: int
) -> None:
    page = browser.sign_in(world.tom).get(f"/releases/{revised}").text
    first, second, *_ = digests(page)
    url = f"/releases/{revised}/changes"
    answer = browser.send(url, reason="", **{f"class-{first}": "fact"})
    assert answer.status_code == 422
    assert "Write the reason of a change, or one reason for all of them." in answer.text
    fields = {f"class-{first}": "clarity", f"reason-{first}": REASON, f"class-{second}": "key", f"reason-{second}": "x"}
    answer = browser.send(url, reason="", **fields)
    assert answer.status_code == 422
    assert "Give the reason in 3 to 500 characters." in answer.text
    assert f'value="{REASON}"' in answer.text
    with database.session() as session:
        assert comparing.confirmed_changes(session, world.organisation_id, revised) == {}


def test_it_is_signed_after_everything_was_seen(browser: Browser, world: World, revised: int) -> None:
    rows = [row["row"] for row in revised_course().manifest["protocol"]]
    url = f"/releases/{revised}/signature"
    browser.sign_in(world.mira)
    early = browser.send(url, confirmed=rows, password=PASSWORD, seen="")
    assert early.status_code == 422
    assert "is no longer what you saw" in early.text or "changes are not confirmed yet" in early.text
    confirmed(browser, world, revised)
    browser.sign_in(world.mira)
    form = browser.page(f"/releases/{revised}").form(url)
    assert re.fullmatch("[0-9a-f]{64}", form.fields["seen"][0])
    unseen = browser.send(url, confirmed=rows, password=PASSWORD, seen="0" * 64)
    assert "no longer what you saw" in unseen.text
    signed = browser.send(url, confirmed=rows, password=PASSWORD, seen=form.fields["seen"])
    assert signed.status_code == 303
    page = browser.get(signed.location).text
    assert "Rested on the changes then:" in page
    assert REASON in page


def test_what_rests_on_the_changes_is_counted_and_taken_away(browser: Browser, world: World, revised: int) -> None:
    browser.sign_in(world.mira)
    assert "Nobody has counted it against Edition 2026.1 yet." in browser.get(f"/releases/{revised}").text
    assert browser.get(f"/releases/{revised}/impact?format=csv").status_code == 404
    assert browser.send(f"/releases/{revised}/impact").status_code == 303
    page = browser.get(f"/releases/{revised}").text
    assert "Counted: this is what rests on the changes now." in page
    assert "rest on what changes" in page
    told = browser.get(f"/releases/{revised}/impact?format=csv")
    assert told.headers["Content-Disposition"].endswith('filename="fluence-impact-skin-tightening-2027.1.csv"')
    lines = told.text.splitlines()
    assert lines[0].removeprefix("\ufeff") == '"kind","id","name","account"'
    assert any(f"settings-range/{FACT}" in line for line in lines)
    assert browser.get(f"/releases/{revised}/impact?format=jsonl").status_code == 200
    assert browser.get(f"/releases/{revised}/impact?format=pdf").status_code == 404
    for _ in range(9):
        assert browser.send(f"/releases/{revised}/impact").status_code == 303
    assert "Wait five minutes" in browser.send(f"/releases/{revised}/impact").text


def test_an_author_counts_but_reads_no_names(browser: Browser, world: World, revised: int, database: Database) -> None:
    with database.transaction() as session:
        read_lessons(session, world.ann.actor, now=clock.now())
    browser.sign_in(world.tom)
    assert browser.send(f"/releases/{revised}/impact").status_code == 303
    told = browser.get(f"/releases/{revised}/impact?format=csv").text
    assert f'"person","{world.ann.id}","","{world.ann.id}"' in told
    assert world.ann.name not in told
    browser.sign_in(world.mira)
    assert world.ann.name in browser.get(f"/releases/{revised}/impact?format=csv").text


def test_a_lighter_class_than_proposed_is_shown_and_still_counted(
    browser: Browser, world: World, revised: int, database: Database
) -> None:
    with database.transaction() as session:
        read_lessons(session, world.ann.actor, now=clock.now())
        found = comparing.comparison(session, queries.get_release(session, world.organisation_id, revised), ())
    change = next(one for one in found.changes if one.key == FACT)
    browser.sign_in(world.tom)
    url = f"/releases/{revised}/changes"
    typed = {f"class-{change.digest}": "wording", f"reason-{change.digest}": REASON}
    assert browser.send(url, **typed).status_code == 303
    page = browser.get(f"/releases/{revised}").text
    assert "instead of Fact, which was proposed" in page
    with database.session() as session:
        last = comparing.counted_impact(session, world.organisation_id, revised)
    assert last is not None
    assert last.impact.by_change[FACT].people == 1


def test_a_row_is_withdrawn_and_everybody_is_told(browser: Browser, world: World) -> None:
    url = f"/releases/{world.release_id}/withdraw"
    form = browser.sign_in(world.mira).page(f"{url}?fact={FACT}").form(url)
    assert form.fields["fact"] == [FACT]
    done = browser.send(url, fact=FACT, reason=REASON, password=PASSWORD)
    assert (done.status_code, done.location) == (303, f"/releases/{world.release_id}")
    assert "Withdrawn. 0 open exams ended" in browser.get(done.location).text
    browser.sign_in(world.ann)
    for path in ("/", f"/courses/{COURSE}", "/courses", f"/editions/{world.release_id}"):
        page = browser.get(path).text
        assert "was withdrawn" in page, path
        assert REASON in page, path
    lesson = browser.get(f"/courses/{COURSE}/lessons/settings").text
    assert "A fact of this course was withdrawn" in lesson
    assert f"By Mira Santos on {clock.now().day}" in lesson
    assert '<td class="fig" data-label="Fluence, J/cm²" role="cell">13</td>' not in lesson
    elsewhere = browser.get(f"/courses/{COURSE}/lessons/treatment").text  # its text may speak of the row too
    assert "A fact of this course was withdrawn" in elsewhere
    assert REASON in elsewhere
    assert "A fact of Non-ablative" in browser.sign_in(world.max).get("/board").text


def test_a_whole_edition_is_withdrawn_while_somebody_sits(browser: Browser, world: World, database: Database) -> None:
    attempt_id = start(database, world.ann.actor)
    url = f"/releases/{world.release_id}/withdraw"
    browser.sign_in(world.mira)
    assert browser.send(url, fact="whole", reason=REASON, password=PASSWORD).status_code == 303
    browser.sign_in(world.ann)
    saved = browser.fetch(item_url(attempt_id, 1), choice="a")
    assert saved.status_code == 410
    page = browser.get(saved.get_json()["goto"]).text
    assert "This exam does not count" in page
    assert "A medical director withdrew what it asked while you sat it." in page
    assert "This edition was withdrawn." in browser.get(f"/courses/{COURSE}/exam").text
    home = browser.get("/").text
    assert "Non-ablative skin tightening at 1064 nm was withdrawn" in home
    assert "Continue lesson" not in home
    lesson = browser.get(f"/courses/{COURSE}/lessons/settings")
    assert "This edition was withdrawn" in lesson.text
    assert "Mark as read" not in lesson.text


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"reason": ""}, "Give the reason in 3 to 500 characters."),
        ({"password": ""}, "Enter your password to withdraw it."),
        ({"password": "wrong"}, "password"),
        ({"fact": "settings/none"}, "Choose from the list."),
        ({"fact": ""}, "Choose what is withdrawn."),
    ],
)
def test_a_withdrawal_that_is_not_whole_stops_nothing(
    browser: Browser, world: World, fields: dict[str, str], sentence: str
) -> None:
    browser.sign_in(world.mira)
    told = {"fact": FACT, "reason": REASON, "password": PASSWORD, **fields}
    answer = browser.send(f"/releases/{world.release_id}/withdraw", **told)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert "was withdrawn" not in browser.get("/courses").text


def test_an_unsigned_release_has_nothing_to_stop(browser: Browser, world: World, revised: int) -> None:
    page = browser.sign_in(world.mira).get(f"/releases/{revised}/withdraw").text
    assert "There is nothing to stop." in page


def test_an_edition_tells_what_it_rests_on(browser: Browser, world: World, database: Database, revised: int) -> None:
    browser.sign_in(world.ann)
    assert browser.get(f"/editions/{revised}").status_code == 404  # not signed
    assert browser.get(f"/editions/{revised}/lessons/settings").status_code == 404
    first = browser.get(f"/courses/{COURSE}/editions", follow_redirects=True).text
    assert "The first edition" in first
    assert FACT in first
    assert 'href="#b1-chiba-2009"' in first
    assert 'id="b1-chiba-2009"' in first
    assert "Withdraw" not in first
    confirmed(browser, world, revised)
    signed(database, world, revised)
    newest = browser.sign_in(world.ann).get(f"/courses/{COURSE}/editions", follow_redirects=True).text
    assert "What changed since Edition 2026.1" in newest
    assert REASON in newest
    assert f'href="/editions/{world.release_id}"' in newest
    answer = next(piece for piece in revised_course().pieces if piece.values.get("correct", "").endswith(" Always."))
    assert answer.title in newest
    assert answer.values["correct"] not in newest  # nobody learns a key from what changed
    assert "A question written by hand" in newest
    assert "This is an earlier edition" not in newest
    for path in ("", "/lessons/settings"):
        old = browser.get(f"/editions/{world.release_id}{path}")  # the old one stays readable
        assert old.status_code == 200
        assert "This is an earlier edition" in old.text
        assert f'href="/editions/{revised}"' in old.text
    director = browser.sign_in(world.mira).get(f"/editions/{revised}").text
    assert f'href="/releases/{revised}/withdraw?fact={FACT}"' in director


@pytest.mark.parametrize("fact", [FACT, "whole"])
def test_an_edition_shows_no_figure_that_was_withdrawn(
    browser: Browser, world: World, database: Database, revised: int, fact: str
) -> None:
    confirmed(browser, world, revised)
    signed(database, world, revised)
    figure = next(piece for piece in revised_course().pieces if piece.key == FACT).values["fluence"]
    browser.sign_in(world.mira)
    assert figure in browser.get(f"/editions/{revised}").text
    url = f"/releases/{revised}/withdraw"
    assert browser.send(url, fact=fact, reason="Two burns", password=PASSWORD).status_code == 303
    assert figure not in browser.get(f"/editions/{revised}").text


def test_the_review_names_what_was_withdrawn_and_would_come_back(
    browser: Browser, world: World, database: Database
) -> None:
    same = replace(revised_course(), edition="2027.9")
    kept = next(piece for piece in same.pieces if piece.key.startswith("contraindications/"))
    url = f"/releases/{world.release_id}/withdraw"
    browser.sign_in(world.mira)
    assert browser.send(url, fact=kept.key, reason=REASON, password=PASSWORD).status_code == 303
    with database.transaction() as session:
        release = service.publish(session, actor=world.tom.actor, frozen=same, now=clock.now())
    page = browser.get(f"/releases/{release.id}").text
    assert "A withdrawn fact stands in this release unchanged" in page
    assert "It cannot be signed while it teaches a withdrawn fact unchanged." in page
    assert "Confirm and sign" not in page
    assert REASON in page


def test_without_a_course_the_list_says_so(browser: Browser, world: World) -> None:
    assert "No course is in force yet." in browser.sign_in(world.olga).get("/courses").text


def signed(database: Database, world: World, release_id: int) -> None:
    """Sign a release as Mira, having seen what rests on it."""
    now = clock.now()
    with database.transaction() as session:
        now_seen = reports.seen_now(
            session, organisation_id=world.organisation_id, release_id=release_id, day=now.date(), now=now
        )
        reports.sign(
            session,
            actor=world.mira.actor,
            release_id=release_id,
            password=PASSWORD,
            confirmed_rows=[row["row"] for row in revised_course().manifest["protocol"]],
            seen=now_seen,
            day=now.date(),
            now=now,
        )


def test_an_edition_folds_its_tables_with_their_counts(browser: Browser, world: World) -> None:
    page = browser.sign_in(world.ann).get(f"/editions/{world.release_id}").text
    number = len(shipped_course().statements)
    assert f'<a href="#statements">Statements ({number})</a>' in page
    folded = page[page.index("<h2>Statements</h2>") :]
    assert (
        folded.index(f'<span class="sub">{number}') < folded.index('<div id="statements">') < folded.index("</details>")
    )


def test_protocol_rows_stand_with_all_they_say_the_changed_ones_first(
    browser: Browser, world: World, database: Database
) -> None:
    course = shipped_course()
    rows = course.contraindications
    wait = next(one for one in rows if one.standing is Standing.PROTOCOL and one.defer_days and one.sources)
    longer = tuple(replace(one, defer_days=99) if one is wait else one for one in rows)
    files = {**course.files, f"{COURSE}/edition": b"2027.2"}
    revised = freeze(replace(course, edition="2027.2", contraindications=longer, files=files))
    with database.transaction() as session:
        release_id = service.publish(session, actor=world.tom.actor, frozen=revised, now=clock.now()).id
    page = browser.sign_in(world.mira).page(f"/releases/{release_id}").text
    new, same = page.index("New or changed since edition 2026.1: 1 row"), page.index("As in edition 2026.1: ")
    assert new < page.index("Changed: wait.", new) < page.index("Wait 99 days", new) < same
    assert wait.why
    assert wait.why in page[new:same]
    assert course.sources[wait.sources[0]].citation.rstrip(".") in page[new:same]
    assert wait.condition not in page[same : page.index("Your name, the time and this meaning")]
