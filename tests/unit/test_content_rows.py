"""Every refusal of the fact tables, at its row and cell."""

import pytest

from app.content.read import read_course
from app.content.values import Problem
from tests.unit.course_files import COURSE, changed, good_course, written


def problems(files: dict[str, bytes]) -> list[Problem]:
    course, found = read_course(files, COURSE)
    assert (course is None) == bool(found)
    return found


def only(files: dict[str, bytes]) -> Problem:
    found = problems(files)
    assert len(found) == 1, found
    return found[0]


def place(problem: Problem) -> tuple[str, int | None, int | None, str | None]:
    return problem.path.removeprefix(f"{COURSE}/"), problem.line, problem.column, problem.field


SETTINGS, CONTRA = "facts/settings.csv", "facts/contraindications.csv"
STEPS, STATEMENTS = "facts/procedure.csv", "facts/statements.csv"

REFUSALS = [
    # (file, old, new, line, cell, field, a part of the message)
    (SETTINGS, "nd-1-2,settings", "ND,settings", 2, 1, "id", "is not an id"),
    (SETTINGS, "nd-1-2,settings", f"{'a' * 65},settings", 2, 1, "id", "at most 64"),
    (SETTINGS, "nd-3-4,settings", "nd-1-2,settings", 3, 1, "id", "line 2"),
    (SETTINGS, "nd-1-2,settings", "nd-1-2,", 2, 2, "objective", "is empty"),
    (SETTINGS, "nd-1-2,settings", "nd-1-2,setting", 2, 2, "objective", "write settings"),
    (SETTINGS, "settings,cited", "settings,certain", 2, 3, "standing", "cited, protocol, draft"),
    (SETTINGS, "cited,miller-2019", "cited,", 2, 4, "sources", "a cited row names the sources"),
    (SETTINGS, "cited,miller-2019", "cited,miller", 2, 4, "sources", "write miller-2019"),
    (SETTINGS, "cited,miller-2019", "cited,miller-2019;", 2, 4, "sources", "entry of the list is empty"),
    (SETTINGS, "cited,miller-2019", "cited,miller-2019;unread-2020", 2, 4, "sources", "was not read"),
    (SETTINGS, "protocol,miller-2019", "protocol,unread-2020", 3, 4, "sources", "nobody read unread-2020"),
    (SETTINGS, "ndyag-1064,tightening,1,2", "ndyag,tightening,1,2", 2, 5, "device", "devices.yaml"),
    (SETTINGS, "1,2,allowed", "0,2,allowed", 2, 7, "skin_type_min", "write 1 to 6"),
    (SETTINGS, "5,6,not_allowed", "5,7,not_allowed", 4, 8, "skin_type_max", "write 1 to 6"),
    (SETTINGS, "1,2,allowed", "2,1,allowed", 2, 7, "skin_type_min", "above skin_type_max 1"),
    (SETTINGS, "3,4,with_sign_off", "2,4,with_sign_off", 3, 7, "skin_type_min", "row nd-1-2 in line 2"),
    (SETTINGS, "1,2,allowed", "1,2,yes", 2, 9, "decision", "allowed, with_sign_off, not_allowed"),
    (
        SETTINGS,
        "allowed,30,60",
        "allowed,60,30",
        2,
        10,
        "fluence_min_j_cm2",
        "60 is above fluence_max_j_cm2 30; swap them",
    ),
    (SETTINGS, "allowed,30,60", "allowed,,60", 2, 10, "fluence_min_j_cm2", "give both or neither"),
    (SETTINGS, "allowed,30,60", "allowed,30,", 2, 11, "fluence_max_j_cm2", "give both or neither"),
    (SETTINGS, "allowed,30,60", "allowed,0,60", 2, 10, "fluence_min_j_cm2", "not above 0"),
    (SETTINGS, "allowed,30,60", "allowed,-30,60", 2, 10, "fluence_min_j_cm2", "not a number"),
    (SETTINGS, "allowed,30,60", "allowed,3e1,60", 2, 10, "fluence_min_j_cm2", "not a number"),
    (SETTINGS, "allowed,30,60", "allowed,30.0.1,60", 2, 10, "fluence_min_j_cm2", "at most one point"),
    (SETTINGS, "allowed,30,60", "allowed,٣,60", 2, 10, "fluence_min_j_cm2", "not a number"),
    (SETTINGS, "allowed,30,60", f"allowed,30,{'9' * 400}", 2, 11, "fluence_max_j_cm2", "15 digits"),
    (SETTINGS, "not_allowed,,,,,,", "not_allowed,,,5,5,,", 4, 12, "pulse_min_ms", "no figures"),
    (CONTRA, "defer,28", "defer,", 2, 9, "defer_days", "0 until resolved"),
    (CONTRA, "defer,28", "defer,2.5", 2, 9, "defer_days", "whole number"),
    (CONTRA, "do_not_treat,,", "do_not_treat,7,", 3, 9, "defer_days", "although the action is do_not_treat"),
    (CONTRA, "skin,temporary", "Skin,temporary", 2, 6, "category", "is not an id"),
    (CONTRA, "temporary", "sometimes", 2, 7, "strength", "absolute, temporary, relative, precaution"),
    (CONTRA, "28,all", "28,all;rf", 2, 10, "applies_to", "all is not a device"),
    (CONTRA, "28,all", "28,ruby", 2, 10, "applies_to", "ruby is not a device"),
    (CONTRA, "ndyag-1064,tightening", "ndyag-1064,peeling", 3, 11, "procedures", "peeling is not a procedure"),
    (CONTRA, "relative,refer", "relative,treat_with_precautions", 4, 12, "decided_by", "write the action refer"),
    (CONTRA, "all,,technician", "all,,nurse", 2, 12, "decided_by", "technician, clinician"),
    (STEPS, "goggles;clean", "goggles;wash", 4, 8, "after", "wash is not a step"),
    (STEPS, "on,,yes", "on,arm,yes", 4, 8, "after", "by way of goggles in line 2"),
    (STEPS, "on,,yes", "on,goggles,yes", 2, 8, "after", "the step names itself"),
    (
        STEPS,
        "miller-2019,tightening,prepare,Put",
        "miller-2019,peeling,prepare,Put",
        3,
        8,
        "after",
        "a step of peeling",
    ),
    (STEPS, "on,,yes", "on,,true", 2, 9, "safety_critical", "write yes or no"),
    (STATEMENTS, "Any", "those for: the WAVELENGTH!", 3, 8, "wrong_1", "is the correct answer too"),
    (STATEMENTS, "Those for the wavelength,Any", "Those for the wavelength,", 3, 8, "wrong_1", "is empty"),
    (STATEMENTS, "eyes,safety,cited", "eyes,safety,draft", 3, 11, "critical", "cannot be critical"),
]


