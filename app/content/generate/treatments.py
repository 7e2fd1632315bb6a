"""Which settings rows speak of one treatment: one device as a reader knows it, one procedure, a skin type in common."""

from collections.abc import Iterable
from dataclasses import dataclass

from app.content.generate import wording
from app.content.values import Course, SettingsRow


@dataclass(frozen=True, kw_only=True, slots=True)
class Treatments:
    """A course's settings rows, whatever their standing, by the device's key and the procedure."""

    course: Course
    keys: dict[str, str]
    rows: dict[tuple[str, str], tuple[SettingsRow, ...]]


def treatments(course: Course) -> Treatments:
    """Return the treatments that a course has rows for."""
    keys = wording.device_keys(course)
    rows: dict[tuple[str, str], list[SettingsRow]] = {}
    for row in course.settings:
        rows.setdefault((keys[row.device], row.procedure), []).append(row)
    return Treatments(course=course, keys=keys, rows={key: tuple(some) for key, some in rows.items()})


def same_treatment(known: Treatments, row: SettingsRow) -> list[SettingsRow]:
    """Return all rows that speak of a row's treatment on any of its skin types, itself among them."""
    return [
        other
        for other in known.rows[known.keys[row.device], row.procedure]
        if other.skin_type_min <= row.skin_type_max and row.skin_type_min <= other.skin_type_max
    ]


def named(ids: Iterable[str]) -> str:
    """Return "settings/a; settings/b" for a message."""
    return "; ".join(f"settings/{one}" for one in ids)


def treatment_text(course: Course, row: SettingsRow) -> str:
    """Return "Nd:YAG (1064 nm), hair reduction, skin types I–II"."""
    device = wording.device_name(course, row.device)
    return f"{device}, {wording.procedure_name(row.procedure)}, {wording.skin_types(row)}"
