"""An author's preview: what it shows of the files, as they are saved, spoiled and mended."""

import os
import re
import signal
import socket
import subprocess
import sys
from html import unescape
from pathlib import Path
from typing import cast
from urllib.request import urlopen

import pytest
from click.testing import CliRunner
from flask import Flask

import app
from app.cli import main
from app.content import papers
from app.content.check import load_course
from app.content.generate import FAMILIES, items_of
from app.releases.freeze import freeze
from app.web.frame import HEADERS
from app.web.preview_shelf import Shelf
from tests.unit.course_files import COURSE, changed, good_course, renamed
from tests.unit.test_cli import written
from tests.web.conftest import Browser

HOME = f"/courses/{COURSE}"
SETTINGS, SAFETY = f"{HOME}/lessons/settings", f"{HOME}/lessons/safety"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a small good course."""
    return Path(written(tmp_path, good_course()))


@pytest.fixture
def site(folder: Path) -> Flask:
    """The preview of that course."""
    return preview_of(folder)


@pytest.fixture
def browser(site: Flask) -> Browser:
    """An author's browser."""
    return cast("Browser", site.test_client())


def preview_of(path: Path) -> Flask:
    """Return a preview whose faults show themselves."""
    made = app.create_preview(path)
    made.testing = True
    made.test_client_class = Browser
    return made


def save(folder: Path, name: str, old: str, new: str) -> None:
    """Replace a text in a file, as an editor does."""
    text = (folder / name).read_text()
    assert old in text
    (folder / name).write_text(text.replace(old, new))


def words(browser: Browser, url: str) -> str:
    """Return what a page says."""
    return browser.page(url).text


def test_the_overview_tells_what_there_is_and_what_is_asked(browser: Browser) -> None:
    page = browser.page("/")
    course = load_course(cast("Shelf", browser.application.extensions["fluence.shelf"]).path)
    assert page.h1 == ["Skin tightening"]
    assert "Edition 2026.1" in page.text
    assert {SETTINGS, SAFETY, f"{HOME}/items", f"{HOME}/facts/settings", f"{HOME}/paper"} <= set(page.links)
    assert "Settings 3 1 1 1" in page.text
    assert f"{len(items_of(course, seed=0))} items, by family" in page.text
    assert "settings-range: " in page.text
    assert "can be drawn that share no item" in page.text
    assert "problem" not in page.text


def test_a_lesson_is_the_one_that_publishing_would_store(browser: Browser, folder: Path) -> None:
    for lesson_id, title, _, html in freeze(load_course(folder)).lessons:
        text = browser.get(f"{HOME}/lessons/{lesson_id}").text
        assert html in text
        assert f"<h1>{title}</h1>" in text


def test_a_picture_comes_from_the_course_and_nothing_else_does(browser: Browser) -> None:
    [address] = re.findall(r'src="(/media/[^"]+)"', browser.get(SETTINGS).text)
    answer = browser.get(address)
    assert (answer.status_code, answer.data, answer.mimetype) == (200, b"png", "image/png")
    start = address.rpartition("/")[0]
    for other in ("..%2fcourse.yaml", "course.yaml", "../course.yaml", "%2fetc%2fpasswd", "none.png"):
        assert browser.get(f"{start}/{other}").status_code == 404


def test_every_item_stands_there_with_its_key_and_what_it_rests_on(browser: Browser, folder: Path) -> None:
    text = unescape(browser.get(f"{HOME}/items").text)
    items = items_of(load_course(folder), seed=0)
    assert all(f'aria-label="{one.id}"' in text for one in items)
    assert text.count("</svg>Critical</span>") == sum(one.critical for one in items)
    nap = text[text.index('aria-label="items/nap"') :].partition("</article>")[0]
    assert "The client <strong>sleeps</strong>" in nap
    assert re.search(r"Wake the client<p class=.sub.>Pain is a warning.</p></div><b>.*Key</b>", nap)
    assert nap.count("Key</b>") == 1
    assert f'href="{SAFETY}#fact-contraindications-tan"' in nap
    assert "Miller A. Settings for long-pulse lasers." in nap
    order = text[text.index('aria-label="items/order"') :].partition("</article>")[0]
    assert order.index("1. Goggles") < order.index("2. Clean") < order.index("3. Arm")
    assert f'href="{HOME}/facts/statements#row-eyes"' in text  # it stands in no lesson


def test_items_are_chosen_by_family_row_and_seed(browser: Browser) -> None:
    family = words(browser, f"{HOME}/items?family=statement")
    assert "statement/statements/eyes" in family
    assert "items/nap" not in family
    row = words(browser, f"{HOME}/items?row=contraindications/tan")
    assert "contraindication-action/contraindications/tan" in row
    assert "statements/eyes" not in row
    big = "9" * 18
    assert f"seed {big}" in words(browser, f"{HOME}/items?family=statement&seed={big}")
    assert "0 items" in words(browser, f"{HOME}/items?row=settings/nd-5-6")


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("family=none", "There is no family none."),
        ("row=settings/none", "There is no row settings/none. Write it as table/row, such as settings/nd-1-2."),
        ("seed=-1", "A seed is a whole number from 0"),
        ("seed=" + "9" * 5000, "A seed is a whole number from 0"),
        ("seed=٣", "A seed is a whole number from 0"),
    ],
)
def test_what_cannot_be_chosen_is_told(browser: Browser, asked: str, told: str) -> None:
    assert told in browser.page(f"{HOME}/items?{asked}", status=422).text


