"""Every refusal of the YAML files, at its line, column and field."""

import pytest

from app.content.read import read_course
from app.content.schema import json_schema
from app.content.values import Problem
from tests.unit.course_files import COURSE, changed, good_course, without, written


def problems(files: dict[str, bytes]) -> list[Problem]:
    course, found = read_course(files, COURSE)
    assert (course is None) == bool(found)
    return found


COURSE_FILE, ITEMS = "course.yaml", "items.yaml"

REFUSALS = [
    # (file, old, new, line, column, field, a part of the message)
    (COURSE_FILE, "format: 1", "format: 2", 1, 1, "format", "write 1"),
    (COURSE_FILE, "format: 1", "format: true", 1, 1, "format", "write 1"),
    (COURSE_FILE, "title: Skin tightening\n", "title: 5\n", 2, 1, "title", "put it in quotes"),
    (COURSE_FILE, "title: Skin tightening\n", "titel: Skin tightening\n", 2, 1, "titel", "write title"),
    (COURSE_FILE, "title: Skin tightening\n", "titel: Skin tightening\n", 1, 1, "title", "is missing"),
    (COURSE_FILE, "title: Skin tightening\n", 'title: "Skin\\ntightening"\n', 2, 1, "title", "one line"),
    (COURSE_FILE, "title: Skin tightening\n", "title: ' '\n", 2, 1, "title", "is empty"),
    (COURSE_FILE, "title: Skin tightening\n", "title:\n", 2, 1, "title", "is empty"),
    (COURSE_FILE, '"2026.1"', "2026.1", 4, 1, "edition", "put it in quotes"),
    (COURSE_FILE, "language: en", "language: english", 5, 1, "language", "BCP 47"),
    (COURSE_FILE, "study_minutes: 40", "study_minutes: 40.0", 6, 1, "study_minutes", "whole number"),
    (COURSE_FILE, "study_minutes: 40", "study_minutes: -40", 6, 1, "study_minutes", "-40"),
    (COURSE_FILE, "study_minutes: 40", "study_minutes: 0x10", 6, 1, "study_minutes", "0x10"),
    (COURSE_FILE, "study_minutes: 40", "study_minutes: '40'", 6, 1, "study_minutes", "digits only"),
    (COURSE_FILE, "study_minutes: 40", "study_minutes: [40]", 6, 1, "study_minutes", "is a list"),
    (COURSE_FILE, "  safety: Refuse", "  Safety: Refuse", 9, 3, "objectives.Safety", "is not an id"),
    (COURSE_FILE, "objectives: [safety]", "objectives: [sefety]", 17, 18, "lessons[1].objectives[0]", "write safety"),
    (COURSE_FILE, "id: safety", "id: other", 15, 5, "lessons[1].id", "lessons/other.md does not exist"),
    (COURSE_FILE, "id: safety", "id: settings", 15, 5, "lessons[1].id", "listed twice"),
    (COURSE_FILE, "minutes: 12", "pages: 12", 15, 5, "lessons[1].minutes", "is missing"),
    (COURSE_FILE, "devices: [ndyag-1064]\nexam", "devices: [ruby]\nexam", 19, 11, "devices[0]", "ruby is not a device"),
    (COURSE_FILE, "cut_score_percent: 80", "cut_score_percent: 0", 21, 3, "exam.cut_score_percent", "at least 1"),
    (COURSE_FILE, "cut_score_percent: 80", "cut_score_percent: 101", 21, 3, "exam.cut_score_percent", "at most 100"),
    (COURSE_FILE, "attempts: 2", "attempts: two", 23, 3, "exam.attempts", "two is not a number"),
    (COURSE_FILE, "- objective: settings", "- objective: sett", 26, 7, "exam.sections[0].objective", "sett is not"),
    (
        COURSE_FILE,
        "draw_from: [settings]",
        "draw_from: [media]",
        28,
        19,
        "exam.sections[0].draw_from[0]",
        "media is not",
    ),
    (COURSE_FILE, "draw_from: [settings]", "draw_from: []", 28, 7, "exam.sections[0].draw_from", "at least 1"),
    (COURSE_FILE, "must_pass", "ignored", 33, 3, "exam.critical_items", "must_pass or counted"),
    (COURSE_FILE, "certainty: no", "certainty: false", 35, 3, "exam.certainty", "write yes or no"),
    (COURSE_FILE, "previous_expiry", "yearly", 40, 3, "scheme.expiry_basis", "completion, previous_expiry or fixed"),
    (COURSE_FILE, "sign_offs: 3, ", "", 43, 3, "scheme.requires.sign_offs", "is missing"),
    (COURSE_FILE, "[1, 2, 3, 4]", "[1, 7]", 46, 21, "scheme.scope.skin_types[1]", "at most 6"),
    (
        COURSE_FILE,
        "procedures: [tightening]",
        "procedures: [peel]",
        47,
        18,
        "scheme.scope.procedures[0]",
        "peel is not",
    ),
    (COURSE_FILE, "per_cell: 2", "per_cell: 2, n: 1", 48, 27, "scheme.practice.n", "is not a key"),
    (COURSE_FILE, "summary: Warm", "title: Warm", 3, 1, "title", "first in line 2"),
    (COURSE_FILE, "title: Skin tightening\n", "title: &t Skin tightening\n", 2, 8, "title", "anchor &t"),
    (COURSE_FILE, "title: Skin tightening\n", "title: !!str Skin\n", 2, 8, "title", "tag tag:yaml.org,2002:str"),
    (COURSE_FILE, "title: Skin tightening\n", "title: *t\n", 2, 8, "title", "alias *t"),
    (COURSE_FILE, "title: Skin tightening\n", 'title: "a\\0b"\n', 2, 8, "title", "U+0000"),
    (COURSE_FILE, "title: Skin tightening\n", "title: Skin: tightening\n", 2, 12, None, "this is not YAML"),
    (COURSE_FILE, "title: Skin tightening\n", "title: Skin\x0ctightening\n", 2, 12, None, "U+000C"),
    ("sources.yaml", "read: yes", "read: true", 4, 3, "miller-2019.read", "write yes or no"),
    ("sources.yaml", "url: https://", "url: javascript:", 3, 3, "miller-2019.url", "web address"),
    ("sources.yaml", "  citation: Nobody", "  author: Nobody", 5, 1, "unread-2020.citation", "is missing"),
    (
        "devices.yaml",
        "wavelength_max_nm: 1064",
        "wavelength_max_nm: 755",
        3,
        3,
        "ndyag-1064.wavelength_min_nm",
        "swap them",
    ),
    ("devices.yaml", "  wavelength_max_nm: 1064\n", "", 1, 1, "ndyag-1064.wavelength_max_nm", "give both"),
    (
        "devices.yaml",
        "wavelength_min_nm: 1064",
        "wavelength_min_nm: 0",
        3,
        3,
        "ndyag-1064.wavelength_min_nm",
        "above 0",
    ),
    (ITEMS, "id: nap", "id: Nap", 1, 3, "Nap.id", "is not an id"),
    (ITEMS, "id: nap", "id: stops", 12, 3, "stops.id", "line 1"),
    (ITEMS, "- id: nap\n  type: single-choice", "- type: single-choice", 1, 3, "[0].id", "is missing"),
    (ITEMS, "single-choice", "essay", 2, 3, "nap.type", "write one of single-choice"),
    (ITEMS, "objective: safety", "objective: sfety", 3, 3, "nap.objective", "write safety"),
    (ITEMS, "    - {text: Go on}\n", "", 5, 3, "nap.options", "has 2 entries; write at least 3"),
    (ITEMS, "text: Go on", "text: Go on, correct: true", 5, 3, "nap.options", "2 options are correct"),
    (ITEMS, "text: Go on", "text: Go on, correct: 1", 7, 21, "nap.options[1].correct", "1 is not known"),
    (ITEMS, "text: Go on", "text: Go on, right: true", 7, 21, "nap.options[1].right", "is not a key"),
    (ITEMS, "text: Go on", "text: wake the client!", 7, 8, "nap.options[1].text", "is a correct answer too"),
    (ITEMS, "correct: true, why", "why", 5, 3, "nap.options", "0 options are correct"),
    (ITEMS, "contraindications/tan", "contraindications/sun", 9, 11, "nap.facts[0]", "is not a row"),
    (ITEMS, "contraindications/tan", "rules/tan", 9, 11, "nap.facts[0]", "write table/row-id"),
    (ITEMS, "sources: [miller-2019]", "sources: [miller]", 10, 13, "nap.sources[0]", "write miller-2019"),
    (ITEMS, "sources: [miller-2019]", "sources: [unread-2020]", 10, 3, "nap.sources", "nobody read unread-2020"),
    (ITEMS, "scoring: per_correct", "scoring: pairs", 16, 3, "stops.scoring", "all_or_nothing or per_correct"),
    (ITEMS, "{text: A haircut}", "{text: A haircut, correct: yes}", 17, 3, "stops.options", "every option is correct"),
    (ITEMS, "min: 1064", "min: 1065", 25, 12, "wavelength.answer.min", "above max 1064"),
    (ITEMS, "max: 1064, unit", "max: -1, unit", 25, 23, "wavelength.answer.max", "-1"),
    (ITEMS, "Goggles, Clean, Arm]", "Goggles, Clean]", 32, 3, "order.steps", "at least 3"),
    (ITEMS, "Goggles, Clean, Arm]", "Goggles, Clean, clean.]", 32, 27, "order.steps[2]", "twice"),
    (ITEMS, "left: Sunburn", "left: Tan", 39, 8, "match.pairs[1].left", "twice"),
    (ITEMS, "file: handpiece.png", "file: hand.png", 41, 11, "match.media.file", "media/hand.png does not exist"),
    (ITEMS, ", alt: A handpiece on skin", "", 41, 3, "match.media.alt", "is missing"),
    (ITEMS, "stem: Order these.", "stem: '![](media/x.png) and [@who]'", 30, 3, "order.stem", "no alternative text"),
    (ITEMS, "stem: Order these.", "stem: '![](media/x.png) and [@who]'", 30, 3, "order.stem", "who is not a source"),
]


