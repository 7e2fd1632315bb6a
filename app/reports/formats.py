"""Rows as files: CSV in which no cell can start a formula, and JSON Lines, which are exact; pure."""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from typing import Any

CHUNK = 64 * 1024  # characters that are written before they leave
BYTE_ORDER_MARK = "\ufeff"  # without it a spreadsheet reads UTF-8 as something else

# What a spreadsheet may skip before it looks whether a cell is a formula: white space, control and invisible
# characters, quotes (which end a cell for a reader that expects another separator), and our own apostrophe.
SKIPPED = (
    r"[\s\x00-\x1f\x7f-\x9f\"'\u00ad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e\u200b-\u200f"
    r"\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f"
    r"\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0001\U000e0020-\U000e007f]*"
)
# = + - @ and the characters that turn into them: full-width, small, superscript, subscript, the minus sign.
STARTS_FORMULA = (
    r"[=+\-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b\u207a\u207b\u207c\u208a\u208b\u208c\u2212"
    r"\u2a75\u2a76\ufb29]"
)
# A reader that takes the semicolon or the tab for its separator, or a line break for a new row, starts cells there.
CELL_BEGINS = re.compile(r"[;\t\r\n]")
CAN_START = re.compile(rf"(?:\A|(?<=[;\t\r\n]))(?={SKIPPED}{STARTS_FORMULA})|\A(?='*[\x00-\x1f])")


class Format(StrEnum):
    """The two ways to write an export."""

    CSV = "csv"
    JSONL = "jsonl"


_canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)
_exact = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)

MEDIA_TYPES = {Format.CSV: "text/csv; charset=utf-8", Format.JSONL: "application/jsonl; charset=utf-8"}


def written(rows: Iterable[Sequence[Any]], columns: Sequence[str], form: Format) -> Iterator[bytes]:
    """Write rows as a file, in pieces of about 64 KiB, so that memory stays flat however many there are."""
    return _csv(rows, columns) if form is Format.CSV else _json_lines(rows, columns)


def file_name(stem: str, form: Format) -> str:
    """Return a file's name for the header of a download: what ASCII does not name is a hyphen, as HTTP may hold it."""
    return f"{re.sub(r'[^A-Za-z0-9._-]+', '-', stem)}.{form}"


def safe_cell(value: Any) -> str:
    """Return a value as the text of a CSV cell, with an apostrophe wherever a spreadsheet could start a formula.

    That is at its beginning, and after a semicolon, tab or line break within. Taking each of these apostrophes away
    again gives exactly the text; a text that already reads like a guarded one is guarded once more.
    """
    text = value if isinstance(value, str) else _plain(value)
    if text[:1].isalnum() and not CELL_BEGINS.search(text):
        return text  # by far the most cells: nothing in them can start a formula
    return CAN_START.sub("'", text)


def _plain(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case dict():
            return _canonical.encode(value)
        case list() | tuple():
            return "; ".join(str(one) for one in value)
    return str(value)


def _csv(rows: Iterable[Sequence[Any]], columns: Sequence[str]) -> Iterator[bytes]:
    buffer = io.StringIO(newline="")
    # Every cell is quoted, so that a separator inside one never ends it.
    writer = csv.writer(buffer, quoting=csv.QUOTE_ALL)
    buffer.write(BYTE_ORDER_MARK)
    writer.writerow(columns)
    for row in rows:
        writer.writerow([safe_cell(value) for value in row])
        if buffer.tell() >= CHUNK:
            yield _taken(buffer)
    yield _taken(buffer)


def _json_lines(rows: Iterable[Sequence[Any]], columns: Sequence[str]) -> Iterator[bytes]:
    buffer = io.StringIO(newline="")
    for row in rows:
        record = dict(zip(columns, row, strict=True))
        buffer.write(f"{_exact.encode(record)}\n")
        if buffer.tell() >= CHUNK:
            yield _taken(buffer)
    yield _taken(buffer)


def _taken(buffer: io.StringIO) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode()
