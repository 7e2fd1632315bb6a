"""A page on its way to HTML: what stands in it, and the elements that are ours and not the author's."""

from collections.abc import Callable
from dataclasses import dataclass, field
from xml.etree import ElementTree as ET

from markdown.util import AtomicString

from app.content.marks import Mark, Marks

LayOut = Callable[["Page", Mark], list[ET.Element]]


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
