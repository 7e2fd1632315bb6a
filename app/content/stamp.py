"""Whether the files of a course were touched: told by their names, times and sizes, without reading them."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from app.content.read import COURSE_FILE, FOLDERS, REGISTER, entries, is_course


def stamp(folder: Path) -> str:
    """Return a digest that changes when a file does that a check of this course, or folder of courses, reads.

    Of the courses beside one course only what the check reads of them counts. Never raises.
    """
    home = Path(os.path.abspath(folder))  # noqa: PTH100 - a linked folder keeps its own name
    one = is_course(home)
    hasher = hashlib.sha256()
    for file in _watched(home.parent if one else home, home if one else None):
        hasher.update(f"{file}\0{_seen(file)}\0".encode("utf-8", "surrogateescape"))
    return hasher.hexdigest()[:16]


def _watched(above: Path, chosen: Path | None) -> Iterator[Path]:
    """Yield the files that a check reads; `chosen` is the one course of the folder above, None where all are meant."""
    yield from (above / name for name in REGISTER)
    if chosen:
        yield from _files(chosen, FOLDERS)
    with suppress(OSError):
        for entry in entries(above):
            if is_course(entry) and entry != chosen:
                yield from _files(entry, ("facts",) if chosen else FOLDERS)
            elif not chosen and entry.suffix in (".yaml", ".yml"):
                yield entry


def _files(course: Path, folders: tuple[str, ...]) -> Iterator[Path]:
    yield course / COURSE_FILE
    with suppress(OSError):
        for entry in entries(course):
            if entry.name in folders and entry.is_dir():
                yield from entries(entry)
            elif folders is FOLDERS:
                yield entry


def _seen(file: Path) -> str:
    try:
        found = file.stat()
    except OSError as error:
        return f"{error.errno}"
    return f"{found.st_mtime_ns} {found.st_ctime_ns} {found.st_size} {found.st_ino}"
