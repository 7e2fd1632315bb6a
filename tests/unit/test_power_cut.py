"""The replay of a power cut: what a trace says, and what a disk may keep of it."""

import random
from pathlib import Path

import pytest

from tests.bench.disk import SECTOR, Disk
from tests.bench.traced import Step, UnknownCallError, steps

FOLDER = Path("/site")
OLD, NEW = b"o" * SECTOR * 4, b"n" * SECTOR * 4


def spelled(text: bytes) -> str:
    """Spell bytes as strace does."""
    return "".join(f"\\x{byte:02x}" for byte in text)


DB, WAL = spelled(b"/site/site.db"), spelled(b"/site/site.db-wal")
SAVED = b'{"revision": 3, "next_url": "/attempts/7/items/5"}'
HEAD = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(SAVED)}\r\n\r\n".encode()
BROWSER = "9<TCP:[127.0.0.1:80->127.0.0.1:99]>"


def read(*lines: str) -> list[Step]:
    """Return the steps of a trace."""
    return list(steps(lines, FOLDER))


def write(data: bytes) -> Step:
    """Write at the beginning of the file."""
    return Step("write", "site.db", 0, data)


def left(disk: Disk, tmp_path: Path) -> set[bytes]:
    """Return every content that the file has after one of many cuts."""
    found = set()
    for seed in range(40):
        disk.fail(random.Random(seed), tmp_path)  # noqa: S311  chance of a test
        found.add((tmp_path / "site.db").read_bytes())
    return found


def test_a_trace_tells_what_was_written_synced_and_answered() -> None:
    assert read(
        f'5 pwrite64(3<{WAL}>, "{spelled(b"abc")}", 3, 32) = 3',
        f"5 fdatasync(3<{WAL}> <unfinished ...>",
        f'6 pwrite64(4<{DB}>, "{spelled(b"abc")}", 3, 0) = 2',
        "5 <... fdatasync resumed>) = 0",
        f'5 sendto({BROWSER}, "{spelled(HEAD)}", 99, 0, NULL, 0) = {len(HEAD)}',
        f'5 sendto({BROWSER}, "{spelled(SAVED)}", 99, 0, NULL, 0) = {len(SAVED)}',
        f"5 fdatasync(3<{WAL}>) = -1 EIO (Input/output error)",
    ) == [
        Step("write", "site.db-wal", 32, b"abc"),
        Step("begin", "site.db-wal", 5),
        Step("write", "site.db", 0, b"ab"),
        Step("end", "site.db-wal", 5),
        Step("told", told=(7, 4, 3)),
    ]


def test_half_an_answer_was_not_told() -> None:
    assert read(f'5 sendto({BROWSER}, "{spelled(HEAD + SAVED[:9])}", 99, 0, NULL, 0) = {len(HEAD) + 9}') == []


def test_a_call_that_the_replay_does_not_know_is_refused() -> None:
    with pytest.raises(UnknownCallError, match="rename"):
        read(f'5 rename("{DB}", "{WAL}") = 0')


def test_what_was_synced_stays_and_the_rest_may_be_torn(tmp_path: Path) -> None:
    disk = Disk({"site.db": OLD})
    disk.apply(write(NEW))
    torn = left(disk, tmp_path)
    assert {OLD, NEW} < torn
    assert all(set(one[at : at + SECTOR]) in ({ord("o")}, {ord("n")}) for one in torn for at in range(0, 2048, SECTOR))
    disk.apply(Step("begin", "site.db", 1))
    disk.apply(write(OLD))  # after the sync began: it is not part of it
    disk.apply(Step("end", "site.db", 1))
    assert left(disk, tmp_path) > {OLD, NEW}


def test_a_name_is_durable_when_its_folder_is_synced(tmp_path: Path) -> None:
    disk = Disk({"site.db": OLD})
    disk.apply(Step("create", "site.db-wal"))
    kept = set()
    for seed in range(50):
        place = tmp_path / str(seed)
        place.mkdir()
        disk.fail(random.Random(seed), place)  # noqa: S311  chance of a test
        kept.add((place / "site.db-wal").exists())
    assert kept == {True, False}
    disk.apply(Step("begin", ".", 1))
    disk.apply(Step("end", ".", 1))
    disk.fail(random.Random(0), tmp_path)  # noqa: S311  chance of a test
    assert (tmp_path / "site.db-wal").exists()
