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


def test_who_waits_for_one_that_hangs_is_told_in_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.db.SQLITE_BUSY_MS", 200)
    path = tmp_path / "fluence.db"
    hung, other = Database(f"sqlite:///{path}"), Database(f"sqlite:///{path}")
    with hung.transaction() as session:
        session.execute(sa.text("CREATE TABLE said (word TEXT)"))
        with pytest.raises(sa.exc.OperationalError, match="locked"), other.transaction() as waiting:
            waiting.execute(sa.text("CREATE TABLE more (word TEXT)"))
    with other.transaction() as session:
        session.execute(sa.text("INSERT INTO said VALUES ('after')"))
