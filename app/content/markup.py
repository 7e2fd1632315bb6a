"""Markdown as courses write it becomes HTML: tables, footnotes, attributes, blocks, citations; raw HTML is text."""

import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote, unquote
from xml.etree import ElementTree as ET

import nh3
from markdown import Markdown
from markdown.inlinepatterns import InlineProcessor
from markdown.treeprocessors import Treeprocessor
from markdown.util import AtomicString
from pymdownx.blocks import BlocksExtension
from pymdownx.blocks.block import Block

from app.content.marks import FACT_BLOCKS, NOTES, TOKEN, Mark, Marks

LayOut = Callable[["Page", Mark], list[ET.Element]]

_EXTENSIONS: Final = (
    "tables",
    "footnotes",
    "attr_list",
    "pymdownx.blocks.details",
    "pymdownx.blocks.definition",
    "pymdownx.blocks.caption",
)
_STRAY = re.compile(r"(?m)^/{3,}[ ]*(?:[\w-]+)?[ ]*(?:\|.*)?$")
_TAGS: Final = frozenset(
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
    "*": {"class", "id", "role", "aria-hidden", "aria-label", "aria-labelledby", "data-label"},
    "a": {"href", "title"},
    "div": {"tabindex"},
    "img": {"src", "alt", "title", "loading"},
    "ol": {"start"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
}


class MarkupError(Exception):
    """The Markdown is of a kind that cannot be laid out, such as a thousand quotes one in the other."""


@dataclass(slots=True)
class FoundBlock:
    """A fact block that was understood; `closed` once its end was found, `holds_text` where text stands in it."""

    mark: Mark
    closed: bool = False
    holds_text: bool = False


@dataclass(frozen=True, slots=True)
class FoundImage:
    """An image: the name of its file in media, or None for another address, and its alternative text."""

    mark: Mark | None
    name: str | None
    source: str
    alt: str


@dataclass(slots=True)
class Page:
    """One text on its way to HTML, and everything that was found in it."""

    marks: Marks = field(default_factory=Marks)
    lay_out: LayOut | None = None
    media_url: str = ""
    numbered: bool = True
    html: str = ""
    blocks: list[FoundBlock] = field(default_factory=list)
    notes: list[FoundBlock] = field(default_factory=list)
    citations: list[Mark] = field(default_factory=list)
    images: list[FoundImage] = field(default_factory=list)
    not_understood: list[Mark] = field(default_factory=list)
    stray: list[str] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=dict)
    ids: set[str] = field(default_factory=set)

    def unique_id(self, wanted: str) -> str | None:
        """Return an element id that no other element of the page has, or None where it is taken."""
        if wanted in self.ids:
            return None
        self.ids.add(wanted)
        return wanted


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
        tags=set(_TAGS),
        attributes=_ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        link_rel=None,
    )


def element(tag: str, cls: str = "", text: str | None = None, **attributes: str) -> ET.Element:
    """Return an element whose text is ours and not Markdown."""
    made = ET.Element(tag, {"class": cls} if cls else {})
    for name, value in attributes.items():
        made.set(name.replace("_", "-"), value)
    if text is not None:
        made.text = AtomicString(text)
    return made


def reference(source: str) -> ET.Element:
    """Return the link to a source; it gets its number when the whole page is known."""
    return element("a", "ref", data_source=source)


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
        box = ET.SubElement(parent, "aside", {"class": f"note note-{self.NAME}", "aria-labelledby": name})
        heading = ET.SubElement(box, "h3", {"id": name})
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
    """Collects what the page holds, and gives citations, images, tables and headings their final form."""

    def __init__(self, machine: Machine, md: Markdown) -> None:
        super().__init__(md)
        self.machine = machine

    def run(self, root: ET.Element) -> None:
        """Finish the whole tree."""
        page = self.machine.page
        for parent in list(root.iter()):
            _finish_children(page, parent)
        for paragraph in root.iter("p"):
            _figure(paragraph)
        for text in _texts(root):
            _leftovers(page, text)
        for link in root.iter("a"):
            if link.get("data-source") is not None:
                _finish_reference(page, link)
        if page.numbered and len(root) and root[0].tag == "p" and not root[0].get("class"):
            root[0].set("class", "intro")


