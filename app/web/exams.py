"""Sitting an exam: the rules, one item a page, saving, flagging, reviewing, submitting."""

import secrets
from typing import Any

from flask import Blueprint, g, redirect, render_template, request, url_for
from markupsafe import Markup
from sqlalchemy.orm import Session

from app.certification import service
from app.certification.rules import RequirementKind
from app.certification.standing import Standing, is_open, standing
from app.errors import RefusedError
from app.exams import accommodations, queries, timing
from app.exams.accommodations import Signed
from app.exams.queries import Sheet
from app.exams.service import Saved
from app.exams.timing import RefusalKind
from app.people import queries as people
from app.people.permissions import Action
from app.web import access
from app.web.access import fragment, is_fetch, now, reading, requires, transaction, visitor
from app.web.breaks import not_on_break
from app.web.errors import answer
from app.web.exam_words import bar_context, break_link, item_context, review_context, rules_of, seat_text
from app.web.terms_words import notes_of
from app.web.words import Context, clock_time

bp = Blueprint("exams", __name__)

SEED_BITS = 62
OVER = "This exam is over. Its result tells what counts."
DECLARATION = (
    "I sit this exam myself, without help and without notes, and I tell nobody its questions. "
    "I know that my answers are kept as part of my training record."
)
POINTS = (
    "One question a page. Every answer is saved at once, and the page says so.",
    "Move freely, flag what you want to see again, and review before you submit.",
    "The clock goes on when you leave. Come back on any device and go on where you were.",
    "When the time is up, what you saved counts.",
)


@bp.get("/courses/<string:course_id>/exam")
@requires(Action.LEARN)
def start(course_id: str) -> Any:
    """Show the rules and the declaration, or why the exam cannot be sat now."""
    who = visitor()
    with reading() as found:
        where = _standing(found, course_id)
        refused = where.open_attempt is None and isinstance(where.seat, timing.Refused)
        used_up = refused and where.seat.kind is timing.RefusalKind.USED_UP  # type: ignore[union-attr]
        managers = people.manager_names(found, who.actor.organisation_id, who.actor.account_id) if used_up else []
        signed = _signed(found, where, refused=refused)
    text = seat_text(where, who.person.time_zone, managers)
    return render_template("exams/start.html", exam=_start(where, text, signed, refused=refused))


@bp.post("/courses/<string:course_id>/exam")
@requires(Action.LEARN)
def begin(course_id: str) -> Any:
    """Start the next attempt after the declaration, or go on with the open one."""
    if request.form.get("declared") != "yes":
        return answer(422, "Tick the declaration before you start the exam.")
    seed = secrets.randbits(SEED_BITS)
    try:
        with transaction() as changed:
            attempt = service.start_attempt(changed, actor=visitor().actor, course_id=course_id, seed=seed, now=now())
    except RefusedError:
        with transaction() as changed:  # the refusal undid what starting had recorded of an attempt that ran out
            service.close_overdue(changed, now=now(), account_id=visitor().actor.account_id)
        raise
    return access.go("exams.item", attempt_id=attempt.id, position=1)


@bp.get("/attempts/<id:attempt_id>/items/<place:position>")
@requires(Action.LEARN)
def item(attempt_id: int, position: int) -> Any:
    """Show one item of a running attempt, with what was saved for it."""
    who = visitor()
    with reading() as found:
        sitting = queries.sitting(
            found,
            organisation_id=who.actor.organisation_id,
            account_id=who.actor.account_id,
            attempt_id=attempt_id,
            position=position,
        )
    if not is_open(sitting.attempt, now()):
        return redirect(url_for("results.show", attempt_id=attempt_id), 303)
    if timing.on_break(sitting.attempt.break_ends_at, now()):
        return access.go("breaks.show", attempt_id=attempt_id)
    return render_template("exams/item.html", item=_item(sitting), exam=_bar(sitting, position))


@bp.post("/attempts/<id:attempt_id>/items/<place:position>")
@requires(Action.LEARN)
def save(attempt_id: int, position: int) -> Any:
    """Save what was chosen; a script gets the next item with the answer, a plain form is sent there."""
    with transaction() as changed:
        saved = service.save_response(
            changed,
            actor=visitor().actor,
            attempt_id=attempt_id,
            position=position,
            form=request.form.to_dict(flat=False),
            now=now(),
        )
    if saved.over or saved.on_break:
        return _over(attempt_id) if saved.over else not_on_break(attempt_id)
    return _saved(attempt_id, position, saved) if is_fetch() else _go_on(attempt_id, position, saved)


@bp.post("/attempts/<id:attempt_id>/items/<place:position>/flag")
@requires(Action.LEARN)
def flag(attempt_id: int, position: int) -> Any:
    """Flag an item or take its flag away; a plain form brings along what was chosen."""
    who, flagged = visitor().actor, request.form.get("flag") == "on"
    form = request.form.to_dict(flat=False)
    with transaction() as changed:
        still_open = service.set_flag(
            changed, actor=who, attempt_id=attempt_id, position=position, flagged=flagged, now=now()
        )
        if still_open and not is_fetch():
            service.save_response(changed, actor=who, attempt_id=attempt_id, position=position, form=form, now=now())
    if not still_open:
        return _over(attempt_id)
    return {"flagged": flagged} if is_fetch() else access.go("exams.item", attempt_id=attempt_id, position=position)


@bp.get("/attempts/<id:attempt_id>/review")
@requires(Action.LEARN)
def review(attempt_id: int) -> Any:
    """Show what is answered and what is not, before submitting."""
    sheet = _sheet(attempt_id)
    if not is_open(sheet.attempt, now()):
        return redirect(url_for("results.show", attempt_id=attempt_id), 303)
    if timing.on_break(sheet.attempt.break_ends_at, now()):
        return access.go("breaks.show", attempt_id=attempt_id)
    return render_template("exams/review.html", review=_review(sheet), exam=_bar(sheet, None))


