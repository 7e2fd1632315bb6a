"""What the pages of a preview say: the courses, a course with its counts and problems, a lesson, a fact table."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from flask import abort, url_for

from app.content.generate import FAMILIES, rests_on
from app.content.pieces import Piece
from app.content.values import Item, Standing
from app.web.change_pages import field_label
from app.web.preview_shelf import Built, State, Told
from app.web.protocol_pages import TABLES
from app.web.releases_pages import content_of, lesson_shown
from app.web.words import Context, counted

BESIDE_TITLE = ("standing", "sources")  # fields of a row that stand apart from the others


def courses_page(state: State, path: str) -> Context:
    """Return the list of courses, or why there is none."""
    return {
        "frame": {"version": state.version},
        "path": path,
        "failure": state.failure,
        "courses": [_line(state, name) for name in state.ids],
        "problems": problem_groups(state.problems),
    }


def waiting_page(state: State, course_id: str) -> Context:
    """Return why a course cannot be shown at all yet."""
    return {
        "frame": {"version": state.version},
        "course": course_id,
        "failure": state.failure,
        "problems": problem_groups(state.problems_of(course_id)),
    }


def frame_of(state: State, built: Built) -> Context:
    """Return what stands around every page of a course: where to go, and whether it shows the newest files."""
    course = built.course
    problems = len(state.problems_of(course.id))
    overview = url_for("preview.course", course_id=course.id)
    links = [("Overview", overview, None), ("Items", items_url(course.id), _items(built))]
    links += [
        (title, table_url(course.id, table), len(getattr(course, table)))
        for table, title in TABLES.items()
        if getattr(course, table)
    ]
    links.append(("A paper", url_for("preview.paper", course_id=course.id), None))
    links += [("Problems", f"{overview}#problems", problems)] if problems else []
    return {
        "version": state.version,
        "title": course.title,
        "overview": overview,
        "courses": url_for("preview.home") if len(state.ids) > 1 else "",
        "nav": [{"label": label, "href": href, "count": count} for label, href, count in links],
        "banner": _banner(state, built, overview),
    }


def course_page(state: State, built: Built) -> Context:
    """Return a course whole: what it holds, what is asked and why not, its papers, every problem."""
    course = built.course
    return {
        "title": course.title,
        "sub": f"Edition {course.edition}, read at {at(built.built_at)}.",
        "problems": problem_groups(state.problems_of(course.id)),
        "content": content_of(built.release, lambda lesson_id: lesson_url(course.id, lesson_id)),
        "tables": [_table(built, table, title) for table, title in TABLES.items() if getattr(course, table)],
        "families": _families(built),
        "unasked": _why_none(built),
        "items": counted(_items(built), "item"),
        "papers": _papers(built.papers),
        "sections": [
            {
                "objective": course.objectives[section.objective],
                "items": section.items,
                "from": ", ".join(section.draw_from),
                "pool": size,
                "papers": alone,
            }
            for section, (size, alone) in zip(course.exam.sections, built.pools, strict=True)
        ],
    }


def lesson_of(state: State, built: Built, lesson_id: str) -> Context:
    """Return a lesson as trainees will read it, with the problems of its file above it."""
    course = built.course
    if lesson_id not in {lesson.id for lesson in course.lessons}:
        abort(404)
    file = f"{course.id}/lessons/{lesson_id}.md"
    problems = [one for one in state.problems if one.problem.path == file]
    html, seen = built.lessons.get(lesson_id, ("", built.built_at))
    shown = lesson_shown(
        built.release,
        lesson_id,
        html,
        lesson_url=lambda other: lesson_url(course.id, other),
        eyebrow=f"Preview of edition {course.edition}",
        back={"label": "To the overview", "href": url_for("preview.course", course_id=course.id)},
    )
    as_of = f"Shown as of {at(seen)}, before these problems" if html else "It is shown once these problems are mended"
    return {"lesson": shown, "problems": problem_groups(problems), "as_of": as_of if problems else ""}


def facts_page(_state: State, built: Built, table: str) -> Context:
    """Return a fact table with all its columns, and what is asked of each row or why nothing."""
    if table not in TABLES or not getattr(built.course, table):
        abort(404)
    items = built.items(0)
    lines = {f"{table}/{row.id}": row.line for row in getattr(built.course, table)}
    rows = [one for key, one in built.facts.items() if key.startswith(f"{table}/")]
    return {
        "title": TABLES[table],
        "sub": f"{counted(len(rows), 'row')} of facts/{table}.csv, with what is asked of each.",
        "rows": [_row(built, one, lines[one.key], items) for one in rows],
    }


def problem_groups(problems: Iterable[Told]) -> Context:
    """Return problems by file, each with its place and the line that it names."""
    listed = list(problems)
    return {
        "title": counted(len(listed), "problem"),
        "files": [{"path": path, "entries": [_problem(one) for one in each]} for path, each in groupby(listed, _path)],
    }


def fact_link(built: Built, key: str) -> Context:
    """Return where a fact is read: its place in the first lesson that lays it out, else its row in the tables."""
    table, _, row = key.partition("/")
    if key not in built.facts:
        return {"label": key, "href": ""}
    if key in built.places:
        return {"label": key, "href": f"{lesson_url(built.course.id, built.places[key])}#fact-{table}-{row}"}
    return {"label": key, "href": row_url(built, key)}


def row_url(built: Built, key: str) -> str:
    """Return the address of a row in the page of its table, or nothing for what is no row of a table."""
    table, _, row = key.partition("/")
    return f"{table_url(built.course.id, table)}#row-{row}" if key in built.facts else ""


def items_url(course_id: str, **asked: str) -> str:
    """Return the address of a course's items, with filters."""
    return url_for("preview.items", course_id=course_id, **asked)  # type: ignore[arg-type]  # filters are all texts


