"""An author's preview of course files: lessons, facts, items and a paper, as trainees will get them."""

import mimetypes
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from flask import Blueprint, Flask, Response, abort, current_app, render_template, request

from app import clock
from app.web import access, errors
from app.web.access import public
from app.web.frame import HEADERS, OURSELVES, make_app
from app.web.preview_items import items_page, paper_page
from app.web.preview_pages import course_page, courses_page, facts_page, frame_of, lesson_of, waiting_page
from app.web.preview_shelf import Built, Shelf, State
from app.web.words import Context

bp = Blueprint("preview", __name__)


def create(path: Path) -> Flask:
    """Return the preview of the course, or folder of courses, at a path: no database, no sign-in, nothing written."""
    app = make_app()
    app.extensions["fluence.names"] = {*OURSELVES, "::1"}
    app.extensions["fluence.shelf"] = Shelf(path, clock.now)
    errors.init(app)
    app.register_blueprint(bp)
    setattr(app.view_functions["static"], "access", access.PUBLIC)  # noqa: B010  Flask's own view, typed without it

    @app.context_processor
    def everywhere() -> dict[str, Any]:
        return {"visitor": None, "nav": [], "demo": False}

    @app.before_request
    def by_our_name() -> None:
        # A page of another site must not reach this one under a name of its own. Flask's TRUSTED_HOSTS knows no IPv6.
        if urlsplit(f"//{request.host}").hostname not in app.extensions["fluence.names"]:
            abort(400)

    @app.after_request
    def finish(response: Response) -> Response:
        response.headers.update(HEADERS)
        if request.endpoint != "static":
            response.headers["Cache-Control"] = "no-store"
        return response

    return app


def shelf() -> Shelf:
    """Return the files that this preview shows."""
    return cast("Shelf", current_app.extensions["fluence.shelf"])


@bp.get("/")
@public
def home() -> Any:
    """Show the one course, or the list of courses."""
    state = shelf().state()
    if len(state.ids) == 1:
        return _page(state.ids[0], "preview/course.html", course_page)
    return render_template("preview/courses.html", **courses_page(state, str(shelf().path)))


@bp.get("/courses/<string:course_id>")
@public
def course(course_id: str) -> Any:
    """Show what a course holds, what can be asked of it, and every problem."""
    return _page(course_id, "preview/course.html", course_page)


@bp.get("/courses/<string:course_id>/lessons/<string:lesson_id>")
@public
def lesson(course_id: str, lesson_id: str) -> Any:
    """Show a lesson as trainees will read it."""
    return _page(course_id, "preview/lesson.html", lambda state, built: lesson_of(state, built, lesson_id))


@bp.get("/courses/<string:course_id>/items")
@public
def items(course_id: str) -> Any:
    """Show every item, or those of a family or a row, with their keys."""
    return _page(course_id, "preview/items.html", lambda state, built: items_page(state, built, request.args))


@bp.get("/courses/<string:course_id>/facts/<string:table>")
@public
def facts(course_id: str, table: str) -> Any:
    """Show a fact table whole, and what is asked of each row."""
    return _page(course_id, "preview/facts.html", lambda state, built: facts_page(state, built, table))


@bp.get("/courses/<string:course_id>/paper")
@public
def paper(course_id: str) -> Any:
    """Show a paper as a seed draws it."""
    return _page(course_id, "preview/paper.html", lambda state, built: paper_page(state, built, request.args))


@bp.get("/media/<string:content_hash>/<string:course_id>/<string:name>")
@public
def media(content_hash: str, course_id: str, name: str) -> Any:
    """Send a picture that was read with its course; the hash only makes the address new when a file changes."""
    del content_hash
    built = shelf().state().built.get(course_id)
    data = built.course.files.get(f"{course_id}/media/{name}") if built else None
    if data is None:
        abort(404)
    return Response(data, mimetype=mimetypes.guess_type(name)[0] or "application/octet-stream")


@bp.get("/changes")
@public
def changes() -> Any:
    """Tell whether a file was touched since a version."""
    return {"changed": shelf().version() != request.args.get("since")}


def _page(course_id: str, template: str, shown: Callable[[State, Built], Context]) -> Any:
    """Return a page of a course, or, while it cannot be built, its problems in place of it."""
    state = shelf().state()
    if course_id not in state.ids:
        abort(404)
    built = state.built.get(course_id)
    if built is None:
        return render_template("preview/waiting.html", **waiting_page(state, course_id))
    values = shown(state, built)
    return render_template(template, frame=frame_of(state, built), **values), values.get("status", 200)