@bp.post("/attempts/<id:attempt_id>/submit")
@requires(Action.LEARN)
def submit(attempt_id: int) -> Any:
    """Submit an attempt; submitting again changes nothing."""
    with transaction() as changed:
        service.submit_attempt(changed, actor=visitor().actor, attempt_id=attempt_id, now=now())
    return access.go("results.show", attempt_id=attempt_id)


def _standing(found: Any, course_id: str) -> Standing:
    who = visitor()
    return standing(
        found,
        organisation_id=who.actor.organisation_id,
        account_id=who.actor.account_id,
        zone=who.person.time_zone,
        course_id=course_id,
        now=now(),
        practice=False,
    )


def _sheet(attempt_id: int) -> Sheet:
    who = visitor().actor
    with reading() as found:
        return queries.sheet(
            found, organisation_id=who.organisation_id, account_id=who.account_id, attempt_id=attempt_id
        )


def _signed(found: Session, where: Standing, *, refused: bool) -> list[Signed]:
    """Return who granted what the next or the running attempt has beyond the rules."""
    terms = where.open_attempt.terms if where.open_attempt else None
    ids = (terms or {}).get("accommodations", []) if where.open_attempt else [one.id for one in where.accommodations]
    return accommodations.signed(found, visitor().actor.organisation_id, ids) if ids and not refused else []


def _start(where: Standing, text: str, signed: list[Signed], *, refused: bool) -> Context:
    course_id = where.release.course_id
    course_url = url_for("courses.show", course_id=course_id)
    going_on = where.open_attempt
    terms = timing.terms_of(going_on.terms) if going_on else where.terms
    manifest = where.release.manifest
    unread = next((one for one in where.assessment.missing if one.kind is RequirementKind.LESSONS), None)
    return {
        "title": f"{where.release.title}: exam",
        "sub": "" if refused else text,
        "course_url": course_url,
        "course_title": where.release.title,
        "rules": rules_of(manifest, terms),
        "more": notes_of(terms, manifest["exam"], signed, visitor().person.time_zone) if signed else None,
        "points": POINTS,
        "declaration": DECLARATION,
        "start_url": url_for("exams.begin", course_id=course_id),
        "start_label": "Start the exam",
        "resume_url": url_for("exams.item", attempt_id=going_on.id, position=1) if going_on else None,
        "unread": unread.text if unread and not (going_on or refused) else "",
        "refusal": _refusal(where, text) if refused else None,
    }


def _refusal(where: Standing, text: str) -> Context:
    good = isinstance(where.seat, timing.Refused) and where.seat.kind in (RefusalKind.PASSED, RefusalKind.NOT_OPEN)
    title = "There is no exam to sit now" if good else "You cannot sit this exam now"
    return {"tone": "success" if good else "warning", "title": title, "text": text, "action": None}


def _item(sitting: queries.Sitting) -> Context:
    mark = sitting.marks[sitting.position - 1]
    return item_context(
        sitting.attempt.id,
        sitting.position,
        sitting.attempt.items,
        sitting.shown,
        chosen=mark.chosen,
        saved_at=mark.saved_at,
        flagged=mark.flagged,
        zone=visitor().person.time_zone,
    )


def _bar(found: queries.Sitting | Sheet, current: int | None) -> Context:
    attempt = found.attempt
    return bar_context(
        attempt.id,
        found.title,
        f"Certification exam, attempt {attempt.number}",
        found.marks,
        deadline_at=attempt.deadline_at,
        now=now(),
        zone=visitor().person.time_zone,
        current=current,
        rest=break_link(attempt),
    )


def _review(sheet: Sheet) -> Context:
    stems = [str(Markup(stem).striptags()) for stem in sheet.stems]  # noqa: S704  sanitised when published
    return review_context(sheet.attempt.id, list(zip(sheet.marks, stems, strict=True)))


def _over(attempt_id: int) -> Any:
    """Record what ran out, in a transaction of its own (a save holds the attempt, this takes the person first)."""
    with transaction() as changed:
        service.close_overdue(changed, now=now(), account_id=visitor().actor.account_id)
    goto = url_for("results.show", attempt_id=attempt_id)
    if is_fetch():
        return {"error": OVER, "goto": goto}, 410
    return redirect(goto, 303)


def _go_on(attempt_id: int, position: int, saved: Saved) -> Any:
    if {"up", "down"} & request.form.keys():
        return access.go("exams.item", attempt_id=attempt_id, position=position)
    if position == saved.items:
        return access.go("exams.review", attempt_id=attempt_id)
    return access.go("exams.item", attempt_id=attempt_id, position=position + 1)


def _saved(attempt_id: int, position: int, saved: Saved) -> Context:
    if token := request.form.get("csrf_token"):
        g.csrf_token = token  # it was just found valid: the next form takes it along
    zone = visitor().person.time_zone
    if saved.next_shown is None:
        following = fragment("exams/_review.html", review=_review(_sheet(attempt_id)))
    else:
        context = item_context(
            attempt_id,
            position + 1,
            saved.items,
            saved.next_shown,
            chosen=saved.next_chosen,
            saved_at=saved.next_saved_at,
            flagged=saved.next_flagged,
            zone=zone,
        )
        following = fragment("exams/_item.html", item=context)
    last = position == saved.items
    return {
        "saved": clock_time(saved.saved_at or now(), zone),
        "revision": saved.revision,
        "left": saved.seconds_left,
        "next": following,
        "next_url": f"/attempts/{attempt_id}/review" if last else f"/attempts/{attempt_id}/items/{position + 1}",
    }
