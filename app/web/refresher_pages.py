"""What the refresher's pages say: the day, a course by objective, a question, and what was right about it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from fractions import Fraction

from flask import url_for

from app import clock
from app.exams import memory, queries, refresher
from app.exams.aftermath import NOTHING_AFTER
from app.exams.cards import Asked, Today
from app.exams.memory import Memory
from app.exams.readiness import Readiness, out_of_ten, readiness
from app.exams.refresher import Shelf
from app.releases.models import ReleasePiece
from app.releases.queries import InForce
from app.releases.showing import fact_place
from app.web.access import now, visitor
from app.web.change_pages import field_label, value_words
from app.web.exam_words import Held, item_context
from app.web.results_after import entry
from app.web.withdrawals import withdrawal_alerts
from app.web.words import Context, counted, day

PRIVATE = (
    "Only you see this page. Nothing here counts: not for an exam, not for a certification, and nobody is told what "
    "you answered."
)
ESTIMATE = (
    "An estimate from what you answered here, and from how fast such facts fade. Guessing helps it as it helps you. "
    "Your exam shows variants of its own, and your certification never depends on this page."
)
TOO_FEW = "Not enough answers yet"
# Of a fact row: what stands elsewhere on the page, or is the question and its answers once more.
NOT_SHOWN = frozenset(
    {"standing", "sources", "objective", "fact", "prompt", "correct", "wrong", "critical", "why", "after"}
)
VERDICTS = {True: ("Right", "circle-check", "good"), False: ("Not right", "circle-x", "bad")}
PARTLY = ("Partly right", "triangle-alert", "part")


def day_page(courses: Mapping[str, InForce], known: Mapping[str, Memory], today: Today, shelf: Shelf) -> Context:
    """Return the day: what is left of it, or when the next day's begins, and the courses."""
    who = visitor()
    tomorrow_at = refresher.day_of(who.person.time_zone, now()).tomorrow_at
    waiting = [fact for fact in shelf.facts if fact not in today.facts]
    due = [fact for fact in waiting if fact in known and memory.is_due(known[fact], tomorrow_at)]
    fresh = [fact for fact in waiting if fact not in known]
    left = min(max(memory.DAILY - today.daily, 0), len(due) + len(fresh))
    return {
        "title": "Refresher",
        "sub": "Five minutes a day keep what you know from fading. It asks what you are about to forget.",
        "alerts": [alert for one in courses.values() for alert in withdrawal_alerts(one, who.person.time_zone)],
        "sitting": refresher.SITTING if today.sitting else "",
        "nothing": _nothing(courses, shelf),
        "today": _today(left, len(due), today, _next_on(known, shelf)),
        "ask_url": url_for("refresher.ask"),
        "courses": [_course_row(course_id, one, known, shelf, due) for course_id, one in courses.items()],
        "private": PRIVATE,
    }


def _nothing(courses: Mapping[str, InForce], shelf: Shelf) -> str:
    if not courses:
        return refresher.NOTHING_ASSIGNED
    if not shelf.facts:
        titles = " and ".join(one.release.title for one in courses.values())
        return refresher.WITHDRAWN.format(title=titles) if not shelf.courses else refresher.EMPTY
    return ""


def _today(left: int, due: int, today: Today, next_on: date | None) -> Context:
    if left == 0:
        following = f"The next one is on {day(next_on)}." if next_on else "There is nothing more to ask."
        more = (
            f" {counted(due, 'fact')} more {'is' if due == 1 else 'are'} due; go on below if you like." if due else ""
        )
        return {
            "eyebrow": "Today",
            "title": "That is it for today",
            "text": f"{counted(today.daily, 'question')} answered. {following}{more}",
            "label": "",
            "done": 0,
            "total": 0,
        }
    first = min(due, left)
    parts = [f"{number} {word}" for number, word in ((first, "due"), (left - first, "new to you")) if number]
    return {
        "eyebrow": "Today",
        "title": f"{counted(left, 'question')} {'for' if not today.daily else 'left for'} today",
        "text": f"{', '.join(parts)}. You see at once what was right, and why.",
        "label": "Go on" if today.daily else "Start",
        "done": today.daily,
        "total": today.daily + left,
    }


def _next_on(known: Mapping[str, Memory], shelf: Shelf) -> date | None:
    """Return the day of the next refresher: tomorrow where anything is left to ask, else when the first fact is due."""
    who = visitor()
    tomorrow = clock.day_in(who.person.time_zone, refresher.day_of(who.person.time_zone, now()).tomorrow_at)
    if any(fact not in known for fact in shelf.facts):
        return tomorrow
    dues = [known[fact].due_at for fact in shelf.facts]
    days = [max(tomorrow, clock.day_in(who.person.time_zone, one)) if one else tomorrow for one in dues]
    return min(days, default=None)


def _course_row(course_id: str, one: InForce, known: Mapping[str, Memory], shelf: Shelf, due: Sequence[str]) -> Context:
    facts = [fact for fact, asking in shelf.courses_of.items() if course_id in asking]
    asked = sum(fact in known for fact in facts)
    waiting = sum(course_id in shelf.courses_of[fact] for fact in due)
    withdrawn = one.withdrawn.whole is not None
    return {
        "title": one.release.title,
        "sub": "Withdrawn" if withdrawn else f"{asked} of {counted(len(facts), 'fact')} asked so far",
        "note": f"{waiting} due" if waiting else "",
        "href": url_for("refresher.course", course_id=course_id),
        "status": None,
    }


