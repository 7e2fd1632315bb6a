"""What stands between the braces of a GIFT question: which type it is, its options, pairs, steps or figures."""

import re
from decimal import Decimal
from typing import Any, Final

from app.content.interchange import figures, weights
from app.content.interchange.gift_text import shown
from app.content.interchange.markdown_text import from_plain
from app.content.interchange.shared import (
    NEITHER_NOTE,
    choice_notes,
    ordering_scoring,
    text_of,
    true_false,
    unpaired,
    why_no_place,
)
from app.content.interchange.values import CannotTakeError, Choice
from app.content.values import ItemType, Scoring

_WEIGHT = re.compile(r"%(-?[0-9]{1,3}(?:\.[0-9]*)?)%")
_ORDER = re.compile(r">\s*([0-9]+)\s*([A-Z]*)\s*([A-Z_ 0-9a-z]*)")
_TRUE: Final = {"T": True, "TRUE": True, "F": False, "FALSE": False}
_WRONG_NOTE: Final = "the feedback for wrong figures has no place here and was left out"


def answer(answers: str, text_format: str, line: int, tail: str) -> dict[str, Any]:
    """Return type, key and why of a question as the arguments of Candidate; raises CannotTakeError.

    `tail` is the text after the gap, where a unit may stand.
    """
    reader = _Reader(text_format, line)
    answers, mark, general = answers.rpartition("####") if "####" in answers else (answers, "", "")
    why = reader.text(general) if mark else ""
    taken = _by_type(reader, answers.strip(), tail)
    return {**taken, "why": why or taken.get("why")}


def _by_type(reader: "_Reader", answers: str, tail: str) -> dict[str, Any]:
    """Return what the answers say, telling the types apart as Moodle does."""
    if not answers:
        raise CannotTakeError(why_no_place("essay"))
    if answers.startswith("#"):
        return _numeric(reader, answers[1:], figures.unit_after(tail))
    if answers.startswith(">"):
        return _ordering(reader, answers)
    if "~" in answers:
        return _choices(reader, answers)
    if "=" in answers and "->" in answers:
        return _pairs(answers, reader)
    if answers.partition("#")[0].strip() in _TRUE:
        return _true_false(reader, answers)
    raise CannotTakeError(why_no_place("shortanswer"))


class _Reader:
    """Reads the texts of one question in the format that its own text has."""

    def __init__(self, text_format: str, line: int) -> None:
        self.format = text_format
        self.line = line

    def text(self, text: str) -> str:
        """Return a text as Markdown; [html] and the like before it change its format."""
        found = re.match(r"\s*\[(html|moodle|plain|markdown)\]", text)
        body = shown(text[found.end() :] if found else text).strip()
        return text_of(body, found[1] if found else self.format, self.line)

    def with_feedback(self, text: str) -> tuple[str, str | None]:
        """Return an answer and the feedback after its #, as Markdown."""
        said, _, feedback = text.partition("#")
        return self.text(said), self.text(feedback) or None


def _weighed(text: str) -> tuple[str | None, str]:
    """Return the weight between percent signs before an answer, or None, and the answer."""
    found = _WEIGHT.match(text.strip())
    return (found[1], text.strip()[found.end() :]) if found else (None, text.strip())


def _choices(reader: _Reader, answers: str) -> dict[str, Any]:
    parts = re.split(r"(?=[~=])", answers)
    if parts[0].strip():
        raise CannotTakeError(f"its answers begin with {shown(parts[0])[:40]}, before any ~ or =")
    is_single = any(part.startswith("=") for part in parts)
    shares, texts = [], []
    for part in parts[1:]:
        weight, text = _weighed(part[1:])
        shares.append(
            weights.percent(weight) if weight is not None else weights.percent("100" if part[0] == "=" else "0")
        )
        texts.append(reader.with_feedback(text))
    correct, scoring = (weights.single(shares), Scoring.ALL_OR_NOTHING) if is_single else weights.multiple(shares)
    choices = tuple(
        Choice(text=text, correct=right, why=why) for (text, why), right in zip(texts, correct, strict=True)
    )
    kind = ItemType.SINGLE if is_single else ItemType.MULTIPLE
    return {"type": kind, "scoring": scoring, "choices": choices, "notes": tuple(choice_notes(choices))}


