"""Texts of other systems become Markdown that says the same, proven by laying it out and reading it back."""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from app.content.interchange import html_tree
from app.content.interchange.prose import SOURCE_CLASS, Node, prose
from app.content.interchange.safe_xml import Element
from app.content.interchange.values import CannotTakeError
from app.content.markup import MarkupError
from app.content.render import render_text
from app.content.text import refused_character

MAX_TEXT: Final = 20_000  # characters of one text; the longest stem of a real bank is a fifth of it
# Beyond these, what reads HTML and Markdown takes the square of its length, and no item needs them.
MAX_OPEN_TAGS: Final = 50
MAX_SIGNS: Final = 300
# TeX between \( \), \[ \] or $$ $$, as Moodle's filters read it.
_FORMULA = re.compile(r"\\\(.*?\\\)|\\\[.*?\\\]|\$\$.+?\$\$", re.DOTALL)
_LIKELY = re.compile(r"[\\`*_\[\]<]|&(?=[#\w])|\{(?=[:#.])|///")
_AT_LINE_START = re.compile(r"(?m)^([0-9]*)([#+>:=~.-])")
_PUNCTUATION = re.compile(r"[!-/:-@\[-`{-~]")
_REFERENCE: Final = '<span class="ref">'

Escape = Callable[[str], str]


def from_html(html: str, line: int = 1, *, line_breaks: bool = False) -> str:
    """Return HTML as Markdown, "" for one without text; `line_breaks` keeps the lines of the source apart.

    Raises CannotTakeError for what Markdown cannot say; `line` is where the text begins in its file.
    """
    _refuse_oddities(html, line)
    if html.count("<") - html.count(">") > MAX_OPEN_TAGS:
        raise CannotTakeError("its HTML is broken: tags are opened that never end", line)
    nodes = html_tree.parse(html.strip(), line)
    return from_nodes(_with_breaks(nodes) if line_breaks else nodes, line)


def from_nodes(nodes: Iterable[Element | str], line: int) -> str:
    """Return the nodes of a tree as Markdown; raises CannotTakeError for what Markdown cannot say."""
    said = prose(nodes)
    letters = "".join(_texts(said))
    _refuse_oddities(letters, line)
    if _FORMULA.search(letters):
        raise CannotTakeError("its text holds a TeX formula; write it in words and signs", line)
    plain = len(_LIKELY.findall(letters)) <= MAX_SIGNS
    for escape in (_bare, _careful, _complete) if plain else (_complete,):
        written = "\n\n".join(_block(block, escape) for block in said)
        if _reads(written) == said:
            return written
    raise CannotTakeError("its text cannot be written in Markdown so that it reads the same; simplify it", line)


def from_plain(text: str, line: int = 1) -> str:
    """Return a plain text as Markdown that shows its very letters and lines."""
    return from_nodes(_with_breaks([text.strip()]), line)


def from_markdown(text: str, line: int = 1) -> str:
    """Return a Markdown text as it is, where ours lays it out without HTML, pictures or blocks in it."""
    written = text.strip()
    _refuse_oddities(written, line)
    if _FORMULA.search(written):
        raise CannotTakeError("its text holds a TeX formula; write it in words and signs", line)
    if re.search(r"<[A-Za-z/!]|!\[|\[@|^ *///", written, re.MULTILINE):
        raise CannotTakeError("its Markdown holds HTML, a picture or a block; write it plainly", line)
    if written and (len(_LIKELY.findall(written)) > MAX_SIGNS or _reads(written) is None):
        raise CannotTakeError("its Markdown cannot be laid out; write it more simply", line)
    return written


def _refuse_oddities(text: str, line: int) -> None:
    if len(text) > MAX_TEXT:
        raise CannotTakeError(f"a text of it has more than {MAX_TEXT} characters", line)
    odd = refused_character(text.replace("\r\n", "\n"))
    if odd:
        raise CannotTakeError(f"its text holds the control character {odd}; remove it", line)


def _texts(parts: Iterable[Node | str]) -> Iterator[str]:
    for part in parts:
        if isinstance(part, str):
            yield part
        else:
            yield from _texts(part.parts)


