"""The result of an attempt: passed or not and why, by objective, what to read again, keys where the policy allows."""

from collections.abc import Mapping
from enum import Enum
from fractions import Fraction
from typing import Any

from flask import Blueprint, render_template, url_for
from markupsafe import Markup
from sqlalchemy.orm import Session

from app.certification.standing import Standing, record_after, standing_of
from app.exams import history, timing
from app.exams.aftermath import NOTHING_AFTER, Aftermath, aftermath
from app.exams.models import CLOSED_BY_WITHDRAWAL, Attempt
from app.exams.regrading import credit_of
from app.exams.scoring import number_shown, percent_shown
from app.people import queries as people
from app.people.permissions import Action
from app.releases import queries as releases
from app.releases.models import Release
from app.releases.queries import NOTHING_WITHDRAWN, Withdrawals
from app.web.access import now, reading, requires, visitor
from app.web.exam_words import seat_text
from app.web.held_words import held_alert
from app.web.proof_words import proof_context
from app.web.results_after import appeals_context, asked_facts, entry, regrade_context, wrong_critical
from app.web.words import Context, counted, moment

bp = Blueprint("results", __name__)

CRITICAL = (
    "A wrong answer here could injure a client or a colleague. "
    "That is why one wrong critical answer means not passed, whatever the score."
)
NO_MORE = "This exam does not count"
TITLES = {CLOSED_BY_WITHDRAWAL: NO_MORE}
ENDED = {
    "ended": "It was ended before you submitted it, so it does not count.",
    CLOSED_BY_WITHDRAWAL: (
        "A medical director withdrew what it asked while you sat it. It is not one of your attempts, and you need not "
        "wait before the next one."
    ),
}
VOID = (
    "A medical director withdrew what it rests on, so it does not count any more. It is not one of your attempts, and "
    "you need not wait before the next one."
)
FEW = 2  # more reasons than this are no sentence any more; the rows and bars below tell each


@bp.get("/attempts/<id:attempt_id>/result")
@requires(Action.LEARN)
def show(attempt_id: int) -> Any:
    """Show the result of one's own attempt; one that ran out is recorded by the button on the page."""
    with reading() as found:
        attempt, release, history = _own_attempt(found, attempt_id)
        if attempt.closed_at is None:
            return render_template("exams/over.html", over=_unrecorded(attempt, release))
        zone, practice = visitor().person.time_zone, bool(attempt.passed)
        record = record_after(found, attempt=attempt, history=history, zone=zone, practice=practice)
        where = standing_of(record, release, now(), _withdrawn(found, attempt, release))
        after = NOTHING_AFTER if attempt.closed_by == CLOSED_BY_WITHDRAWAL else aftermath(found, attempt)
        managers = _managers(found, where)
    void = attempt.id in record.histories[attempt.course_id].void
    keys = _keys(where, passed=bool(attempt.passed) and not void, sits=history.sits)
    result = _result(attempt, where, after, managers, keys=keys, void=void)
    facts = [] if history.sits else _asked_facts(attempt.result or {}, where, after)
    return render_template("exams/result.html", result={**result, "facts": facts})


def _own_attempt(found: Session, attempt_id: int) -> tuple[Attempt, Release, history.History]:
    who = visitor().actor
    return history.attempt_in_course(
        found, organisation_id=who.organisation_id, account_id=who.account_id, attempt_id=attempt_id, now=now()
    )


def _withdrawn(found: Session, attempt: Attempt, release: Release) -> Withdrawals:
    """Return what was withdrawn of the release, where that ended the attempt."""
    if attempt.closed_by != CLOSED_BY_WITHDRAWAL:
        return NOTHING_WITHDRAWN
    return releases.withdrawals(found, release.organisation_id, release.id)


def _unrecorded(attempt: Attempt, release: Release) -> Context:
    zone = visitor().person.time_zone
    running = timing.closed_at_of(None, attempt.deadline_at, now()) is None
    return {
        "exam": release.title,
        "running": running,
        "until": moment(attempt.deadline_at, zone),
        "submit_url": url_for("exams.submit", attempt_id=attempt.id),
        "resume_url": url_for("exams.item", attempt_id=attempt.id, position=1),
    }


def _used_up(where: Standing) -> bool:
    return isinstance(where.seat, timing.Refused) and where.seat.kind is timing.RefusalKind.USED_UP


def _managers(found: Session, where: Standing) -> list[str]:
    who = visitor().actor
    return people.manager_names(found, who.organisation_id, who.account_id) if _used_up(where) else []


class Keys(Enum):
    """Whether the keys and whys of a paper are shown."""

    HIDDEN = "hidden"
    RESTING = "resting"  # they may be shown, but not while any exam is sat: courses share facts, and so questions
    SHOWN = "shown"


