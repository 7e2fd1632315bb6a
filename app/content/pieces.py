"""A course taken apart into pieces that can be compared: facts, lessons, items, rules, with values as people read."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, Final

from app.content.generate import wording
from app.content.numerals import number_text, range_text
from app.content.values import (
    ContraindicationRow,
    Course,
    Device,
    Fact,
    Item,
    ItemType,
    Range,
    SettingsRow,
    StatementRow,
    StepRow,
)

UNITS: Final = {
    "fluence": "J/cm²",
    "pulse": "ms",
    "spot": "mm",
    "pulse_energy": "mJ",
    "interval_weeks": "weeks",
    "defer_days": "days",
    "minutes": "minutes",
    "study_minutes": "minutes",
    "time_limit_minutes": "minutes",
    "retake_wait_hours": "hours",
    "validity_months": "months",
    "renewal_window_days": "days",
    "grace_days": "days",
}
TABLES: Final = ("settings", "contraindications", "procedure", "statements")


class PieceKind(StrEnum):
    """What kind of thing a piece is."""

    FACT = "fact"
    LESSON = "lesson"
    ITEM = "item"
    EXAM = "exam"
    SCHEME = "scheme"
    COURSE = "course"


@dataclass(frozen=True, kw_only=True, slots=True)
class Piece:
    """One part of a course; `key` is its place, such as "settings/set-004", and never changes its meaning.

    `values` are by the name of the field, only those that are given.
    """

    key: str
    kind: PieceKind
    title: str
    values: dict[str, str]


def pieces_of(course: Course) -> tuple[Piece, ...]:
    """Return all pieces of a course, each once, in the order of its files. The edition's name is none."""
    return (
        *_facts(course),
        *_lessons(course),
        *_pictures(course),
        *(_item(item) for item in course.items),
        *_exam(course),
        *_scheme(course),
        *_about(course),
    )


def row_title(course: Course, row: Fact) -> str:
    """Return what a row speaks of, in a line."""
    match row:
        case SettingsRow():
            procedure = wording.procedure_name(row.procedure).capitalize()
            return f"{procedure}, {wording.skin_types(row)}: {wording.device_name(course, row.device)}"
        case ContraindicationRow():
            return row.condition
        case StepRow():
            return row.step
        case StatementRow():
            return row.statement
    return row.id


def _facts(course: Course) -> Iterator[Piece]:
    for table in TABLES:
        rows: tuple[Fact, ...] = getattr(course, table)
        for row in rows:
            yield Piece(
                key=f"{table}/{row.id}", kind=PieceKind.FACT, title=row_title(course, row), values=_row(course, row)
            )


def _row(course: Course, row: Fact) -> dict[str, str]:
    values: dict[str, Any] = {
        one.name: getattr(row, one.name) for one in fields(row) if one.name not in ("id", "line", "objective")
    }
    if isinstance(row, SettingsRow):
        first, last = wording.ROMAN[values.pop("skin_type_min")], wording.ROMAN[values.pop("skin_type_max")]
        values["skin_types"] = first if first == last else f"{first}–{last}"
        values["device"] = wording.device_name(course, row.device)
    if isinstance(row, ContraindicationRow):
        values["applies_to"] = tuple(wording.device_name(course, device) for device in row.applies_to)
        values["defer_days"] = "until resolved" if row.defer_days == 0 else row.defer_days
    values["objective"] = course.objectives.get(row.objective, row.objective)
    return _texts(values)


def _lessons(course: Course) -> Iterator[Piece]:
    for lesson in course.lessons:
        told = {
            "title": lesson.title,
            "minutes": lesson.minutes,
            "objectives": [course.objectives.get(one, one) for one in lesson.objectives],
            "text": lesson.text,
        }
        yield Piece(key=f"lessons/{lesson.id}", kind=PieceKind.LESSON, title=lesson.title, values=_texts(told))


def _pictures(course: Course) -> Iterator[Piece]:
    folder = f"{course.id}/media/"
    for path, data in course.files.items():
        if path.startswith(folder):
            name = path.removeprefix(folder)
            told = {"file": f"SHA-256 {hashlib.sha256(data).hexdigest()}"}
            yield Piece(key=f"media/{name}", kind=PieceKind.LESSON, title=f"Picture {name}", values=told)


