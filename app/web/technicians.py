"""A technician as their manager sees them: certifications, what is missing, attempts, sign-offs, one more attempt."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from flask import Blueprint, flash, render_template, url_for
from wtforms import SelectField
from wtforms.validators import InputRequired

from app.certification import service
from app.certification.lifecycle import State, StateAsOf, suspensions
from app.certification.practice_queries import Attested
from app.certification.queries import Held
from app.certification.refusals import from_when
from app.certification.standing import Standing, exam_fact
from app.exams import timing
from app.exams.history import granted_of
from app.exams.models import Accommodation, Attempt
from app.exams.scoring import percent_of, percent_shown
from app.exams.timing import RefusalKind
from app.people.permissions import Action
from app.releases.manifest import procedure_name, span
from app.reports.technician import TechnicianRecord, technician_record
from app.web.access import go, now, reading, requires, transaction, visitor
from app.web.accommodations import new_url
from app.web.exam_words import attempt_words
from app.web.forms import HouseForm, refusals_in, words_field
from app.web.life_pages import act_links
from app.web.practice_pages import line_state
from app.web.recall_task_pages import open_line
from app.web.technicians_words import attempts_used, why_failed
from app.web.terms_words import terms_lines, time_words
from app.web.words import (
    Context,
    counted,
    day,
    days_left,
    held_cells,
    held_notes,
    moment,
    scope_lines,
    scope_rows,
    short_day,
    status_of,
)

bp = Blueprint("technicians", __name__)

SHORT = 6  # a scope of so many lines stands open: nobody has to look for it
SEVERAL = (
    "Each certification is the clinic's own statement; none is a licence or replaces one. "
    "What each covers, and its own words about that, stand on its certificate."
)


class AttemptForm(HouseForm):
    """One more attempt at a course's exam, and why."""

    course = SelectField("Exam", [InputRequired("Choose the exam.")])
    reason = words_field("Reason")


@bp.get("/technicians/<id:account_id>")
@requires(Action.SEE_BOARD)
def show(account_id: int) -> Any:
    """Show a technician's record."""
    record = _record(account_id)
    return _page(record, _form(record))


@bp.post("/technicians/<id:account_id>/extra-attempts")
@requires(Action.GRANT_ATTEMPT)
def grant_attempt(account_id: int) -> Any:
    """Grant one more attempt at an exam."""
    record = _record(account_id)
    form = _form(record)
    if form.validate():
        actor, course_id, reason = visitor().actor, form.course.data or "", form.reason.data or ""
        with refusals_in(form), transaction() as changed:
            service.grant_attempt(
                changed, actor=actor, account_id=account_id, course_id=course_id, reason=reason, now=now()
            )
    if form.errors:
        return _page(record, form), 422
    exam = next(one.release.title for one in record.standings if one.release.course_id == form.course.data)
    flash(f"{record.name} has one more attempt at the exam of {exam}.", "success")
    return go("technicians.show", account_id=account_id)


def _record(account_id: int) -> TechnicianRecord:
    who = visitor()
    with reading() as found:
        return technician_record(
            found,
            organisation_id=who.actor.organisation_id,
            account_id=account_id,
            within=who.actor.clinics(Action.SEE_BOARD),
            zone=who.person.time_zone,
            now=now(),
        )


def _form(record: TechnicianRecord) -> AttemptForm:
    form = AttemptForm()
    # Whose attempts are used up comes first, who has passed last: the first one is chosen before anybody chooses.
    order = sorted(record.standings, key=_need)
    form.course.choices = [(one.release.course_id, one.release.title) for one in order]
    return form


def _need(where: Standing) -> int:
    refused = where.seat.kind if isinstance(where.seat, timing.Refused) else None
    return {RefusalKind.USED_UP: 0, RefusalKind.WAIT: 1, None: 2}.get(refused, 3)


def _page(record: TechnicianRecord, form: AttemptForm) -> str:
    return render_template("technicians/technician.html", technician=_technician(record), form=form)


