"""What the pages say of an exam: its rules, whether one may sit it, an item and a sheet as the templates take them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import url_for
from markupsafe import Markup, escape

from app.certification.refusals import why_no_seat
from app.certification.standing import Standing
from app.content.renewal import Renewal, shortened
from app.content.values import ItemType, Scoring
from app.exams import timing
from app.exams.models import Attempt
from app.exams.queries import Mark
from app.exams.responses import Certainty, Chosen, understood
from app.releases.manifest import exam_of, scheme_of
from app.web.terms_words import time_words
from app.web.words import Context, clock_time, counted, moment

LESSONS_AGAIN = {
    "all": "all, read again in the renewal window",
    "changed": "those that changed since the last certification",
    "none": "none",
}
LINE_BREAK = "<br>"
INSTRUCTIONS = {
    ItemType.SINGLE.value: "Choose one answer",
    ItemType.MULTIPLE.value: "Choose every answer that applies",
    ItemType.NUMERIC.value: "Enter a number",
    ItemType.ORDERING.value: "Put these in order, the first at the top",
    ItemType.MATCHING.value: "Choose the right partner for each",
}
# What a part of the answer is worth; without a word here an answer counts whole or not at all.
PARTS = {
    (ItemType.MULTIPLE.value, Scoring.PER_CORRECT.value): "each right one counts, each wrong one takes one away",
    (ItemType.MATCHING.value, Scoring.PER_CORRECT.value): "each right pair counts",
    (ItemType.ORDERING.value, Scoring.PAIRS.value): "the more pairs stand in the right order, the more it counts",
}
# What a section of an exam is drawn from: the tables of facts, and what is written by hand.
DRAWN_FROM = {"procedure": "steps", "items": "questions written by hand"}

CERTAINTIES = [
    {"value": Certainty.SURE.value, "label": "Sure"},
    {"value": Certainty.NOT_SURE.value, "label": "Not sure"},
]


def drawn_from(sources: Iterable[str]) -> str:
    """Return what a section of an exam is drawn from, in words."""
    return ", ".join(DRAWN_FROM.get(one, one) for one in sources)


def size_of(manifest: Mapping[str, Any], renewal: Renewal | None = None) -> tuple[int, int]:
    """Return how many questions an exam has, and its minutes: those of the renewal where somebody renews."""
    if renewal is not None:
        return renewal.items, renewal.exam.time_limit_minutes
    exam = manifest["exam"]
    return sum(section["items"] for section in exam["sections"]), exam["time_limit_minutes"]


def renewal_text(renewal: Renewal, terms: timing.Terms = timing.STANDARD) -> str:
    """Return what a renewal asks, in a sentence."""
    minutes = time_words(renewal.exam.time_limit_minutes * terms.time_factor)
    asked = counted(renewal.items, "question")
    return f"Renewal exam: {asked}, {minutes}; first what changed since you were certified, then what you found hard."


def renewal_rules(manifest: Mapping[str, Any]) -> list[Context]:
    """Return what a scheme asks of a renewal, nothing where that is what it asks of a first issue."""
    scheme, items = scheme_of(manifest), scheme_of(manifest).renewal_items
    if items is None or scheme.renewal_lessons is None:
        return []
    exam = shortened(exam_of(manifest), items)
    number = counted(sum(section.items for section in exam.sections), "question")
    return [
        {"term": "To renew, the exam", "value": f"{number} in {time_words(exam.time_limit_minutes)}"},
        {"term": "To renew, the lessons", "value": LESSONS_AGAIN[scheme.renewal_lessons]},
    ]


def rules_of(
    manifest: Mapping[str, Any], terms: timing.Terms = timing.STANDARD, renewal: Renewal | None = None
) -> list[Context]:
    """Return an exam's rules as terms and values, for a person with the terms that they were granted."""
    exam = manifest["exam"]
    items, minutes = size_of(manifest, renewal)
    wait = exam["retake_wait_hours"]
    rules = [
        {"term": "Questions", "value": str(items)},
        {"term": "Time", "value": time_words(minutes * terms.time_factor)},
        {"term": "To pass", "value": f"{exam['cut_score_percent']}%"},
        {"term": "Attempts", "value": str(exam["attempts"] + terms.extra_attempts)},
        {"term": "Between attempts", "value": f"{counted(wait, 'hour')} of waiting" if wait else "no waiting"},
    ]
    if exam["critical_items"] == "must_pass":
        rules.append({"term": "Critical questions", "value": "every one must be right"})
    if exam.get("certainty"):
        rules.append({"term": "How sure you are", "value": "asked with each question"})
    if exam.get("proctor_code"):
        rules.append({"term": "To start", "value": "a code from somebody on site"})
    return rules


