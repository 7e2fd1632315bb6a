"""Markdown as courses write it becomes HTML: tables, footnotes, attributes, blocks, citations; raw HTML is text."""

import re
import threading
from typing import Any, Final
from xml.etree import ElementTree as ET

import nh3
from markdown import Markdown
from markdown.inlinepatterns import InlineProcessor
from markdown.treeprocessors import Treeprocessor
from pymdownx.blocks import BlocksExtension
from pymdownx.blocks.block import Block

from app.content.finish import finish
from app.content.marks import FACT_BLOCKS, NOTES, TOKEN, Mark
from app.content.page import FoundBlock, Page, element, reference

_EXTENSIONS: Final = (
    "tables",
    "footnotes",
    "attr_list",
    "pymdownx.blocks.details",
    "pymdownx.blocks.definition",
    "pymdownx.blocks.caption",
)
TAGS: Final = frozenset(
    [
        "a",
        "abbr",
        "aside",
        "b",
        "blockquote",
        "br",
        "caption",
        "code",
        "dd",
        "del",
        "details",
        "div",
        "dl",
        "dt",
        "em",
        "figcaption",
        "figure",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "i",
        "img",
        "kbd",
        "li",
        "ol",
        "p",
        "pre",
        "s",
        "section",
        "small",
        "span",
        "strong",
        "sub",
        "summary",
        "sup",
        "table",
        "tbody",
        "td",
        "th",
        "thead",
        "tr",
        "ul",
    ]
)
_ATTRIBUTES: Final = {
    "*": {"class", "id", "role", "aria-hidden", "aria-label", "aria-labelledby", "data-label", "data-fact"},
    "a": {"href", "title"},
    "div": {"tabindex"},
    "img": {"src", "alt", "title", "loading"},
    "ol": {"start"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
}


class MarkupError(Exception):
    """The Markdown is of a kind that cannot be laid out, such as a thousand quotes one in the other."""


class Machine:
    """A Markdown instance, slow to make and good for one page after the other in one thread."""

    def __init__(self) -> None:
        self.page = Page()
        extension = _CourseExtension(self)
        self.markdown = Markdown(
            extensions=[*_EXTENSIONS, extension],
            extension_configs={"tables": {"use_align_attribute": True}},
            output_format="html",
        )
        # Raw HTML is shown as text.
        self.markdown.preprocessors.deregister("html_block")
        self.markdown.inlinePatterns.deregister("html")

    def convert(self, source: str, page: Page) -> Page:
        """Fill a page from its source; raises MarkupError."""
        self.page = page
        self.markdown.reset()
        try:
            html = self.markdown.convert(page.marks.text(source))
        except Exception as error:
            raise MarkupError(type(error).__name__) from error
        page.html = page.marks.restore(html)
        return page


_threads = threading.local()


def machine() -> Machine:
    """Return this thread's machine: Python-Markdown keeps the state of a page in its instance."""
    if not hasattr(_threads, "machine"):
        _threads.machine = Machine()
    found: Machine = _threads.machine
    return found


def sanitised(html: str) -> str:
    """Return HTML with nothing in it that could run, load or style beyond our own classes."""
    return nh3.clean(
        html,
        tags=set(TAGS),
        attributes=_ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        link_rel=None,
    )


class _CourseExtension(BlocksExtension):  # type: ignore[misc]  # pymdownx ships no types
    """Our blocks, citations and finishing touches."""

    def __init__(self, machine: Machine) -> None:
        super().__init__()
        self.machine = machine

    def extendMarkdownBlocks(self, md: Markdown, block_mgr: Any) -> None:  # noqa: N802 - pymdownx calls it so
        """Register our blocks and processors."""
        for name in FACT_BLOCKS:
            block_mgr.register(type(name, (_FactBlock,), {"NAME": name}), {"machine": self.machine})
        for name in NOTES:
            block_mgr.register(type(name, (_NoteBlock,), {"NAME": name}), {"machine": self.machine})
        # Before links (160), so that a citation is never the text of one.
        md.inlinePatterns.register(_Citation(self.machine, md), "citation", 172)
        # After the inline text and its attributes.
        md.treeprocessors.register(_Finish(self.machine, md), "finish", 5)


class _MarkedBlock(Block):  # type: ignore[misc]  # pymdownx ships no types
    """A block whose header carries the token of its mark."""

    ARGUMENT = None

    @property
    def page(self) -> Page:
        """The page that is being converted."""
        page: Page = self.config["machine"].page
        return page

    def on_validate(self, _parent: ET.Element) -> bool:
        """Take a header only where its mark is known."""
        return bool(TOKEN.match(self.argument or ""))

    def on_markdown(self) -> str:
        """Let the content be parsed as blocks."""
        return "block"

    def open(self, found: list[FoundBlock]) -> FoundBlock:
        """Note down that the block begins."""
        token = TOKEN.match(self.argument)
        block = FoundBlock(self.page.marks.of(token) if token else Mark("block", 0, 0, ""))
        found.append(block)
        return block

    def on_end(self, block: ET.Element) -> None:
        """Note down that the block was closed."""
        self.found.closed = True
        self.finish(block)

    def finish(self, block: ET.Element) -> None:
        """Complete a closed block."""


class _FactBlock(_MarkedBlock):
    """A block that lays out rows of a fact table."""

    def on_create(self, parent: ET.Element) -> ET.Element:
        """Begin the block."""
        self.found = self.open(self.page.blocks)
        return ET.SubElement(parent, "div", {"class": f"laid laid-{self.NAME}"})

    def finish(self, block: ET.Element) -> None:
        """Put the rows in."""
        self.found.holds_text = len(block) > 0 or bool((block.text or "").strip())
        if self.page.lay_out:
            block.extend(self.page.lay_out(self.page, self.found.mark))


class _NoteBlock(_MarkedBlock):
    """A note, tip, warning or danger with its title."""

    def on_create(self, parent: ET.Element) -> ET.Element:
        """Make the box with its heading."""
        self.found = self.open(self.page.notes)
        title = TOKEN.sub("", self.argument, count=1).strip()
        name = f"note-{len(self.page.notes)}"
        box = ET.SubElement(parent, "div", {"class": f"note note-{self.NAME}", "role": "note", "aria-labelledby": name})
        # No heading: a note may stand before the first one of its lesson.
        heading = ET.SubElement(box, "p", {"class": "note-t", "id": name})
        word = self.NAME.capitalize()
        kind = element("span", "kind", f"{word}." if title else word)
        kind.tail = f" {title}" if title else None
        heading.append(kind)
        return box


class _Citation(InlineProcessor):
    """Turns the token of a citation into its link."""

    def __init__(self, machine: Machine, md: Markdown) -> None:
        super().__init__(TOKEN.pattern, md)
        self.machine = machine

    def handleMatch(  # type: ignore[override]  # noqa: N802 - Python-Markdown calls it so
        self, m: re.Match[str], _data: str
    ) -> tuple[ET.Element | None, int | None, int | None]:
        """Return the link, or nothing for a token of another kind."""
        mark = self.machine.page.marks.of(m)
        if mark.kind != "citation":
            return None, None, None
        link = reference(mark.name)
        link.set("data-mark", m[1])
        return link, m.start(0), m.end(0)


class _Finish(Treeprocessor):
    """Finishes the tree of the page that is being converted."""

    def __init__(self, machine: Machine, md: Markdown) -> None:
        super().__init__(md)
        self.machine = machine

    def run(self, root: ET.Element) -> None:
        """Finish the whole tree."""
        finish(self.machine.page, root)
