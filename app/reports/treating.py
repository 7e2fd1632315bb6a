"""Who may treat what in a clinic on a day and the week from it: the scope board. Only its own people are read."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.certification import queries as certifications
from app.certification.lifecycle import State
from app.certification.queries import Held
from app.certification.scope import SKIN_TYPES, Cell
from app.certification.treating import Answer, Holding, Rule, Verdict, may_treat
from app.errors import NotFoundError
from app.people import equipment
from app.people import queries as people
from app.releases import queries as releases
from app.releases.manifest import scheme_of
from app.reports.board import MOST_PEOPLE

DAYS = 7  # that are shown beside each other
AHEAD = timedelta(days=210)  # how far the end of cover is told


@dataclass(frozen=True, kw_only=True, slots=True)
class Stands:
    """Somebody of the clinic in a cell: whether they may treat there, and why."""

    account_id: int
    name: str
    verdict: Verdict


@dataclass(frozen=True, kw_only=True, slots=True)
class ScopeCell:
    """A cell that a course in force allows: who may treat there, and who held it and may not now."""

    cell: Cell
    may: tuple[Stands, ...]
    lost: tuple[Stands, ...]

    @property
    def to_on(self) -> date | None:
        """The last day on which anybody may treat there, by what is known; None where nobody may now."""
        return max((one.verdict.to_on for one in self.may if one.verdict.to_on), default=None)


@dataclass(frozen=True, kw_only=True, slots=True)
class ScopeRow:
    """A device and a procedure with what each skin type (I–VI) has; None where no course in force allows it."""

    device: str
    procedure: str
    cells: tuple[ScopeCell | None, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class ScopeBoard:
    """A clinic's scope on a day. `week` holds days, each with how many cells nobody covers then.

    `devices` are all that the courses speak of, by id; `has` those that the clinic said it has (empty: it did not say).
    `aside` are technicians who may treat in no cell on that day.
    """

    clinics: tuple[tuple[int, str], ...]
    clinic_id: int
    clinic: str
    day: date
    rows: tuple[ScopeRow, ...]
    week: tuple[tuple[date, int], ...]
    devices: Mapping[str, Mapping[str, Any]]
    has: frozenset[str]
    aside: tuple[str, ...]
    more: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Offer:
    """What a course in force grants who is certified on it: cells, where the courses that it requires stand as well."""

    title: str
    requires: tuple[str, ...]
    cells: tuple[Cell, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """A clinic as it is asked about: its technicians with all that they hold, its devices, the courses in force.

    `allowed` are the cells that the courses allow; `more` says how many technicians were not read.
    """

    clinics: tuple[tuple[int, str], ...]
    clinic_id: int
    clinic: str
    staff: Mapping[int, str]
    held: Mapping[int, Sequence[Held]]
    devices: Mapping[str, Mapping[str, Any]]
    has: frozenset[str]
    courses: Mapping[str, Offer]
    allowed: tuple[Cell, ...]
    more: int

    @property
    def cells(self) -> list[Cell]:
        """The cells that stand on its board."""
        return [cell for cell in self.allowed if self.stands_here(cell.device)]

    def stands_here(self, device: str) -> bool:
        """Tell whether the clinic has a device; where it did not say, it may have any."""
        return not self.has or device in self.has


def scope_board(
    session: Session,
    *,
    organisation_id: int,
    within: Collection[int] | None,
    clinic_id: int | None,
    day: date,
    known_at: datetime,
) -> ScopeBoard | None:
    """Return the scope of a clinic `within` (None: any; the first where none is named) on a day; five queries.

    None where there is no clinic yet; NotFoundError for one that is not within.
    """
    place = read_place(session, organisation_id=organisation_id, within=within, clinic_id=clinic_id)
    if place is None:
        return None
    cells = place.cells
    days = [day + timedelta(days=ahead) for ahead in range(DAYS)]
    holdings = holdings_on(place.held, days, known_at)
    today = stands_in(cells, place.staff, holdings[day])
    treating = {one.account_id for cell in today.values() for one in cell.may}
    return ScopeBoard(
        clinics=place.clinics,
        clinic_id=place.clinic_id,
        clinic=place.clinic,
        day=day,
        rows=_rows(today),
        week=tuple((each, len(set(cells) - covered(holdings[each]))) for each in days),
        devices=place.devices,
        has=place.has,
        aside=tuple(name for account_id, name in place.staff.items() if account_id not in treating),
        more=place.more,
    )


def read_place(
    session: Session,
    *,
    organisation_id: int,
    within: Collection[int] | None,
    clinic_id: int | None,
    account_id: int | None = None,
) -> Place | None:
    """Read a clinic `within` (the first where none is named) with its people, or with one of them; five queries.

    None where there is no clinic yet; NotFoundError for one that is not within, or somebody who does not treat there.
    """
    clinics = people.clinics(session, organisation_id, within)
    if not clinics:
        return None
    clinic = clinics[0] if clinic_id is None else next((one for one in clinics if one.id == clinic_id), None)
    if clinic is None:
        raise NotFoundError
    found = people.technicians_of(session, organisation_id, clinic.id, MOST_PEOPLE + 1 if account_id is None else None)
    if account_id is not None:
        found = [one for one in found if one[0] == account_id]
        if not found:
            raise NotFoundError
    staff = dict(found[:MOST_PEOPLE])
    devices, courses = _offered(session, organisation_id)
    return Place(
        clinics=tuple((one.id, one.name) for one in clinics),
        clinic_id=clinic.id,
        clinic=clinic.name,
        staff=staff,
        held=certifications.held_by(session, organisation_id, staff),
        devices=devices,
        has=equipment.devices_of(session, organisation_id, clinic.id),
        courses=courses,
        allowed=tuple(sorted({cell for one in courses.values() for cell in one.cells})),
        more=len(found) - len(staff),
    )


def offered_devices(session: Session, organisation_id: int) -> dict[str, Mapping[str, Any]]:
    """Return the devices with which the courses in force allow any treatment, by id, in the order of their names."""
    return offered_cells(session, organisation_id)[0]


def offered_cells(session: Session, organisation_id: int) -> tuple[dict[str, Mapping[str, Any]], list[Cell]]:
    """Return these devices with the cells that the courses in force allow."""
    devices, courses = _offered(session, organisation_id)
    return devices, sorted({cell for one in courses.values() for cell in one.cells})


def _offered(session: Session, organisation_id: int) -> tuple[dict[str, Mapping[str, Any]], dict[str, Offer]]:
    devices: dict[str, Mapping[str, Any]] = {}
    courses: dict[str, Offer] = {}
    for course_id, one in releases.all_in_force(session, organisation_id).items():
        if one.withdrawn.whole:
            continue
        cells = tuple(each.cell for each in certifications.cells_of(one.release, one.withdrawn.facts))
        courses[course_id] = Offer(
            title=one.release.title, requires=scheme_of(one.release.manifest).requires_certifications, cells=cells
        )
        used = {cell.device for cell in cells}
        devices.update({key: told for key, told in one.release.manifest["devices"].items() if key in used})
    return dict(sorted(devices.items(), key=lambda one: str(one[1]["name"]))), courses


def holdings_on(
    held: Mapping[int, Sequence[Held]], days: Sequence[date], known_at: datetime
) -> dict[date, dict[int, list[Holding]]]:
    """Return what each person holds on each day; a certification is folded again only when it can differ."""
    found: dict[date, dict[int, list[Holding]]] = {day: {} for day in days}
    for account_id, one in ((account_id, one) for account_id, ones in held.items() for one in ones):
        number, title = one.certification.number, one.certification.scheme["title"]
        state = one.on(days[0], known_at)
        for day in days:
            if state.state is State.NONE or (state.same_to is not None and day > state.same_to):
                state = one.on(day, known_at)
            found[day].setdefault(account_id, []).append(Holding(number=number, title=title, state=state))
    return found


def stands_in(
    cells: Iterable[Cell], staff: Mapping[int, str], holdings: Mapping[int, Sequence[Holding]]
) -> dict[Cell, ScopeCell]:
    """Return who stands in each cell; who never held one is not asked about it."""
    stands: dict[Cell, list[Stands]] = {cell: [] for cell in cells}
    for account_id, held in holdings.items():
        for cell in {granted.cell for one in held for granted in one.state.cells} & stands.keys():
            verdict = may_treat(held, cell)
            if verdict.grounds[0].rule is not Rule.NOT_GRANTED:
                stands[cell].append(Stands(account_id=account_id, name=staff[account_id], verdict=verdict))
    order = tuple(Answer)
    for found in stands.values():
        found.sort(key=lambda one: (order.index(one.verdict.answer), one.name))
    return {
        cell: ScopeCell(
            cell=cell,
            may=tuple(one for one in found if one.verdict.answer is not Answer.NO),
            lost=tuple(one for one in found if one.verdict.answer is Answer.NO),
        )
        for cell, found in stands.items()
    }


def covered(holdings: Mapping[int, Sequence[Holding]]) -> set[Cell]:
    """Return the cells in which anybody may treat, if only with sign-off."""
    return {granted.cell for held in holdings.values() for one in held for granted in one.state.in_force}


def _rows(cells: Mapping[Cell, ScopeCell]) -> tuple[ScopeRow, ...]:
    places = sorted({(cell.device, cell.procedure) for cell in cells})
    return tuple(
        ScopeRow(
            device=device,
            procedure=procedure,
            cells=tuple(
                cells.get(Cell(procedure=procedure, device=device, skin_type=skin_type)) for skin_type in SKIN_TYPES
            ),
        )
        for device, procedure in places
    )