def seat_text(where: Standing, zone: str, managers: Sequence[str] = ()) -> str:
    """Return whether a person may sit the exam now, in one sentence."""
    if where.open_attempt:
        return f"Your exam is running until {moment(where.open_attempt.deadline_at, zone)}."
    if isinstance(where.seat, timing.Refused):
        return why_no_seat(where.seat, managers=managers or ["Your manager"], zone=zone)
    return f"{attempt_words(where.attempts, where.seat)}."


def attempt_words(attempts: Iterable[Attempt], seat: timing.Allowed) -> str:
    """Return the number that the next attempt will have on every page, and how many one may make.

    An attempt's number goes on over assignments and renewals, how many one may make begins anew with each.
    """
    number = max((one.number for one in attempts), default=0) + 1
    if number == seat.number:
        return f"Attempt {number} of {seat.of}"
    return f"Attempt {number}, and number {seat.number} of the {seat.of} allowed this time"


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """What is saved of an item, and whether how sure one is is asked: what its page shows beside the item itself."""

    chosen: Chosen = None
    certainty: str | None = None
    revision: int = 0
    saved_at: datetime | None = None
    flagged: bool = False
    asks_certainty: bool = False


def item_context(  # noqa: PLR0917  an item's place and what stands there, in that order
    attempt_id: int, position: int, items: int, shown: Mapping[str, Any], held: Held, zone: str, told: Context | None
) -> Context:
    """Return an item as templates/exams/_item.html takes it; `told` holds a note, or a typed number with its error."""
    last = position == items
    account, question = told_and_asked(shown["stem"])
    base = f"/attempts/{attempt_id}/items/"
    return {
        "no": position,
        "total": items,
        "title": f"Question {position} of {items}",
        "section": shown["topic"],
        "url": f"{base}{position}",
        "save_url": f"{base}{position}",
        "flag_url": f"{base}{position}/flag",
        "previous_url": f"{base}{position - 1}" if position > 1 else None,
        "next_url": f"/attempts/{attempt_id}/review" if last else f"{base}{position + 1}",
        "next_label": "Review and submit" if last else "Next question",
        "stem": question,
        "context": account,
        "notice": shown["notice"] or "",
        "image": _image(shown),
        "type": shown["type"],
        "instruction": instruction_of(shown),
        "options": _in_order(shown, held.chosen),
        "rights": [{"id": one["id"], "text": Markup(one["html"]).striptags()} for one in shown["rights"]],  # noqa: S704
        "chosen": _filled(shown["type"], held.chosen),
        "unit": shown["unit"] or "",
        "understood": understood(held.chosen, shown["unit"]) if shown["type"] == ItemType.NUMERIC.value else "",
        "certainties": CERTAINTIES if held.asks_certainty else [],
        "certainty": held.certainty or "",
        "revision": held.revision,
        "answered": bool(held.chosen),
        "saved_at": clock_time(held.saved_at, zone) if held.saved_at else "",
        "flagged": held.flagged,
        "note": "",
        "error": "",
        **(told or {}),
    }


def instruction_of(shown: Mapping[str, Any]) -> str:
    """Return what to do with an item, and what a part of the answer is worth where it is worth anything."""
    # Content that was frozen before the rule was told has none.
    parts = PARTS.get((shown["type"], shown.get("scoring", "")))
    return f"{INSTRUCTIONS[shown['type']]}: {parts}" if parts else INSTRUCTIONS[shown["type"]]


def told_and_asked(stem: str) -> tuple[str, str]:
    """Return what a stem tells before its last line, and that line, which asks; a stem of one line only asks."""
    account, found, question = stem.rpartition(LINE_BREAK)
    return (account, question.strip()) if found else ("", stem)


def key_lines(shown: Mapping[str, Any], keyed: Mapping[str, Any]) -> list[str]:
    """Return the right answer of an item as lines of HTML: a range, pairs, an order, or the right options."""
    key, kind = keyed["key"], shown["type"]
    options = {option["id"]: option["html"] for option in shown["options"]}
    if kind == ItemType.NUMERIC.value:
        low, high = key["min"], key["max"]
        return [escape(f"{low:g}–{high:g} {key['unit']}" if low != high else f"{low:g} {key['unit']}")]
    if kind == ItemType.MATCHING.value:
        rights = {right["id"]: right["html"] for right in shown["rights"]}
        return [f"{options[left]}: {rights[right]}" for left, right in key.items()]
    if kind == ItemType.ORDERING.value:
        # Pairs (first, then): a step with fewer others before it comes earlier; this is one of the right orders.
        order = sorted(options, key=lambda step: sum(then == step for _, then in key))
        return [f"{place}. {options[step]}" for place, step in enumerate(order, start=1)]
    return [options[each] for each in key]


