"""The page of a training record and the files that it is sent as; who has not said so yet today is asked first."""

import re
from collections.abc import Mapping
from typing import Any

from flask import Response, redirect, render_template, request, url_for

from app.people.permissions import Action
from app.reports.exports import DEMO
from app.reports.record_pdf import record_pdf
from app.reports.record_values import TrainingRecord
from app.reports.training_record import AskedRecord, FoundRecord, training_record
from app.web import access, errors
from app.web.access import now, reading, visitor
from app.web.record_words import record_blocks, record_facts
from app.web.words import Context, day

PER_PERSON = "120 per hour"  # a PDF takes some tens of milliseconds
LEAVE_OUT = {"accommodations": "no"}


def page(account_id: int, form: Any) -> Any:
    """Return the page of a record, or the question before it."""
    if not form.validate():
        return render_template("records/record.html", form=form, record=None), 400
    found = _found(account_id, form)
    if not found.noted:
        return render_template("records/before.html", record=_before(found.record))
    return render_template("records/record.html", form=form, record=_page(found.record))


def send_json(account_id: int, form: Any) -> Any:
    """Send a record as JSON."""
    refusal, record = _to_send(account_id, form)
    if record is None:
        return refusal
    return _file(record, "json", record.model_dump_json(indent=1).encode() + b"\n", "application/json")


def send_pdf(account_id: int, form: Any) -> Any:
    """Send a record as a PDF."""
    refusal, record = _to_send(account_id, form)
    if record is None:
        return refusal
    return _file(record, "pdf", record_pdf(_printed(record)), "application/pdf")


def record_url(account_id: int, days: Mapping[str, str], form: str = "") -> str:
    """Return the address of a record or of its file, with the days that it is asked for."""
    kept: dict[str, Any] = {name: days[name] for name in ("as_of", "known_on", "accommodations") if days.get(name)}
    if account_id == visitor().actor.account_id:
        return url_for(f"records.own{f'_{form}' if form else ''}", **kept)
    return url_for(f"records.{f'as_{form}' if form else 'show'}", account_id=account_id, **kept)


def _to_send(account_id: int, form: Any) -> tuple[Any, TrainingRecord | None]:
    """Return the record to send, or the answer instead: a wrong day, the question before it, too many files."""
    if not form.validate():
        return errors.answer(400, " ".join(f"{name}: {' '.join(told)}" for name, told in form.errors.items())), None
    found = _found(account_id, form)
    if not found.noted:
        return redirect(record_url(account_id, _days(found.record)), 303), None
    if access.limits().too_many(PER_PERSON, "record", visitor().actor.account_id):
        return errors.answer(429), None
    return None, found.record


def _found(account_id: int, form: Any) -> FoundRecord:
    who = visitor()
    asked = AskedRecord(
        organisation_id=who.actor.organisation_id,
        organisation=who.person.organisation,
        zone=who.person.time_zone,
        is_demo=who.person.is_demo,
        account_id=account_id,
        reader_id=who.actor.account_id,
        within=who.actor.clinics(Action.READ_RECORD),
        accommodating=who.actor.clinics(Action.ACCOMMODATE),
        as_of=form.as_of.data,
        known_on=form.known_on.data,
        now=now(),
        accommodations=request.args.get("accommodations") != "no",
    )
    with reading() as found:
        return training_record(found, asked)


def _days(record: TrainingRecord) -> dict[str, Any]:
    return {"as_of": record.as_of.isoformat(), "known_on": record.known_on.isoformat()}


def _before(record: TrainingRecord) -> Context:
    account_id = record.holder.account_id
    return {
        "name": record.holder.name,
        "action": url_for("records.note", account_id=account_id, **_days(record)),
        "back": url_for("technicians.show", account_id=account_id),
    }


def _page(record: TrainingRecord) -> Context:
    account_id, days = record.holder.account_id, _days(record)
    own = account_id == visitor().actor.account_id
    # Why somebody needs more time is their own matter: a file for another employer leaves it out unless they say so.
    leave_out = LEAVE_OUT if own and record.accommodations else {}
    return {
        "name": record.holder.name,
        "own": own,
        "title": "Your training record" if own else f"Training record of {record.holder.name}",
        "sub": f"As of {day(record.as_of)}, by what was known on {day(record.known_on)}.",
        "action": record_url(account_id, {}),
        "back": url_for("account.show") if own else url_for("technicians.show", account_id=account_id),
        "facts": record_facts(record),
        "blocks": record_blocks(record),
        "files": [
            {"label": label, "href": record_url(account_id, days | leave_out, form)}
            for form, label in (("pdf", "PDF"), ("json", "JSON"))
        ],
        "whole": record_url(account_id, days, "pdf") if leave_out else "",
        "disclaimer": record.disclaimer,
    }


def _printed(record: TrainingRecord) -> Context:
    made = record.made_at
    return {
        "title": "Training record",
        "sub": f"{record.holder.name}, {record.holder.organisation}",
        "name": record.holder.name,
        "organisation": record.holder.organisation,
        "demo": record.demo,
        "header": f"As of {day(record.as_of)}, known on {day(record.known_on)}",
        "footer": "Training record. Not a licence.",
        "made": [made.year, made.month, made.day],
        "facts": record_facts(record),
        "blocks": record_blocks(record),
        "disclaimer": record.disclaimer,
    }


def _file(record: TrainingRecord, ending: str, data: bytes, media_type: str) -> Response:
    prefix = f"{DEMO}-" if record.demo else ""
    name = re.sub(r"[^A-Za-z0-9]+", "-", record.holder.name).strip("-") or "person"
    stem = f"{prefix}training-record-{name}-{record.as_of.isoformat()}"
    return Response(
        data, content_type=media_type, headers={"Content-Disposition": f'attachment; filename="{stem}.{ending}"'}
    )
