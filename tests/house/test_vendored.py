"""What others made and we carry is exactly what we took: each file has its checksum, and its licence beside it."""

import hashlib
from pathlib import Path

import pytest

from tests.house.source import PROJECT, STATIC, short

SUMS = PROJECT / "tests" / "house" / "vendored.sha256"
FOLDERS = tuple(
    folder
    for folder in (STATIC / "fonts", STATIC / "icons", STATIC / "vendor", PROJECT / "tests/browser/vendor")
    if folder.is_dir()
)


def test_every_vendored_file_is_the_one_that_we_took() -> None:
    # After a deliberate change: sha256sum FILE... > tests/house/vendored.sha256, sorted by name.
    expected = dict(line.split("  ")[::-1] for line in SUMS.read_text().splitlines())
    found = {
        short(path): hashlib.sha256(path.read_bytes()).hexdigest()
        for folder in FOLDERS
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    assert found == expected


@pytest.mark.parametrize("folder", FOLDERS, ids=short)
def test_a_licence_stands_beside_what_others_made(folder: Path) -> None:
    assert list(folder.glob("LICENSE*"))