def lesson_url(course_id: str, lesson_id: str) -> str:
    """Return a lesson's address."""
    return url_for("preview.lesson", course_id=course_id, lesson_id=lesson_id)


def table_url(course_id: str, table: str) -> str:
    """Return a fact table's address."""
    return url_for("preview.facts", course_id=course_id, table=table)


def at(instant: datetime) -> str:
    """Return the time of day where this machine is, such as `14:06:42`."""
    return f"{instant.astimezone():%H:%M:%S}"


def _line(state: State, course_id: str) -> Context:
    built, problems = state.built.get(course_id), len(state.problems_of(course_id))
    found = f"{counted(len(built.course.lessons), 'lesson')}, {counted(_items(built), 'item')}" if built else ""
    return {
        "title": f"{built.course.title}, edition {built.course.edition}" if built else course_id,
        "sub": found or "It cannot be shown until its problems are mended.",
        "note": counted(problems, "problem") if problems else "No problems",
        "href": url_for("preview.course", course_id=course_id),
        "status": None,
    }


def _banner(state: State, built: Built, overview: str) -> Context | None:
    if built.course.id in state.fresh:
        return None
    problems = len(state.problems_of(built.course.id))
    return {
        "title": f"Shown as of {at(built.built_at)}{', before these problems' if problems else ''}",
        "text": state.failure or f"{counted(problems, 'problem')} to mend. The last good version stays readable.",
        "action": {"label": "See the problems", "href": f"{overview}#problems"} if problems else None,
    }


def _items(built: Built) -> int:
    return sum(one["items"] for one in built.counts)


def _table(built: Built, table: str, title: str) -> Context:
    standings = Counter(row.standing for row in getattr(built.course, table))
    return {
        "title": title,
        "href": table_url(built.course.id, table),
        "rows": standings.total(),
        **{one.value: standings[one] for one in Standing},
    }


def _families(built: Built) -> list[Context]:
    found = []
    for family in FAMILIES:
        rows = [one for one in built.counts if one["family"] == family]
        if rows:
            found.append(
                {
                    "family": family,
                    "href": items_url(built.course.id, family=family),
                    "items": sum(one["items"] for one in rows),
                    "asked": sum(one["items"] > 0 for one in rows),
                    "rows": len(rows),
                }
            )
    return found


def _why_none(built: Built) -> list[Context]:
    """Return for each family the rows of which it makes no item, or not all it could, and why."""
    return [
        {
            "family": family,
            "rows": [{**entry, "href": row_url(built, entry["row"])} for entry in entries],
            "count": counted(len(entries), "row"),
        }
        for family in FAMILIES
        if (entries := [one for one in built.counts if one["family"] == family and one["why_none"]])
    ]


def _papers(number: int) -> str:
    if not number:
        return "No paper can be drawn; the problems say why."
    return f"{counted(number, 'paper')} can be drawn that share no item."


def _row(built: Built, piece: Piece, line: int, items: Sequence[Item]) -> Context:
    course_id, (table, _, row) = built.course.id, piece.key.partition("/")
    asked = Counter(item.family for item in items if rests_on(item, piece.key))
    place = built.places.get(piece.key)
    return {
        "id": f"row-{row}",
        "key": piece.key,
        "line": line,
        "title": piece.title,
        "standing": piece.values["standing"],
        "lesson_url": f"{lesson_url(course_id, place)}#fact-{table}-{row}" if place else "",
        "values": [
            {"term": field_label(name), "value": value}
            for name, value in piece.values.items()
            if name not in BESIDE_TITLE
        ],
        "sources": _citations(built, piece.values.get("sources", "")),
        "items": counted(asked.total(), "item"),
        "items_url": items_url(course_id, row=piece.key) if asked else "",
        "families": [f"{family} {number}" for family, number in asked.items()],
        "unasked": [one for one in built.counts if one["row"] == piece.key and one["why_none"]],
    }


def _citations(built: Built, sources: str) -> list[str]:
    names = [name for name in sources.split("; ") if name]
    return [built.course.sources[name].citation if name in built.course.sources else name for name in names]


def _path(told: Told) -> str:
    return told.path


def _problem(told: Told) -> Mapping[str, Any]:
    one = told.problem
    place = ":".join(str(part) for part in (told.path, one.line, one.column) if part is not None)
    return {
        "place": place,
        "field": one.field or "",
        "message": one.message,
        "text": told.excerpt.text if told.excerpt else "",
        "caret": told.excerpt.caret if told.excerpt else "",
    }
