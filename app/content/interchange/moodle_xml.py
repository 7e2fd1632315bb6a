"""Moodle XML: a quiz of questions, as question/format/xml of Moodle writes and reads it."""

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from app.content.interchange import figures, weights
from app.content.interchange.labels import read_labels
from app.content.interchange.markdown_text import from_plain
from app.content.interchange.safe_xml import Element, parse
from app.content.interchange.shared import (
    NEITHER_NOTE,
    SHUFFLED_NOTE,
    choice_notes,
    ordering_scoring,
    text_of,
    true_false,
    unpaired,
    why_no_place,
)
from app.content.interchange.values import Candidate, CannotTakeError, Choice, FileRefusedError, Found, Labels, Refusal
from app.content.values import ItemType, Scoring

_SENTENCES: Final = frozenset(  # what Moodle puts there by itself
    ["Your answer is correct.", "Your answer is partially correct.", "Your answer is incorrect.", ""]
)
_HINTS_NOTE: Final = "its hints have no place here and were left out"
_OVERALL_NOTE: Final = "its feedback on the whole response has no place here and was left out"
_MARKS_NOTE: Final = "it counts {} marks in Moodle; every item counts alike here"


def read(data: bytes) -> list[Found]:
    """Return the questions of a Moodle XML file in order, each taken or refused; raises FileRefusedError."""
    root = parse(data)
    if root.name not in ("quiz", "question"):
        raise FileRefusedError(f"<{root.name}> is no Moodle XML; its first element is <quiz>", root.line)
    return list(_questions(root))


def _questions(root: Element) -> Iterator[Found]:
    category = ""
    for question in [root] if root.name == "question" else root.elements("question"):
        if question.get("type") == "category":
            named = question.first("category", "text")
            category = named.text() if named else ""
        else:
            yield _found(question, category)


def _found(question: Element, category: str) -> Found:
    name = _text(question, "name")
    kind = question.get("type")
    try:
        return _candidate(question, name, category, _TYPES.get(kind, _no_type)(question))
    except CannotTakeError as refusal:
        return Refusal(name=name or "a question without a name", line=question.line, reason=str(refusal))


def _candidate(question: Element, name: str, category: str, taken: dict[str, Any]) -> Candidate:
    old_picture = _text(question, "image") or _text(question, "image_base64")[:1]
    if old_picture:
        raise CannotTakeError(
            "it shows a picture in the way of Moodle 1.9; add it to media/ and write this item by hand"
        )
    stem = _markdown(question.first("questiontext"), "html")
    general = _markdown(question.first("generalfeedback"), _format(question))
    notes = [*taken.pop("notes", ()), *_notes(question)]
    labels = _labels(question, category)
    why = general or taken.pop("why", None)
    taken.pop("why", None)
    if labels.scoring and taken["type"] in (ItemType.MULTIPLE, ItemType.MATCHING, ItemType.ORDERING):
        taken["scoring"] = labels.scoring
    return Candidate(
        name=name,
        line=question.line,
        stem=stem,
        why=why or None,
        labels=labels,
        notes=tuple(notes),
        **taken,
    )


def _notes(question: Element) -> Iterator[str]:
    """Yield what a question says that has no place in an item."""
    grade = _text(question, "defaultgrade") or "1"
    if question.get("type") != "description" and weights.percent(grade) != Fraction(1, 100):
        yield _MARKS_NOTE.format(f"{float(weights.percent(grade) * 100):g}")
    if any(hint.text() for hint in question.elements("hint")):
        yield _HINTS_NOTE
    overall = ("correctfeedback", "partiallycorrectfeedback", "incorrectfeedback")
    if any(_bare(part) not in _SENTENCES for part in question.elements(*overall)):
        yield _OVERALL_NOTE


def _bare(part: Element) -> str:
    text = part.first("text")
    return text.text().removeprefix("<p>").removesuffix("</p>").strip() if text else ""


def _labels(question: Element, category: str) -> Labels:
    tags = [_text(tag) for tags in question.elements("tags") for tag in tags.elements("tag")]
    around = [part.replace("//", "/") for part in reversed(category.replace("//", "\0").split("/")) if part]
    return read_labels(tags, [part.replace("\0", "/") for part in around])


def _text(element: Element | None, *path: str) -> str:
    """Return the text at a path: that of its <text>, where it has one."""
    found = element.first(*path) if element else None
    inner = found.first("text") if found else None
    return (inner or found).text() if found else ""


def _format(question: Element) -> str:
    stem = question.first("questiontext")
    return (stem.get("format") if stem else "") or "html"


def _markdown(element: Element | None, otherwise: str) -> str:
    """Return an element's <text> as Markdown, by its format or that of the question."""
    inner = element.first("text") if element else None
    if element is None or inner is None:
        return ""
    if element.elements("file") and "@@PLUGINFILE@@" in inner.text() and "<img" not in inner.text():
        raise CannotTakeError("its text links to a file of its own; describe it in words", element.line)
    return text_of(inner.text(), element.get("format") or otherwise, inner.line)


def _answers(question: Element) -> list[tuple[Element, Fraction]]:
    """Return the answers with their share of the mark."""
    return [
        (one, weights.percent(one.get("fraction") or _text(one, "fraction"))) for one in question.elements("answer")
    ]


