"""The line of a file that a problem names, cut to what fits a screen, and a caret under the place in it."""

from dataclasses import dataclass
from typing import Final

from app.content.csv_reader import cell_span
from app.content.text import decode
from app.content.values import Problem

BEFORE: Final = 32  # characters shown in front of the place
LONGEST: Final = 96


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A piece of a line, and a line of blanks and carets to stand under it; no carets where the place is not known."""

    text: str
    caret: str


def excerpt(data: bytes, problem: Problem) -> Excerpt | None:
    """Return the line that a problem names in the bytes of its file; None where it names none, or it is empty."""
    text, _ = decode(data)
    lines = text.split("\n")
    if problem.line is None or problem.line > len(lines) or not lines[problem.line - 1].strip():
        return None
    line = lines[problem.line - 1].replace("\t", " ")
    span = _span(text, problem)
    start, end = span or (0, 0)
    first = max(0, start - BEFORE) if len(line) > LONGEST else 0
    last = min(len(line), first + LONGEST)
    shown = f"{'…' if first else ''}{line[first:last]}{'…' if last < len(line) else ''}"
    blanks = start - first + bool(first)
    return Excerpt(shown, " " * blanks + "^" * max(1, min(end, last) - start) if span else "")


def _span(text: str, problem: Problem) -> tuple[int, int] | None:
    """Return where in its line a problem is: a cell of a CSV file, or a character of any other."""
    if problem.line is None or problem.column is None:
        return None
    if problem.path.endswith(".csv"):
        return cell_span(text, problem.line, problem.column)
    return problem.column - 1, problem.column
