"""A course's items as Moodle XML, a category an objective."""

import base64
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from itertools import groupby
from typing import Final

from app.content.interchange.labels import MOODLE_TAG, labels_of
from app.content.interchange.leaving import Exported, digits, middle, named, order_of, problem, why_not
from app.content.interchange.markup_out import Markup, markup, text, xml
from app.content.values import Course, Item, ItemType, Problem, Scoring

_FILES: Final = "@@PLUGINFILE@@/"
_TYPES: Final = {
    ItemType.SINGLE: "multichoice",
    ItemType.MULTIPLE: "multichoice",
    ItemType.NUMERIC: "numerical",
    ItemType.MATCHING: "matching",
    ItemType.ORDERING: "ordering",
}
_SHARED_NOTE: Final = "Moodle gives part of the mark for a partly right response, here it is all or nothing"
_PLAIN_NOTE: Final = "Moodle shows right sides as plain text, so their marks are left out"
_TAG_NOTE: Final = f"Moodle keeps {MOODLE_TAG} characters of a tag and will cut {{}}"


def write(course: Course, items: Iterable[Item]) -> Exported:
    """Return items as a Moodle XML file, with what Moodle cannot say and what it will do otherwise."""
    refused: list[Problem] = []
    notes: list[Problem] = []
    questions: list[str] = []
    media = {name.rsplit("/", 1)[-1]: data for name, data in course.files.items() if "/media/" in name}
    for objective, group in groupby(named(items), key=lambda pair: pair[1].objective):
        questions.append(_category(course, objective))
        for name, item in group:
            reason = why_not(item)
            if reason:
                refused.append(problem(name, reason))
                continue
            questions.append(_question(name, item, media))
            notes += [problem(name, note) for note in _notes(item)]
    count = sum(question.startswith("<question") and 'type="category"' not in question for question in questions)
    document = "\n".join(['<?xml version="1.0" encoding="UTF-8"?>', "<quiz>", *questions, "</quiz>", ""])
    return Exported(document.encode(), count, refused, notes)


def _category(course: Course, objective: str) -> str:
    # A slash within a category's name is doubled in Moodle.
    path = "/".join(part.replace("/", "//") for part in ("$course$", "top", course.title, objective))
    return xml("question", {"type": "category"}, xml("category", {}, xml("text", {}, text(path))))


def _notes(item: Item) -> Iterator[str]:
    shared = item.type is ItemType.MATCHING or item.type is ItemType.MULTIPLE
    if shared and item.scoring is Scoring.ALL_OR_NOTHING:
        yield _SHARED_NOTE
    if any(markup(right.text, "").html != text(markup(right.text, "").plain) for right in item.rights):
        yield _PLAIN_NOTE
    for label in labels_of(item):
        if len(label) > MOODLE_TAG:
            yield _TAG_NOTE.format(label)


def _question(name: str, item: Item, media: Mapping[str, bytes]) -> str:
    by_type = {
        ItemType.SINGLE: _choices,
        ItemType.MULTIPLE: _choices,
        ItemType.NUMERIC: _numeric,
        ItemType.MATCHING: _pairs,
        ItemType.ORDERING: _steps,
    }
    tags = [xml("tag", {}, xml("text", {}, text(label))) for label in labels_of(item)]
    parts = [
        xml("name", {}, xml("text", {}, text(name))),
        _stem(item, media),
        _texts("generalfeedback", item.why or "", media),
        xml("defaultgrade", {}, "1"),
        xml("penalty", {}, "0"),
        xml("hidden", {}, "0"),
        xml("idnumber", {}, text(name)),
        *by_type[item.type](item, media),
        xml("tags", {}, *tags),
    ]
    return xml("question", {"type": _TYPES[item.type]}, "\n  ", "\n  ".join(parts), "\n")


