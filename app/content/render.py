"""Lessons, stems and options as sanitised HTML; releases freeze it, so that no page ever reads Markdown."""

import re
from functools import lru_cache
from typing import Final
from xml.etree import ElementTree as ET

from app.content.blocks import contraindications_block, procedure_block, settings_block
from app.content.marks import Mark
from app.content.markup import machine, sanitised
from app.content.page import Page, element
from app.content.selection import Query, read_query
from app.content.values import Course, Fact, Lesson, Source

# A text without any sign that Markdown could take up is its own HTML; most options are of this kind.
_PLAIN: Final = re.compile(r"(?![-+=:]|[0-9]+\.|.*///)[^\\`*_{}\[\]<>#|~&\s]+( [^\\`*_{}\[\]<>#|~&\s]+)*")
_ONE_PARAGRAPH: Final = re.compile(r"<p>((?:(?!<p>|</p>).)*)</p>", re.DOTALL)


def render_lesson(course: Course, lesson: Lesson, media_url: str) -> str:
    """Return a lesson as HTML: fact blocks laid out, citations numbered, its sources listed at the end.

    `media_url` is what stands before a picture's name, with its slash. Rows have the ids fact-<table>-<row-id>.
    """
    page = Page(lay_out=lambda page, mark: _laid_out(course, page, mark), media_url=media_url)
    machine().convert(lesson.text, page)
    return sanitised(f"{page.html}\n{_sources(course, page)}".strip())


@lru_cache(maxsize=8192)
def render_text(text: str, media_url: str = "") -> str:
    """Return a stem, an option or a why as HTML; a single paragraph comes without its <p>."""
    if _PLAIN.fullmatch(text):
        return text
    page = Page(media_url=media_url, numbered=False)
    made = sanitised(machine().convert(text, page).html).strip()
    single = _ONE_PARAGRAPH.fullmatch(made)
    return single[1] if single else made


def _laid_out(course: Course, page: Page, mark: Mark) -> list[ET.Element]:
    """Return the rows that a fact block of a checked lesson asks for."""
    query, _ = read_query(mark)
    if mark.name == "settings":
        return settings_block(course, page, [row for row in course.settings if _fits(query, row)])
    if mark.name == "contraindications":
        rows = [row for row in course.contraindications if _fits(query, row)]
        return contraindications_block(course, page, rows)
    return procedure_block(page, [row for row in course.procedure if _fits(query, row)])


def _fits(query: Query, row: Fact) -> bool:
    return query.fits({name: getattr(row, name) for name in query.names()})


def _sources(course: Course, page: Page) -> str:
    """Return the list of the sources that the page refers to, by number."""
    if not page.numbers:
        return ""
    section = element("section", "sources")
    section.append(element("h2", text="Sources", id="sources"))
    entries = ET.SubElement(section, "ol")
    for name, number in page.numbers.items():
        entry = element("li", id=f"source-{number}")
        source = course.sources.get(name)
        entry.extend(_source(source) if source else [element("span", text=name)])
        entries.append(entry)
    return ET.tostring(section, encoding="unicode", method="html")


def _source(source: Source) -> list[ET.Element]:
    parts = [
        element("a", text=source.citation, href=source.url) if source.url else element("span", text=source.citation)
    ]
    if not source.read:
        parts[0].tail = " "
        parts.append(element("span", "unread", "Not read yet"))
    return parts
