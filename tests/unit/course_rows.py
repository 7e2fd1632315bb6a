"""Courses and rows for tests of the content room, built directly from their values."""

from typing import Any

from app.content.values import (
    ContraindicationRow,
    Course,
    Decision,
    Device,
    Exam,
    Item,
    ItemType,
    Option,
    Range,
    Scheme,
    Section,
    SettingsRow,
    Standing,
    StatementRow,
    StepRow,
)

ALLOWED, SIGNED, NOT = Decision.ALLOWED, Decision.WITH_SIGN_OFF, Decision.NOT_ALLOWED
DRAFT = Standing.DRAFT

SCHEME = Scheme(
    title="Skin tightening",
    validity_months=12,
    expiry_basis="completion",
    renewal_window_days=60,
    grace_days=14,
    requires_lessons="all",
    requires_sign_offs=3,
    requires_certifications=(),
    scope_devices=(),
    scope_skin_types=(),
    scope_procedures=(),
    practice_per_cell=None,
    renewal_lessons=None,
    renewal_items=None,
    disclaimer="Not a licence.",
)


def _fact(row_id: str, values: dict[str, Any]) -> dict[str, Any]:
    fact = {"id": row_id, "objective": "safe", "standing": Standing.CITED, "sources": (f"of-{row_id}",)}
    return {**fact, "fact": None, "conflict": None, "line": 2, **values}


def setting(row_id: str, types: tuple[int, int] = (1, 6), **values: Any) -> SettingsRow:
    """A settings row; a range may be given as a pair of figures."""
    for quantity in ("fluence", "pulse", "spot", "pulse_energy"):
        if isinstance(values.get(quantity), tuple):
            values[quantity] = Range(low=values[quantity][0], high=values[quantity][1])
    own = {"device": "ndyag", "procedure": "hair-reduction", "decision": ALLOWED, "why": "Because."}
    skin = {"skin_type_min": types[0], "skin_type_max": types[1]}
    return SettingsRow(**_fact(row_id, {**own, **skin, **values}))


def contraindication(row_id: str, action: str, days: int | None = None, **values: Any) -> ContraindicationRow:
    own = {
        "condition": f"Condition {row_id}",
        "category": "medication",
        "strength": "relative",
        "action": action,
        "defer_days": days,
        "applies_to": (),
        "procedures": (),
        "decided_by": "technician",
        "ask": "Any medicine?",
        "why": "Because.",
    }
    return ContraindicationRow(**_fact(row_id, {**own, **values}))


def step(row_id: str, after: str = "", **values: Any) -> StepRow:
    own = {
        "procedure": "tightening",
        "phase": "prepare",
        "step": f"Do {row_id}",
        "after": tuple(after.split()),
        "safety_critical": False,
        "stop_if": None,
        "record": None,
        "why": "Because.",
    }
    return StepRow(**_fact(row_id, {**own, **values}))


def statement(row_id: str, correct: str = "Right", wrong: tuple[str, ...] = ("Wrong",), **values: Any) -> StatementRow:
    own = {"statement": "It is so.", "prompt": f"What of {row_id}?", "critical": False, "why": None}
    return StatementRow(**_fact(row_id, {**own, "correct": correct, "wrong": wrong, **values}))


def written(item_id: str, item_type: ItemType = ItemType.SINGLE, **values: Any) -> Item:
    """An item of items.yaml as the reader gives it: options in file order, the first correct."""
    options = tuple(Option(id=str(number), text=f"Text {number}") for number in range(1, 5))
    own = {
        "id": f"items/{item_id}",
        "family": "items",
        "seed": 0,
        "type": item_type,
        "objective": "safe",
        "draw_from": "items",
        "key_row": f"items/{item_id}",
        "stem": "Choose.",
        "options": options,
        "key": ("1",),
        "critical": False,
        "facts": (),
        "sources": (),
        "why": None,
    }
    return Item(**{**own, **values})


def section(items: int, *draw_from: str, objective: str = "safe") -> Section:
    return Section(objective=objective, items=items, draw_from=draw_from, cut_score_percent=None)


def course(**values: Any) -> Course:
    """A course; its devices are those of the register given, or three with unlike names."""
    register = values.pop("device_register", None) or {
        "ndyag": device("ndyag", "Nd:YAG", 1064, 1064),
        "diode": device("diode", "Diode", 800, 810),
        "ipl": device("ipl", "IPL", None, None),
    }
    own = {
        "id": "skin-tightening",
        "title": "Skin tightening",
        "summary": "How to.",
        "edition": "2026.1",
        "language": "en",
        "study_minutes": 60,
        "objectives": {"safe": "Treats safely."},
        "lessons": (),
        "devices": tuple(register),
        "exam": exam(),
        "scheme": SCHEME,
    }
    return Course(device_register=register, **{**own, **values})


def exam(*sections: Section) -> Exam:
    return Exam(cut_score_percent=80, time_limit_minutes=30, attempts=3, retake_wait_hours=24, sections=sections)


def device(device_id: str, name: str, low: float | None = None, high: float | None = None) -> Device:
    return Device(id=device_id, name=name, wavelength_min_nm=low, wavelength_max_nm=high)
