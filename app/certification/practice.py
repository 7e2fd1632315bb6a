"""Observed practice: an evaluator signs what they saw, the technician signs as well, and corrections are entries."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import service as trail
from app.certification import attesting, deciding, practice_queries
from app.certification import queries as certifications
from app.certification.attesting import Outcome, SignOffState
from app.certification.models import Certification, SignOff, SignOffAnswer, SignOffCorrection, SignOffStep
from app.certification.practice_queries import Attested
from app.certification.scope import Cell
from app.clock import day_in
from app.errors import NotFoundError, RefusedError
from app.people import queries as people_queries
from app.people import service as people
from app.people.permissions import Action, Actor, Role
from app.releases import queries as releases
from app.releases import steps as release_steps
from app.releases.queries import InForce

OBSERVED_AT_MOST = timedelta(days=90)
OWN = "You cannot sign off your own treatments; ask another evaluator."


@dataclass(frozen=True, kw_only=True, slots=True)
class Treatment:
    """Who treated in which cell, and when it was observed; nobody asks on whom."""

    account_id: int
    cell: Cell
    observed_on: date


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """What an evaluator saw: the outcome, the steps that were done, remarks by code, and words of their own.

    `page` is the mark of the page that it was signed on, where there was one.
    """

    outcome: str
    done: Collection[str] = ()
    remarks: Collection[str] = ()
    words: str = ""
    no_client_detail: bool = False
    page: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Correction:
    """Which sign-off is void and why, by code and in words of their own."""

    sign_off_id: int
    reason_code: str
    words: str = ""
    no_client_detail: bool = False


def record(
    session: Session,
    *,
    actor: Actor,
    treatment: Treatment,
    seen: Seen,
    password: str,
    now: datetime,
    correction: Correction | None = None,
) -> SignOff:
    """Sign an observed treatment with password; it counts when the technician has signed as well.

    With a `correction` it stands in the place of an earlier sign-off of the same evaluator, which is void. A page that
    is sent twice is signed once: the second time returns what the first one made.
    """
    clinic_id = _shared_clinic(session, actor, treatment.account_id)
    courses = _check(session, actor, treatment, now)
    wrong = _own(session, actor, correction.sign_off_id) if correction else None
    people.lock_people(session, {treatment.account_id, *([wrong.sign_off.account_id] if wrong else [])})
    people.check_password(session, account_id=actor.account_id, password=password)
    if before := _signed_before(session, actor, treatment, seen.page):
        return before
    steps = release_steps.critical_steps(session, courses.values(), treatment.cell.procedure)
    done = _done(steps, seen)
    signed = SignOff(
        organisation_id=actor.organisation_id,
        clinic_id=clinic_id,
        account_id=treatment.account_id,
        evaluator_id=actor.account_id,
        device=treatment.cell.device,
        skin_type=treatment.cell.skin_type,
        procedure=treatment.cell.procedure,
        observed_on=treatment.observed_on,
        attested_at=now,
        outcome=Outcome(seen.outcome).value,
        complete=len(done) == len(steps),
        remarks=attesting.check_chosen(seen.remarks, attesting.REMARKS, "remarks"),
        words=attesting.check_words(seen.words, no_client_detail=seen.no_client_detail),
        page=seen.page,
    )
    session.add(signed)
    session.flush()
    session.add_all(_seen(signed, steps, done))
    session.flush()
    _tell_attested(session, signed, [step.fact for step in steps if step.fact not in done])
    if correction:
        _correct(session, actor, correction, now, replaced_by=signed.id)
    return signed


def _signed_before(session: Session, actor: Actor, treatment: Treatment, page: str | None) -> SignOff | None:
    """Return what was signed on this page already; refused where that was another treatment."""
    if page is None:
        return None
    query = select(SignOff).where(
        SignOff.organisation_id == actor.organisation_id,
        SignOff.evaluator_id == actor.account_id,
        SignOff.page == page,
    )
    signed = session.scalar(query)
    if signed is None:
        return None
    if treatment != Treatment(account_id=signed.account_id, cell=cell_of(signed), observed_on=signed.observed_on):
        raise RefusedError("You signed this page before, for another treatment. Choose the treatment again.")
    return signed


def void(session: Session, *, actor: Actor, correction: Correction, password: str, now: datetime) -> SignOffCorrection:
    """Declare a sign-off of one's own void, with password and reason; nothing stands in its place."""
    wrong = _own(session, actor, correction.sign_off_id)
    people.lock_people(session, {wrong.sign_off.account_id})
    people.check_password(session, account_id=actor.account_id, password=password)
    return _correct(session, actor, correction, now)


