"""The minimal Flask exam that a sitting is compared with: signed session, owner check, one durable save an item.

It has no trail, no frozen content, no rate limits and no security headers: it is a bound, not a product. Served by
the same gunicorn with the same workers and threads; 45 requests a sitting, as its page and save are two.
"""

import os
import random
import time
from typing import Any

import sqlalchemy as sa
from flask import Flask, redirect, render_template_string, request, session
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

ITEMS = 20
app = Flask(__name__)
app.secret_key = "minimal-exam-for-the-benchmark-only"
engine = sa.create_engine(os.environ["MINIMAL_URL"], pool_size=8)
insert: Any = sqlite_insert if engine.dialect.name == "sqlite" else postgresql_insert
tables = sa.MetaData()
person = sa.Table("m_person", tables, sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String))
item = sa.Table(
    "m_item",
    tables,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("stem", sa.String),
    sa.Column("options", sa.JSON),
    sa.Column("key", sa.Integer),
)
attempt = sa.Table(
    "m_attempt",
    tables,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("person_id", sa.Integer, index=True),
    sa.Column("paper", sa.JSON),
    sa.Column("closed_at", sa.Float),
    sa.Column("score", sa.Integer),
)
response = sa.Table(
    "m_response",
    tables,
    sa.Column("attempt_id", sa.Integer, primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("choice", sa.Integer),
    sa.Column("saved_at", sa.Float),
)

if engine.dialect.name == "sqlite":

    @sa.event.listens_for(engine, "connect")
    def _durable(connection: Any, _record: object) -> None:
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=10000"):
            connection.execute(f"PRAGMA {pragma}")


HEAD = """<!doctype html><html lang="en"><head><title>{{ title }}</title><link rel="stylesheet" href="/static/app.css">
</head><body><header><nav>{% for n in range(8) %}<a href="/place/{{ n }}">Place {{ n }}</a>{% endfor %}</nav>
<p>{{ who.name }}</p></header><main><h1>{{ title }}</h1>"""
PAGE = (
    HEAD
    + """<form method="post"><input type="hidden" name="token" value="{{ token }}"><fieldset><legend>{{ one.stem }}</legend>
{% for option in one.options %}<label><input type="radio" name="choice" value="{{ loop.index0 }}"{% if loop.index0 == chosen %}
 checked{% endif %}>{{ option }}</label>{% endfor %}</fieldset><button>Next</button></form><ol>{% for n in range(20) %}
<li><a href="/attempts/{{ number }}/{{ n }}">{{ n + 1 }}{% if n in done %} answered{% endif %}</a></li>{% endfor %}</ol>
</main></body></html>"""
)
LIST = (
    HEAD
    + """{% for row in rows %}<p>{{ row[0] }}: {{ row[1] }}</p>{% endfor %}<form method="post"><input type="hidden"
 name="token" value="{{ token }}"><button>Go on</button></form></main></body></html>"""
)


def fill(people: int) -> None:
    """Make the tables anew, with people and one exam."""
    tables.drop_all(engine)
    tables.create_all(engine)
    with engine.begin() as connection:
        connection.execute(sa.insert(person), [{"name": f"Person {n}"} for n in range(people)])
        rows = [
            {"stem": f"Question {n}: which of these comes first?", "options": [f"{w} {n}" for w in "abcd"], "key": 0}
            for n in range(ITEMS)
        ]
        connection.execute(sa.insert(item), rows)


def _who(connection: sa.Connection) -> Any:
    return connection.execute(sa.select(person).where(person.c.id == session["person"])).one()


def _mine(connection: sa.Connection, number: int, owner: int) -> Any:
    return connection.execute(sa.select(attempt).where(attempt.c.id == number, attempt.c.person_id == owner)).one()


def _check() -> None:
    if request.form["token"] != session["token"]:
        raise PermissionError


@app.get("/enter/<int:number>")
def enter(number: int) -> Any:
    session["person"], session["token"] = number, "t" * 32
    return "in"


@app.get("/")
def home() -> Any:
    with engine.connect() as connection:
        who = _who(connection)
        query = sa.select(attempt.c.id, attempt.c.score).where(attempt.c.person_id == who.id)
        rows = connection.execute(query).all()
    return render_template_string(LIST, title="Exam", who=who, rows=rows, token=session["token"])


@app.post("/start")
def start() -> Any:
    _check()
    with engine.begin() as connection:
        who = _who(connection)
        paper = random.sample(range(1, ITEMS + 1), ITEMS)
        made = connection.execute(sa.insert(attempt).values(person_id=who.id, paper=paper))
    return redirect(f"/attempts/{made.inserted_primary_key[0]}/0", 303)  # type: ignore[index]


@app.get("/attempts/<int:number>/<int:position>")
def show(number: int, position: int) -> Any:
    with engine.connect() as connection:
        who = _who(connection)
        found = _mine(connection, number, who.id)
        one = connection.execute(sa.select(item).where(item.c.id == found.paper[position])).one()
        query = sa.select(response.c.position, response.c.choice).where(response.c.attempt_id == number)
        done = {row[0]: row[1] for row in connection.execute(query)}
    return render_template_string(
        PAGE,
        title="Exam",
        who=who,
        one=one,
        number=number,
        done=done,
        chosen=done.get(position),
        token=session["token"],
    )


@app.post("/attempts/<int:number>/<int:position>")
def save(number: int, position: int) -> Any:
    _check()
    with engine.begin() as connection:
        found = _mine(connection, number, _who(connection).id)
        if found.closed_at is not None:
            raise PermissionError
        values = {"choice": int(request.form["choice"]), "saved_at": time.time()}
        row = insert(response).values(attempt_id=number, position=position, **values)
        connection.execute(row.on_conflict_do_update(index_elements=["attempt_id", "position"], set_=values))
    following = f"/attempts/{number}/{position + 1}" if position + 1 < ITEMS else f"/attempts/{number}/finish"
    return redirect(following, 303)


@app.get("/attempts/<int:number>/finish")
def review(number: int) -> Any:
    with engine.connect() as connection:
        who = _who(connection)
        query = sa.select(response.c.position, response.c.choice).where(response.c.attempt_id == number)
        rows = connection.execute(query).all()
    return render_template_string(LIST, title="Review", who=who, rows=rows, token=session["token"])


@app.post("/attempts/<int:number>/finish")
def finish(number: int) -> Any:
    _check()
    with engine.begin() as connection:
        found = _mine(connection, number, _who(connection).id)
        keys = {row[0]: row[1] for row in connection.execute(sa.select(item.c.id, item.c.key))}
        query = sa.select(response.c.position, response.c.choice).where(response.c.attempt_id == number)
        score = sum(keys[found.paper[position]] == choice for position, choice in connection.execute(query))
        change = sa.update(attempt).where(attempt.c.id == number)
        connection.execute(change.values(closed_at=time.time(), score=score))
    return redirect("/", 303)