def _technician(record: TechnicianRecord) -> Context:
    today, zone = visitor().today, visitor().person.time_zone
    clinics = [name for _, name in record.clinics]
    devices: dict[str, Any] = {}
    objectives: dict[tuple[str, str], str] = {}
    for one in record.standings:
        devices |= one.release.manifest["devices"]
        objectives |= {(one.release.course_id, key): text for key, text in one.release.manifest["objectives"].items()}
    return {
        "id": record.account_id,
        "name": record.name,
        "sub": f"Technician, {', '.join(clinics)}" if clinics else "Treats at no clinic now",
        "disabled": f"The account is disabled since {moment(record.disabled_at, zone)}." if record.disabled_at else "",
        "assign_url": _assign_url(record),
        "sittings_url": url_for("sittings.show", account_id=record.account_id),
        "evidence_url": url_for("outside.of", account_id=record.account_id)
        if _in_reach(record, Action.ADD_EVIDENCE)
        else "",
        "record_url": url_for("records.show", account_id=record.account_id)
        if _in_reach(record, Action.READ_RECORD)
        else "",
        "to_talk_over": counted(record.to_talk_over, "wrong answer") if record.to_talk_over else "",
        "certifications": [_certification(one, today) for one in record.held],
        "disclaimer": _disclaimer(record.held),
        "courses": [_course(one, zone) for one in record.standings],
        "assignments": [_assignment(one, today) for one in record.standings if one.assignment],
        "attempts": [
            _attempt(attempt, title, zone, objectives)
            for title, history in record.histories
            for attempt in history.attempts
        ],
        "grants": [
            f"{title}: one more attempt granted on {moment(granted_at, zone)}."
            for title, history in record.histories
            for granted_at in history.granted_at
        ],
        "sign_offs": [_sign_off(one, devices) for one in record.observed],
        "accommodations": [_accommodation(one, by, record) for one, by in record.accommodations],
        "accommodate_url": new_url(record.account_id) if _in_reach(record, Action.ACCOMMODATE) else "",
        "used": [f"{one.release.title}: {attempts_used(one)}" for one in sorted(record.standings, key=_need)],
        "may_grant": _in_reach(record, Action.GRANT_ATTEMPT)
        and bool(record.standings)
        and record.account_id != visitor().actor.account_id,
    }


def _in_reach(record: TechnicianRecord, action: Action) -> bool:
    """Tell whether the visitor may do this where the technician treats."""
    within = visitor().actor.clinics(action)
    return within is None or any(clinic_id in within for clinic_id, _ in record.clinics)


def _assign_url(record: TechnicianRecord) -> str:
    if record.disabled_at or not record.clinics or not _in_reach(record, Action.ASSIGN):
        return ""
    within = visitor().actor.clinics(Action.ASSIGN)
    clinic_id = next(clinic_id for clinic_id, _ in record.clinics if within is None or clinic_id in within)
    return url_for("assignments.new", clinic=clinic_id, person=record.account_id)


def _disclaimer(held: Iterable[Held]) -> str:
    """Return the sentence of the schemes, told once: that of all where they differ."""
    texts = {one.certification.scheme["disclaimer"] for one in held}
    return texts.pop() if len(texts) == 1 else SEVERAL


def _certification(one: Held, today: date) -> Context:
    state = one.on(today, now())
    in_force, devices = state.state in (State.ACTIVE, State.GRACE), one.certification.scheme["devices"]
    grid, held = scope_rows(state.cells, devices, held_cells(state)), held_cells(state)
    return {
        "name": one.certification.scheme["title"],
        "sub": f"Edition {one.certification.scheme['edition']}",
        "status": status_of(state, today),
        "reason": (state.reason or "") if state.state in (State.SUSPENDED, State.REVOKED, State.SUPERSEDED) else "",
        "recall": open_line(one.recalls, today, now()),
        "dates": _dates(state),
        "acts": act_links(one.certification.id, state, on_hold=bool(suspensions(one.events, today, now()))),
        "held": held_notes(state, devices),
        "scope": scope_lines(state.cells, devices, in_force=in_force, held=held),
        "grid": grid,
        "grid_open": len(grid) <= SHORT,
        "in_force": in_force,
        "number": one.certification.number,
        "number_url": url_for("verify.answer", number=one.certification.number),
    }


def _dates(state: StateAsOf) -> str:
    period = state.latest_period
    return f"{short_day(period.first_on)} to {short_day(period.last_on)}" if period else "No period"


def _course(where: Standing, zone: str) -> Context:
    return {
        "title": where.release.title,
        "steps": [{"text": one.text, "met": one.met} for one in where.assessment.requirements],
        "seat": _seat(where, zone),
    }


def _seat(where: Standing, zone: str) -> str:
    """Return whether the technician can sit the exam, told to who answers for them."""
    if where.open_attempt:
        return f"Sitting the exam now, until {moment(where.open_attempt.deadline_at, zone)}."
    if isinstance(where.seat, timing.Allowed):
        return f"Can sit the {_exam(where)}: {attempt_words(where.attempts, where.seat).lower()}."
    when = from_when(where.seat.when, zone) if where.seat.when else ""
    return {
        RefusalKind.PASSED: "The exam is passed.",
        RefusalKind.NOT_OPEN: f"Can sit the exam again from {when}.",
        RefusalKind.WAIT: f"Can sit the exam again from {when}.",
        RefusalKind.USED_UP: "All attempts are used up. It takes one more, granted with a reason.",
        RefusalKind.WITHDRAWN: "Nobody can sit the exam: this edition was withdrawn.",
    }[where.seat.kind]


