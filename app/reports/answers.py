"""Who may treat what in a clinic on a day, person by person and cell by cell, as another program asks it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from app.certification.scope import SKIN_TYPES, Cell
from app.certification.treating import Answer, Ground, Holding, Rule, Verdict, may_treat
from app.errors import NotFoundError
from app.reports.treating import Place, Stands, holdings_on, read_place


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """The part of the board that is asked for; what is None is not narrowed."""

    device: str | None = None
    skin_type: int | None = None
    procedure: str | None = None

    def holds(self, cell: Cell) -> bool:
        """Tell whether a cell is in this part."""
        return (
            self.device in (None, cell.device)
            and self.skin_type in (None, cell.skin_type)
            and self.procedure in (None, cell.procedure)
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class CellAnswers:
    """A cell with a verdict for every technician; a cell that the board does not show is closed to all of them."""

    cell: Cell
    permitted: bool
    people: tuple[Stands, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class ScopeAnswers:
    """What a clinic's board says on a day, in full; `more` technicians of it did not fit."""

    clinic_id: int
    clinic: str
    day: date
    cells: tuple[CellAnswers, ...]
    more: int


def scope_answers(
    session: Session,
    *,
    organisation_id: int,
    within: Collection[int] | None,
    clinic_id: int,
    account_id: int | None,
    asked: Asked,
    day: date,
    known_at: datetime,
) -> ScopeAnswers:
    """Return who may treat what in a clinic `within` (None: any), of all its technicians or one; five queries.

    A cell that is named in full is answered also where nothing permits it. Not within, or no technician of the clinic:
    NotFoundError.
    """
    place = read_place(
        session, organisation_id=organisation_id, within=within, clinic_id=clinic_id, account_id=account_id
    )
    if place is None:
        raise NotFoundError
    holdings = holdings_on(place.held, [day], known_at)[day]
    return ScopeAnswers(
        clinic_id=place.clinic_id,
        clinic=place.clinic,
        day=day,
        cells=tuple(_judged(place, holdings, cell) for cell in _cells(place, asked)),
        more=place.more,
    )


def _cells(place: Place, asked: Asked) -> list[Cell]:
    if asked.device is not None and asked.procedure is not None:
        types = SKIN_TYPES if asked.skin_type is None else (asked.skin_type,)
        return [Cell(procedure=asked.procedure, device=asked.device, skin_type=one) for one in types]
    return [cell for cell in place.cells if asked.holds(cell)]


def _judged(place: Place, holdings: dict[int, list[Holding]], cell: Cell) -> CellAnswers:
    closed = _closed(place, cell)
    return CellAnswers(
        cell=cell,
        permitted=closed is None,
        people=tuple(
            Stands(account_id=account_id, name=name, verdict=closed or may_treat(holdings.get(account_id, ()), cell))
            for account_id, name in place.staff.items()
        ),
    )


def _closed(place: Place, cell: Cell) -> Verdict | None:
    """Return the verdict for everybody on a cell that is not on the board: a certification alone opens none."""
    if cell not in place.allowed:
        return Verdict(answer=Answer.NO, grounds=(Ground(rule=Rule.NOT_PERMITTED),))
    if not place.stands_here(cell.device):
        return Verdict(answer=Answer.NO, grounds=(Ground(rule=Rule.NOT_HERE),))
    return None
