"""Deciding on a certification and what happens to it afterwards: every event is written here, once."""

import secrets
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from app.certification import attesting, dates, numbers, outside, queries, recall_joins, rules, scope
from app.certification.events import add_event
from app.certification.lifecycle import EventKind, State, granted_in_period
from app.certification.models import Certification
from app.certification.rules import RequirementKind
from app.certification.scope import GrantedCell
from app.certification.standing import Standing, standing
from app.clock import day_in
from app.content.values import Scheme
from app.errors import NotFoundError
from app.exams.models import Attempt
from app.people import queries as people_queries
from app.releases import queries as releases
from app.releases.manifest import scheme_of

RUNNING = (State.ACTIVE, State.GRACE, State.SUSPENDED)
# Of `CertificationEvent.reason_code`: cells were practised enough; evidence from outside stood for a requirement.
PRACTICE = "practice"
FROM_OUTSIDE = "outside_evidence"


def decide(
    session: Session, *, organisation_id: int, account_id: int, course_id: str, as_of: datetime, now: datetime
) -> Certification | None:
    """Issue or renew a certification if every requirement is met now, or extend the one that runs by practice.

    None where something is missing, or nothing is new. The caller holds the person's lock, so that of two last
    requirements the second one decides, once.
    """
    zone = people_queries.get_organisation(session, organisation_id).time_zone
    try:
        where = standing(
            session,
            organisation_id=organisation_id,
            account_id=account_id,
            zone=zone,
            course_id=course_id,
            now=now,
        )
    except NotFoundError:
        return None
    earned = _passed(where) or RequirementKind.EXAM in outside.met_by(where)
    if not (where.assessment.met and earned and now >= where.period_start_at):
        return _extend(session, where, day_in(zone, as_of), zone, now)
    # Held to the end of the transaction: what is certified here was not withdrawn before.
    withdrawn = releases.withdrawals(session, organisation_id, where.release.id, hold=True)
    if withdrawn.whole:
        return None
    granted = _practised(queries.cells_of(where.release, withdrawn.facts), scheme_of(where.release.manifest), where)
    certification = _grant(session, where, account_id, granted, day_in(zone, as_of), now)
    _keep_interlocked(session, certification, granted, day_in(zone, as_of), zone, now)
    recall_joins.join(session, certification=certification, attempt=_passed(where), now=now)
    return certification


def _passed(where: Standing) -> Attempt | None:
    return where.earning if where.earning and where.earning.passed else None


def _grant(  # noqa: PLR0917  what is granted to whom, from when
    session: Session, where: Standing, account_id: int, granted: Sequence[GrantedCell], on: date, now: datetime
) -> Certification:
    """Write the decision: a certification, or the next period of the one that is held."""
    cells, scheme, passed = scope.to_json(granted), scheme_of(where.release.manifest), _passed(where)
    first = where.held is None or where.state.state in queries.FINAL
    certification = where.held.certification if where.held and not first else _issue(session, where, account_id, cells)
    add_event(
        session,
        certification,
        EventKind.ISSUED if first else EventKind.RENEWED,
        effective_on=on,
        now=now,
        period=_first_period(scheme, on) if first else _renewed_period(scheme, where, on),
        attempt_id=passed.id if passed else None,
        reason_code=FROM_OUTSIDE if outside.met_by(where) else None,
        reason=outside.in_words(where),
        release_id=where.release.id,
        cells=cells,
        practice=where.practice,
    )
    return certification


def _practised(cells: Sequence[GrantedCell], scheme: Scheme, where: Standing) -> list[GrantedCell]:
    """Return the cells that a person earns: all, or where the scheme says so those with enough observed practice."""
    enough = attesting.practised((one.cell for one in where.practice), scheme.practice_per_cell)
    return [granted for granted in cells if enough is None or granted.cell in enough]


