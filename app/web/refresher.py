"""The refresher: the day's questions, more of one course, one question with its answer; only for oneself."""

from typing import Any

from flask import Blueprint, render_template, request

from app.content.values import ItemType
from app.errors import NotFoundError, RefusedError
from app.exams import cards, refresher
from app.exams.cards import Asked
from app.people.permissions import Action
from app.releases import showing
from app.web import access
from app.web.access import now, reading, requires, transaction, visitor
from app.web.refresher_pages import asked_page, course_page, day_page, told_page

bp = Blueprint("refresher", __name__)


@bp.get("/refresher")
@requires(Action.LEARN)
def show() -> Any:
    """Show what is due today, and the courses that one can be asked more of."""
    who = visitor().actor
    with reading() as found:
        courses = cards.courses_of(found, who.organisation_id, who.account_id)
        known, today, shelf = _known(found, courses)
    return render_template("refresher/day.html", page=day_page(courses, known, today, shelf))


@bp.get("/courses/<string:course_id>/refresher")
@requires(Action.LEARN)
def course(course_id: str) -> Any:
    """Show how ready one is for each objective of a course, and how sure that is."""
    who = visitor().actor
    with reading() as found:
        courses = cards.courses_of(found, who.organisation_id, who.account_id)
        if course_id not in courses:
            raise NotFoundError
        known, today, shelf = _known(found, {course_id: courses[course_id]})
    return render_template("refresher/course.html", page=course_page(courses[course_id], known, today, shelf))


@bp.post("/refresher/items")
@requires(Action.LEARN)
def ask() -> Any:
    """Draw the next question: the day's, or one of the course that the form names."""
    who = visitor()
    course_id = request.form.get("course") or None
    with transaction() as changed:
        made = refresher.ask(changed, actor=who.actor, course_id=course_id, zone=who.person.time_zone, now=now())
    return access.go("refresher.item", item_id=made.id) if made else access.go("refresher.show")


@bp.get("/refresher/items/<id:item_id>")
@requires(Action.LEARN)
def item(item_id: int) -> Any:
    """Show a question; once it is answered, what was right, why, and the fact behind it."""
    who = visitor()
    with reading() as found:
        asked = refresher.see(found, actor=who.actor, item_id=item_id, zone=who.person.time_zone, now=now())
        if asked.credit is None:
            return render_template(
                "refresher/item.html", item=asked_page(asked, _order(asked)), course=asked.release.title
            )
        facts = showing.pieces(found, asked.release.id, asked.rows)
        lesson = showing.lesson_showing(found, asked.release.id, asked.keyed["key_row"])
    return render_template("refresher/told.html", page=told_page(asked, facts, lesson))


@bp.post("/refresher/items/<id:item_id>")
@requires(Action.LEARN)
def respond(item_id: int) -> Any:
    """Take the answer to a question and show what was right; a moved step only shows the steps anew."""
    who, form = visitor(), request.form.to_dict(flat=False)
    try:
        with transaction() as changed:
            moved = refresher.respond(
                changed, actor=who.actor, item_id=item_id, form=form, zone=who.person.time_zone, now=now()
            )
    except RefusedError as refusal:
        return _asked_again(item_id, str(refusal)), 422
    return access.go("refresher.item", item_id=item_id, order=moved)


def _asked_again(item_id: int, error: str) -> str:
    """Show a question again with what its answer lacks; where it cannot be asked any more, that is said instead."""
    who = visitor()
    with reading() as found:
        asked = refresher.see(found, actor=who.actor, item_id=item_id, zone=who.person.time_zone, now=now())
    again = {**asked_page(asked, _order(asked)), "error": error}
    if again["type"] == ItemType.NUMERIC.value:
        again["chosen"] = request.form.get("value", "")
    return render_template("refresher/item.html", item=again, course=asked.release.title)


def _known(found: Any, courses: Any) -> Any:
    who = visitor()
    mine = (who.actor.organisation_id, who.actor.account_id)
    known = cards.memories(found, *mine)
    since = refresher.day_of(who.person.time_zone, now()).since
    today = cards.today(found, *mine, since=since, now=now())
    return known, today, refresher.shelf(found, courses, who.actor.account_id)


def _order(asked: Asked) -> list[str]:
    """Return the order of steps that the address brings back after a move, where it holds each step once."""
    order = request.args.getlist("order")
    steps = [one["id"] for one in asked.shown["options"]] if asked.shown["type"] == ItemType.ORDERING.value else []
    return order if len(order) == len(steps) and sorted(order) == sorted(steps) else []
