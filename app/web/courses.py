"""A course for the person who takes it: its page, its lessons, marking one as read, its pictures."""

import mimetypes
from typing import Any

from flask import Blueprint, Response, flash, render_template, url_for
from markupsafe import Markup

from app.certification import service
from app.certification.standing import Record, Standing, standing_of
from app.errors import NotFoundError
from app.exams import timing
from app.people.permissions import Action
from app.releases import queries as releases
from app.releases.queries import InForce
from app.web import access
from app.web.access import now, reading, requires, transaction, visitor
from app.web.exam_words import renewal_rules, rules_of, seat_text
from app.web.home import next_step, own_record, progress_status
from app.web.withdrawals import lesson_without, withdrawal_alerts
from app.web.words import Context, counted, day, grace_words, scope_rows

bp = Blueprint("courses", __name__)


@bp.get("/courses/<string:course_id>")
@requires(Action.LEARN)
def show(course_id: str) -> Any:
    """Show a course: lessons, exam, certification."""
    record, in_force = _mine(course_id)
    where = standing_of(record, in_force.release, now(), in_force.withdrawn)
    return render_template("courses/course.html", course=_course(where, in_force))


@bp.get("/courses/<string:course_id>/lessons/<string:lesson_id>")
@requires(Action.LEARN)
def lesson(course_id: str, lesson_id: str) -> Any:
    """Show a lesson as it was rendered when the release was published."""
    who = visitor()
    with reading() as found:
        record = own_record(found, who, [course_id], practice=False)
        in_force = releases.all_in_force(found, who.actor.organisation_id, [course_id]).get(course_id)
        if in_force is None or course_id not in record.assigned:
            raise NotFoundError
        html = releases.lesson_html(found, in_force.release.id, lesson_id).html
    read = standing_of(record, in_force.release, now(), in_force.withdrawn).lessons_read
    text, alerts = lesson_without(html, in_force.withdrawn, visitor().person.time_zone)
    return render_template("courses/lesson.html", lesson=_lesson(in_force, lesson_id, text, read, alerts))


@bp.post("/courses/<string:course_id>/lessons/<string:lesson_id>/read")
@requires(Action.LEARN)
def complete(course_id: str, lesson_id: str) -> Any:
    """Mark a lesson as read and go on to the next one, or back to the course after the last."""
    with transaction() as changed:
        release, earned = service.complete_lesson(
            changed, actor=visitor().actor, course_id=course_id, lesson_id=lesson_id, now=now()
        )
    if earned:
        flash("That was the last thing missing: your certification is issued.", "success")
    ids = [one["id"] for one in release.manifest["lessons"]]
    following = ids[ids.index(lesson_id) + 1 :]
    if following:
        return access.go("courses.lesson", course_id=course_id, lesson_id=following[0])
    return access.go("courses.show", course_id=course_id)


@bp.get("/courses/<string:course_id>/facts/<string:table>/<string:row>")
@requires(Action.LEARN)
def fact(course_id: str, table: str, row: str) -> Any:
    """Lead to the place in a lesson of the edition in force where a fact stands; to the course where none shows it."""
    _, in_force = _mine(course_id, practice=False)
    with reading() as found:
        lessons = releases.lessons(found, in_force.release.id)
    shown = [lesson_id for lesson_id, html in lessons if f'id="fact-{table}-{row}"' in html]
    if not shown:
        return access.go("courses.show", course_id=course_id)
    return access.go("courses.lesson", course_id=course_id, lesson_id=shown[0], _anchor=f"fact-{table}-{row}")


@bp.get("/media/<string:content_hash>/<string:course_id>/<string:name>")
@requires()
def media(content_hash: str, course_id: str, name: str) -> Any:
    """Send a picture of published content; it never changes, so a browser may keep it."""
    with reading() as found:
        data = releases.media(found, visitor().actor.organisation_id, content_hash, f"{course_id}/media/{name}")
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return Response(data, mimetype=kind, headers={"Cache-Control": "private, max-age=31536000, immutable"})


def _mine(course_id: str, *, practice: bool = True) -> tuple[Record, InForce]:
    who = visitor()
    with reading() as found:
        record = own_record(found, who, [course_id], practice=practice)
        in_force = releases.all_in_force(found, who.actor.organisation_id, [course_id])
    if course_id not in in_force or (course_id not in record.assigned and course_id not in record.held):
        raise NotFoundError
    return record, in_force[course_id]


