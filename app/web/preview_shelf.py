"""What an author's preview shows: course files read, checked and built once for every change, in memory only."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any, Final

from app.content import papers
from app.content.check import Looked, look_into
from app.content.excerpt import Excerpt, excerpt
from app.content.generate import counts, items_of, units_of
from app.content.pieces import Piece, PieceKind, pieces_of
from app.content.read import CoursePathError, content_hash
from app.content.render import render_lesson
from app.content.stamp import stamp
from app.content.values import Course, Item, Lesson, Problem
from app.releases.freeze import media_url
from app.releases.manifest import manifest_of
from app.releases.models import Release

_FACT_PLACE: Final = re.compile(r'id="fact-([a-z]+)-([a-z0-9-]+)"')
SEEDS_KEPT: Final = 4  # seeds whose items are kept between two pages of them


@dataclass(frozen=True, kw_only=True)
class Built:
    """A course as it is shown: as a release that nobody published, with its lessons, facts, counts and items.

    `lessons` maps the ids of those that can be shown to (HTML, when it was built); `places` a fact to its lesson.
    """

    course: Course
    release: Release
    media: str
    lessons: Mapping[str, tuple[str, datetime]]
    places: Mapping[str, str]
    facts: Mapping[str, Piece]
    counts: Sequence[Mapping[str, Any]]
    pools: Sequence[tuple[int, int]]
    papers: int
    built_at: datetime
    items: Callable[[int], list[Item]]


@dataclass(frozen=True, kw_only=True)
class Told:
    """A problem with its file as people know it, and the line that it names."""

    problem: Problem
    path: str
    excerpt: Excerpt | None


@dataclass(frozen=True, kw_only=True)
class State:
    """All that the preview knows of a version of the files; `fresh` are the courses that were built from it."""

    version: str
    ids: Sequence[str] = ()
    built: Mapping[str, Built] = field(default_factory=dict)
    fresh: frozenset[str] = frozenset()
    problems: Sequence[Told] = ()
    failure: str = ""

    def problems_of(self, course_id: str) -> list[Told]:
        """Return the problems of a course, and those of what all courses share."""
        others = tuple(f"{other}/" for other in self.ids if other != course_id)
        return [one for one in self.problems if not one.problem.path.startswith(others)]


class Shelf:
    """The newest state of the files at a path; several threads may ask, one of them reads."""

    def __init__(self, path: Path, clock: Callable[[], datetime]) -> None:
        self.path, self._clock = path, clock
        self._lock = Lock()
        self._state: State | None = None

    def version(self) -> str:
        """Return what changes when a file does; reads no file."""
        return stamp(self.path)

    def state(self) -> State:
        """Return what the files hold now; they are read anew only where one was touched."""
        with self._lock:
            version = self.version()
            if self._state is None or self._state.version != version:
                self._state = _state(self.path, version, self._state or State(version=""), self._clock())
            return self._state


def _state(path: Path, version: str, before: State, now: datetime) -> State:
    try:
        looked = look_into(path)
    except CoursePathError as error:
        return State(version=version, ids=before.ids, built=before.built, failure=str(error))
    told = [
        Told(
            problem=one,
            path=looked.shown(one.path),
            excerpt=excerpt(looked.files[one.path], one) if one.path in looked.files else None,
        )
        for one in looked.problems
    ]
    fresh = {name: _built(course, looked, before.built.get(name), now) for name, course in looked.courses.items()}
    kept = {name: built for name, built in before.built.items() if name in looked.ids}
    return State(version=version, ids=looked.ids, built=kept | fresh, fresh=frozenset(fresh), problems=told)


def _built(course: Course, looked: Looked, before: Built | None, now: datetime) -> Built:
    digest = content_hash(course.files)
    if before and before.release.content_hash == digest:
        return before
    media, units = media_url(digest, course.id), units_of(course)
    broken = {one.path for one in looked.problems}
    kept = before.lessons if before else {}
    lessons = {
        lesson.id: (render_lesson(course, lesson, media), now)
        for lesson in course.lessons
        if _file(course, lesson) not in broken
    }
    pools, whole = papers.section_pools(course, units)
    return Built(
        course=course,
        release=_release(course, digest, sum(unit.build is not None for unit in units)),
        media=media,
        lessons={one.id: kept[one.id] for one in course.lessons if one.id in kept} | lessons,
        places=_places({name: html for name, (html, _) in lessons.items()}),
        facts={one.key: one for one in pieces_of(course) if one.kind is PieceKind.FACT},
        counts=counts(course),
        pools=pools,
        papers=whole,
        built_at=now,
        items=lru_cache(maxsize=SEEDS_KEPT)(lambda seed: items_of(course, seed=seed)),
    )


def _file(course: Course, lesson: Lesson) -> str:
    return f"{course.id}/lessons/{lesson.id}.md"


def _release(course: Course, digest: str, items: int) -> Release:
    """Return what publishing would store, never stored: the pages of a release and of its preview are the same."""
    manifest = json.loads(json.dumps({**manifest_of(course), "items": items}))
    return Release(
        course_id=course.id, title=course.title, edition=course.edition, content_hash=digest, manifest=manifest
    )


def _places(lessons: Mapping[str, str]) -> dict[str, str]:
    """Return for each fact that a lesson lays out the first lesson that does."""
    places: dict[str, str] = {}
    for name, html in lessons.items():
        for found in _FACT_PLACE.finditer(html):
            places.setdefault(f"{found[1]}/{found[2]}", name)
    return places
