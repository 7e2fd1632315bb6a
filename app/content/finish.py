"""The last look at a page's tree: collects what it holds, and gives references, images and tables their final form."""

import re
from collections.abc import Iterator
from urllib.parse import quote, unquote
from xml.etree import ElementTree as ET

from markdown.util import AtomicString

from app.content.marks import TOKEN
from app.content.page import FoundImage, Page, element

_STRAY = re.compile(r"(?m)^/{3,}[ ]*(?:[\w-]+)?[ ]*(?:\|.*)?$")


def finish(page: Page, root: ET.Element) -> None:
    """Finish the tree of a page, after its inline text and attributes."""
    for node in root.iter():
        for name, value in node.attrib.items():
            node.set(name, page.marks.plain(value or ""))
    for parent in list(root.iter()):
        _finish_children(page, parent)
    for paragraph in root.iter("p"):
        _figure(paragraph)
    for text in _texts(root):
        _leftovers(page, text)
    _finish_references(page, root)
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
    heads = table.findall("./thead/tr/th")
    # The columns name the region: two tables of one lesson would otherwise be landmarks of one name.
    columns = ", ".join("".join(cell.itertext()).strip() for cell in heads)
    box = element("div", "scroll", tabindex="0", role="region", aria_label=f"Table: {columns}")
    box.tail, table.tail = table.tail, None
    box.append(table)
    for cell in heads:
        cell.set("scope", "col")
    return box


def _finish_references(page: Page, root: ET.Element) -> None:
    for link in root.iter("a"):
        if link.get("data-source") is not None:
            _finish_reference(page, link)


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
