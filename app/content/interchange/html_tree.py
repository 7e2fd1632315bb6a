"""HTML as question editors write it becomes the same small tree as XML: closed where HTML lets tags stay open."""

from html.parser import HTMLParser
from typing import Final

from app.content.interchange.safe_xml import MAX_DEPTH, Element
from app.content.interchange.values import CannotTakeError

VOID: Final = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"]
)
_CLOSE_A_PARAGRAPH: Final = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "center",
        "div",
        "dl",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "main",
        "ol",
        "p",
        "pre",
        "section",
        "table",
        "ul",
    ]
)
# An opening tag closes these, as far up as the second set.
_IMPLIED: Final = {
    "li": (frozenset(["li"]), frozenset(["ul", "ol"])),
    "tr": (frozenset(["tr", "td", "th"]), frozenset(["table"])),
    "td": (frozenset(["td", "th"]), frozenset(["tr", "table"])),
    "th": (frozenset(["td", "th"]), frozenset(["tr", "table"])),
}
_HOLDS_PARAGRAPHS: Final = frozenset(["blockquote", "div", "li", "ol", "table", "td", "th", "ul"])


def parse(html: str, line: int = 1) -> list[Element | str]:
    """Return the nodes of an HTML text that begins at a line of its file; raises CannotTakeError."""
    builder = _Builder(line)
    try:
        builder.feed(html)
        builder.close()
    except AssertionError as error:  # how Python's parser says that a declaration in HTML is broken
        raise CannotTakeError("its HTML is broken: it holds a declaration that never ends", line) from error
    return builder.top.children


class _Builder(HTMLParser):
    """Builds the tree as browsers do, for the tags that texts of items hold."""

    def __init__(self, line: int) -> None:
        super().__init__(convert_charrefs=True)
        self.line = line
        self.top = Element("html", line)
        self.open = [self.top]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open an element below the last one that is still open."""
        if tag in _CLOSE_A_PARAGRAPH:
            self._close(frozenset(["p"]), _HOLDS_PARAGRAPHS)
        if tag in _IMPLIED:
            self._close(*_IMPLIED[tag])
        line = self.line + self.getpos()[0] - 1
        if len(self.open) > MAX_DEPTH:
            raise CannotTakeError(f"its text is nested more than {MAX_DEPTH} deep", line)
        element = Element(tag, line, attributes={name: value or "" for name, value in attrs})
        self.open[-1].children.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        """Close the nearest open element of that name, if there is one."""
        if any(element.name == tag for element in self.open[1:]):
            while self.open.pop().name != tag:
                pass

    def handle_data(self, data: str) -> None:
        """Add text to the element that is open."""
        self.open[-1].children.append(data)

    def _close(self, closing: frozenset[str], within: frozenset[str]) -> None:
        """Close the outermost element of these names that stands inside the nearest one of `within`."""
        place = next((n for n in range(len(self.open) - 1, 0, -1) if self.open[n].name in within), 0)
        found = next((n for n in range(place + 1, len(self.open)) if self.open[n].name in closing), None)
        if found is not None:
            del self.open[found:]