def _with_breaks(nodes: Iterable[Element | str]) -> list[Element | str]:
    """Return nodes with a <br> for each line feed of the source."""
    out: list[Element | str] = []
    for node in nodes:
        if isinstance(node, Element):
            node.children = _with_breaks(node.children)
            out.append(node)
            continue
        first, *others = node.replace("\r\n", "\n").split("\n")
        out.append(first)
        for other in others:
            out.extend((Element("br", 0), other))
    return out


def _reads(written: str) -> tuple[Node, ...] | None:
    """Return what a Markdown text says once it is laid out, or None where that cannot be told."""
    try:
        html = render_text(written).replace(_REFERENCE, f'<span class="{SOURCE_CLASS}">')
        return prose(html_tree.parse(html))
    except (MarkupError, CannotTakeError):
        return None


def _bare(text: str) -> str:
    return text


def _careful(text: str) -> str:
    """Return a text with a backslash or an entity before what Markdown is likely to take up."""
    return _AT_LINE_START.sub(_escaped_start, _LIKELY.sub(_escaped, text))


def _escaped_start(found: re.Match[str]) -> str:
    sign = _entities(found[2]) if found[2] in ":=~" else f"\\{found[2]}"
    return found[1] + sign


def _escaped(found: re.Match[str]) -> str:
    named = {"<": "&lt;", "&": "&amp;"}.get(found[0])
    return named or (_entities(found[0]) if found[0][0] in "/{" else f"\\{found[0]}")


def _complete(text: str) -> str:
    """Return a text with every punctuation mark as an entity, which Markdown never takes up."""
    return _PUNCTUATION.sub(lambda sign: _entities(sign[0]), text)


def _entities(text: str) -> str:
    return "".join(f"&#{ord(letter)};" for letter in text)


def _block(node: Node, escape: Escape) -> str:
    if node.kind == "p":
        return _inline(node.parts, escape)
    if node.kind in ("ul", "ol"):
        return _list(node, escape)
    if node.kind == "table":
        return _table(node, escape)
    if node.kind == "blockquote":
        return re.sub(r"(?m)^", "> ", "\n\n".join(_block(part, escape) for part in _nodes(node)))
    if node.kind == "hr":
        return "- - -"
    return f"{'#' * int(node.kind[1])} {_inline(node.parts, escape)}"


def _nodes(node: Node) -> list[Node]:
    return [part for part in node.parts if isinstance(part, Node)]


def _list(node: Node, escape: Escape) -> str:
    lines = []
    for number, item in enumerate(_nodes(node), 1):
        text = "\n\n".join(_block(part, escape) for part in _nodes(item))
        sign = f"{number}. " if node.kind == "ol" else "- "
        lines.append(sign + text.replace("\n", "\n    "))
    loose = any(len(item.parts) > 1 for item in _nodes(node))
    return ("\n\n" if loose else "\n").join(line.replace("\n    \n", "\n\n") for line in lines)


def _table(node: Node, escape: Escape) -> str:
    rows = [[_inline(cell.parts, escape).replace("|", "&#124;") or " " for cell in _nodes(row)] for row in _nodes(node)]
    ruled = [rows[0], ["---"] * len(rows[0]), *rows[1:]]
    return "\n".join(f"| {' | '.join(row)} |" for row in ruled)


def _inline(parts: Iterable[Node | str], escape: Escape) -> str:
    return "".join(escape(part) if isinstance(part, str) else _mark(part, escape) for part in parts)


def _mark(node: Node, escape: Escape) -> str:
    if node.kind == "br":
        return "  \n"
    if node.kind == "cite":
        return f"[@{node.detail}]"
    if node.kind == "code":
        text = "".join(part for part in node.parts if isinstance(part, str))
        return f"`` {text} ``" if "`" in text else f"`{text}`"
    inner = _inline(node.parts, escape)
    if node.kind == "a":
        return f"[{inner}](<{node.detail}>)"
    sign = "**" if node.kind == "strong" else "*"
    return f"{sign}{inner}{sign}"
