"""An author's journey: the preview follows the files as they are saved, spoiled and mended."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

import app
from tests.browser.browsing import PHONE, listen, look_at, serve
from tests.browser.conftest import Open
from tests.unit.course_files import COURSE, good_course
from tests.unit.test_cli import written


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a small good course; its picture is one that a browser can show."""
    pictures = Path(__file__).resolve().parents[2] / "courses"
    picture = next(iter(sorted(pictures.rglob("media/*.png"))))
    return Path(written(tmp_path, good_course() | {f"{COURSE}/media/handpiece.png": picture.read_bytes()}))


@pytest.fixture
def address(folder: Path) -> Iterator[str]:
    """Where that course's preview is served."""
    with listen() as taken, serve(app.create_preview(folder), taken):
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


def test_an_author_sees_each_save(folder: Path, address: str, open_page: Open) -> None:
    page, lesson = open_page(), folder / "lessons/settings.md"
    page.goto(address)
    page.get_by_role("link", name="1. Settings").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Settings")
    expect(page.get_by_text("This page reloads as you save.")).to_be_visible()
    good = lesson.read_text()
    many = ["One more paragraph."] * 60
    lesson.write_text("\n\n".join([good, *many, "The very middle.", *many, "The end.", ""]))
    middle = page.get_by_text("The very middle.")
    expect(page.locator(".prose img")).to_have_js_property("complete", True)  # noqa: FBT003  Playwright's own order
    middle.scroll_into_view_if_needed()
    lesson.write_text(lesson.read_text() + "Saved again.\n")
    expect(page.get_by_text("Saved again.")).to_be_attached()
    expect(middle).to_be_in_viewport()
    lesson.write_text(good + "\nNo such work. [@nobody]\n")
    expect(page.get_by_text("before these problems")).to_be_visible()
    expect(page.get_by_text("nobody is not a source")).to_be_visible()
    expect(page.get_by_text("Saved again.")).to_be_attached()
    look_at(page)
    lesson.write_text(good)
    expect(page.get_by_text("before these problems")).to_have_count(0)


def test_the_pages_of_a_preview_are_sound(folder: Path, address: str, open_page: Open) -> None:
    page = open_page(size=PHONE)
    for path in ("", "/lessons/settings", "/items", "/facts/settings", "/facts/statements", "/paper?seed=3"):
        page.goto(f"{address}/courses/{COURSE}{path}")
        look_at(page)
    table = folder / "facts/settings.csv"
    page.goto("about:blank")  # a page of the preview loads itself again as a file is saved, in the middle of a goto
    table.write_text(table.read_text().replace("allowed,30,60", "allowed,60,30", 1))
    page.goto(f"{address}/courses/{COURSE}#problems")
    expect(page.get_by_role("heading", name="1 problem")).to_be_visible()
    look_at(page)
