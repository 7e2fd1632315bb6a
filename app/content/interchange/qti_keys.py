"""The key of a QTI item: its declared response and mapping as options, pairs, steps or figures of ours."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from app.content.interchange import figures
from app.content.interchange.qti_scoring import MAP, MATCH, RANGE, Judged
from app.content.interchange.safe_xml import Element
from app.content.interchange.shared import unpaired
from app.content.interchange.values import CannotTakeError, Choice
from app.content.values import ItemType, Scoring

_WEIGHTS: Final = "its mapping weighs the answers in a way that no scoring here matches"


@dataclass(frozen=True, slots=True)
class Asked:
    """The interaction of an item with its declaration; `sides` are the texts of its choices by identifier."""

    name: str
    interaction: Element
    declaration: Element
    sides: tuple[dict[str, str], ...]
    unit: str | None

    @property
    def choices(self) -> dict[str, str]:
        """The choices of the first, or only, side."""
        return self.sides[0]

    @property
    def correct(self) -> list[str]:
        """The values that the declaration calls correct."""
        declared = self.declaration.first("correctResponse")
        return [" ".join(value.text().split()) for value in declared.elements("value")] if declared else []


@dataclass(frozen=True, slots=True)
class _Mapping:
    """What each value earns, what every other one does, and the limits of the sum."""

    entries: dict[str, Decimal]
    default: Decimal
    lower: Decimal | None
    upper: Decimal | None


def keyed(asked: Asked, judged: Judged, scoring: Scoring | None) -> dict[str, Any]:
    """Return type, key and scoring of an item as arguments of Candidate; raises CannotTakeError.

    `scoring` is what our own label says, of an item that we wrote where QTI has no rule for it.
    """
    by_type = {
        "choiceInteraction": _choices,
        "inlineChoiceInteraction": _choices,
        "orderInteraction": _order,
        "matchInteraction": _pairs,
        "textEntryInteraction": _figure,
    }
    taken = by_type[asked.interaction.name](asked, judged)
    if scoring is Scoring.PAIRS and taken["type"] is ItemType.ORDERING:
        taken["scoring"] = scoring
    return taken


def _mapping(asked: Asked, judged: Judged) -> _Mapping:
    element = asked.declaration.first("mapping")
    if element is None:
        raise CannotTakeError("its scoring goes by a mapping, which is not there", asked.declaration.line)
    entries = {
        " ".join(entry.get("mapKey").split()): figures.figure(entry.get("mappedValue"))
        for entry in element.elements("mapEntry")
    }
    lower = figures.figure(element.get("lowerBound")) if element.get("lowerBound") else None
    upper = figures.figure(element.get("upperBound")) if element.get("upperBound") else None
    lower = Decimal(0) if lower is None and judged.at_least_zero else lower
    return _Mapping(entries, figures.figure(element.get("defaultValue") or "0"), lower, upper)


def _choices(asked: Asked, judged: Judged) -> dict[str, Any]:
    is_single = asked.declaration.get("cardinality") == "single"
    if judged.way == RANGE or asked.declaration.get("cardinality") not in ("single", "multiple"):
        raise CannotTakeError("its response is declared in a way that its choices do not fit", asked.declaration.line)
    key, scoring = list(judged.key) or asked.correct, Scoring.ALL_OR_NOTHING
    if judged.way == MAP:
        mapping = _mapping(asked, judged)
        key, scoring = _single_key(asked, mapping) if is_single else _multiple_key(asked, mapping)
    unknown = [one for one in key if one not in asked.choices]
    if not key or unknown:
        what = (
            f"its key names {', '.join(unknown)[:60]}, which is no choice" if unknown else "it declares no right answer"
        )
        raise CannotTakeError(what, asked.declaration.line)
    choices = tuple(Choice(text=text, correct=name in key) for name, text in asked.choices.items())
    return {"type": ItemType.SINGLE if is_single else ItemType.MULTIPLE, "choices": choices, "scoring": scoring}


def _single_key(asked: Asked, mapping: _Mapping) -> tuple[list[str], Scoring]:
    earned = {name: mapping.entries.get(name, mapping.default) for name in asked.choices}
    if any(value < 0 for value in earned.values()) and (mapping.lower is None or mapping.lower < 0):
        raise CannotTakeError("a wrong answer costs marks; here it earns none", asked.declaration.line)
    key = [name for name, value in earned.items() if value > 0]
    if len(key) != 1:
        raise CannotTakeError(f"{len(key)} of its answers earn marks; one choice is right here", asked.declaration.line)
    return _agreed(asked, key), Scoring.ALL_OR_NOTHING


def _multiple_key(asked: Asked, mapping: _Mapping) -> tuple[list[str], Scoring]:
    """Return the key of a mapping where a wrong choice takes away what a right one gives, and never below nothing."""
    earned = {name: mapping.entries.get(name, mapping.default) for name in asked.choices}
    key = [name for name, value in earned.items() if value > 0]
    part = earned[key[0]] if key else Decimal(0)
    is_even = bool(key) and all(abs(value) == part for value in earned.values())
    if not is_even or mapping.lower != 0 or (mapping.upper is not None and mapping.upper < part * len(key)):
        advice = "here each right choice earns the same, each wrong one takes as much away, and never below 0"
        raise CannotTakeError(f"{_WEIGHTS}: {advice}", asked.declaration.line)
    return _agreed(asked, key), Scoring.PER_CORRECT


def _agreed(asked: Asked, key: list[str]) -> list[str]:
    if asked.correct and set(asked.correct) != set(key):
        raise CannotTakeError("its mapping and its correct response disagree", asked.declaration.line)
    return key


def _order(asked: Asked, judged: Judged) -> dict[str, Any]:
    if judged.way != MATCH or judged.key:
        raise CannotTakeError(
            "its order is scored in part by a rule that no scoring here matches", asked.declaration.line
        )
    if sorted(asked.correct) != sorted(asked.choices):
        raise CannotTakeError("its right order leaves steps out; here every step is placed", asked.declaration.line)
    return {"type": ItemType.ORDERING, "steps": tuple(asked.choices[name] for name in asked.correct)}


def _pairs(asked: Asked, judged: Judged) -> dict[str, Any]:
    if len(asked.sides) != 2 or asked.declaration.get("baseType") != "directedPair":
        raise CannotTakeError("it does not match a left with a right side", asked.interaction.line)
    lefts, rights = asked.sides
    key, scoring = asked.correct, Scoring.ALL_OR_NOTHING
    if judged.way == MAP:
        key, scoring = _mapped_pairs(asked, judged), Scoring.PER_CORRECT
    right_of = _right_of(asked, key)
    paired = {*right_of, *right_of.values()}
    alone = [text for side in (lefts, rights) for name, text in side.items() if name not in paired]
    if alone:
        raise unpaired(alone[0])
    pairs = tuple((text, rights[right_of[left]]) for left, text in lefts.items())
    return {"type": ItemType.MATCHING, "pairs": pairs, "scoring": scoring}


def _right_of(asked: Asked, key: list[str]) -> dict[str, str]:
    """Return the right side of each left one; raises CannotTakeError where a left has several."""
    lefts, rights = asked.sides
    right_of: dict[str, str] = {}
    for pair in key:
        left, _, right = pair.partition(" ")
        if left not in lefts or right not in rights or left in right_of:
            raise CannotTakeError(f"its key pairs {pair[:60]}; here each left has one right", asked.declaration.line)
        right_of[left] = right
    return right_of


def _mapped_pairs(asked: Asked, judged: Judged) -> list[str]:
    mapping = _mapping(asked, judged)
    key = [pair for pair, value in mapping.entries.items() if value > 0]
    is_even = len({mapping.entries[pair] for pair in key}) == 1
    others = [value for value in mapping.entries.values() if value <= 0]
    total = sum((mapping.entries[pair] for pair in key), Decimal(0))
    fits = mapping.default == 0 and not any(others) and (mapping.upper is None or mapping.upper >= total)
    if not is_even or not fits or (mapping.lower or 0) > 0:
        advice = "here each right pair earns the same, and a wrong one nothing"
        raise CannotTakeError(f"{_WEIGHTS}: {advice}", asked.declaration.line)
    return _agreed(asked, key)


def _figure(asked: Asked, judged: Judged) -> dict[str, Any]:
    kind = asked.declaration.get("baseType")
    if kind not in ("float", "integer") or asked.declaration.get("cardinality") != "single":
        why = "typed words: whether a word is right cannot be told from a list"
        raise CannotTakeError(f"{why}; make it a choice, or declare a figure as float", asked.interaction.line)
    low, high = judged.low, judged.high
    if judged.way == MAP:
        low, high = figures.between(*[_mapped_figure(asked, judged)] * 2)
    elif low is None or high is None:
        if len(list(judged.key) or asked.correct) != 1:
            raise CannotTakeError("it declares no single right figure", asked.declaration.line)
        value = figures.figure((list(judged.key) or asked.correct)[0])
        low, high = figures.between(value, value)
    return {"type": ItemType.NUMERIC, "low": low, "high": high, "unit": asked.unit}


def _mapped_figure(asked: Asked, judged: Judged) -> Decimal:
    mapping = _mapping(asked, judged)
    earning = [figure for figure, value in mapping.entries.items() if value > 0]
    if len(earning) != 1 or mapping.default != 0 or any(value < 0 for value in mapping.entries.values()):
        raise CannotTakeError(_WEIGHTS, asked.declaration.line)
    return figures.figure(earning[0])
