"""XML from strangers becomes a small tree with line numbers: no DTD, no entities, no network, and never too much."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final, NoReturn
from xml.parsers import expat

from app.content.interchange.values import FileRefusedError

MAX_BYTES: Final = 32 * 1024 * 1024
MAX_ELEMENTS: Final = 200_000
MAX_DEPTH: Final = 100
_XML_SPACE: Final = "http://www.w3.org/XML/1998/namespace"


@dataclass(slots=True)
class Element:
    """An element by its local name, with its attributes by theirs; `space` is its namespace, "" for none."""

    name: str
    line: int
    space: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    children: list["Element | str"] = field(default_factory=list)

    def get(self, name: str, default: str = "") -> str:
        """Return an attribute's value without space around it."""
        return self.attributes.get(name, default).strip()

    def elements(self, *names: str) -> list["Element"]:
        """Return the child elements, or those of these names, in order."""
        return [child for child in self.children if isinstance(child, Element) and (not names or child.name in names)]

    def first(self, *path: str) -> "Element | None":
        """Return the first element at a path of names below this one."""
        here: Element | None = self
        for name in path:
            here = next(iter(here.elements(name)), None) if here else None
        return here

    def walk(self) -> Iterator["Element"]:
        """Yield this element and all below it, in the order of the file."""
        yield self
        for child in self.elements():
            yield from child.walk()

    def text(self) -> str:
        """Return all text below, without space around it."""
        return "".join(texts(self)).strip()


def texts(element: Element) -> Iterator[str]:
    """Yield every text below an element, in the order of the file."""
    for child in element.children:
        if isinstance(child, str):
            yield child
        else:
            yield from texts(child)


def parse(data: bytes) -> Element:
    """Return the root of an XML document; raises FileRefusedError, with its line, for what is not safe or not XML."""
    if len(data) > MAX_BYTES:
        raise FileRefusedError(f"the file has more than {MAX_BYTES // 1024 // 1024} MiB; split it")
    builder = _Builder()
    try:
        builder.parser.Parse(data, True)  # noqa: FBT003  expat takes it by position only
    except expat.ExpatError as error:
        reason = expat.ErrorString(error.code)
        raise FileRefusedError(f"this is not XML ({reason}); export it again", error.lineno) from error
    except (ValueError, LookupError) as error:  # an encoding that Python does not know, or that is not text
        raise FileRefusedError("its encoding cannot be read; save it again as UTF-8", 1) from error
    return builder.root


class _Builder:
    """Takes expat's events, and stops at the first that a course never needs."""

    def __init__(self) -> None:
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        self.parser.StartDoctypeDeclHandler = self._refusing("a DOCTYPE")
        self.parser.EntityDeclHandler = self._refusing("an entity of its own")
        self.parser.ExternalEntityRefHandler = self._refusing("an external entity")
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters
        self.root = Element("", 1)
        self.open: list[Element] = []
        self.count = 0

    def _refusing(self, what: str) -> Callable[..., int]:
        def refuse(*_: object) -> NoReturn:
            line = self.parser.CurrentLineNumber
            raise FileRefusedError(f"the file declares {what}, which could read or fill this machine; remove it", line)

        return refuse

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self.count += 1
        line = self.parser.CurrentLineNumber
        if self.count > MAX_ELEMENTS:
            raise FileRefusedError(f"the file has more than {MAX_ELEMENTS} elements; split it", line)
        if len(self.open) >= MAX_DEPTH:
            raise FileRefusedError(f"elements are nested more than {MAX_DEPTH} deep; no item needs that", line)
        space, _, local = name.rpartition(" ")
        element = Element(local, line, space, {_attribute(key): value for key, value in attributes.items()})
        if self.open:
            self.open[-1].children.append(element)
        else:
            self.root = element
        self.open.append(element)

    def _end(self, _name: str) -> None:
        self.open.pop()

    def _characters(self, text: str) -> None:
        self.open[-1].children.append(text)


def _attribute(name: str) -> str:
    """Return an attribute's local name; xml:lang keeps its prefix, which HTML knows too."""
    space, _, local = name.rpartition(" ")
    return f"xml:{local}" if space == _XML_SPACE else local
