"""A draft without problems becomes the immutable values of a course."""

from collections.abc import Mapping
from itertools import combinations
from typing import Any

from app.content.cells import RANGES
from app.content.draft import Draft
from app.content.generate.unit import lettered
from app.content.schema import (
    AnyItem,
    CourseEntry,
    ExamEntry,
    MatchingEntry,
    NumericEntry,
    OrderingEntry,
    SchemeEntry,
)
from app.content.tables import Row
from app.content.values import (
    ContraindicationRow,
    Course,
    Decision,
    Device,
    Exam,
    Item,
    ItemType,
    Lesson,
    Option,
    Range,
    Scheme,
    Scoring,
    Section,
    SettingsRow,
    Source,
    Standing,
    StatementRow,
    StepRow,
)
from app.content.yaml_rules import media_name


def build_course(draft: Draft, files: Mapping[str, bytes]) -> Course:
    """Return the values of a draft that has no problem; `files` are the bytes that it was read from."""
    entry: CourseEntry = draft.course.entry
    rows = {name: table.rows for name, table in draft.tables.items()}
    return Course(
        id=draft.id,
        title=entry.title.strip(),
        summary=entry.summary.strip(),
        edition=entry.edition.strip(),
        language=entry.language,
        study_minutes=entry.study_minutes,
        objectives={name: sentence.strip() for name, sentence in entry.objectives.items()},
        lessons=_lessons(entry, draft.lessons),
        devices=_once(entry.devices),
        exam=_exam(entry.exam),
        scheme=_scheme(entry.scheme),
        settings=tuple(_settings_row(row) for row in rows.get("settings", ())),
        contraindications=tuple(_contraindication_row(row) for row in rows.get("contraindications", ())),
        procedure=tuple(_step_row(row) for row in rows.get("procedure", ())),
        statements=tuple(_statement_row(row) for row in rows.get("statements", ())),
        items=tuple(_item(item) for item in draft.items.entry) if draft.items else (),
        sources=_sources(draft),
        device_register=_devices(draft),
        files=dict(files),
    )


