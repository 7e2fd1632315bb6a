"""A fact table's CSV becomes rows of read cells, and every cell that cannot be read is named with its place."""

import difflib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from app.content.cells import TABLES
from app.content.csv_reader import Record, cell_number, records
from app.content.numerals import shorten
from app.content.text import decode
from app.content.values import Problem


@dataclass(slots=True)
class Table:
    """The rows of one fact table.

    `complete` is False where a line gave no row; `broken` is True where a quotation mark may have eaten lines;
    `misheaded` is True where a name of the header is wrong, so that a column which is not there may stand below it.
    """

    name: str
    path: str
    columns: dict[str, int] = field(default_factory=dict)
    rows: list["Row"] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)
    complete: bool = True
    broken: bool = False
    misheaded: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One row: `values` holds the filled cells that could be read, by column; a cell in doubt is not there."""

    table: Table
    line: int
    values: dict[str, Any]

    @property
    def id(self) -> str:
        """The row's id, or its line where it has none."""
        return str(self.values.get("id", f"in line {self.line}"))

    def in_doubt(self, column: str) -> bool:
        """Say whether the emptiness of a cell says nothing: it was refused, or its column may be misspelt."""
        if column not in self.table.columns:
            return self.table.misheaded
        return any(problem.line == self.line and problem.field == column for problem in self.table.problems)

    def problem(self, column: str | None, message: str) -> Problem:
        """Return a problem of this row, at a column where one is to blame."""
        number = self.table.columns.get(column) if column else None
        return Problem(path=self.table.path, line=self.line, column=number, field=column, message=message)


def read_table(name: str, path: str, data: bytes) -> Table:
    """Return the fact table `name` with its rows and problems; never raises, whatever the bytes."""
    table = Table(name, path)
    text, text_faults = decode(data)
    found, csv_faults = records(text)
    for bad in text_faults:
        column = cell_number(text, found, bad.line, bad.column)
        table.problems.append(Problem(path=path, line=bad.line, column=column, message=bad.message))
    for fault in csv_faults:
        table.problems.append(Problem(path=path, line=fault.line, column=fault.column, message=fault.message))
    if not found or not _read_header(table, found[0]):
        if not table.problems:
            message = f"the header is missing; begin with the line {','.join(_needed_names(name))}"
            table.problems.append(Problem(path=path, line=1, message=message))
        table.complete = False
        return table
    for record in found[1:]:
        _read_row(table, record, len(found[0].cells))
    return table


def _needed_names(name: str) -> list[str]:
    return [column for column, spec in TABLES[name].items() if spec.in_header]


def _read_header(table: Table, header: Record) -> bool:
    """Take the columns from the header; return False where the rows cannot be read by it."""
    if header.broken:
        return False
    line = ",".join(header.cells)
    for sign, word in ((";", "semicolons"), ("\t", "tabs")):
        if sign in line:
            message = f"the cells are separated by {word}; save the file as CSV with commas"
            table.problems.append(Problem(path=table.path, line=1, message=message))
            return False
    if not any(header.cells):
        return False
    found = list(_header_problems(table, header))
    table.problems.extend(found)
    table.misheaded = bool(found)
    return True


def _header_problems(table: Table, header: Record) -> Iterator[Problem]:
    meant = set()
    for number, name in enumerate(header.cells, 1):
        message = None
        if name in table.columns:
            message = f"is in the header twice (first in cell {table.columns[name]}); remove one of the columns"
        elif name not in TABLES[table.name]:
            near = difflib.get_close_matches(name, TABLES[table.name], 1) if name else []
            meant.update(near)
            message = _unknown_column(table.name, name, near)
        else:
            table.columns[name] = number
        if message:
            field_name = shorten(name) or None
            yield Problem(path=table.path, line=1, column=number, field=field_name, message=message)
    for name in _needed_names(table.name):
        if name not in table.columns and name not in meant:  # a misspelt one is told once, where it stands
            yield Problem(path=table.path, line=1, field=name, message="is missing in the header; add the column")


def _unknown_column(table: str, name: str, near: list[str]) -> str:
    if not name:
        return "a cell of the header is empty; name the column or remove it"
    advice = f"write {near[0]}, or remove the column" if near else "remove it or correct its name"
    return f"is not a column of {table}.csv; {advice}"


def _read_row(table: Table, record: Record, width: int) -> None:
    """Read the cells of one record into a row; a record of the wrong width gives a problem and no row."""
    row = Row(table, record.line, {})
    number = table.columns.get("id", 0)
    if 0 < number <= len(record.cells):
        table.ids.add(record.cells[number - 1])
    if record.broken:
        table.complete, table.broken = False, True
        return
    if len(record.cells) != width:
        table.complete = False
        table.problems.append(row.problem(None, _width_message(record, width)))
        return
    for name, number in table.columns.items():
        spec, cell = TABLES[table.name][name], record.cells[number - 1]
        if not cell:
            if spec.filled:
                table.problems.append(row.problem(name, "is empty; every row needs it"))
            continue
        try:
            row.values[name] = spec.read(cell)
        except ValueError as error:
            table.problems.append(row.problem(name, str(error)))
    table.rows.append(row)


def _width_message(record: Record, width: int) -> str:
    if not any(record.cells) and len(record.cells) == 1:
        return "the line is empty; remove it"
    count = len(record.cells)
    advice = "put a cell that holds a comma in quotation marks" if count > width else "add the empty cells"
    return f"has {count} cells where the header has {width}; {advice}"
