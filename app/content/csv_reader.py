"""A CSV text (RFC 4180, commas) becomes records of trimmed cells with the line on which each record begins."""

import re
from dataclasses import dataclass

_QUOTED = re.compile(r'"((?:[^"]|"")*)"')
_TO_END_OF_CELL = re.compile(r"[^,\n]*")


@dataclass(frozen=True, slots=True)
class Record:
    """The trimmed cells of one record; `line` is its first line, from 1; `broken` where its cells are in doubt."""

    line: int
    cells: list[str]
    broken: bool = False


@dataclass(frozen=True, slots=True)
class CsvFault:
    """A quotation mark that RFC 4180 does not allow; `column` is the cell's number, from 1."""

    line: int
    column: int
    message: str


def records(text: str) -> tuple[list[Record], list[CsvFault]]:
    """Return the records of a CSV text whose lines end with a line feed."""
    found: list[Record] = []
    faults: list[CsvFault] = []
    no_faults: list[CsvFault] = []
    position, line = 0, 1
    while position < len(text):
        end = text.find("\n", position)
        end = len(text) if end < 0 else end
        if text.find('"', position, end) < 0:
            cells, after, wrong = text[position:end].split(","), end + 1, no_faults
        else:
            cells, after, wrong = _quoted_record(text, position, line)
        found.append(Record(line, [cell.strip() for cell in cells], bool(wrong)))
        faults += wrong
        line += text.count("\n", position, after)
        position = after
    return found, faults


def cell_number(text: str, found: list[Record], line: int, column: int) -> int:
    """Return the number of the cell that holds the character at `line` and `column` of a CSV text."""
    first = next((record.line for record in reversed(found) if record.line <= line), 1)
    lines = text.split("\n")[first - 1 : line]
    lines[-1] = lines[-1][: column - 1]
    rows, _ = records("\n".join(lines))
    return len(rows[-1].cells) if rows else 1


def cell_span(text: str, line: int, number: int) -> tuple[int, int] | None:
    """Return where a cell of the record that begins on a line starts and ends in that line; None where it is not."""
    start = position = sum(len(one) + 1 for one in text.split("\n")[: line - 1])
    for _ in range(number - 1):
        _, position, _ = _cell(text, position)
        if position >= len(text) or text[position] == "\n":
            return None
        position += 1
    if text.find("\n", start, position) >= 0:
        return None
    _, end, _ = _cell(text, position)
    within = text.find("\n", position, end)
    return position - start, (end if within < 0 else within) - start


def _quoted_record(text: str, position: int, line: int) -> tuple[list[str], int, list[CsvFault]]:
    """Read the record at `position`; return its cells, the position after its line end, and its faults."""
    cells: list[str] = []
    faults: list[CsvFault] = []
    start = position
    while True:
        begin = position
        cell, position, fault = _cell(text, position)
        cells.append(cell)
        if fault:
            faults.append(CsvFault(line + text.count("\n", start, begin), len(cells), fault))
        if position >= len(text) or text[position] == "\n":
            return cells, position + 1, faults
        position += 1


def _cell(text: str, position: int) -> tuple[str, int, str | None]:
    """Read one cell; return it, the position of what ends it, and what is wrong with its quotation marks."""
    quoted = _QUOTED.match(text, position)
    if quoted:
        rest = _TO_END_OF_CELL.match(text, quoted.end())
        value = quoted[1].replace('""', '"')
        if rest and rest[0].strip():
            message = "text stands after the closing quotation mark; double every mark inside the cell"
            return value + rest[0], rest.end(), message
        return value, rest.end() if rest else quoted.end(), None
    if text.startswith('"', position):
        return (
            text[position + 1 :],
            len(text),
            "the quotation mark is never closed; close the cell with another",
        )
    plain = _TO_END_OF_CELL.match(text, position)
    value = plain[0] if plain else ""
    if '"' in value:
        message = "a quotation mark stands inside; put the whole cell in quotation marks and double those inside"
        return value, position + len(value), message
    return value, position + len(value), None
