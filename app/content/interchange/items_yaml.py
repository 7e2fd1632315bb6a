"""Items as the text of items.yaml, written as authors write it, and proven with the reader that courses have."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any, Final

import yaml

from app.content.interchange.values import Candidate
from app.content.parts import read_part
from app.content.schema import ITEMS
from app.content.values import ItemType, Scoring
from app.content.yaml_rules import item_problems

FILE: Final = "items.yaml"
Entry = dict[str, Any]


class _InLine(list[str]):
    """A list that is written in one line: [a, b]."""


class _Word(str):
    """An id or a word of the format, written without quotes."""

    __slots__ = ()


class _Figure(str):
    """A number as its digits."""

    __slots__ = ()


class _Dumper(yaml.SafeDumper):
    """Writes as the shipped courses are written: lists indented, texts in double quotes, paragraphs as a block."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002
        """Indent lists below their key too, which PyYAML does not by itself."""
        super().increase_indent(flow, False)  # noqa: FBT003  PyYAML takes it by position

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        """Write every value out: a course file has no anchors."""
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text and "  \n" not in text else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


def _list(dumper: yaml.SafeDumper, values: _InLine) -> yaml.SequenceNode:
    return dumper.represent_sequence("tag:yaml.org,2002:seq", values, flow_style=True)


def _plain(dumper: yaml.SafeDumper, word: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", str(word))


def _digits(dumper: yaml.SafeDumper, figure: str) -> yaml.ScalarNode:
    kind = "float" if "." in figure else "int"
    return dumper.represent_scalar(f"tag:yaml.org,2002:{kind}", str(figure))


_Dumper.add_representer(str, _text)
_Dumper.add_representer(_InLine, _list)
_Dumper.add_representer(_Word, _plain)
_Dumper.add_representer(_Figure, _digits)


def write(entries: Iterable[Entry]) -> str:
    """Return entries as the text of items.yaml, an empty line between two."""
    written = [
        yaml.dump([_keyed(entry)], Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=float("inf"))
        for entry in entries
    ]
    return "\n".join(written) if written else "[]\n"


def _keyed(value: Any) -> Any:
    """Return a value with the keys of its mappings as words of the format."""
    if isinstance(value, dict):
        return {_Word(key): _keyed(one) for key, one in value.items()}
    return [_keyed(one) for one in value] if type(value) is list else value


def entry_of(item: Candidate, *, item_id: str, objective: str, facts: Sequence[str], sources: Sequence[str]) -> Entry:
    """Return an item as an entry of items.yaml; what it does not have, or has by default, is left out."""
    entry: Entry = {
        "id": _Word(item_id),
        "type": _Word(item.type),
        "objective": _Word(objective),
        "stem": item.stem,
        **_key(item),
        "scoring": _Word(item.scoring) if item.scoring is not Scoring.ALL_OR_NOTHING else None,
        "critical": item.labels.critical or None,
        "facts": _InLine(_Word(fact) for fact in facts) or None,
        "sources": _InLine(_Word(source) for source in sources) or None,
        "why": item.why or None,
    }
    return {key: value for key, value in entry.items() if value is not None}


def _key(item: Candidate) -> Entry:
    """Return what is asked of an item by its type."""
    if item.type is ItemType.NUMERIC:
        return {"answer": {"min": _figure(item.low), "max": _figure(item.high), "unit": item.unit or ""}}
    if item.type is ItemType.ORDERING:
        return {"steps": list(item.steps)}
    if item.type is ItemType.MATCHING:
        return {"pairs": [{"left": left, "right": right} for left, right in item.pairs]}
    whys = [{"why": one.why} if one.why else {} for one in item.choices]
    return {
        "options": [
            {"text": one.text, "correct": one.correct, **why} for one, why in zip(item.choices, whys, strict=True)
        ]
    }


def problems(entry: Entry) -> list[str]:
    """Return what the rules of the course format say against an entry, each as `field: message`.

    The entry is written and read back by the reader that courses have, so that what is checked is what is written.
    """
    part = read_part(FILE, write([entry]).encode(), ITEMS)
    found = [*part.problems, *(item_problems(part, set()) if not part.problems else ())]
    if not found and part.loaded.value != [plain(entry)]:
        return ["its texts cannot be written in YAML so that they read the same"]
    name = str(entry["id"])
    return [f"{(one.field or '').removeprefix(name).lstrip('.')}: {one.message}".lstrip(": ") for one in found]


def _figure(value: Decimal | None) -> _Figure:
    """Return the plain digits of a number."""
    text = format(value or Decimal(0), "f")
    return _Figure(text.rstrip("0").rstrip(".") if "." in text else text)


def plain(value: Any) -> Any:
    """Return an entry, or a part of it, as the plain values that its text means."""
    if isinstance(value, _Figure):
        return float(value) if "." in value else int(value)
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [plain(one) for one in value]
    return str(value) if isinstance(value, str) else value
