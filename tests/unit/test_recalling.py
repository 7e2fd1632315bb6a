"""What a recall holds back, until when, for whom; which cells rest on a changed row; what its quiz asks next."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from app.certification.recalling import (
    OVERDUE,
    Bond,
    Consequence,
    Progress,
    RecallOn,
    Resting,
    Task,
    cells_from_json,
    cells_to_json,
    exam_since,
    hold_of,
    recalls_told,
    seen_digest,
    touched_cells,
)
from app.certification.scope import Cell
from app.content.compare import Change, compare
from app.content.pieces import Piece, PieceKind
from app.exams.delta import next_unit
from app.releases.manifest import settings_of
from tests.factories import REVISED_ROW, frozen_course

AT = datetime(2026, 11, 27, 9, tzinfo=UTC)
DUE = date(2026, 12, 11)
LATE = AT + timedelta(days=20)
ON = RecallOn(
    recall_id=1,
    title="Course, edition 2",
    task=Task.READ,
    consequence=Consequence.SUSPEND,
    started_at=AT,
    due_on=DUE,
    cells=None,
)
DONE_LATE = replace(ON, done_on=LATE.date(), done_at=LATE)
DEVICES = {"nd": {"name": "Nd:YAG"}, "alex": {"name": "Alexandrite"}}
HELD = [Cell(procedure=p, device=d, skin_type=t) for p in ("hair", "veins") for d in ("nd", "alex") for t in (1, 2)]


def row(key: str, before: dict[str, str] | None, after: dict[str, str] | None) -> Change:
    sides = [[Piece(key=key, kind=PieceKind.FACT, title=key, values=one)] if one else [] for one in (before, after)]
    [change] = compare(*sides)
    return change


def test_a_hold_begins_after_the_last_day_and_ends_before_the_day_it_is_done() -> None:
    hold = hold_of(ON)
    assert hold
    assert (hold.from_on, hold.until_on, hold.code, hold.known_at) == (DUE + timedelta(days=1), None, OVERDUE, AT)
    done = hold_of(DONE_LATE)
    assert done
    assert (done.until_on, done.end_known_at) == (LATE.date() - timedelta(days=1), LATE)
    assert done.known(LATE - timedelta(seconds=1)).until_on is None


@pytest.mark.parametrize("days", [0, 1, 13, 14, 15])
def test_who_does_it_in_time_or_on_the_next_morning_is_never_held(days: int) -> None:
    at = AT + timedelta(days=days)
    hold = hold_of(replace(ON, done_on=at.date(), done_at=at))
    assert hold
    assert not any(hold.counts(DUE + timedelta(days=after)) for after in range(-20, 40))


def test_the_end_of_a_recall_lifts_as_doing_it_does_whichever_comes_first() -> None:
    ended = replace(DONE_LATE, ended_on=date(2026, 12, 14), ended_at=AT + timedelta(days=17))
    hold = hold_of(ended)
    assert hold
    assert hold.until_on == date(2026, 12, 13)


def test_nothing_is_held_without_consequence_or_where_no_cell_rests_on_it() -> None:
    assert hold_of(replace(ON, consequence=Consequence.NOTHING)) is None
    assert hold_of(replace(ON, cells=frozenset())) is None


def test_where_somebody_stands_is_told_by_the_day_and_what_is_known() -> None:
    assert ON.progress(DUE, LATE) is Progress.OPEN
    assert ON.progress(DUE + timedelta(days=1), LATE) is Progress.OVERDUE
    assert DONE_LATE.progress(LATE.date(), LATE) is Progress.DONE
    assert DONE_LATE.progress(LATE.date(), LATE - timedelta(seconds=1)) is Progress.OVERDUE
    assert replace(ON, ended_on=DUE, ended_at=AT).progress(LATE.date(), LATE) is Progress.RELEASED
    assert (ON.is_open(AT), ON.is_open(AT - timedelta(seconds=1)), DONE_LATE.is_open(LATE)) == (True, False, False)
    assert recalls_told([ON, DONE_LATE], LATE) == "1: read by 2026-12-11"
    assert recalls_told([], LATE) is None


def test_only_an_open_recall_of_the_exam_gives_a_new_seat() -> None:
    exam = replace(ON, task=Task.EXAM)
    assert exam_since([ON], AT) is None
    assert exam_since([ON, exam], AT) == AT
    assert exam_since([replace(exam, done_on=DUE, done_at=AT)], AT) is None


def test_a_settings_row_touches_its_own_cells_and_a_contraindication_those_that_it_names() -> None:
    settings = settings_of(frozen_course().manifest)
    mine = [Cell(procedure=one.procedure, device=one.device, skin_type=4) for one in settings if one.id == REVISED_ROW]
    fluence = row(f"settings/{REVISED_ROW}", {"fluence": "13"}, {"fluence": "12"})
    assert touched_cells([*HELD, *mine], [fluence], settings, DEVICES) == frozenset(mine)
    tan = row(
        "contraindications/tan",
        {"defer_days": "28 days", "applies_to": "Nd:YAG", "procedures": "hair"},
        {"defer_days": "42 days", "applies_to": "Nd:YAG", "procedures": "hair; veins"},
    )
    assert touched_cells(HELD, [tan], settings, DEVICES) == frozenset(one for one in HELD if one.device == "nd")
    assert touched_cells([*HELD, *mine], [tan, fluence], settings, DEVICES) == frozenset(
        [*mine, *(one for one in HELD if one.device == "nd")]
    )


def test_a_row_that_names_no_cell_touches_all_of_them() -> None:
    for key in ("contraindications/tan", "procedure/step", "statements/one"):
        change = row(key, {"defer_days": "28 days"}, {"defer_days": "42 days"})
        assert touched_cells(HELD, [change], (), DEVICES) is None
    added = row("contraindications/new", None, {"condition": "x", "procedures": "hair"})
    assert touched_cells(HELD, [added], (), DEVICES) == frozenset(one for one in HELD if one.procedure == "hair")


def test_what_was_seen_changes_with_who_rests_how_and_not_with_the_order() -> None:
    one = Resting(certification_id=1, account_id=1, number="a", bonds={"k": (Bond.ASKED,)}, cells=None)
    other = replace(one, certification_id=2)
    assert seen_digest(["k", "l"], [one, other]) == seen_digest(["l", "k"], [other, one])
    assert seen_digest(["k"], [one]) != seen_digest(["k"], [replace(one, bonds={"k": (Bond.TAUGHT,)})])
    assert seen_digest(["k"], [one]) != seen_digest(["k"], [one, other])


def test_cells_are_stored_and_read_back() -> None:
    assert cells_from_json(cells_to_json(HELD)) == frozenset(HELD)
    assert cells_from_json(cells_to_json(None)) is None


def test_a_quiz_asks_what_was_tried_least_until_each_was_right_once() -> None:
    assert next_unit(["a", "b"], []) == "a"
    assert next_unit(["a", "b"], [("a", False)]) == "b"
    assert next_unit(["a", "b"], [("a", False), ("b", True)]) == "a"
    assert next_unit(["a", "b"], [("a", True), ("b", True)]) is None
