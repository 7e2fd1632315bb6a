"""Sitting an exam: the rules, one item a page, saving, flagging, reviewing, submitting."""

import re
import secrets
from typing import Any

from flask import Blueprint, abort, g, redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from app.certification import service
from app.certification.standing import Standing, is_open, standing
from app.content.values import ItemType
from app.errors import RefusedError
from app.exams import accommodations, proctoring, queries, timing, watching
from app.exams.accommodations import Signed
from app.exams.models import Attempt
from app.exams.queries import Sheet
from app.exams.responses import known_revision, understood
from app.exams.saving import Saved
from app.people import queries as people
from app.people.networks import elsewhere, is_inside
from app.people.permissions import Action
from app.web import access
from app.web.access import fragment, is_fetch, now, reading, requires, single, transaction, visitor
from app.web.breaks import not_on_break
from app.web.errors import answer
from app.web.exam_pages import bar_of, item_of, item_page, review_of, review_page, start_page
from app.web.exam_words import Held, item_context, seat_text
from app.web.words import Context, clock_time

bp = Blueprint("exams", __name__)

SEED_BITS = 62
PLACE = re.compile(r"[1-9][0-9]{0,3}", re.ASCII)
OVER = "This exam is over. Its result tells what counts."
NEWER = (
    "A newer answer was saved{at} in another tab or on another device, and it is shown here now. What you just chose "
    "was not saved. Choose again if you want to change it."
)
CODE_TRIES = "10 per 10 minutes"


@bp.get("/courses/<string:course_id>/exam")
@requires(Action.LEARN)
def start(course_id: str) -> Any:
    """Show the rules and the declaration, or why the exam cannot be sat now."""
    return _start(course_id)


def _start(course_id: str, code_error: str = "") -> str:
    who = visitor()
    with reading() as found:
        where = _standing(found, course_id)
        refused = where.open_attempt is None and isinstance(where.seat, timing.Refused)
        used_up = refused and where.seat.kind is timing.RefusalKind.USED_UP  # type: ignore[union-attr]
        managers = people.manager_names(found, who.actor.organisation_id, who.actor.account_id) if used_up else []
        signed = _signed(found, where, refused=refused)
    text = seat_text(where, who.person.time_zone, managers)
    page = start_page(where, text, signed, refused=refused)
    return render_template("exams/start.html", exam={**page, "code_error": code_error})


@bp.post("/courses/<string:course_id>/exam")
@requires(Action.LEARN)
def begin(course_id: str) -> Any:
    """Start the next attempt after the declaration, or go on with the open one."""
    if request.form.get("declared") != "yes":
        return answer(422, "Tick the declaration before you start the exam.")
    code_id = _code(course_id)
    if code_id is None and request.form.get("code"):
        return _start(course_id, proctoring.WRONG_CODE), 422
    try:
        with transaction() as changed:
            attempt = _started(changed, course_id, code_id)
    except RefusedError:
        with transaction() as changed:  # the refusal undid what starting had recorded of an attempt that ran out
            service.close_overdue(changed, now=now(), account_id=visitor().actor.account_id)
        raise
    return access.go("exams.item", attempt_id=attempt.id, position=1)


@bp.get("/attempts/<id:attempt_id>/items/<place:position>")
@requires(Action.LEARN)
def item(attempt_id: int, position: int) -> Any:
    """Show one item of a running attempt, with what was saved for it."""
    sitting = _sitting(attempt_id, position)
    return _kept_from(sitting.attempt) or item_page(sitting)


@bp.post("/attempts/<id:attempt_id>/items/<place:position>")
@requires(Action.LEARN)
def save(attempt_id: int, position: int) -> Any:
    """Save what was chosen; a script gets the next item with the answer, a plain form is sent there."""
    try:
        with single() as changed:
            saved = _save(changed, attempt_id, position)
    except RefusedError as refusal:
        return _refused(attempt_id, position, refusal)
    if saved.over or saved.on_break or saved.overtaken:
        return _not_saved(attempt_id, position, saved)
    return _saved(attempt_id, position, saved) if is_fetch() else _go_on(attempt_id, position, saved)


