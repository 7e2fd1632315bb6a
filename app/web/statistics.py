"""Statistics: what the items of a course's exam tell its authors; whatever is asked for stands in the address."""

from typing import Any

from flask import Blueprint, render_template, request

from app.people.permissions import Action
from app.reports.item_statistics import sat_releases
from app.web.access import reading, requires, visitor
from app.web.statistics_items import item_page
from app.web.statistics_pages import course_page, courses_page, download, read_course

bp = Blueprint("statistics", __name__)


@bp.get("/statistics")
@requires(Action.SEE_STATISTICS)
def show() -> Any:
    """List the courses with how many papers of each count."""
    with reading() as found:
        courses = courses_page(sat_releases(found, visitor().actor.organisation_id))
    return render_template("statistics/courses.html", courses=courses)


@bp.get("/statistics/<string:course_id>")
@requires(Action.SEE_STATISTICS)
def course(course_id: str) -> Any:
    """Show the figures of a release: the exam, its items, families or facts; flagged ones first."""
    return render_template("statistics/course.html", course=course_page(read_course(course_id), request.args))


@bp.get("/statistics/<string:course_id>/items/<path:item_id>")
@requires(Action.SEE_STATISTICS)
def item(course_id: str, item_id: str) -> Any:
    """Show an item with its key, and how often each option was chosen."""
    return render_template("statistics/item.html", item=item_page(course_id, item_id))


@bp.get("/statistics/<string:course_id>/figures")
@requires(Action.SEE_STATISTICS)
def figures(course_id: str) -> Any:
    """Send all figures of a release as a file."""
    return download(course_id, request.args.get("format", ""))
