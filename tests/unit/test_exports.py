"""Exports as files: no cell of a CSV can start a formula, nothing is lost, and JSON Lines are exact."""

import csv
import io
import json
import re
import unicodedata
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.reports.formats import CHUNK, Format, file_name, safe_cell, written

SIGNS = set("=+-@\u2212")
# Half of the time from what is dangerous or begins a cell, so that combinations of it are really tried.
NASTY = st.text(alphabet="=+-@\uff1d\uff0b\uff0d\uff20\ufe66\u207b\t\r\n\x00 \u00a0\u200b\ufeff;,\"'aZ0|", max_size=12)
ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
TEXTS = st.one_of(NASTY, ANY)
ROWS = st.lists(st.tuples(TEXTS, TEXTS, TEXTS), max_size=5)
INVISIBLE = {"Cc", "Cf", "Zs", "Zl", "Zp"}


def starts_formula(cell: str) -> bool:
    """Tell whether a spreadsheet could take a cell for a formula, whatever invisible stands before its sign."""
    if cell[:1] in {"\t", "\r", "\n", "\x00"}:
        return True
    shown = "".join(char for char in cell if unicodedata.category(char) not in INVISIBLE and char != '"')
    return unicodedata.normalize("NFKC", shown[:1])[:1] in SIGNS if shown else False


def original(cell: str) -> str:
    """Take the guarding apostrophes away, as the page documents it."""
    skipped = r"[\s\x00-\x1f\x7f-\x9f\"'\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]*"
    signs = r"[=+\-@\uff1d\uff0b\uff0d\uff20\ufe66\u207b]"
    return re.sub(rf"(?:\A|(?<=[;\t\r\n]))'(?={skipped}{signs})|\A'(?='*[\x00-\x1f])", "", cell)


def as_csv(rows: list[tuple[str, ...]]) -> str:
    return b"".join(written(rows, ["one", "two", "three"], Format.CSV)).decode()


def read_csv(text: str, delimiter: str = ",") -> list[list[str]]:
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=delimiter))


@settings(max_examples=100)
@given(ROWS)
def test_no_cell_can_start_a_formula(rows: list[tuple[str, ...]]) -> None:
    assert [cell for row in read_csv(as_csv(rows)) for cell in row if starts_formula(cell)] == []


@settings(max_examples=100)
@given(ROWS, st.sampled_from(";\t"))
def test_no_cell_can_start_a_formula_for_a_reader_with_another_separator(
    rows: list[tuple[str, ...]], separator: str
) -> None:
    found = [cell for row in read_csv(as_csv(rows), separator) for cell in row]
    # A line break that begins a cell here was one within a cell there; what follows it is guarded.
    assert [cell for cell in found if starts_formula(cell.lstrip("\r\n\t\x00"))] == []


@settings(max_examples=100)
@given(st.lists(st.tuples(NASTY, NASTY, NASTY), max_size=5))
def test_every_text_comes_back_once_the_apostrophes_are_taken_away(rows: list[tuple[str, ...]]) -> None:
    header, *read = read_csv(as_csv(rows))
    assert header == ["one", "two", "three"]
    assert [tuple(original(cell) for cell in row) for row in read] == rows


def test_every_cell_is_quoted_and_a_spreadsheet_is_told_the_encoding() -> None:
    assert as_csv([("ü", "b", 'c"')]) == '\ufeff"one","two","three"\r\n"ü","b","c"""\r\n'


@given(st.lists(st.tuples(ANY, ANY, ANY), max_size=5))
def test_a_csv_keeps_its_rows_and_cells(rows: list[tuple[str, ...]]) -> None:
    assert [len(row) for row in read_csv(as_csv(rows))] == [3] * (len(rows) + 1)


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("-5", "'-5"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("  +41 44", "'  +41 44"),
        ("\t=1", "'\t'=1"),
        ("\rx", "'\rx"),
        ("\uff1d1", "'\uff1d1"),
        ("'=1", "''=1"),
        ('"=1', "'\"=1"),
        ("Berg; =cmd", "Berg;' =cmd"),
        ("one\n-two", "one\n'-two"),
        ("'t Hart", "'t Hart"),
        ("Berg-Lund", "Berg-Lund"),
        ("2026-11-22", "2026-11-22"),
        ("", ""),
    ],
)
def test_a_guarded_cell_keeps_its_text(text: str, cell: str) -> None:
    assert safe_cell(text) == cell


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (None, ""),
        (True, "yes"),
        (False, "no"),
        (7, "7"),
        (-7, "'-7"),
        (["Riverside", "Hafen"], "Riverside; Hafen"),
        (["Riverside", "=Hafen"], "Riverside;' =Hafen"),
        ({"b": 1, "a": "ü"}, '{"a":"ü","b":1}'),
    ],
)
def test_every_kind_of_value_has_its_text(value: Any, cell: str) -> None:
    assert safe_cell(value) == cell


@given(st.lists(st.tuples(TEXTS, st.none() | st.booleans() | st.integers(), st.lists(TEXTS)), max_size=5))
def test_json_lines_are_exact(rows: list[tuple[Any, ...]]) -> None:
    data = b"".join(written(rows, ["one", "two", "three"], Format.JSONL))
    lines = data.split(b"\n")
    assert lines.pop() == b""
    assert [tuple(json.loads(line).values()) for line in lines] == rows


@pytest.mark.parametrize("form", Format)
def test_a_file_leaves_in_pieces(form: Format) -> None:
    row = ("a" * 100, "b" * 100, "c" * 100)
    pieces = list(written((row for _ in range(2000)), ["one", "two", "three"], form))
    assert len(pieces) > 5
    assert all(len(piece) < CHUNK + 1000 for piece in pieces)


@pytest.mark.parametrize("edition", ['a"b; x', "\u202eab", "ሴ", "a\u2028b", "2027.1\r\nX: y"])
def test_the_name_of_a_file_fits_in_a_header(edition: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9._-]+\.csv", file_name(f"impact-{edition}", Format.CSV))


def test_a_plain_name_stays() -> None:
    assert file_name("impact-skin-tightening-2027.1", Format.JSONL) == "impact-skin-tightening-2027.1.jsonl"
