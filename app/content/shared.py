"""What courses share: facts that must say the same wherever they stand, and certifications that require another."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final

from app.content.cells import RANGES
from app.content.draft import Draft
from app.content.numerals import number_text, shorten
from app.content.tables import Row
from app.content.values import Problem

# The columns that an item asks, by table: rows of one fact agree in them. A step's procedure and a condition's
# devices and procedures belong to the course, not to the fact.
_ASKED: Final = {
    "settings": (
        "device",
        "procedure",
        "skin_type_min",
        "skin_type_max",
        "decision",
        *(column for name in ("fluence", "pulse", "spot", "pulse_energy") for column in RANGES[name]),
    ),
    "contraindications": ("condition", "action", "defer_days"),
    "procedure": ("step", "safety_critical"),
    "statements": ("prompt", "correct"),
}
_NOT_GIVEN: Final = {"safety_critical": False}


def fact_problems(drafts: Sequence[Draft], *, of: Collection[str] | None = None) -> Iterator[Problem]:
    """Return rows of one fact that differ in a column that an item asks, at the later row.

    `drafts` are in order; `of` names the courses to report on: where the later row stands in another one, the
    earlier row has the problem.
    """
    seen: dict[tuple[str, str], list[tuple[Draft, Row]]] = defaultdict(list)
    for draft in drafts:
        for name, table in draft.tables.items():
            for row in table.rows:
                if "fact" not in row.values:
                    continue
                others = seen[name, row.values["fact"]]
                yield from _conflict((draft, row), others, of)
                others.append((draft, row))


def circle_problems(drafts: Mapping[str, Draft], of: Collection[str]) -> Iterator[Problem]:
    """Return each required certification that requires, by way of others, its own course."""
    needs = {name: _required(draft) for name, draft in drafts.items()}
    for name in sorted(of):
        draft = drafts[name]
        for path, other in draft.course.spread("scheme", "requires", "certifications", "*"):
            way = _way(other, name, needs) if isinstance(other, str) else None
            if way is not None:
                chain = " requires ".join([name, *way])
                yield draft.course.problem(path, f"the certifications require each other: {chain}; break the circle")


def _conflict(
    later: tuple[Draft, Row], others: Sequence[tuple[Draft, Row]], of: Collection[str] | None
) -> Iterator[Problem]:
    for earlier in others:
        column = _difference(later[1], earlier[1])
        if column is None:
            continue
        told, other = later, earlier
        if of is not None and later[0].id not in of:
            told, other = earlier, later
        if of is None or told[0].id in of:
            yield _fact_problem(told, other, column)
        return


def _fact_problem(told: tuple[Draft, Row], other: tuple[Draft, Row], column: str) -> Problem:
    draft, row = told
    where = "" if draft.id == other[0].id else f"{other[0].path('')}facts/"
    place = f"row {other[1].id} ({where}{row.table.name}.csv, line {other[1].line})"
    says, said = _shown(row, column), _shown(other[1], column)
    message = (
        f"fact {row.values['fact']} says {says} here and {said} in {place}; correct one, or give it another fact id"
    )
    return row.problem(column, message)


def _difference(row: Row, other: Row) -> str | None:
    """Return the first asked column in which two rows differ; a cell that could not be read says nothing."""
    for column in _ASKED[row.table.name]:
        values = [_value(one, column) for one in (row, other)]
        if values[0] != values[1] and not any(_unread(one, column) for one in (row, other)):
            return column
    return None


def _value(row: Row, column: str) -> Any:
    value = row.values.get(column, _NOT_GIVEN.get(column))
    return " ".join(value.split()) if isinstance(value, str) else value


def _unread(row: Row, column: str) -> bool:
    return column not in row.values and row.in_doubt(column)


def _shown(row: Row, column: str) -> str:
    value = _value(row, column)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return number_text(value)
    return shorten(value) if value else "nothing"


def _required(draft: Draft) -> list[str]:
    named = draft.course.spread("scheme", "requires", "certifications", "*")
    return [value for _, value in named if isinstance(value, str)]


def _way(start: str, goal: str, needs: Mapping[str, Sequence[str]]) -> list[str] | None:
    """Return the shortest way from one course to another by what they require, both ends included."""
    ways = [[start]]
    seen = {start}
    while ways:
        way = ways.pop(0)
        if way[-1] == goal:
            return way
        for other in needs.get(way[-1], ()):
            if other not in seen:
                seen.add(other)
                ways.append([*way, other])
    return None
