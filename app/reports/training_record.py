"""The training record of a person as of a day, as known on a day: assigned, read, sat, observed, certified, opened.

Whatever it says was recorded by the end of the day that it is known on; what happened at an instant had happened by the
end of the day that it is about; what counts from a day on counted on that day.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

from sqlalchemy.orm import Session

from app.certification import evidence
from app.certification.attesting import worth
from app.certification.dates import Period as LifePeriod
from app.certification.holds import HeldBack
from app.certification.lifecycle import Event, event_of
from app.certification.queries import Held, folded
from app.certification.recalling import RecallOn
from app.certification.scope import to_json
from app.clock import day_in, start_of
from app.errors import NotFoundError
from app.exams import timing
from app.exams.scoring import percent_of
from app.reports import record_rows as rows
from app.reports import record_values as values
from app.reports.record_rows import AnyRow

INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class AskedRecord:
    """Whose record is asked for, by whom, and as of when.

    `within` are the clinics whose people the reader may read of (None: everybody's), `accommodating` those where they
    may grant accommodations; who reads their own record needs neither.
    """

    organisation_id: int
    organisation: str
    zone: str
    is_demo: bool
    account_id: int
    reader_id: int
    within: Collection[int] | None
    accommodating: Collection[int] | None
    as_of: date
    known_on: date
    now: datetime
    accommodations: bool = True

    @property
    def own(self) -> bool:
        """Whether somebody reads their own record."""
        return self.account_id == self.reader_id

    @property
    def known_at(self) -> datetime:
        """The last instant of the day that it is known on, or now."""
        return min(self.now, _end(self.zone, self.known_on))

    @property
    def seen_at(self) -> datetime:
        """The last instant at which something can have happened and been known."""
        return min(self.known_at, _end(self.zone, self.as_of))


@dataclass(frozen=True, kw_only=True, slots=True)
class FoundRecord:
    """A record, and whether it may be shown now: the reading of somebody else has to be noted today before."""

    record: values.TrainingRecord
    noted: bool


def training_record(session: Session, asked: AskedRecord) -> FoundRecord:
    """Return the record of a person; five queries. NotFoundError where it is not the reader's to see."""
    found = rows.person(session, asked.organisation_id, asked.account_id, asked.known_at)
    if not found or not _reaches(asked.within, found, asked):
        raise NotFoundError
    notes: dict[str, list[AnyRow]] = {}
    for note in rows.notes(session, asked.organisation_id, asked.account_id):
        notes.setdefault(note.section, []).append(note)
    seen = {section: [one for one in several if one.at <= asked.seen_at] for section, several in notes.items()}
    record = values.TrainingRecord(
        demo=asked.is_demo,
        as_of=asked.as_of,
        known_on=asked.known_on,
        made_at=asked.now,
        time_zone=asked.zone,
        holder=_holder(found, asked),
        assignments=_assignments(found, asked),
        lessons=[_lesson(one) for one in seen.get(rows.LESSON, ())],
        attempts=_attempts(rows.attempts(session, asked.organisation_id, asked.account_id, asked.known_at), asked),
        extra_attempts=[_extra(one) for one in seen.get(rows.EXTRA, ())],
        sign_offs=[_sign_off(one, asked.seen_at) for one in seen.get(rows.SIGN_OFF, ()) if one.day <= asked.as_of],
        certifications=_certifications(rows.certifications(session, asked.organisation_id, asked.account_id), asked),
        evidence=_evidence(session, asked),
        accommodations=_accommodations(found, asked),
        readings=[values.Reading(reader=one.by, read_at=one.at) for one in seen.get(rows.READING, ())],
    )
    return FoundRecord(record=record, noted=asked.own or _noted(notes.get(rows.READING, ()), asked))


def _end(zone: str, day: date) -> datetime:
    return start_of(zone, day + timedelta(days=1)) - INSTANT


def _reaches(within: Collection[int] | None, found: Sequence[AnyRow], asked: AskedRecord) -> bool:
    """Tell whether the person works now in one of the clinics, or is the reader."""
    if asked.own or within is None:
        return True
    return any(row.clinic_id in within and row.ended_at is None for row in found)


def _noted(readings: Iterable[AnyRow], asked: AskedRecord) -> bool:
    today = day_in(asked.zone, asked.now)
    return any(one.number == asked.reader_id and one.day == today for one in readings)


def _holder(found: Sequence[AnyRow], asked: AskedRecord) -> values.Holder:
    held = [
        row.clinic
        for row in found
        if row.clinic is not None
        and row.granted_at <= asked.seen_at
        and (row.ended_at is None or row.ended_at > asked.seen_at)
    ]
    disabled_at = found[0].disabled_at
    return values.Holder(
        account_id=asked.account_id,
        name=found[0].name,
        organisation=asked.organisation,
        clinics=list(dict.fromkeys(held)),
        disabled_at=disabled_at if disabled_at and disabled_at <= asked.seen_at else None,
    )


def _assignments(found: Sequence[AnyRow], asked: AskedRecord) -> list[values.Assignment]:
    several = {row.Assignment.id: row for row in found if row.Assignment is not None}
    return [
        values.Assignment(
            course=row.Assignment.course_id,
            title=row.title or row.Assignment.course_id,
            assigned_at=row.Assignment.assigned_at,
            due_on=row.Assignment.due_on,
        )
        for row in several.values()
        if row.Assignment.assigned_at <= asked.seen_at
    ]


def _accommodations(found: Sequence[AnyRow], asked: AskedRecord) -> list[values.Accommodation] | None:
    if not asked.accommodations or not _reaches(asked.accommodating, found, asked):
        return None
    several = {row.Accommodation.id: row for row in found if row.Accommodation is not None}
    return [
        values.Accommodation(
            course=one.course_id,
            time_factor=str(Fraction(one.time_numerator, one.time_denominator)),
            extra_attempts=one.extra_attempts,
            breaks=one.breaks,
            break_minutes=one.break_minutes,
            first_on=one.first_on,
            last_on=one.last_on,
            granted_at=one.granted_at,
            granted_by=several[key].granted_by,
            ended_at=one.ended_at if one.ended_at and one.ended_at <= asked.seen_at else None,
            reason=one.reason,
        )
        for key, one in sorted((key, row.Accommodation) for key, row in several.items())
        if one.granted_at <= asked.seen_at
    ]


def _evidence(session: Session, asked: AskedRecord) -> list[values.OutsideEvidence]:
    told = evidence.told(session, organisation_id=asked.organisation_id, account_id=asked.account_id)
    return [
        values.OutsideEvidence(
            issuer=one.evidence.issuer,
            number=one.evidence.number,
            title=one.evidence.title,
            issued_on=one.evidence.issued_on,
            expires_on=one.evidence.expires_on,
            file_sha256=one.evidence.file_hash,
            uploaded_by=one.uploaded_by,
            uploaded_at=one.evidence.uploaded_at,
            decisions=[
                values.EvidenceDecision(
                    accepted=decision.course_id != evidence.DECLINED,
                    course=decision.course_id or None,
                    requirements=list(decision.requirements),
                    decided_by=by,
                    decided_at=decision.decided_at,
                    reason=decision.reason,
                )
                for decision, by in one.decisions
                if decision.decided_at <= asked.seen_at
            ],
        )
        for one in told
        if one.evidence.uploaded_at <= asked.seen_at
    ]


def _lesson(one: AnyRow) -> values.LessonRead:
    return values.LessonRead(course=one.course, lesson=one.sub, title=one.title, edition=one.by, read_at=one.at)


def _extra(one: AnyRow) -> values.ExtraAttempt:
    return values.ExtraAttempt(course=one.course, granted_at=one.at, granted_by=one.by, reason=one.title)


def _sign_off(one: AnyRow, seen_at: datetime) -> values.SignedOff:
    """Return a sign-off with what it was worth by an instant: signed by both or not yet, contested, corrected."""
    answered = one.answered_at is not None and one.answered_at <= seen_at
    state = worth(
        outcome=one.outcome,
        complete=one.complete,
        confirmed=one.confirmed if answered else None,
        corrected=one.corrected_at is not None and one.corrected_at <= seen_at,
    )
    return values.SignedOff(
        procedure=one.sub,
        device=one.title,
        skin_type=one.number,
        observed_on=one.day,
        attested_at=one.at,
        evaluator=one.by,
        outcome=one.outcome,
        state=state.value,
    )


def _attempts(found: Sequence[AnyRow], asked: AskedRecord) -> list[values.ExamAttempt]:
    return [_attempt(one, asked.seen_at) for one in found if one.started_at <= asked.seen_at]


def _attempt(one: AnyRow, seen_at: datetime) -> values.ExamAttempt:
    """Return an attempt with its scores; while it can still be answered there is none, and no key in any case."""
    closed_at = timing.closed_at_of(one.closed_at, one.deadline_at, seen_at)
    closed = closed_at is not None and closed_at <= seen_at
    told = (one.original_numerator, one.original_denominator, one.original_passed, one.original_result)
    again = (one.regrade_score_numerator, one.regrade_score_denominator, one.regrade_passed, one.regrade_result)
    regraded = closed and again[0] is not None and again != told
    return values.ExamAttempt(
        course=one.course_id,
        title=one.title,
        edition=one.edition,
        number=one.number,
        started_at=one.started_at,
        closed_at=closed_at if closed else None,
        closed_by=one.closed_by if closed else None,
        original=_score(told, one.objectives) if closed else None,
        regraded=_score(again, one.objectives) if regraded else None,
        regraded_at=one.regrade_recorded_at if regraded else None,
        edition_withdrawn=one.withdrawn,
    )


def _score(told: tuple[Any, ...], objectives: Mapping[str, str]) -> values.Score | None:
    numerator, denominator, passed, result = told
    if numerator is None or result is None:
        return None
    return values.Score(
        numerator=numerator,
        denominator=denominator,
        percent=percent_of(numerator, denominator),
        passed=passed,
        parts=[
            values.PartScore(
                objective=part["objective"],
                title=objectives.get(part["objective"], part["objective"]),
                got=part["got"],
                of=part["of"],
                reached=part["reached"],
            )
            for part in result["sections"]
        ],
    )


def _certifications(found: Sequence[AnyRow], asked: AskedRecord) -> list[values.CertificationLife]:
    lives: dict[int, dict[int, AnyRow]] = {}
    for row in found:
        lives.setdefault(row.Certification.id, {})[row.CertificationEvent.id] = row
    told = [(one, _events(lives[one.certification.id].values(), asked)) for one in folded(found)]
    return [_certification(one, asked, events) for one, events in told if events]


def _events(life: Iterable[AnyRow], asked: AskedRecord) -> list[values.Event]:
    happened = sorted(life, key=lambda row: (row.CertificationEvent.effective_on, row.CertificationEvent.id))
    return [
        _event(event_of(row.CertificationEvent), row)
        for row in happened
        if row.CertificationEvent.recorded_at <= asked.known_at and row.CertificationEvent.effective_on <= asked.as_of
    ]


def _event(event: Event, row: AnyRow) -> values.Event:
    return values.Event(
        kind=event.kind.value,
        effective_on=event.effective_on,
        recorded_at=event.recorded_at,
        actor=row.actor,
        reason_code=event.reason_code,
        reason=event.reason,
        edition=row.edition,
        content_hash=row.content_hash,
        period=_period(event.period),
        cells=None if event.cells is None else [values.Cell(**cell) for cell in to_json(event.cells)],
    )


def _certification(held: Held, asked: AskedRecord, events: list[values.Event]) -> values.CertificationLife:
    certification, state = held.certification, held.on(asked.as_of, asked.known_at)
    scheme = certification.scheme
    return values.CertificationLife(
        number=certification.number,
        name=certification.name,
        course=certification.course_id,
        title=scheme["title"],
        edition=scheme["edition"],
        issuer=scheme["issuer"],
        disclaimer=scheme["disclaimer"],
        state=state.state.value,
        due=state.due,
        since_on=state.since_on,
        first_issued_on=state.first_issued_on,
        reason_code=state.reason_code,
        reason=state.reason,
        period=_period(state.latest_period),
        devices=scheme["devices"],
        cells=[values.Cell(**cell) for cell in to_json(state.cells)],
        on_hold=[_on_hold(one) for one in state.back],
        recalls=[_recall(one, asked.seen_at) for one in held.recalls if one.started_at <= asked.seen_at],
        events=events,
    )


def _on_hold(one: HeldBack) -> values.OnHold:
    return values.OnHold(
        procedure=one.cell.procedure,
        device=one.cell.device,
        skin_type=one.cell.skin_type,
        since_on=one.since_on,
        reason_code=one.code,
        reason=one.reason,
    )


def _recall(one: RecallOn, seen_at: datetime) -> values.Recall:
    done, ended = (at is not None and at <= seen_at for at in (one.done_at, one.ended_at))
    return values.Recall(
        number=one.recall_id,
        title=one.title,
        task=one.task.value,
        consequence=one.consequence.value,
        started_at=one.started_at,
        due_on=one.due_on,
        done_on=one.done_on if done else None,
        ended_on=one.ended_on if ended else None,
    )


def _period(period: LifePeriod | None) -> values.Period | None:
    if period is None:
        return None
    return values.Period(
        first_on=period.first_on,
        last_on=period.last_on,
        grace_last_on=period.grace_last_on,
        due_from_on=period.due_from_on,
    )
