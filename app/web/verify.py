"""Anybody checks a certificate number: whether it stands today, and no more than the certificate says."""

from datetime import date, datetime
from typing import Any

from flask import Blueprint, g, redirect, render_template, request, url_for

from app import clock
from app.certification import numbers, queries
from app.certification.lifecycle import State, StateAsOf
from app.certification.queries import Held
from app.people import queries as people
from app.web.access import limits, now, public, reading
from app.web.recall_task_pages import open_line
from app.web.words import Context, day, held_cells, held_notes, moment, scope_rows

bp = Blueprint("verify", __name__)

PER_ADDRESS = "60 per minute"
LONGEST = 64
EXAMPLE = "0000-0000-0000-00000"
TITLES = {
    "active": ("Current", "The certification stands today."),
    "grace": ("Grace", "The period has ended; the holder may treat only with a second person's sign-off."),
    "expired": ("Expired", "The certification has ended and was not renewed."),
    "suspended": ("Suspended", "The certification is on hold; nothing may be done under it."),
    "revoked": ("Revoked", "The certification was withdrawn for good."),
    "superseded": ("Superseded", "Another certification has taken its place."),
    "unknown": ("Unknown", "We have no certificate with this number."),
    "mistyped": ("Typing error", "This cannot be a number of ours: a character is wrong, missing or too many."),
}
HELP = {
    "unknown": (
        "Compare each character with the certificate.",
        "If the number is right, ask the clinic. Do not take the paper as proof.",
    ),
    "mistyped": (
        "Compare each character. A number has 17 letters and digits, and never the letters I, L, O or U.",
        "Ask the holder for the number in writing, and copy it from there.",
    ),
}


@bp.get("/verify")
@public
def ask() -> Any:
    """Show the form, or go to the answer for the number that it sent."""
    typed = request.args.get("number", "").strip()[:LONGEST]
    if typed:
        return redirect(url_for("verify.answer", number=typed.replace("/", "-")), 303)
    return render_template("verify/answer.html", check=_page(None, None, ""))


@bp.get("/verify/<string:number>")
@public
def answer(number: str) -> Any:
    """Say whether a certificate stands today; a typing error is told from an unknown number."""
    if limits().too_many(PER_ADDRESS, "verify", request.remote_addr):
        return render_template("verify/answer.html", check=_busy(number)), 429
    printed = numbers.read_number(number)
    if printed is None:
        return render_template("verify/answer.html", check=_page(_answer("mistyped", number), None, number)), 404
    with reading() as found:
        held = queries.by_number(found, printed)
        if held is None:
            return render_template("verify/answer.html", check=_page(_answer("unknown", printed), None, number)), 404
        organisation = people.get_organisation(found, held.certification.organisation_id)
        g.demo = organisation.is_demo
    return render_template("verify/answer.html", check=_found(held, organisation.time_zone, now()))


def _answer(state: str, number: str, line: str = "") -> Context:
    return {"state": state, "title": TITLES[state][0], "line": line or TITLES[state][1], "number": number}


def _page(shown: Context | None, holder: Context | None, typed: str, checked: str = "") -> Context:
    state = shown["state"] if shown else ""
    return {
        "answer": shown,
        "holder": holder,
        "help": HELP.get(state, ()),
        "number": typed if holder is None else "",
        "form_url": url_for("verify.ask"),
        "form_label": "Try again" if shown and not holder else "Certificate number",
        "example": EXAMPLE,
        "meanings": [{"state": key, "title": title, "text": text} for key, (title, text) in TITLES.items()],
        "checked": checked,
    }


def _busy(number: str) -> Context:
    line = "Too many checks from your network. Wait a minute, then try again."
    return _page({"state": "unknown", "title": "Not checked", "line": line, "number": number[:LONGEST]}, None, number)


def _found(held: Held, zone: str, at: datetime) -> Context:
    today = clock.day_in(zone, at)
    state = held.on(today, at)
    shown = state.state.value
    name = held.certification.name
    lines = {
        "active": f"{name} may treat under it only with a second person's sign-off, until {state.leaning} is renewed."
        if state.leaning and state.cells
        else f"{name} holds this certification today.",
        "grace": f"{name} may treat under it only with a second person's sign-off."
        if state.cells
        else f"The period of {name} has ended; it can still be renewed.",
    }
    page = _page(
        _answer(shown, held.certification.number, lines.get(shown, "")),
        _holder(held, state, today, at),
        "",
        moment(at, zone),
    )
    return {**page, "form_label": "Check another certificate"}


def _holder(held: Held, state: StateAsOf, today: date, at: datetime) -> Context:
    certification = held.certification
    # Renewed early, its next period waits: it ends as late as its holder and the board read.
    period = state.latest_period if state.state is State.ACTIVE else state.period
    dates = [("Certified", state.first_issued_on), ("Valid to", period.last_on if period else None)]
    if period and period.grace_last_on > period.last_on:
        dates.append(("Grace to", period.grace_last_on))
    if state.state in (State.SUSPENDED, State.REVOKED, State.SUPERSEDED):
        dates.append((TITLES[state.state.value][0], state.since_on))
    return {
        "name": certification.name,
        "scheme": certification.scheme["title"],
        "scheme_note": f"Edition {certification.scheme['edition']}",
        "issuer": certification.scheme["issuer"],
        "dates": [{"term": term, "value": day(value)} for term, value in dates if value],
        "newer": None,
        "recall": open_line(held.recalls, today, at),
        "in_force": state.state in (State.ACTIVE, State.GRACE),
        "scope": scope_rows(state.cells, certification.scheme["devices"], held_cells(state)),
        "held": held_notes(state, certification.scheme["devices"], why=False),
        "disclaimer": certification.scheme["disclaimer"],
    }