def _course(where: Standing, in_force: InForce) -> Context:
    manifest, today = where.release.manifest, visitor().today
    lessons = manifest["lessons"]
    unread = [one["id"] for one in lessons if one["id"] not in where.lessons_read]
    step = next_step(where, today, visitor().person.time_zone)
    done = len(lessons) - len(unread)
    return {
        "title": where.release.title,
        "summary": manifest["summary"],
        "meta": _signed(in_force),
        "alerts": withdrawal_alerts(in_force, visitor().person.time_zone),
        "editions_url": url_for("editions.show", course_id=where.release.course_id),
        "done": done,
        "total": len(lessons),
        "here": [one["id"] for one in lessons].index(unread[0]) + 1 if unread else None,
        "progress": f"{done} of {counted(len(lessons), 'lesson')} read",
        "minutes": f"About {manifest['study_minutes']} minutes",
        "action": step["action"] if step and unread else None,
        "lessons": [
            {
                "no": number,
                "title": one["title"],
                "note": f"{one['minutes']} min",
                "href": url_for("courses.lesson", course_id=where.release.course_id, lesson_id=one["id"]),
                "state": _state(one["id"], where.lessons_read, unread[0] if unread else None),
            }
            for number, one in enumerate(lessons, start=1)
        ],
        "objectives": list(manifest["objectives"].values()),
        "exam": _exam(where),
        "refresher_url": _refresher_url(where, in_force),
        "goal": _goal(where),
    }


def _refresher_url(where: Standing, in_force: InForce) -> str:
    """Return where a course is asked outside its exam; nowhere where it is not assigned, or was stopped."""
    if where.assignment is None or in_force.withdrawn.whole:
        return ""
    return url_for("refresher.course", course_id=where.release.course_id)


def _signed(in_force: InForce) -> list[str]:
    signed_on = day(in_force.signed_at.date())
    return [f"Edition {in_force.release.edition}", f"signed by {in_force.signer} on {signed_on}"]


def _state(lesson_id: str, read: frozenset[str], here: str | None) -> str:
    if lesson_id in read:
        return "done"
    return "here" if lesson_id == here else "open"


def _exam(where: Standing) -> Context:
    zone = visitor().person.time_zone
    may_sit = where.open_attempt is not None or isinstance(where.seat, timing.Allowed)
    label = "Go on with the exam" if where.open_attempt else "Go to the exam"
    action = {"label": label, "href": url_for("exams.start", course_id=where.release.course_id)}
    return {
        "text": seat_text(where, zone),
        "rules": rules_of(where.release.manifest, where.terms, where.renewal),
        "status": None,
        "action": action if may_sit else None,
    }


def _goal(where: Standing) -> Context:
    manifest = where.release.manifest
    scheme = manifest["scheme"]
    number = where.held.certification.number if where.held else None
    return {
        "name": scheme["title"],
        "status": progress_status(where, visitor().today),
        "steps": [{"text": one.text, "met": one.met} for one in where.assessment.requirements],
        "note": f"Certificate {number}" if number else "",
        "facts": [
            {"term": "Valid for", "value": counted(scheme["validity_months"], "month")},
            {"term": "Renewal", "value": f"in the last {counted(scheme['renewal_window_days'], 'day')}"},
            *renewal_rules(manifest),
            {"term": "Days of grace", "value": grace_words(scheme["grace_days"], grants=bool(where.cells))},
        ],
        "scope": scope_rows(where.cells, manifest["devices"]),
        "disclaimer": scheme["disclaimer"],
    }


def _lesson(in_force: InForce, lesson_id: str, html: str, read: frozenset[str], alerts: list[Context]) -> Context:
    release = in_force.release
    lessons = release.manifest["lessons"]
    index = [one["id"] for one in lessons].index(lesson_id)

    def place(at: int) -> Context:
        one = lessons[at]
        return {
            "label": one["title"],
            "href": url_for("courses.lesson", course_id=release.course_id, lesson_id=one["id"]),
        }

    course_url = url_for("courses.show", course_id=release.course_id)
    after = place(index + 1) if index + 1 < len(lessons) else {"label": "Back to the course", "href": course_url}
    return {
        "course": release.title,
        "course_url": course_url,
        "no": index + 1,
        "total": len(lessons),
        "done": sum(one["id"] in read for one in lessons),
        "title": lessons[index]["title"],
        "meta": [f"{lessons[index]['minutes']} minutes", *_signed(in_force)],
        "alerts": alerts,
        "html": Markup(html),  # noqa: S704  rendered and sanitised when the release was published
        "all": [
            {
                "title": one["title"],
                "href": place(at)["href"],
                "state": "here" if at == index else _state(one["id"], read, None),
            }
            for at, one in enumerate(lessons)
        ],
        "previous": place(index - 1) if index else None,
        "read_url": ""
        if in_force.withdrawn.whole
        else url_for("courses.complete", course_id=release.course_id, lesson_id=lesson_id),
        "read_label": "Mark as read and continue" if index + 1 < len(lessons) else "Mark as read",
        "next": after if lesson_id in read else None,
    }
