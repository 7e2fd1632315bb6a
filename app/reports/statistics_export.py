"""The figures of a release as rows to take away: one figure a row, each with the number of answers that it is of."""

from collections.abc import Iterator, Mapping
from typing import Any

from app.exams.item_analysis import ExamFigures, GroupFigures, ItemFigures, group_figures
from app.exams.statistics import Difference
from app.reports.item_statistics import CourseStatistics

COLUMNS: Mapping[str, str] = {
    "demo": "DEMO where the organisation and its people are invented; empty otherwise",
    "course": "The course's id",
    "release": "The release's id",
    "edition": "The release's edition",
    "level": "What the figure is of: exam, family, fact, item, option or variant",
    "subject": "Which one: the course, the family, the fact's key, or the item's id",
    "part": "Of an option its text, of a variant its seed; empty otherwise",
    "figure": "What is told, as the page explains it; shares are 0-1, times in seconds",
    "value": "The figure; empty where fewer than 10 answers or papers tell it, or where nothing varies",
    "n": "How many answers (of the exam: papers) the figure is of",
    "flags": "What an author should look at, by the page's words for it",
}
Line = tuple[str, str, str, str, Any, int, list[str]]


def rows(read: CourseStatistics, demo: str) -> Iterator[tuple[Any, ...]]:
    """Yield the figures of a release: of the exam, of its families and facts, then of each item with its parts."""
    release, items = read.release, read.figures.items
    head = (demo, release.course_id, release.id, release.edition)
    for line in _exam(release.course_id, read.figures.exam):
        yield (*head, *line)
    for level, by_row in (("family", False), ("fact", True)):
        for group in group_figures(items, by_row=by_row):
            for line in _group(level, group):
                yield (*head, *line)
    for item in items:
        for line in _item(item):
            yield (*head, *line)


def _exam(course: str, exam: ExamFigures) -> Iterator[Line]:
    reliable, same = exam.reliability, exam.consistency
    found = {
        "mean_score": exam.mean,
        "standard_deviation": exam.deviation,
        "pass_rate": exam.pass_rate,
        "alpha": reliable.alpha if reliable else None,
        "dependability": reliable.dependability if reliable else None,
        "standard_error": reliable.sem if reliable else None,
        "standard_error_between_papers": reliable.sem_papers if reliable else None,
        "decision_consistency": same.agreement if same else None,
        "decision_kappa": same.kappa if same else None,
    }
    for name, value in found.items():
        yield "exam", course, "", name, _rounded(value), exam.papers, []
    for score, papers in exam.scores:
        yield "exam", course, str(score), "papers_with_so_many_right", papers, exam.papers, []


def _group(level: str, group: GroupFigures) -> Iterator[Line]:
    found = {
        "facility": (group.facility, group.n),
        "discrimination": (group.discrimination, group.discrimination_n),
        "variants_differ_p": (_p(group.variants_test), group.n),
    }
    for name, (value, n) in found.items():
        yield level, group.name, "", name, _rounded(value), n, list(group.flags)


def _item(item: ItemFigures) -> Iterator[Line]:
    flags: list[str] = list(item.flags)
    found = {
        "facility": (item.facility, item.n),
        "discrimination": (item.discrimination, item.n),
        "left_empty": (item.empty, item.n),
        "seconds_median": (item.seconds, item.seconds_n),
        "exposure": (item.exposure, item.papers),
        "variants_differ_p": (_p(item.variants_test), item.n),
        "facility_before": item.before or (None, 0),
    }
    for name, (value, n) in found.items():
        yield "item", item.id, "", name, _rounded(value), n, flags
    for option in item.options:
        name = "chosen_right" if option.right else "chosen_wrong"
        yield "option", item.id, option.text, name, _rounded(option.rate), option.offered, []
    for variant in item.variants:
        yield "variant", item.id, str(variant.number), "facility", _rounded(variant.facility), variant.n, []


def _p(test: Difference | None) -> float | None:
    return None if test is None else test.p


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
