"""What the evidence page says, and the files that it sends: recorded in the trail, then streamed from one snapshot."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from flask import Response, url_for

from app.audit import service as trail
from app.db import Database
from app.reports import formats
from app.reports.exports import CERTIFICATIONS, DEMO, TRAIL, Asked, Export
from app.reports.formats import Format
from app.web import access, errors
from app.web.access import now, reading, transaction, visitor
from app.web.forms import HouseForm
from app.web.words import Context, day

PER_PERSON = "60 per hour"  # each reads the whole organisation
TITLES = {CERTIFICATIONS.name: "Certification records", TRAIL.name: "Trail"}
TEXTS = {
    CERTIFICATIONS.name: "Every certification issued by that day, in its state of that day, by what is on record now.",
    TRAIL.name: "Who did what when: every entry up to the end of that day.",
}
NOUNS = {CERTIFICATIONS.name: ("certification", "certifications"), TRAIL.name: ("entry", "entries")}
FORMATS = {Format.CSV: "CSV", Format.JSONL: "JSON Lines"}


def evidence_page(on: date) -> Context:
    """Return what can be taken away as of a day, with how many rows each has and what its columns mean."""
    asked = _asked(on)
    with reading() as found:
        counts = {export.name: export.count(found, asked) for export in (CERTIFICATIONS, TRAIL)}
    return {
        "day": day(on),
        "is_today": on == visitor().today,
        "exports": [_export(export, on, counts[export.name]) for export in (CERTIFICATIONS, TRAIL)],
    }


def download(export: Export, form: HouseForm) -> Any:
    """Record that an export is made, then send it; wrong parameters are told with what to write.

    The file is written while it is sent, from a session of its own that closes with the response.
    """
    if not form.validate():
        return errors.answer(400, " ".join(f"{name}: {' '.join(told)}" for name, told in form.errors.items()))
    who = visitor()
    if access.limits().too_many(PER_PERSON, "export", who.actor.account_id):
        return errors.answer(429)
    on, form_of_file = form.as_of.data, Format(form.format.data)
    with transaction() as changed:
        trail.record(
            changed,
            organisation_id=who.actor.organisation_id,
            kind="export.made",
            subject=f"export:{export.name}",
            actor_id=who.actor.account_id,
            now=now(),
            detail={"what": export.name, "as_of": on.isoformat(), "format": form_of_file.value},
        )
    return Response(
        _stream(access.database(), export, _asked(on), form_of_file),
        content_type=formats.MEDIA_TYPES[form_of_file],
        headers={"Content-Disposition": f'attachment; filename="{_file_name(export, on, form_of_file)}"'},
    )


def _stream(database: Database, export: Export, asked: Asked, form: Format) -> Iterator[bytes]:
    with database.snapshot() as session:
        yield from formats.written(export.rows(session, asked), list(export.columns), form)


def _asked(on: date) -> Asked:
    person = visitor().person
    return Asked(
        organisation_id=person.actor.organisation_id,
        zone=person.time_zone,
        is_demo=person.is_demo,
        day=on,
        known_at=now(),
    )


def _file_name(export: Export, on: date, form: Format) -> str:
    prefix = f"{DEMO}-" if visitor().person.is_demo else ""
    return f"{prefix}fluence-{export.name}-{on.isoformat()}.{form.value}"


def _export(export: Export, on: date, count: int) -> Context:
    one, several = NOUNS[export.name]
    return {
        "title": TITLES[export.name],
        "text": TEXTS[export.name],
        "count": f"{count:,} {one if count == 1 else several}",
        "files": [
            {
                "label": label,
                "href": url_for(f"evidence.{export.name}", as_of=on.isoformat(), format=form.value),
            }
            for form, label in FORMATS.items()
        ],
        "columns": [{"term": name, "value": meaning} for name, meaning in export.columns.items()],
    }