def _image(shown: Mapping[str, Any]) -> Context | None:
    media = shown["media"]
    return {"src": media["url"], "alt": media["alt"], "caption": ""} if media else None


def _in_order(shown: Mapping[str, Any], chosen: Chosen) -> list[Context]:
    options = [{"id": one["id"], "text": one["html"]} for one in shown["options"]]
    if shown["type"] == ItemType.ORDERING.value and isinstance(chosen, list):
        by_id = {one["id"]: one for one in options}
        return [by_id[step] for step in chosen]
    return options


def _filled(kind: str, chosen: Chosen) -> Any:
    empty: dict[str, Any] = {ItemType.NUMERIC.value: "", ItemType.MATCHING.value: {}}
    if kind == ItemType.ORDERING.value:
        return []
    return empty.get(kind, []) if chosen is None else chosen


def bar_context(
    attempt_id: int,
    title: str,
    sub: str,
    marks: Sequence[Mark],
    *,
    deadline_at: datetime,
    now: datetime,
    zone: str,
    current: int | None,
    rest: Context | None = None,
) -> Context:
    """Return the frame around an item: clock, sums and the numbers of all items; `rest` leads to a break."""
    left = timing.seconds_left(deadline_at, now)
    return {
        "title": title,
        "sub": sub,
        "clock": f"{left // 60}:{left % 60:02d}",
        "ends_at": clock_time(deadline_at, zone)[:5],
        "seconds_left": left,
        "over_url": f"/attempts/{attempt_id}/result",
        "events_url": f"/attempts/{attempt_id}/events",
        "leave_url": "/",
        "review_url": f"/attempts/{attempt_id}/review",
        "review_current": current is None,
        "rest": rest,
        "answered": sum(mark.answered for mark in marks),
        "total": len(marks),
        "flagged": sum(mark.flagged for mark in marks),
        "numbers": [
            {
                "no": mark.position,
                "url": f"/attempts/{attempt_id}/items/{mark.position}",
                "answered": mark.answered,
                "flagged": mark.flagged,
                "current": mark.position == current,
            }
            for mark in marks
        ],
    }


def break_link(attempt: Attempt) -> Context | None:
    """Return the way to the next break, or None where none is left."""
    left = timing.terms_of(attempt.terms).breaks - attempt.breaks_taken
    if left <= 0:
        return None
    return {"url": f"/attempts/{attempt.id}/break", "label": f"Take a break ({left} left)"}


def review_context(attempt_id: int, rows: Sequence[tuple[Mark, str]], *, asks_certainty: bool = False) -> Context:
    """Return the review of an attempt: `rows` pair each mark with its stem in plain text.

    Where the exam asks how sure one is, answers without it are named too; they count all the same.
    """
    entries = [
        (
            mark,
            {
                "no": mark.position,
                "url": f"/attempts/{attempt_id}/items/{mark.position}",
                "stem": stem,
                "flagged": mark.flagged,
            },
        )
        for mark, stem in rows
    ]
    missing = [entry for mark, entry in entries if not mark.answered]
    answered = len(entries) - len(missing)
    lost = "is not answered and counts" if len(missing) == 1 else "are not answered and count"
    return {
        "url": f"/attempts/{attempt_id}/review",
        "submit_url": url_for("exams.submit", attempt_id=attempt_id),
        "ask_url": url_for("submitting.ask", attempt_id=attempt_id),
        "title": "Review and submit",
        "text": (
            f"{answered} of {counted(len(entries), 'question')} answered. You can still change everything."
            if missing
            else f"All {counted(len(entries), 'question')} are answered. You can still change everything."
        ),
        "back_url": f"/attempts/{attempt_id}/items/1",
        "submit_text": "After submitting you cannot change anything. You see your result at once.",
        "ask_title": f"Submit with {counted(len(missing), 'question')} not answered" if missing else "Submit the exam",
        "open_text": f"{counted(len(missing), 'question')} {lost} as wrong." if missing else "",
        "open": missing,
        "marked": [entry for mark, entry in entries if mark.answered and mark.flagged],
        "unsaid": [entry for mark, entry in entries if asks_certainty and mark.answered and not mark.certainty],
        "state": " ".join(f"{mark.revision}{'f' if mark.flagged else ''}" for mark, _ in entries),
    }