@pytest.mark.parametrize(("file", "old", "new", "line", "column", "field", "message"), REFUSALS)
def test_refused_at_its_place(
    file: str, old: str, new: str, line: int, column: int, field: str | None, message: str
) -> None:
    found = problems(changed(file, old, new))
    here = [one for one in found if (one.line, one.column, one.field) == (line, column, field)]
    assert any(message in one.message for one in here), found


@pytest.mark.parametrize(
    ("name", "field"), [("course.yaml", None), ("sources.yaml", None), ("devices.yaml", None), ("items.yaml", None)]
)
def test_an_empty_yaml_file_is_a_problem_of_line_1(name: str, field: None) -> None:
    found = problems(written(name, "# nothing yet\n"))
    assert [(one.line, one.field) for one in found if "the file is empty" in one.message] == [(1, field)]


@pytest.mark.parametrize("name", ["course.yaml", "sources.yaml", "devices.yaml"])
def test_a_missing_file_is_one_problem(name: str) -> None:
    found = [one for one in problems(without(name)) if "missing" in one.message]
    assert [(one.path.rsplit("/")[-1], one.line) for one in found] == [(name, None)]


def test_items_yaml_is_optional() -> None:
    assert problems(without("items.yaml")) == []


def test_a_course_needs_a_fact_table() -> None:
    files = {key: data for key, data in good_course().items() if "/facts/" not in key}
    assert any(one.path == f"{COURSE}/facts" and "no fact table" in one.message for one in problems(files))


