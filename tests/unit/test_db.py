"""The queue of SQLite's writers: a help, and never what keeps them from writing."""

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.db import Database


def as_folder(turn: Path) -> None:
    turn.mkdir()


def as_link(turn: Path) -> None:
    turn.symlink_to(turn.with_name("elsewhere"))


@pytest.mark.parametrize("spoil", [as_folder, as_link])
def test_who_cannot_queue_writes_all_the_same(tmp_path: Path, spoil: Callable[[Path], None]) -> None:
    spoil(tmp_path / "fluence.db-turn")
    database = Database(f"sqlite:///{tmp_path / 'fluence.db'}")
    for statement in ("CREATE TABLE said (word TEXT)", "INSERT INTO said VALUES ('kept')"):
        with database.transaction() as session:
            session.execute(sa.text(statement))
    with database.session() as session:
        assert session.scalar(sa.text("SELECT word FROM said")) == "kept"
    assert not (tmp_path / "elsewhere").exists()
