"""A checked course as it is published: everything that is ever shown of it, rendered once; pure."""

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any

from app.content import generate
from app.content.draw import LIVE_SEEDS
from app.content.pieces import Piece, pieces_of
from app.content.read import content_hash
from app.content.render import render_lesson, render_text
from app.content.values import Course, Item, Option
from app.releases.manifest import manifest_of


@dataclass(frozen=True, kw_only=True, slots=True)
class FrozenItem:
    """An item at one live seed: `shown` may reach a browser, `keyed` only after the end."""

    id: str
    variant: int
    objective: str
    draw_from: str
    key_row: str
    critical: bool
    hash: str
    shown: dict[str, Any]
    keyed: dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Frozen:
    """All that a release stores of a course."""

    course_id: str
    title: str
    edition: str
    hash: str
    files: dict[str, bytes]
    manifest: dict[str, Any]
    pieces: tuple[Piece, ...]
    lessons: tuple[tuple[str, str, int, str], ...]
    items: tuple[FrozenItem, ...]


def freeze(course: Course) -> Frozen:
    """Render a course's lessons and all its items at every live seed; takes a second or two."""
    digest = content_hash(course.files)
    media = media_url(digest, course.id)
    items = tuple(
        frozen_item(item, course, media) for seed in range(LIVE_SEEDS) for item in generate.items_of(course, seed=seed)
    )
    lessons = tuple(
        (lesson.id, lesson.title, lesson.minutes, render_lesson(course, lesson, media)) for lesson in course.lessons
    )
    hashes = {lesson_id: _lesson_hash(title, html, media) for lesson_id, title, _, html in lessons}
    return Frozen(
        course_id=course.id,
        title=course.title,
        edition=course.edition,
        hash=digest,
        files=dict(course.files),
        manifest={**manifest_of(course), "items": len({item.id for item in items}), "lesson_hashes": hashes},
        pieces=pieces_of(course),
        lessons=lessons,
        items=items,
    )


def _lesson_hash(title: str, html: str, media: str) -> str:
    """Return the SHA-256 (hex) of what a lesson shows, its facts too; the address of pictures differs by edition."""
    return hashlib.sha256(f"{title}\n{html.replace(media, '')}".encode()).hexdigest()


def media_url(digest: str, course_id: str) -> str:
    """Return the address below which the pictures of published content are served."""
    return f"/media/{digest}/{course_id}/"


def frozen_item(item: Item, course: Course, media: str) -> FrozenItem:
    """Return an item as a release stores it; `media` is what stands before a picture's name."""
    shown = {
        "type": item.type.value,
        "stem": render_text(item.stem),
        "options": [_option(option) for option in item.options],
        "rights": [_option(option) for option in item.rights],
        "unit": item.key["unit"] if item.type.value == "numeric" else None,
        "notice": item.notice,
        "media": {"url": media + item.media[0].removeprefix("media/"), "alt": item.media[1]} if item.media else None,
        "topic": course.objectives[item.objective],
        "scoring": item.scoring.value,
    }
    keyed = json.loads(json.dumps(asdict(item)))
    keyed["why"] = render_text(item.why) if item.why else None
    keyed["whys"] = {option.id: render_text(option.why) for option in item.options if option.why}
    keyed["citations"] = [course.sources[source].citation for source in item.sources if source in course.sources]
    spelled = json.dumps([shown, keyed], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return FrozenItem(
        id=item.id,
        variant=item.seed,
        objective=item.objective,
        draw_from=item.draw_from,
        key_row=item.key_row,
        critical=item.critical,
        hash=hashlib.sha256(spelled.encode()).hexdigest(),
        shown=shown,
        keyed=keyed,
    )


def _option(option: Option) -> dict[str, str]:
    return {"id": option.id, "html": render_text(option.text)}