def confirm(session: Session, *, actor: Actor, sign_off_id: int, now: datetime) -> list[Certification]:
    """Let a technician sign what was observed of them, and decide whether it was the last thing missing.

    Signing again changes nothing. Return what it issued, renewed or extended.
    """
    signed = _waiting(session, actor, sign_off_id, confirmed=True)
    if signed is None:
        return []
    _answer(session, actor, signed, SignOffAnswer(confirmed=True, reason_code=None, words=None), now)
    session.expire_all()  # what counts of a person is read anew
    cell = cell_of(signed)
    decided = [
        deciding.decide(
            session,
            organisation_id=signed.organisation_id,
            account_id=signed.account_id,
            course_id=course_id,
            as_of=now,
            now=now,
        )
        for course_id in _granting(session, signed.organisation_id, cell)
    ]
    return [one for one in decided if one is not None]


def contest(
    session: Session,
    *,
    actor: Actor,
    sign_off_id: int,
    reason_code: str,
    words: str = "",
    no_client_detail: bool = False,
    now: datetime,
) -> None:
    """Let a technician say what is wrong in a sign-off: it does not count, and its evaluator corrects it."""
    signed = _waiting(session, actor, sign_off_id, confirmed=False)
    if signed is None:
        return
    [code] = attesting.check_chosen([reason_code], attesting.CONTESTED, "what is wrong")
    told = attesting.check_words(words, no_client_detail=no_client_detail)
    _answer(session, actor, signed, SignOffAnswer(confirmed=False, reason_code=code, words=told), now)


def _check(session: Session, actor: Actor, treatment: Treatment, now: datetime) -> dict[str, InForce]:
    """Make sure that the actor may observe a treatment; RefusedError says why not. Return the courses that grant it."""
    if treatment.account_id == actor.account_id:
        raise RefusedError(OWN)
    zone = people_queries.get_organisation(session, actor.organisation_id).time_zone
    check_observed(treatment.observed_on, day_in(zone, now))
    courses = granting(session, actor.organisation_id, treatment.cell)
    cell, day = treatment.cell, treatment.observed_on
    verdict = practice_queries.may_treat_on(session, actor, cell, day, now)
    appointed = practice_queries.appointed(session, actor.organisation_id, actor.account_id, zone)
    if refusal := attesting.why_not_observe(verdict, appointed, cell, day):
        raise RefusedError(refusal)
    return courses


def granting(session: Session, organisation_id: int, cell: Cell) -> dict[str, InForce]:
    """Return the courses in force whose scope grants a cell; refused where none does."""
    found = _granting(session, organisation_id, cell)
    if not found:
        raise RefusedError("No certification covers this device, skin type and procedure; check all three.")
    return found


def cell_of(signed: SignOff) -> Cell:
    """Return the cell of an observed treatment."""
    return Cell(procedure=signed.procedure, device=signed.device, skin_type=signed.skin_type)


def _granting(session: Session, organisation_id: int, cell: Cell) -> dict[str, InForce]:
    return {
        course_id: one
        for course_id, one in releases.all_in_force(session, organisation_id).items()
        if not one.withdrawn.whole
        if any(granted.cell == cell for granted in certifications.cells_of(one.release, one.withdrawn.facts))
    }


def _done(steps: Collection[release_steps.Step], seen: Seen) -> set[str]:
    if seen.outcome not in set(Outcome):
        raise RefusedError("Choose how the treatment went.")
    known = {step.fact for step in steps}
    if not set(seen.done) <= known:
        raise RefusedError("The list of steps has changed: a new edition is in force. Open the page again.")
    return set(seen.done)


def _seen(signed: SignOff, steps: Collection[release_steps.Step], done: set[str]) -> list[SignOffStep]:
    return [
        SignOffStep(
            sign_off_id=signed.id,
            position=position,
            organisation_id=signed.organisation_id,
            release_id=step.release_id,
            fact=step.fact,
            phase=step.phase,
            text=step.text,
            done=step.fact in done,
        )
        for position, step in enumerate(steps, start=1)
    ]


def _own(session: Session, actor: Actor, sign_off_id: int) -> Attested:
    """Return a sign-off that the actor attested; another's is not found."""
    found = practice_queries.get_attested(session, actor.organisation_id, sign_off_id)
    if found.sign_off.evaluator_id != actor.account_id:
        raise NotFoundError
    return found


