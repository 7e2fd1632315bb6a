"""`fluence courses import` and `export`: what they print and write, and how they end (0 all, 1 some, 2 wrong use)."""

import json
import zipfile
from pathlib import Path

import pytest

from tests.unit.course_files import COURSE, good_course
from tests.unit.interchange_files import ITEM_2, manifest, quiz, zipped
from tests.unit.test_cli import run, written

GIFT = """\
$CATEGORY: $course$/safety

::Tan::The client has a tan. What do you do?{=Defer ~Treat ~Halve the fluence}

::Essay::Why?{}
"""


@pytest.fixture
def course(tmp_path: Path) -> str:
    """A course without problems."""
    return written(tmp_path / "courses", good_course())


@pytest.fixture
def bank(tmp_path: Path) -> Path:
    """A GIFT file with one question to take and one to refuse."""
    path = tmp_path / "bank.gift"
    path.write_text(GIFT)
    return path


def test_items_go_to_standard_output_and_refusals_to_the_other(bank: Path) -> None:
    ended = run("courses", "import", "--objective", "safety", str(bank))
    assert ended.exit_code == 1
    assert ended.stdout.startswith("- id: tan\n  type: single-choice\n  objective: safety\n")
    assert ended.stderr == (
        f"{bank}:5: Essay: an essay: a person must mark it, and items here mark themselves\n1 taken, 1 not.\n"
    )


def test_what_is_imported_passes_the_check_of_its_course(course: str, bank: Path, tmp_path: Path) -> None:
    other = tmp_path / "quiz.xml"
    other.write_bytes(quiz())
    third = tmp_path / "tan.xml"
    third.write_text(ITEM_2)
    output = tmp_path / "items.yaml"
    files = [str(bank), str(other), str(third)]
    ended = run("courses", "import", "--course", course, "--objective", "settings", "--output", str(output), *files)
    assert (ended.exit_code, ended.stdout) == (1, "")
    assert ended.stderr.endswith("3 taken, 1 not.\n")
    place = Path(course) / "items.yaml"
    place.write_text(place.read_text() + output.read_text())
    assert run("courses", "check", course).exit_code == 0
    text = output.read_text()
    assert [line.strip() for line in text.splitlines() if "objective" in line] == [
        "objective: safety",
        "objective: safety",
        "objective: settings",
    ]
    assert [line for line in text.splitlines() if "- id" in line] == ["- id: tan", "- id: tan-now", "- id: tan-2"]


def test_an_objective_is_needed(bank: Path, tmp_path: Path) -> None:
    output = tmp_path / "items.yaml"
    ended = run("courses", "import", str(bank), "--output", str(output))
    assert (ended.exit_code, output.exists()) == (2, False)
    assert "1 items name no objective; give --objective ID, or --course PATH" in ended.stderr


def test_a_unit_is_needed_or_given(tmp_path: Path) -> None:
    bank = tmp_path / "bank.txt"
    bank.write_text("::Wavelength::Which wavelength?{#1064}\n")
    ended = run("courses", "import", "--objective", "safety", str(bank))
    assert (ended.exit_code, "give --unit" in ended.stderr, ended.stdout) == (1, True, "[]\n")
    ended = run("courses", "import", "--objective", "safety", "--unit", "nm", str(bank))
    assert (ended.exit_code, '    min: 1064\n    max: 1064\n    unit: "nm"\n' in ended.stdout) == (0, True)


def test_the_rules_of_the_format_refuse_too(tmp_path: Path) -> None:
    bank = tmp_path / "bank.txt"
    bank.write_text("Two?{=a ~b}\n\nTwice?{=a ~b ~A.}\n\nSeven?{=a ~b ~c ~d ~e ~f ~g}\n")
    ended = run("courses", "import", "--objective", "safety", str(bank))
    assert f"{bank}:1: Two?: options: has 2 entries; write at least 3" in ended.stderr
    assert f"{bank}:3: Twice?: options[2].text: A. is a correct answer too" in ended.stderr
    assert f"{bank}:5: Seven?: options: has 7 entries; write at most 6" in ended.stderr


