"""The state of certifications on a day in plain SQL: the words of the design as sets, with no fold; for both engines.

Fluence asks SQL for no state: it reads rows and folds them. This is the second way to the same answer.
"""

from collections.abc import Collection
from datetime import date, datetime
from typing import NamedTuple

import sqlalchemy as sa

from app.db import Instant

# What the SQL can be made to overlook, so that it is seen that the comparison sees it.
DEFECTS = ("grace", "known", "lifts", "recall", "lapse")
JSON = {
    "sqlite": {
        "cells": "json_each(CASE WHEN json_type(of.cells) = 'array' THEN of.cells ELSE '[]' END) AS one",
        "cell": "json_extract(one.value, '$.{}')",
        "requires": "json_each(json_extract(of.scheme, '$.requires')) AS one",
        "course": "json_extract(one.value, '$.course')",
    },
    "postgresql": {
        "cells": "json_array_elements(CASE WHEN json_typeof(of.cells) = 'array' THEN of.cells ELSE '[]' END) AS one",
        "cell": "(one ->> '{}')",
        "requires": "json_array_elements(of.scheme -> 'requires') AS one",
        "course": "(one ->> 'course')",
    },
}
WHOLE = "coalesce(CAST(of.cells AS TEXT), 'null') = 'null'"
GRANTS = "kind IN ('issued', 'renewed')"


class Told(NamedTuple):
    """What is compared: the state, whether a renewal is due, and how many cells are in force."""

    state: str
    due: bool
    in_force: int