def course_page(one: InForce, known: Mapping[str, Memory], today: Today, shelf: Shelf) -> Context:
    """Return a course by objective: how ready one is, how sure that is, and how much was asked."""
    course_id, manifest = one.release.course_id, one.release.manifest
    by_objective: dict[str, list[str]] = {name: [] for name in manifest["objectives"]}
    for fact in shelf.facts:
        by_objective.setdefault(shelf.banks[course_id].objective(fact), []).append(fact)
    return {
        "title": f"{one.release.title}: refresher",
        "sub": f"Edition {one.release.edition}",
        "day_url": url_for("refresher.show"),
        "course_url": url_for("courses.show", course_id=course_id),
        "course": one.release.title,
        "course_id": course_id,
        "alerts": withdrawal_alerts(one, visitor().person.time_zone),
        "stopped": refresher.SITTING if today.sitting else ("" if shelf.facts else refresher.EMPTY),
        "ask_url": url_for("refresher.ask"),
        "objectives": [
            _objective(manifest["objectives"].get(name, name), facts, known)
            for name, facts in by_objective.items()
            if facts
        ],
        "estimate": ESTIMATE,
        "private": PRIVATE,
    }


def _objective(name: str, facts: Sequence[str], known: Mapping[str, Memory]) -> Context:
    told = [memory.shown(known[fact], now()) for fact in facts if fact in known]
    found = readiness(told, len(facts))
    words = TOO_FEW
    if found:
        right, give = out_of_ten(found)
        words = f"About {right} of 10, give or take {give}"
    return {
        "name": name,
        "words": words,
        "asked": f"{len(told)} of {counted(len(facts), 'fact')} asked so far",
        "bar": _bar(found) if found else None,
    }


def _bar(found: Readiness) -> Context:
    """Return the plot of an estimate in percent: where it lies, and the band that holds it nine times of ten."""
    low, high = max(0.0, found.share - found.margin), min(1.0, found.share + found.margin)
    return {"at": round(found.share * 100, 1), "low": round(low * 100, 1), "wide": round((high - low) * 100, 1)}


def asked_page(asked: Asked, order: list[str]) -> Context:
    """Return a question as refresher/_item.html takes it; nothing of its key is in it."""
    number = asked.daily + 1
    held = Held(chosen=order or None)
    context = item_context(asked.item.id, 1, 1, asked.shown, held, visitor().person.time_zone, None)
    url = url_for("refresher.item", item_id=asked.item.id)
    return {
        **context,
        "title": f"Question {number} today" if asked.item.daily else "Question",
        "url": url,
        "save_url": url,
        "next_url": url,
        "flag_url": "",
        "previous_url": None,
        "answered": True,  # so that an order needs no button of its own to be kept
        "leave_url": url_for("refresher.show"),
    }


def told_page(asked: Asked, facts: Iterable[ReleasePiece], lesson: tuple[str, str] | None) -> Context:
    """Return what was right about an answered question, why, the facts that it rests on, and where to read them."""
    credit = asked.credit or Fraction(0)
    title, icon, tone = PARTLY if 0 < credit < 1 else VERDICTS[credit == 1]
    row = asked.keyed["key_row"]
    told = entry(
        queries.Asked(
            position=1,
            section=0,
            item_id=asked.item.item_id,
            variant=asked.item.variant,
            item_hash=asked.item.item_hash,
            critical=asked.keyed["critical"],
            shown=asked.shown,
            keyed=asked.keyed,
            chosen=asked.chosen,
            revision=1,
        ),
        NOTHING_AFTER,
        asked.item.course_id,
    )
    return {
        **told,
        "title": title,
        "icon": icon,
        "tone": tone,
        "course": asked.release.title,
        "section": asked.shown["topic"],
        "notice": asked.shown["notice"] or "",
        "again": _again(asked),
        "facts": [_fact(one) for one in sorted(facts, key=lambda one: (one.key != row, one.position))],
        "sources": asked.keyed["citations"],
        "lesson": _lesson(asked, lesson, row) if lesson else None,
        "ask_url": url_for("refresher.ask"),
        "course_id": "" if asked.item.daily else asked.item.course_id,
        "leave_url": url_for("refresher.show"),
    }


def _again(asked: Asked) -> str:
    if asked.due_at is None:
        return ""
    return f"This fact comes back on {day(clock.day_in(visitor().person.time_zone, asked.due_at))}."


def _fact(piece: ReleasePiece) -> Context:
    return {
        "name": piece.key,
        "title": piece.title,
        "standing": piece.shown.get("standing", ""),
        "values": [
            {"term": field_label(name), "value": value_words(name, text)}
            for name, text in piece.shown.items()
            if name not in NOT_SHOWN and text != piece.title
        ],
    }


def _lesson(asked: Asked, lesson: tuple[str, str], row: str) -> Context:
    lesson_id, title = lesson
    place = url_for("courses.lesson", course_id=asked.item.course_id, lesson_id=lesson_id, _anchor=fact_place(row))
    return {"label": title, "href": place}
