"""The pages of a sitting, from what was read: the start, an item with its bar, the review."""

from flask import render_template, request, url_for
from markupsafe import Markup

from app.certification.rules import RequirementKind
from app.certification.standing import Standing
from app.exams import proctoring, queries, timing
from app.exams.accommodations import Signed
from app.exams.models import Attempt
from app.exams.queries import Overview, Sheet
from app.exams.timing import RefusalKind
from app.people.networks import elsewhere, is_inside
from app.web.access import now, visitor
from app.web.exam_words import (
    Held,
    bar_context,
    break_link,
    item_context,
    renewal_text,
    review_context,
    rules_of,
    size_of,
)
from app.web.terms_words import notes_of
from app.web.words import Context

FACTS = (
    "When you leave this page for another window or app, or copy text from it, that is written down with the time. "
    "It accuses nobody: your manager and the auditor read it as a fact."
)
POINTS = (
    "One question a page. Every answer is saved at once, and the page says so.",
    "Move freely, flag what you want to see again, and review before you submit.",
    "The clock goes on when you leave. Come back on any device and go on where you were.",
    "When the time is up, what you saved counts.",
    FACTS,
)


def start_page(where: Standing, text: str, signed: list[Signed], *, refused: bool) -> Context:
    """Return the page before an exam: its rules and the declaration, or why it cannot be sat now."""
    course_id = where.release.course_id
    networks = () if refused else visitor().person.networks
    course_url = url_for("courses.show", course_id=course_id)
    going_on = where.open_attempt
    terms = timing.terms_of(going_on.terms) if going_on else where.terms
    manifest = where.release.manifest
    renewal = where.renewal if going_on is None or _is_renewal(going_on) else None
    unread = next((one for one in where.assessment.missing if one.kind is RequirementKind.LESSONS), None)
    return {
        "title": f"{where.release.title}: {'renewal exam' if renewal else 'exam'}",
        "sub": "" if refused else text,
        "course_url": course_url,
        "course_title": where.release.title,
        "again": where.again is not None,
        "renewal": renewal_text(renewal, terms) if renewal and not refused else "",
        "rules": rules_of(manifest, terms, renewal),
        "more": notes_of(terms, size_of(manifest, renewal)[1], signed, visitor().person.time_zone) if signed else None,
        "points": POINTS,
        "declaration": proctoring.DECLARATION,
        "start_url": url_for("exams.begin", course_id=course_id),
        "start_label": "Start the exam",
        "resume_url": url_for("exams.item", attempt_id=going_on.id, position=1) if going_on else None,
        "unread": unread.text if unread and not (going_on or refused) else "",
        "refusal": _refusal(where, text) if refused else None,
        "code": bool(where.release.manifest["exam"].get("proctor_code")),
        "elsewhere": "" if is_inside(request.remote_addr, networks) else elsewhere(request.remote_addr),
    }


def _is_renewal(attempt: Attempt) -> bool:
    return "renewal" in attempt.proof


def _refusal(where: Standing, text: str) -> Context:
    good = isinstance(where.seat, timing.Refused) and where.seat.kind in (RefusalKind.PASSED, RefusalKind.NOT_OPEN)
    title = "There is no exam to sit now" if good else "You cannot sit this exam now"
    return {"tone": "success" if good else "warning", "title": title, "text": text, "action": None}


def item_of(sitting: queries.Sitting, told: Context | None = None) -> Context:
    """Return an item of a sitting with what is held of it; `told` is what else its page says."""
    mark, attempt = sitting.marks[sitting.position - 1], sitting.attempt
    held = Held(
        chosen=mark.chosen,
        certainty=mark.certainty,
        revision=mark.revision,
        saved_at=mark.saved_at,
        flagged=mark.flagged,
        asks_certainty=attempt.asks_certainty,
    )
    zone = visitor().person.time_zone
    return item_context(attempt.id, sitting.position, attempt.items, sitting.shown, held, zone, told)


def item_page(sitting: queries.Sitting, told: Context | None = None) -> str:
    """Return the page of an item."""
    return render_template("exams/item.html", item=item_of(sitting, told), exam=bar_of(sitting, sitting.position))


def bar_of(found: queries.Sitting | Sheet, current: int | None) -> Context:
    """Return the bar over a sitting: clock, places, the way to a break."""
    attempt = found.attempt
    return bar_context(
        attempt.id,
        found.title,
        f"{'Renewal' if _is_renewal(attempt) else 'Certification'} exam, attempt {attempt.number}",
        found.marks,
        deadline_at=attempt.deadline_at,
        now=now(),
        zone=visitor().person.time_zone,
        current=current,
        rest=break_link(attempt),
    )


def review_of(sheet: Sheet) -> Context:
    """Return the review of a sitting before it is submitted."""
    return review_page(sheet.attempt.id, sheet.overview, asks_certainty=sheet.attempt.asks_certainty)


def review_page(attempt_id: int, overview: Overview, *, asks_certainty: bool) -> Context:
    """Return the review of an attempt from the overview of its items."""
    stems = [str(Markup(stem).striptags()) for stem in overview.stems]  # noqa: S704  sanitised when published
    return review_context(attempt_id, list(zip(overview.marks, stems, strict=True)), asks_certainty=asks_certainty)
