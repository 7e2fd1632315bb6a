import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.certification.scope import (
    Cell,
    GrantedCell,
    GridProcedure,
    GridRow,
    cells_as_grid,
    from_json,
    granted_cells,
    narrowed,
    stricter,
    to_json,
)
from app.content.values import Decision, Scheme, SettingsRow, Standing

ALLOWED, WITH_SIGN_OFF, NOT_ALLOWED = Decision.ALLOWED, Decision.WITH_SIGN_OFF, Decision.NOT_ALLOWED
NAMES = st.sampled_from(["alexandrite-755", "diode-808", "ndyag-1064"])
CELLS = st.builds(Cell, procedure=NAMES, device=NAMES, skin_type=st.integers(1, 6))
GRANTED = st.builds(GrantedCell, cell=CELLS, decision=st.sampled_from([ALLOWED, WITH_SIGN_OFF]))
SCOPES = st.lists(GRANTED, unique_by=lambda granted: granted.cell).map(tuple)


def make_row(
    skin_types: tuple[int, int],
    decision: Decision,
    standing: Standing = Standing.CITED,
    *,
    device: str = "ndyag-1064",
    procedure: str = "tightening",
) -> SettingsRow:
    return SettingsRow(
        id="row",
        objective="settings",
        standing=standing,
        sources=(),
        fact=None,
        conflict=None,
        line=2,
        device=device,
        procedure=procedure,
        skin_type_min=skin_types[0],
        skin_type_max=skin_types[1],
        decision=decision,
    )


SCHEME = Scheme(
    title="Skin tightening",
    validity_months=12,
    expiry_basis="completion",
    renewal_window_days=60,
    grace_days=30,
    requires_lessons="all",
    requires_sign_offs=3,
    requires_certifications=(),
    scope_devices=("ndyag-1064", "diode-808"),
    scope_skin_types=(1, 2, 3, 4, 5),
    scope_procedures=("tightening", "hair-removal"),
    practice_per_cell=None,
    renewal_lessons=None,
    renewal_items=None,
    disclaimer="Not a licence.",
)


def cells_of(*rows: SettingsRow) -> tuple[GrantedCell, ...]:
    return granted_cells(SCHEME, rows)


def granted(
    skin_type: int, decision: Decision, device: str = "ndyag-1064", procedure: str = "tightening"
) -> GrantedCell:
    return GrantedCell(cell=Cell(procedure=procedure, device=device, skin_type=skin_type), decision=decision)


def test_grants_the_cells_that_rows_allow_and_keeps_the_word_on_the_cell() -> None:
    cells = cells_of(make_row((3, 4), WITH_SIGN_OFF), make_row((1, 2), ALLOWED))
    assert cells == (
        granted(1, ALLOWED),
        granted(2, ALLOWED),
        granted(3, WITH_SIGN_OFF),
        granted(4, WITH_SIGN_OFF),
    )


def test_grants_nothing_that_no_row_names() -> None:
    assert cells_of() == ()


@pytest.mark.parametrize(
    "row",
    [
        make_row((1, 6), NOT_ALLOWED),
        make_row((1, 6), ALLOWED, Standing.DRAFT),
        make_row((1, 6), ALLOWED, device="alexandrite-755"),
        make_row((1, 6), ALLOWED, procedure="veins"),
        make_row((6, 6), ALLOWED),
    ],
    ids=["not allowed", "draft", "device outside", "procedure outside", "skin type outside"],
)
def test_grants_nothing_for(row: SettingsRow) -> None:
    assert cells_of(row) == ()


def test_a_protocol_row_grants() -> None:
    cells = cells_of(make_row((5, 6), WITH_SIGN_OFF, Standing.PROTOCOL))
    assert cells == (granted(5, WITH_SIGN_OFF),)


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (make_row((1, 1), ALLOWED, Standing.DRAFT), ()),
        (make_row((1, 1), NOT_ALLOWED), ()),
        (make_row((1, 1), WITH_SIGN_OFF), (granted(1, WITH_SIGN_OFF),)),
    ],
)
def test_of_two_rows_for_a_cell_the_stricter_decides(
    other: SettingsRow, expected: tuple[GrantedCell, ...], order: int
) -> None:
    rows = (make_row((1, 1), ALLOWED), other)
    assert cells_of(*rows[::order]) == expected


