"""What the pages say of how exams were sat: facts with their times in plain words, and what is to be talked over."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from flask import url_for

from app.clock import day_in
from app.exams import timing
from app.exams.models import CLOSED_BY_WITHDRAWAL, Attempt
from app.exams.scoring import percent_of
from app.exams.watching import MOST_EVENTS, EventKind
from app.reports.sittings import Sat, SittingsRecord, Task, Told
from app.web.words import Context, clock_time, counted, moment

SHOWN_EVENTS = 40


def sittings_page(record: SittingsRecord, zone: str, now: datetime, *, may_finish: bool) -> Context:
    """Return a technician's sittings as templates/technicians/sittings.html takes them."""
    return {
        "id": record.account_id,
        "name": record.name,
        "open": [_task(one, zone) for one in record.tasks if one.done_at is None],
        "done": [_task(one, zone) for one in record.tasks if one.done_at is not None],
        "may_finish": may_finish,
        "sat": [_sat(one, zone, now) for one in record.sat],
    }


def _task(task: Task, zone: str) -> Context:
    return {
        "id": task.id,
        "topic": task.topic,
        "sub": f"{task.title}, {moment(task.made_at, zone)}",
        "note": task.note or "",
        "done": f"Talked over by {task.done_by} on {moment(task.done_at, zone)}." if task.done_at else "",
    }


def _sat(sat: Sat, zone: str, now: datetime) -> Context:
    attempt = sat.attempt
    closed_at = timing.closed_at_of(attempt.closed_at, attempt.deadline_at, now)
    until = f", closed {_until(attempt.started_at, closed_at, zone)}" if closed_at else ", still running"
    lines = _lines(sat.events, zone)
    return {
        "id": attempt.id,
        "title": sat.title,
        "sub": f"Attempt {attempt.number}, started {moment(attempt.started_at, zone)}{until}",
        "facts": [
            {"term": "Outcome", "value": outcome(attempt, over=closed_at is not None)},
            {
                "term": "Network",
                "value": f"checked ({', '.join(attempt.networks)})" if attempt.networks else "not checked",
            },
            {"term": "On-site code", "value": f"from {sat.let_in_by}" if sat.let_in_by else "not asked"},
            {"term": "During it", "value": summary(sat.events)},
        ],
        "lines": lines[:SHOWN_EVENTS],
        "more": f"And {len(lines) - SHOWN_EVENTS} more." if len(lines) > SHOWN_EVENTS else "",
    }


def _until(started_at: datetime, closed_at: datetime, zone: str) -> str:
    """Return when a sitting closed: its time, or its day and time where it is not the day that it started on."""
    same = day_in(zone, started_at) == day_in(zone, closed_at)
    return clock_time(closed_at, zone) if same else moment(closed_at, zone)


def outcome(attempt: Attempt, *, over: bool) -> str:
    """Return what came of a sitting, as far as it is known."""
    if attempt.closed_by == CLOSED_BY_WITHDRAWAL:
        return "does not count: what it asked was withdrawn"
    if attempt.score_numerator is None or attempt.score_denominator is None:
        return "time ran out, not scored yet" if over else "still running"
    score = percent_of(attempt.score_numerator, attempt.score_denominator)
    return f"{score}%, {'passed' if attempt.passed else 'not passed'}"


def summary(events: Sequence[Told]) -> str:
    """Return how often the page was left and text was copied, in one sentence."""
    left = sum(one.kind == EventKind.LEFT for one in events)
    copied = sum(one.kind == EventKind.COPIED for one in events)
    if len(events) >= MOST_EVENTS:
        return f"At least {MOST_EVENTS} times something was told; no more was written down."
    if not left and not copied:
        return "Nothing was noted."
    parts = [f"the page was left {_times(left)}"] if left else []
    parts += [f"text was copied {_times(copied)}"] if copied else []
    text = ", and ".join(parts)
    return f"{text[:1].upper()}{text[1:]}."


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"


def _lines(events: Iterable[Told], zone: str) -> list[str]:
    """Return what was told line by line; who came back tells for how long they were away."""
    lines: list[str] = []
    left_at: datetime | None = None
    for one in events:
        at = f"{clock_time(one.happened_at, zone)}, {f'question {one.position}' if one.position else 'review'}"
        if one.kind == EventKind.LEFT:
            left_at = one.happened_at
            lines.append(f"{at}: left the page")
        elif one.kind == EventKind.COPIED:
            lines.append(f"{at}: copied text")
        elif left_at is not None:
            away = counted(round((one.happened_at - left_at).total_seconds()), "second")
            lines.append(f"{at}: came back after {away}")
            left_at = None
    return lines


def follow_up_alerts(waiting: Iterable[tuple[int, str, int]]) -> list[Context]:
    """Return an alert for each person (account id, name, open tasks) with something to talk over."""
    return [
        {
            "tone": "warning",
            "title": f"Talk it over with {name}",
            "text": f"{name} was sure of {counted(number, 'wrong answer')} to critical questions.",
            "action": {"label": "See the topics", "href": url_for("sittings.show", account_id=account_id)},
        }
        for account_id, name, number in waiting
    ]
