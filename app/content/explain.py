"""What pydantic refuses, said to an author: what is wrong, and what to do."""

import difflib
from collections.abc import Callable, Mapping
from typing import Any, Final

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from app.content import schema
from app.content.cells import ID_LENGTH, ID_PATTERN
from app.content.numerals import shorten
from app.content.yaml_loader import OddNumber, YamlPath

_TYPES: Final = {str: "text", bool: "true or false", int: "a number", float: "a number", OddNumber: "a number"}

_PATTERNS: Final = {
    ID_PATTERN: "{value} is not an id; write small letters, digits and single hyphens, like tan-1",
    schema.TEXT_PATTERN: "is empty; write text",
    schema.LINE_PATTERN: "must be one line of text; write it without a line break",
    schema.URL_PATTERN: "{value} is not a web address; write it with https:// and without spaces",
    schema.LANGUAGE_PATTERN: "{value} is not a BCP 47 language tag; write one like en or pt-BR",
}


def path_of(error: ErrorDetails, *, tagged: bool) -> YamlPath:
    """Return the path in the file; `tagged` where pydantic puts the type of an item after its number."""
    path = tuple(error["loc"])
    if tagged and len(path) > 1:
        path = (path[0], *path[2:])
    return path[:-1] if path and path[-1] == "[key]" else path


def explain(error: ErrorDetails) -> str:
    """Return the sentence for one of pydantic's errors."""
    say = _SENTENCES.get(error["type"])
    return say(error["input"], error.get("ctx", {}), error) if say else f"is not allowed here: {error['msg']}"


_Say = Callable[[Any, Mapping[str, Any], ErrorDetails], str]


def _written(value: object) -> str:
    """Return what the author wrote, as far as it can be shown on one line."""
    if isinstance(value, OddNumber):
        return value.text
    if isinstance(value, bool):
        return "true" if value else "false"
    return shorten(str(value))


def _kind(value: object) -> str:
    if value is None:
        return "is empty"
    if isinstance(value, list):
        return "is a list"
    if isinstance(value, dict):
        return "is a mapping"
    return f"is {_TYPES.get(type(value), 'something else')} ({_written(value)})"


def _text_expected(value: Any, _context: Mapping[str, Any], _error: ErrorDetails) -> str:
    if value is None:
        return "is empty; write text, or remove the key if it is optional"
    if isinstance(value, list | dict):
        return f"{_kind(value)}; write text"
    return f"{_kind(value)} where text is expected; put it in quotes"


def _number_expected(value: Any, _context: Mapping[str, Any], error: ErrorDetails) -> str:
    whole = error["type"].startswith("int")
    wanted = "a whole number, digits only, like 12" if whole else "a number, digits with at most one point, like 12.5"
    if isinstance(value, OddNumber | float | str):
        return f"{_written(value)} is not a number that fits here; write {wanted}"
    return f"{_kind(value)}; write {wanted}"


def _choice_expected(value: Any, context: Mapping[str, Any], _error: ErrorDetails) -> str:
    words = str(context["expected"]).replace("'", "").replace("True, False", "true, false")
    shown = _kind(value) if value is None or isinstance(value, list | dict) else f"{_written(value)} is not known"
    return f"{shown}; write {words}"


def _pattern_expected(value: Any, context: Mapping[str, Any], _error: ErrorDetails) -> str:
    if not value.strip():
        return "is empty; write text"
    return _PATTERNS[context["pattern"]].format(value=_written(value))


def _known_keys() -> list[str]:
    models = [model for model in vars(schema).values() if isinstance(model, type) and issubclass(model, BaseModel)]
    return sorted({key for model in models for key in model.model_fields})


_KEYS: Final = _known_keys()


def _unknown_key(_value: Any, _context: Mapping[str, Any], error: ErrorDetails) -> str:
    near = difflib.get_close_matches(str(error["loc"][-1]), _KEYS, 1)
    if near and near[0] != error["loc"][-1]:
        return f"is not a key here; write {near[0]}, or remove it"
    return "is not a key here; remove it"


def _count(word: str) -> _Say:
    def say(_value: Any, context: Mapping[str, Any], error: ErrorDetails) -> str:
        limit = context["max_length" if word == "most" else "min_length"]
        if isinstance(error["input"], str):
            return f"the id has {len(error['input'])} characters; write at most {ID_LENGTH}"
        actual = context.get("actual_length")
        return f"has {actual} {'entry' if actual == 1 else 'entries'}; write at {word} {limit}"

    return say


_SENTENCES: Final[dict[str, _Say]] = {
    "missing": lambda _value, _context, _error: "is missing; add it",
    "extra_forbidden": _unknown_key,
    "string_type": _text_expected,
    "int_type": _number_expected,
    "int_from_float": _number_expected,
    "float_type": _number_expected,
    "literal_error": _choice_expected,
    "string_pattern_mismatch": _pattern_expected,
    "string_too_long": _count("most"),
    "too_long": _count("most"),
    "too_short": _count("least"),
    "greater_than": lambda value, context, _error: f"{value} is too small; write a number above {context['gt']:g}",
    "greater_than_equal": lambda value, context, _error: f"{value} is too small; write at least {context['ge']:g}",
    "less_than_equal": lambda value, context, _error: f"{value} is too large; write at most {context['le']:g}",
    "list_type": lambda value, _context, _error: f"{_kind(value)}; write a list",
    "dict_type": lambda value, _context, _error: f"{_kind(value)}; write a mapping, `key: value` on each line",
    "model_type": lambda value, _context, _error: f"{_kind(value)}; write a mapping, `key: value` on each line",
    "model_attributes_type": lambda value, _context, _error: (
        f"{_kind(value)}; write a mapping, `key: value` on each line"
    ),
    "union_tag_invalid": lambda _value, context, _error: (
        f"{shorten(str(context['tag']))} is not a type of item; write one of {', '.join(schema.ITEM_MODELS)}"
    ),
    "union_tag_not_found": lambda _value, _context, _error: (
        f"is missing or not text; write one of {', '.join(schema.ITEM_MODELS)}"
    ),
}
