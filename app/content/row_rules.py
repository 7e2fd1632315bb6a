"""What a row of a fact table may not say, alone or beside the other rows of its table."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Final

from app.content.cells import RANGES
from app.content.generate.wording import same
from app.content.numerals import number_text, shorten
from app.content.tables import Row, Table
from app.content.values import Problem

_FIGURES: Final = tuple(column for pair in RANGES.values() for column in pair)
_WRONG: Final = ("wrong_1", "wrong_2", "wrong_3")


def row_problems(tables: Mapping[str, Table], read_sources: Mapping[str, bool] | None) -> Iterator[Problem]:
    """Return what the rows of a course's tables may not say; `read_sources` tells which sources were opened."""
    rules = {
        "settings": _settings,
        "contraindications": _contraindications,
        "procedure": _steps,
        "statements": _statements,
    }
    for name, table in tables.items():
        yield from _repeated_ids(table)
        for row in table.rows:
            yield from _sources(row, read_sources or {})
        yield from rules[name](table)


def _repeated_ids(table: Table) -> Iterator[Problem]:
    first: dict[str, Row] = {}
    for row in table.rows:
        if "id" in row.values and first.setdefault(row.id, row) is not row:
            message = f"{row.id} is the id of the row in line {first[row.id].line} too; give this row another"
            yield row.problem("id", message)


def _sources(row: Row, read: Mapping[str, bool]) -> Iterator[Problem]:
    """Check that a row's standing is one that its sources can carry."""
    standing, sources = row.values.get("standing"), row.values.get("sources", ())
    unread = [source for source in sources if not read.get(source, True)]
    if standing == "cited" and not sources and "sources" in row.table.columns and not row.in_doubt("sources"):
        yield row.problem("sources", "is empty; a cited row names the sources in which its figures were read")
    elif standing == "cited" and unread:
        advice = "read it and write `read: yes`, or give the row the standing protocol or draft"
        yield row.problem("sources", f"{unread[0]} was not read (`read: no`), so no cited row may name it; {advice}")
    elif standing == "protocol" and sources and len(unread) == len(sources):
        advice = "add a source that was read, remove these, or give the row the standing draft"
        yield row.problem("sources", f"nobody read {', '.join(unread)} (`read: no`); {advice}")


def _settings(table: Table) -> Iterator[Problem]:
    for row in table.rows:
        low, high = row.values.get("skin_type_min"), row.values.get("skin_type_max")
        if low is not None and high is not None and low > high:
            message = f"{low} is above skin_type_max {high}; swap them or correct one"
            yield row.problem("skin_type_min", message)
        for pair in RANGES.values():
            yield from _range(row, *pair)
        given = [column for column in _FIGURES if column in row.values]
        if row.values.get("decision") == "not_allowed" and given:
            advice = "empty its cells, or correct the decision"
            yield row.problem(given[0], f"a not_allowed row has no figures; {advice}")
    yield from _overlaps(table)


def _range(row: Row, low_column: str, high_column: str) -> Iterator[Problem]:
    low, high = row.values.get(low_column), row.values.get(high_column)
    if low is not None and high is not None:
        if low > high:
            message = f"{number_text(low)} is above {high_column} {number_text(high)}; swap them or correct one"
            yield row.problem(low_column, message)
        return
    for given, empty in ((low_column, high_column), (high_column, low_column)):
        if given in row.values and not row.in_doubt(empty):
            message = f"is not given, but {given} is {number_text(row.values[given])}; give both or neither"
            yield row.problem(empty, message)


def _overlaps(table: Table) -> Iterator[Problem]:
    """Check that rows of one device and procedure share no skin type."""
    groups: dict[tuple[str, str], list[Row]] = defaultdict(list)
    needed = {"device", "procedure", "skin_type_min", "skin_type_max"}
    for row in table.rows:
        if not needed <= row.values.keys():
            continue
        low, high = row.values["skin_type_min"], row.values["skin_type_max"]
        group = groups[row.values["device"], row.values["procedure"]]
        for earlier in group:
            if low <= earlier.values["skin_type_max"] and earlier.values["skin_type_min"] <= high:
                message = (
                    f"skin types {low}–{high} overlap those of row {earlier.id} in line {earlier.line} "
                    "(same device and procedure); let every skin type stand in one row"
                )
                yield row.problem("skin_type_min", message)
                break
        group.append(row)


def _contraindications(table: Table) -> Iterator[Problem]:
    for row in table.rows:
        action, days = row.values.get("action"), row.values.get("defer_days")
        if action == "defer" and days is None and not row.in_doubt("defer_days"):
            yield row.problem("defer_days", "is empty; a row that defers says for how many days, 0 until resolved")
        if action is not None and action != "defer" and days is not None:
            yield row.problem("defer_days", f"is given although the action is {action}; empty it, or write defer")
        if action == "treat_with_precautions" and row.values.get("decided_by") == "clinician":
            advice = "write the action refer, or let the technician decide"
            yield row.problem("decided_by", f"a clinician's decision is not a treatment with precautions; {advice}")


def _steps(table: Table) -> Iterator[Problem]:
    rows = {row.values["id"]: row for row in table.rows if "id" in row.values}
    for row in table.rows:
        for name in row.values.get("after", ()):
            earlier = rows.get(name)
            if name not in table.ids and "id" in table.columns and not table.broken:
                yield row.problem("after", f"{name} is not a step of procedure.csv; correct the id, or add the step")
            elif earlier and _differ(row, earlier):
                other = earlier.values["procedure"]
                yield row.problem("after", f"{name} is a step of {other}; name steps of the same procedure only")
    yield from _cycles(rows)


def _differ(row: Row, other: Row) -> bool:
    both = "procedure" in row.values and "procedure" in other.values
    return both and row.values["procedure"] != other.values["procedure"]


def _cycles(rows: Mapping[str, Row]) -> Iterator[Problem]:
    """Check that no step comes before itself: one problem for each circle, at its last row."""
    reach = {name: _steps_before(name, rows) for name in rows}
    seen: set[str] = set()
    for name in rows:
        if name not in reach[name] or name in seen:
            continue
        circle = [other for other in rows if other in reach[name] and name in reach[other]]
        seen.update(circle)
        last = max((rows[other] for other in circle), key=lambda row: row.line)
        others = ", ".join(f"{other} in line {rows[other].line}" for other in circle if rows[other] is not last)
        message = f"the step comes before itself, by way of {others}" if others else "the step names itself"
        yield last.problem("after", f"{message}; break the circle")


def _steps_before(name: str, rows: Mapping[str, Row]) -> set[str]:
    """Return all steps that must come before a step, transitively."""
    before: set[str] = set()
    waiting = [name]
    while waiting:
        for earlier in rows[waiting.pop()].values.get("after", ()):
            if earlier in rows and earlier not in before:
                before.add(earlier)
                waiting.append(earlier)
    return before


def _statements(table: Table) -> Iterator[Problem]:
    for row in table.rows:
        if row.values.get("critical") and row.values.get("standing") == "draft":
            advice = "have it confirmed first, or write no"
            yield row.problem("critical", f"a draft statement cannot be critical; {advice}")
        correct = same(row.values["correct"]) if "correct" in row.values else None
        for column in _WRONG:
            wrong = row.values.get(column)
            if correct is not None and wrong is not None and same(wrong) == correct:
                message = f"{shorten(wrong)} is the correct answer too, but for case, space and punctuation"
                yield row.problem(column, f"{message}; write an answer that is wrong")
