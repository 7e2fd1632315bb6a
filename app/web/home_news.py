"""What a technician's home tells of exams that were scored again, and of appeals that were answered."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from flask import url_for

from app.certification.standing import Standing
from app.exams.case_news import NO_NEWS, News
from app.exams.models import Attempt
from app.exams.scoring import percent_of
from app.web.words import Context

# As long as a result can be contested: whoever does not sign in every week finds it, too.
TOLD_FOR = timedelta(days=30)


def news_alerts(standings: Sequence[Standing], news: Mapping[str, News]) -> list[Context]:
    """Return the alerts of what came after results of these courses."""
    return [alert for one in standings for alert in _alerts(one, news.get(one.release.course_id, NO_NEWS))]


def _alerts(where: Standing, news: News) -> list[Context]:
    attempts, title, alerts = {one.id: one for one in where.attempts}, where.release.title, list[Context]()
    if news.regraded in attempts:
        alerts.append(_regraded(attempts[news.regraded], title))
    if news.answered in attempts:
        alerts.append(
            {
                "tone": "info",
                "title": "Your appeal was answered",
                "text": f"{title}: the answer and its reason stand beside your result.",
                "action": {"label": "Read the answer", "href": _result_url(attempts[news.answered], "appeals")},
            }
        )
    return alerts


def _regraded(attempt: Attempt, title: str) -> Context:
    before = _told(attempt.original_numerator, attempt.original_denominator, passed=bool(attempt.original_passed))
    now = _told(attempt.score_numerator, attempt.score_denominator, passed=bool(attempt.passed))
    kept = "What counts is as before; your result says why."
    return {
        "tone": "success" if attempt.passed and not attempt.original_passed else "info",
        "title": "Your exam was scored again",
        "text": f"{title}, attempt {attempt.number}: the key of a question turned out wrong. "
        + (kept if before == now else f"At first {before}; now {now}."),
        "action": {"label": "See the result", "href": _result_url(attempt, None)},
    }


def _told(numerator: int | None, denominator: int | None, *, passed: bool) -> str:
    score = f"{percent_of(numerator, denominator)}%, " if numerator is not None and denominator else ""
    return f"{score}{'passed' if passed else 'not passed'}"


def _result_url(attempt: Attempt, anchor: str | None) -> str:
    return url_for("results.show", attempt_id=attempt.id, _anchor=anchor)
