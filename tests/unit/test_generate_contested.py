from decimal import Decimal

import pytest

from app.content.generate.contested import days_said, figures_said


@pytest.mark.parametrize(
    ("text", "unit", "figures"),
    [
        ("Alster 2001 used 40–50 J/cm² at 50 ms (20 women).", "J/cm²", ["40", "50"]),
        ("Alster 2001 used 40–50 J/cm² at 50 ms (20 women).", "ms", ["50"]),
        ("15 or 50 ms, and 0.3 ms; never 7 mJ", "ms", ["15", "50", "0.3"]),
        ("5, 10 and 12.5 mm", "mm", ["5", "10", "12.5"]),
        ("A field of 4 mm² and 8mm", "mm", ["8"]),
        ("No figure", "ms", []),
    ],
)
def test_figures_with_their_unit(text: str, unit: str, figures: list[str]) -> None:
    assert figures_said(text, unit) == [Decimal(figure) for figure in figures]


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("Some say 14 days.", [(14, 14)]),
        ("usually 1–2 weeks", [(7, 14)]),
        ("wait a month, or one week only", [(28, 31), (7, 7)]),
        ("pauses from 2 weeks to 3 months", [(14, 14), (14, 93), (84, 93)]),
        ("from 24 hours to 2 weeks", [(0, 24), (0, 14), (14, 14)]),
        ("a 6-month pause", [(168, 186)]),
        ("Within 15 cm; 380 women; 2019", []),
    ],
)
def test_times_in_days(text: str, spans: list[tuple[int, int]]) -> None:
    assert days_said([text, None, ""]) == spans