def _keys(where: Standing, *, passed: bool, sits: bool) -> Keys:
    """The course's review policy: keys and whys after a pass or the last attempt, only after the last, or never."""
    policy = where.release.manifest["exam"]["review"]
    over = _used_up(where)
    if not {"after_pass": passed or over, "after_last_attempt": over}.get(policy, False):
        return Keys.HIDDEN
    return Keys.RESTING if sits else Keys.SHOWN


def _result(
    attempt: Attempt, where: Standing, after: Aftermath, managers: list[str], *, keys: Keys, void: bool
) -> Context:
    manifest, stored = where.release.manifest, attempt.result or {}
    zone, passed = visitor().person.time_zone, bool(attempt.passed) and not void
    shows_keys = keys is Keys.SHOWN
    reasons = [_reason(one, manifest["objectives"]) for one in stored["reasons"]]
    told = " ".join(reasons) if len(reasons) <= FEW else _asked_for(manifest["exam"])
    text = "You reached what this exam asks for." if passed else told
    return {
        "exam": f"{where.release.title}: exam",
        "passed": passed,
        "title": "Passed" if passed else NO_MORE if void else TITLES.get(attempt.closed_by or "", "Not passed"),
        "text": ENDED.get(attempt.closed_by or "", VOID if void else text),
        "meta": [
            moment(attempt.closed_at or attempt.deadline_at, zone),
            f"Attempt {attempt.number}",
            *(["The time ran out"] if attempt.closed_by == "ran_out" else []),
        ],
        "rules": _rules(stored, manifest["exam"]),
        "award": _award(where, passed, zone, managers),
        "cut_percent": manifest["exam"]["cut_score_percent"],
        "objectives_text": _objectives_text(manifest["exam"]),
        "objectives": _objectives(stored, manifest),
        "critical": _critical(stored, manifest, after, shows_keys=shows_keys),
        "again": _again(stored, where),
        "proof": proof_context(attempt, manifest["objectives"]),
        "regrade": regrade_context(attempt, after, zone),
        "appeals": appeals_context(attempt, after, now(), zone),
        "entries": [entry(one, after, where.release.course_id) for one in after.asked] if shows_keys else [],
        "resting": keys is Keys.RESTING,
    }


def _reason(one: Mapping[str, Any], objectives: Mapping[str, str]) -> str:
    """Return a reason that names the part it is about, such as `Set the device: 40% in this part; 60% is needed`."""
    part = objectives[one["objective"]].rstrip(".") if one["objective"] else ""
    return f"{part}: {one['text']}" if part else str(one["text"])


def _asked_for(exam: Mapping[str, Any]) -> str:
    """Return what passing takes."""
    needed = [f"{exam['cut_score_percent']}% in all"]
    if any(section["cut_score_percent"] for section in exam["sections"]):
        needed.append("the cut line of every part")
    if exam["critical_items"] == "must_pass":
        needed.append("every critical question right")
    *others, last = needed
    return f"To pass it takes {', '.join(others)} and {last}." if others else f"To pass it takes {last}."


def _rules(stored: Mapping[str, Any], exam: Mapping[str, Any]) -> list[Context]:
    score = Fraction(stored["score"])
    total = sum(section["of"] for section in stored["sections"])
    got = sum((Fraction(section["got"]) for section in stored["sections"]), Fraction(0))
    reached = score * 100 >= exam["cut_score_percent"]
    rules = [
        {
            "term": "Score",
            "figure": f"{percent_shown(score)}%",
            "text": f"{number_shown(got)} of {counted(total, 'question')}, cut line {exam['cut_score_percent']}%",
            "met": reached,
            "word": "Reached" if reached else "Not reached",
        }
    ]
    rules += _parts(stored)
    if stored["critical_of"]:
        right, of = stored["critical_right"], stored["critical_of"]
        must = exam["critical_items"] == "must_pass"
        met = right == of or not must
        rules.append(
            {
                "term": "Critical questions",
                "figure": f"{right} of {of}",
                "text": "All must be right" if must else "They count like the others",
                "met": met,
                "word": "Reached" if met else "Not reached",
            }
        )
    return rules


def _parts(stored: Mapping[str, Any]) -> list[Context]:
    """Return the row of the parts with a cut line of their own, where there are any."""
    own = [section for section in stored["sections"] if section["cut"]]
    right = sum(section["reached"] for section in own)
    met = right == len(own)
    row = {
        "term": "Parts",
        "figure": f"{right} of {len(own)}",
        "text": "Each has a cut line of its own",
        "met": met,
        "word": "Reached" if met else "Not reached",
    }
    return [row] if own else []


