"""What the database itself says that it reads for the status board of one clinic, on both engines."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Any

import sqlalchemy as sa

from app import clock
from app.db import Database
from app.reports.board import status_board

Asked = tuple[str, Any]
# Tables that grow with an organisation; by how many rows of each a clinic is told from the rest.
OF_CLINIC = {
    "role_grant": "SELECT count(*) FROM role_grant WHERE clinic_id = :clinic",
    "account": "SELECT count(*) FROM role_grant WHERE clinic_id = :clinic",
    "certification": "SELECT count(*) FROM certification WHERE account_id IN"
    " (SELECT account_id FROM role_grant WHERE clinic_id = :clinic)",
    "certification_event": "SELECT count(*) FROM certification_event JOIN certification"
    " ON certification.id = certification_id WHERE account_id IN"
    " (SELECT account_id FROM role_grant WHERE clinic_id = :clinic)",
}
ROWS_READ = """SELECT relname, coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0)
FROM pg_stat_xact_user_tables"""
BESIDE = 20  # rows beside them: who signed the edition in force, and what the planner itself looks up
SEARCH = re.compile(
    r"^(SEARCH|SCAN) (\w+)(?: USING (?:COVERING |AUTOMATIC )*(?:INDEX \w+|INTEGER PRIMARY KEY) \((.*)\))?"
)


def of_board(
    database: Database, organisation_id: int, clinic_id: int, day: date, *, few: bool = False
) -> tuple[list[str], list[str]]:
    """Return what the board of a clinic reads, in words, and what of it is not the clinic's.

    A table of a `few` rows PostgreSQL rather reads whole: a row then costs as much as if there were very many.
    """
    asked = list(_asked(database, organisation_id, clinic_id, day))
    with database.engine.connect() as connection:
        mine = {
            table: connection.execute(sa.text(query), {"clinic": clinic_id}).scalar_one()
            for table, query in OF_CLINIC.items()
        }
        if database.engine.dialect.name == "postgresql":
            return _judged_rows(connection, asked, mine, few=few)
        return _judged_searches(connection, asked)


def _asked(database: Database, organisation_id: int, clinic_id: int, day: date) -> Iterator[Asked]:
    """Yield the statements of a board, as the driver gets them."""
    found: list[Asked] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        found.append((statement, parameters))

    sa.event.listen(database.engine, "before_cursor_execute", note)
    with database.session() as session:
        status_board(session, organisation_id=organisation_id, within=[clinic_id], day=day, known_at=clock.now())
    sa.event.remove(database.engine, "before_cursor_execute", note)
    yield from found


def _judged_rows(
    connection: sa.Connection, asked: list[Asked], mine: dict[str, int], *, few: bool
) -> tuple[list[str], list[str]]:
    """PostgreSQL runs each statement, and counts the rows that it took from a table, those that it threw away included."""
    scanned = set[str]()
    if few:
        connection.exec_driver_sql("SET LOCAL cpu_tuple_cost = 100")
    before = _rows_read(connection)
    for statement, parameters in asked:
        plan = connection.exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", parameters).scalar_one()
        scanned |= {node["Relation Name"] for node in _nodes(plan[0]["Plan"]) if node["Node Type"] == "Seq Scan"}
    read = _rows_read(connection)
    read.subtract(before)
    words = ", ".join(f"{read[table]} of {table} (the clinic has {number})" for table, number in mine.items())
    wrong = [f"every row of {table} is read" for table in sorted(scanned & mine.keys())]
    for table, number in mine.items():
        if not 0 < read[table] <= number + BESIDE:
            wrong.append(f"{read[table]} rows of {table} are read, and the clinic has {number}")
    return [f"the board of one clinic reads rows: {words}"], wrong


def _rows_read(connection: sa.Connection) -> Counter[str]:
    """Return how many rows of each table this transaction took so far."""
    return Counter({row[0]: row[1] for row in connection.exec_driver_sql(ROWS_READ)})


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for each in node.get("Plans", ()):
        yield from _nodes(each)


def _judged_searches(connection: sa.Connection, asked: list[Asked]) -> tuple[list[str], list[str]]:
    """SQLite tells by which columns it looks into a table: a clinic's, a person's, a certification's, or too few."""
    how: dict[str, set[str]] = {table: set() for table in OF_CLINIC}
    for statement, parameters in asked:
        for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters):
            found = SEARCH.match(row[3])
            if found and found[2] in how:
                how[found[2]].add(found[3] or found[1])
    words = "; ".join(f"{table} by {', '.join(sorted(by))}" for table, by in how.items())
    wrong = [
        f"{table} is read by {by}"
        for table, every in how.items()
        for by in every or {"nothing"}
        if not re.search(r"clinic_id=|account_id=|certification_id=|rowid=|\bid=", by)
    ]
    return [f"the board of one clinic searches {words}"], wrong