def test_many_items_come_fifty_a_page(browser: Browser, folder: Path) -> None:
    more = "".join(
        f"more-{n},safety,cited,miller-2019,Statement {n},Question {n}?,Yes {n},No {n},Never {n},Not {n},no,\n"
        for n in range(120)
    )
    (folder / "facts/statements.csv").write_text((folder / "facts/statements.csv").read_text() + more)
    seen: list[str] = []
    url: str | None = f"{HOME}/items?family=statement&seed=3"
    while url:
        text = unescape(browser.get(url).text)
        found = re.findall(r'aria-label="(statement/[^"]+)"', text)
        assert len(found) <= 50
        seen += found
        following = re.search(r'rel="next" href="([^"]+)"', text)
        url = following[1] if following else None
    assert len(seen) == len(set(seen)) == 122
    for odd in ("0", "99", "x", "-3", "9" * 40):
        assert browser.get(f"{HOME}/items?page={odd}").status_code == 200


def test_a_table_tells_each_row_and_what_is_asked_of_it(browser: Browser) -> None:
    page = browser.page(f"{HOME}/facts/settings")
    assert "settings/nd-1-2 line 2 Cited" in page.text
    assert "Fluence 30–60 J/cm²" in page.text
    assert "Cooling Contact" in page.text
    assert f"{HOME}/items?row=settings/nd-1-2" in page.links
    assert f"{SETTINGS}#fact-settings-nd-1-2" in page.links
    draft = page.text.partition("settings/nd-5-6")[2]
    assert "Not asked" in draft
    assert "settings-range: " in draft
    assert browser.get(f"{HOME}/facts/nothing").status_code == 404


def test_a_paper_is_the_one_that_the_seed_draws(browser: Browser, folder: Path) -> None:
    drawn = papers.paper(load_course(folder), 7)
    page = browser.get(f"{HOME}/paper?seed=7").text
    assert re.findall(r'<article class="card preview-item" aria-label="([^"]+)"', page) == [
        one["id"] for one in drawn["items"]
    ]
    assert f"{drawn['proof']['key_rows']}, none asked twice" in page
    assert "A seed is a whole number" in browser.page(f"{HOME}/paper?seed=x", status=422).text


def test_an_exam_that_is_too_big_is_told_and_all_else_is_shown(browser: Browser, folder: Path) -> None:
    save(folder, "course.yaml", "items: 2", "items: 200")
    page = browser.page("/")
    assert "two papers of 200 items cannot be drawn" in page.text
    assert "No paper can be drawn; the problems say why." in page.text
    assert "Shown as of" not in page.text
    assert "No paper can be drawn: section 2" in browser.page(f"{HOME}/paper", status=422).text


def test_a_saved_file_is_seen_and_read_once(browser: Browser, site: Flask, folder: Path) -> None:
    shelf = site.extensions["fluence.shelf"]
    first = shelf.state()
    assert shelf.state() is first
    assert browser.get(f"/changes?since={first.version}").json == {"changed": False}
    save(folder, "lessons/settings.md", "Read the table", "Study the table")
    assert browser.get(f"/changes?since={first.version}").json == {"changed": True}
    assert "Study the table" in words(browser, SETTINGS)
    assert browser.get(f"/changes?since={shelf.state().version}").json == {"changed": False}
    assert browser.get("/changes").json == {"changed": True}


def test_problems_stand_with_their_lines_and_the_last_good_version_stays(browser: Browser, folder: Path) -> None:
    before = words(browser, SETTINGS)
    save(folder, "facts/settings.csv", "allowed,30,60", "allowed,60,30")
    page = browser.get("/").text
    place = f"{folder}/facts/settings.csv:2:10"
    assert f'<span class="code">{place}</span> <b>fluence_min_j_cm2</b> – 60 is above' in page
    line, caret = re.search(r"<code>(.*?)</code>\n<span aria-hidden=.true.>(.*?)</span>", page).groups()  # type: ignore[union-attr]
    assert line[caret.index("^") : len(caret)] == "60"
    assert re.search(r"Shown as of \d\d:\d\d:\d\d, before these problems", page)
    for url in (SETTINGS, f"{HOME}/items", f"{HOME}/facts/settings", f"{HOME}/paper"):
        assert "before these problems" in words(browser, url)
    assert "30–60" in words(browser, SETTINGS)
    save(folder, "facts/settings.csv", "allowed,60,30", "allowed,30,60")
    assert words(browser, SETTINGS) == before


