"""A technician's home: the next step, what is missing, what is assigned, what is held."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import Blueprint, redirect, render_template, url_for
from sqlalchemy.orm import Session

from app.certification.attesting import SignOffState
from app.certification.lifecycle import State, StateAsOf
from app.certification.queries import Held
from app.certification.renewal import lessons_text
from app.certification.rules import counts_as_practice, renewal_open
from app.certification.standing import Record, Standing, records, standing_of
from app.exams import cards, refresher, timing
from app.exams.case_news import News
from app.exams.timing import RefusalKind
from app.people.permissions import Action
from app.releases.manifest import TYPES, procedure_name
from app.releases.queries import InForce
from app.reports.releases import unsigned
from app.reports.sign_offs import PRACTICE
from app.web.access import Visitor, now, reading, requires, visitor
from app.web.exam_words import renewal_text, seat_text, size_of
from app.web.held_words import held_alert
from app.web.home_news import TOLD_FOR, news_alerts
from app.web.home_running import go_on, running_alert, running_first, running_row
from app.web.practice_pages import waiting_alert
from app.web.recall_task_pages import open_alerts, open_line
from app.web.withdrawals import withdrawal_alerts
from app.web.words import (
    Context,
    counted,
    day,
    days_left,
    held_cells,
    scope_lines,
    short_day,
    status_of,
    weekday,
)

bp = Blueprint("home", __name__)

ELSEWHERE = (
    (Action.SEE_BOARD, "board.show"),
    (Action.SIGN_OFF, "sign_offs.show"),
    (Action.SEE_RELEASES, "releases.show"),
    (Action.EXPORT, "evidence.show"),
    (Action.MANAGE_PEOPLE, "people.show"),
)


@bp.get("/")
@requires()
def show() -> Any:
    """Show a technician's home; anybody else is sent to the page that they work with."""
    who = visitor()
    if not who.actor.can(Action.LEARN):
        return _elsewhere(who)
    with reading() as found:
        record = own_record(found, who)
        in_force, due, news = _in_force_and_due(found, who, [*record.assigned, *record.held])
    standings = [
        standing_of(record, in_force[course_id].release, now(), in_force[course_id].withdrawn)
        for course_id in dict.fromkeys([*record.assigned, *record.held])
        if course_id in in_force
    ]
    standings.sort(key=running_first)
    stopped = [alert for one in in_force.values() for alert in withdrawal_alerts(one, who.person.time_zone)]
    home = _home(who, record, standings, [*stopped, *news_alerts(standings, news)])
    return render_template("home/home.html", home={**home, "refresher": _refresher(standings, due)})


def own_record(found: Session, who: Visitor, course_ids: list[str] | None = None, *, practice: bool = True) -> Record:
    """Return the record of who is signed in; without `practice` a query less, and no sign-offs."""
    return records(
        found,
        organisation_id=who.actor.organisation_id,
        account_ids=[who.actor.account_id],
        zone=who.person.time_zone,
        course_ids=course_ids,
        practice=practice,
    )[who.actor.account_id]


def _in_force_and_due(
    found: Session, who: Visitor, course_ids: list[str]
) -> tuple[dict[str, InForce], dict[str, int], dict[str, News]]:
    before, since = refresher.day_of(who.person.time_zone, now()).tomorrow_at, now() - TOLD_FOR
    mine = (who.actor.organisation_id, who.actor.account_id)
    return cards.in_force_and_due(found, *mine, course_ids, before=before, since=since)


def _refresher(standings: list[Standing], due: Mapping[str, int]) -> Context | None:
    """Return how much the refresher has for today; nothing while an exam is sat, or where no course asks anything."""
    asking = [one for one in standings if one.assignment and one.withdrawn.whole is None]
    if not asking or any(one.open_attempt for one in standings):
        return None
    number = sum(due.get(one.release.course_id, 0) for one in asking)
    return {
        "title": f"{counted(number, 'fact')} due today" if number else "Nothing is due today",
        "text": "Five minutes a day keep what you know from fading. Only you see it, and nothing of it counts.",
        "href": url_for("refresher.show"),
    }


def _elsewhere(who: Visitor) -> Any:
    if who.actor.can(Action.SIGN_RELEASE) and _waits_for_a_signature(who):
        return redirect(url_for("releases.show"), 303)
    for action, endpoint in ELSEWHERE:
        if who.actor.can(action):
            return redirect(url_for(endpoint), 303)
    return redirect(url_for("account.show"), 303)


def _waits_for_a_signature(who: Visitor) -> bool:
    with reading() as found:
        return bool(unsigned(found, who.actor))