def _item(item: Item) -> Piece:
    told = {
        "type": item.type.value,
        "stem": item.stem,
        "options": _lines(option.text for option in (*item.options, *item.rights)),
        "key": _key(item),
        "critical": item.critical,
        "scoring": item.scoring.value,
        "why": _lines(filter(None, (item.why, *(option.why for option in item.options)))),
        "objective": item.objective,
        "facts": item.facts,
        "sources": item.sources,
        "media": item.media,
    }
    return Piece(key=item.id, kind=PieceKind.ITEM, title=item.stem, values=_texts(told))


def _key(item: Item) -> str:
    texts = {option.id: option.text for option in (*item.options, *item.rights)}
    if item.type is ItemType.NUMERIC:
        return f"{range_text(Range(low=item.key['min'], high=item.key['max']))} {item.key['unit']}"
    if item.type is ItemType.MATCHING:
        return _lines(f"{texts[left]} → {texts[right]}" for left, right in item.key.items())
    if item.type is ItemType.ORDERING:
        return _lines(f"{texts[one]} → {texts[other]}" for one, other in item.key)
    return _lines(texts[one] for one in item.key)


def _exam(course: Course) -> Iterator[Piece]:
    exam = course.exam
    rules = {one.name: getattr(exam, one.name) for one in fields(exam) if one.name != "sections"}
    yield Piece(key="exam/rules", kind=PieceKind.EXAM, title="Rules of the exam", values=_texts(rules))
    for number, section in enumerate(exam.sections, start=1):
        told = {
            "objective": course.objectives.get(section.objective, section.objective),
            "items": section.items,
            "draw_from": section.draw_from,
            "cut_score_percent": section.cut_score_percent,
        }
        title = f"Section {number} of the exam"
        yield Piece(key=f"exam/section-{number}", kind=PieceKind.EXAM, title=title, values=_texts(told))


def _scheme(course: Course) -> Iterator[Piece]:
    scheme = course.scheme
    told = {one.name: getattr(scheme, one.name) for one in fields(scheme)}
    told["scope_skin_types"] = [wording.ROMAN[one] for one in scheme.scope_skin_types]
    yield Piece(key="scheme/rules", kind=PieceKind.SCHEME, title=scheme.title, values=_texts(told))


def _about(course: Course) -> Iterator[Piece]:
    told = {name: getattr(course, name) for name in ("title", "summary", "language", "study_minutes")}
    yield Piece(key="course/about", kind=PieceKind.COURSE, title=course.title, values=_texts(told))
    for name, text in course.objectives.items():
        yield Piece(key=f"objectives/{name}", kind=PieceKind.COURSE, title=text, values=_texts({"objective": text}))
    for name in course.devices:
        device = course.device_register[name]
        yield Piece(key=f"devices/{name}", kind=PieceKind.FACT, title=device.name, values=_device(device))
    for name in _sources_used(course):
        source = course.sources[name]
        known = {"citation": source.citation, "url": source.url, "read": source.read}
        yield Piece(key=f"sources/{name}", kind=PieceKind.COURSE, title=source.citation, values=_texts(known))


def _device(device: Device) -> dict[str, str]:
    waves = (device.wavelength_min_nm, device.wavelength_max_nm)
    told = "–".join(number_text(wave) for wave in dict.fromkeys(waves) if wave is not None)
    return _texts({"name": device.name, "wavelength": f"{told} nm" if told else None})


def _sources_used(course: Course) -> list[str]:
    used = {source for table in TABLES for row in getattr(course, table) for source in row.sources}
    used |= {source for item in course.items for source in item.sources}
    return [name for name in course.sources if name in used]


def _texts(values: dict[str, Any]) -> dict[str, str]:
    """Return the values that are given as people read them, with their units."""
    shown = {name: _text(value) for name, value in values.items()}
    return {
        name: f"{text} {UNITS[name]}" if name in UNITS and text[0].isdigit() else text
        for name, text in shown.items()
        if text
    }


def _text(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case int() | float():
            return number_text(value)
        case Range():
            return range_text(value)
        case tuple() | list():
            return "; ".join(_text(one) for one in value)
    return str(value)


def _lines(texts: Iterable[str]) -> str:
    return "\n".join(texts)
