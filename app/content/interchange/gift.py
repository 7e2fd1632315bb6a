"""Moodle's GIFT text format: a question is the lines between two empty ones, as in question/format/gift of Moodle."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from app.content.interchange.gift_answers import answer
from app.content.interchange.gift_text import hidden, shown
from app.content.interchange.labels import read_labels
from app.content.interchange.shared import GAP, text_of
from app.content.interchange.values import Candidate, CannotTakeError, FileRefusedError, Found, Labels, Refusal
from app.content.text import decode

_CATEGORY = re.compile(r"\$CATEGORY:[ \t]*(.*)")
_LABEL = re.compile(r"\[(tag|id):((?:[^\]\\]|\\.)*)\]")
_NAME: Final = "::"


@dataclass(slots=True)
class _Question:
    """The lines of one question, the first one's number, and what stands around it."""

    line: int
    lines: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    category: str = ""

    def labels(self) -> Labels:
        return read_labels(self.tags, reversed([part for part in re.split(r"(?<!/)/(?!/)", self.category) if part]))


def read(data: bytes) -> list[Found]:
    """Return the questions of a GIFT file in order, each taken or refused; raises FileRefusedError."""
    text, faults = decode(data)
    if faults:
        raise FileRefusedError(faults[0].message, faults[0].line)
    return [_found(question) for question in _questions(text)]


def looks_like(text: str) -> bool:
    """Say whether a text may be GIFT: an answer between braces, and no markup around it."""
    opened = re.search(r"(?<!\\)\{", text)
    # Two searches, not one pattern: that would try every brace that opens against the whole rest.
    closed = opened and re.search(r"(?<!\\)\}", text[opened.end() :])
    return closed is not None and not text.lstrip().startswith("<")


def _questions(text: str) -> Iterator[_Question]:
    category = ""
    question: _Question | None = None
    for number, line in enumerate([*text.split("\n"), ""], 1):
        if not line.strip():
            if question and question.lines:
                yield question
            question = None
            continue
        found = _CATEGORY.fullmatch(line.strip())
        if found:
            category = found[1].strip()
        elif line.strip().startswith("//"):
            question = question or _Question(number, category=category)
            question.tags.extend(re.sub(r"\\(.)", r"\1", tag[2]) for tag in _LABEL.finditer(line) if tag[1] == "tag")
        else:
            question = question or _Question(number, category=category)
            question.line = question.line if question.lines else number
            question.category = category
            question.lines.append(line)


def _found(question: _Question) -> Found:
    name, rest = _name(hidden("\n".join(question.lines).strip()))
    try:
        return _candidate(question, name, rest)
    except CannotTakeError as refusal:
        return Refusal(name=name or _first_words(rest), line=question.line, reason=str(refusal))


def _candidate(question: _Question, name: str, rest: str) -> Candidate:
    stem, answers, tail = _parts(rest)
    found = re.match(r"\[(html|moodle|plain|markdown)\]", stem)
    text_format = found[1] if found else "moodle"
    body = shown(stem[found.end() :] if found else stem).strip()
    body = f"{body.rstrip()} {GAP}{shown(tail)}" if tail and body else f"{GAP}{shown(tail)}" if tail else body
    taken = answer(answers, text_format, question.line, shown(tail))
    return Candidate(
        name=name or _first_words(stem),
        line=question.line,
        stem=text_of(body, text_format, question.line),
        labels=question.labels(),
        **taken,
    )


def _name(text: str) -> tuple[str, str]:
    """Return the question's name between double colons, or "", and what follows."""
    if not text.startswith(_NAME) or _NAME not in text[2:]:
        return "", text
    name, _, rest = text[2:].partition(_NAME)
    return " ".join(shown(name).split()), rest.strip()


def _parts(text: str) -> tuple[str, str, str]:
    """Return the text before the answers, the answers, and the text after them; raises CannotTakeError."""
    if "{" not in text and "}" not in text:
        raise CannotTakeError("a text that asks nothing; put it into a lesson")
    before, opened, rest = text.partition("{")
    answers, closed, tail = rest.partition("}")
    if not opened or not closed:
        raise CannotTakeError("a brace is missing; an empty line inside { } ends a question, in Moodle too")
    if "{" in tail or "}" in tail or "{" in answers:
        raise CannotTakeError(
            "it has more than one { }; put an empty line between two questions, "
            "or write a brace in the text as \\{ or \\}"
        )
    return before.strip(), answers.strip(), tail.rstrip()


def _first_words(text: str) -> str:
    """Return a name for a question that has none: how its text begins."""
    words = re.sub(r"<[^>]*>", " ", shown(re.sub(r"^\[\w+\]", "", text)).partition("{")[0]).split()
    return " ".join(words[:8]) or "a question without text"
