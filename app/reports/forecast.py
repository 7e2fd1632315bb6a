"""What runs out in a clinic within ninety days, which cells that closes, and which training re-opens them soonest."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.certification.forecast import Plan, Training, order_of_training
from app.certification.interlocks import OUT_OF_USE
from app.certification.lifecycle import CARRIES, State, StateAsOf, carries_until, state_as_of
from app.certification.queries import Held
from app.certification.recalling import OVERDUE
from app.certification.scope import Cell
from app.reports.treating import Place, ScopeCell, holdings_on, read_place, stands_in

HORIZONS = (30, 60, 90)  # days
DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class RunsOut:
    """A certification in force that ends: `last_on` its last valid day, `to_on` the last one with sign-off in grace.

    `lapsed` names the required certification for whose want it ends, `overdue` says that a recall past its last day
    ends it, and `on_hold` that an act of a medical director does.
    """

    account_id: int
    name: str
    title: str
    number: str
    last_on: date
    to_on: date
    lapsed: str | None
    overdue: bool
    on_hold: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Horizon:
    """What is new from `first` to `days` days ahead: what runs out, the cells that this closes or leaves to one."""

    first: int
    days: int
    day: date
    runs_out: tuple[RunsOut, ...]
    closed: tuple[Cell, ...]
    one_left: tuple[tuple[Cell, str], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Forecast:
    """A clinic's next ninety days, as if nobody renewed; `names` are its technicians, `courses` titles by id."""

    clinics: tuple[tuple[int, str], ...]
    clinic_id: int
    clinic: str
    day: date
    horizons: tuple[Horizon, ...]
    plan: Plan
    open_now: frozenset[Cell]
    names: Mapping[int, str]
    courses: Mapping[str, str]
    devices: Mapping[str, Mapping[str, Any]]
    more: int


def forecast(
    session: Session,
    *,
    organisation_id: int,
    within: Collection[int] | None,
    clinic_id: int | None,
    day: date,
    known_at: datetime,
) -> Forecast | None:
    """Return what runs out in a clinic `within` (None: any; the first where none is named); five queries.

    None where there is no clinic yet; NotFoundError for one that is not within.
    """
    place = read_place(session, organisation_id=organisation_id, within=within, clinic_id=clinic_id)
    if place is None:
        return None
    days = [day, *(day + timedelta(days=ahead) for ahead in HORIZONS)]
    holdings = holdings_on(place.held, days, known_at)
    stands = {each: stands_in(place.cells, place.staff, holdings[each]) for each in days}
    gaps = _gaps(stands[day], stands[days[-1]], day)
    open_to_training = gaps.keys() - _out_of_use(place, day, known_at)
    trainings = [
        one for account_id in place.staff for one in _trainings(place, account_id, days[-1], known_at, open_to_training)
    ]
    return Forecast(
        clinics=place.clinics,
        clinic_id=place.clinic_id,
        clinic=place.clinic,
        day=day,
        horizons=_horizons(place, stands, days, known_at),
        plan=order_of_training(trainings, gaps),
        open_now=frozenset(cell for cell, on in gaps.items() if on == day),
        names=place.staff,
        courses={course_id: one.title for course_id, one in place.courses.items()},
        devices=place.devices,
        more=place.more,
    )


def _out_of_use(place: Place, day: date, known_at: datetime) -> set[Cell]:
    """Return the cells that are held because a device is out of use: who is certified anew is held there as well."""
    states = (one.on(day, known_at) for held in place.held.values() for one in held)
    return {back.cell for state in states for back in state.back if back.code == OUT_OF_USE}


def _gaps(today: Mapping[Cell, ScopeCell], last: Mapping[Cell, ScopeCell], day: date) -> dict[Cell, date]:
    """Return the cells that nobody covers at the end, each with the first day of the gap."""
    gaps = {}
    for cell in (cell for cell, stand in last.items() if not stand.may):
        to_on = today[cell].to_on
        gaps[cell] = to_on + DAY if to_on else day
    return gaps


