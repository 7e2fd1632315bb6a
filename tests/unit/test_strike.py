"""Withdrawn rows of a lesson: what stood there is gone, the note stands instead, and everything else is as it was."""

from app.content.render import render_lesson
from app.content.strike import facts_in, struck
from app.content.values import Course, Lesson
from tests.unit.course_rows import contraindication, course, setting, step

TEXT = """Light heats. 5 < 6 & 7.

/// settings
///

/// contraindications
///

/// procedure
///

/// settings
    skin_types: 1-2
///
"""


def a_course() -> Course:
    return course(
        settings=(setting("low", (1, 2), fluence=(31, 61), why="Fair."), setting("high", (3, 6), fluence=(20, 40))),
        contraindications=(contraindication("tan", "defer", 28, condition="A tan"),),
        procedure=(step("cool", step="Cool the skin"), step("book", step="Book a time")),
    )


def html() -> str:
    lesson = Lesson(id="l", title="L", objectives=("safe",), minutes=1, text=TEXT)
    return render_lesson(a_course(), lesson, "/media/")


def test_the_rows_of_a_lesson_are_told() -> None:
    assert facts_in(html()) == {
        "settings/low",
        "settings/high",
        "contraindications/tan",
        "procedure/cool",
        "procedure/book",
    }


def test_nothing_withdrawn_changes_nothing() -> None:
    assert struck(html(), {}) == html()
    assert struck(html(), {"settings/another": "Gone."}) == html()


def test_a_withdrawn_setting_shows_its_note_wherever_it_is_laid_out() -> None:
    found = struck(html(), {"settings/low": "By Mira: <two> burns & more."})
    assert "31–61" not in found
    assert "Fair." not in found
    assert found.count("By Mira: &lt;two&gt; burns &amp; more.") == 2
    assert "20–40" in found
    assert facts_in(found) == facts_in(html())


def test_conditions_and_steps_are_struck_too() -> None:
    found = struck(html(), {"contraindications/tan": "Gone.", "procedure/cool": "Gone."})
    assert "A tan" not in found
    assert "28 days" not in found
    assert "Cool the skin" not in found
    assert "Book a time" in found
    assert found.count("<b>Withdrawn.</b> Gone.") == 2


def test_all_else_stays_to_the_letter() -> None:
    whole, notes = html(), {"contraindications/tan": "Gone."}
    found = struck(whole, notes)
    start = whole.index('data-fact="contraindications/tan"')
    assert found.startswith(whole[:start])
    assert found.endswith(whole[whole.index("</li>", start) :])


def test_a_lesson_of_an_old_release_is_struck_by_its_ids() -> None:
    row = '<li id="fact-contraindications-con-031-tan"><b>A tan</b> Wait <ul><li>28</li></ul> days.</li>'
    old = f"<ul>{row}<li>B</li></ul>"
    assert facts_in(old) == {"contraindications/con-031-tan"}
    found = struck(old, {"contraindications/con-031-tan": "Gone."})
    assert found == (
        '<ul><li id="fact-contraindications-con-031-tan"><span class="withdrawn"><b>Withdrawn.</b> Gone.</span></li>'
        "<li>B</li></ul>"
    )


def test_what_is_not_withdrawn_is_copied_to_the_letter() -> None:
    html = '<p>One<br/>two &amp; &#8211;<!-- aside --></p><tr data-fact="settings/a"><td><br/>x<!-- y --></td></tr>'
    assert struck(html, {"settings/none": "Gone."}) == html
    stopped = struck(html, {"settings/a": "Gone."})
    assert stopped.startswith('<p>One<br/>two &amp; &#8211;<!-- aside --></p><tr data-fact="settings/a"><td colspan')
    assert "<br/>" not in stopped.partition("<tr")[2]
    assert "<!-- y -->" not in stopped
