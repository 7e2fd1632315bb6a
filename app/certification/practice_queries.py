"""Reading observed practice: what was attested and what became of it, and who may observe in which cell."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, aliased

from app.certification import queries as certifications
from app.certification.attesting import Appointed, SignOffState, worth
from app.certification.models import EvaluatorAppointment, SignOff, SignOffAnswer, SignOffCorrection, SignOffStep
from app.certification.scope import Cell
from app.certification.treating import Holding, Verdict, may_treat
from app.clock import day_in
from app.errors import NotFoundError
from app.people.models import Account
from app.people.permissions import Actor

_ended_by = aliased(Account)
_appointed_by = aliased(Account)


@dataclass(frozen=True, kw_only=True, slots=True)
class Attested:
    """A sign-off with who attested it, what the technician answered, and its correction; None where there is none."""

    sign_off: SignOff
    evaluator: str
    answer: SignOffAnswer | None = None
    correction: SignOffCorrection | None = None

    @property
    def state(self) -> SignOffState:
        """Where it stands."""
        return worth(
            outcome=self.sign_off.outcome,
            complete=self.sign_off.complete,
            confirmed=self.answer.confirmed if self.answer else None,
            corrected=self.correction is not None,
        )

    @property
    def counts(self) -> bool:
        """Whether it counts as observed practice."""
        return self.state is SignOffState.COUNTED

    @property
    def cell(self) -> Cell:
        """The cell in which was treated."""
        signed = self.sign_off
        return Cell(procedure=signed.procedure, device=signed.device, skin_type=signed.skin_type)


@dataclass(frozen=True, kw_only=True, slots=True)
class Appointment:
    """An appointment with the names of whom it is about, who made it, and who ended it."""

    appointment: EvaluatorAppointment
    evaluator: str
    by: str
    ended_by: str | None


def observed(session: Session, organisation_id: int, account_ids: Collection[int]) -> dict[int, list[Attested]]:
    """Return the sign-offs of people by account, oldest first, with those that do not count; one query."""
    query = _attested(organisation_id).where(SignOff.account_id.in_(account_ids))
    found: dict[int, list[Attested]] = {}
    for one in _told(session, query.order_by(SignOff.observed_on, SignOff.id)):
        found.setdefault(one.sign_off.account_id, []).append(one)
    return found


def attested_by(session: Session, organisation_id: int, evaluator_id: int, *, limit: int = 50) -> list[Attested]:
    """Return what an evaluator attested: the treatment observed last first, of one day the one signed last."""
    query = _attested(organisation_id).where(SignOff.evaluator_id == evaluator_id)
    return _told(session, query.order_by(SignOff.observed_on.desc(), SignOff.id.desc()).limit(limit))


def get_attested(session: Session, organisation_id: int, sign_off_id: int) -> Attested:
    """Return a sign-off of this organisation; another's is not found."""
    found = _told(session, _attested(organisation_id).where(SignOff.id == sign_off_id))
    if not found:
        raise NotFoundError
    return found[0]


def steps_of(session: Session, organisation_id: int, sign_off_ids: Collection[int]) -> dict[int, list[SignOffStep]]:
    """Return the safety-critical steps as they were seen, by sign-off, in their order; one query."""
    query = select(SignOffStep).where(
        SignOffStep.organisation_id == organisation_id, SignOffStep.sign_off_id.in_(sign_off_ids)
    )
    found: dict[int, list[SignOffStep]] = {one: [] for one in sign_off_ids}
    for step in session.scalars(query.order_by(SignOffStep.sign_off_id, SignOffStep.position)):
        found[step.sign_off_id].append(step)
    return found


def may_treat_on(session: Session, who: Actor, cell: Cell, day: date, now: datetime) -> Verdict:
    """Tell from somebody's own certifications whether they might treat in a cell on a day, by what is known now."""
    held = certifications.held_by(session, who.organisation_id, [who.account_id]).get(who.account_id, [])
    return may_treat(
        [
            Holding(number=one.certification.number, title=one.certification.scheme["title"], state=one.on(day, now))
            for one in held
        ],
        cell,
    )


def appointed(session: Session, organisation_id: int, account_id: int, zone: str) -> list[Appointed]:
    """Return somebody's appointments as evaluator, as they stand; one query."""
    query = select(EvaluatorAppointment).where(
        EvaluatorAppointment.organisation_id == organisation_id, EvaluatorAppointment.account_id == account_id
    )
    return [as_appointed(one, zone) for one in session.scalars(query)]


def as_appointed(one: EvaluatorAppointment, zone: str) -> Appointed:
    """Return a stored appointment as the rules read it."""
    return Appointed(
        cells=frozenset(Cell(**cell) for cell in one.cells),
        first_on=one.first_on,
        last_on=one.last_on,
        ended_on=day_in(zone, one.ended_at) if one.ended_at else None,
    )


def appointments(session: Session, organisation_id: int) -> list[Appointment]:
    """Return the appointments of an organisation, the latest first; one query."""
    rows = session.execute(
        select(EvaluatorAppointment, Account.name, _appointed_by.name, _ended_by.name)
        .join(Account, Account.id == EvaluatorAppointment.account_id)
        .join(_appointed_by, _appointed_by.id == EvaluatorAppointment.appointed_by)
        .outerjoin(_ended_by, _ended_by.id == EvaluatorAppointment.ended_by)
        .where(EvaluatorAppointment.organisation_id == organisation_id)
        .order_by(EvaluatorAppointment.id.desc())
    )
    return [Appointment(appointment=row[0], evaluator=row[1], by=row[2], ended_by=row[3]) for row in rows]


def _attested(organisation_id: int) -> Select[SignOff, str, SignOffAnswer, SignOffCorrection]:
    return (
        select(SignOff, Account.name, SignOffAnswer, SignOffCorrection)
        .join(Account, Account.id == SignOff.evaluator_id)
        .outerjoin(
            SignOffAnswer,
            (SignOffAnswer.organisation_id == SignOff.organisation_id) & (SignOffAnswer.sign_off_id == SignOff.id),
        )
        .outerjoin(
            SignOffCorrection,
            (SignOffCorrection.organisation_id == SignOff.organisation_id)
            & (SignOffCorrection.sign_off_id == SignOff.id),
        )
        .where(SignOff.organisation_id == organisation_id)
    )


def _told(session: Session, query: Select[SignOff, str, SignOffAnswer, SignOffCorrection]) -> list[Attested]:
    return [
        Attested(sign_off=row[0], evaluator=row[1], answer=row[2], correction=row[3]) for row in session.execute(query)
    ]