def _horizons(
    place: Place, stands: Mapping[date, Mapping[Cell, ScopeCell]], days: Sequence[date], known_at: datetime
) -> tuple[Horizon, ...]:
    found = []
    for index, ahead in enumerate(HORIZONS, start=1):
        earlier, then = stands[days[index - 1]], stands[days[index]]
        found.append(
            Horizon(
                first=(0, *HORIZONS)[index - 1] + 1,
                days=ahead,
                day=days[index],
                runs_out=tuple(_running_out(place, days, index, known_at)),
                closed=tuple(cell for cell in place.cells if earlier[cell].may and not then[cell].may),
                one_left=tuple(
                    (cell, then[cell].may[0].name)
                    for cell in place.cells
                    if len(earlier[cell].may) > 1 and len(then[cell].may) == 1
                ),
            )
        )
    return tuple(found)


def _running_out(place: Place, days: Sequence[date], index: int, known_at: datetime) -> list[RunsOut]:
    """Return what ends up to a day and had not before, the first to end first: each certification once."""
    found = []
    for account_id, one in ((account_id, one) for account_id, held in place.held.items() for one in held):
        first, before, then = (one.on(day, known_at) for day in (days[0], days[index - 1], days[index]))
        in_grace = first.state is State.GRACE and before.state is State.GRACE
        if (before.state is State.ACTIVE and then.state is not State.ACTIVE) or (
            in_grace and then.state not in CARRIES
        ):
            to_on = carries_until(before)
            after = one.on(to_on + DAY, known_at)
            paused = after.state is State.SUSPENDED and not after.lapsed
            last_on = min(before.last_valid_on or to_on, to_on)
            found.append(
                RunsOut(
                    account_id=account_id,
                    name=place.staff[account_id],
                    title=one.certification.scheme["title"],
                    number=one.certification.number,
                    last_on=last_on,
                    to_on=to_on,
                    lapsed=after.lapsed,
                    overdue=paused and after.reason_code == OVERDUE,
                    on_hold=paused and after.reason_code != OVERDUE,
                )
            )
    return sorted(found, key=lambda one: (one.last_on, one.name, one.title))


def _trainings(place: Place, account_id: int, day: date, known_at: datetime, gaps: Collection[Cell]) -> list[Training]:
    """Return what somebody could take so that it counts on a day, with the gaps that each re-opens."""
    held = place.held.get(account_id, ())
    states = [(one, one.on(day, known_at)) for one in held]
    standing = {one.certification.course_id for one, state in states if state.state in CARRIES}
    latest = {one.certification.course_id: state for one, state in states}  # the last of a course comes last
    back = {course_id: {one.cell for one in state.back} for course_id, state in latest.items()}
    return [
        Training(
            account_id=account_id,
            course_id=course_id,
            renewal=course_id in latest,
            opens=frozenset(gaps)
            & {*offer.cells, *_brought_back(held, course_id, day, known_at, standing)} - back.get(course_id, set()),
            needs=tuple(one for one in offer.requires if one not in standing),
        )
        for course_id, offer in place.courses.items()
        if course_id not in latest or not _decided(latest[course_id])
    ]


def _decided(state: StateAsOf) -> bool:
    """Tell whether people, or a recall, took it away whole: that is given back by other means than this training."""
    return state.state in (State.REVOKED, State.SUSPENDED) and not state.lapsed


def _brought_back(
    held: Sequence[Held], course_id: str, day: date, known_at: datetime, standing: Collection[str]
) -> set[Cell]:
    """Return the cells of certifications that would stand on a day if only the one in this course did as well."""
    cells: set[Cell] = set()
    for one in held:
        wanting = {each["course"] for each in one.certification.scheme.get("requires", ())} - {*standing}
        if wanting == {course_id}:
            own = state_as_of(one.events, day, known_at, one.holds)
            cells.update(granted.cell for granted in own.in_force)
    return cells
