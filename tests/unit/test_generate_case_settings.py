import pytest

from app.content.values import SettingsRow
from tests.unit import case_oracle
from tests.unit.case_courses import CELL, TAN, item_of, key_of, table, texts
from tests.unit.course_rows import DRAFT, NOT, SIGNED, setting


@pytest.mark.parametrize(
    ("cell", "key", "critical"),
    [
        (CELL, "Treat today, without a sign-off: fluence 30–60 J/cm², pulse duration 20 ms", False),
        (
            setting("cell", (6, 6), device="c", decision=SIGNED, spot=(8, 10)),
            "Treat today, but only with a sign-off: spot size 8–10 mm",
            False,
        ),
        (setting("cell", (1, 1), device="c"), "Treat today, without a sign-off", False),
        (
            setting("cell", device="c", decision=NOT),
            "Do not treat: not allowed for a technician with this device",
            True,
        ),
    ],
)
def test_where_nothing_speaks_against_a_client_the_cell_decides(cell: SettingsRow, key: str, *, critical: bool) -> None:
    of = table(TAN, cells=(cell,))
    for seed in range(8):
        item = item_of(of, "settings/cell", seed)
        case_oracle.assert_case(of, item)
        assert key_of(item) == key
        assert item.critical == critical


def test_the_settings_of_the_neighbouring_skin_type_are_the_mistake() -> None:
    dark = setting("dark", (5, 6), device="c", decision=SIGNED, fluence=(30, 60), pulse=(30, 30))
    item = item_of(table(cells=(CELL, dark)), "settings/cell")
    assert texts(item) == {
        f"Treat today, {start}: fluence 30–60 J/cm², pulse duration {pulse} ms"
        for start in ("without a sign-off", "but only with a sign-off")
        for pulse in (20, 30)
    }
    assert item.why is not None
    assert item.why.endswith(": allowed: fluence 30–60 J/cm², pulse duration 20 ms. Because. Fact: settings/cell.")
    why = {option.text: option.why for option in item.options}
    wrong = "Treat today, without a sign-off: fluence 30–60 J/cm², pulse duration 30 ms"
    assert why[wrong] == "These are the figures for skin types V–VI."


def test_where_nobody_is_treated_the_nearest_settings_are_the_mistake() -> None:
    of = table(cells=(CELL, setting("dark", (5, 6), device="c", decision=NOT)))
    assert "Treat today, without a sign-off: fluence 30–60 J/cm², pulse duration 20 ms" in texts(
        item_of(of, "settings/dark")
    )


@pytest.mark.parametrize("fluence", [(40, 50), (20, 80), (30, 60)])
def test_a_neighbour_s_range_that_holds_the_row_s_or_lies_inside_it_is_never_offered(fluence: tuple[int, int]) -> None:
    row = setting("cell", (3, 4), device="c", fluence=(30, 60))
    of = table(cells=(row, setting("dark", (5, 6), device="c", fluence=fluence)))
    for seed in range(24):
        item = item_of(of, "settings/cell", seed)
        case_oracle.assert_case(of, item)
        shown = f"fluence {fluence[0]}–{fluence[1]} J/cm²"
        assert fluence == (30, 60) or not any(shown in text for text in texts(item))


def test_a_neighbour_may_share_all_figures_but_one() -> None:
    narrow = setting("dark", (5, 6), device="c", fluence=(40, 50), pulse=(30, 30))
    assert "Treat today, without a sign-off: fluence 40–50 J/cm², pulse duration 30 ms" in texts(
        item_of(table(cells=(CELL, narrow)), "settings/cell")
    )


def test_figures_of_another_authority_are_never_offered_as_wrong() -> None:
    row = setting("cell", (5, 6), device="c", pulse=(30, 30), conflict="Others: 15, 20 and 45 to 60 ms (2001).")
    wide = setting("light", (1, 2), device="c", pulse=(15, 15))
    offered = {text for seed in range(24) for text in texts(item_of(table(cells=(row, wide)), "settings/cell", seed))}
    assert not any(f" {figure} ms" in text for figure in (15, 20, 45, 60) for text in offered)


def test_a_draft_s_figures_are_never_offered() -> None:
    draft = setting("draft", (5, 6), device="c", fluence=(30, 60), pulse=(33, 33), standing=DRAFT)
    for cell in (CELL, setting("cell", (3, 4), device="c", decision=NOT)):
        of = table(cells=(cell, draft))
        assert not any(" 33 ms" in text for seed in range(24) for text in texts(item_of(of, "settings/cell", seed)))


def test_every_skin_type_of_a_row_is_asked() -> None:
    of = table(cells=(setting("cell", (1, 3), device="c"),))
    stems = " ".join(item_of(of, "settings/cell", seed).stem for seed in range(24))
    assert all(f"type {roman} is booked" in stems for roman in ("I", "II", "III"))
