"""All that could be read of one course, good or not, so that every rule can be tried on it at once."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from app.content.cells import TABLES, read_id
from app.content.parts import YamlPart, missing_part, read_part
from app.content.schema import COURSE, DEVICES, ITEMS, SOURCES
from app.content.tables import Table, read_table
from app.content.text import decode
from app.content.values import Problem

SOURCES_FILE: Final = "sources.yaml"
DEVICES_FILE: Final = "devices.yaml"

_LESSON = re.compile(r"lessons/([^/]+)\.md")
_TABLE = re.compile(rf"facts/({'|'.join(TABLES)})\.csv")
_MEDIA = re.compile(r"media/([^/]+\.(?:png|jpg|webp))")


@dataclass(frozen=True, slots=True)
class Register:
    """The bibliography and the devices that all courses of a folder share."""

    sources: YamlPart
    devices: YamlPart

    def read_sources(self) -> dict[str, bool] | None:
        """Return for every source whether somebody opened it, or None where the sources are not known."""
        known = self.sources.keys()
        if known is None:
            return None
        unread = {path[0] for path, value in self.sources.spread("*", "read") if value == "no"}
        return {source: source not in unread for source in known}


@dataclass(slots=True)
class Draft:
    """One course as read; paths are its keys among the files, like <course-id>/course.yaml."""

    id: str
    register: Register
    course: YamlPart
    items: YamlPart | None = None
    tables: dict[str, Table] = field(default_factory=dict)
    lessons: dict[str, str] = field(default_factory=dict)
    media: set[str] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)

    def path(self, name: str) -> str:
        """Return the key of one of the course's files."""
        return f"{self.id}/{name}"

    def parts(self) -> list[YamlPart]:
        """Return the YAML files that belong to the course alone."""
        return [self.course, *([self.items] if self.items else [])]

    def own_problems(self) -> Iterator[Problem]:
        """Return what reading found, before any rule that looks from one place to another."""
        yield from self.problems
        for part in self.parts():
            yield from part.problems
        for table in self.tables.values():
            yield from table.problems

    def values(self, table: str, column: str) -> set[Any] | None:
        """Return all values of a column, or None where some are not known; a table that is not there has none."""
        found = self.tables.get(table)
        if found is None:
            return set()
        if not found.complete or any(column not in row.values for row in found.rows):
            return None
        return {row.values[column] for row in found.rows}

    def procedures(self) -> set[str] | None:
        """Return the procedures that settings.csv or procedure.csv names, or None where some are not known."""
        settings, steps = self.values("settings", "procedure"), self.values("procedure", "procedure")
        return None if settings is None or steps is None else settings | steps

    def row_ids(self, table: str) -> set[str] | None:
        """Return the ids of a table's rows, or None where the table cannot be read."""
        found = self.tables.get(table)
        if found is None:
            return set()
        return found.ids if "id" in found.columns and not found.broken else None


def read_register(files: Mapping[str, bytes]) -> Register:
    """Read sources.yaml and devices.yaml."""
    advice = "write it beside the courses, with {} in it where there is nothing to name"
    parts = [
        read_part(name, files[name], adapter) if name in files else missing_part(name, advice)
        for name, adapter in ((SOURCES_FILE, SOURCES), (DEVICES_FILE, DEVICES))
    ]
    return Register(*parts)


def read_draft(files: Mapping[str, bytes], course_id: str, register: Register) -> Draft:
    """Read every file of one course; never raises, whatever the bytes."""
    prefix = f"{course_id}/"
    own = {key.removeprefix(prefix): data for key, data in sorted(files.items()) if key.startswith(prefix)}
    course = (
        read_part(f"{prefix}course.yaml", own["course.yaml"], COURSE)
        if "course.yaml" in own
        else missing_part(f"{prefix}course.yaml", "write it as COURSE_FORMAT.md says")
    )
    draft = Draft(course_id, register, course)
    for name, data in own.items():
        _read_file(draft, name, data)
    if not draft.tables:
        advice = "write at least one of settings.csv, contraindications.csv, procedure.csv and statements.csv"
        draft.problems.append(Problem(path=draft.path("facts"), message=f"there is no fact table; {advice}"))
    _check_name(draft, course_id, draft.path("course.yaml"), "folder")
    return draft


def _read_file(draft: Draft, name: str, data: bytes) -> None:
    """Put one file of a course in its place."""
    path = draft.path(name)
    if name == "course.yaml":
        return
    if name == "items.yaml":
        draft.items = read_part(path, data, ITEMS)
    elif found := _TABLE.fullmatch(name):
        draft.tables[found[1]] = read_table(found[1], path, data)
    elif found := _LESSON.fullmatch(name):
        text, faults = decode(data)
        draft.lessons[found[1]] = text
        _check_name(draft, found[1], path, "file")
        for bad in faults:
            draft.problems.append(Problem(path=path, line=bad.line, column=bad.column, message=bad.message))
    elif found := _MEDIA.fullmatch(name):
        draft.media.add(found[1])
    else:
        draft.problems.append(Problem(path=path, message=_unknown_file(name)))


def _unknown_file(name: str) -> str:
    folders = {
        "lessons": "a lesson is named <lesson-id>.md",
        "facts": f"the fact tables are {', '.join(f'{table}.csv' for table in TABLES)}",
        "media": "a picture is named <name>.png, .jpg or .webp",
    }
    advice = folders.get(
        name.split("/", maxsplit=1)[0], "a course holds course.yaml, items.yaml, lessons, facts and media"
    )
    return f"this file is not part of the course format; {advice}; rename or remove it"


def _check_name(draft: Draft, name: str, path: str, kind: str) -> None:
    """Check that a folder or a file is named with an id."""
    try:
        read_id(name)
    except ValueError as error:
        draft.problems.append(Problem(path=path, message=f"the {kind}'s name: {error}"))
