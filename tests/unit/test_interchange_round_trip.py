"""What goes out comes back the same: items as Moodle XML and as a QTI 3.0 package, and in again."""

import zipfile
from collections.abc import Callable, Iterable
from dataclasses import replace
from io import BytesIO
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from app.content.check import load_files
from app.content.generate.wording import same
from app.content.interchange import importing, items_yaml, moodle_out, qti_out
from app.content.interchange.leaving import Exported, items_to_export
from app.content.interchange.markdown_text import from_html, from_plain
from app.content.interchange.values import CannotTakeError, Home
from app.content.values import Course, Item
from tests.unit.course_files import COURSE, good_course

WRITERS = {"moodle.xml": moodle_out.write, "qti.zip": qti_out.write}
Write = Callable[[Course, Iterable[Item]], Exported]
Entry = dict[str, Any]
both = pytest.mark.parametrize(("name", "write"), WRITERS.items(), ids=WRITERS)

LETTERS = "abcé 1.,*_`#+-=>|~:/!?&<;\"'[](){}^\\²"


@st.composite
def texts(draw: st.DrawFn) -> str:
    """A Markdown text as an author may write it: words with signs, emphasis, lists, a link."""
    words = st.text(LETTERS, min_size=1, max_size=12).map(lambda text: text.replace("&", "&amp;").replace("<", "&lt;"))
    marked = st.sampled_from(
        ["{}", "<b>{}</b>", "<em>{}</em>", "x<br>{}", "<a href='https://e.example/'>{}</a>", "<p>{}</p>"]
    )
    pieces = draw(st.lists(st.tuples(marked, words), min_size=1, max_size=3))
    html = "".join(mark.format(word) for mark, word in pieces)
    listed = draw(st.sampled_from(["{}", "{}", "<p>so:</p><ul><li>{}</li><li>other</li></ul>"]))
    try:
        written = from_html(listed.format(html))
    except CannotTakeError:
        written = ""
    assume(same(written))
    return written


def distinct(few: int, many: int) -> st.SearchStrategy[list[str]]:
    return st.lists(texts(), min_size=few, max_size=many, unique_by=same)


@st.composite
def entries(draw: st.DrawFn) -> list[Entry]:
    """One item of each type, as the entries of items.yaml."""
    shared = {"objective": "safety", "stem": draw(texts())}
    single, several = draw(distinct(3, 6)), draw(distinct(3, 8))
    whys = draw(st.lists(st.none() | texts(), min_size=8, max_size=8))
    right = draw(st.integers(1, len(several) - 1))
    low, reach = draw(st.decimals(0, 1000, places=3)), draw(st.decimals(0, 10, places=3))
    plain = st.text("abc *-é<", min_size=1, max_size=9).map(from_plain).filter(same)  # as Moodle shows right sides
    lefts = draw(distinct(3, 8))
    rights = draw(st.lists(plain, min_size=len(lefts), max_size=len(lefts)))
    made: list[Entry] = [
        {"id": "one", "type": "single-choice", "options": options(single, whys, {0})},
        {"id": "2-more", "type": "multiple-choice", "options": options(several, whys, set(range(right)))},
        {"id": "figure", "type": "numeric", "answer": {"min": float(low), "max": float(low + reach), "unit": "J/cm²"}},
        {"id": "steps", "type": "ordering", "steps": draw(distinct(3, 8))},
        {
            "id": "pairs",
            "type": "matching",
            "pairs": [{"left": left, "right": right} for left, right in zip(lefts, rights, strict=True)],
        },
    ]
    scorings = {"multiple-choice": "per_correct", "ordering": "pairs", "matching": "per_correct"}
    return [shared | entry | draw(extras(scorings.get(entry["type"]))) for entry in made]


