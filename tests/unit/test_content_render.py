"""Lessons, stems and options as HTML: rows laid out, citations numbered, nothing that could run."""

import re
from html.parser import HTMLParser

from hypothesis import given, settings
from hypothesis import strategies as st

from app.content.markup import machine, sanitised
from app.content.numerals import number_text, range_text
from app.content.page import Page
from app.content.read import read_course
from app.content.render import _PLAIN, render_lesson, render_text
from app.content.values import Course, Range
from tests.unit.course_files import COURSE, changed, good_course, written

NOTICE = "Published range for teaching. The device's manual and your medical director's protocol decide."


class Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.parts.append(data)


def words(html: str) -> str:
    parser = Text()
    parser.feed(html)
    return " ".join("".join(parser.parts).split())


def course_of(files: dict[str, bytes]) -> Course:
    course, found = read_course(files, COURSE)
    assert course, found
    return course


def lesson(text: str, files: dict[str, bytes] | None = None) -> str:
    course = course_of({**(files or good_course()), f"{COURSE}/lessons/settings.md": text.encode()})
    return render_lesson(course, course.lessons[0], "/media/1/")


def test_settings_are_a_table_with_decisions_standings_and_the_notice() -> None:
    html = lesson("/// settings\n///\n")
    assert NOTICE in words(html)
    assert 'class="facts facts-settings"' in html
    assert re.search(
        r'<tr class="facts-row is-allowed" data-fact="settings/nd-1-2" id="fact-settings-nd-1-2" role="row">', html
    )
    assert '<td class="fig" data-label="Fluence, J/cm²" role="cell">30–60</td>' in html
    assert '<td class="fig" data-label="Pulse, ms" role="cell">10</td>' in html
    assert '<span class="decision decision-with_sign_off">With sign-off</span>' in html
    assert '<span class="standing standing-draft">Unconfirmed</span>' in html
    assert 'class="facts-row is-not_allowed is-draft"' in html
    assert words(html).count("Protocol") >= 3
    assert "Spot" not in html


def test_every_settings_block_says_what_decides() -> None:
    html = lesson("/// settings\n    skin_types: 1\n///\n\n/// settings\n    skin_types: 5-6\n///\n")
    assert words(html).count(NOTICE) == 2
    assert "nd-1-2" in html
    assert "nd-3-4" not in html


def test_a_row_laid_out_twice_has_its_id_once() -> None:
    html = lesson("/// settings\n///\n\n/// settings\n///\n")
    assert html.count('id="fact-settings-nd-1-2"') == 1
    assert html.count("facts-row is-allowed") == 2


def test_contraindications_stand_by_what_to_do() -> None:
    html = lesson("/// contraindications\n///\n")
    assert re.findall(r"<h3[^>]*>([^<]*)</h3>", html) == ["Do not treat", "Defer", "Refer"]
    assert 'class="stop stop-do_not_treat"' in html
    assert 'id="fact-contraindications-tan"' in html
    text = words(html)
    assert "Defer 28 days (4 weeks). A technician decides." in text
    assert "Only for Nd:YAG 1064 nm, tightening." in text
    assert "Ask: When were you last in the sun?" in text
    zero = lesson("/// contraindications\n///\n", changed("facts/contraindications.csv", "defer,28", "defer,0"))
    assert "Defer until it is resolved." in words(zero)


def test_steps_come_after_those_that_they_name() -> None:
    files = good_course()
    key = f"{COURSE}/facts/procedure.csv"
    head, *rows = files[key].decode().strip().split("\n")
    files[key] = "\n".join([head, *reversed(rows)]).encode()
    html = lesson("/// procedure\n    phase: prepare\n///\n", files)
    assert re.findall(r'id="fact-procedure-(\w+)"', html) == ["goggles", "clean", "arm"]
    assert html.count('<span class="critical">Safety-critical</span>') == 2
    assert "Stop if: A door opens" in words(html)
    assert "Record: Time" in words(html)


def test_what_another_authority_says_is_shown() -> None:
    files = changed("facts/settings.csv", "cooling,why", "cooling,conflict")
    html = lesson("/// settings\n///\n", files)
    assert "Another authority says: Little melanin" in words(html)