def _objectives_text(exam: Mapping[str, Any]) -> str:
    own = any(section["cut_score_percent"] for section in exam["sections"])
    if own:
        return "Each part has its own cut line, and the whole exam has one. Below a line, read again."
    cut = exam["cut_score_percent"]
    return f"The cut line of {cut}% counts for the whole exam. Below it, an objective tells you what to read again."


def _objectives(stored: Mapping[str, Any], manifest: Mapping[str, Any]) -> list[Context]:
    rows = []
    for section in stored["sections"]:
        got, cut = Fraction(section["got"]), section["cut"]
        if not section["of"]:
            continue  # every question of it was dropped
        share = got / section["of"]
        line = percent_shown(Fraction(cut)) if cut else manifest["exam"]["cut_score_percent"]
        rows.append(
            {
                "name": manifest["objectives"][section["objective"]],
                "right": f"{number_shown(got)} of {section['of']}",
                "percent": percent_shown(share),
                "cut_percent": line,
                "below": not section["reached"],
                "word": "Reached" if section["reached"] else "Read again",
            }
        )
    return rows


def _critical(
    stored: Mapping[str, Any], manifest: Mapping[str, Any], after: Aftermath, *, shows_keys: bool
) -> Context | None:
    if not stored["critical_of"]:
        return None
    if shows_keys:
        found = [(one, credit_of(scored)) for one, scored in zip(after.asked, after.answered, strict=True)]
        rows = [
            {"name": Markup(one.shown["stem"]).striptags(), "met": got == 1, "word": "Right" if got == 1 else "Wrong"}  # noqa: S704
            for one, got in found
            if one.critical and got is not None
        ]
    else:
        # While attempts remain the topic is named, never the question: that would give the key away.
        wrong = wrong_critical(after)
        rows = [
            {"name": manifest["objectives"][one], "met": False, "word": _times("Wrong", wrong[one])}
            for one in stored["failed_critical"]
        ]
        right = stored["critical_right"]
        rows += [{"name": counted(right, "other critical question"), "met": True, "word": "Right"}] if right else []
    return {"text": CRITICAL, "rows": rows}


def _times(word: str, number: int) -> str:
    return f"{word} ({number})" if number > 1 else word


def _weak(stored: Mapping[str, Any]) -> set[str]:
    return {one["objective"] for one in stored["sections"] if not one["reached"]} | set(stored["failed_critical"])


def _asked_facts(stored: Mapping[str, Any], where: Standing, after: Aftermath) -> list[Context]:
    """Return the facts to read again; not told while any exam is sat, which may ask some of them once more."""
    return asked_facts(after, _weak(stored), where.release.manifest["objectives"], where.release.course_id)


def _again(stored: Mapping[str, Any], where: Standing) -> list[Context]:
    weak = _weak(stored)
    manifest = where.release.manifest
    return [
        {
            "title": lesson["title"],
            "sub": ", ".join(manifest["objectives"][one] for one in lesson["objectives"] if one in weak),
            "note": f"{lesson['minutes']} min",
            "href": url_for("courses.lesson", course_id=where.release.course_id, lesson_id=lesson["id"]),
            "status": None,
        }
        for lesson in manifest["lessons"]
        if weak & set(lesson["objectives"])
    ]


def _award(where: Standing, passed: bool, zone: str, managers: list[str]) -> Context:  # noqa: FBT001
    title, number = where.release.manifest["scheme"]["title"], ""
    award: Context = {"number": "", "number_url": "", "steps": [], "lines": [], "action": None}
    if passed and where.held and where.assessment.met:
        number = where.held.certification.number
        return {
            **award,
            "eyebrow": "Certification",
            "title": title,
            "number": number,
            "number_url": url_for("verify.answer", number=number),
            "steps": [{"text": one.text, "met": one.met} for one in where.assessment.requirements],
            "lines": ["It is issued in your name. Anyone can check the number.", *_on_hold(where, title)],
        }
    if passed:
        missing = where.assessment.missing
        return {
            **award,
            "eyebrow": title,
            "title": "What is still missing" if missing else "Nothing is missing",
            "steps": [{"text": one.text, "met": one.met} for one in where.assessment.requirements],
            "lines": ["The certification starts on the day on which the last of these is met."],
            "action": {"label": "To your start page", "href": "/"},
        }
    course_url = url_for("courses.show", course_id=where.release.course_id)
    return {
        **award,
        "eyebrow": "What you can do",
        "title": _next_try(where),
        "lines": [seat_text(where, zone, managers)],
        "action": {"label": "Back to the course", "href": course_url},
    }


def _on_hold(where: Standing, title: str) -> list[str]:
    alert = held_alert(where, title, None)
    return [f"{alert['title']}. {alert['text']}"] if alert else []


def _next_try(where: Standing) -> str:
    if isinstance(where.seat, timing.Allowed):
        return "Read, then sit it again"
    return "Ask for one more attempt" if _used_up(where) else "Sit it again later"
