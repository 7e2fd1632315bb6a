"""What a training record says in words: blocks of facts, lines and tables, the same on its page and in its PDF."""

from collections.abc import Iterable, Sequence
from datetime import date
from fractions import Fraction
from functools import partial

from app.certification.attesting import SignOffState
from app.certification.dates import Period
from app.certification.lifecycle import State, StateAsOf
from app.certification.scope import Cell, from_json
from app.exams.scoring import number_shown
from app.releases.manifest import procedure_name, span
from app.reports import record_values as values
from app.web.life_words import happened, reason_of, stands_for
from app.web.practice_pages import STATES as SIGN_OFFS
from app.web.recalls_pages import TASKS
from app.web.words import Context, counted, day, moment, scope_lines, short_day, status_of

CLOSED = {"ran_out": "time ran out", "ended": "ended with the account", "withdrawn": "ended by a withdrawal"}
STATES = {
    "revoked": "Revoked",
    "superseded": "Superseded",
    "suspended": "Suspended",
    "expired": "Expired",
    "grace": "In grace",
    "active": "Current",
    "none": "Not yet in force",
}
LEFT_OUT = "Left out here. The person, and managers who may grant them, read them on the page."


def record_blocks(record: values.TrainingRecord) -> list[Context]:
    """Return the blocks of a record in their order."""
    zone = record.time_zone
    return [
        _block(
            "certifications",
            "Certifications",
            [_certification(one, record.as_of, zone) for one in record.certifications],
            "No certification by this day.",
        ),
        _block(
            "attempts",
            "Exam attempts",
            [*(_attempt(one, zone) for one in record.attempts), *_extra(record.extra_attempts, zone)],
            "No exam was sat by this day.",
        ),
        _table(
            "sign-offs",
            "Observed treatments",
            ("Treatment", "Device", "Skin type", "Observed on", "Attested", "State"),
            _sign_offs(record),
            "No treatment was signed off by this day.",
        ),
        _table(
            "lessons",
            "Lessons read",
            ("Lesson", "Course", "Edition", "Read"),
            [(one.title, _named(record, one.course), one.edition, moment(one.read_at, zone)) for one in record.lessons],
            "No lesson was read by this day.",
        ),
        _table(
            "assignments",
            "Assignments",
            ("Course", "Assigned", "Due"),
            [
                (one.title, moment(one.assigned_at, zone), day(one.due_on) if one.due_on else "No due day")
                for one in record.assignments
            ],
            "Nothing was assigned by this day.",
        ),
        _evidence_block(record),
        _accommodations(record),
        _table(
            "readings",
            "Who read this record",
            ("Reader", "First opened that day"),
            [(one.reader, moment(one.read_at, zone)) for one in record.readings],
            "Nobody but the person read it by this day.",
        ),
    ]


def record_facts(record: values.TrainingRecord) -> list[Context]:
    """Return whose record it is, and as of when, as facts."""
    facts = [
        ("Name", record.holder.name),
        ("Organisation", record.holder.organisation),
        ("Clinics", ", ".join(record.holder.clinics) or "None on this day"),
        ("As of", day(record.as_of)),
        ("By what was known on", day(record.known_on)),
        ("Made", f"{moment(record.made_at, record.time_zone)}, {record.time_zone}"),
    ]
    if record.holder.disabled_at:
        facts.insert(3, ("Account", f"Disabled since {moment(record.holder.disabled_at, record.time_zone)}"))
    return [{"term": term, "value": value} for term, value in facts]


def _block(name: str, title: str, parts: list[Context], none: str) -> Context:
    return {"id": name, "title": title, "parts": parts, "none": "" if parts else none}


def _part(  # noqa: PLR0917  what a part shows, from its heading to its table
    title: str,
    sub: str,
    facts: Iterable[tuple[str, str]],
    lines: Sequence[str],
    columns: Sequence[str],
    rows: Iterable[Sequence[str]],
    status: Context | None = None,
) -> Context:
    return {
        "title": title,
        "sub": sub,
        "facts": [{"term": term, "value": value} for term, value in facts],
        "lines": list(lines),
        "table": {"columns": list(columns), "rows": [list(row) for row in rows]},
        "status": status,
    }


