"""Every refusal of a lesson's Markdown and of a course's files, at its line."""

import pytest

from app.content.read import read_course
from app.content.values import Problem
from tests.unit.course_files import COURSE, changed, good_course, without, written

SETTINGS, SAFETY = "lessons/settings.md", "lessons/safety.md"


def problems(files: dict[str, bytes]) -> list[Problem]:
    course, found = read_course(files, COURSE)
    assert (course is None) == bool(found)
    return found


def only(files: dict[str, bytes]) -> Problem:
    found = problems(files)
    assert len(found) == 1, found
    return found[0]


REFUSALS = [
    # (file, old, new, line, column, field, a part of the message)
    (SETTINGS, "device: ndyag-1064", "device: rf", 5, 1, None, "lays out no row of settings.csv (device rf"),
    (SETTINGS, "    device: ndyag-1064\n", "    colour: red\n", 6, 5, "colour", "takes device and skin_types"),
    (SETTINGS, "    device: ndyag-1064\n", "    device:\n", 6, 5, "device", "is empty"),
    (SETTINGS, "    device: ndyag-1064\n", "    device rf\n", 6, 5, None, "is not an option"),
    (SETTINGS, "device: ndyag-1064", "device: Nd:YAG", 6, 5, "device", "is not an id"),
    (SETTINGS, "skin_types: 1-3", "device: rf", 7, 5, "device", "written twice"),
    (SETTINGS, "skin_types: 1-3", "skin_types: 1-7", 7, 5, "skin_types", "write 1-3 or 2"),
    (SETTINGS, "skin_types: 1-3", "skin_types: 3-1", 7, 5, "skin_types", "swap them"),
    (SETTINGS, "    device: ndyag-1064\n", "device: ndyag-1064\n", 6, None, None, "four spaces"),
    (SETTINGS, "/// settings", "/// settings | Title", 5, 1, None, "takes no title"),
    (SETTINGS, "/// settings", "/// setings", 5, 1, None, "setings is not a block"),
    (SETTINGS, "\n///\n", "\n", 5, 1, None, "not closed"),
    (SETTINGS, "[@miller-2019]", "[@miller]", 10, 32, None, "write miller-2019"),
    (SETTINGS, "[@miller-2019]", "[@unread-2020]", 10, 32, None, "nobody read unread-2020"),
    (SETTINGS, "[@miller-2019]", "[@]", 10, 32, None, "is not a source"),
    (SETTINGS, "media/handpiece.png", "media/hand.png", 12, 1, None, "media/hand.png does not exist"),
    (SETTINGS, "media/handpiece.png", "https://example.com/x.png", 12, 1, None, "is not in media"),
    (SETTINGS, "![A handpiece on skin]", "![]", 12, 1, None, "no alternative text"),
    (SETTINGS, "the dial", "the \x07dial", 1, 37, None, "U+0007"),
    (SAFETY, "category: skin", "category: sun", 7, 1, None, "lays out no row"),
    (SAFETY, "phase: prepare", "phase: treat", 11, 1, None, "lays out no row"),
    (SAFETY, "fluence. [@miller-2019]", "fluence. [@who]", 4, 34, None, "who is not a source"),
    (SAFETY, "A tan is a stop\n", "A tan is a stop\n    type: red\n\n", 3, 1, None, "cannot be understood"),
]


@pytest.mark.parametrize(("file", "old", "new", "line", "column", "field", "message"), REFUSALS)
def test_refused_at_its_line(
    file: str, old: str, new: str, line: int, column: int | None, field: str | None, message: str
) -> None:
    found = only(changed(file, old, new))
    assert (found.path, found.line, found.column, found.field) == (f"{COURSE}/{file}", line, column, field)
    assert message in found.message


def test_lines_are_right_in_lists_tables_notes_and_footnotes() -> None:
    text = (
        "- item [@one]\n\n    /// procedure\n        phase: none\n    ///\n\n"
        "| a |\n|---|\n| [@two] |\n\n/// note | Title [@three]\nText ![](media/no.png)\n///\n\n"
        "Foot[^1].\n\n[^1]: [@four]\n"
    )
    found = problems(written(SETTINGS, text))
    assert [one.line for one in found] == [1, 3, 9, 11, 12, 12, 17]


def test_code_is_neither_citation_nor_block_nor_image() -> None:
    text = "Write `[@nobody]` and `![](x.png)`.\n\n    /// settings\n        device: nothing\n    ///\n\n\\[@nobody]\n"
    assert problems(written(SETTINGS, text)) == []


def test_an_unread_source_may_stand_beside_a_read_one() -> None:
    assert problems(changed(SETTINGS, "[@miller-2019]", "[@unread-2020], [@miller-2019]")) == []
    found = only(changed(SETTINGS, "[@miller-2019]", "[@unread-2020] But see [@miller-2019]"))
    assert "nobody read unread-2020" in found.message


def test_an_end_without_a_block_is_a_problem_of_its_line() -> None:
    found = only(changed(SETTINGS, "## Settings\n", "## Settings\n\n///\n"))
    assert (found.line, found.path) == (5, f"{COURSE}/{SETTINGS}")


def test_a_block_beside_a_row_in_doubt_is_not_blamed() -> None:
    files = changed(
        "facts/contraindications.csv", "melasma,safety,protocol,,Melasma now,skin", "m,safety,protocol,,M,Sk"
    )
    files[f"{COURSE}/facts/contraindications.csv"] = files[f"{COURSE}/facts/contraindications.csv"].replace(
        b"Active tan,skin", b"Active tan,Skin"
    )
    assert {one.field for one in problems(files)} == {"category"}


def test_an_unknown_block_stands_in_a_lesson_only() -> None:
    found = problems(changed("items.yaml", "stem: Order these.", "stem: |\n    /// settings\n    ///\n"))
    assert "stands in lessons only" in found[0].message


def test_a_thousand_quotes_are_a_problem_or_laid_out_but_never_an_error() -> None:
    assert isinstance(problems(written(SETTINGS, ">" * 3000 + "x")), list)


def test_lessons_and_files_match() -> None:
    assert "lessons/safety.md does not exist" in only(without(SAFETY)).message
    found = only(written("lessons/extra.md", "Text"))
    assert (found.path, found.line) == (f"{COURSE}/lessons/extra.md", None)


@pytest.mark.parametrize(
    "name",
    ["notes.txt", "facts/extra.csv", "facts/Settings.csv", "lessons/a.txt", "media/x.gif", "media/x.PNG", "item.yaml"],
)
def test_a_file_that_the_format_does_not_know_is_refused(name: str) -> None:
    found = only(written(name, "x"))
    assert found.path == f"{COURSE}/{name}"
    assert "rename or remove it" in found.message


def test_the_names_of_folders_and_lessons_are_ids() -> None:
    files = {key.replace(COURSE, "My Course"): data for key, data in good_course().items()}
    _, found = read_course(files, "My Course")
    assert [one.message[:18] for one in found] == ["the folder's name:"]
    assert any("the file's name" in one.message for one in problems(written("lessons/Extra.md", "x")))


def test_settings_block_without_options_lays_out_every_row() -> None:
    assert problems(changed(SETTINGS, "    device: ndyag-1064\n    skin_types: 1-3\n", "")) == []
