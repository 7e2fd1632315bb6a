"""The status board: technicians by certifications, folded for a day; only the asked clinics' rows are read."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.certification import queries as certifications
from app.certification import scope
from app.certification.lifecycle import State, StateAsOf
from app.certification.queries import Held
from app.certification.recalling import RecallOn
from app.certification.rules import counts_as_practice
from app.exams.models import Attempt, CoachingTask
from app.learning.models import Assignment, LessonCompletion
from app.people import queries as people
from app.releases import queries as releases
from app.releases.queries import InForce

MOST_PEOPLE = 300


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """How far the training for a certification is: lessons, exam, sign-offs."""

    assigned: bool
    lessons_read: int
    lessons: int
    attempts: int
    passed: bool
    observed: int
    needed: int
    to_talk_over: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class BoardCell:
    """A technician's standing in one certification: its state, or (state none) the progress towards it."""

    state: StateAsOf
    progress: Progress
    recalls: tuple[RecallOn, ...] = ()
    """Those that its holder has not answered yet, by what is known."""

    @property
    def key(self) -> str:
        """What the board filters by: a state, `due`, or where the training stands."""
        if self.state.state is State.ACTIVE and self.state.due:
            return "due"
        if self.state.state is not State.NONE:
            return self.state.state.value
        told = self.progress
        if not told.assigned:
            return "not_required"
        if told.passed and told.lessons_read >= told.lessons and told.observed < told.needed:
            return "sign_off"
        return "training" if told.lessons_read or told.attempts else "none"


@dataclass(frozen=True, kw_only=True, slots=True)
class BoardRow:
    """A technician of a clinic with one cell a certification."""

    account_id: int
    name: str
    clinic_id: int
    clinic: str
    cells: tuple[BoardCell, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Board:
    """Columns are the courses in force; `clinics` are all that could be asked for; `more` people did not fit."""

    clinics: tuple[tuple[int, str], ...]
    in_force: tuple[InForce, ...]
    rows: tuple[BoardRow, ...]
    more: int


def status_board(
    session: Session,
    *,
    organisation_id: int,
    within: Collection[int] | None,
    clinic_id: int | None = None,
    name: str = "",
    day: date,
    known_at: datetime,
) -> Board:
    """Return the board of the clinics `within` (None: all), or of one of them, for a day.

    Five queries, however large it is.
    """
    clinics, people_found = people.roster(
        session, organisation_id, within, clinic_id=clinic_id, name=name, limit=MOST_PEOPLE + 1
    )
    shown = people_found[:MOST_PEOPLE]
    account_ids = sorted({row[0] for row in shown})
    in_force = list(releases.all_in_force(session, organisation_id).values())
    held = certifications.held_by(session, organisation_id, account_ids)
    states = {
        (account_id, one.certification.course_id): one.on(day, known_at)
        for account_id, found in held.items()
        for one in found
    }
    training = _training(session, organisation_id, account_ids)
    observed = certifications.observed(session, organisation_id, account_ids)
    rows = [
        BoardRow(
            account_id=account_id,
            name=person,
            clinic_id=clinic_id,
            clinic=clinic,
            cells=tuple(
                BoardCell(
                    state=states.get((account_id, one.release.course_id), StateAsOf(state=State.NONE)),
                    progress=_progress(
                        one, training.get((account_id, one.release.course_id)), observed.get(account_id, [])
                    ),
                    recalls=_open(held.get(account_id, ()), one.release.course_id, known_at),
                )
                for one in in_force
            ),
        )
        for account_id, person, clinic_id, clinic in shown
    ]
    return Board(
        clinics=tuple(clinics), in_force=tuple(in_force), rows=tuple(rows), more=len(people_found) - len(shown)
    )


def _open(held: Iterable[Held], course_id: str, known_at: datetime) -> tuple[RecallOn, ...]:
    """Return the recalls on a person's certification in a course that they have not answered yet."""
    return tuple(
        each
        for one in held
        if one.certification.course_id == course_id
        for each in one.recalls
        if each.is_open(known_at)
    )


def _training(
    session: Session, organisation_id: int, account_ids: Collection[int]
) -> dict[tuple[int, str], tuple[int, int, bool, int]]:
    """Return (lessons read, attempts, passed one, to talk over) by (account, course) of what is assigned; one query."""
    same = (Assignment.organisation_id, Assignment.account_id, Assignment.course_id)
    lessons = select(func.count(LessonCompletion.lesson_id.distinct())).where(
        LessonCompletion.organisation_id == same[0],
        LessonCompletion.account_id == same[1],
        LessonCompletion.course_id == same[2],
    )
    attempts = select(func.count(Attempt.id)).where(
        Attempt.organisation_id == same[0], Attempt.account_id == same[1], Attempt.course_id == same[2]
    )
    to_talk_over = (
        select(func.count(CoachingTask.id))
        .join(Attempt, Attempt.id == CoachingTask.attempt_id)
        .where(
            CoachingTask.organisation_id == same[0],
            CoachingTask.account_id == same[1],
            CoachingTask.done_at.is_(None),
            Attempt.course_id == same[2],
        )
    )
    rows = session.execute(
        select(
            Assignment.account_id,
            Assignment.course_id,
            lessons.scalar_subquery(),
            attempts.scalar_subquery(),
            attempts.where(Attempt.passed.is_(True)).scalar_subquery(),
            to_talk_over.scalar_subquery(),
        ).where(Assignment.organisation_id == organisation_id, Assignment.account_id.in_(account_ids))
    )
    return {(row[0], row[1]): (row[2], row[3], row[4] > 0, row[5]) for row in rows}


def _progress(
    in_force: InForce, trained: tuple[int, int, bool, int] | None, observed: Collection[certifications.Observed]
) -> Progress:
    manifest = in_force.release.manifest
    lessons_read, attempts, passed, to_talk_over = trained or (0, 0, False, 0)
    needed: int = manifest["scheme"]["requires_sign_offs"]
    counted = 0
    if trained and passed:
        granted = certifications.cells_of(in_force.release, in_force.withdrawn.facts)
        counted = sum(counts_as_practice(_cell(one), granted) for one in observed)
    return Progress(
        assigned=trained is not None,
        lessons_read=lessons_read,
        lessons=len(manifest["lessons"]),
        attempts=attempts,
        passed=passed,
        observed=counted,
        needed=needed,
        to_talk_over=to_talk_over,
    )


def _cell(one: certifications.Observed) -> scope.Cell:
    signed = one.sign_off
    return scope.Cell(procedure=signed.procedure, device=signed.device, skin_type=signed.skin_type)