def _table(name: str, title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], none: str) -> Context:
    return _block(name, title, [_part("", "", (), (), columns, rows)] if rows else [], none)


def _named(record: values.TrainingRecord, course: str) -> str:
    """Return a course's title, as the record knows it."""
    titles = {one.course: one.title for one in record.attempts} | {one.course: one.title for one in record.assignments}
    return titles.get(course, course)


def _certification(one: values.CertificationLife, as_of: date, zone: str) -> Context:
    state, period = _state(one), one.period
    in_force = state.state in (State.ACTIVE, State.GRACE)
    facts = [
        ("State", f"{STATES[one.state]}{f' since {short_day(one.since_on)}' if one.since_on else ''}"),
        ("Number", one.number),
        ("Issued", f"{day(one.first_issued_on) if one.first_issued_on else 'not yet'} to {one.name} by {one.issuer}"),
    ]
    if period:
        facts += [
            ("Valid", f"{day(period.first_on)} to {day(period.last_on)}"),
            ("Grace to", day(period.grace_last_on)),
        ]
    if one.reason:
        facts.append(("Reason", one.reason))
    facts += [("Recall", _recall(each)) for each in one.recalls]
    granted = from_json([cell.model_dump() for cell in one.cells])
    held = {Cell(procedure=each.procedure, device=each.device, skin_type=each.skin_type): each for each in one.on_hold}
    if in_force and held:
        facts.append(("On hold", "; ".join(dict.fromkeys(_on_hold(each) for each in one.on_hold))))
    lines = scope_lines(granted, one.devices, in_force=in_force, held=held if in_force else ())
    return _part(
        one.title,
        f"Edition {one.edition}",
        facts,
        [line["words"] for line in lines],
        ("What happened", "Counts from", "Recorded", "By", "Reason"),
        [_event(event, zone) for event in one.events],
        status_of(state, as_of),
    )


def _recall(one: values.Recall) -> str:
    """Return what a recall asks, and whether it is done."""
    asked = f"{one.title}: {TASKS[one.task][:1].lower()}{TASKS[one.task][1:]}, by {day(one.due_on)}"
    if one.done_on:
        return f"{asked}; done on {day(one.done_on)}"
    return f"{asked}; ended early on {day(one.ended_on)}" if one.ended_on else f"{asked}; not done yet"


def _on_hold(one: values.OnHold) -> str:
    return f"since {day(one.since_on)}{f': {one.reason}' if one.reason else ''}"


def _state(one: values.CertificationLife) -> StateAsOf:
    """Return the state as the pages' words take it."""
    period = Period(**one.period.model_dump()) if one.period else None
    return StateAsOf(
        state=State(one.state),
        due=one.due,
        since_on=one.since_on,
        last_valid_on=period.last_on if period else None,
        period=period,
    )


def _event(event: values.Event, zone: str) -> tuple[str, ...]:
    what = happened(event.kind)
    if event.period:
        what = f"{what}, valid {short_day(event.period.first_on)} to {short_day(event.period.last_on)}"
    by = event.actor or "Requirements met"
    reason = ": ".join(each for each in (reason_of(event.reason_code), event.reason) if each)
    edition = f"Edition {event.edition}" if event.edition else ""
    return what, day(event.effective_on), moment(event.recorded_at, zone), by, reason or edition or "–"


def _attempt(one: values.ExamAttempt, zone: str) -> Context:
    counts = one.regraded or one.original
    facts = [("Started", moment(one.started_at, zone))]
    if one.closed_at:
        why = CLOSED.get(one.closed_by or "", "")
        facts.append(("Closed", f"{moment(one.closed_at, zone)}{f', {why}' if why else ''}"))
    facts.append(("Result", _result(counts) if counts else "Not scored by this day"))
    if one.regraded and one.original and one.regraded_at:
        facts.append(
            ("At first", f"{_result(one.original)}; a corrected key changed it on {moment(one.regraded_at, zone)}")
        )
    if one.edition_withdrawn:
        facts.append(("Withdrawn", "The edition was withdrawn; this attempt does not count"))
    parts = counts.parts if counts else []
    return _part(
        f"{one.title}, attempt {one.number}",
        f"Edition {one.edition}",
        facts,
        (),
        ("Objective", "Right", "Enough"),
        [(part.title, f"{_got(part)} of {part.of}", "Yes" if part.reached else "No") for part in parts],
    )