@bp.post("/attempts/<id:attempt_id>/items/<place:position>/flag")
@requires(Action.LEARN)
def flag(attempt_id: int, position: int) -> Any:
    """Flag an item or take its flag away; a plain form brings along what was chosen."""
    who, flagged, saved = visitor().actor, request.form.get("flag") == "on", Saved()
    with transaction() as changed:
        still_open = service.set_flag(
            changed, actor=who, attempt_id=attempt_id, position=position, flagged=flagged, now=now()
        )
        if still_open and not is_fetch():
            saved = _save(changed, attempt_id, position)
    if not still_open:
        return _over(attempt_id)
    if saved.overtaken:
        return _overtaken(attempt_id, position)
    return {"flagged": flagged} if is_fetch() else access.go("exams.item", attempt_id=attempt_id, position=position)


@bp.post("/attempts/<id:attempt_id>/events")
@requires(Action.LEARN)
def note(attempt_id: int) -> Any:
    """Write down what the browser tells: that the page was left or come back to, that text was copied."""
    position, kind = request.form.get("position", ""), request.form.get("kind", "")
    with transaction() as changed:
        watching.note(
            changed,
            actor=visitor().actor,
            attempt_id=attempt_id,
            position=int(position) if PLACE.fullmatch(position) else None,
            kind=kind,
            now=now(),
        )
    return "", 204


@bp.get("/attempts/<id:attempt_id>/review")
@requires(Action.LEARN)
def review(attempt_id: int) -> Any:
    """Show what is answered and what is not, before submitting."""
    sheet = _sheet(attempt_id)
    shown = {"review": review_of(sheet), "exam": bar_of(sheet, None)}
    return _kept_from(sheet.attempt) or render_template("exams/review.html", **shown)


@bp.post("/attempts/<id:attempt_id>/submit")
@requires(Action.LEARN)
def submit(attempt_id: int) -> Any:
    """Submit an attempt; submitting again changes nothing."""
    with transaction() as changed:
        service.submit_attempt(changed, actor=visitor().actor, attempt_id=attempt_id, now=now())
    goto = url_for("results.show", attempt_id=attempt_id)
    return {"goto": goto} if is_fetch() else redirect(goto, 303)


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


def _code(course_id: str) -> int | None:
    """Return the id of the code that was entered, None where none was or it does not fit."""
    typed, who = request.form.get("code", "").strip(), visitor().actor
    if not typed:
        return None
    if access.limits().too_many(CODE_TRIES, "proctor-code", who.account_id):
        abort(429)
    with reading() as found:
        return proctoring.find_code(found, actor=who, course_id=course_id, code=typed, now=now())


def _started(changed: Session, course_id: str, code_id: int | None) -> Attempt:
    return service.start_attempt(
        changed,
        actor=visitor().actor,
        course_id=course_id,
        seed=secrets.randbits(SEED_BITS),
        now=now(),
        code_id=code_id,
        address=request.remote_addr,
    )


def _save(changed: Session, attempt_id: int, position: int) -> Saved:
    """Save what the request's form chose, over nothing but the revision that its page showed."""
    form = request.form.to_dict(flat=False)
    return service.save_response(
        changed,
        actor=visitor().actor,
        attempt_id=attempt_id,
        position=position,
        form=form,
        now=now(),
        known=known_revision(form),
        address=request.remote_addr,
    )


def _sitting(attempt_id: int, position: int) -> queries.Sitting:
    who = visitor().actor
    with reading() as found:
        return queries.sitting(
            found,
            organisation_id=who.organisation_id,
            account_id=who.account_id,
            attempt_id=attempt_id,
            position=position,
        )


