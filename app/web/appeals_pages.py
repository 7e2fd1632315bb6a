"""What the pages of appeals say: the list, one with what it contests, and the form of who contests."""

from collections.abc import Collection, Sequence
from datetime import datetime
from textwrap import shorten

from flask import url_for
from markupsafe import Markup

from app.errors import RefusedError
from app.exams.case_models import THE_RESULT
from app.exams.case_queries import Contested
from app.exams.cases import CONTEST_WITHIN, refuse_contest
from app.exams.models import Attempt
from app.exams.scoring import percent_of
from app.people.permissions import Action
from app.web.access import Visitor
from app.web.cases_pages import item_context
from app.web.words import Context, day, moment

ANSWERS = {"yes": "Upheld: the trainee is right", "no": "Turned down: the key or the result is right"}
WHOLE = "The result as a whole"
WORDS_SHOWN = 64  # characters
BY_WORDS = "Questions are named by their number in your exam and their first words."
BY_NUMBER = "While you sit an exam, questions are named by their number only. Their words come back when it is over."


def list_page(contested: Sequence[Contested], zone: str) -> list[Context]:
    """Return the list of appeals."""
    return [
        {
            "href": url_for("appeals.appeal", appeal_id=one.appeal.id),
            "what": _what(one),
            "name": one.name,
            "at": moment(one.appeal.appealed_at, zone),
            "icon": "hourglass" if one.answer is None else "circle-check" if one.answer.upheld else "circle-x",
            "state": "Waits for an answer" if one.answer is None else _answered(upheld=one.answer.upheld),
        }
        for one in contested
    ]


def appeal_page(one: Contested, who: Visitor, *, asks: bool, why_not: str, running: int | None) -> Context:
    """Return an appeal with what it contests, and what may be done with it."""
    zone, given, attempt = who.person.time_zone, one.answer, one.attempt
    may_open = given is not None and given.upheld and one.item is not None and running is None
    return {
        "title": f"Appeal of {one.name}",
        "what": _what(one),
        "words": one.appeal.words,
        "facts": [
            {"term": "Contested", "value": moment(one.appeal.appealed_at, zone)},
            {
                "term": "Exam",
                "value": f"Attempt {attempt.number}, {moment(attempt.closed_at or attempt.started_at, zone)}",
            },
            {"term": "Result", "value": _result(attempt)},
        ],
        "item": item_context(one.content.shown, one.content.keyed) if one.content else None,
        "answer_url": url_for("appeals.answer", appeal_id=one.appeal.id) if asks and not why_not else "",
        "why_not": why_not,
        "given": {
            "title": _answered(upheld=given.upheld),
            "text": given.answer,
            "by": f"{one.by}, {moment(given.decided_at, zone)}",
        }
        if given
        else None,
        "case_url": url_for("cases.find", item=one.item.item_hash, appeal=one.appeal.id)
        if may_open and one.item and who.actor.can(Action.OPEN_CASE)
        else "",
        "running_url": url_for("cases.case", case_id=running) if running else "",
        "waits_for_case": may_open and not who.actor.can(Action.OPEN_CASE),
    }


def offered(attempt: Attempt, taken: Collection[int], stems: Sequence[str]) -> list[tuple[str, str]]:
    """Return what of an attempt can still be contested: the result, and questions by number and first words.

    Without `stems` questions are told by their number only.
    """
    words = [f": {first_words(stem)}" for stem in stems] or [""] * attempt.items
    questions = [(str(no), f"Question {no}{said}") for no, said in enumerate(words, start=1)]
    places = [(str(THE_RESULT), WHOLE), *questions]
    return [("", "Choose a question, or the result"), *(one for one in places if int(one[0]) not in taken)]


def first_words(stem: str) -> str:
    """Return the first words of a stem (HTML) as plain text, on one line of a list."""
    text = Markup(stem.replace("<br>", " ")).striptags()  # noqa: S704  rendered when published
    return shorten(text, WORDS_SHOWN, placeholder=" …")


def contest_page(attempt: Attempt, taken: Collection[int], now: datetime, zone: str, *, sits: bool) -> Context:
    """Return what the form says; `why_not` where nothing can be contested any more."""
    try:
        refuse_contest(attempt, now)
        why_not = "" if len(taken) <= attempt.items else "You contested everything already."
    except RefusedError as refusal:
        why_not = str(refusal)
    last = (attempt.closed_at or attempt.deadline_at) + CONTEST_WITHIN
    return {
        "url": url_for("appeals.contest", attempt_id=attempt.id),
        "back_url": url_for("results.show", attempt_id=attempt.id),
        "sub": _exam(attempt, zone),
        "why_not": why_not,
        "until": day(last.date()),
        "hint": BY_NUMBER if sits else BY_WORDS,
    }


def _what(one: Contested) -> str:
    if one.appeal.position == THE_RESULT:
        return WHOLE
    stem = one.content.shown["stem"].replace("<br>", " ") if one.content else ""
    return f"Question {one.appeal.position}: {Markup(stem).striptags()}"  # noqa: S704  rendered when published


def _answered(*, upheld: bool) -> str:
    return "Upheld" if upheld else "Turned down"


def _exam(attempt: Attempt, zone: str) -> str:
    return f"Attempt {attempt.number}, {moment(attempt.closed_at or attempt.started_at, zone)}"


def _result(attempt: Attempt) -> str:
    if attempt.score_numerator is None or attempt.score_denominator is None:
        return "Not scored yet"
    score = percent_of(attempt.score_numerator, attempt.score_denominator)
    return f"{score}%, {'passed' if attempt.passed else 'not passed'}"
