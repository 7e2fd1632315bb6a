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
    clinics = people.clinics(session, organisation_id, within)
    if not clinics:
        return None
    clinic = clinics[0] if clinic_id is None else next((one for one in clinics if one.id == clinic_id), None)
    if clinic is None:
        raise NotFoundError
    found = people.technicians_of(session, organisation_id, clinic.id, MOST_PEOPLE + 1)
    staff = dict(found[:MOST_PEOPLE])
    held = certifications.held_by(session, organisation_id, staff)
    devices, allowed = _offered(session, organisation_id)
    has = equipment.devices_of(session, organisation_id, clinic.id)
    cells = [cell for cell in allowed if not has or cell.device in has]
    days = [day + timedelta(days=ahead) for ahead in range(DAYS)]
    holdings = _holdings(held, days, known_at)
    today = _today(cells, staff, holdings[day])
    treating = {one.account_id for cell in today.values() for one in cell.may}
    return ScopeBoard(
        clinics=tuple((one.id, one.name) for one in clinics),
        clinic_id=clinic.id,
        clinic=clinic.name,
        day=day,
        rows=_rows(today),
        week=tuple((each, len(set(cells) - _covered(holdings[each]))) for each in days),
        devices=devices,
        has=has,
        aside=tuple(name for account_id, name in staff.items() if account_id not in treating),
        more=len(found) - len(staff),
    )


def offered_devices(session: Session, organisation_id: int) -> dict[str, Mapping[str, Any]]:
    """Return the devices with which the courses in force allow any treatment, by id, in the order of their names."""
    return _offered(session, organisation_id)[0]


def _offered(session: Session, organisation_id: int) -> tuple[dict[str, Mapping[str, Any]], list[Cell]]:
    devices: dict[str, Mapping[str, Any]] = {}
    cells: set[Cell] = set()
    for one in releases.all_in_force(session, organisation_id).values():
        granted = () if one.withdrawn.whole else certifications.cells_of(one.release, one.withdrawn.facts)
        cells.update(each.cell for each in granted)
        used = {each.cell.device for each in granted}
        devices.update({key: told for key, told in one.release.manifest["devices"].items() if key in used})
    return dict(sorted(devices.items(), key=lambda one: str(one[1]["name"]))), sorted(cells)


def _holdings(
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


def _today(
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


def _covered(holdings: Mapping[int, Sequence[Holding]]) -> set[Cell]:
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