@pytest.mark.parametrize(("file", "old", "new", "line", "cell", "field", "message"), REFUSALS)
def test_refused_at_its_cell(file: str, old: str, new: str, line: int, cell: int, field: str, message: str) -> None:
    found = [
        one for one in problems(changed(file, old, new)) if (one.line, one.column, one.field) == (line, cell, field)
    ]
    assert found, problems(changed(file, old, new))
    assert message in found[0].message
    assert found[0].path == f"{COURSE}/{file}"


def test_one_mistake_is_one_problem_when_nothing_else_rests_on_it() -> None:
    assert place(only(changed(SETTINGS, "allowed,30,60", "allowed,60,30")))[1] == 2
    assert only(changed(STEPS, "on,,yes", "on,arm,yes")).line == 4
    assert only(changed(CONTRA, "28,all", "28,ruby")).line == 2


def test_semicolons_are_told_to_be_commas() -> None:
    data = good_course()[f"{COURSE}/{SETTINGS}"].replace(b",", b";")
    found = only(written(SETTINGS, data))
    assert place(found) == (SETTINGS, 1, None, None)
    assert "save the file as CSV with commas" in found.message


@pytest.mark.parametrize(
    ("old", "new", "cell", "field", "message"),
    [
        ("cooling,why", "coolling,why", 14, "coolling", "write cooling"),
        ("cooling,why", "why,why", 15, "why", "twice"),
        ("cooling,why", ",why", 14, None, "is empty"),
        ("objective,standing", "objectives,standing", 2, "objectives", "write objective"),
        ("objective,standing", "standing", None, "objective", "is missing in the header"),
    ],
)
def test_header_problems_stand_in_line_1(old: str, new: str, cell: int | None, field: str | None, message: str) -> None:
    found = [one for one in problems(changed(SETTINGS, old, new)) if (one.column, one.field) == (cell, field)]
    assert found[0].line == 1
    assert message in found[0].message


def test_empty_table_lacks_its_header() -> None:
    found = only(written("facts/statements.csv", ""))
    assert place(found) == (STATEMENTS, 1, None, None)
    assert "id,objective,standing,sources,statement,prompt,correct,wrong_1" in found.message


def test_header_alone_is_a_table_without_rows() -> None:
    files = changed("lessons/safety.md", "/// procedure\n    procedure: tightening\n    phase: prepare\n///\n", "")
    header = good_course()[f"{COURSE}/{STEPS}"].split(b"\n")[0]
    assert problems({**files, f"{COURSE}/{STEPS}": header}) == []


