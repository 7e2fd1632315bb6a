"""Commands about courses: what they print, and how they end (0 good, 1 problems, 2 wrong use)."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.cli import main
from tests.unit.course_files import COURSE, changed, good_course


@pytest.fixture
def good(tmp_path: Path) -> str:
    """A course without problems."""
    return written(tmp_path / "good", good_course())


@pytest.fixture
def broken(tmp_path: Path) -> str:
    """A course with one problem: a range that runs backwards."""
    return written(tmp_path / "broken", changed("facts/settings.csv", "allowed,30,60", "allowed,60,30"))


def test_a_good_course_passes(good: str) -> None:
    ended = run("courses", "check", good)
    assert (ended.exit_code, ended.stdout, ended.stderr) == (0, "", "No problems.\n")


def test_a_problem_is_told_with_its_place(broken: str) -> None:
    ended = run("courses", "check", broken)
    assert (ended.exit_code, ended.stderr) == (1, "1 problem.\n")
    assert ended.stdout.startswith(f"{broken}/facts/settings.csv:2: fluence_min_j_cm2: ")


def test_problems_are_told_as_json(good: str, broken: str) -> None:
    ended = run("courses", "check", good, broken, "--format", "json")
    assert ended.exit_code == 1
    problems = json.loads(ended.stdout)
    assert [problem["line"] for problem in problems] == [2]
    assert set(problems[0]) == {"path", "line", "column", "field", "message"}
    ended = run("courses", "check", good, "--format", "json")
    assert (ended.exit_code, json.loads(ended.stdout)) == (0, [])


@pytest.mark.parametrize(
    "arguments",
    [
        ("courses", "check"),
        ("courses", "check", "no-such-folder"),
        ("courses", "check", "{good}", "--format", "xml"),
        ("courses", "check", "{good}", "--no-such-option"),
        ("courses", "items", "no-such-folder"),
        ("courses", "items", "{good}", "--family", "no-such-family"),
        ("courses", "items", "{good}", "--seed", "-1"),
        ("courses", "paper", "{good}"),
        ("courses", "paper", "{good}", "--seed", "x"),
        ("courses", "sign", "0", "--as", "mira@lumen.example"),
        ("exams", "paper", "x", "--as", "ada@lumen.example"),
        ("exams", "paper", "1"),
        ("no-such-command",),
    ],
    ids=" ".join,
)
def test_wrong_use_ends_with_2(good: str, arguments: tuple[str, ...]) -> None:
    ended = run(*(argument.format(good=good) for argument in arguments))
    assert (ended.exit_code, "Traceback" in ended.output) == (2, False)
    assert "Error: " in ended.stderr or "Usage: " in ended.stderr


@pytest.mark.parametrize("command", ["items", "paper"])
def test_nothing_is_made_of_a_broken_course(broken: str, command: str) -> None:
    ended = run("courses", command, broken, *(["--seed", "1"] if command == "paper" else []))
    assert ended.exit_code == 1
    assert "facts/settings.csv:2" in ended.stdout


def test_items_are_printed_with_their_keys(good: str) -> None:
    ended = run("courses", "items", good, "--format", "json")
    items = json.loads(ended.stdout)
    assert ended.exit_code == 0
    assert {"id", "family", "seed", "type", "stem", "options", "key", "facts", "sources"} <= items[0].keys()
    assert items == json.loads(run("courses", "items", good, "--format", "json").stdout)
    text = run("courses", "items", good).stdout
    assert all(item["id"] in text for item in items)
    assert text.count("Key: ") == len(items)


def test_items_are_chosen_by_family_and_row(good: str) -> None:
    every = json.loads(run("courses", "items", good, "--format", "json").stdout)
    family = every[0]["family"]
    chosen = json.loads(run("courses", "items", good, "--family", family, "--format", "json").stdout)
    assert chosen == [item for item in every if item["family"] == family]
    row = every[0]["facts"][0]
    chosen = json.loads(run("courses", "items", good, "--row", row, "--format", "json").stdout)
    assert every[0] in chosen
    assert all(row in item["facts"] for item in chosen)


def test_a_row_that_is_not_there_is_told(good: str) -> None:
    for arguments in ((), ("--counts",), ("--format", "json")):
        ended = run("courses", "items", good, "--row", "statements/no-such-row", *arguments)
        assert (ended.exit_code, ended.stdout) == (1, "")
        assert "has no row statements/no-such-row; write " in ended.stderr
    assert "write statements/type" in run("courses", "items", good, "--row", "type").stderr


def test_counts_are_a_table(good: str) -> None:
    told = json.loads(run("courses", "items", good, "--counts", "--format", "json").stdout)
    ended = run("courses", "items", good, "--counts")
    head, *lines = ended.stdout.splitlines()
    assert head.split() == ["ITEMS", "FAMILY", "ROW", "OBJECTIVE", "WHY", "NONE"]
    assert len(lines) == len(told)
    place = head.index("OBJECTIVE")
    assert [line[place:].split()[0] for line in lines] == [one["objective"] for one in told]
    assert ended.stderr.startswith(f"{sum(one['items'] for one in told)} items of ")


def test_counts_say_why_there_are_none(good: str) -> None:
    ended = run("courses", "items", good, "--counts", "--format", "json")
    counts = json.loads(ended.stdout)
    assert ended.exit_code == 0
    assert all(set(one) == {"family", "row", "objective", "items", "why_none"} for one in counts)
    assert all(one["items"] or one["why_none"] for one in counts)


def test_a_paper_is_the_same_for_the_same_seed(good: str) -> None:
    first, again, other = (
        json.loads(run("courses", "paper", good, "--seed", seed, "--format", "json").stdout) for seed in ("7", "7", "8")
    )
    assert first == again
    assert first["proof"] != other["proof"]
    text = run("courses", "paper", good, "--seed", "7").stdout
    assert "Proof: " in text


def test_a_paper_that_cannot_be_drawn_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "short", changed("course.yaml", "items: 2", "items: 200"))
    ended = run("courses", "paper", path, "--seed", "1")
    assert (ended.exit_code, "Traceback" in ended.output) == (1, False)
    assert "200" in ended.output


def test_the_schema_is_json() -> None:
    ended = run("courses", "schema")
    assert ended.exit_code == 0
    assert "course" in json.dumps(json.loads(ended.stdout)).lower()


def test_a_fresh_secret_is_one_that_is_taken() -> None:
    first, second = (run("secret").stdout.strip() for _ in range(2))
    assert first != second
    assert len(first) == 64


def run(*arguments: str) -> Result:
    """Run `fluence` with an empty environment."""
    return CliRunner().invoke(main, arguments, catch_exceptions=False)


def written(home: Path, files: dict[str, bytes]) -> str:
    """Write a folder of courses; return the path of its one course."""
    for name, data in files.items():
        place = home / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
    return str(home / COURSE)