def _result(score: values.Score) -> str:
    return f"{score.percent}%, {'passed' if score.passed else 'not passed'}"


def _got(part: values.PartScore) -> str:
    return number_shown(Fraction(part.got))


def _extra(several: Sequence[values.ExtraAttempt], zone: str) -> list[Context]:
    if not several:
        return []
    rows = [(one.course, moment(one.granted_at, zone), one.granted_by, one.reason) for one in several]
    return [_part("More attempts that were granted", "", (), (), ("Course", "Granted", "By", "Reason"), rows)]


def _sign_offs(record: values.TrainingRecord) -> list[tuple[str, ...]]:
    devices = {key: device["name"] for one in record.certifications for key, device in one.devices.items()}
    return [
        (
            procedure_name(one.procedure),
            devices.get(one.device, one.device),
            span(one.skin_type, one.skin_type),
            day(one.observed_on),
            f"{one.evaluator}, {moment(one.attested_at, record.time_zone)}",
            SIGN_OFFS[SignOffState(one.state)][0],
        )
        for one in record.sign_offs
    ]


def _evidence_block(record: values.TrainingRecord) -> Context:
    parts = [_evidence(record, one) for one in record.evidence]
    return _block("evidence", "Certificates from outside", parts, "None was uploaded by this day.")


def _evidence(record: values.TrainingRecord, one: values.OutsideEvidence) -> Context:
    zone = record.time_zone
    valid = f" to {day(one.expires_on)}" if one.expires_on else ", no end is named"
    facts = (
        ("Number", one.number),
        ("Issued", f"{day(one.issued_on)}{valid}"),
        ("Uploaded", f"{moment(one.uploaded_at, zone)} by {one.uploaded_by}"),
        ("File, SHA-256", one.file_sha256),
    )
    rows = [
        (
            f"Accepted in {_named(record, each.course or '')}" if each.accepted else "Declined",
            ", ".join(stands_for(key, partial(_named, record)) for key in each.requirements) or "–",
            f"{each.decided_by}, {moment(each.decided_at, zone)}",
            each.reason,
        )
        for each in one.decisions
    ]
    return _part(one.title, one.issuer, facts, (), ("Decision", "Stands for", "By", "Reason"), rows)


def _accommodations(record: values.TrainingRecord) -> Context:
    if record.accommodations is None:
        return _block("accommodations", "Accommodations", [], LEFT_OUT)
    rows = [
        (
            _what(one),
            _named(record, one.course) if one.course else "Every exam",
            _when(one, record.time_zone),
            f"{one.granted_by}, {moment(one.granted_at, record.time_zone)}",
            one.reason,
        )
        for one in record.accommodations
    ]
    columns = ("What", "Exam", "When", "Granted", "Reason")
    return _table("accommodations", "Accommodations", columns, rows, "None by this day.")


def _what(one: values.Accommodation) -> str:
    given = [f"{one.time_factor} of the time"] if one.time_factor != "1" else []
    given += [counted(one.extra_attempts, "more attempt")] if one.extra_attempts else []
    given += [f"{counted(one.breaks, 'break')} of {counted(one.break_minutes, 'minute')}"] if one.breaks else []
    return ", ".join(given)


def _when(one: values.Accommodation, zone: str) -> str:
    if one.ended_at:
        return f"From {short_day(one.first_on)}, ended {moment(one.ended_at, zone)}"
    return f"From {short_day(one.first_on)}{f' to {short_day(one.last_on)}' if one.last_on else ' on'}"