def test_lines_have_as_many_cells_as_the_header() -> None:
    assert (
        "has 14 cells where the header has 15" in only(changed(SETTINGS, "10,10,Contact,Li", "10,Contact,Li")).message
    )
    found = only(changed(SETTINGS, "Contact,Little melanin", "Contact,Little melanin, so"))
    assert place(found) == (SETTINGS, 2, None, None)
    assert "quotation marks" in found.message


def test_empty_line_is_named() -> None:
    found = only(changed(SETTINGS, "nd-3-4", "\nnd-3-4"))
    assert (found.line, found.message) == (3, "the line is empty; remove it")


def test_lines_are_counted_through_quoted_line_breaks() -> None:
    files = changed(SETTINGS, "Contact,Little melanin", 'Contact,"Little\nmelanin, ""so"" to say"')
    assert problems(files) == []
    text = files[f"{COURSE}/{SETTINGS}"].decode().replace("with_sign_off,20,40", "with_sign_off,40,20")
    assert place(only(written(SETTINGS, text))) == (SETTINGS, 4, 10, "fluence_min_j_cm2")


@pytest.mark.parametrize(
    ("new", "line", "cell", "message"),
    [
        ('Con"tact', 2, 14, "a quotation mark stands inside"),
        ('"Contact"ed', 2, 14, "after the closing quotation mark"),
        ('"Contact', 2, 14, "never closed"),
        ("Cont\x07act", 2, 14, "U+0007"),
        ("Cont\ract", 2, 14, "U+000D"),
    ],
)
def test_cells_follow_rfc_4180_and_hold_no_control_characters(new: str, line: int, cell: int, message: str) -> None:
    found = problems(changed(SETTINGS, "Contact", new))[0]
    assert (found.line, found.column) == (line, cell)
    assert message in found.message


def test_byte_order_mark_and_windows_line_ends_are_accepted() -> None:
    data = good_course()[f"{COURSE}/{SETTINGS}"]
    assert problems(written(SETTINGS, b"\xef\xbb\xbf" + data.replace(b"\n", b"\r\n"))) == []


def test_byte_that_is_not_utf_8_is_named_with_its_cell() -> None:
    data = good_course()[f"{COURSE}/{SETTINGS}"].replace(b"Contact", b"Cont\xe4ct", 1)
    found = only(written(SETTINGS, data))
    assert place(found) == (SETTINGS, 2, 14, None)
    assert "0xE4 is not UTF-8" in found.message


def test_cells_are_trimmed_and_figures_may_end_in_a_point() -> None:
    course, found = read_course(
        changed(SETTINGS, "allowed,30,60", "allowed , 30. ,.6e".replace(".6e", "60.50")), COURSE
    )
    assert found == []
    assert course
    assert course.settings[0].fluence
    assert (course.settings[0].fluence.low, course.settings[0].fluence.high) == (30, 60.5)


def test_a_draft_row_may_name_an_unread_source_and_a_protocol_row_one_beside_a_read_one() -> None:
    assert problems(changed(SETTINGS, "protocol,miller-2019", "protocol,unread-2020; miller-2019")) == []


def test_rows_of_other_devices_or_procedures_may_share_skin_types() -> None:
    assert problems(changed(SETTINGS, "tightening,3,4", "peeling,1,4")) == []


def test_rows_of_one_fact_must_agree_in_what_is_asked() -> None:
    header = good_course()[f"{COURSE}/{STATEMENTS}"].decode().replace("critical,why", "critical,fact,why")
    rows = header.replace("Ancestry,no,", "Ancestry,no,f-1,").replace("None,yes,", "None,yes,f-1,")
    found = only(written(STATEMENTS, rows))
    assert place(found) == (STATEMENTS, 3, 6, "prompt")
    assert "row type (statements.csv, line 2)" in found.message


def test_an_unreadable_cell_gives_no_second_problem() -> None:
    found = only(changed(SETTINGS, "allowed,30,60", "allowed,thirty,60"))
    assert found.field == "fluence_min_j_cm2"


def test_all_problems_at_once_in_order() -> None:
    text = good_course()[f"{COURSE}/{SETTINGS}"].decode()
    text = (
        text.replace("1,2,allowed", "1,9,allowed").replace("20,40,20,30", "40,20,30,20").replace("5,6,not", "0,6,not")
    )
    found = problems(written(SETTINGS, text))
    assert [(one.line, one.field) for one in found] == [
        (2, "skin_type_max"),
        (3, "fluence_min_j_cm2"),
        (3, "pulse_min_ms"),
        (4, "skin_type_min"),
    ]
