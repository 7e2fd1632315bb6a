"""What the pages of changes to several certifications say: what was proposed by whom, and what became of it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from flask import request, url_for

from app.certification.acting import WHY_REVOKE, WHY_SUSPEND
from app.certification.lifecycle import EventKind, State
from app.certification.models import BulkChange, BulkDecision
from app.certification.queries import Held
from app.reports.changeable import Changeable, Wanted
from app.web.access import visitor
from app.web.forms import asked_id, asked_text
from app.web.words import Context, counted, day, moment, sentence, status_of

Row = tuple[BulkChange, BulkDecision | None]
OTHER_STATES = {State.SUSPENDED: "suspended", State.EXPIRED: "expired", State.GRACE: "in grace"}
WHAT = {EventKind.SUSPENDED.value: "Suspend", EventKind.REVOKED.value: "Revoke"}


def wanted() -> Wanted:
    """Return which certifications the address asks for."""
    return Wanted(clinic_id=asked_id("clinic"), course_id=asked_text("course"), name=asked_text("name"))


def ticked(listed: Changeable) -> list[int]:
    """Return what is chosen as the page opens: nothing, or all that is shown."""
    return [one.certification.id for one in listed.held] if request.args.get("tick") == "all" else []


def certification_choices(listed: Changeable, today: date, at: datetime) -> list[tuple[int, str]]:
    """Return the certifications that can be chosen, by name; what is not current says so."""
    return [(one.certification.id, _choice(one, one.on(today, at).state)) for one in listed.held]


def _choice(one: Held, state: State) -> str:
    told = OTHER_STATES.get(state, "")
    return f"{one.certification.name}, {one.certification.scheme['title']}{f' ({told})' if told else ''}"


def choose_page(listed: Changeable) -> Context:
    """Return what narrows down the certifications that can be chosen, and how many did not fit."""
    asked = wanted()
    narrowed: dict[str, Any] = {
        "clinic": asked.clinic_id,
        "course": asked.course_id or None,
        "name": asked.name or None,
    }
    shown = len(listed.held)
    return {
        "url": url_for("bulk_changes.ask"),
        "post_url": url_for("bulk_changes.propose", **narrowed),
        "tick_url": url_for("bulk_changes.ask", **narrowed, tick="all") if shown > 1 else "",
        "clear_url": url_for("bulk_changes.ask") if any(narrowed.values()) else "",
        "clinic": str(asked.clinic_id or ""),
        "clinics": [{"value": "", "label": "All clinics"}, *_options(listed.clinics)],
        "course": asked.course_id,
        "courses": [{"value": "", "label": "All courses"}, *_options(listed.courses.items())],
        "name": asked.name,
        "summary": shown_of(listed),
        "any": bool(shown),
        "tick_label": f"Tick all {shown}",
    }


def _options(pairs: Iterable[tuple[object, str]]) -> list[Context]:
    return [{"value": str(key), "label": label} for key, label in pairs]


def shown_of(listed: Changeable) -> str:
    """Say how many certifications are shown, and that there are more where not all are."""
    shown = len(listed.held)
    if not (listed.more or not listed.whole):
        return f"{counted(shown, 'certification')}, by name."
    of = f"{shown + listed.more}" if listed.whole else f"more than {shown + listed.more}"
    return f"The first {shown} of {of} are shown, by name. Narrow them down by clinic, course or name."


def list_page(rows: Sequence[Row], names: Mapping[int, str]) -> list[Context]:
    """Return what was proposed as rows."""
    return [_told(row, names) for row in rows]


def one_page(row: Row, held: Iterable[Held], names: Mapping[int, str], at: datetime) -> Context:
    """Return a proposal with every certification that it is about, and what the visitor may do with it."""
    made, _ = row
    today = visitor().today
    return {
        **_told(row, names),
        "own": made.account_id == visitor().actor.account_id,
        "confirm_url": url_for("bulk_changes.confirm", bulk_change_id=made.id),
        "withdraw_url": url_for("bulk_changes.withdraw", bulk_change_id=made.id),
        "certifications": [
            {
                "name": one.certification.name,
                "href": url_for("technicians.show", account_id=one.certification.account_id),
                "title": one.certification.scheme["title"],
                "status": status_of(one.on(today, at), today),
            }
            for one in held
        ],
    }


def _told(row: Row, names: Mapping[int, str]) -> Context:
    made, over = row
    zone = visitor().person.time_zone
    reasons = WHY_SUSPEND if made.kind == EventKind.SUSPENDED.value else WHY_REVOKE
    return {
        "what": f"{WHAT[made.kind]} {counted(len(made.certification_ids), 'certification')}",
        "from": day(made.effective_on),
        "why": f"{reasons[made.reason_code]}. {sentence(made.reason)}",
        "by": f"{names[made.account_id]}, {moment(made.proposed_at, zone)}",
        "state": "sign_off" if over is None else "active" if over.confirmed else "none",
        "label": "Waits for a second person" if over is None else "Confirmed" if over.confirmed else "Taken back",
        "note": f"{names[over.account_id]}, {moment(over.decided_at, zone)}" if over else "",
        "waits": over is None,
        "url": url_for("bulk_changes.one", bulk_change_id=made.id),
    }
