"""What the readers of several formats share: true and false, texts by their format, orders, kinds without a place."""

import re
from collections.abc import Sequence
from typing import Final

from app.content.interchange.markdown_text import from_html, from_markdown, from_plain
from app.content.interchange.values import CannotTakeError, Choice
from app.content.values import Scoring

GAP: Final = "_____"
NEITHER: Final = "Neither true nor false"
NEITHER_NOTE: Final = f'"{NEITHER}" was added as a third option: single-choice has at least three'
SHUFFLED_NOTE: Final = "its options stood in a fixed order; here every reader sees another one"
_OF_THE_OTHERS = re.compile(r"\b(all|none|both|any|either|neither) of the (above|below|others)\b", re.IGNORECASE)
OF_THE_OTHERS_NOTE: Final = "an option speaks of the others by their place, and places change: word it anew"

WHYS_NO_PLACE: Final = {
    "essay": "an essay: a person must mark it, and items here mark themselves",
    "description": "a text that asks nothing; put it into a lesson",
    "shortanswer": "typed words: whether a word is right cannot be told from a list; make it a choice",
    "cloze": "a text with several gaps; write each gap as an item of its own",
    "multianswer": "a text with several gaps; write each gap as an item of its own",
    "calculated": "figures that change with every attempt; fact tables make such items here",
    "calculatedsimple": "figures that change with every attempt; fact tables make such items here",
    "calculatedmulti": "figures that change with every attempt; fact tables make such items here",
    "randomsamatch": "matches drawn by chance from other items",
    "random": "an item drawn by chance from a category; a course's exam draws its own",
    "ddwtos": "words dragged into a text; write each gap as an item of its own",
    "gapselect": "words chosen in a text; write each gap as an item of its own",
    "ddimageortext": "dragging onto a picture, which no item type here knows",
    "ddmarker": "dragging onto a picture, which no item type here knows",
    "coderunner": "a program that is run to be marked",
    "stack": "a formula that a computer algebra system marks",
}


def why_no_place(kind: str) -> str:
    """Return why a kind of question cannot be taken."""
    return WHYS_NO_PLACE.get(kind, f"the type {kind or 'without a name'}, which no item type here matches")


def true_false(answer: bool, true_why: str | None, false_why: str | None) -> tuple[Choice, ...]:  # noqa: FBT001
    """Return the options of a true/false question: with a third, which is never right."""
    return (
        Choice(text="True", correct=answer, why=true_why),
        Choice(text="False", correct=not answer, why=false_why),
        Choice(text=NEITHER, correct=False),
    )


def choice_notes(choices: Sequence[Choice]) -> list[str]:
    """Return what somebody must know of options that are shown in another order each time."""
    return [OF_THE_OTHERS_NOTE] if any(_OF_THE_OTHERS.search(choice.text) for choice in choices) else []


def text_of(text: str, text_format: str, line: int) -> str:
    """Return a text as Markdown by the name of its format in Moodle; raises CannotTakeError."""
    if text_format in ("html", ""):
        return from_html(text, line)
    if text_format in ("moodle_auto_format", "moodle"):
        return from_html(text, line, line_breaks=True)
    if text_format in ("plain_text", "plain"):
        return from_plain(text, line)
    if text_format == "markdown":
        return from_markdown(text, line)
    raise CannotTakeError(f"its text is in the format {text_format[:40]}; save it as HTML or plain text", line)


def ordering_scoring(grading: str) -> Scoring:
    """Return the scoring that Moodle's name for the grading of an order means; raises CannotTakeError."""
    known = {
        "ALL_OR_NOTHING": Scoring.ALL_OR_NOTHING,
        # Each item counts the ones rightly before and after it: twice the share of ordered pairs kept.
        "RELATIVE_ALL_PREVIOUS_AND_NEXT": Scoring.PAIRS,
    }
    if grading.strip().upper() not in known:
        shown = grading.strip()[:40] or "RELATIVE_NEXT_EXCLUDE_LAST (the default)"
        names = " or ".join(known)
        raise CannotTakeError(f"its order is graded by {shown}, which no scoring here matches; set {names}")
    return known[grading.strip().upper()]


def unpaired(text: str) -> CannotTakeError:
    """Return the refusal of a matching answer that belongs to nothing."""
    return CannotTakeError(
        f"the answer {text[:60]} belongs to nothing; a matching item here has no such extra: drop it"
    )
