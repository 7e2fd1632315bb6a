"""What a text says, whoever marked it up: paragraphs, lists, tables, emphasis, links, and nothing that is only look."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from app.content.interchange.safe_xml import Element
from app.content.interchange.values import CannotTakeError
from app.content.numerals import shorten

# Our own marks in exported texts: a cited source, and the unit of a figure.
SOURCE_CLASS: Final = "fluence-source"
UNIT_CLASS: Final = "fluence-unit"
_SPACE = re.compile("[ \t\r\n\f]+")
_EDGE: Final = " \n\xa0"

_SAME: Final = {"strong": "strong", "b": "strong", "em": "em", "i": "em", "code": "code", "a": "a"}
# Look without meaning: their content stands as if they were not there.
_INLINE: Final = frozenset(
    [
        "abbr",
        "acronym",
        "bdi",
        "bdo",
        "big",
        "cite",
        "dfn",
        "font",
        "label",
        "mark",
        "nobr",
        "q",
        "small",
        "span",
        "time",
        "wbr",
    ]
)
_BLOCKS: Final = frozenset(
    ["address", "article", "center", "details", "div", "figure", "figcaption", "main", "p", "section", "summary"]
)
_HEADINGS: Final = {"h1": "h2", "h2": "h2", "h3": "h3", "h4": "h4", "h5": "h5", "h6": "h6"}
_LISTS: Final = ("ul", "ol")
_LOST: Final = {
    "img": "a picture",
    "picture": "a picture",
    "svg": "a drawing",
    "math": "a formula (MathML)",
    "object": "an embedded object",
    "embed": "an embedded object",
    "audio": "a sound",
    "video": "a film",
    "iframe": "a frame of another site",
    "script": "a script",
    "style": "a style sheet of its own",
    "form": "a form",
    "input": "a form field",
    "pre": "text set in columns (pre)",
    "u": "underlined text, which may carry meaning",
    "ins": "underlined text, which may carry meaning",
    "s": "struck out text, which may carry meaning",
    "del": "struck out text, which may carry meaning",
    "strike": "struck out text, which may carry meaning",
}
_RAISED: Final = dict(
    zip("0123456789+-−=()abcdefghijklmnoprstuvwxyz", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻ", strict=True)
)
_LOWERED: Final = dict(zip("0123456789+-−=()aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ", strict=True))


@dataclass(frozen=True, slots=True)
class Node:
    """A piece of prose; `detail` is a link's address or a citation's source."""

    kind: str
    parts: tuple["Node | str", ...] = ()
    detail: str = ""


_BREAK: Final = Node("br")
_END: Final = Node("end")


def prose(nodes: Iterable[Element | str]) -> tuple[Node, ...]:
    """Return the blocks that a text consists of; raises CannotTakeError for what Markdown cannot say."""
    return tuple(_blocks(list(nodes)))


def _blocks(nodes: list[Element | str]) -> Iterator[Node]:
    """Yield blocks; text and marks between them are paragraphs of their own."""
    line: list[Element | str] = []
    for node in nodes:
        if isinstance(node, str) or not _is_block(node):
            line.append(node)
            continue
        yield from _paragraph(line)
        line = []
        yield from _block(node)
    yield from _paragraph(line)


def _is_block(node: Element) -> bool:
    if node.name in _BLOCKS or node.name in _HEADINGS or node.name in (*_LISTS, "table", "blockquote", "hr", "dl"):
        return True
    return node.name in _INLINE and any(_is_block(child) for child in node.elements())


def _block(node: Element) -> Iterator[Node]:
    if node.name in _BLOCKS or node.name in _INLINE:
        yield from _blocks(node.children)
    elif node.name in _HEADINGS:
        parts = _inline(node.children)
        if parts:
            yield Node(_HEADINGS[node.name], parts)
    elif node.name in _LISTS:
        yield _list(node)
    elif node.name == "table":
        yield from _table(node)
    elif node.name == "blockquote":
        yield Node("blockquote", tuple(_blocks(node.children)))
    elif node.name == "hr":
        yield Node("hr")
    else:
        raise CannotTakeError(f"its text holds <{node.name}>, which a course text has no sign for", node.line)


def _paragraph(nodes: list[Element | str]) -> Iterator[Node]:
    """Yield what stands in a line; two line breaks in a row begin a new paragraph."""
    held: list[Node | str] = []
    breaks = 0
    for part in (*_inline(nodes), _END):
        if part is _END or (breaks > 1 and not _is_break(part)):
            parts = _trimmed(tuple(held))
            held = []
            if parts:
                yield Node("p", parts)
        breaks = breaks + 1 if _is_break(part) else 0
        held.append(part)


def _list(node: Element) -> Node:
    if node.name == "ol" and (node.get("type") or "1", node.get("start") or "1") != ("1", "1"):
        raise CannotTakeError("a list in its text does not count 1, 2, 3; number it so", node.line)
    items = tuple(Node("li", tuple(_blocks(item.children))) for item in node.elements("li"))
    if len(items) != len(node.elements()) or not items or not all(item.parts for item in items):
        raise CannotTakeError("a list in its text is not well formed; let it hold list items only", node.line)
    return Node(node.name, items)


def _table(node: Element) -> Iterator[Node]:
    """Yield a grid as a table; a single row only lays its cells out, and they are paragraphs."""
    cells = [[cell for cell in row.elements() if cell.name in ("td", "th")] for row in node.walk() if row.name == "tr"]
    spans = {cell.get(name, "1") for row in cells for cell in row for name in ("rowspan", "colspan")}
    if len(cells) == 1:
        yield from _blocks([child for cell in cells[0] for child in (*cell.children, Element("p", cell.line))])
        return
    if spans - {"1", ""} or len({len(row) for row in cells}) != 1 or any(one.name == "table" for one in _below(node)):
        raise CannotTakeError("a table in its text joins cells or nests; make it a plain grid", node.line)
    yield Node("table", tuple(Node("tr", tuple(Node("td", _cell(cell)) for cell in row)) for row in cells))


def _below(node: Element) -> Iterator[Element]:
    return (one for one in node.walk() if one is not node)


def _cell(cell: Element) -> tuple[Node | str, ...]:
    blocks = tuple(_blocks(cell.children))
    if any(block.kind != "p" for block in blocks) or len(blocks) > 1:
        raise CannotTakeError("a cell of a table in its text holds more than a line", cell.line)
    parts = blocks[0].parts if blocks else ()
    if any(isinstance(part, Node) and part.kind == "br" for part in parts):
        raise CannotTakeError("a cell of a table in its text holds more than a line", cell.line)
    return parts


def _inline(nodes: list[Element | str]) -> tuple[Node | str, ...]:
    return _trimmed(_joined(_pieces(nodes)))


def _pieces(nodes: list[Element | str]) -> Iterator[Node | str]:
    for node in nodes:
        if isinstance(node, str):
            yield _SPACE.sub(" ", node)
        elif node.name == "br":
            yield _BREAK
        elif node.name in ("sup", "sub"):
            yield _shifted(node)
        elif node.name == "span" and node.get("class") == SOURCE_CLASS:
            yield Node("cite", (), node.text())
        elif node.name in _INLINE:
            yield from _pieces(node.children)
        elif node.name in _SAME:
            yield from _mark(node)
        else:
            raise CannotTakeError(_lost(node), node.line)


def _mark(node: Element) -> Iterator[Node | str]:
    """Yield a mark around its text, with the spaces at its ends outside it."""
    kind = _SAME[node.name]
    if kind == "a" and not node.get("href"):
        yield from _pieces(node.children)
        return
    if any(_is_block(child) for child in node.elements()):
        raise CannotTakeError(f"in its text <{node.name}> stands around paragraphs; put it inside them", node.line)
    parts = _joined(_pieces(node.children))
    parts = (_SPACE.sub(" ", node.text()),) if kind == "code" and node.text() else parts
    inner = _trimmed(parts)
    if parts and isinstance(parts[0], str) and parts[0][:1] in _EDGE:
        yield " "
    if inner:
        yield Node(kind, inner, _address(node) if kind == "a" else "")
    if inner and isinstance(parts[-1], str) and parts[-1][-1:] in _EDGE:
        yield " "


def _address(link: Element) -> str:
    address = link.get("href")
    if not re.fullmatch(r"(https?://|mailto:)[^\s<>]+", address):
        raise CannotTakeError(f"its text links to {shorten(address)}, which is no web address", link.line)
    return address


def _shifted(node: Element) -> str:
    """Return a raised or lowered text in letters that Unicode has for it, such as cm²."""
    letters, word = (_RAISED, "raised") if node.name == "sup" else (_LOWERED, "lowered")
    text = "".join(node.text().split())
    if any(letter not in letters for letter in text) or any(child.name != "span" for child in node.elements()):
        raise CannotTakeError(f"its text holds {shorten(text)} {word}; write it on the line", node.line)
    return "".join(letters[letter] for letter in text)


def _lost(node: Element) -> str:
    what = _LOST.get(node.name)
    if what == "a picture":
        file = re.split(r"[/\\]", node.get("src").split(",")[0])[-1]
        return f"its text shows a picture ({shorten(file) or 'no name'}); add it to media/ and write this item by hand"
    return f"its text holds {what or f'<{node.name}>, which a course text has no sign for'}"


def _joined(pieces: Iterable[Node | str]) -> tuple[Node | str, ...]:
    """Return pieces with neighbouring texts, and neighbouring marks of a kind, made one."""
    out: list[Node | str] = []
    for piece in pieces:
        last = out[-1] if out else None
        if isinstance(piece, str) and isinstance(last, str):
            out[-1] = _SPACE.sub(" ", last + piece)
        elif isinstance(piece, Node) and isinstance(last, Node) and _is_one_mark(last, piece):
            out[-1] = Node(last.kind, _joined([*last.parts, *piece.parts]), last.detail)
        elif piece:
            out.append(piece)
    return tuple(out)


def _is_one_mark(last: Node, piece: Node) -> bool:
    return last.kind == piece.kind and last.detail == piece.detail and piece.kind in ("strong", "em", "a")


def _trimmed(parts: tuple[Node | str, ...]) -> tuple[Node | str, ...]:
    """Return parts without space at the ends and around line breaks, and without breaks at the ends."""
    out: list[Node | str] = []
    for place, part in enumerate(parts):
        if not isinstance(part, str):
            out.append(part)
            continue
        after = place > 0 and _is_break(parts[place - 1])
        before = place + 1 < len(parts) and _is_break(parts[place + 1])
        text = part.lstrip(_EDGE) if after or place == 0 else part
        text = text.rstrip(_EDGE) if before or place + 1 == len(parts) else text
        if text:
            out.append(text)
    while out and _is_break(out[0]):
        out.pop(0)
    while out and _is_break(out[-1]):
        out.pop()
    return tuple(out)


def _is_break(part: Node | str) -> bool:
    return isinstance(part, Node) and part.kind == "br"
