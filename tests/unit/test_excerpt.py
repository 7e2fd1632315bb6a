"""The line that a problem names, and the caret under the place in it."""

import pytest

from app.content.excerpt import LONGEST, excerpt
from app.content.values import Problem


def carets(data: bytes, path: str, line: int | None, column: int | None) -> tuple[str, str] | None:
    """Return the line and what the carets stand under, or None."""
    found = excerpt(data, Problem(path=path, line=line, column=column, message="wrong"))
    if found is None:
        return None
    start, end = found.caret.find("^"), len(found.caret)
    return found.text, found.text[start:end] if found.caret else ""


def test_a_cell_of_a_table_is_found_by_its_number() -> None:
    data = b'id,what\n1,"a, ""b"" and c",last\n2,,x'
    assert carets(data, "t.csv", 2, 2) == ('1,"a, ""b"" and c",last', '"a, ""b"" and c"')
    assert carets(data, "t.csv", 2, 3) == ('1,"a, ""b"" and c",last', "last")
    assert carets(data, "t.csv", 3, 2) == ("2,,x", ",")  # nothing stands there: one caret


def test_a_cell_on_a_later_line_of_its_record_has_no_caret() -> None:
    data = b'1,"two\nlines",after'
    assert carets(data, "t.csv", 1, 2) == ('1,"two', '"two')
    assert carets(data, "t.csv", 1, 3) == ('1,"two', "")
    assert carets(data, "t.csv", 1, 9) == ('1,"two', "")


def test_other_files_are_told_by_the_character() -> None:
    assert carets(b"a:\r\n\tb: c", "course.yaml", 2, 2) == (" b: c", "b")
    assert carets(b"a: b", "course.yaml", 1, None) == ("a: b", "")


def test_a_long_line_is_cut_around_the_place() -> None:
    line = b",".join(b"%04d" % number for number in range(90))
    shown, marked = carets(line, "t.csv", 1, 50) or ("", "")
    assert marked == "0049"
    assert shown.startswith("…")
    assert shown.endswith("…")
    assert len(shown) <= LONGEST + 2
    cell, marked = carets(b"x" * 400, "t.csv", 1, 1) or ("", "")
    assert (len(cell), marked) == (LONGEST + 1, "x" * LONGEST)


@pytest.mark.parametrize(("line", "column"), [(None, None), (1, 1), (7, 1)])
def test_what_names_no_line_shows_none(line: int | None, column: int | None) -> None:
    assert excerpt(b"\nnext", Problem(path="a.md", line=line, column=column, message="wrong")) is None


def test_any_bytes_are_shown_as_text() -> None:
    assert carets(b"\x00\xff\xfe,b", "t.csv", 1, 2) == ("\ufffd\ufffd,b", "b")