def _stem(item: Item, media: Mapping[str, bytes]) -> str:
    """Return the stem with the item's picture above it."""
    picture = xml("p", {}, xml("img", {"src": _FILES + item.media[0], "alt": item.media[1]})) if item.media else ""
    said = markup(item.stem, _FILES)
    pictures = dict.fromkeys([*([item.media[0]] if item.media else []), *said.pictures])
    return _written("questiontext", Markup(picture + said.html, said.plain, tuple(pictures)), media)


def _texts(
    tag: str, source: str, media: Mapping[str, bytes], attributes: Mapping[str, str] | None = None, *more: str
) -> str:
    """Return an element whose text is Markdown of the course, with the pictures that it shows."""
    return _written(tag, markup(source, _FILES), media, attributes, *more)


def _written(
    tag: str, said: Markup, media: Mapping[str, bytes], attributes: Mapping[str, str] | None = None, *more: str
) -> str:
    files = [
        xml("file", {"name": name, "path": "/", "encoding": "base64"}, base64.b64encode(media[name]).decode())
        for name in said.pictures
        if name in media
    ]
    return xml(tag, {**(attributes or {}), "format": "html"}, xml("text", {}, text(said.html)), *files, *more)


def _choices(item: Item, media: Mapping[str, bytes]) -> list[str]:
    is_single = item.type is ItemType.SINGLE
    share = Fraction(100, len(item.key))
    answers = []
    for option in item.options:
        wrong = "0" if is_single else f"-{_percent(share)}"
        fraction = {"fraction": _percent(share) if option.id in item.key else wrong}
        answers.append(_texts("answer", option.text, media, fraction, _texts("feedback", option.why or "", media)))
    return [
        xml("single", {}, "true" if is_single else "false"),
        xml("shuffleanswers", {}, "true"),
        xml("answernumbering", {}, "abc"),
        *answers,
    ]


def _percent(share: Fraction) -> str:
    return f"{float(share):.5f}".rstrip("0").rstrip(".")


def _numeric(item: Item, media: Mapping[str, bytes]) -> list[str]:
    value, margin = middle(item)
    answer = xml(
        "answer",
        {"fraction": "100", "format": "moodle_auto_format"},
        xml("text", {}, digits(value)),
        _texts("feedback", "", media),
        xml("tolerance", {}, digits(margin)),
    )
    unit = xml("unit", {}, xml("multiplier", {}, "1"), xml("unit_name", {}, text(item.key["unit"])))
    # The unit may be typed or left out, as here; it is not marked.
    rules = {"unitgradingtype": "0", "unitpenalty": "0.1", "showunits": "0", "unitsleft": "0"}
    return [answer, xml("units", {}, unit), *(xml(tag, {}, value) for tag, value in rules.items())]


def _pairs(item: Item, media: Mapping[str, bytes]) -> list[str]:
    rights = {right.id: markup(right.text, "").plain for right in item.rights}
    return [
        xml("shuffleanswers", {}, "true"),
        *(
            _texts(
                "subquestion",
                left.text,
                media,
                None,
                xml("answer", {}, xml("text", {}, text(rights[item.key[left.id]]))),
            )
            for left in item.options
        ),
    ]


def _steps(item: Item, media: Mapping[str, bytes]) -> list[str]:
    grading = "RELATIVE_ALL_PREVIOUS_AND_NEXT" if item.scoring is Scoring.PAIRS else "ALL_OR_NOTHING"
    rules = {
        "layouttype": "VERTICAL",
        "selecttype": "ALL",
        "selectcount": str(len(item.options)),
        "gradingtype": grading,
        "showgrading": "SHOW",
        "numberingstyle": "none",
    }
    by_id = {option.id: option for option in item.options}
    answers = [
        _texts("answer", by_id[one].text, media, {"fraction": str(place)})
        for place, one in enumerate(order_of(item) or (), 1)
    ]
    return [*(xml(tag, {}, value) for tag, value in rules.items()), *answers]