def _choice(question: Element) -> dict[str, Any]:
    otherwise = _format(question)
    answers = _answers(question)
    is_single = _text(question, "single") not in ("false", "0")
    correct, scoring = _right(question, [share for _, share in answers], is_single=is_single)
    choices = tuple(
        Choice(
            text=_markdown_of_answer(one, otherwise),
            correct=right,
            why=_markdown(one.first("feedback"), otherwise) or None,
        )
        for (one, _), right in zip(answers, correct, strict=True)
    )
    fixed = _text(question, "shuffleanswers") in ("false", "0")
    return {
        "type": ItemType.SINGLE if is_single else ItemType.MULTIPLE,
        "choices": choices,
        "scoring": scoring,
        "notes": [*([SHUFFLED_NOTE] if fixed else []), *choice_notes(choices)],
    }


def _right(question: Element, shares: list[Fraction], *, is_single: bool) -> tuple[list[bool], Scoring]:
    """Return which answers are right and how they score; all-or-nothing is a question type of its own in Moodle."""
    if question.get("type") == "multichoiceset":
        return [share > 0 for share in shares], Scoring.ALL_OR_NOTHING
    return (weights.single(shares), Scoring.ALL_OR_NOTHING) if is_single else weights.multiple(shares)


def _markdown_of_answer(one: Element, otherwise: str) -> str:
    return _markdown(one, otherwise) if one.first("text") else from_plain(one.text(), one.line)


def _set_choice(question: Element) -> dict[str, Any]:
    question.children.append(Element("single", question.line, children=["false"]))
    return _choice(question)


def _true_false(question: Element) -> dict[str, Any]:
    """Read by the word of each answer; in old files, where it is of another language, the first one is true."""
    answers = _answers(question)
    words = [_text(one).lower() for one, _ in answers]
    if len(answers) != 2:
        raise CannotTakeError(f"a true/false question with {len(answers)} answers; it has two")
    if set(words) != {"true", "false"}:
        words = ["true", "false"]
    share = dict(zip(words, (share for _, share in answers), strict=True))
    why = {
        word: _markdown(one.first("feedback"), _format(question)) for word, (one, _) in zip(words, answers, strict=True)
    }
    if sorted(share.values()) != [0, 1]:
        raise CannotTakeError("neither or both of true and false earn the mark; let one of them earn 100%")
    choices = true_false(share["true"] == 1, why["true"] or None, why["false"] or None)
    return {"type": ItemType.SINGLE, "choices": choices, "notes": [NEITHER_NOTE]}


def _numeric(question: Element) -> dict[str, Any]:
    answers = _answers(question)
    if any(0 < share < 1 for _, share in answers):
        raise CannotTakeError("a figure earns part of the mark; a figure is right or wrong here")
    right = [one for one, share in answers if share >= 1]
    if len(right) != 1:
        raise CannotTakeError(f"it accepts {len(right)} different figures; a numeric item here has one range")
    value, margin = figures.figure(_text(right[0])), figures.figure(_text(right[0], "tolerance") or "0")
    low, high = figures.around(value, abs(margin), abs(margin))
    unit, notes = _unit(question)
    if any(share <= 0 and _text(one, "feedback") for one, share in answers):
        notes.append("the feedback for wrong figures has no place here and was left out")
    why = _markdown(right[0].first("feedback"), _format(question))
    return {"type": ItemType.NUMERIC, "low": low, "high": high, "unit": unit, "notes": notes, "why": why}


def _unit(question: Element) -> tuple[str | None, list[str]]:
    """Return the unit of multiplier 1, or None where no unit is named, and what of the units is lost."""
    units = [unit for part in question.elements("units") for unit in part.elements("unit")]
    if units and _text(question, "unitgradingtype") not in ("", "0"):
        raise CannotTakeError("the unit is marked too; here the unit is given, and the figure is asked")
    names = [
        _text(unit, "unit_name") for unit in units if figures.figure(_text(unit, "multiplier") or "1") == Decimal(1)
    ]
    if units and not names:
        raise CannotTakeError("none of its units has the multiplier 1; say its figures in one unit")
    notes = [f"of its units {names[0]} alone is kept"] if len(units) > 1 else []
    return (names[0] if names else None), notes


def _pairs(question: Element) -> dict[str, Any]:
    pairs = []
    for one in question.elements("subquestion"):
        left, right = _markdown(one, _format(question)), _text(one, "answer")
        if not left and right:
            raise unpaired(right)
        if left:
            pairs.append((left, from_plain(right, one.line)))
    return {"type": ItemType.MATCHING, "scoring": Scoring.PER_CORRECT, "pairs": tuple(pairs)}


def _ordering(question: Element) -> dict[str, Any]:
    answers = question.elements("answer")
    count = _text(question, "selectcount")
    takes_all = _text(question, "selecttype").upper() in ("ALL", "EXACT")
    if not takes_all and not (count.isdecimal() and int(count) >= len(answers)):
        raise CannotTakeError("it asks a chance selection of its steps; set it to ask all of them")
    notes = []
    if any(_text(one, "feedback") for one in answers):
        notes.append("the feedback on single steps has no place here and was left out")
    return {
        "type": ItemType.ORDERING,
        "scoring": ordering_scoring(_text(question, "gradingtype")),
        "steps": tuple(_markdown_of_answer(one, _format(question)) for one in answers),
        "notes": notes,
    }


def _no_type(question: Element) -> dict[str, Any]:
    raise CannotTakeError(why_no_place(question.get("type")))


_TYPES: Final = {
    "multichoice": _choice,
    "multichoiceset": _set_choice,
    "truefalse": _true_false,
    "numerical": _numeric,
    "matching": _pairs,
    "match": _pairs,
    "ordering": _ordering,
}
