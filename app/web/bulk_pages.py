"""What the pages of changes to several certifications say: what was proposed by whom, and what became of it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from flask import url_for

from app.certification.acting import WHY_REVOKE, WHY_SUSPEND
from app.certification.lifecycle import EventKind, State
from app.certification.models import BulkChange, BulkDecision
from app.certification.queries import FINAL, Held
from app.web.access import visitor
from app.web.words import Context, counted, day, moment, sentence, status_of

Row = tuple[BulkChange, BulkDecision | None]
WHAT = {EventKind.SUSPENDED.value: "Suspend", EventKind.REVOKED.value: "Revoke"}


def certification_choices(held: Iterable[Held], today: date, at: datetime) -> list[tuple[int, str]]:
    """Return the certifications that can still be changed, by name."""
    found = [
        (one.certification.id, f"{one.certification.name}, {one.certification.scheme['title']}")
        for one in held
        if one.on(today, at).state not in (*FINAL, State.NONE)
    ]
    return sorted(found, key=lambda one: one[1])


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
