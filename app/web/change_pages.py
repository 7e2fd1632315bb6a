"""What changed in a release, as its review and its edition's page show it: cards by change, and what rests on them."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from app.content.compare import GRAVEST_FIRST, MEANINGS, Change, ChangeClass, FieldChange, Passage, passages
from app.content.pieces import PieceKind
from app.releases.comparing import Confirmed, Counted
from app.releases.impact import Touched
from app.web.words import Context, counted, moment

CLASS_LABELS = {
    ChangeClass.FACT: "Fact",
    ChangeClass.KEY: "Key",
    ChangeClass.SCHEME: "Scheme",
    ChangeClass.CLARITY: "Clarity",
    ChangeClass.WORDING: "Wording",
}
CLASS_ICONS = {
    ChangeClass.FACT: "zap",
    ChangeClass.KEY: "key-round",
    ChangeClass.SCHEME: "scale",
    ChangeClass.CLARITY: "text-search",
    ChangeClass.WORDING: "spell-check",
}
FIELDS = {
    "skin_types": "Skin types",
    "pulse_energy": "Energy",
    "interval_weeks": "Interval",
    "tone_rule": "Today's tone",
    "stop_if": "Stop if",
    "test_spot": "Test spot",
    "defer_days": "Wait",
    "applies_to": "Devices",
    "decided_by": "Decided by",
    "ask": "Intake question",
    "safety_critical": "Safety-critical",
    "correct": "Right answer",
    "wrong": "Wrong answers",
    "key": "Right answer",
    "conflict": "Another authority",
    "fact": "Fact in all courses",
    "draw_from": "Drawn from",
    "cut_score_percent": "Cut, %",
    "time_limit_minutes": "Time",
    "retake_wait_hours": "Between attempts",
    "validity_months": "Valid for",
    "renewal_window_days": "Renewal window",
    "grace_days": "Days of grace",
    "requires_sign_offs": "Sign-offs",
    "requires_lessons": "Lessons",
    "requires_certifications": "Certifications",
    "url": "Link",
    "read": "Was read",
}
# What stands beside a change although it is the same, so that a row can be recognised.
BESIDE = frozenset(
    {
        *("skin_types", "decision", "fluence", "pulse", "spot", "pulse_energy", "cooling"),
        *("action", "defer_days", "phase", "safety_critical", "correct"),
    }
)
# Fields of facts that hold a word of the file format, and no text.
CODED = frozenset({"action", "category", "decision", "phase", "procedure", "strength"})
ASKS = frozenset({"prompt", "correct", "wrong", "why"})  # of a statement: what an exam asks of it, and the key
STANDINGS = {
    "cited": "cited: its sources were read",
    "protocol": "protocol: who signs vouches for it",
    "draft": "draft: nobody confirmed it; shown as unconfirmed, never asked",
}
LONGEST_ROW = 70  # characters that stand in a table's cell; a longer text is shown as the words that differ
TILES = (
    ("items", "question", "rest on what changes"),
    ("attempts", "open exam", "ask what changes, now"),
    ("certifications", "certification", "in force that rest on it"),
    ("people", "person", "learned it, sit it or hold it"),
    ("clinics", "clinic", "where they treat"),
)


def change_cards(
    changes: Iterable[Change],
    confirmed: Mapping[str, Confirmed],
    touched: Mapping[str, Touched] | None,
    zone: str,
    *,
    typed: Mapping[str, str] | None = None,
    keys: bool = True,
) -> list[Context]:
    """Return the cards of changes; `touched` is None where nobody counted, `typed` what a form sent back holds.

    Without `keys` nothing of a question is shown: who learns may be asked it tomorrow.
    """
    shown = changes if keys else [_without_keys(change) for change in changes]
    return [_card(change, confirmed.get(change.digest), touched, zone, typed or {}) for change in shown]


def _without_keys(change: Change) -> Change:
    if change.kind is PieceKind.ITEM:
        return replace(change, title="A question written by hand", fields=())
    if change.key.startswith("statements/"):
        return replace(change, fields=tuple(one for one in change.fields if one.name not in ASKS))
    return change


def class_of(change: Change, confirmed: Mapping[str, Confirmed]) -> ChangeClass:
    """Return the class that a change was given, or the one that is proposed."""
    given = confirmed.get(change.digest)
    return ChangeClass(given.change_class) if given else change.change_class


def class_filter(changes: Iterable[Change], confirmed: Mapping[str, Confirmed], chosen: str, url: str) -> list[Context]:
    """Return the links that show changes of one class, with how many there are; the first shows all."""
    classes = [class_of(change, confirmed) for change in changes]
    links = [{"label": "All", "icon": "", "count": len(classes), "href": f"{url}#changes", "current": not chosen}]
    links += [
        {
            "label": CLASS_LABELS[one],
            "icon": CLASS_ICONS[one],
            "count": classes.count(one),
            "href": f"{url}?class={one.value}#changes",
            "current": chosen == one.value,
        }
        for one in GRAVEST_FIRST
        if one in classes
    ]
    return links


def class_choices() -> list[Context]:
    """Return the classes to choose from, the gravest first, with what each means."""
    return [{"value": one.value, "label": f"{CLASS_LABELS[one]}: {MEANINGS[one].lower()}"} for one in GRAVEST_FIRST]


def impact_tiles(found: Counted | None, zone: str) -> Context | None:
    """Return what was counted to rest on the changes, and when; None where nobody counted."""
    if found is None:
        return None
    counts = found.impact.counts
    return {
        "tiles": [
            {"figure": counts[name], "unit": counted_noun(counts[name], noun).partition(" ")[2], "text": text}
            for name, noun, text in TILES
        ],
        "at": moment(found.at, zone),
    }


def counted_noun(number: int, noun: str) -> str:
    """Return `1 person`, `3 people` or `3 questions`."""
    return f"{number} people" if noun == "person" and number != 1 else counted(number, noun)


def _card(
    change: Change,
    given: Confirmed | None,
    touched: Mapping[str, Touched] | None,
    zone: str,
    typed: Mapping[str, str],
) -> Context:
    shown = ChangeClass(given.change_class) if given else change.change_class
    rows = [one for one in change.fields if _is_short(one) and (one.changed or one.name in BESIDE)]
    texts = [one for one in change.fields if one.changed and not _is_short(one)]
    return {
        "digest": change.digest,
        "class": shown.value,
        "label": CLASS_LABELS[shown],
        "icon": CLASS_ICONS[shown],
        "key": change.key,
        "title": change.title,
        "note": "New" if change.added else "Removed" if change.removed else "",
        "rows": [_row(one) for one in rows],
        "texts": [{"name": _name(one), "passages": [_sides(each) for each in _passages(one)]} for one in texts],
        "reason": given.reason if given else "",
        "by": _confirmed_by(given.name, given.at, zone) if given else "",
        "chosen": typed.get(f"class-{change.digest}", shown.value),
        "typed": typed.get(f"reason-{change.digest}", given.reason if given else ""),
        "touches": _touches(touched.get(change.key, Touched())) if touched is not None else "not counted yet",
        "means": MEANINGS[shown],
        "proposed": CLASS_LABELS[change.change_class] if shown is not change.change_class else "",
    }


def _confirmed_by(name: str, at: datetime, zone: str) -> str:
    return f"{name}, {moment(at, zone)}"


def _passages(field: FieldChange) -> tuple[Passage, ...]:
    return passages(field.before, field.after)


def _sides(passage: Passage) -> Context:
    return {
        "before": [{"text": one.text, "marked": one.marked} for one in passage.before],
        "after": [{"text": one.text, "marked": one.marked} for one in passage.after],
    }


def _row(field: FieldChange) -> dict[str, Any]:
    before, after = (value_words(field.name, one) if one else "–" for one in (field.before, field.after))
    if field.name == "standing":
        before, after = STANDINGS.get(before, before), STANDINGS.get(after, after)
    return {"name": _name(field), "before": before, "after": after, "changed": field.changed}


def _name(field: FieldChange) -> str:
    return field_label(field.name)


def field_label(name: str) -> str:
    """Return a field's name as people read it."""
    return FIELDS.get(name, name.replace("_", " ").capitalize())


def value_words(name: str, text: str) -> str:
    """Return a field's value as people read it: `Do not treat` of do_not_treat; other texts as they are."""
    return text.replace("_", " ").replace("-", " ").capitalize() if name in CODED else text


def _is_short(field: FieldChange) -> bool:
    return all(len(text or "") <= LONGEST_ROW and "\n" not in (text or "") for text in (field.before, field.after))


def _touches(one: Touched) -> str:
    parts = []
    if one.items:
        parts.append(counted(one.items, "question"))
    if one.certifications:
        parts.append(counted(one.certifications, "certification"))
    if one.people:
        parts.append(counted_noun(one.people, "person"))
    return ", ".join(parts) or "nothing"
