"""What the pages of interlocks say: which cells are held, whom that hits, and what nobody may treat then."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import request, url_for

from app.certification.holds import Matching
from app.certification.interlocks import WHY, Hit
from app.certification.models import Interlock, InterlockLift
from app.certification.scope import SKIN_TYPES, Cell
from app.people.models import Clinic
from app.people.permissions import Action
from app.releases.manifest import procedure_name, span
from app.reports.closing import Closing
from app.web.access import visitor
from app.web.life_pages import as_granted, closes_lines
from app.web.words import Context, cells_in_words, counted, moment, sentence

Devices = Mapping[str, Mapping[str, Any]]
MOST_TOLD = 50  # of those who are hit; all are held
LONGEST_ID = 18
NOTHING_CHOSEN = "Choose a device, a procedure or a skin type, and the clinic whose technicians are meant."


@dataclass(frozen=True, kw_only=True, slots=True)
class Preview:
    """What can be chosen, what was, and whom it hits; `ready` once enough is chosen to be asked."""

    clinics: tuple[tuple[int, str], ...]
    everywhere: bool
    devices: Devices
    cells: tuple[Cell, ...]
    matching: Matching
    ready: bool
    hits: tuple[Hit, ...]
    closes: tuple[Closing, ...]


def matching_of(clinic: str | None, device: str | None, procedure: str | None, skin_types: str | None) -> Matching:
    """Return which cells a form means; what nobody could have chosen matches nothing."""
    typed = clinic or ""
    clinic_id = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) <= LONGEST_ID else 0
    return Matching(
        device=device or None,
        procedure=procedure or None,
        skin_types=frozenset(int(one) for one in skin_types or "" if one in "123456"),
        clinic_id=clinic_id if typed else None,
    )


def new_page(shown: Preview) -> Context:
    """Return the page that asks which cells are held; once they are chosen, whom that hits."""
    asked = shown.matching
    everywhere = [{"value": "", "label": "Everywhere"}] if shown.everywhere else []
    procedures = sorted({cell.procedure for cell in shown.cells})
    return {
        "url": url_for("interlocks.ask"),
        "hold_url": url_for("interlocks.hold"),
        "back_url": url_for("interlocks.show"),
        "clinics": [*everywhere, *({"value": str(key), "label": name} for key, name in shown.clinics)],
        "clinic": str(asked.clinic_id or ""),
        "devices": [{"value": "", "label": "Any device"}, *_options(shown.devices)],
        "device": asked.device or "",
        "procedures": [
            {"value": "", "label": "Any procedure"},
            *({"value": one, "label": procedure_name(one)} for one in procedures),
        ],
        "procedure": asked.procedure or "",
        "skin_types": [
            {"value": str(one), "label": span(one, one), "chosen": one in asked.skin_types} for one in SKIN_TYPES
        ],
        "ready": shown.ready,
        "hint": "" if shown.ready or not request.args else NOTHING_CHOSEN,
        "hits": [_hit(one) for one in shown.hits[:MOST_TOLD]],
        "summary": f"It holds {counted(sum(len(one.cells) for one in shown.hits), 'cell')} "
        f"of {counted(len(shown.hits), 'certification')}.",
        "more": max(len(shown.hits) - MOST_TOLD, 0),
        "closes": closes_lines(shown.closes),
    }


def list_page(
    rows: Iterable[tuple[Interlock, InterlockLift | None]], clinics: Sequence[Clinic], devices: Devices
) -> list[Context]:
    """Return the interlocks as rows: what is held, where, since when and why, and its end."""
    return [one_page(row, clinics, devices) for row in rows]


def one_page(row: tuple[Interlock, InterlockLift | None], clinics: Sequence[Clinic], devices: Devices) -> Context:
    """Return one interlock in words."""
    made, over = row
    zone = visitor().person.time_zone
    where = next((one.name for one in clinics if one.id == made.clinic_id), "Everywhere")
    may_lift = over is None and visitor().actor.can(Action.CHANGE_CERTIFICATION)
    return {
        "what": _what(made, devices),
        "where": where,
        "why": f"{WHY[made.reason_code]}. {sentence(made.reason)}",
        "since": moment(made.set_at, zone),
        "state": "active" if over else "suspended",
        "label": "Lifted" if over else "Held",
        "note": f"{moment(over.lifted_at, zone)}: {over.reason}" if over else "",
        "url": url_for("interlocks.one", interlock_id=made.id) if may_lift else "",
        "lift_url": url_for("interlocks.lift", interlock_id=made.id),
        "over": over is not None,
    }


def _what(made: Interlock, devices: Devices) -> str:
    named = str(devices[made.device]["name"]) if made.device and made.device in devices else made.device
    parts = [named or "Any device", procedure_name(made.procedure).lower() if made.procedure else ""]
    types = ", ".join(span(one, one) for one in made.skin_types)
    return ", ".join(
        one for one in (*parts, f"skin type{'s' if len(made.skin_types) > 1 else ''} {types}" if types else "") if one
    )


def _hit(one: Hit) -> Context:
    certification = one.held.certification
    return {
        "name": certification.name,
        "href": url_for("technicians.show", account_id=certification.account_id),
        "title": certification.scheme["title"],
        "words": cells_in_words(as_granted(one.cells), certification.scheme["devices"]),
    }


def _options(devices: Devices) -> list[Context]:
    return [{"value": key, "label": device["name"]} for key, device in devices.items()]
