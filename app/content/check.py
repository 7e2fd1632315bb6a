"""The checker: every problem of a course or of a folder of courses, at once and in order."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from app.content import papers
from app.content.build import build_course
from app.content.draft import Draft, read_draft, read_register
from app.content.read import (
    COURSE_FILE,
    REGISTER,
    CoursePathError,
    course_files,
    course_ids,
    draft_problems,
    files_of,
    in_order,
    neighbour_files,
    register_problems,
)
from app.content.shared import circle_problems, fact_problems
from app.content.values import Course, Problem


class CourseError(Exception):
    """A course has problems; `problems` are all of them, in order."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(describe(problem) for problem in problems))
        self.problems = list(problems)


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found at a path: files, ids of its courses, those that could be built, and every problem in order.

    Problems name files by their key among the files; `shown` turns a key into the path that people know.
    """

    files: Mapping[str, bytes]
    ids: Sequence[str]
    courses: Mapping[str, Course]
    problems: Sequence[Problem]
    shown: Callable[[str], str]


@dataclass(frozen=True, slots=True)
class _Folder:
    """What stands at a path: the files, the courses to check, files of those beside, and how a path is shown."""

    files: Mapping[str, bytes]
    chosen: Sequence[str]
    beside: Mapping[str, bytes]
    shown: Callable[[str], str]


def check_paths(paths: Sequence[Path | str]) -> list[Problem]:
    """Return every problem of the courses and folders of courses at `paths`, sorted, with paths as given.

    Raises CoursePathError for a path that is no course and no folder of courses, or cannot be read.
    """
    found: set[Problem] = set()
    for path in paths:
        folder = _open(os.fspath(path))
        problems, _ = _check(folder)
        found.update(replace(problem, path=folder.shown(problem.path)) for problem in problems)
    return in_order(found)


def look_into(path: Path | str) -> Looked:
    """Return all that stands at the path of a course or of a folder of courses, good or not.

    A course is built where nothing is wrong with it but its lessons, or that its papers cannot be drawn. Raises
    CoursePathError.
    """
    folder = _open(os.fspath(path))
    problems, courses = _check(folder)
    built = {course.id: course for course in courses}
    return Looked(folder.files, list(folder.chosen), built, in_order(problems), folder.shown)


def load_course(path: Path | str, *, exam: bool = True) -> Course:
    """Return the one course at a path with its files; `exam` False leaves out whether its papers can be drawn.

    Raises CourseError, or CoursePathError where the path is not exactly one course.
    """
    folder = _open(os.fspath(path))
    if len(folder.chosen) != 1:
        raise CoursePathError(f"{path} holds {len(folder.chosen)} courses; give the folder of one")
    problems, courses = _check(folder, exam=exam)
    if problems:
        raise CourseError(in_order([replace(problem, path=folder.shown(problem.path)) for problem in problems]))
    return courses[0]


def load_files(files: Mapping[str, bytes], course_id: str) -> Course:
    """Return a course from stored bytes, as load_course does, but without the courses beside it.

    Raises CourseError; required certifications and papers were checked when the files were stored.
    """
    draft = read_draft(files, course_id, read_register(files))
    problems = {*register_problems(draft.register), *draft_problems(draft, None), *fact_problems([draft])}
    if problems:
        raise CourseError(in_order(problems))
    return build_course(draft, files_of(files, course_id))


def describe(problem: Problem) -> str:
    """Return a problem as one line: path:line: field: message."""
    place = problem.path if problem.line is None else f"{problem.path}:{problem.line}"
    return f"{place}: {problem.field}: {problem.message}" if problem.field else f"{place}: {problem.message}"


def _open(path: str) -> _Folder:
    """Read what stands at a path."""
    folder = Path(path)
    files = course_files(folder)
    if not (folder / COURSE_FILE).is_file():
        return _Folder(files, course_ids(files), {}, lambda key: _below(path, key))
    home = Path(os.path.abspath(folder))  # noqa: PTH100 - a linked folder keeps its own name
    above = str(folder)[: -len(home.name)] if folder.name == home.name else _below(path, "..")

    def shown(key: str) -> str:
        inside = key.startswith(f"{home.name}/")
        return _below(path, key.removeprefix(f"{home.name}/")) if inside else _below(above, key)

    return _Folder(files, [home.name], neighbour_files(home), shown)


def _below(folder: str, key: str) -> str:
    """Return a file's path that can be printed, whatever bytes its name has."""
    path = f"{folder.rstrip('/')}/{key}" if folder else key
    return path.encode("utf-8", "backslashreplace").decode()


def _check(folder: _Folder, *, exam: bool = True) -> tuple[set[Problem], list[Course]]:
    """Return the problems of the chosen courses, and the courses that have none."""
    register = read_register(folder.files)
    drafts = {name: read_draft(folder.files, name, register) for name in folder.chosen}
    around = sorted({*folder.chosen, *course_ids(folder.beside)})
    faults = set(register_problems(register))
    problems = {*faults, *_stray_problems(folder.files), *_shared_problems(folder, drafts)}
    courses: list[Course] = []
    for name, draft in drafts.items():
        own = {*draft_problems(draft, around), *(one for one in problems if one.path.startswith(f"{name}/"))}
        if not faults and all(one.path.startswith(draft.path("lessons/")) for one in own):
            course = build_course(draft, files_of(folder.files, name))
            own.update(_paper_problems(draft, course) if exam else ())
            courses.append(course)
        problems |= own
    return problems, courses


def _shared_problems(folder: _Folder, drafts: Mapping[str, Draft]) -> Iterator[Problem]:
    """Return what the courses say against each other; the courses beside are read only where it matters."""
    linked = any(_is_linked(draft) for draft in drafts.values())
    beside = course_ids(folder.beside) if linked else []
    register = read_register({})
    everyone = {**drafts, **{name: read_draft(folder.beside, name, register) for name in beside}}
    yield from fact_problems([everyone[name] for name in sorted(everyone)], of=drafts)
    yield from circle_problems(everyone, drafts)


def _is_linked(draft: Draft) -> bool:
    """Return whether a course speaks of other courses: by a fact's id, or by a required certification."""
    required = any(True for _ in draft.course.spread("scheme", "requires", "certifications", "*"))
    return required or any("fact" in row.values for table in draft.tables.values() for row in table.rows)


def _stray_problems(files: Mapping[str, bytes]) -> Iterator[Problem]:
    for name in files:
        if "/" not in name and name not in REGISTER:
            known = " and ".join(REGISTER)
            message = f"this file is not part of the course format; beside courses stand {known}; rename or remove it"
            yield Problem(path=name, message=message)


def _paper_problems(draft: Draft, course: Course) -> Iterator[Problem]:
    """Check that two papers without a common item can be drawn."""
    for section, pool, most in papers.problem_sections(course):
        wanted = course.exam.sections[section].items
        message = f"two papers of {wanted} items cannot be drawn from {pool}; at most {most}"
        yield draft.course.problem(("exam", "sections", section, "items"), message)