@st.composite
def extras(draw: st.DrawFn, scoring: str | None) -> Entry:
    """What an item may hold beside what it asks."""
    full = {"critical": True, "facts": ["contraindications/tan"], "sources": ["miller-2019"], "why": draw(texts())}
    scored = {"scoring": scoring} if scoring and draw(st.booleans()) else {}
    return scored | (full if draw(st.booleans()) else {})


def options(shown: list[str], whys: list[str | None], right: set[int]) -> list[Entry]:
    return [
        {"text": text, "correct": place in right} | ({"why": why} if why else {})
        for place, (text, why) in enumerate(zip(shown, whys, strict=False))
    ]


def course_of(found: list[Entry]) -> Course:
    files = good_course() | {f"{COURSE}/items.yaml": items_yaml.write(found).encode()}
    return load_files(files, COURSE)


def back(name: str, made: Exported, home: Home | None = None) -> list[Entry]:
    outcome = importing.settle(importing.read(name, made.data), home=home)
    assert outcome.refused == []
    return [items_yaml.plain(entry) for entry in outcome.entries]


@settings(max_examples=4)
@given(entries())
def test_items_come_back_the_same(found: list[Entry]) -> None:
    course = course_of(found)
    for name, write in WRITERS.items():
        made = write(course, items_to_export(course, generated=False))
        assert made.refused == []
        assert back(name, made) == found


@both
def test_what_comes_back_passes_the_check(name: str, write: Write) -> None:
    course = load_files(good_course(), COURSE)
    made = write(course, [item for item in course.items if item.media is None])
    again = course_of(back(name, made))
    assert [item.id for item in again.items] == ["items/nap", "items/stops", "items/wavelength", "items/order"]
    assert again.items == tuple(item for item in course.items if item.media is None)


@both
def test_the_same_course_makes_the_same_bytes(name: str, write: Write) -> None:
    course = load_files(good_course(), COURSE)
    first, second = (write(course, items_to_export(course, generated=True)) for _ in range(2))
    assert (first.data, first.count) == (second.data, second.count)
    assert first.count + len(first.refused) > len(course.items)
    assert name


@both
def test_what_the_other_course_does_not_have_is_left_out_and_said(name: str, write: Write) -> None:
    course = load_files(good_course(), COURSE)
    home = Home(objectives={"safety": "Safety."}, item_ids=frozenset(["nap"]))
    made = write(course, course.items[:1])
    outcome = importing.settle(importing.read(name, made.data), home=home)
    [entry] = outcome.entries
    assert (str(entry["id"]), "facts" in entry, "sources" in entry) == ("nap-2", False, False)
    assert [note.message for note in outcome.notes] == [
        "the row contraindications/tan is not in the course and was left out",
        "the source miller-2019 is not in the course and was left out",
    ]


def test_pictures_go_out_with_their_items_and_are_named_on_the_way_in() -> None:
    course = load_files(good_course(), COURSE)
    made = qti_out.write(course, course.items)
    with zipfile.ZipFile(BytesIO(made.data)) as opened:
        assert opened.read("media/handpiece.png") == b"png"
        assert "media/handpiece.png" in opened.read("imsmanifest.xml").decode()
    assert b'name="handpiece.png"' in moodle_out.write(course, course.items).data
    outcome = importing.settle(importing.read("p.zip", made.data))
    assert [(one.field, one.path) for one in outcome.refused] == [("match", "p.zip/items/match.xml")]
    assert "a picture (handpiece.png)" in outcome.refused[0].message


def test_what_the_other_formats_cannot_say_is_told() -> None:
    course = load_files(good_course(), COURSE)
    several = [replace(one, key=(("a", "b"),)) for one in course.items if one.id == "items/order"]
    for write in WRITERS.values():
        made = write(course, several)
        assert (made.count, [one.field for one in made.refused]) == (0, ["order"])
        assert "several orders" in made.refused[0].message
    stops = [one for one in course.items if one.id == "items/match"]
    assert any("all or nothing" in note.message for note in moodle_out.write(course, stops).notes)