def _home(who: Visitor, record: Record, standings: list[Standing], stopped: list[Context]) -> Context:
    today = who.today
    steps = [step for one in standings if (step := next_step(one, today, who.person.time_zone))]
    running = [one for one in standings if one.open_attempt]
    return {
        "name": who.person.name.split()[0],
        "today": weekday(today),
        "place": ", ".join(who.person.clinics),
        "running": [running_alert(one, who.person.time_zone) for one in running[1:]],
        "alerts": [
            *open_alerts(record.held.values(), today, now()),
            *_to_sign(record),
            *stopped,
            *(alert for one in standings if (alert := _alert(one, today))),
        ],
        "next": steps[0] if steps else None,
        "nothing": _nothing(standings, who.person.time_zone),
        "waits": bool(open_alerts(record.held.values(), today, now()) or _to_sign(record)),
        "goals": [_goal(one) for one in standings if not one.assessment.met],
        "assignments": [_assignment(one, today) for one in standings if one.assignment],
        "certifications": [_held(one, today) for one in record.held.values()],
    }


def next_step(where: Standing, today: date, zone: str) -> Context | None:
    """Return what a person does next in a course: go on reading, go on sitting, start the exam; None if nothing."""
    manifest = where.release.manifest
    lessons = manifest["lessons"]
    unread = _unread(where, today)
    done = sum(lesson["id"] in where.lessons_read for lesson in lessons)
    step: Context = {
        "label": where.release.title,
        "done": done,
        "total": len(lessons),
        "here": None,
        "progress": f"{done} of {len(lessons)} lessons read",
        "notes": _notes(where, today),
    }
    course_id = where.release.course_id
    if where.open_attempt:
        return {**step, "title": "Go on with your exam", **go_on(where.open_attempt, zone)}
    if where.withdrawn.whole:
        return None
    if unread:
        return {**step, **_lesson_step(where, unread[0], done, step["notes"])}
    if isinstance(where.seat, timing.Allowed) and not _passed(where):
        again = where.held is not None
        text = "Sit the exam again to renew your certification." if again else "You have read every lesson."
        minutes = size_of(manifest, where.renewal)[1]
        told = f"{text} It takes at most {minutes} minutes."
        return {
            **step,
            "title": "Renew your certification" if again else "Sit the exam",
            "text": renewal_text(where.renewal, where.terms) if where.renewal else told,
            "action": {"label": "Go to the exam", "href": url_for("exams.start", course_id=course_id)},
        }
    return None


def _to_sign(record: Record) -> list[Context]:
    """Return a banner for each treatment that waits for its technician's signature."""
    return [waiting_alert(one) for one in record.observed if one.state is SignOffState.WAITING]


def _unread(where: Standing, today: date) -> list[Context]:
    """Return the lessons to read next: of a renewal those that it needs, none while a certification is current."""
    lessons = where.release.manifest["lessons"]
    if where.again:
        period = where.state.latest_period
        needed = where.again.missing if period and renewal_open(period, today) else ()
        return [one for one in lessons if one["id"] in needed]
    if where.state.state in (State.ACTIVE, State.GRACE, State.SUSPENDED):
        return []
    return [one for one in lessons if one["id"] not in where.lessons_read]


def _lesson_step(where: Standing, first: Context, done: int, notes: list[str]) -> Context:
    lessons = where.release.manifest["lessons"]
    number = lessons.index(first) + 1
    started = "Continue lesson" if done else "Start the course"
    return {
        "title": first["title"],
        "text": lessons_text(where.again) + "." if where.again else where.release.manifest["summary"],
        "here": number,
        "progress": f"lesson {number} of {len(lessons)}",
        "action": {
            "label": "Read the lesson" if where.again else started,
            "href": url_for("courses.lesson", course_id=where.release.course_id, lesson_id=first["id"]),
        },
        "notes": [f"About {first['minutes']} minutes", *notes],
    }


def _waits_for_a_seat(where: Standing) -> bool:
    return isinstance(where.seat, timing.Refused) and where.seat.kind in (RefusalKind.WAIT, RefusalKind.USED_UP)


def is_current(state: StateAsOf) -> bool:
    """Tell whether a certification is what people call current."""
    return state.state is State.ACTIVE


def _passed(where: Standing) -> bool:
    return where.earning is not None and bool(where.earning.passed)


def _notes(where: Standing, today: date) -> list[str]:
    due_on = where.assignment.due_on if where.assignment else None
    if where.held and where.state.last_valid_on:
        return [f"Certification {_ends(where, today)}"]
    if due_on is None:
        return []
    late = f"due since {day(due_on)}" if due_on < today else f"due {day(due_on)}, {days_left(due_on, today)}"
    return [f"Course {late}"]


def _ends(where: Standing, today: date) -> str:
    last = where.state.last_valid_on or today
    return f"valid to {day(last)}" if last >= today else f"ended on {day(last)}"


def _nothing(standings: list[Standing], zone: str) -> str:
    if not standings:
        return "Nothing is assigned to you yet. Your manager assigns courses."
    barred = next((one for one in standings if _waits_for_a_seat(one)), None)
    if barred:
        return seat_text(barred, zone)
    if any(not one.assessment.met for one in standings):
        return "You have done your part for now. What is still missing is listed on this page."
    ends = sorted(one.state.last_valid_on for one in standings if one.state.last_valid_on and is_current(one.state))
    if len(ends) < len(standings):
        return "Your manager tells you what is needed before you may treat again."
    if len(ends) == 1:
        return f"Your certification is current. It ends on {day(ends[0])}."
    return f"Your certifications are current. The first one ends on {day(ends[0])}."