def _finish_children(page: Page, parent: ET.Element) -> None:
    """Give images, tables and headings below an element their final form."""
    for place, child in enumerate(list(parent)):
        if child.tag == "img":
            _finish_image(page, parent, place, child)
        elif child.tag == "table" and "facts" not in child.get("class", ""):
            parent[place] = _scrolling(child)
        elif child.tag == "h1":
            child.tag = "h2"  # the page's own title is its only h1
        align = child.attrib.pop("align", None)
        if align in ("right", "center"):
            child.set("class", f"{child.get('class', '')} align-{align}".strip())


def _finish_image(page: Page, parent: ET.Element, place: int, image: ET.Element) -> None:
    """Take an image's mark from the text before it, and let it load from the course's media alone."""
    before = (parent.text if place == 0 else parent[place - 1].tail) or ""
    tokens = list(TOKEN.finditer(before))
    mark = None
    if tokens and tokens[-1].end() == len(before):
        mark = page.marks.of(tokens[-1])
        shorter = before[: tokens[-1].start()]
        if place == 0:
            parent.text = shorter
        else:
            parent[place - 1].tail = shorter
    source = image.get("src", "")
    name = unquote(source.removeprefix("media/")) if source.startswith("media/") else None
    page.images.append(FoundImage(mark, name, source, image.get("alt", "").strip()))
    image.attrib.pop("src", None)
    if name:
        image.set("src", page.media_url + quote(name))
    image.set("loading", "lazy")


def _figure(paragraph: ET.Element) -> None:
    """Make a figure of a paragraph that holds an image alone; the image's title is its caption."""
    if len(paragraph) != 1 or paragraph[0].tag != "img":
        return
    if (paragraph.text or "").strip() or (paragraph[0].tail or "").strip():
        return
    paragraph.tag = "figure"
    title = paragraph[0].attrib.pop("title", None)
    if title:
        paragraph.append(element("figcaption", text=title))


def _scrolling(table: ET.Element) -> ET.Element:
    """Return a box in which a wide table scrolls, also by keyboard."""
    box = element("div", "scroll", tabindex="0", role="region", aria_label="Table")
    box.tail, table.tail = table.tail, None
    box.append(table)
    for cell in table.findall("./thead/tr/th"):
        cell.set("scope", "col")
    return box


def _finish_reference(page: Page, link: ET.Element) -> None:
    """Give a reference its number by first appearance, or, outside a lesson, the id of its source."""
    source = link.attrib.pop("data-source")
    mark = link.attrib.pop("data-mark", None)
    if mark is not None:
        page.citations.append(page.marks.marks[int(mark)])
    if not page.numbered:
        link.tag = "span"
        link.text = AtomicString(source)
        return
    number = page.numbers.setdefault(source, len(page.numbers) + 1)
    link.set("href", f"#source-{number}")
    word = element("span", "sr", "Source ")
    word.tail = AtomicString(str(number))
    link.append(word)


def _texts(root: ET.Element) -> Iterator[str]:
    """Return every text of the tree that is not code."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node.tag not in ("code", "pre"):
            if node.text:
                yield node.text
            waiting.extend(node)
        if node.tail:
            yield node.tail


def _leftovers(page: Page, text: str) -> None:
    """Note down headers and ends of blocks that were left in the text because they could not be understood."""
    marks = [page.marks.of(token) for token in TOKEN.finditer(text)]
    page.not_understood.extend(mark for mark in marks if mark.kind == "block")
    page.stray.extend(found[0] for found in _STRAY.finditer(text) if not TOKEN.search(found[0]))