def test_json_holds_what_was_taken_and_what_was_not(bank: Path) -> None:
    ended = run("courses", "import", "--objective", "safety", "--format", "json", str(bank))
    found = json.loads(ended.stdout)
    assert [item["id"] for item in found["items"]] == ["tan"]
    assert found["refused"] == [
        {"path": str(bank), "line": 5, "column": None, "field": "Essay", "message": found["refused"][0]["message"]}
    ]
    assert found["notes"] == []


def test_a_file_is_replaced_only_with_force_and_never_half_written(bank: Path, tmp_path: Path) -> None:
    output = tmp_path / "items.yaml"
    output.write_text("mine\n")
    arguments = ("courses", "import", "--objective", "safety", "--output", str(output), str(bank))
    assert (run(*arguments).exit_code, output.read_text()) == (2, "mine\n")
    assert run(*arguments, "--force").exit_code == 1
    assert output.read_text().startswith("- id: tan\n")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bank.gift", "items.yaml"]


def test_an_unreadable_file_is_told_and_the_others_are_taken(bank: Path, tmp_path: Path) -> None:
    odd = tmp_path / "odd.xml"
    odd.write_text('<!DOCTYPE quiz [<!ENTITY x SYSTEM "file:///etc/passwd">]>\n<quiz>&x;</quiz>')
    ended = run("courses", "import", "--objective", "safety", str(odd), str(bank))
    assert (ended.exit_code, ended.stdout.count("- id:")) == (1, 1)
    assert ended.stderr.startswith(f"{odd}:1: the file declares a DOCTYPE")


def test_what_a_file_names_does_not_steer_the_terminal(tmp_path: Path) -> None:
    package = tmp_path / "p.zip"
    package.write_bytes(zipped({"imsmanifest.xml": manifest("%1B%5B2J.xml")}))
    ended = run("courses", "import", "--objective", "safety", str(package))
    assert (ended.exit_code, "\x1b" in ended.stderr, "p.zip/�[2J.xml" in ended.stderr) == (1, False, True)


@pytest.mark.parametrize(
    "arguments",
    [
        ("import",),
        ("import", "no-such-file", "--objective", "safety"),
        ("import", "{bank}", "--objective", "Not An Id"),
        ("import", "{bank}", "--objective", "sfety", "--course", "{course}"),
        ("import", "{bank}", "--from", "word"),
        ("import", "{bank}", "--objective", "safety", "--output", "no-such-folder/items.yaml"),
        ("export", "{course}"),
        ("export", "{course}", "--to", "scorm"),
        ("export", "no-such-folder", "--to", "qti"),
    ],
    ids=" ".join,
)
def test_wrong_use_ends_with_2(course: str, bank: Path, arguments: tuple[str, ...]) -> None:
    ended = run("courses", *(argument.format(course=course, bank=bank) for argument in arguments))
    assert (ended.exit_code, "Traceback" in ended.output) == (2, False)
    assert "Error: " in ended.stderr


def test_a_course_is_exported_and_comes_back(course: str, tmp_path: Path) -> None:
    package = tmp_path / "bank.zip"
    ended = run("courses", "export", "--to", "qti", course, "--output", str(package))
    assert (ended.exit_code, ended.stderr.endswith("5 written, 0 not.\n")) == (0, True)
    with zipfile.ZipFile(package) as opened:
        assert sorted(opened.namelist())[:2] == ["imsmanifest.xml", "items/match.xml"]
    ended = run("courses", "import", str(package))
    assert ended.stderr.endswith("4 taken, 1 not.\n")
    ended = run("courses", "export", "--to", "moodle-xml", "--generated", course)
    assert ended.stdout.startswith('<?xml version="1.0" encoding="UTF-8"?>\n<quiz>\n')
    assert ended.stdout.count("<question type=") > 5 + 1


def test_a_course_with_problems_is_not_exported(tmp_path: Path) -> None:
    files = good_course() | {f"{COURSE}/items.yaml": b"- id: x\n"}
    path = written(tmp_path / "broken", files)
    ended = run("courses", "export", "--to", "moodle-xml", path)
    assert (ended.exit_code, ended.stdout) == (1, "")
    assert "correct them first" in ended.stderr