def _waiting(session: Session, actor: Actor, sign_off_id: int, *, confirmed: bool) -> SignOff | None:
    """Return a sign-off of the actor's own treatment that waits for them; None where they said the same already."""
    people.lock_person(session, actor.account_id)
    found = practice_queries.get_attested(session, actor.organisation_id, sign_off_id)
    if found.sign_off.account_id != actor.account_id:
        raise NotFoundError
    if found.correction is not None:
        raise RefusedError("The evaluator has corrected this entry meanwhile; it needs your signature no more.")
    if found.answer is not None and found.answer.confirmed is confirmed:
        return None
    if found.state is not SignOffState.WAITING:
        raise RefusedError("You have answered this already, and it is final. Ask the evaluator for a correction.")
    return found.sign_off


def _answer(session: Session, actor: Actor, signed: SignOff, answer: SignOffAnswer, now: datetime) -> None:
    answer.organisation_id, answer.sign_off_id = signed.organisation_id, signed.id
    answer.account_id, answer.answered_at = actor.account_id, now
    session.add(answer)
    session.flush()
    detail: dict[str, Any] = {"outcome": signed.outcome, "evaluator": signed.evaluator_id}
    if not answer.confirmed:
        detail |= {"reason_code": answer.reason_code, "words": answer.words}
    kind = "sign_off.confirmed" if answer.confirmed else "sign_off.contested"
    _tell(session, signed, kind, actor.account_id, now, detail)


def _correct(
    session: Session, actor: Actor, correction: Correction, now: datetime, replaced_by: int | None = None
) -> SignOffCorrection:
    wrong = _own(session, actor, correction.sign_off_id)  # as it is now that the person's row is held
    if wrong.correction is not None:
        raise RefusedError("This entry is corrected already. Correct the one that stands in its place.")
    [code] = attesting.check_chosen([correction.reason_code], attesting.CORRECTED, "what was wrong")
    corrected = SignOffCorrection(
        organisation_id=actor.organisation_id,
        sign_off_id=wrong.sign_off.id,
        replaced_by_id=replaced_by,
        reason_code=code,
        words=attesting.check_words(correction.words, no_client_detail=correction.no_client_detail),
        account_id=actor.account_id,
        corrected_at=now,
    )
    session.add(corrected)
    session.flush()
    detail = {"reason_code": code, "words": corrected.words, "replaced_by": replaced_by}
    _tell(session, wrong.sign_off, "sign_off.corrected", actor.account_id, now, detail)
    return corrected


def check_observed(observed_on: date, today: date) -> None:
    """Make sure that a day of observation lies neither ahead nor too far back."""
    if observed_on > today:
        raise RefusedError("Enter the day on which you observed the treatment; it cannot lie ahead.")
    if today - observed_on > OBSERVED_AT_MOST:
        raise RefusedError(f"Sign off within {OBSERVED_AT_MOST.days} days of the treatment; this one is older.")


def _shared_clinic(session: Session, actor: Actor, account_id: int) -> int:
    """Return the clinic where the technician treats and the actor evaluates; not found where there is none."""
    within = actor.clinics(Action.SIGN_OFF)
    person = people_queries.member(session, actor.organisation_id, account_id, within)
    treats = [clinic for _, role, clinic, _ in person.roles if role is Role.TECHNICIAN and clinic is not None]
    shared = [clinic for clinic in treats if within is None or clinic in within]
    if not shared or person.disabled_at is not None:
        raise NotFoundError
    return shared[0]


def _tell_attested(session: Session, signed: SignOff, missing: list[str]) -> None:
    detail = {
        "device": signed.device,
        "skin_type": signed.skin_type,
        "procedure": signed.procedure,
        "observed_on": signed.observed_on.isoformat(),
        "outcome": signed.outcome,
        "missing_steps": missing,
        "remarks": signed.remarks,
        "words": signed.words,
    }
    _tell(session, signed, "sign_off.attested", signed.evaluator_id, signed.attested_at, detail)


def _tell(  # noqa: PLR0917  one entry of the trail, in its order
    session: Session, signed: SignOff, kind: str, actor_id: int, now: datetime, detail: dict[str, Any]
) -> None:
    trail.record(
        session,
        organisation_id=signed.organisation_id,
        kind=kind,
        subject=f"sign_off:{signed.id}",
        actor_id=actor_id,
        account_id=signed.account_id,
        now=now,
        detail=detail,
    )
