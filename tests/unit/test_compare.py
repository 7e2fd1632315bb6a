"""Two editions side by side: every change is named once, as grave as what it touches, with the words that differ."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.content.compare import Change, ChangeClass, compare, passages
from app.content.pieces import pieces_of
from app.content.values import Course, Lesson, Scoring, Standing
from tests.unit.course_rows import contraindication, course, exam, section, setting, statement, step, written

FACT, KEY, SCHEME, CLARITY, WORDING = ChangeClass


def a_course() -> Course:
    return course(
        settings=(setting("s", fluence=(30, 60)), setting("d", (1, 2), device="ipl", standing=Standing.DRAFT)),
        contraindications=(contraindication("c", "defer", 28),),
        procedure=(step("cool", safety_critical=True), step("book"), step("ask", "book")),
        statements=(statement("t"),),
        items=(written("w"),),
        lessons=(Lesson(id="l", title="One", objectives=("safe",), minutes=5, text="First.\n\nSecond line."),),
        exam=exam(section(2, "settings")),
        files={"skin-tightening/media/eye.png": b"old"},
    )


def changes(**values: Any) -> list[Change]:
    """Return the changes from the course to one with other values."""
    old = a_course()
    return list(compare(pieces_of(old), pieces_of(replace(old, **values))))


def row_changed(table: str, **values: Any) -> Change:
    """Return the one change that another first row of a table makes."""
    first, *others = getattr(a_course(), table)
    [change] = changes(**{table: (replace(first, **values), *others)})
    return change


def test_the_same_course_has_no_change() -> None:
    assert changes() == []
    assert changes(edition="2031.1") == []


@pytest.mark.parametrize(
    ("table", "values", "change_class"),
    [
        ("settings", {"fluence": None}, FACT),
        ("settings", {"skin_type_max": 3}, FACT),
        ("settings", {"stop_if": "Whitening"}, FACT),
        ("settings", {"standing": Standing.PROTOCOL}, FACT),
        ("settings", {"why": "Because of it."}, CLARITY),
        ("settings", {"sources": ("another",)}, CLARITY),
        ("settings", {"fact": "set-1"}, WORDING),
        ("contraindications", {"defer_days": 14}, FACT),
        ("contraindications", {"defer_days": 0}, FACT),
        ("contraindications", {"ask": "Any pills?"}, CLARITY),
        ("procedure", {"step": "Cool it"}, FACT),
        ("procedure", {"safety_critical": False}, FACT),
        ("procedure", {"record": "The time"}, CLARITY),
        ("statements", {"correct": "Left"}, KEY),
        ("statements", {"critical": True}, KEY),
        ("statements", {"prompt": "What then?"}, CLARITY),
        ("items", {"key": ("2",)}, KEY),
        ("items", {"scoring": Scoring.PER_CORRECT}, KEY),
        ("items", {"stem": "Choose one."}, CLARITY),
        ("items", {"stem": "Choose . "}, WORDING),
        ("items", {"facts": ("settings/s",)}, WORDING),
        ("lessons", {"text": "First.\n\nAnother line."}, CLARITY),
        ("lessons", {"text": "First.\n\n\nSecond  line."}, WORDING),
        ("lessons", {"minutes": 6}, WORDING),
    ],
)
def test_a_change_is_as_grave_as_what_it_touches(table: str, values: dict[str, Any], change_class: ChangeClass) -> None:
    change = row_changed(table, **values)
    assert change.change_class is change_class
    assert (change.added, change.removed) == (False, False)
    assert any(field.changed for field in change.fields)


def test_a_step_that_is_not_critical_is_text() -> None:
    first, book, ask = a_course().procedure
    [change] = changes(procedure=(first, replace(book, step="Book a time"), ask))
    assert change.change_class is CLARITY
    [change] = changes(procedure=(first, book, replace(ask, after=())))
    assert change.change_class is FACT  # its order is graded


def test_the_gravest_field_decides() -> None:
    assert row_changed("settings", why="Other.", fluence=None, fact="x").change_class is FACT


def test_what_comes_and_goes() -> None:
    old = a_course()
    for table, change_class in (("settings", FACT), ("statements", FACT), ("items", CLARITY), ("lessons", CLARITY)):
        [removed] = changes(**{table: getattr(old, table)[1:]})
        assert (removed.removed, removed.change_class) == (True, change_class)
        [added] = compare(pieces_of(replace(old, **{table: getattr(old, table)[1:]})), pieces_of(old))
        assert (added.added, added.change_class, added.key) == (True, change_class, removed.key)
        assert added.digest != removed.digest
    [draft] = changes(settings=old.settings[:1])
    assert draft.change_class is CLARITY  # nobody was ever asked it


def test_exam_and_scheme_are_their_own_class() -> None:
    old = a_course()
    found = changes(exam=replace(old.exam, attempts=5), scheme=replace(old.scheme, grace_days=0))
    assert {(change.key, change.change_class) for change in found} == {("exam/rules", SCHEME), ("scheme/rules", SCHEME)}
    [change] = changes(exam=exam(section(3, "settings")))
    assert change.key == "exam/section-1"


def test_a_picture_that_changed_is_named() -> None:
    [change] = changes(files={"skin-tightening/media/eye.png": b"new"})
    assert (change.key, change.change_class) == ("media/eye.png", CLARITY)


def test_the_gravest_stand_first() -> None:
    old = a_course()
    found = changes(
        summary="Other.",
        statements=(replace(old.statements[0], correct="Left"),),
        settings=(replace(old.settings[0], fluence=None), old.settings[1]),
        scheme=replace(old.scheme, grace_days=0),
        lessons=(replace(old.lessons[0], title="Two"),),
    )
    assert [change.change_class for change in found] == [FACT, KEY, SCHEME, CLARITY, WORDING]


def test_values_read_as_people_read_them() -> None:
    change = row_changed("settings", skin_type_min=5)
    told = {field.name: (field.before, field.after) for field in change.fields}
    assert told["fluence"] == ("30–60 J/cm²", "30–60 J/cm²")
    assert told["skin_types"] == ("I–VI", "V–VI")
    told = {field.name: (field.before, field.after) for field in row_changed("contraindications", defer_days=0).fields}
    assert told["defer_days"] == ("28 days", "until resolved")


TEXTS = st.lists(st.lists(st.sampled_from(["light", "skin", "stop", "5"]), min_size=1, max_size=5), max_size=4)


@given(TEXTS, TEXTS)
def test_the_words_that_differ_are_marked_and_nothing_is_lost(old: list[list[str]], new: list[list[str]]) -> None:
    before, after = ("\n\n".join(" ".join(words) for words in text) for text in (old, new))
    found = passages(before, after)
    assert bool(found) == (before != after)
    for passage in found:
        sides = ["".join(span.text for span in side) for side in (passage.before, passage.after)]
        assert sides[0] in before
        assert sides[1] in after
        kept = [
            "".join("".join(one.text for one in side if not one.marked).split())
            for side in (passage.before, passage.after)
        ]
        assert kept[0] == kept[1]


@given(st.data())
def test_equal_digests_are_equal_changes(data: st.DataObject) -> None:
    figures = [data.draw(st.sampled_from([(30, 60), (30, 50), (20, 60)])) for _ in range(2)]
    first, other = (
        compare(pieces_of(a_course()), pieces_of(replace(a_course(), settings=(setting("s", fluence=one),))))
        for one in figures
    )
    assert ({c.digest for c in first} == {c.digest for c in other}) == (figures[0] == figures[1])
