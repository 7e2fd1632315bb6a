"""A stamp changes with whatever a check of the path reads, and with nothing else."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from app.content.stamp import stamp
from tests.unit.course_files import COURSE, good_course, renamed
from tests.unit.test_cli import written

Change = Callable[[Path], object]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Two courses beside each other."""
    written(tmp_path, good_course() | renamed(good_course(), "beside"))
    return tmp_path


@pytest.mark.parametrize(
    "change",
    [
        lambda home: (home / COURSE / "lessons/settings.md").write_text("Shorter."),
        lambda home: os.utime(home / COURSE / "facts/settings.csv", (1, 1)),
        lambda home: (home / COURSE / "media/new.png").write_bytes(b"png"),
        lambda home: (home / COURSE / "items.yaml").unlink(),
        lambda home: (home / COURSE / "course.yaml").unlink(),
        lambda home: (home / COURSE / "notes.txt").write_text("A stray file."),
        lambda home: (home / "sources.yaml").write_text("{}"),
        lambda home: (home / "beside/facts/settings.csv").write_text("id"),
        lambda home: (home / COURSE).rename(home / "moved"),
    ],
)
def test_what_is_read_changes_the_stamp(home: Path, change: Change) -> None:
    before = stamp(home / COURSE), stamp(home)
    assert before == (stamp(home / COURSE), stamp(home))
    change(home)
    assert stamp(home / COURSE) != before[0]
    assert stamp(home) != before[1]


@pytest.mark.parametrize(
    "change",
    [
        lambda home: (home / "beside/lessons/settings.md").write_text("Another course's lesson."),
        lambda home: (home / "notes").mkdir(),
        lambda home: (home / COURSE / "facts/.settings.csv.swp").write_text("An editor's own file."),
        lambda home: (home / "readme.txt").write_text("Beside the courses."),
    ],
)
def test_what_is_not_read_does_not(home: Path, change: Change) -> None:
    before = stamp(home / COURSE)
    change(home)
    assert stamp(home / COURSE) == before


def test_a_path_that_is_not_there_has_a_stamp_until_it_comes(tmp_path: Path) -> None:
    before = stamp(tmp_path / COURSE)
    written(tmp_path, good_course())
    assert stamp(tmp_path / COURSE) != before
