"""`python -m tests.bench.defects NAME`: serve Fluence with a fault built in; a bench that does not see it proves nothing."""

import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from flask import request
from sqlalchemy.orm import Session

from app import db
from app.audit import service as trail
from app.cli import main
from app.web import exams

LATE = 0.05  # seconds between the answer and the commit
SPLIT = 0.05  # seconds between the fact and its entry


def early() -> None:
    """Say that a response is saved before it is committed."""
    prompt = vars(exams)["transaction"]

    @contextmanager
    def transaction() -> Iterator[Session]:
        opened = prompt()
        session = opened.__enter__()
        try:
            yield session
        except BaseException:
            opened.__exit__(*sys.exc_info())
            raise
        if request.endpoint == "exams.save":
            threading.Timer(LATE, opened.__exit__, (None, None, None)).start()
        else:
            opened.__exit__(None, None, None)

    vars(exams)["transaction"] = transaction


def split() -> None:
    """Commit the fact first, and its entry in the trail a moment later."""
    together = vars(trail)["record"]

    def record(session: Session, **told: Any) -> str:
        session.commit()
        time.sleep(SPLIT)
        return str(together(session, **told))

    vars(trail)["record"] = record


def weak(level: str) -> None:
    """Let SQLite say that a commit is durable before the disk has it."""
    strong = vars(db)["_prepare_sqlite"]

    def prepare(connection: sqlite3.Connection, record: object) -> None:
        strong(connection, record)
        connection.execute(f"PRAGMA synchronous={level}")

    vars(db)["_prepare_sqlite"] = prepare


DEFECTS: dict[str, Callable[[], None]] = {
    "early": early,
    "split": split,
    "off": partial(weak, "OFF"),
    "normal": partial(weak, "NORMAL"),
}

if __name__ == "__main__":
    DEFECTS[sys.argv.pop()]()
    sys.argv.append("serve")
    main()