def _true_false(reader: _Reader, answers: str) -> dict[str, Any]:
    said, _, feedback = answers.partition("#")
    wrong, _, right = feedback.partition("#")
    wrong_why, right_why = reader.text(wrong) or None, reader.text(right) or None
    is_true = _TRUE[said.strip()]
    whys = (right_why, wrong_why) if is_true else (wrong_why, right_why)
    return {"type": ItemType.SINGLE, "choices": true_false(is_true, *whys), "notes": (NEITHER_NOTE,)}


def _pairs(answers: str, reader: _Reader) -> dict[str, Any]:
    parts = [part for part in answers.split("=") if part.strip()]
    pairs = []
    for part in parts:
        left, arrow, right = part.partition("->")
        if not arrow:
            raise CannotTakeError(f"the match {shown(part).strip()[:40]} has no ->")
        if not left.strip():
            raise unpaired(shown(right).strip())
        pairs.append((reader.text(left), from_plain(shown(right).strip(), reader.line)))
    return {"type": ItemType.MATCHING, "scoring": Scoring.PER_CORRECT, "pairs": tuple(pairs)}


def _ordering(reader: _Reader, answers: str) -> dict[str, Any]:
    """Return the steps below a first line like `> 3 ALL VERTICAL ALL_OR_NOTHING SHOW none`, as Moodle's plugin does."""
    head, _, body = answers.partition("\n")
    found = _ORDER.match(head.strip())
    steps = [line.strip() for line in body.split("\n") if line.strip()]
    if not found:
        raise CannotTakeError("its order does not begin with `>` and the number of steps")
    if found[2] not in ("ALL", "EXACT") and int(found[1]) < len(steps):
        raise CannotTakeError(f"it asks a chance selection of {found[1]} of its {len(steps)} steps; ask all of them")
    grading = next((word for word in found[3].split() if "_" in word or word in ("ABS", "ABSOLUTE", "REL")), "")
    scoring = ordering_scoring(grading)
    return {"type": ItemType.ORDERING, "scoring": scoring, "steps": tuple(reader.text(step) for step in steps)}


def _numeric(reader: _Reader, answers: str, unit: str | None) -> dict[str, Any]:
    answers, tilde, _ = answers.partition("~")
    parts = [part for part in answers.split("=") if part.strip()]
    found = [one for one in (_accepted(*_weighed(part)) for part in parts) if one is not None]
    if len(found) != 1:
        raise CannotTakeError(f"it accepts {len(found)} different figures; a numeric item here has one range")
    (low, high), feedback = found[0]
    return {
        "type": ItemType.NUMERIC,
        "low": low,
        "high": high,
        "unit": unit,
        "why": reader.text(feedback) or None,
        "notes": (_WRONG_NOTE,) if tilde else (),
    }


def _accepted(weight: str | None, text: str) -> tuple[tuple[Decimal, Decimal], str] | None:
    """Return the range that an answer accepts and its feedback; None for one that earns nothing."""
    share = weights.percent(weight or "100")
    said, _, feedback = text.partition("#")
    if share == 0:
        return None
    if share != 1:
        raise CannotTakeError(f"a figure earns {weight}% of the mark; a figure is right or wrong here")
    said = shown(said).strip()
    if ".." in said:
        low, _, high = said.partition("..")
        return figures.between(figures.figure(low), figures.figure(high)), feedback
    value, colon, margin = said.partition(":")
    spread = figures.figure(margin) if colon else Decimal(0)
    return figures.around(figures.figure(value), spread, spread), feedback
