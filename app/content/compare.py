"""Two editions of a course side by side: what changed, how grave each change is, and the words that differ; pure."""

import difflib
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from app.content.pieces import Piece, PieceKind

WORD: Final = re.compile(r"\s+|[^\s]+")
PARAGRAPH: Final = re.compile(r"\n\s*\n")


class ChangeClass(StrEnum):
    """How grave a change is, the gravest first."""

    FACT = "fact"  # a graded value, a contraindication, a safety-critical step
    KEY = "key"  # a right answer changed
    SCHEME = "scheme"  # what an exam or a certification asks
    CLARITY = "clarity"  # text that people read
    WORDING = "wording"  # nothing rests on it


GRAVEST_FIRST: Final = tuple(ChangeClass)
MEANINGS: Final = {
    ChangeClass.FACT: "A graded value, a contraindication or a safety-critical step",
    ChangeClass.KEY: "A right answer changed",
    ChangeClass.SCHEME: "What the exam or the certification asks",
    ChangeClass.CLARITY: "Text that people read",
    ChangeClass.WORDING: "Nothing rests on it",
}
# Fields of a kind or a fact table that are graver, or lighter, than the text that people read.
_CLASSES: Final[Mapping[str, Mapping[ChangeClass, str]]] = {
    "settings": {
        ChangeClass.FACT: "device procedure skin_types decision fluence pulse spot pulse_energy passes interval_weeks "
        "cooling tone_rule endpoint stop_if test_spot standing",
        ChangeClass.WORDING: "fact",
    },
    "contraindications": {
        ChangeClass.FACT: "condition category strength action defer_days applies_to procedures decided_by standing",
        ChangeClass.WORDING: "fact",
    },
    "procedure": {
        ChangeClass.FACT: "procedure phase after safety_critical standing",
        ChangeClass.WORDING: "fact",
    },
    "statements": {
        ChangeClass.FACT: "standing",
        ChangeClass.KEY: "correct critical",
        ChangeClass.WORDING: "fact",
    },
    "devices": {ChangeClass.FACT: "wavelength"},
    "items": {ChangeClass.KEY: "type key critical scoring", ChangeClass.WORDING: "facts sources"},
    "lessons": {ChangeClass.WORDING: "minutes objectives"},
    "course": {ChangeClass.WORDING: "title summary language study_minutes"},
    "sources": {ChangeClass.WORDING: "citation url read"},
}
# Of a safety-critical step these are graded too, or stop a treatment.
_CRITICAL_STEP: Final = frozenset({"step", "stop_if"})


@dataclass(frozen=True, kw_only=True, slots=True)
class FieldChange:
    """One field on both sides, None where it is not given; equal where it did not change."""

    name: str
    before: str | None
    after: str | None

    @property
    def changed(self) -> bool:
        """Tell whether the two sides differ."""
        return self.before != self.after


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """A piece that was added, removed or changed, with all its fields; `digest` stands for exactly this change."""

    key: str
    kind: PieceKind
    title: str
    change_class: ChangeClass
    added: bool
    removed: bool
    fields: tuple[FieldChange, ...]
    digest: str


def compare(old: Iterable[Piece], new: Iterable[Piece]) -> tuple[Change, ...]:
    """Return every change from one edition to another, the gravest first, else in the order of the files."""
    before, after = ({piece.key: piece for piece in pieces} for pieces in (old, new))
    keys = [*after, *(key for key in before if key not in after)]
    pairs = ((before.get(key), after.get(key)) for key in keys)
    changes = (_change(one, other) for one, other in pairs if (one and one.values) != (other and other.values))
    return tuple(sorted(changes, key=lambda change: GRAVEST_FIRST.index(change.change_class)))


def _change(old: Piece | None, new: Piece | None) -> Change:
    piece = new or old
    assert piece is not None  # noqa: S101  a key comes from one of the two
    before, after = (old.values if old else {}), (new.values if new else {})
    told = tuple(FieldChange(name=name, before=before.get(name), after=after.get(name)) for name in {**before, **after})
    spelled = json.dumps([piece.key, before, after], sort_keys=True, ensure_ascii=False)
    return Change(
        key=piece.key,
        kind=piece.kind,
        title=piece.title,
        change_class=_class(piece, before, after, told),
        added=old is None,
        removed=new is None,
        fields=told,
        digest=hashlib.sha256(spelled.encode()).hexdigest(),
    )


def _class(
    piece: Piece, before: Mapping[str, str], after: Mapping[str, str], told: Iterable[FieldChange]
) -> ChangeClass:
    if piece.kind in (PieceKind.EXAM, PieceKind.SCHEME):
        return ChangeClass.SCHEME
    if not before or not after:
        return _of_a_whole(piece)
    table = piece.key.partition("/")[0]
    critical = "yes" in (before.get("safety_critical"), after.get("safety_critical"))
    classes = {_of_a_field(table, one, critical=critical) for one in told if one.changed}
    return min(classes, key=GRAVEST_FIRST.index)


def _of_a_whole(piece: Piece) -> ChangeClass:
    """Return how grave it is that a piece came or went."""
    if piece.kind is PieceKind.FACT:
        # A draft is shown as unconfirmed and never asked: nothing graded comes or goes with it.
        return ChangeClass.CLARITY if piece.values.get("standing") == "draft" else ChangeClass.FACT
    return ChangeClass.WORDING if piece.key.startswith("sources/") else ChangeClass.CLARITY


def _of_a_field(table: str, field: FieldChange, *, critical: bool) -> ChangeClass:
    if critical and field.name in _CRITICAL_STEP:
        return ChangeClass.FACT
    for change_class, names in _CLASSES.get(table, {}).items():
        if field.name in names.split():
            return change_class
    blank = {"".join((text or "").split()) for text in (field.before, field.after)}
    return ChangeClass.WORDING if len(blank) == 1 else ChangeClass.CLARITY


@dataclass(frozen=True, slots=True)
class Span:
    """A run of words; `marked` where the other side does not have it."""

    text: str
    marked: bool


@dataclass(frozen=True, slots=True)
class Passage:
    """A paragraph on both sides, in runs of words; no runs where a side does not have it."""

    before: tuple[Span, ...]
    after: tuple[Span, ...]


def passages(before: str | None, after: str | None) -> tuple[Passage, ...]:
    """Return the paragraphs in which two texts differ, each with the words that differ marked."""
    old, new = ([one.strip() for one in PARAGRAPH.split(text or "") if one.strip()] for text in (before, after))
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    return tuple(
        _passage(one, other)
        for tag, old_from, old_to, new_from, new_to in matcher.get_opcodes()
        if tag != "equal"
        for one, other in _paired(old[old_from:old_to], new[new_from:new_to])
    )


def _paired(old: list[str], new: list[str]) -> Iterator[tuple[str, str]]:
    """Pair the paragraphs of a stretch that differs, in order; what has no partner stands alone."""
    for place in range(max(len(old), len(new))):
        yield (old[place] if place < len(old) else "", new[place] if place < len(new) else "")


def _passage(before: str, after: str) -> Passage:
    old, new = WORD.findall(before), WORD.findall(after)
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    sides: tuple[list[Span], list[Span]] = ([], [])
    for tag, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        for side, words in zip(sides, (old[old_from:old_to], new[new_from:new_to]), strict=True):
            if words:
                side.append(Span("".join(words), tag != "equal"))
    return Passage(tuple(sides[0]), tuple(sides[1]))
