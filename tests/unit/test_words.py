"""Words of the pages: a scope in short, device by device, and what a part of an answer is worth."""

from typing import Any

import pytest

from app.certification.scope import Cell, GrantedCell
from app.content.values import Decision
from app.web.exam_words import instruction_of
from app.web.words import scope_lines

DEVICES: dict[str, dict[str, Any]] = {
    "alexandrite": {"name": "Alexandrite laser 755 nm", "wavelength_min_nm": 755, "wavelength_max_nm": 755},
    "ndyag": {"name": "Nd:YAG laser 1064 nm", "wavelength_min_nm": 1064, "wavelength_max_nm": 1064},
}
ALLOWED, SIGN_OFF = Decision.ALLOWED, Decision.WITH_SIGN_OFF


def granted(device: str, *decisions: Decision) -> list[GrantedCell]:
    return [
        GrantedCell(cell=Cell(procedure="hair-reduction", device=device, skin_type=number), decision=decision)
        for number, decision in enumerate(decisions, start=1)
    ]


def test_each_device_has_a_line_of_its_own() -> None:
    cells = [*granted("alexandrite", ALLOWED, SIGN_OFF), *granted("ndyag", ALLOWED, ALLOWED, ALLOWED, ALLOWED)]
    assert scope_lines(cells, DEVICES, in_force=True) == [
        {
            "cells": ["allowed", "with_sign_off", *["not_granted"] * 4],
            "words": "Alexandrite laser 755 nm, hair reduction: I allowed, II with sign-off",
        },
        {
            "cells": [*["allowed"] * 4, "not_granted", "not_granted"],
            "words": "Nd:YAG laser 1064 nm, hair reduction: I–IV allowed",
        },
    ]


def test_what_is_not_in_force_shows_no_cells() -> None:
    assert scope_lines(granted("ndyag", ALLOWED), DEVICES, in_force=False) == [
        {"cells": [], "words": "Not in force: Nd:YAG laser 1064 nm, hair reduction: I allowed"}
    ]


def test_a_certification_of_knowledge_names_no_device() -> None:
    assert scope_lines([], {}, in_force=True) == [{"cells": [], "words": "No device scope"}]


@pytest.mark.parametrize(
    ("item_type", "scoring", "told"),
    [
        ("single-choice", "all_or_nothing", "Choose one answer"),
        ("multiple-choice", "all_or_nothing", "Choose every answer that applies"),
        ("multiple-choice", None, "Choose every answer that applies"),
        (
            "multiple-choice",
            "per_correct",
            "Choose every answer that applies: each right one counts, each wrong one takes one away",
        ),
        ("matching", "per_correct", "Choose the right partner for each: each right pair counts"),
        (
            "ordering",
            "pairs",
            "Put these in order, the first at the top: the more pairs stand in the right order, the more it counts",
        ),
    ],
)
def test_an_item_says_what_a_part_of_its_answer_is_worth(item_type: str, scoring: str | None, told: str) -> None:
    assert instruction_of({"type": item_type, **({"scoring": scoring} if scoring else {})}) == told