def test_yaml_is_the_core_schema_of_1_2() -> None:
    files = changed("course.yaml", "title: Skin tightening\n", "title: no\n")
    files[f"{COURSE}/course.yaml"] = files[f"{COURSE}/course.yaml"].replace(
        b"summary: Warm", b"summary: 12:30\nx: Warm"
    )
    assert [one.field for one in problems(files)] == ["x"]


def test_a_folded_text_is_one_line() -> None:
    files = changed("course.yaml", "summary: Warm the skin without burning it.", "summary: >\n  Warm\n  the skin.")
    course, _ = read_course(files, COURSE)
    assert course
    assert course.summary == "Warm the skin."


def test_nesting_without_end_is_a_problem() -> None:
    found = problems(written("items.yaml", "[" * 20000))
    assert "nested too deeply" in found[0].message


def test_values_of_a_good_course() -> None:
    course, found = read_course(good_course(), COURSE)
    assert found == []
    assert course
    assert course.exam.certainty is False
    assert course.scheme.disclaimer.startswith("This certificate is the clinic's own.")
    assert course.sources["unread-2020"].read is False
    assert course.device_register["rf"].wavelength_min_nm is None
    assert course.contraindications[0].applies_to == ()
    by_id = {item.id: item for item in course.items}
    assert by_id["items/nap"].key == ("a",)
    assert by_id["items/order"].key == (("a", "b"), ("a", "c"), ("b", "c"))
    assert by_id["items/match"].key == {"a": "d", "b": "e", "c": "f"}
    assert by_id["items/match"].media == ("handpiece.png", "A handpiece on skin")
    assert by_id["items/wavelength"].critical is True
    assert course.files == good_course()


def test_json_schema_says_what_the_checker_checks() -> None:
    schemas = json_schema()
    assert set(schemas) == {"sources.yaml", "devices.yaml", "course.yaml", "items.yaml"}
    assert schemas["course.yaml"]["additionalProperties"] is False
    assert "default" not in schemas["sources.yaml"]["$defs"]["SourceEntry"]["properties"]["url"]
    assert schemas["sources.yaml"]["additionalProperties"] is False