def _extend(session: Session, where: Standing, effective_on: date, zone: str, now: datetime) -> Certification | None:
    """Add to the certification that runs the cells in which enough was practised by now; once each in a period.

    What counts is the scheme of the edition that it was issued or renewed on, as far as the one in force still grants
    it. A cell that was taken away comes back with a renewal, never by practice alone.
    """
    if where.held is None or where.state.state not in RUNNING or not where.practice:
        return None
    certification = where.held.certification
    decided_on = where.held.release_id or certification.release_id
    running = releases.get_release(session, certification.organisation_id, decided_on)
    scheme, cells = scheme_of(running.manifest), queries.cells_of(running)
    if scheme.practice_per_cell is None:
        return None
    withdrawn = releases.withdrawals(session, certification.organisation_id, where.release.id, hold=True)
    if withdrawn.whole:
        return None
    allowed = scope.narrowed(cells, queries.cells_of(where.release, withdrawn.facts))
    had = granted_in_period(where.held.events)
    added = [one for one in _practised(allowed, scheme, where) if one.cell not in had]
    if not added:
        return None
    add_event(
        session,
        certification,
        EventKind.SCOPE_EXTENDED,
        effective_on=effective_on,
        now=now,
        reason_code=PRACTICE,
        reason=f"Treatments observed in each added cell: {scheme.practice_per_cell} or more.",
        cells=scope.to_json(added),
        practice=[one for one in where.practice if one.cell in {each.cell for each in added}],
    )
    _keep_interlocked(session, certification, added, effective_on, zone, now)
    return certification


def _keep_interlocked(  # noqa: PLR0917  what was granted, and when
    session: Session, certification: Certification, granted: Sequence[GrantedCell], on: date, zone: str, now: datetime
) -> None:
    """Hold what an interlock that nobody lifted would have held, had it been granted before.

    What one held of this certification once, and somebody gave back, stays given back.
    """
    queries.hold_interlocks(session, certification.organisation_id)
    for one in queries.interlocks_on(session, certification.organisation_id, certification.account_id):
        held_before = queries.held_by_interlock(session, certification.id, one.id)
        matching = queries.matching_of(one)
        cells = [each for each in granted if matching.matches(each.cell) and each.cell not in held_before]
        if cells:
            add_event(
                session,
                certification,
                EventKind.SUSPENDED,
                effective_on=max(on, day_in(zone, one.set_at)),
                now=now,
                actor_id=one.account_id,
                reason_code=one.reason_code,
                reason=one.reason,
                cells=scope.to_json(cells),
                interlock_id=one.id,
            )


def _issue(session: Session, where: Standing, account_id: int, cells: list[dict[str, Any]]) -> Certification:
    release = where.release
    account = people_queries.get_account(session, release.organisation_id, account_id)
    organisation = people_queries.get_organisation(session, release.organisation_id)
    certification = Certification(
        organisation_id=release.organisation_id,
        account_id=account_id,
        course_id=release.course_id,
        ordinal=where.held.certification.ordinal + 1 if where.held else 1,
        number=numbers.format_number(secrets.token_bytes(numbers.RANDOM_BYTES)),
        name=account.name,
        release_id=release.id,
        scheme=_frozen_scheme(where, organisation.name),
        cells=cells,
    )
    session.add(certification)
    session.flush()
    return certification


def _frozen_scheme(where: Standing, issuer: str) -> dict[str, Any]:
    """Return what a certification keeps of its scheme for ever: names, edition, disclaimer, issuer, devices.

    With them, the certifications that it rests on: where one of them lapses, this one counts as suspended.
    """
    release = where.release
    scheme = release.manifest["scheme"]
    return {
        "title": scheme["title"],
        "edition": release.edition,
        "disclaimer": scheme["disclaimer"],
        "issuer": issuer,
        "devices": release.manifest["devices"],
        # What evidence from outside stands for is not looked at again: it has no state of its own here.
        "requires": [
            {"course": one.course_id, "title": one.title}
            for one in where.required
            if rules.certification_key(one.course_id) not in outside.met_by(where)
        ],
        **({"evidence": evidence} if (evidence := [outside.frozen(one, where) for one in outside.used(where)]) else {}),
    }


def _first_period(scheme: Scheme, on: date) -> dates.Period:
    return dates.first_period(
        on,
        validity_months=scheme.validity_months,
        grace_days=scheme.grace_days,
        renewal_window_days=scheme.renewal_window_days,
        expiry_basis=scheme.expiry_basis,
    )


def _renewed_period(scheme: Scheme, where: Standing, on: date) -> dates.Period:
    previous, first_issued_on = where.state.latest_period, where.state.first_issued_on
    if previous is None or first_issued_on is None:
        return _first_period(scheme, on)
    return dates.renewed_period(
        on,
        first_issued_on=first_issued_on,
        previous=previous,
        validity_months=scheme.validity_months,
        grace_days=scheme.grace_days,
        renewal_window_days=scheme.renewal_window_days,
        expiry_basis=scheme.expiry_basis,
    )