def test_sources_are_numbered_by_first_appearance_and_listed() -> None:
    html = lesson("One [@unread-2020][@miller-2019]. Two [@miller-2019].\n\n/// settings\n///\n")
    assert re.findall(r'href="#source-(\d)"', html)[:3] == ["1", "2", "2"]
    assert html.count('<li id="source-') == 2
    assert '<a class="ref" href="#source-1"><span class="sr">Source </span>1</a>' in html
    assert 'href="https://example.com/miller"' in html
    assert "Not read yet" in html
    assert "sources" not in lesson("No citation.\n")


def test_notes_images_tables_and_headings() -> None:
    html = lesson(
        "# Title\n\n/// danger | A *tan*\nStop.\n///\n\n![Alt & text](media/handpiece.png 'Caption')\n\n"
        "| a | b |\n|---|--:|\n| 1 | 2 |\n"
    )
    assert '<div aria-labelledby="note-1" class="note note-danger" role="note">' in html
    assert '<p class="note-t" id="note-1"><span class="kind">Danger.</span> A <em>tan</em></p>' in html
    assert '<figure><img alt="Alt &amp; text" loading="lazy" src="/media/1/handpiece.png">' in html
    assert "<figcaption>Caption</figcaption>" in html
    assert '<div aria-label="Table: a, b" class="scroll" role="region" tabindex="0"><table>' in html
    assert '<td class="align-right">2</td>' in html
    assert "<h1" not in html


def test_raw_html_is_text_and_nothing_runs() -> None:
    html = lesson(
        "<script>alert(1)</script> <b onclick='x()'>b</b> [x](javascript:alert(1)){: onclick=x style=color:red }\n\n"
        "<div>\n\n*in*\n\n</div>\n"
    )
    assert "&lt;script&gt;" in html
    assert "&lt;div&gt;" in html
    assert not re.search(r"<(script|b |div)|javascript:|style=|<[^>]*onclick", html)


def test_cells_are_markdown_too() -> None:
    files = changed("facts/settings.csv", "Contact,Little melanin", "**Contact** & <i>air</i>,Little [@miller-2019]")
    html = lesson("/// settings\n///\n", files)
    assert "<strong>Contact</strong> &amp; &lt;i&gt;air&lt;/i&gt;" in html
    assert "\ufdd0" not in html


def test_code_keeps_what_it_shows() -> None:
    html = lesson("`[@miller-2019]` and `a | [@x]`\n\n    /// settings\n        device: x\n    ///\n    | a | [@x] |\n")
    assert "<code>[@miller-2019]</code>" in html
    assert "<code>a | [@x]</code>" in html
    assert "/// settings\n        device: x\n///\n| a | [@x] |" in html
    assert "sources" not in html


def test_a_page_keeps_nothing_of_the_page_before() -> None:
    first = lesson("A[^1] [@miller-2019]\n\n[^1]: Foot\n")
    assert lesson("A[^1] [@miller-2019]\n\n[^1]: Foot\n") == first
    assert render_text("plain *text*") == "plain <em>text</em>"


def test_stems_and_options_stay_inline() -> None:
    assert render_text("30–60 J/cm² at 10 ms") == "30–60 J/cm² at 10 ms"
    assert render_text("a **b** < c & d") == "a <strong>b</strong> &lt; c &amp; d"
    assert render_text("one\n\ntwo") == "<p>one</p>\n<p>two</p>"
    assert '<img alt="x" loading="lazy" src="/m/a.png">' in render_text("![x](media/a.png)", "/m/")
    assert render_text("See [@miller-2019].") == 'See <span class="ref">miller-2019</span>.'
    assert render_text("") == ""


@given(st.text(alphabet="ab1.)-+:=/ °²–,;\"'()%!?>&", max_size=12))
@settings(max_examples=100, deadline=None)
def test_a_plain_text_is_what_markdown_makes_of_it(text: str) -> None:
    if _PLAIN.fullmatch(text):
        page = machine().convert(text, Page(numbered=False))
        assert sanitised(page.html) == f"<p>{text}</p>"


def test_items_with_markup_render() -> None:
    files = written("items.yaml", good_course()[f"{COURSE}/items.yaml"])
    assert render_text(course_of(files).items[0].stem) == ("The client <strong>sleeps</strong>. What do you do?")


@given(st.floats(0, 1e15, allow_nan=False))
def test_figures_have_no_exponent_and_no_needless_zero(number: float) -> None:
    text = number_text(number)
    assert float(text) == number
    assert "e" not in text
    assert not text.endswith(".0")


def test_ranges_read_in_the_house_style() -> None:
    assert range_text(Range(low=30.0, high=60.0)) == "30–60"
    assert range_text(Range(low=0.3, high=0.3)) == "0.3"