def _exam(where: Standing) -> str:
    """Return what is sat next: a renewal's is told with its size."""
    if where.renewal is None:
        return "exam"
    minutes = time_words(where.renewal.exam.time_limit_minutes * where.terms.time_factor)
    return f"renewal exam ({counted(where.renewal.items, 'question')}, {minutes})"


def _assignment(where: Standing, today: date) -> Context:
    due_on = where.assignment.due_on if where.assignment else None
    # Once certified, the due day has done its work; the renewal has a window of its own.
    done = where.assessment.met or where.state.state is State.ACTIVE
    if due_on is None:
        told = "No due day"
    elif done:
        told = f"Due {day(due_on)}, done"
    elif due_on < today:
        told = f"Was due {day(due_on)}, {counted((today - due_on).days, 'day')} ago"
    else:
        told = f"Due {day(due_on)}, {days_left(due_on, today).lower()}"
    return {"title": where.release.title, "text": told, "done": done}


def _attempt(attempt: Attempt, title: str, zone: str, objectives: Mapping[tuple[str, str], str]) -> Context:
    closed_at, fact = timing.closed_at_of(attempt.closed_at, attempt.deadline_at, now()), exam_fact(attempt)
    row: Context = {
        "title": title,
        "sub": f"Attempt {attempt.number}",
        "day": moment(closed_at or attempt.started_at, zone),
        "why": [],
    }
    if closed_at is None:
        return {**row, "score": "–", "state": "training", "label": "Running", "note": ""}
    if fact is None:
        return {**row, "score": "–", "state": "none", "label": "Time ran out", "note": "not scored yet"}
    score = f"{percent_shown(fact.score)}%"
    notes = {"ran_out": "time ran out", "ended": "ended with the account"}
    note = ", ".join(one for one in (notes.get(attempt.closed_by or "", ""), _at_first(attempt)) if one)
    if fact.passed:
        return {**row, "score": score, "state": "active", "label": "Passed", "note": note}
    why = why_failed(
        attempt.result or {}, {key: text for (of, key), text in objectives.items() if of == attempt.course_id}
    )
    return {**row, "score": score, "state": "expired", "label": "Not passed", "note": note, "why": why}


def _accommodation(one: Accommodation, by: str, record: TechnicianRecord) -> Context:
    zone, today = visitor().person.time_zone, visitor().today
    titles = {where.release.course_id: where.release.title for where in record.standings}
    over = one.ended_at is not None or (one.last_on is not None and one.last_on < today)
    until = f" to {day(one.last_on)}" if one.last_on else " on"
    ended = f"Ended on {moment(one.ended_at, zone)}" if one.ended_at else f"From {day(one.first_on)}{until}"
    may_end = not over and _in_reach(record, Action.ACCOMMODATE)
    return {
        "what": " · ".join(terms_lines(granted_of(one).terms)),
        "course": titles.get(one.course_id, one.course_id) if one.course_id else "Every exam",
        "dates": ended,
        "by": f"{by}, {moment(one.granted_at, zone)}",
        "reason": one.reason,
        "over": over,
        "end_url": url_for("accommodations.end", account_id=one.account_id, accommodation_id=one.id) if may_end else "",
    }


def _at_first(attempt: Attempt) -> str:
    """Return the score that an attempt closed with, where a corrected key changed it since."""
    first, counts = (attempt.original_numerator, attempt.original_denominator), attempt.original_passed
    changed = (*first, counts) != (attempt.score_numerator, attempt.score_denominator, attempt.passed)
    if not changed or first[0] is None or first[1] is None:
        return ""
    return f"at first {percent_of(first[0], first[1])}%, {'passed' if counts else 'not passed'}"


def _sign_off(one: Attested, devices: Mapping[str, Mapping[str, Any]]) -> Context:
    signed = one.sign_off
    return {
        "day": day(signed.observed_on),
        "what": procedure_name(signed.procedure),
        "device": devices[signed.device]["name"] if signed.device in devices else signed.device,
        "skin_type": span(signed.skin_type, signed.skin_type),
        "by": one.evaluator,
        "state": line_state(one),
    }
