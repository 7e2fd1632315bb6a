"""Every name in a course that must name something: objectives, devices, procedures, sources, rows, lessons, media."""

import difflib
from collections.abc import Collection, Iterable, Iterator
from typing import Any, Final

from app.content.cells import TABLES
from app.content.draft import Draft
from app.content.numerals import shorten
from app.content.parts import YamlPart
from app.content.values import Problem

# Where course.yaml and items.yaml name something, and of which kind it is.
_IN_COURSE: Final = (
    (("lessons", "*", "objectives", "*"), "objective"),
    (("devices", "*"), "device"),
    (("exam", "sections", "*", "objective"), "objective"),
    (("scheme", "scope", "devices", "*"), "device"),
    (("scheme", "scope", "procedures", "*"), "procedure"),
    (("scheme", "requires", "certifications", "*"), "course"),
)
_IN_ITEMS: Final = ((("*", "objective"), "objective"), (("*", "sources", "*"), "source"))
_IN_TABLES: Final = {
    "objective": "objective",
    "sources": "source",
    "device": "device",
    "applies_to": "device",
    "procedures": "procedure",
}
_HOMES: Final = {
    "objective": "is not an objective of course.yaml",
    "device": "is not a device of devices.yaml",
    "source": "is not a source of sources.yaml",
    "procedure": "is not a procedure that settings.csv or procedure.csv names",
    "course": "is not a course beside this one",
}

Known = dict[str, Collection[str] | None]


def known_names(draft: Draft, neighbours: Collection[str] | None) -> Known:
    """Return for every kind the names that exist, or None where they cannot be known."""
    return {
        "objective": draft.course.keys("objectives"),
        "device": draft.register.devices.keys(),
        "source": draft.register.sources.keys(),
        "procedure": draft.procedures(),
        "course": neighbours,
    }


def reference_problems(draft: Draft, neighbours: Collection[str] | None) -> Iterator[Problem]:
    """Return every name that names nothing; `neighbours` are the ids of the courses beside this one."""
    known = known_names(draft, neighbours)
    yield from _in_part(draft.course, _IN_COURSE, known)
    if draft.items:
        yield from _in_part(draft.items, _IN_ITEMS, known)
        yield from _facts(draft, draft.items)
    yield from _in_tables(draft, known)
    yield from _lesson_files(draft)


def missing_name(kind: str, name: str, known: Collection[str]) -> str:
    """Return the sentence for a name that names nothing, with the nearest name that does."""
    near = difflib.get_close_matches(name, known, 1)
    advice = f"write {near[0]}, or add it there" if near else "add it there, or correct the name"
    return f"{shorten(name)} {_HOMES[kind]}; {advice}"


def _in_part(part: YamlPart, places: Iterable[tuple[tuple[str, ...], str]], known: Known) -> Iterator[Problem]:
    for pattern, kind in places:
        names = known[kind]
        if names is None:
            continue
        for path, value in part.spread(*pattern):
            if isinstance(value, str) and value.strip() and value not in names:
                yield part.problem(path, missing_name(kind, value, names))


def _facts(draft: Draft, items: YamlPart) -> Iterator[Problem]:
    """Check the facts that items rest on: `table/row-id`."""
    for path, value in items.spread("*", "facts", "*"):
        if not isinstance(value, str) or not value.strip():
            continue
        table, _, row = value.partition("/")
        if table not in TABLES or not row:
            tables = ", ".join(TABLES)
            yield items.problem(path, f"{shorten(value)} is not a fact; write table/row-id with one of {tables}")
            continue
        rows = draft.row_ids(table)
        if rows is not None and row not in rows:
            near = difflib.get_close_matches(row, rows, 1)
            advice = f"write {table}/{near[0]}" if near else "correct it, or add the row"
            yield items.problem(path, f"{shorten(value)} is not a row of {table}.csv; {advice}")


def _in_tables(draft: Draft, known: Known) -> Iterator[Problem]:
    for table in draft.tables.values():
        columns = [(column, kind) for column, kind in _IN_TABLES.items() if column in table.columns]
        for row in table.rows:
            for column, kind in columns:
                names = known[kind]
                if names is None or column not in row.values:
                    continue
                for name in _unknown(column, row.values[column], names):
                    yield row.problem(column, missing_name(kind, name, names))


def _unknown(column: str, value: Any, names: Collection[str]) -> list[str]:
    """Return the names of a cell that do not exist; `all` stands for every device."""
    listed: tuple[str, ...] = (value,) if isinstance(value, str) else value
    if column == "applies_to" and listed == ("all",):
        return []
    return [name for name in listed if name not in names]


def _lesson_files(draft: Draft) -> Iterator[Problem]:
    """Check that each listed lesson has its file, once, and that each file is listed."""
    listed: set[str] = set()
    for path, value in draft.course.spread("lessons", "*", "id"):
        if not isinstance(value, str):
            continue
        if value in listed:
            yield draft.course.problem(path, f"{shorten(value)} is listed twice; give every lesson an id of its own")
        elif value.strip() and value not in draft.lessons:
            yield draft.course.problem(
                path, f"lessons/{shorten(value)}.md does not exist; write it, or remove the lesson"
            )
        listed.add(value)
    if not any(isinstance(value, list) for _, value in draft.course.spread("lessons")):
        return
    for lesson in draft.lessons:
        if lesson not in listed:
            message = "course.yaml does not list this lesson; add it there, or remove the file"
            yield Problem(path=draft.path(f"lessons/{lesson}.md"), message=message)
