"""The shipped courses: they pass their check, give three papers without a common item, and are worth their time."""

import re
from functools import cache
from html import unescape

import pytest

from app.content.check import check_paths, load_course
from app.content.draw import draw
from app.content.generate import FAMILIES, items_of
from app.content.papers import pool_of
from app.content.render import render_lesson
from app.content.values import Course, Standing
from tests.factories import COURSES

IDS = sorted(path.parent.name for path in COURSES.glob("*/course.yaml"))
SAFETY = "laser-safety"
WORDS_A_MINUTE = 200
TAG = re.compile(r"<[^>]+>")
every_course = pytest.mark.parametrize("course_id", IDS)


@cache
def shipped(course_id: str) -> Course:
    return load_course(COURSES / course_id)


def test_no_course_has_a_problem() -> None:
    assert check_paths([COURSES]) == []


@every_course
def test_three_papers_share_no_item(course_id: str) -> None:
    course, seen = shipped(course_id), set[str]()
    for seed in range(3):
        pool = [item for item in pool_of(course) if item.id not in seen]
        paper = {pick.item_id for pick in draw(course.exam.sections, pool, seed=seed).picks}
        assert len(paper) == sum(section.items for section in course.exam.sections)
        assert paper.isdisjoint(seen)
        seen |= paper


@every_course
def test_reading_it_takes_at_least_25_minutes(course_id: str) -> None:
    course = shipped(course_id)
    texts = [unescape(TAG.sub(" ", render_lesson(course, lesson, "/"))) for lesson in course.lessons]
    assert sum(len(text.split()) for text in texts) / WORDS_A_MINUTE >= 25


@every_course
def test_laser_safety_comes_first(course_id: str) -> None:
    required = shipped(course_id).scheme.requires_certifications
    assert required == (() if course_id == SAFETY else (SAFETY,))


@every_course
def test_nobody_is_asked_a_draft(course_id: str) -> None:
    course = shipped(course_id)
    drafts = {
        f"{table}/{row.id}"
        for table in ("settings", "contraindications", "procedure", "statements")
        for row in getattr(course, table)
        if row.standing is Standing.DRAFT
    }
    items = items_of(course, seed=1)
    assert [item.id for item in items if item.key_row in drafts] == []
    assert all(item.sources or item.family == "items" or item.facts for item in items)


@every_course
def test_what_a_study_counted_is_taught_and_not_asked(course_id: str) -> None:
    course = shipped(course_id)
    asked = {section.objective for section in course.exam.sections}
    taught = {objective for lesson in course.lessons for objective in lesson.objectives}
    assert set(course.objectives) - asked in (set(), {"evidence"})
    assert taught == set(course.objectives)
    assert not [one.id for one in items_of(course, seed=0) if one.objective in asked and "median" in one.stem]


@every_course
def test_a_rule_of_another_country_names_the_country(course_id: str) -> None:
    named = {"Texas": "US", "Florida": "US", "Arizona": "US", "Auckland": "New Zealand", "Queensland": "Australia"}
    stems = [item.stem for item in items_of(shipped(course_id), seed=0)]
    assert [stem for stem in stems for place, of in named.items() if place in stem and of not in stem] == []


@every_course
def test_lessons_do_not_speak_of_their_making(course_id: str) -> None:
    made = re.compile(r"read for this course|(?:was|were) not read|no source|grew from|this course.s own summary")
    assert [lesson.id for lesson in shipped(course_id).lessons if made.search(lesson.text)] == []


def test_every_family_makes_items_of_what_is_shipped() -> None:
    assert {item.family for course_id in IDS for item in items_of(shipped(course_id), seed=0)} == set(FAMILIES)
