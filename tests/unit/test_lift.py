"""The blocks of a lesson that lay out some facts: only theirs, and still whole HTML."""

from html.parser import HTMLParser

from app.content.lift import blocks_with
from app.content.strike import facts_in
from tests.factories import frozen_course

VOID = {"br", "img", "hr", "col"}


class Balanced(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag


def test_only_the_rows_asked_for_are_lifted_and_the_html_stays_whole() -> None:
    seen = 0
    for _, _, _, html in frozen_course().lessons:
        for fact in facts_in(html):
            found = blocks_with(html, [fact])
            assert facts_in(found) == {fact}
            assert ' id="' not in found
            parser = Balanced()
            parser.feed(found)
            assert parser.open == []
            seen += 1
    assert seen > 50


def test_a_lesson_without_the_fact_gives_nothing() -> None:
    assert blocks_with('<div class="laid"><p data-fact="settings/other">x</p></div><p>y</p>', ["settings/one"]) == ""


def test_entities_and_breaks_are_kept() -> None:
    html = '<div class="laid big"><p data-fact="a/b">1 &lt; 2<br>&#8211;</p><p data-fact="c/d">no<br>no</p></div>'
    assert blocks_with(html, ["a/b"]) == '<div class="laid big"><p data-fact="a/b">1 &lt; 2<br>&#8211;</p></div>'
