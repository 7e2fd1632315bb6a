"""The rules of a release as stored values, and back: exam, scheme, settings rows, protocol rows to confirm."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from app.content.values import (
    ContraindicationRow,
    Course,
    Decision,
    Device,
    Exam,
    Fact,
    Range,
    Scheme,
    Section,
    SettingsRow,
    Standing,
    StatementRow,
    StepRow,
)

TYPES = ("I", "II", "III", "IV", "V", "VI")
DECISIONS = {
    Decision.ALLOWED: "allowed",
    Decision.WITH_SIGN_OFF: "with sign-off",
    Decision.NOT_ALLOWED: "not allowed",
}


def manifest_of(course: Course) -> dict[str, Any]:
    """Return what pages and rules need of a course, as JSON values."""
    tables = _tables(course)
    rows = [row for rows in tables.values() for row in rows]
    return {
        "summary": course.summary,
        "language": course.language,
        "study_minutes": course.study_minutes,
        "objectives": dict(course.objectives),
        "lessons": [
            {"id": one.id, "title": one.title, "minutes": one.minutes, "objectives": list(one.objectives)}
            for one in course.lessons
        ],
        "exam": asdict(course.exam),
        "scheme": asdict(course.scheme),
        "devices": {key: asdict(course.device_register[key]) for key in course.devices},
        "settings": [
            {
                "id": row.id,
                "device": row.device,
                "procedure": row.procedure,
                "skin_type_min": row.skin_type_min,
                "skin_type_max": row.skin_type_max,
                "decision": row.decision.value,
                "standing": row.standing.value,
            }
            for row in course.settings
        ],
        "protocol": [
            {"row": f"{table}/{row.id}", "title": _title(row), "text": _text(row, course.device_register)}
            for table, rows_of in tables.items()
            for row in rows_of
            if row.standing is Standing.PROTOCOL
        ],
        "standings": {one.value: sum(row.standing is one for row in rows) for one in Standing},
        "sources": [{"id": one.id, "citation": one.citation, "url": one.url} for one in _sources_used(course, rows)],
    }


def exam_of(manifest: Mapping[str, Any]) -> Exam:
    """Return the exam that a manifest holds."""
    values = dict(manifest["exam"])
    sections = tuple(Section(**{**section, "draw_from": tuple(section["draw_from"])}) for section in values["sections"])
    return Exam(**{**values, "sections": sections})


def scheme_of(manifest: Mapping[str, Any]) -> Scheme:
    """Return the certification scheme that a manifest holds."""
    values = dict(manifest["scheme"])
    for name in ("requires_certifications", "scope_devices", "scope_skin_types", "scope_procedures"):
        values[name] = tuple(values[name])
    return Scheme(**values)


def settings_of(manifest: Mapping[str, Any]) -> tuple[SettingsRow, ...]:
    """Return the settings rows of a manifest: what they grant, without their figures."""
    return tuple(
        SettingsRow(
            id=row["id"],
            objective="",
            standing=Standing(row["standing"]),
            sources=(),
            fact=None,
            conflict=None,
            line=0,
            device=row["device"],
            procedure=row["procedure"],
            skin_type_min=row["skin_type_min"],
            skin_type_max=row["skin_type_max"],
            decision=Decision(row["decision"]),
        )
        for row in manifest["settings"]
    )


def procedure_name(procedure: str) -> str:
    """Return a procedure's id as people read it."""
    return procedure.replace("-", " ").capitalize()


def span(low: int, high: int) -> str:
    """Return a span of skin types in Roman numerals, such as `I–III`."""
    return TYPES[low - 1] if low == high else f"{TYPES[low - 1]}–{TYPES[high - 1]}"


def _tables(course: Course) -> dict[str, tuple[Fact, ...]]:
    return {
        "settings": course.settings,
        "contraindications": course.contraindications,
        "procedure": course.procedure,
        "statements": course.statements,
    }


def _sources_used(course: Course, rows: Iterable[Fact]) -> list[Any]:
    used = {source for row in rows for source in row.sources}
    used |= {source for item in course.items for source in item.sources}
    return [source for key, source in course.sources.items() if key in used]


def _title(row: Fact) -> str:
    match row:
        case SettingsRow():
            types = span(row.skin_type_min, row.skin_type_max)
            return f"{procedure_name(row.procedure)}, skin types {types}"
        case ContraindicationRow():
            return row.condition
        case StepRow():
            return row.step
        case StatementRow():
            return row.statement
    return row.id


def _text(row: Fact, devices: Mapping[str, Device]) -> str:
    match row:
        case SettingsRow():
            return f"{devices[row.device].name}: {DECISIONS[row.decision]}. {_figures(row)}".strip()
        case ContraindicationRow():
            days = f", {row.defer_days} days" if row.defer_days else ""
            return f"{row.strength.capitalize()}: {row.action.replace('_', ' ')}{days}."
        case StepRow():
            critical = " Safety-critical." if row.safety_critical else ""
            return f"Step of {procedure_name(row.procedure).lower()}, phase {row.phase}.{critical}"
        case StatementRow():
            return f"{row.prompt} {row.correct}"
    return ""


def _figures(row: SettingsRow) -> str:
    parts = [
        _range("fluence", row.fluence, "J/cm²"),
        _range("pulse", row.pulse, "ms"),
        _range("spot", row.spot, "mm"),
        _range("pulse energy", row.pulse_energy, "mJ"),
        _range("passes", row.passes, ""),
        _range("interval", row.interval_weeks, "weeks"),
    ]
    figures = ", ".join(part for part in parts if part)
    return f"{figures[:1].upper()}{figures[1:]}." if figures else ""


def _range(name: str, values: Range | None, unit: str) -> str:
    if values is None:
        return ""
    ends = f"{values.low:g}" if values.low == values.high else f"{values.low:g}–{values.high:g}"
    return f"{name} {ends} {unit}".rstrip()
