"""The folder of evidence: files outside the web root, under random names that only their rows know.

A file is written before its row is committed, so that no row is ever without its file. What a transaction that was
rolled back leaves is a file without a row: `sweep` takes it away a day later, when no transaction can still want it.
"""

import os
import secrets
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from pathlib import Path

from app.errors import NotFoundError

KEPT_AT_LEAST = timedelta(days=1)


def put(folder: Path, data: bytes) -> str:
    """Write a file durably, for its owner alone, and return the name that it got."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = secrets.token_hex(32)
    with os.fdopen(os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    _sync(folder)
    return name


def get(folder: Path, name: str) -> bytes:
    """Return a file's bytes; NotFoundError where the folder has lost it."""
    try:
        return (folder / name).read_bytes()
    except FileNotFoundError:
        raise NotFoundError from None


def sweep(folder: Path, known: Callable[[Collection[str]], Collection[str]], *, now: datetime) -> int:
    """Take away files that no row knows and that are older than a day; return how many."""
    if not folder.is_dir():
        return 0
    before = (now - KEPT_AT_LEAST).timestamp()
    old = {one.name for one in folder.iterdir() if one.is_file() and one.stat().st_mtime < before}
    orphans = old - set(known(old)) if old else set()
    for name in orphans:
        (folder / name).unlink(missing_ok=True)
    return len(orphans)


def _sync(folder: Path) -> None:
    """Make the name of a new file durable too."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