def test_sorts_by_procedure_device_and_skin_type() -> None:
    cells = cells_of(
        make_row((2, 2), ALLOWED),
        make_row((1, 1), ALLOWED, device="diode-808"),
        make_row((3, 3), ALLOWED, procedure="hair-removal"),
        make_row((1, 1), ALLOWED),
    )
    assert cells == (
        granted(3, ALLOWED, procedure="hair-removal"),
        granted(1, ALLOWED, "diode-808"),
        granted(1, ALLOWED),
        granted(2, ALLOWED),
    )


def test_grid_holds_six_decisions_a_device() -> None:
    cells = [granted(4, WITH_SIGN_OFF), granted(1, ALLOWED), granted(2, ALLOWED, "diode-808")]
    assert cells_as_grid([*cells, granted(6, ALLOWED, procedure="hair-removal")]) == (
        GridProcedure(
            procedure="hair-removal",
            rows=(GridRow(device="ndyag-1064", decisions=(NOT_ALLOWED,) * 5 + (ALLOWED,)),),
        ),
        GridProcedure(
            procedure="tightening",
            rows=(
                GridRow(device="diode-808", decisions=(NOT_ALLOWED, ALLOWED) + (NOT_ALLOWED,) * 4),
                GridRow(
                    device="ndyag-1064",
                    decisions=(ALLOWED, NOT_ALLOWED, NOT_ALLOWED, WITH_SIGN_OFF, NOT_ALLOWED, NOT_ALLOWED),
                ),
            ),
        ),
    )


def test_narrowing_takes_away_and_never_eases() -> None:
    cells = (granted(1, ALLOWED), granted(2, WITH_SIGN_OFF), granted(3, ALLOWED))
    remaining = (granted(2, ALLOWED), granted(3, WITH_SIGN_OFF), granted(4, ALLOWED))
    assert narrowed(cells, remaining) == (granted(2, WITH_SIGN_OFF), granted(3, WITH_SIGN_OFF))


@pytest.mark.parametrize(
    "change",
    [
        {"decision": "not_allowed"},
        {"decision": "perhaps"},
        {"skin_type": 7},
        {"skin_type": "1"},
        {"clinic": "riverside"},
    ],
)
def test_refuses_to_read_what_is_no_granted_cell(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"cell|not a valid"):
        from_json([{**to_json([granted(1, ALLOWED)])[0], **change}])


def test_refuses_to_read_a_cell_without_a_device() -> None:
    with pytest.raises(ValueError, match="not a cell of a scope"):
        from_json([{"procedure": "tightening", "skin_type": 1, "decision": "allowed"}])


@given(SCOPES)
def test_json_gives_back_what_was_stored(cells: tuple[GrantedCell, ...]) -> None:
    stored = to_json(cells)
    assert set(from_json(json.loads(json.dumps(stored)))) == set(cells)
    assert to_json(from_json(stored)) == stored == to_json(reversed(cells))


@given(SCOPES)
def test_grid_shows_every_cell_and_no_other(cells: tuple[GrantedCell, ...]) -> None:
    shown = {
        (part.procedure, row.device, skin_type, decision)
        for part in cells_as_grid(cells)
        for row in part.rows
        for skin_type, decision in enumerate(row.decisions, start=1)
        if decision is not NOT_ALLOWED
    }
    assert shown == {(one.cell.procedure, one.cell.device, one.cell.skin_type, one.decision) for one in cells}


@given(st.lists(st.builds(make_row, st.sampled_from([(1, 2), (2, 4), (6, 6)]), st.sampled_from(Decision))))
def test_a_scope_never_leaves_the_product_of_the_scheme(rows: list[SettingsRow]) -> None:
    for one in cells_of(*rows):
        naming = [row for row in rows if row.skin_type_min <= one.cell.skin_type <= row.skin_type_max]
        assert one.cell.skin_type in SCHEME.scope_skin_types
        assert one.decision is max((row.decision for row in naming), key=list(Decision).index)


@given(st.sampled_from(Decision), st.sampled_from(Decision))
def test_stricter_does_not_mind_the_order(one: Decision, other: Decision) -> None:
    assert stricter(one, other) is stricter(other, one)
    assert (stricter(one, other) is ALLOWED) == (one is other is ALLOWED)
