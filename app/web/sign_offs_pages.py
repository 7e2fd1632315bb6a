"""What the sign-off page says: the choices of its form, what a sign-off completed, what was signed lately."""

from collections.abc import Sequence

from flask import url_for

from app.certification.lifecycle import EventKind
from app.releases.manifest import procedure_name, span
from app.reports.sign_offs import Choices, Outcome, SignedLately
from app.web.words import Context, day, short_day

Items = list[tuple[str, str]]
NOBODY = {
    "title": "Nobody to sign off yet.",
    "text": "No other technician treats at your clinics. A manager invites technicians.",
}
NO_CELLS = {
    "title": "Nothing to sign off yet.",
    "text": "No course in force certifies treatments. A medical director signs a release first.",
}


def offered(found: Choices) -> dict[str, Items]:
    """Return the choices of each list of the form; where there is only one, it is chosen already."""
    return {
        "technician": _asked(
            "the technician", [(str(key), f"{name}, {clinic}") for key, name, clinic in found.technicians]
        ),
        "device": _asked("the device", list(found.devices.items())),
        "skin_type": _asked("the skin type", [(str(one), span(one, one)) for one in found.skin_types]),
        "procedure": _asked("the procedure", [(one, procedure_name(one)) for one in found.procedures]),
    }


def told(found: Choices, account_id: int, brought: Sequence[Outcome]) -> str:
    """Return in words what a sign-off completed."""
    name = next((name for key, name, _ in found.technicians if key == account_id), "The technician")
    if not brought:
        return f"Signed off. It counts for {name} as soon as a course that needs it is assigned."
    several = len(brought) > 1
    told_each = [f"{one.course}: {_brought(one, name)}" if several else _brought(one, name) for one in brought]
    return f"Signed off. {'. '.join(told_each)}."


def sign_offs_page(found: Choices, signed: Sequence[SignedLately]) -> Context:
    """Return what stands around the form, or instead of it: why there is nothing to choose, what was signed lately."""
    return {
        "nothing": NOBODY if not found.technicians else NO_CELLS if not found.devices else None,
        "code_url": url_for("proctoring.show") if found.asks_code else "",
        "signed": [
            {
                "technician": one.technician,
                "device": one.device,
                "skin_type": span(one.skin_type, one.skin_type),
                "procedure": procedure_name(one.procedure),
                "day": short_day(one.observed_on),
            }
            for one in signed
        ],
    }


def _asked(what: str, items: Items) -> Items:
    return items if len(items) == 1 else [("", f"Choose {what}"), *items]


def _brought(one: Outcome, name: str) -> str:
    parts = [one.observed] if one.observed else []
    if one.decided is not None and one.decided.kind is EventKind.ISSUED:
        parts.append(f"{name} is now certified")
    elif one.decided is not None and one.decided.period is not None:
        parts.append(f"the certification of {name} is renewed, valid to {day(one.decided.period.last_on)}")
    elif one.enough and one.missing:
        parts.append(f"still missing: {', '.join(f'{text[:1].lower()}{text[1:]}' for text in one.missing)}")
    return "; ".join(parts) or f"{name} needs no more observed treatments"
