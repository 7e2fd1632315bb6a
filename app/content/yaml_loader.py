"""A YAML file becomes plain values with the place of each: the 1.2 core schema, no anchors, tags or duplicates."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

from app.content.numerals import parse_number
from app.content.text import refused_character

YamlPath = tuple[str | int, ...]

MAX_DEPTH: Final = 24  # the format needs 5; deeper nesting would only exhaust the stack

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NULLS: Final = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLS: Final = {word: word.lower() == "true" for word in ("true", "True", "TRUE", "false", "False", "FALSE")}
_CORE_NUMBER = re.compile(
    r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+"
    r"|[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"
    r"|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"
)
# YAML 1.1 breaks lines at these two, 1.2 does not: libyaml must not see them.
_HIDE = str.maketrans({"\u2028": "\ufdd2", "\u2029": "\ufdd3"})
_SHOW = str.maketrans({"\ufdd2": "\u2028", "\ufdd3": "\u2029"})


@dataclass(frozen=True, slots=True)
class OddNumber:
    """A plain scalar that YAML reads as a number and the course format does not: -1, 1e3, 0x10, .inf."""

    text: str


@dataclass(frozen=True, slots=True)
class YamlFault:
    """What a YAML file may not hold; line and column from 1, `path` where it belongs to a value.

    `spoils` is True where the value read is not the one that was meant.
    """

    line: int
    column: int
    path: YamlPath
    message: str
    spoils: bool = False


@dataclass(slots=True)
class Loaded:
    """The value of a file, the place of every key and list entry by its path, and what was refused.

    `complete` is False where the reader had to stop, so that what comes after is not known.
    """

    value: object = None
    places: dict[YamlPath, tuple[int, int]] = field(default_factory=dict)
    faults: list[YamlFault] = field(default_factory=list)
    complete: bool = True

    def place(self, path: YamlPath) -> tuple[int, int]:
        """Return line and column of a path, or of the nearest thing around it."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, (1, 1))


class _StopError(Exception):
    """The rest of the file cannot be read."""


def load(text: str) -> Loaded:
    """Return the values of a YAML text with their places; never raises, whatever the text."""
    loaded = Loaded()
    try:
        _Builder(text, loaded).document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        loaded.faults.append(YamlFault(line, column, (), _syntax_message(error.problem or error.context)))
        loaded.complete = False
    except yaml.YAMLError as error:
        loaded.faults.append(YamlFault(1, 1, (), _syntax_message(str(error).split("\n", 1)[0])))
        loaded.complete = False
    except _StopError:
        loaded.complete = False
    return loaded


def _syntax_message(reason: str | None) -> str:
    advice = "check the indentation, and put text that holds ': ' or ' #' or begins with a sign in quotes"
    return f"this is not YAML ({reason or 'it cannot be read'}); {advice}"


def _plain(text: str) -> object:
    """Return the value of an unquoted scalar in the core schema; `no` and `12:30` stay text."""
    if text in _NULLS:
        return None
    if text in _BOOLS:
        return _BOOLS[text]
    if text[0] in "-+.0123456789" and _CORE_NUMBER.fullmatch(text):
        try:
            return parse_number(text)
        except ValueError:
            return OddNumber(text)
    return text


class _Builder:
    """Builds the values from libyaml's events, one pass, with every place."""

    def __init__(self, text: str, loaded: Loaded) -> None:
        self.loaded = loaded
        self.hidden = "\u2028" in text or "\u2029" in text
        # Asked for one by one: the generator of yaml.parse costs as much again.
        self.next: Callable[[], Any] = _LOADER(text.translate(_HIDE) if self.hidden else text).get_event

    def document(self) -> None:
        while not isinstance(event := self.next(), yaml.StreamEndEvent):
            if isinstance(event, yaml.DocumentStartEvent):
                if self.loaded.places:
                    self.refuse(event, (), "a second document begins here; keep one document in a file")
                    raise _StopError
                if getattr(event, "tags", None):
                    self.refuse(event, (), "%TAG is not allowed; remove the line")
                self.loaded.value = self.node(self.next(), ())

    def refuse(self, event: Any, path: YamlPath, message: str, *, spoils: bool = False) -> None:
        mark = event.start_mark
        self.loaded.faults.append(YamlFault(mark.line + 1, mark.column + 1, path, message, spoils))

    def node(self, event: Any, path: YamlPath) -> object:
        if path not in self.loaded.places:
            mark = event.start_mark
            self.loaded.places[path] = (mark.line + 1, mark.column + 1)
        if isinstance(event, yaml.ScalarEvent) and event.implicit[0] and event.anchor is None:
            return _plain(event.value.translate(_SHOW) if self.hidden else event.value)
        return self.marked_node(event, path)

    def marked_node(self, event: Any, path: YamlPath) -> object:
        """Return anything but a plain scalar."""
        if isinstance(event, yaml.AliasEvent):
            self.refuse(event, path, f"alias *{event.anchor} is not allowed; write the value out", spoils=True)
            return None
        if getattr(event, "anchor", None):
            self.refuse(event, path, f"anchor &{event.anchor} is not allowed; remove it")
        if getattr(event, "tag", None):
            self.refuse(event, path, f"tag {event.tag} is not allowed; remove it", spoils=True)
        if isinstance(event, yaml.ScalarEvent):
            return self.scalar(event, path)
        if len(path) >= MAX_DEPTH:
            self.refuse(event, path[:4], "this is nested too deeply; the format needs no such depth")
            raise _StopError
        if isinstance(event, yaml.SequenceStartEvent):
            return self.sequence(path)
        return self.mapping(path)

    def scalar(self, event: Any, path: YamlPath) -> object:
        text: str = event.value.translate(_SHOW) if self.hidden else event.value
        if event.implicit[0]:
            return _plain(text)
        if event.style == '"':
            name = refused_character(text)
            if name:
                self.refuse(event, path, f"control character {name} is written here; remove it", spoils=True)
        return text

    def sequence(self, path: YamlPath) -> list[object]:
        values: list[object] = []
        while not isinstance(event := self.next(), yaml.SequenceEndEvent):
            values.append(self.node(event, (*path, len(values))))
        return values

    def mapping(self, path: YamlPath) -> dict[str, object]:
        values: dict[str, object] = {}
        while not isinstance(event := self.next(), yaml.MappingEndEvent):
            key = self.key(event, path)
            if key is None or key in values:
                self.repeated(event, path, key)
                self.node(self.next(), (*path, f"{key} again"))
                continue
            mark = event.start_mark
            self.loaded.places[*path, key] = (mark.line + 1, mark.column + 1)
            values[key] = self.node(self.next(), (*path, key))
        return values

    def key(self, event: Any, path: YamlPath) -> str | None:
        """Return the text of a key, or None (refused) for a list, a mapping or an alias as key."""
        if isinstance(event, yaml.ScalarEvent) and event.implicit[0] and event.anchor is None:
            return str(event.value.translate(_SHOW) if self.hidden else event.value)
        value = self.node(event, (*path, "a key"))
        self.loaded.places.pop((*path, "a key"), None)
        if not isinstance(event, yaml.ScalarEvent):
            self.refuse(event, path, "a key must be one word; write `key: value`")
            return None
        return value if isinstance(value, str) else event.value

    def repeated(self, event: Any, path: YamlPath, key: str | None) -> None:
        if key is not None:
            first = self.loaded.places[*path, key][0]
            message = f"is written twice (first in line {first}); keep one"
            self.refuse(event, (*path, key), message)