def prepare(connection: sa.Connection, certification_ids: Collection[int]) -> None:
    """Make the temporary table of the certifications asked about: all of those who hold these."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("SET LOCAL jit = off"))  # it would compile every step anew, for longer than it runs
    for name in ("asked", "sampled"):
        connection.execute(sa.text(f"CREATE TEMPORARY TABLE {name} (id BIGINT PRIMARY KEY)"))
    rows = [{"id": one} for one in certification_ids]
    connection.execute(sa.text("INSERT INTO sampled (id) VALUES (:id)"), rows)
    connection.execute(
        sa.text(
            "INSERT INTO asked SELECT id FROM certification WHERE (organisation_id, account_id) IN "
            "(SELECT organisation_id, account_id FROM certification JOIN sampled USING (id))"
        )
    )
    words = JSON[connection.dialect.name]
    connection.execute(
        sa.text(
            f"CREATE TEMPORARY TABLE needs AS SELECT of.id AS cid, of.organisation_id, of.account_id, {words['course']} "
            f"AS course FROM asked JOIN certification AS of ON of.id = asked.id, {words['requires']}"
        )
    )
    connection.execute(sa.text("CREATE INDEX needs_cid ON needs (cid)"))
    for name in ("asked", "sampled", "needs"):
        connection.execute(sa.text(f"ANALYZE {name}"))
    connection.execute(
        sa.text("CREATE TEMPORARY TABLE moment (day DATE, known_at TIMESTAMP WITH TIME ZONE)")
        if connection.dialect.name == "postgresql"
        else sa.text("CREATE TEMPORARY TABLE moment (day DATE, known_at DATETIME)")
    )


def states(connection: sa.Connection, day: date, known_at: datetime, *, forget: str = "") -> dict[int, Told]:
    """Return what each certification asked about is on a day, as known at an instant; `forget` is one of DEFECTS."""
    connection.execute(sa.text("DELETE FROM moment"))
    asked = sa.text("INSERT INTO moment VALUES (:day, :known_at)")
    connection.execute(
        asked.bindparams(sa.bindparam("day", type_=sa.Date), sa.bindparam("known_at", type_=Instant)),
        {"day": day, "known_at": known_at},
    )
    for statement in _steps(connection.dialect.name, forget):
        connection.execute(sa.text(statement))
        if statement.startswith("CREATE TEMPORARY TABLE") and connection.dialect.name == "postgresql":
            connection.execute(sa.text(f"ANALYZE {statement.split()[3]}"))
    while forget != "lapse" and connection.execute(sa.text(LAPSE)).rowcount:
        pass  # what rested on one that has just lapsed lapses as well
    rows = connection.execute(sa.text(ANSWER)).all()
    for name in ("told", "named", "granted", "held", "own"):
        connection.execute(sa.text(f"DROP TABLE {name}"))
    return {row[0]: Told(row[1], bool(row[2]), row[3]) for row in rows}


def _steps(dialect: str, forget: str) -> list[str]:
    """Return the statements that make: events by what is known, their cells, granted cells, held ones, states."""
    words = JSON[dialect]
    cell = " || '|' || ".join(
        f"CAST({words['cell'].format(one)} AS TEXT)" for one in ("procedure", "device", "skin_type")
    )
    known = "TRUE" if forget == "known" else "of.recorded_at <= moment.known_at"
    return [
        f"""CREATE TEMPORARY TABLE told AS
        SELECT of.id, of.certification_id AS cid, of.kind, of.effective_on, of.first_on, of.last_on, of.grace_last_on,
               of.due_from_on, of.lifts_id, {WHOLE} AS of_all,
               row_number() OVER (PARTITION BY of.certification_id
                                  ORDER BY of.effective_on, of.recorded_at, of.id) AS place,
               row_number() OVER (PARTITION BY of.certification_id ORDER BY of.recorded_at, of.id) AS known
        FROM certification_event AS of JOIN asked ON asked.id = of.certification_id, moment
        WHERE {known} AND of.effective_on <= moment.day""",
        "CREATE INDEX told_cid ON told (cid, kind)",
        f"""CREATE TEMPORARY TABLE named AS
        SELECT of.id AS event_id, {cell} AS cell
        FROM told JOIN certification_event AS of ON of.id = told.id, {words["cells"]}""",
        "CREATE INDEX named_event ON named (event_id, cell)",
        GRANTED,
        "CREATE INDEX granted_cid ON granted (cid)",
        _held_cells(words, cell, forget),
        "CREATE INDEX held_cid ON held (cid, cell)",
        _own(forget),
        "CREATE INDEX own_id ON own (id)",
    ]


# The cells of the last grant and of what practice added after it, less every reduction that was recorded after both.
GRANTED = f"""CREATE TEMPORARY TABLE granted AS
WITH last AS (SELECT cid, max(place) AS place FROM told WHERE {GRANTS} AND NOT of_all GROUP BY cid),
granting AS (
    SELECT told.* FROM told LEFT JOIN last ON last.cid = told.cid
    WHERE ({GRANTS} AND told.place = last.place)
       OR (kind = 'scope_extended' AND told.place > coalesce(last.place, 0))
)
SELECT DISTINCT granting.cid, named.cell FROM granting JOIN named ON named.event_id = granting.id
WHERE NOT EXISTS (
    SELECT 1 FROM told AS cut
    WHERE cut.cid = granting.cid AND cut.kind = 'scope_reduced'
      AND NOT EXISTS (SELECT 1 FROM named AS left_over WHERE left_over.event_id = cut.id AND left_over.cell = named.cell)
      AND NOT EXISTS (
          SELECT 1 FROM told AS later
          WHERE later.cid = cut.cid AND later.place > cut.place AND later.known > cut.known
            AND (later.id = granting.id OR (later.{GRANTS} AND NOT later.of_all))
      )
)"""


def _lifted(cells: str, forget: str) -> str:
    """Return whether somebody gave back what a suspension holds, afterwards and knowing of it."""
    one = "TRUE" if forget == "lifts" else "(back.lifts_id IS NULL OR back.lifts_id = stop.id)"
    return f"""EXISTS (
        SELECT 1 FROM told AS back
        WHERE back.cid = stop.cid AND back.kind = 'reinstated' AND {one}
          AND back.effective_on >= stop.effective_on AND back.known > stop.known AND {cells}
    )"""


def _late(of: str, forget: str) -> str:
    """Return the recalls past their last day that nobody answered and that did not end, by what is known."""
    return f"""SELECT of.cells, of.certification_id FROM recall_target AS of
        JOIN recall ON recall.id = of.recall_id, moment
        WHERE {"FALSE" if forget == "recall" else "TRUE"} AND of.certification_id = {of}
          AND recall.consequence = 'suspend' AND recall.started_at <= moment.known_at AND moment.day > recall.due_on
          AND NOT EXISTS (SELECT 1 FROM recall_done AS done WHERE done.recall_id = recall.id
              AND done.account_id = of.account_id AND done.done_at <= moment.known_at AND done.done_on <= moment.day)
          AND NOT EXISTS (SELECT 1 FROM recall_decision AS ended WHERE ended.recall_id = recall.id
              AND ended.kind = 'ended' AND ended.decided_at <= moment.known_at AND ended.decided_on <= moment.day)"""


def _held_cells(words: dict[str, str], cell: str, forget: str) -> str:
    in_back = "(back.of_all OR EXISTS (SELECT 1 FROM named WHERE event_id = back.id AND named.cell = granted.cell))"
    return f"""CREATE TEMPORARY TABLE held AS
    SELECT granted.cid, granted.cell FROM granted JOIN told AS stop ON stop.cid = granted.cid
    WHERE stop.kind = 'suspended'
      AND (stop.of_all OR EXISTS (SELECT 1 FROM named WHERE event_id = stop.id AND named.cell = granted.cell))
      AND NOT {_lifted(in_back, forget)}
    UNION
    SELECT granted.cid, granted.cell FROM granted WHERE EXISTS (
        SELECT 1 FROM ({_late("granted.cid", forget)}) AS of
        WHERE {WHOLE} OR granted.cell IN (SELECT {cell} FROM {words["cells"]})
    )"""


def _own(forget: str) -> str:
    """Return what each certification is by itself: the strongest of what applies."""
    grace = "FALSE" if forget == "grace" else "span.last_on < moment.day AND moment.day <= span.grace_last_on"
    return f"""CREATE TEMPORARY TABLE own AS
    WITH cells AS (
        SELECT granted.cid, count(*) AS granted, count(held.cell) AS held
        FROM granted LEFT JOIN held ON held.cid = granted.cid AND held.cell = granted.cell GROUP BY granted.cid
    ),
    newest AS (
        SELECT cid, due_from_on,
               row_number() OVER (PARTITION BY cid ORDER BY last_on DESC, grace_last_on DESC, place) AS nth
        FROM told WHERE first_on IS NOT NULL
    ),
    spans AS (
        SELECT span.cid, max(CASE WHEN span.first_on <= moment.day AND moment.day <= span.last_on THEN 3
                                  WHEN span.first_on <= moment.day AND {grace} THEN 2
                                  WHEN span.first_on <= moment.day THEN 1 END) AS stands
        FROM told AS span, moment WHERE span.first_on IS NOT NULL GROUP BY span.cid
    )
    SELECT asked.id,
           CASE WHEN EXISTS (SELECT 1 FROM told WHERE cid = asked.id AND kind = 'revoked') THEN 'revoked'
                WHEN EXISTS (SELECT 1 FROM told WHERE cid = asked.id AND kind = 'superseded') THEN 'superseded'
                WHEN cells.granted = cells.held THEN 'suspended'
                WHEN EXISTS (SELECT 1 FROM told AS stop WHERE stop.cid = asked.id AND stop.kind = 'suspended'
                             AND stop.of_all AND NOT {_lifted("TRUE", forget)}) THEN 'suspended'
                WHEN EXISTS (SELECT 1 FROM told WHERE cid = asked.id)
                     AND EXISTS (SELECT 1 FROM ({_late("asked.id", forget)}) AS of WHERE {WHOLE}) THEN 'suspended'
                WHEN spans.stands = 3 THEN 'active'
                WHEN spans.stands = 2 THEN 'grace'
                WHEN spans.stands = 1 THEN 'expired'
                ELSE 'none' END AS state,
           coalesce(moment.day >= newest.due_from_on, FALSE) AS due,
           coalesce(cells.granted - cells.held, 0) AS free
    FROM asked LEFT JOIN cells ON cells.cid = asked.id LEFT JOIN spans ON spans.cid = asked.id
    LEFT JOIN newest ON newest.cid = asked.id AND newest.nth = 1, moment"""


# What it requires is not in force: then it counts as suspended, and so does what rests on it.
LAPSE = """UPDATE own SET state = 'suspended'
WHERE state IN ('active', 'grace') AND EXISTS (
    SELECT 1 FROM needs WHERE needs.cid = own.id AND NOT EXISTS (
        SELECT 1 FROM certification JOIN own AS other ON other.id = certification.id
        WHERE certification.organisation_id = needs.organisation_id AND certification.account_id = needs.account_id
          AND certification.course_id = needs.course AND other.state IN ('active', 'grace')
    )
)"""
ANSWER = """SELECT own.id, own.state, own.due AND own.state = 'active',
       CASE WHEN own.state IN ('active', 'grace') THEN own.free ELSE 0 END
FROM own JOIN sampled ON sampled.id = own.id"""
