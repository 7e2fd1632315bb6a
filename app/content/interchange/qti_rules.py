"""The parts of a QTI 3.0 item that ask and score: what is declared, how it is answered, and what a response earns."""

from collections.abc import Sequence
from typing import Final

from app.content.interchange.leaving import digits, middle
from app.content.interchange.markup_out import markup, text, xml
from app.content.interchange.prose import UNIT_CLASS
from app.content.numerals import number_text
from app.content.values import Item, ItemType, Option, Scoring

_RESPONSE: Final = "RESPONSE"
_PICTURES: Final = "../media/"
_TEMPLATES: Final = "https://purl.imsglobal.org/spec/qti/v3p0/rptemplates/"
_DECLARED: Final = {
    ItemType.SINGLE: ("single", "identifier"),
    ItemType.MULTIPLE: ("multiple", "identifier"),
    ItemType.NUMERIC: ("single", "float"),
    ItemType.ORDERING: ("ordered", "identifier"),
    ItemType.MATCHING: ("multiple", "directedPair"),
}


def declaration(item: Item, order: Sequence[str] | None) -> str:
    """Return the declaration of the response: its key, and its mapping where a part of it earns a part."""
    cardinality, base_type = _DECLARED[item.type]
    values = _key(item, order)
    correct = xml("qti-correct-response", {}, *(xml("qti-value", {}, text(value)) for value in values))
    attributes = {"identifier": _RESPONSE, "cardinality": cardinality, "base-type": base_type}
    return xml("qti-response-declaration", attributes, correct, *_mapping(item, values))


def outcomes(item: Item) -> list[str]:
    """Return the declarations of what is made of a response: the score, and which feedback is shown."""
    # One point for each right choice or pair where each counts, else one point: the share is the same.
    most = len(item.key) if item.scoring is Scoring.PER_CORRECT else 1
    score = {"identifier": "SCORE", "cardinality": "single", "base-type": "float", "normal-maximum": str(most)}
    declared = [xml("qti-outcome-declaration", score, xml("qti-default-value", {}, xml("qti-value", {}, "0")))]
    if any(option.why for option in item.options):
        kind = {"identifier": "FEEDBACK", "cardinality": _DECLARED[item.type][0], "base-type": "identifier"}
        declared.append(xml("qti-outcome-declaration", kind))
    if item.why:
        kind = {"identifier": "WHY", "cardinality": "single", "base-type": "identifier"}
        declared.append(xml("qti-outcome-declaration", kind))
    return declared


def interaction(item: Item) -> str:
    """Return how an item is answered."""
    asked = {"response-identifier": _RESPONSE}
    if item.type is ItemType.NUMERIC:
        unit = str(item.key["unit"])
        return xml(
            "p", {}, xml("qti-text-entry-interaction", asked), " ", xml("span", {"class": UNIT_CLASS}, text(unit))
        )
    if item.type is ItemType.ORDERING:
        return xml("qti-order-interaction", {**asked, "shuffle": "true"}, *_choices(item.options))
    if item.type is ItemType.MATCHING:
        most = str(len(item.options))
        sets = (_side(item.options, "1"), _side(_rights(item), "0"))
        matched = {**asked, "shuffle": "true", "max-associations": most}
        return xml("qti-match-interaction", matched, *(xml("qti-simple-match-set", {}, *side) for side in sets))
    most = "1" if item.type is ItemType.SINGLE else "0"
    return xml("qti-choice-interaction", {**asked, "shuffle": "true", "max-choices": most}, *_choices(item.options))


def processing(item: Item, *, has_feedback: bool) -> str:
    """Return what a response earns: by a standard template, or in full where feedback is shown or a range counts."""
    by_mapping = item.scoring is Scoring.PER_CORRECT
    if not has_feedback and item.type is not ItemType.NUMERIC:
        name = "map_response" if by_mapping else "match_correct"
        return xml("qti-response-processing", {"template": f"{_TEMPLATES}{name}"})
    rule = _mapped() if by_mapping else _all_or_nothing(item)
    shown = []
    if any(option.why for option in item.options):
        shown.append(_set("FEEDBACK", xml("qti-variable", {"identifier": _RESPONSE})))
    if item.why:
        shown.append(_set("WHY", _base("identifier", "why")))
    return xml("qti-response-processing", {}, rule, *shown)


def _key(item: Item, order: Sequence[str] | None) -> list[str]:
    if item.type is ItemType.NUMERIC:
        return [digits(middle(item)[0])]
    if item.type is ItemType.MATCHING:
        one_of = _one_of(item)
        return [f"{left} {one_of[right]}" for left, right in item.key.items()]
    return list(order or ()) if item.type is ItemType.ORDERING else list(item.key)


def _mapping(item: Item, values: Sequence[str]) -> list[str]:
    if item.scoring is not Scoring.PER_CORRECT:
        return []
    earned = dict.fromkeys(values, "1")
    if item.type is ItemType.MULTIPLE:
        earned = {option.id: "1" if option.id in values else "-1" for option in item.options}
    entries = [xml("qti-map-entry", {"map-key": key, "mapped-value": value}) for key, value in earned.items()]
    limits = {"lower-bound": "0", "upper-bound": str(len(values)), "default-value": "0"}
    return [xml("qti-mapping", limits, *entries)]


def _choices(options: Sequence[Option]) -> list[str]:
    return [
        xml("qti-simple-choice", {"identifier": option.id}, markup(option.text, _PICTURES).html) for option in options
    ]


def _side(options: Sequence[Option], most: str) -> list[str]:
    return [
        xml(
            "qti-simple-associable-choice",
            {"identifier": option.id, "match-max": most},
            markup(option.text, _PICTURES).html,
        )
        for option in options
    ]


def _one_of(item: Item) -> dict[str, str]:
    """Return for every right side the id under which its text is shown: equal texts are shown once."""
    first = {option.text: option.id for option in reversed(item.rights)}
    return {option.id: first[option.text] for option in item.rights}


def _rights(item: Item) -> list[Option]:
    """Return the right sides, equal ones once, in the order of their texts so that none stands beside its left."""
    shown = set(_one_of(item).values())
    return sorted((option for option in item.rights if option.id in shown), key=lambda option: option.text)


def _all_or_nothing(item: Item) -> str:
    response = xml("qti-variable", {"identifier": _RESPONSE})
    if item.type is ItemType.NUMERIC:
        low, high = (_base("float", number_text(item.key[end])) for end in ("min", "max"))
        test = xml("qti-and", {}, xml("qti-gte", {}, response, low), xml("qti-lte", {}, response, high))
    else:
        test = xml("qti-match", {}, response, xml("qti-correct", {"identifier": _RESPONSE}))
    right = xml("qti-response-if", {}, test, _set("SCORE", _base("float", "1")))
    return xml("qti-response-condition", {}, right, xml("qti-response-else", {}, _set("SCORE", _base("float", "0"))))


def _mapped() -> str:
    answered = xml("qti-not", {}, xml("qti-is-null", {}, xml("qti-variable", {"identifier": _RESPONSE})))
    earned = _set("SCORE", xml("qti-map-response", {"identifier": _RESPONSE}))
    return xml("qti-response-condition", {}, xml("qti-response-if", {}, answered, earned))


def _set(outcome: str, value: str) -> str:
    return xml("qti-set-outcome-value", {"identifier": outcome}, value)


def _base(base_type: str, value: str) -> str:
    return xml("qti-base-value", {"base-type": base_type}, value)