def _sheet(attempt_id: int) -> Sheet:
    who = visitor().actor
    with reading() as found:
        return queries.sheet(
            found, organisation_id=who.organisation_id, account_id=who.account_id, attempt_id=attempt_id
        )


def _kept_from(attempt: Attempt) -> Any:
    """Return what is answered in place of a paper that must not be seen now: it is over, on a break, or elsewhere."""
    if not is_open(attempt, now()):
        return access.go("results.show", attempt_id=attempt.id)
    if timing.on_break(attempt.break_ends_at, now()):
        return access.go("breaks.show", attempt_id=attempt.id)
    if not is_inside(request.remote_addr, attempt.networks):
        return answer(403, elsewhere(request.remote_addr))
    return None


def _signed(found: Session, where: Standing, *, refused: bool) -> list[Signed]:
    """Return who granted what the next or the running attempt has beyond the rules."""
    terms = where.open_attempt.terms if where.open_attempt else None
    ids = (terms or {}).get("accommodations", []) if where.open_attempt else [one.id for one in where.accommodations]
    return accommodations.signed(found, visitor().actor.organisation_id, ids) if ids and not refused else []


def _not_saved(attempt_id: int, position: int, saved: Saved) -> Any:
    if saved.over:
        return _over(attempt_id)
    return not_on_break(attempt_id) if saved.on_break else _overtaken(attempt_id, position)


def _overtaken(attempt_id: int, position: int) -> Any:
    """Answer a save that came too late with what stands now, and say so."""
    sitting = _sitting(attempt_id, position)
    saved_at = sitting.marks[position - 1].saved_at
    at = f" at {clock_time(saved_at, visitor().person.time_zone)}" if saved_at else ""
    note = NEWER.format(at=at)
    if is_fetch():
        _keep_token()
        return {"error": note, "newer": fragment("exams/_item.html", item=item_of(sitting, {"note": note}))}, 409
    return item_page(sitting, {"note": note}), 409


def _refused(attempt_id: int, position: int, refusal: RefusedError) -> Any:
    """Answer a choice that cannot be saved: a script with the words, a form with its page as it was filled in."""
    if is_fetch():
        raise refusal
    sitting, told = _sitting(attempt_id, position), str(refusal)
    typed = sitting.shown["type"] == ItemType.NUMERIC.value
    shown = {"chosen": request.form.get("value", ""), "understood": "", "error": told} if typed else {"note": told}
    return _kept_from(sitting.attempt) or (item_page(sitting, shown), 409)


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


def _keep_token() -> None:
    if token := request.form.get("csrf_token"):
        g.csrf_token = token  # it was just found valid: the next form takes it along


def _review_after(attempt_id: int, saved: Saved) -> Context:
    with reading() as found:
        overview = queries.overview(found, attempt_id, asks_certainty=saved.asks_certainty)
    return review_page(attempt_id, overview, asks_certainty=saved.asks_certainty)


def _saved(attempt_id: int, position: int, saved: Saved) -> Context:
    _keep_token()
    zone, after = visitor().person.time_zone, saved.following
    if after is None:
        following = fragment("exams/_review.html", review=_review_after(attempt_id, saved))
    else:
        held = Held(
            chosen=after.chosen,
            certainty=after.certainty,
            revision=after.revision,
            saved_at=after.saved_at,
            flagged=after.flagged,
            asks_certainty=saved.asks_certainty,
        )
        context = item_context(attempt_id, position + 1, saved.items, after.shown, held, zone, None)
        following = fragment("exams/_item.html", item=context)
    last = position == saved.items
    return {
        "saved": clock_time(saved.saved_at or now(), zone),
        "revision": saved.revision,
        "understood": understood(saved.chosen, saved.unit) if isinstance(saved.chosen, str) else "",
        "left": saved.seconds_left,
        "next": following,
        "next_url": f"/attempts/{attempt_id}/review" if last else f"/attempts/{attempt_id}/items/{position + 1}",
    }
