"""The checker over folders: paths as given, what courses share, papers, and no exception whatever the bytes."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.content.check import CourseError, check_paths, describe, load_course, load_files
from app.content.read import CoursePathError, content_hash, course_files, course_ids, read_course
from app.content.values import Problem
from tests.unit.course_files import COURSE, changed, good_course, renamed


def folder(home: Path, *courses: dict[str, bytes]) -> Path:
    for files in courses:
        for key, data in files.items():
            place = home / key
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
    return home


def requiring(course: str, *others: str) -> dict[str, bytes]:
    files = changed("course.yaml", "certifications: []", f"certifications: [{', '.join(others)}]")
    return renamed(files, course)


def with_fact(course: str, correct: str) -> dict[str, bytes]:
    files = changed("facts/statements.csv", "critical,why", "critical,fact,why")
    key = f"{COURSE}/facts/statements.csv"
    text = files[key].decode().replace("Ancestry,no,", "Ancestry,no,what-type-is,").replace("None,yes,", "None,yes,,")
    files[key] = text.replace("Reaction to ultraviolet light", correct).encode()
    return renamed(files, course)


def test_a_good_course_and_its_folder_are_clean(tmp_path: Path) -> None:
    home = folder(tmp_path, good_course(), renamed(good_course(), "second"))
    assert check_paths([home, home / COURSE]) == []
    assert course_ids(course_files(home)) == ["second", COURSE]


def test_load_course_returns_the_values_with_their_files(tmp_path: Path) -> None:
    home = folder(tmp_path, good_course(), renamed(good_course(), "second"))
    course = load_course(home / COURSE)
    assert course.files == good_course()
    assert load_files(course.files, COURSE) == course
    assert content_hash(course.files) == content_hash(dict(reversed(course.files.items())))
    assert content_hash(course.files) != content_hash({**course.files, "x": b""})


def test_load_course_raises_every_problem(tmp_path: Path) -> None:
    home = folder(tmp_path, changed("facts/settings.csv", "allowed,30,60", "allowed,60,30"))
    with pytest.raises(CourseError) as refusal:
        load_course(home / COURSE)
    message = "60 is above fluence_max_j_cm2 30; swap them or correct one"
    assert str(refusal.value) == f"{home}/{COURSE}/facts/settings.csv:2: fluence_min_j_cm2: {message}"
    with pytest.raises(CourseError):
        load_files(changed("course.yaml", "format: 1", "format: 3"), COURSE)


def test_paths_are_shown_as_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = changed("sources.yaml", "read: yes", "read: maybe") | {f"{COURSE}/notes.txt": b""}
    folder(tmp_path / "courses", files)
    monkeypatch.chdir(tmp_path)
    register, stray = "sources.yaml", f"{COURSE}/notes.txt"
    assert [one.path for one in check_paths(["courses"])] == [f"courses/{register}", f"courses/{stray}"]
    assert [one.path for one in check_paths([f"courses/{COURSE}/"])] == [f"courses/{register}", f"courses/{stray}"]
    assert len(check_paths(["courses", f"courses/{COURSE}"])) == 2
    monkeypatch.chdir(tmp_path / "courses" / COURSE)
    assert [one.path for one in check_paths(["."])] == ["./../sources.yaml", "./notes.txt"]
    assert [one.path for one in check_paths([Path("..")])] == ["../sources.yaml", f"../{stray}"]


def test_hidden_names_and_other_folders_are_passed_over(tmp_path: Path) -> None:
    extra = {
        f"{COURSE}/.git": b"",
        f"{COURSE}/facts/~$x.csv": b"",
        ".x/course.yaml": b"",
        "~y/course.yaml": b"",
        "z/a": b"",
    }
    home = folder(tmp_path, good_course(), extra, {"README.md": b"", f"{COURSE}/notes/plan.txt": b""})
    assert check_paths([home]) == []


def test_a_misspelt_register_is_named(tmp_path: Path) -> None:
    home = folder(tmp_path, good_course(), {"source.yaml": b""})
    assert [one.path for one in check_paths([home])] == [f"{home}/source.yaml"]


def test_a_path_that_is_no_course_is_a_wrong_use(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("x")
    for path, message in (("no", "does not exist"), ("file", "is a file"), ("empty", "holds no course")):
        with pytest.raises(CoursePathError, match=message):
            check_paths([tmp_path / path])
    home = folder(tmp_path / "two", good_course(), renamed(good_course(), "second"))
    with pytest.raises(CoursePathError, match="2 courses"):
        load_course(home)


def test_papers_that_share_an_item_are_a_problem_of_their_section(tmp_path: Path) -> None:
    home = folder(tmp_path, changed("course.yaml", "items: 2\n", "items: 9\n"))
    found = check_paths([home / COURSE])
    assert [(one.line, one.field) for one in found] == [(30, "exam.sections[1].items")]
    assert found[0].message.startswith("two papers of 9 items cannot be drawn from ")
    assert "; at most " in found[0].message
    assert load_course(home / COURSE, exam=False).id == COURSE


def test_papers_are_checked_although_a_lesson_has_a_problem(tmp_path: Path) -> None:
    files = changed("course.yaml", "items: 2\n", "items: 9\n")
    home = folder(tmp_path, files, {f"{COURSE}/lessons/safety.md": b"[@who]"})
    assert [one.path.rsplit("/", 1)[1] for one in check_paths([home])] == ["course.yaml", "safety.md"]


def test_a_required_certification_is_a_course_beside_this_one(tmp_path: Path) -> None:
    home = folder(tmp_path, requiring("first", "second", "third"), renamed(good_course(), "second"))
    for path in (home, home / "first"):
        assert [(one.line, one.field) for one in check_paths([path])] == [(43, "scheme.requires.certifications[1]")]
    course, found = read_course(requiring("first", "third"), "first")
    assert course
    assert found == []


def test_certifications_that_require_each_other_are_named(tmp_path: Path) -> None:
    home = folder(tmp_path, requiring("a", "b"), requiring("b", "c"), requiring("c", "a"), requiring("d", "a"))
    found = check_paths([home])
    assert [one.path for one in found] == [f"{home}/{name}/course.yaml" for name in "abc"]
    assert "a requires b requires c requires a" in found[0].message
    assert [one.path for one in check_paths([home / "b"])] == [f"{home}/b/course.yaml"]
    own = folder(tmp_path / "own", requiring("a", "a"))
    assert "a requires a" in check_paths([own])[0].message


def test_a_fact_says_the_same_in_every_course(tmp_path: Path) -> None:
    home = folder(tmp_path, with_fact("a", "Reaction to sun"), with_fact("b", "Reaction to light"))
    found = check_paths([home])
    assert [(one.path, one.line, one.field) for one in found] == [(f"{home}/b/facts/statements.csv", 2, "correct")]
    assert "row type (a/facts/statements.csv, line 2)" in found[0].message
    assert [one.path for one in check_paths([home / "a"])] == [f"{home}/a/facts/statements.csv"]
    same = folder(tmp_path / "same", with_fact("a", "Reaction to sun"), with_fact("b", "Reaction  to sun"))
    assert check_paths([same]) == []


@pytest.mark.parametrize("column", ["correct", "prompt", "id", "statement", "fact"])
def test_a_misspelt_header_is_one_problem_and_nothing_that_follows_from_it(tmp_path: Path, column: str) -> None:
    spoilt = with_fact("a", "Reaction to sun")
    key = "a/facts/statements.csv"
    head, _, rows = spoilt[key].partition(b"\n")
    names = [f"{name[:-1]}x{name[-1]}" if name == column else name for name in head.decode().split(",")]
    spoilt[key] = ",".join(names).encode() + b"\n" + rows
    home = folder(tmp_path, spoilt, with_fact("b", "Reaction to sun"))
    (found,) = check_paths([home])
    assert (found.path, found.line) == (f"{home}/{key}", 1)
    assert f"write {column}" in found.message


def test_a_problem_reads_as_one_line() -> None:
    assert describe(Problem(path="a.csv", line=3, column=2, field="id", message="m")) == "a.csv:3: id: m"
    assert describe(Problem(path="a", message="m")) == "a: m"


NAMES = sorted(name for name in good_course() if "media" not in name)


@given(name=st.sampled_from(NAMES), data=st.binary(max_size=400))
@settings(max_examples=20, deadline=None)
def test_any_bytes_give_problems_and_never_an_exception(name: str, data: bytes) -> None:
    course, found = read_course({**good_course(), name: data}, COURSE)
    assert (course is None) == bool(found)


PIECES = [
    "",
    ";",
    ",",
    '"',
    "\n",
    ":",
    "- ",
    "  ",
    "[",
    "{",
    "&a ",
    "*a",
    "!!x ",
    "///",
    "[@x]",
    "![](",
    "é",
    "\x00",
    "1e9",
    "~",
    "|",
]


@given(
    name=st.sampled_from(NAMES),
    place=st.floats(0, 1),
    length=st.integers(0, 60),
    piece=st.sampled_from(PIECES) | st.text(max_size=8),
    times=st.sampled_from([1, 2, 50]),
)
@settings(max_examples=50, deadline=None)
def test_a_spoilt_course_gives_problems_and_never_an_exception(
    name: str, place: float, length: int, piece: str, times: int
) -> None:
    text = good_course()[name].decode()
    start = int(place * len(text))
    spoilt = text[:start] + piece * times + text[start + length :]
    course, found = read_course({**good_course(), name: spoilt.encode("utf-8", "surrogatepass")}, COURSE)
    assert (course is None) == bool(found)
    assert all(one.line is None or one.line >= 1 for one in found)
    assert all(one.message and "\n" not in one.message for one in found)