def test_a_broken_lesson_keeps_its_last_good_text_while_the_rest_is_new(browser: Browser, folder: Path) -> None:
    browser.get("/")
    save(folder, "lessons/settings.md", "The pulse grows", "The pulse shrinks [@nobody]")
    save(folder, "course.yaml", "title: Skin tightening\n", "title: Skin firming\n")
    page = words(browser, SETTINGS)
    assert "The pulse grows" in page
    assert "nobody is not a source" in page
    assert "before these problems" in page
    assert "Skin firming" in page
    assert "before these problems" not in words(browser, SAFETY)


def test_a_course_that_was_never_good_shows_its_problems_until_it_is(tmp_path: Path) -> None:
    folder = Path(written(tmp_path, changed("course.yaml", "validity_months: 12", "validity_months: 0")))
    browser = cast("Browser", preview_of(folder).test_client())
    for url in ("/", SETTINGS, f"{HOME}/items"):
        page = browser.page(url)
        assert page.h1 == [f"{COURSE} cannot be shown yet"]
        assert "course.yaml:" in page.text
    save(folder, "course.yaml", "validity_months: 0", "validity_months: 12")
    assert browser.page("/").h1 == ["Skin tightening"]


def test_a_lesson_that_was_never_good_shows_its_problems(tmp_path: Path) -> None:
    folder = Path(written(tmp_path, changed("lessons/safety.md", "miller-2019", "nobody")))
    browser = cast("Browser", preview_of(folder).test_client())
    assert "It is shown once these problems are mended" in words(browser, SAFETY)
    assert "Read the table" in words(browser, SETTINGS)
    assert browser.get(f"{HOME}/lessons/none").status_code == 404


@pytest.mark.parametrize(
    "half", [b"", b"id,objec", b"\x00\xff\xfe\x80" * 50, "id,objective".encode("utf-16"), b'id\n"never closed']
)
def test_a_file_that_is_half_saved_or_garbage_heals(browser: Browser, folder: Path, half: bytes) -> None:
    good = (folder / "facts/settings.csv").read_bytes()
    browser.get("/")
    (folder / "facts/settings.csv").write_bytes(half)
    assert f"{folder}/facts/settings.csv" in words(browser, "/")
    assert "Read the table" in words(browser, SETTINGS)
    (folder / "facts/settings.csv").write_bytes(good)
    assert "problem" not in words(browser, "/")


def test_a_folder_that_is_gone_is_told_and_comes_back(browser: Browser, folder: Path) -> None:
    browser.get("/")
    folder.rename(folder.parent / "away")
    assert f"{folder} does not exist; give a folder" in words(browser, "/")
    assert "Read the table" in words(browser, SETTINGS)
    (folder.parent / "away").rename(folder)
    assert "does not exist" not in words(browser, "/")


def test_a_folder_of_courses_is_a_list_first(tmp_path: Path) -> None:
    other = renamed(changed("facts/settings.csv", "allowed,30,60", "allowed,60,30"), "other")
    written(tmp_path, good_course() | other)
    browser = cast("Browser", preview_of(tmp_path).test_client())
    page = browser.page("/")
    assert {HOME, "/courses/other"} <= set(page.links)
    assert "No problems" in page.text
    assert "1 problem" in page.text
    assert "/" in browser.page(HOME).links
    assert browser.get("/courses/none").status_code == 404


def test_only_this_machine_is_answered_and_nothing_is_written(browser: Browser, folder: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    answer = browser.get("/")
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS
    assert "Set-Cookie" not in answer.headers
    assert browser.get("/", headers={"Host": "evil.example"}).status_code == 400
    assert browser.post("/").status_code == 405
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


def test_the_command_says_what_is_wrong_in_a_sentence(folder: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        for arguments, code, told in (
            ([f"{folder}/none"], 2, "does not exist; give a folder"),
            ([f"{folder}/course.yaml"], 2, "is a file; give its course's folder"),
            ([f"{folder}/media"], 2, "holds no course"),
            ([str(folder), "--host", "0.0.0.0"], 1, "on this machine only"),  # noqa: S104  it is refused
            ([str(folder), "--port", port], 1, "cannot be used (Address already in use)"),
            ([str(folder), "--port", "0"], 2, "not in the range"),
        ):
            ended = CliRunner().invoke(main, ["courses", "preview", *arguments], catch_exceptions=False)
            assert (ended.exit_code, told in ended.stderr) == (code, True), ended.stderr


@pytest.mark.parametrize(("host", "named"), [("127.0.0.1", "127.0.0.1"), ("::1", "[::1]")])
def test_the_command_serves_this_machine_and_stops_quietly(folder: Path, host: str, named: str) -> None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as free:
        free.bind((host, 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "app.cli", "courses", "preview", str(folder), "--host", host, "--port", str(port)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"}
    ) as running:
        assert running.stdout
        assert running.stdout.readline().startswith(f"Open http://{named}:{port} – ")
        with urlopen(f"http://{named}:{port}/", timeout=20) as answer:
            assert answer.status == 200
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=20)
    assert (running.returncode, out.strip(), err) == (0, "The preview is stopped.", "")


def test_every_family_can_be_chosen(browser: Browser) -> None:
    for family in FAMILIES:
        assert browser.get(f"{HOME}/items?family={family}").status_code == 200