def _alert(where: Standing, today: date) -> Context | None:
    title, state = where.release.manifest["scheme"]["title"], where.state
    number = None
    if where.held:
        href = url_for("verify.answer", number=where.held.certification.number)
        number = {"label": "See the certificate", "href": href}
    if state.state is State.REVOKED:
        return {"tone": "danger", "title": f"{title} was revoked", "text": state.reason or "", "action": number}
    return held_alert(where, title, number) or _ending_alert(state, title, number, today)


def _ending_alert(state: StateAsOf, title: str, number: Context | None, today: date) -> Context | None:
    if state.state is State.EXPIRED:
        text = "Do not treat under it. Sit the exam again to renew it."
        return {"tone": "danger", "title": f"{title} has expired", "text": text, "action": number}
    if state.state is State.GRACE and state.period:
        treat = "Treat only with a second person's sign-off. " if state.cells else ""
        text = f"{treat}Renew it by {day(state.period.grace_last_on)}."
        return {"tone": "warning", "title": f"{title} is in its days of grace", "text": text, "action": number}
    if state.due and state.last_valid_on:
        text = f"{days_left(state.last_valid_on, today)}. Renew it by {day(state.last_valid_on)}."
        return {"tone": "warning", "title": f"{title} is due for renewal", "text": text, "action": number}
    return None


def _goal(where: Standing) -> Context:
    manifest = where.release.manifest
    needed = manifest["scheme"]["requires_sign_offs"]
    return {
        "name": manifest["scheme"]["title"],
        "sub": f"Each of these is needed before it is {'renewed' if where.held else 'issued'}.",
        "steps": [{"text": one.text, "met": one.met} for one in where.assessment.requirements],
        "sign_offs": sign_off_slots(where, needed),
        "note": _goal_note(where),
    }


def sign_off_slots(where: Standing, needed: int) -> list[Context]:
    """Return the sign-offs that count towards a certification, and the places still open."""
    slots = [
        {
            "what": f"{procedure_name(one.sign_off.procedure)}, type {TYPES[one.sign_off.skin_type - 1]}",
            "by": f"Signed by {one.evaluator}, {short_day(one.sign_off.observed_on)}",
            "done": True,
        }
        for one in where.practice
        if counts_as_practice(
            one.cell,
            where.cells,
        )
    ][:needed]
    still_open = {"what": "Any treatment in scope", "by": "Still to be observed", "done": False}
    return [*slots, *([still_open] * (needed - len(slots)))]


def _goal_note(where: Standing) -> str:
    missing = {one.kind for one in where.assessment.missing}
    if missing and missing <= set(PRACTICE):
        return (
            "Ask an evaluator of your clinic to observe you. The certification starts on the day of the last signature."
        )
    return ""


def _assignment(where: Standing, today: date) -> Context:
    due_on = where.assignment.due_on if where.assignment else None
    due = f"Due {short_day(due_on)}" if due_on else "No due day"
    return {
        "title": where.release.title,
        "sub": "Course and exam",
        "note": "Done" if where.assessment.met or is_current(where.state) else due,
        "href": url_for("courses.show", course_id=where.release.course_id),
        "status": progress_status(where, today),
        **(running_row(where.open_attempt) if where.open_attempt else {}),
    }


def progress_status(where: Standing, today: date) -> Context:
    """Return where somebody stands in a course: the certification's state, or how far the training is."""
    if where.held:
        return status_of(where.state, today)
    done, total = len(where.lessons_read), len(where.release.manifest["lessons"])
    missing = {one.kind: one for one in where.assessment.missing}
    if missing and missing.keys() <= set(PRACTICE):
        one = missing[max(missing)]
        return {"state": "sign_off", "label": "", "note": f"{one.done} of {one.needed} observed", "due": False}
    if not done and not where.attempts:
        return {"state": "none", "label": "", "note": "", "due": False}
    note = f"{done} of {total} lessons" if done < total else "Exam to sit"
    return {"state": "training", "label": "", "note": note, "due": False}


def _held(one: Held, today: date) -> Context:
    certification = one.certification
    state = one.on(today, now())
    in_force = state.state in (State.ACTIVE, State.GRACE)
    return {
        "name": certification.scheme["title"],
        "sub": f"Edition {certification.scheme['edition']}",
        "recall": open_line(one.recalls, today, now()),
        "status": status_of(state, today),
        "scope": scope_lines(state.cells, certification.scheme["devices"], in_force=in_force, held=held_cells(state)),
        "number": certification.number,
        "number_url": url_for("verify.answer", number=certification.number),
    }
