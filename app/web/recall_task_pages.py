"""What a technician's task in a recall says, and the lines about open recalls that other pages show."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from flask import url_for
from markupsafe import Markup

from app.certification import recall_quiz
from app.certification.queries import Held
from app.certification.recall_queries import AskedItem
from app.certification.recalling import Consequence, Progress, RecallOn, Task
from app.content.values import ItemType
from app.exams import queries
from app.exams.aftermath import NOTHING_AFTER
from app.releases.models import ReleasePiece
from app.reports.recall_tasks import Mine, TaskRead
from app.web.access import Visitor, now, visitor
from app.web.change_pages import change_cards, field_label, value_words
from app.web.exam_words import Held as Chosen
from app.web.exam_words import item_context
from app.web.results_after import entry
from app.web.words import Context, counted, day, days_left

ASKS = {
    Task.READ: "Read what changed and confirm it",
    Task.QUIZ: "Read what changed, then answer the questions about it",
    Task.EXAM: "Read what changed, then sit the exam again",
}
NOT_SHOWN = frozenset({"standing", "sources", "objective", "fact", "prompt", "wrong", "critical", "why", "after"})
RIGHT = ("Right", "circle-check", "good")
WRONG = ("Not right", "circle-x", "bad")


def deadline(one: RecallOn, today: date) -> str:
    """Return by when it is to be done, in words."""
    if today > one.due_on:
        late = (today - one.due_on).days
        return f"It was due by {day(one.due_on)}, {counted(late, 'day')} ago."
    if today == one.due_on:
        return f"Today, {day(one.due_on)}, is the last day."
    return f"The last day is {day(one.due_on)}, {days_left(one.due_on, today).lower()}."


def follows(one: RecallOn, today: date) -> str:
    """Return what follows, or followed, where it is not done."""
    if one.consequence is Consequence.NOTHING or one.cells == frozenset():
        return ""
    what = "your certification" if one.cells is None else "what rests on it in your certification"
    if today > one.due_on:
        return f"Until it is done, {what} counts as suspended. It counts again from the day on which you do it."
    return f"After that day {what} counts as suspended until it is done."


def open_alerts(held: Iterable[Held], today: date, at: datetime) -> list[Context]:
    """Return a banner for each recall that asks something of who holds these, the earliest last day first."""
    found = {one.recall_id: one for each in held for one in each.recalls if one.is_open(at)}
    return [
        {
            "tone": "danger" if today > one.due_on else "warning",
            "title": f"A fact changed: {ASKS[one.task].lower()}",
            "text": " ".join(filter(None, (f"{one.title}.", deadline(one, today), follows(one, today)))),
            "action": {"label": "Open what changed", "href": url_for("recall_tasks.show", recall_id=one.recall_id)},
        }
        for one in sorted(found.values(), key=lambda one: (one.due_on, one.recall_id))
    ]


def open_line(recalls: Sequence[RecallOn], today: date, at: datetime) -> str:
    """Return whether a recall is open on a certification, in a sentence; empty where none is."""
    waiting = sorted((one for one in recalls if one.is_open(at)), key=lambda one: one.due_on)
    if not waiting:
        return ""
    first = waiting[0]
    state = "overdue since" if today > first.due_on else "open until"
    more = f", and {len(waiting) - 1} more" if len(waiting) > 1 else ""
    return f"Recall {state} {day(first.due_on)}{more}: a fact that it rests on changed."


def task_page(read: TaskRead, who: Visitor) -> Context:
    """Return what changed on both sides, and the one thing to do about it."""
    mine, today, zone = read.mine, who.today, who.person.time_zone
    recall, first = mine.recall, mine.on[0][0]
    progress = first.progress(today, now())
    task = Task(recall.task)
    return {
        "id": recall.id,
        "title": "A fact that you are certified on changed",
        "sub": recall.title,
        "ask": ASKS[task],
        "deadline": deadline(first, today) if progress in (Progress.OPEN, Progress.OVERDUE) else "",
        "late": progress is Progress.OVERDUE,
        "follows": follows(first, today) if progress in (Progress.OPEN, Progress.OVERDUE) else "",
        "reason": recall.reason,
        "certifications": [
            {"title": title, "number": number, "href": url_for("verify.answer", number=number)}
            for _, number, title in mine.on
        ],
        "before": f"Edition {mine.base.edition}",
        "after": f"Edition {mine.release.edition}",
        # Who sits the exam again may be asked the very question that changed.
        "changes": [
            {**card, "key": ""}  # its code says nothing to who treats
            for card in change_cards(read.changes, {}, None, zone, keys=task is not Task.EXAM)
        ],
        "lessons": [
            {
                "title": title,
                "html": Markup(html),  # noqa: S704  rendered and sanitised when it was published
                "href": url_for("editions.lesson", release_id=mine.release.id, lesson_id=lesson_id),
            }
            for lesson_id, title, html in read.lessons
        ],
        "done": _done(mine) if progress is Progress.DONE else "",
        "over": progress is Progress.RELEASED,
        "read_url": _if(task is Task.READ, progress, url_for("recall_tasks.confirm", recall_id=recall.id)),
        "quiz": _quiz(read) if task is Task.QUIZ else None,
        "ask_url": _if(task is Task.QUIZ, progress, url_for("recall_tasks.ask", recall_id=recall.id)),
        "exam_url": _if(task is Task.EXAM, progress, url_for("exams.start", course_id=recall.course_id)),
    }


def _if(asked: bool, progress: Progress, url: str) -> str:  # noqa: FBT001
    return url if asked and progress in (Progress.OPEN, Progress.OVERDUE) else ""


def _done(mine: Mine) -> str:
    done = mine.done
    assert done is not None  # noqa: S101  the caller asked
    tries = f" It took {counted(done.tries, 'answer')}." if mine.recall.task == Task.QUIZ.value else ""
    return f"Done on {day(done.done_on)}.{tries} You said: “{done.meaning}”"


def _quiz(read: TaskRead) -> Context:
    right, of, tries = recall_quiz.unit_count(read.mine.recall, read.tried)
    return {
        "right": right,
        "of": of,
        "text": f"{right} of {counted(of, 'question')} right so far, {counted(tries, 'answer')} given",
        "label": "Go on with the questions" if tries else "Start the questions",
    }


def order_of(shown: Mapping[str, Any], order: Sequence[str]) -> list[str]:
    """Return the order of steps that the address brings back after a move, where it holds each step once."""
    steps = [one["id"] for one in shown["options"]] if shown["type"] == ItemType.ORDERING.value else []
    return list(order) if len(order) == len(steps) and sorted(order) == sorted(steps) else []


def asked_page(mine: Mine, asked: AskedItem, order: list[str]) -> Context:
    """Return a question as refresher/_item.html takes it; nothing of its key is in it."""
    held = Chosen(chosen=order or None)
    context = item_context(asked.item.id, 1, 1, asked.shown, held, visitor().person.time_zone, None)
    url = url_for("recall_tasks.item", recall_id=mine.recall.id, item_id=asked.item.id)
    return {
        **context,
        "title": "Question about what changed",
        "url": url,
        "save_url": url,
        "next_url": url,
        "flag_url": "",
        "previous_url": None,
        "answered": True,  # so that an order needs no button of its own to be kept
        "leave_url": url_for("recall_tasks.show", recall_id=mine.recall.id),
    }


def told_page(mine: Mine, asked: AskedItem, facts: Iterable[ReleasePiece]) -> Context:
    """Return what was right about an answered question, why, and the facts that it rests on."""
    title, icon, tone = RIGHT if asked.right else WRONG
    row = asked.keyed["key_row"]
    told = entry(_as_asked(asked), NOTHING_AFTER, mine.recall.course_id)
    url = url_for("recall_tasks.show", recall_id=mine.recall.id)
    return {
        **told,
        "title": title,
        "icon": icon,
        "tone": tone,
        "recall": mine.recall.title,
        "again": "" if asked.right else "This question comes back in another form, until you answer it rightly.",
        "facts": [
            {
                "title": one.title,
                "values": [
                    {"term": field_label(name), "value": value_words(name, text)}
                    for name, text in one.shown.items()
                    if name not in NOT_SHOWN and text != one.title
                ],
            }
            for one in sorted(facts, key=lambda one: (one.key != row, one.position))
        ],
        "sources": asked.keyed["citations"],
        "ask_url": "" if mine.done else url_for("recall_tasks.ask", recall_id=mine.recall.id),
        "leave_url": url,
    }


def _as_asked(asked: AskedItem) -> queries.Asked:
    return queries.Asked(
        position=1,
        section=0,
        item_id=asked.item.unit,
        variant=asked.item.variant,
        item_hash=asked.item.item_hash,
        critical=asked.keyed["critical"],
        shown=asked.shown,
        keyed=asked.keyed,
        chosen=asked.chosen,
        revision=1,
    )
