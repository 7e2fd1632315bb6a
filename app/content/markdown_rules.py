"""What the Markdown of lessons, items and cells may not hold, each at its line."""

from collections.abc import Collection, Iterator, Mapping
from itertools import groupby
from typing import Any, Final

from app.content.draft import Draft
from app.content.marks import FACT_BLOCKS, NOTES, Mark
from app.content.markup import MarkupError, machine
from app.content.numerals import shorten
from app.content.page import FoundBlock, FoundImage, Page
from app.content.parts import YamlPart
from app.content.references import missing_name
from app.content.selection import asked, read_query
from app.content.values import Problem

_BLOCK_NAMES: Final = (*NOTES, *FACT_BLOCKS)
# The texts of items.yaml that are Markdown.
_ITEM_TEXTS: Final = (
    ("*", "stem"),
    ("*", "why"),
    ("*", "options", "*", "text"),
    ("*", "options", "*", "why"),
    ("*", "steps", "*"),
    ("*", "pairs", "*", "left"),
    ("*", "pairs", "*", "right"),
)


def markdown_problems(draft: Draft) -> Iterator[Problem]:
    """Return the problems of every Markdown text of a course."""
    read = draft.register.read_sources()
    for lesson, text in draft.lessons.items():
        yield from _lesson_problems(draft, draft.path(f"lessons/{lesson}.md"), text, read)
    if draft.items:
        yield from _item_problems(draft.items, draft.media, read)
    for table in draft.tables.values():
        for row in table.rows:
            for column, value in row.values.items():
                for message in _text_messages(value, draft.media, read):
                    yield row.problem(column, message)


def _item_problems(items: YamlPart, media: set[str], read: Mapping[str, bool] | None) -> Iterator[Problem]:
    for pattern in _ITEM_TEXTS:
        for path, text in items.spread(*pattern):
            for message in _text_messages(text, media, read):
                yield items.problem(path, message)


def _text_messages(text: Any, media: set[str], read: Mapping[str, bool] | None) -> Iterator[str]:
    """Return what is wrong with the citations, images and blocks of a text that is not a lesson."""
    if not isinstance(text, str) or not ("[@" in text or "![" in text or "///" in text):
        return
    try:
        page = machine().convert(text, Page(numbered=False))
    except MarkupError:
        yield "the Markdown cannot be laid out; write it more simply"
        return
    for _, message in _citations(page, read):
        yield message
    for image in page.images:
        yield from _image_messages(image, media)
    for block in page.blocks:
        yield f"the block {block.mark.name} stands in lessons only; remove it"
    for mark in page.not_understood:
        yield _not_understood(mark)


def _lesson_problems(draft: Draft, path: str, text: str, read: Mapping[str, bool] | None) -> Iterator[Problem]:
    try:
        page = machine().convert(text, Page())
    except MarkupError:
        yield Problem(path=path, line=1, message="the Markdown cannot be laid out; write it more simply")
        return
    for mark, message in _page_messages(draft, page, read):
        line, column = (mark.line or None, mark.column or None) if mark else (None, None)
        yield Problem(path=path, line=line, column=column, message=message)
    for block in page.blocks:
        yield from _fact_block(draft, path, block)
    if page.stray and not page.not_understood:
        line = _stray_line(text, page.stray[0])
        message = f"{shorten(page.stray[0])} belongs to no block; put it at the beginning of a line, or remove it"
        yield Problem(path=path, line=line, message=message)


def _page_messages(draft: Draft, page: Page, read: Mapping[str, bool] | None) -> Iterator[tuple[Mark | None, str]]:
    """Return the sentences about a lesson's citations, images and block lines, each with its mark."""
    yield from _citations(page, read)
    for image in page.images:
        for message in _image_messages(image, draft.media):
            yield image.mark, message
    for block in [*page.blocks, *page.notes]:
        if not block.closed:
            yield block.mark, f"the block {block.mark.name} is not closed; end it with a line of /// alone"
    for mark in page.not_understood:
        yield mark, _not_understood(mark)


def _citations(page: Page, read: Mapping[str, bool] | None) -> Iterator[tuple[Mark, str]]:
    """Return citations of unknown sources, and those that rest on sources alone that nobody read."""
    if read is None:
        return
    for _, group in groupby(sorted(page.citations, key=lambda mark: mark.group), key=lambda mark: mark.group):
        marks = list(group)
        for mark in marks:
            if mark.name not in read:
                yield mark, missing_name("source", mark.name or "an empty citation", read)
        if not any(read.get(mark.name, True) for mark in marks):
            advice = "cite one that was read beside it, or read it and write `read: yes`"
            yield marks[0], f"nobody read {', '.join(mark.name for mark in marks)} (`read: no`); {advice}"


def _image_messages(image: FoundImage, media: Collection[str]) -> Iterator[str]:
    if not image.alt:
        yield "the image has no alternative text; say between the square brackets what it shows"
    if image.name is None:
        yield f"{shorten(image.source) or 'the image'} is not in media; write media/ and the name of a picture there"
    elif image.name not in media:
        yield f"media/{shorten(image.name)} does not exist; add the picture, or correct the name"


def _not_understood(mark: Mark) -> str:
    if mark.name in _BLOCK_NAMES:
        return f"the block {mark.name} cannot be understood; begin its line with ///, and let no options follow"
    return f"{mark.name} is not a block; the blocks are {', '.join(_BLOCK_NAMES)}"


def _fact_block(draft: Draft, path: str, block: FoundBlock) -> Iterator[Problem]:
    """Check a block's title, options and text, and that it lays out a row."""
    mark = block.mark
    if mark.title:
        message = f"the block {mark.name} takes no title; remove what stands after the bar"
        yield Problem(path=path, line=mark.line, column=mark.column, message=message)
    if block.holds_text:
        advice = "indent an option by four spaces, directly below the block's first line; put other text outside"
        yield Problem(path=path, line=mark.content_line, message=f"text stands in the block {mark.name}; {advice}")
    query, errors = read_query(mark)
    for error in errors:
        place = error.option
        yield Problem(path=path, line=place.line, column=place.column, field=place.key, message=str(error))
    table = draft.tables.get(mark.name)
    certain = table is None or table.complete
    if certain and not errors and not any(query.fits(row.values) for row in (table.rows if table else ())):
        message = f"the block lays out no row of {mark.name}.csv ({asked(mark)}); correct its options, or add the row"
        yield Problem(path=path, line=mark.line, column=mark.column, message=message)


def _stray_line(text: str, written: str) -> int | None:
    """Return the line of a block's header or end that belongs to no block, as far as the lines tell."""
    depths: list[int] = []
    for number, line in enumerate(text.split("\n"), 1):
        stripped = line.strip()
        if not stripped.startswith("///"):
            if stripped.endswith(written):
                return number
            continue
        slashes = len(stripped) - len(stripped.lstrip("/"))
        if stripped != "/" * slashes:
            depths.append(slashes)
        elif depths and depths[-1] == slashes:
            depths.pop()
        else:
            return number
    return None