def _once(names: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def _lessons(entry: CourseEntry, texts: Mapping[str, str]) -> tuple[Lesson, ...]:
    return tuple(
        Lesson(
            id=lesson.id,
            title=lesson.title.strip(),
            objectives=_once(lesson.objectives),
            minutes=lesson.minutes,
            text=texts[lesson.id],
        )
        for lesson in entry.lessons
    )


def _sources(draft: Draft) -> dict[str, Source]:
    return {
        name: Source(id=name, citation=entry.citation.strip(), url=entry.given("url"), read=entry.read == "yes")
        for name, entry in draft.register.sources.entry.items()
    }


def _devices(draft: Draft) -> dict[str, Device]:
    return {
        name: Device(
            id=name,
            name=entry.name.strip(),
            wavelength_min_nm=entry.given("wavelength_min_nm"),
            wavelength_max_nm=entry.given("wavelength_max_nm"),
        )
        for name, entry in draft.register.devices.entry.items()
    }


def _exam(entry: ExamEntry) -> Exam:
    sections = tuple(
        Section(
            objective=section.objective,
            items=section.items,
            draw_from=tuple(dict.fromkeys(section.draw_from)),
            cut_score_percent=section.given("cut_score_percent"),
        )
        for section in entry.sections
    )
    return Exam(
        cut_score_percent=entry.cut_score_percent,
        time_limit_minutes=entry.time_limit_minutes,
        attempts=entry.attempts,
        retake_wait_hours=entry.retake_wait_hours,
        sections=sections,
        critical_items=entry.critical_items,
        review=entry.review,
        certainty=entry.certainty == "yes",
        proctor_code=entry.proctor_code == "yes",
    )


def _scheme(entry: SchemeEntry) -> Scheme:
    practice, renewal = entry.given("practice"), entry.given("renewal")
    return Scheme(
        title=entry.title.strip(),
        validity_months=entry.validity_months,
        expiry_basis=entry.expiry_basis,
        renewal_window_days=entry.renewal_window_days,
        grace_days=entry.grace_days,
        requires_lessons=entry.requires.lessons,
        requires_sign_offs=entry.requires.sign_offs,
        requires_certifications=_once(entry.requires.certifications),
        scope_devices=_once(entry.scope.devices),
        scope_skin_types=tuple(sorted(set(entry.scope.skin_types))),
        scope_procedures=_once(entry.scope.procedures),
        practice_per_cell=practice.per_cell if practice else None,
        renewal_lessons=renewal.lessons if renewal else None,
        renewal_items=renewal.items if renewal else None,
        disclaimer=entry.disclaimer.strip(),
    )


def _fact(row: Row) -> dict[str, Any]:
    """Return what every row carries, as the arguments of its dataclass."""
    values = row.values
    return {
        "id": values["id"],
        "objective": values["objective"],
        "standing": Standing(values["standing"]),
        "sources": values.get("sources", ()),
        "fact": values.get("fact"),
        "conflict": values.get("conflict"),
        "line": row.line,
        "why": values.get("why"),
    }


def _settings_row(row: Row) -> SettingsRow:
    values = row.values
    given: dict[str, Any] = {
        name: Range(low=values[low], high=values[high]) for name, (low, high) in RANGES.items() if low in values
    }
    given |= {name: values.get(name) for name in ("cooling", "tone_rule", "endpoint", "stop_if", "test_spot")}
    return SettingsRow(
        **_fact(row),
        device=values["device"],
        procedure=values["procedure"],
        skin_type_min=values["skin_type_min"],
        skin_type_max=values["skin_type_max"],
        decision=Decision(values["decision"]),
        **given,
    )


def _contraindication_row(row: Row) -> ContraindicationRow:
    values = row.values
    devices = values.get("applies_to", ())
    return ContraindicationRow(
        **_fact(row),
        condition=values["condition"],
        category=values["category"],
        strength=values["strength"],
        action=values["action"],
        defer_days=values.get("defer_days"),
        applies_to=() if devices == ("all",) else devices,
        procedures=values.get("procedures", ()),
        decided_by=values.get("decided_by"),
        ask=values.get("ask"),
    )


def _step_row(row: Row) -> StepRow:
    values = row.values
    return StepRow(
        **_fact(row),
        procedure=values["procedure"],
        phase=values["phase"],
        step=values["step"],
        after=values.get("after", ()),
        safety_critical=values.get("safety_critical", False),
        stop_if=values.get("stop_if"),
        record=values.get("record"),
    )


def _statement_row(row: Row) -> StatementRow:
    values = row.values
    return StatementRow(
        **_fact(row),
        statement=values["statement"],
        prompt=values["prompt"],
        correct=values["correct"],
        wrong=tuple(values[column] for column in ("wrong_1", "wrong_2", "wrong_3") if column in values),
        critical=values.get("critical", False),
    )


def _item(entry: AnyItem) -> Item:
    """Return an item with its options in the order of the file and letters for their ids."""
    options, rights, key = _options_and_key(entry)
    media = entry.given("media")
    why = entry.given("why")
    return Item(
        id=f"items/{entry.id}",
        family="items",
        seed=0,
        type=ItemType(entry.type),
        objective=entry.objective,
        draw_from="items",
        key_row=f"items/{entry.id}",
        stem=entry.stem.strip(),
        options=options,
        key=key,
        critical=entry.critical in (True, "yes"),
        facts=_once(entry.facts),
        sources=_once(entry.sources),
        why=why.strip() if why else None,
        rights=rights,
        scoring=Scoring(entry.scoring),
        media=(media_name(media.file), media.alt.strip()) if media else None,
    )


def _options_and_key(entry: AnyItem) -> tuple[tuple[Option, ...], tuple[Option, ...], Any]:
    """Return options, right sides and key, as values.Item describes them by type."""
    if isinstance(entry, NumericEntry):
        answer = entry.answer
        return (), (), {"min": answer.min, "max": answer.max, "unit": answer.unit.strip()}
    if isinstance(entry, OrderingEntry):
        steps = lettered((step.strip(), None) for step in entry.steps)
        return steps, (), tuple(combinations([step.id for step in steps], 2))
    if isinstance(entry, MatchingEntry):
        lefts = lettered((pair.left.strip(), None) for pair in entry.pairs)
        rights = lettered(((pair.right.strip(), None) for pair in entry.pairs), start=len(lefts))
        return lefts, rights, {left.id: right.id for left, right in zip(lefts, rights, strict=True)}
    options = lettered((option.text.strip(), option.given("why")) for option in entry.options)
    key = tuple(
        shown.id for shown, option in zip(options, entry.options, strict=True) if option.correct in (True, "yes")
    )
    return options, (), key
