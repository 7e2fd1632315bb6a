"""A YAML file of a course with its places: its valid entry, its raw value for the rules, and its problems."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pydantic import TypeAdapter, ValidationError

from app.content.explain import explain, path_of
from app.content.schema import ITEMS, ItemEntry
from app.content.text import decode
from app.content.values import Problem
from app.content.yaml_loader import Loaded, YamlPath, load


@dataclass(slots=True)
class YamlPart:
    """One YAML file; `entry` is None unless it is valid, `complete` is False where values may be missing."""

    path: str
    loaded: Loaded = field(default_factory=Loaded)
    entry: Any = None
    problems: list[Problem] = field(default_factory=list)
    complete: bool = True
    is_items: bool = False

    def problem(self, path: YamlPath, message: str) -> Problem:
        """Return a problem at a path of the file, with the line and column of the nearest thing there."""
        line, column = self.loaded.place(path)
        return Problem(path=self.path, line=line, column=column, field=self._field(path), message=message)

    def spread(self, *pattern: str) -> Iterator[tuple[YamlPath, Any]]:
        """Return path and value of everything at a pattern of keys; `*` stands for every entry there."""
        return _spread(self.loaded.value, pattern, ())

    def keys(self, *path: str) -> set[str] | None:
        """Return the keys of the mapping at a path, or None where they are not known."""
        found = [value for _, value in self.spread(*path)]
        return set(found[0]) if self.complete and found and isinstance(found[0], dict) else None

    def _field(self, path: YamlPath) -> str | None:
        parts = list(path)
        text = ""
        if self.is_items and parts:
            text = self._item_name(parts.pop(0))
        for part in parts:
            text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
        return text or None

    def _item_name(self, number: str | int) -> str:
        items = self.loaded.value
        item = items[number] if isinstance(items, list) and isinstance(number, int) else None
        name = item.get("id") if isinstance(item, dict) else None
        return name if isinstance(name, str) and name.strip() else f"[{number}]"


def read_part(path: str, data: bytes, adapter: TypeAdapter[Any]) -> YamlPart:
    """Return a YAML file checked against its model; never raises, whatever the bytes."""
    text, faults = decode(data)
    part = YamlPart(path, load(text), is_items=adapter is ITEMS)
    part.complete = part.loaded.complete
    for bad in faults:
        part.problems.append(Problem(path=path, line=bad.line, column=bad.column, message=bad.message))
    part.problems.extend(_fault_problems(part))
    if not part.complete:
        return part
    if part.loaded.value is None:
        wanted = "a list" if part.is_items else "its keys as COURSE_FORMAT.md names them"
        part.problems.append(Problem(path=path, line=1, message=f"the file is empty; write {wanted}"))
        part.complete = False
        return part
    try:
        entry = adapter.validate_python(part.loaded.value)
    except ValidationError as refusal:
        part.problems.extend(_refused(part, refusal))
    else:
        part.entry = None if part.problems else entry
    return part


def missing_part(path: str, advice: str) -> YamlPart:
    """Return the part of a file that is not there."""
    problem = Problem(path=path, message=f"the file is missing; {advice}")
    return YamlPart(path, problems=[problem], complete=False)


def _fault_problems(part: YamlPart) -> Iterator[Problem]:
    for fault in part.loaded.faults:
        named = part.problem(fault.path, fault.message)
        yield Problem(path=part.path, line=fault.line, column=fault.column, field=named.field, message=fault.message)


def _refused(part: YamlPart, refusal: ValidationError) -> Iterator[Problem]:
    """Return pydantic's refusals as problems, without those that a fault at the same place explains."""
    spoilt = {fault.path for fault in part.loaded.faults if fault.spoils}
    for error in refusal.errors(include_url=False):
        path = path_of(error, tagged=part.is_items)
        if any(path[:length] in spoilt for length in range(1, len(path) + 1)):
            continue
        if error["type"].startswith("union_tag"):
            yield part.problem((*path, "type"), explain(error))
            yield from _untyped_item(part, path)
        else:
            yield part.problem(path, explain(error))


def _untyped_item(part: YamlPart, path: YamlPath) -> Iterator[Problem]:
    """Check what every item holds, in an item whose type is not known."""
    items = part.loaded.value
    item = items[path[0]] if isinstance(items, list) and isinstance(path[0], int) else None
    try:
        ItemEntry.model_validate(item)
    except ValidationError as refusal:
        for error in refusal.errors(include_url=False):
            if error["type"] != "extra_forbidden":
                yield part.problem((*path, *error["loc"]), explain(error))


def _spread(value: Any, pattern: tuple[str, ...], path: YamlPath) -> Iterator[tuple[YamlPath, Any]]:
    if not pattern:
        yield path, value
        return
    head, rest = pattern[0], pattern[1:]
    if head == "*" and isinstance(value, list):
        for number, entry in enumerate(value):
            yield from _spread(entry, rest, (*path, number))
    elif isinstance(value, dict) and head == "*":
        for key, entry in value.items():
            yield from _spread(entry, rest, (*path, key))
    elif isinstance(value, dict) and head in value:
        yield from _spread(value[head], rest, (*path, head))
