"""A course's Markdown as the plain HTML, well formed as XML, that every other system can show."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote
from xml.sax.saxutils import escape, quoteattr

from app.content.interchange import html_tree
from app.content.interchange.prose import SOURCE_CLASS
from app.content.interchange.safe_xml import Element
from app.content.markup import TAGS
from app.content.render import render_text

_MEDIA: Final = "media/"
_AS: Final = {"figure": "p", "figcaption": "p", "summary": "p", "details": "div", "section": "div", "aside": "div"}
# Not every reader of the two formats knows these; what they hold stays.
_LEFT_OUT: Final = frozenset({"abbr", "caption", "del", "kbd", "s", "small"})
_KEPT: Final = TAGS - _AS.keys() - _LEFT_OUT
_ATTRIBUTES: Final = {"a": ("href",), "img": ("src", "alt"), "td": ("colspan", "rowspan"), "th": ("colspan", "rowspan")}


@dataclass(frozen=True, slots=True)
class Markup:
    """A text for another system: its HTML, its letters alone, and the pictures of media/ that it shows."""

    html: str
    plain: str
    pictures: tuple[str, ...] = ()


def markup(text: str, media_url: str) -> Markup:
    """Return a Markdown text laid out; `media_url` is what stands before a picture's name in the other system."""
    nodes = _tidy(html_tree.parse(render_text(text, _MEDIA)))
    pictures = [_name(node) for top in nodes if isinstance(top, Element) for node in top.walk() if node.name == "img"]
    for top in nodes:
        for node in top.walk() if isinstance(top, Element) else ():
            if node.name == "img":
                node.attributes["src"] = media_url + node.attributes.get("src", "").removeprefix(_MEDIA)
    plain = Element("", 0, children=nodes).text()
    return Markup(_written(nodes), " ".join(plain.split()), tuple(dict.fromkeys(pictures)))


def xml(tag: str, attributes: dict[str, str] | None = None, *content: str) -> str:
    """Return an element of XML around content that is written already."""
    opened = tag + "".join(f" {name}={quoteattr(value)}" for name, value in (attributes or {}).items())
    return f"<{opened}>{''.join(content)}</{tag}>" if content else f"<{opened}/>"


def text(letters: str) -> str:
    """Return letters as the text of an element."""
    return escape(letters)


def _tidy(nodes: Iterable[Element | str]) -> list[Element | str]:
    """Return nodes without what is ours alone: classes, roles, boxes that scroll."""
    out: list[Element | str] = []
    for node in nodes:
        if isinstance(node, str):
            out.append(node)
            continue
        name = _AS.get(node.name, node.name)
        children = _tidy(node.children)
        if name not in _KEPT or node.get("class").startswith("scroll"):
            out.extend(children)
        elif node.name == "span":
            cited = node.get("class") == "ref"
            out.extend(
                [Element("span", 0, attributes={"class": SOURCE_CLASS}, children=children)] if cited else children
            )
        else:
            kept = {key: node.attributes[key] for key in _ATTRIBUTES.get(name, ()) if key in node.attributes}
            out.append(Element(name, 0, attributes=kept, children=children))
    return out


def _name(image: Element) -> str:
    return unquote(image.get("src").removeprefix(_MEDIA))


def _written(nodes: Iterable[Element | str]) -> str:
    return "".join(
        text(node) if isinstance(node, str) else xml(node.name, node.attributes, *_content(node)) for node in nodes
    )


def _content(node: Element) -> list[str]:
    """Return an element's content written; nothing for one that HTML closes by itself."""
    return [] if node.name in html_tree.VOID else [_written(node.children)]
