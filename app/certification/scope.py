"""The scope of a certification: cells, how a course grants them, how they are stored and laid out; pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from app.content.values import Decision, Scheme, SettingsRow, Standing

SKIN_TYPES = (1, 2, 3, 4, 5, 6)  # Fitzpatrick
GRANTED = (Decision.ALLOWED, Decision.WITH_SIGN_OFF)


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Cell:
    """One procedure with one device on one skin type (1–6); sorts as a scope is read."""

    procedure: str
    device: str
    skin_type: int


@dataclass(frozen=True, kw_only=True, slots=True)
class GrantedCell:
    """A cell that a certification grants: `allowed`, or `with_sign_off` of a second person."""

    cell: Cell
    decision: Decision


@dataclass(frozen=True, kw_only=True, slots=True)
class GridRow:
    """A device and its six decisions, skin types I to VI."""

    device: str
    decisions: tuple[Decision, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class GridProcedure:
    """A procedure and the devices with which it is granted on some skin type."""

    procedure: str
    rows: tuple[GridRow, ...]


def granted_cells(scheme: Scheme, settings: Iterable[SettingsRow]) -> tuple[GrantedCell, ...]:
    """Return the cells of the scheme's product that a settings row grants, sorted.

    A cell that no row names, or that a `draft` or `not_allowed` row names, is not granted; of two rows that
    name one cell the stricter decides.
    """
    decided: dict[Cell, Decision] = {}
    for row in settings:
        if row.device not in scheme.scope_devices or row.procedure not in scheme.scope_procedures:
            continue
        for skin_type in range(row.skin_type_min, row.skin_type_max + 1):
            if skin_type in scheme.scope_skin_types:
                cell = Cell(procedure=row.procedure, device=row.device, skin_type=skin_type)
                decided[cell] = stricter(decided.get(cell, Decision.ALLOWED), _decision(row))
    return tuple(
        GrantedCell(cell=cell, decision=decision) for cell, decision in sorted(decided.items()) if decision in GRANTED
    )


def stricter(one: Decision, other: Decision) -> Decision:
    """Return the stricter of two decisions: `not_allowed` before `with_sign_off` before `allowed`."""
    return max(one, other, key=tuple(Decision).index)


def narrowed(cells: Iterable[GrantedCell], remaining: Iterable[GrantedCell]) -> tuple[GrantedCell, ...]:
    """Return what is left of `cells` when only `remaining` may stay; nothing is added and nothing eased."""
    kept = {granted.cell: granted.decision for granted in remaining}
    return tuple(
        GrantedCell(cell=granted.cell, decision=stricter(granted.decision, kept[granted.cell]))
        for granted in cells
        if granted.cell in kept
    )


def joined(cells: Iterable[GrantedCell], added: Iterable[GrantedCell]) -> tuple[GrantedCell, ...]:
    """Return cells with others added, sorted; what is granted already is neither eased nor made stricter."""
    together = {granted.cell: granted for granted in (*added, *cells)}
    return tuple(together[cell] for cell in sorted(together))


def to_json(cells: Iterable[GrantedCell]) -> list[dict[str, Any]]:
    """Return cells as JSON values, sorted, so that equal scopes are stored alike."""
    return [
        {
            "procedure": granted.cell.procedure,
            "device": granted.cell.device,
            "skin_type": granted.cell.skin_type,
            "decision": granted.decision.value,
        }
        for granted in sorted(cells, key=lambda granted: granted.cell)
    ]


def from_json(values: Iterable[Mapping[str, Any]]) -> tuple[GrantedCell, ...]:
    """Read cells back from JSON values, sorted; raise ValueError for anything that is not a granted cell."""
    return tuple(sorted((_granted(value) for value in values), key=lambda granted: granted.cell))


def cells_as_grid(cells: Iterable[GrantedCell]) -> tuple[GridProcedure, ...]:
    """Lay cells out by procedure, then device, then six decisions; `not_allowed` where nothing is granted."""
    ordered = sorted(cells, key=lambda granted: granted.cell)
    return tuple(
        GridProcedure(
            procedure=procedure,
            rows=tuple(
                _grid_row(device, of_device)
                for device, of_device in groupby(of_procedure, key=lambda granted: granted.cell.device)
            ),
        )
        for procedure, of_procedure in groupby(ordered, key=lambda granted: granted.cell.procedure)
    )


def _decision(row: SettingsRow) -> Decision:
    return Decision.NOT_ALLOWED if row.standing is Standing.DRAFT else row.decision


def _grid_row(device: str, cells: Iterable[GrantedCell]) -> GridRow:
    by_type = {granted.cell.skin_type: granted.decision for granted in cells}
    return GridRow(
        device=device,
        decisions=tuple(by_type.get(skin_type, Decision.NOT_ALLOWED) for skin_type in SKIN_TYPES),
    )


def _granted(value: Mapping[str, Any]) -> GrantedCell:
    if set(value) != {"procedure", "device", "skin_type", "decision"}:
        raise ValueError(f"not a cell of a scope: {value!r}")
    granted = GrantedCell(
        cell=Cell(procedure=value["procedure"], device=value["device"], skin_type=value["skin_type"]),
        decision=Decision(value["decision"]),
    )
    if granted.decision not in GRANTED or granted.cell.skin_type not in SKIN_TYPES:
        raise ValueError(f"not a granted cell: {value!r}")
    return granted
