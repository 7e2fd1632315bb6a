"""Course files are found in a folder, and the files of one course become its values or its problems."""

import hashlib
import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

from app.content.build import build_course
from app.content.draft import DEVICES_FILE, SOURCES_FILE, Draft, Register, read_draft, read_register
from app.content.markdown_rules import markdown_problems
from app.content.references import reference_problems
from app.content.row_rules import row_problems
from app.content.shared import fact_problems
from app.content.values import Course, Problem
from app.content.yaml_rules import device_problems, item_problems, source_problems

COURSE_FILE: Final = "course.yaml"
REGISTER: Final = (SOURCES_FILE, DEVICES_FILE)
FOLDERS: Final = ("facts", "lessons", "media")


class CoursePathError(Exception):
    """The path that was given is no course and no folder of courses, or cannot be read; the message says what to do."""


def course_files(folder: Path) -> dict[str, bytes]:
    """Return the bytes of a course, or of a folder of courses, with sources.yaml and devices.yaml.

    Keys are places below the folder that holds the courses: "sources.yaml", "<course-id>/facts/settings.csv".
    Raises CoursePathError.
    """
    try:
        if not folder.is_dir():
            what = "is a file; give its course's folder" if folder.exists() else "does not exist; give a folder"
            raise CoursePathError(f"{folder} {what}")
        if is_course(folder):
            home = Path(os.path.abspath(folder))  # noqa: PTH100 - a linked folder keeps its own name
            return _register_files(home.parent) | _files_of(home)
        files = _register_files(folder) | dict(_stray_files(folder))
        for entry in entries(folder):
            files.update(_files_of(entry) if is_course(entry) else {})
    except OSError as error:
        raise CoursePathError(f"{error.filename or folder} cannot be read: {error.strerror}") from error
    if not course_ids(files):
        raise CoursePathError(f"{folder} holds no course; a course is a folder with course.yaml in it")
    return files


def neighbour_files(course: Path) -> dict[str, bytes]:
    """Return course.yaml and the fact tables of the courses beside one, as far as they can be read."""
    files: dict[str, bytes] = {}
    with suppress(OSError):
        for entry in entries(course.parent):
            if entry.name != course.name and is_course(entry):
                with suppress(OSError):
                    files.update(_files_of(entry, folders=("facts",)))
    return {key: data for key, data in files.items() if key.endswith((f"/{COURSE_FILE}", ".csv"))}


def course_ids(files: Mapping[str, bytes]) -> list[str]:
    """Return the ids of the courses among the files, sorted."""
    suffix = f"/{COURSE_FILE}"
    return sorted(key.removesuffix(suffix) for key in files if key.endswith(suffix) and key.count("/") == 1)


def files_of(files: Mapping[str, bytes], course_id: str) -> dict[str, bytes]:
    """Return the files of one course and the register, without the other courses."""
    return {key: data for key, data in files.items() if key in REGISTER or key.startswith(f"{course_id}/")}


def content_hash(files: Mapping[str, bytes]) -> str:
    """Return the SHA-256, in hex, of the files by sorted path, each path and content with its length."""
    hasher = hashlib.sha256()
    for path in sorted(files):
        for data in (path.encode("utf-8", "surrogateescape"), files[path]):
            hasher.update(len(data).to_bytes(8, "big"))
            hasher.update(data)
    return hasher.hexdigest()


def read_course(
    files: Mapping[str, bytes], course_id: str, *, root: str = "", neighbours: Collection[str] | None = None
) -> tuple[Course | None, list[Problem]]:
    """Return the values of a course, or None and every problem of its files; never raises, whatever the bytes.

    `root` is put before the paths of the problems; `neighbours` are the ids of the courses beside it, None where
    they are not known, so that required certifications are not looked up.
    """
    register = read_register(files)
    draft = read_draft(files, course_id, register)
    problems = {*register_problems(register), *draft_problems(draft, neighbours), *fact_problems([draft])}
    course = None if problems else build_course(draft, files_of(files, course_id))
    if root:
        problems = {replace(problem, path=f"{root.rstrip('/')}/{problem.path}") for problem in problems}
    return course, in_order(problems)


def register_problems(register: Register) -> Iterator[Problem]:
    """Return the problems of sources.yaml and devices.yaml."""
    yield from register.sources.problems
    yield from register.devices.problems
    yield from device_problems(register.devices)


def draft_problems(draft: Draft, neighbours: Collection[str] | None) -> Iterator[Problem]:
    """Return every problem of one course by itself."""
    read = draft.register.read_sources()
    yield from draft.own_problems()
    yield from reference_problems(draft, neighbours)
    yield from row_problems(draft.tables, read)
    if draft.items:
        yield from item_problems(draft.items, draft.media)
        yield from source_problems(draft.items, read or {})
    yield from markdown_problems(draft)


def in_order(problems: Collection[Problem]) -> list[Problem]:
    """Return problems by file, line and column; those of a whole file come first."""
    return sorted(
        problems,
        key=lambda problem: (
            problem.path,
            problem.line or 0,
            problem.column or 0,
            problem.field or "",
            problem.message,
        ),
    )


def entries(folder: Path) -> list[Path]:
    """Return what a folder holds, sorted, without the names that are passed over."""
    return sorted(entry for entry in folder.iterdir() if not entry.name.startswith((".", "~")))


def is_course(folder: Path) -> bool:
    """Say whether a folder is a course's."""
    try:
        return (folder / COURSE_FILE).is_file()
    except OSError:  # a folder that this user may not enter
        return False


def _register_files(home: Path) -> dict[str, bytes]:
    return {name: (home / name).read_bytes() for name in REGISTER if (home / name).is_file()}


def _files_of(course: Path, folders: Collection[str] = FOLDERS) -> dict[str, bytes]:
    """Return the files of one course's folder, known to the format or not."""
    files: dict[str, bytes] = {}
    for entry in entries(course):
        if entry.is_file():
            files[f"{course.name}/{entry.name}"] = entry.read_bytes()
        elif entry.is_dir() and entry.name in folders:
            inner = [file for file in entries(entry) if file.is_file()]
            files.update({f"{course.name}/{entry.name}/{file.name}": file.read_bytes() for file in inner})
    return files


def _stray_files(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Return YAML files beside the courses that the format does not know: most are misspelt."""
    for entry in entries(folder):
        if entry.suffix in (".yaml", ".yml") and entry.name not in REGISTER and entry.is_file():
            yield entry.name, b""
