"""What the pages of observed practice say: a sign-off in words, its state, what to repeat, what it brought."""

from collections.abc import Sequence
from itertools import groupby

from flask import url_for

from app.certification import attesting
from app.certification.attesting import Outcome, SignOffState
from app.certification.lifecycle import EventKind
from app.certification.practice_queries import Attested
from app.releases.manifest import procedure_name, span
from app.reports.sign_offs import Choices, Entry
from app.reports.sign_offs import Outcome as Brought
from app.web.words import Context, counted, day, moment, short_day

Items = list[tuple[str, str]]
OUTCOMES = {
    Outcome.SAFE: "Done safely",
    Outcome.PROMPTED: "Done after a prompt from me",
    Outcome.STOPPED: "Stopped by me",
}
TOLD = {
    Outcome.SAFE: "Done safely",
    Outcome.PROMPTED: "Done after a prompt",
    Outcome.STOPPED: "Stopped by the evaluator",
}
STATES = {
    SignOffState.WAITING: ("Waits for the technician", "hourglass"),
    SignOffState.CONTESTED: ("Contested", "flag"),
    SignOffState.COUNTED: ("Counts", "circle-check"),
    SignOffState.NOT_COUNTED: ("Does not count", "circle-x"),
    SignOffState.CORRECTED: ("Corrected", "replace"),
}
NOBODY = {
    "title": "Nobody to sign off yet.",
    "text": "No other technician treats at your clinics. A manager invites technicians.",
}
NO_CELLS = {
    "title": "Nothing to sign off yet.",
    "text": "No course in force certifies treatments. A medical director signs a release first.",
}
EARLIER = "Signed before steps and second signatures were recorded. It counts as it did then."


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


def sign_offs_page(found: Choices, signed: Sequence[Entry]) -> Context:
    """Return what stands around the form, or instead of it: why there is nothing to choose, what was signed."""
    return {
        "nothing": NOBODY if not found.technicians else NO_CELLS if not found.devices else None,
        "code_url": url_for("proctoring.show") if found.asks_code else "",
        "signed": [
            {
                **line(one),
                "who": one.technician,
                "href": url_for("sign_offs.entry", sign_off_id=one.attested.sign_off.id),
            }
            for one in signed
        ],
    }


def line(one: Entry, *, mine: bool = False) -> Context:
    """Return a sign-off in a line of a list; `mine` where the reader is the technician."""
    signed = one.attested.sign_off
    return {
        "what": procedure_name(signed.procedure),
        "device": one.device,
        "skin_type": span(signed.skin_type, signed.skin_type),
        "day": short_day(signed.observed_on),
        "by": one.attested.evaluator,
        "state": line_state(one.attested, mine=mine),
    }


def line_state(one: Attested, *, mine: bool = False) -> Context:
    """Return where a sign-off stands, in words and with its icon."""
    label, icon = STATES[one.state]
    if mine and one.state is SignOffState.WAITING:
        label = "Waits for you"
    return {"key": one.state.value, "label": label, "icon": icon}


def whole(one: Entry, zone: str, *, mine: bool = False) -> Context:
    """Return a sign-off with everything that was recorded about it."""
    signed = one.attested.sign_off
    outcome = Outcome(signed.outcome) if signed.outcome else None
    return {
        **line(one, mine=mine),
        "id": signed.id,
        "technician": one.technician,
        "observed_on": day(signed.observed_on),
        "outcome": TOLD[outcome] if outcome else EARLIER,
        "steps": _phases(one),
        "steps_told": _steps_told(one),
        "repeat": to_repeat(one),
        "remarks": [attesting.REMARKS[code] for code in signed.remarks if code in attesting.REMARKS],
        "words": signed.words or "",
        "signatures": _signatures(one, zone),
    }


def to_repeat(one: Entry) -> Context | None:
    """Return what a technician repeats after a treatment that is no practice, or nothing where it is."""
    signed = one.attested.sign_off
    if signed.outcome is None or attesting.is_practice(signed.outcome, complete=bool(signed.complete)):
        return None
    if one.attested.state is SignOffState.CORRECTED:
        return None
    why = {
        Outcome.SAFE: "Not every safety-critical step was done.",
        Outcome.PROMPTED: "A prompt was needed.",
        Outcome.STOPPED: "The treatment was stopped.",
    }[Outcome(signed.outcome)]
    what = f"{procedure_name(signed.procedure)} with {one.device}, skin type {span(signed.skin_type, signed.skin_type)}"
    return {
        "text": f"{why} It is no observed practice. Repeat with an evaluator beside you: {what}.",
        "steps": [step.text for step in one.steps if not step.done],
    }


def recorded(found: Choices, account_id: int, *, counts: bool) -> str:
    """Return in words what happens after an evaluator signed."""
    name = next((name for key, name, _ in found.technicians if key == account_id), "the technician")
    if counts:
        return f"Signed. It counts as soon as {name} has confirmed it."
    return f"Signed. It does not count as observed practice; {name} is asked to confirm it, and reads what to repeat."


def brought(outcomes: Sequence[Brought], *, counts: bool) -> str:
    """Return in words what a technician's signature completed."""
    if not counts:
        return "Confirmed. It is on your record and does not count as observed practice. Read what to repeat."
    if not outcomes:
        return "Confirmed. It counts as soon as a course that needs it is assigned to you."
    several = len(outcomes) > 1
    told = [f"{one.course}: {_brought(one)}" if several else _brought(one) for one in outcomes]
    return f"Confirmed. {'. '.join(told)}."


def waiting_alert(one: Attested) -> Context:
    """Return the banner that asks a technician for their signature."""
    signed = one.sign_off
    what = f"{procedure_name(signed.procedure)}, skin type {span(signed.skin_type, signed.skin_type)}"
    return {
        "tone": "info",
        "title": f"{one.evaluator} recorded a treatment: confirm or contest",
        "text": f"{what}, on {day(signed.observed_on)}. It is final when you have signed as well.",
        "action": {"label": "Confirm or contest", "href": url_for("practice.entry", sign_off_id=signed.id)},
    }


def _asked(what: str, items: Items) -> Items:
    return items if len(items) == 1 else [("", f"Choose {what}"), *items]


def _phases(one: Entry) -> list[Context]:
    return [
        {
            "phase": procedure_name(phase),
            "steps": [{"text": step.text, "done": step.done} for step in steps],
        }
        for phase, steps in groupby(one.steps, key=lambda step: step.phase)
    ]


def _steps_told(one: Entry) -> str:
    done = sum(step.done for step in one.steps)
    return f"{done} of {counted(len(one.steps), 'safety-critical step')} done" if one.steps else ""


def _signatures(one: Entry, zone: str) -> list[str]:
    signed, answer, correction = one.attested.sign_off, one.attested.answer, one.attested.correction
    told = [f"Signed by {one.attested.evaluator} with password on {moment(signed.attested_at, zone)}."]
    who = one.technician or "you"
    if answer is not None and answer.confirmed:
        told.append(f"Confirmed by {who} on {moment(answer.answered_at, zone)}.")
    elif answer is not None:
        reason = attesting.CONTESTED.get(answer.reason_code or "", "")
        words = f" “{answer.words}”" if answer.words else ""
        told.append(f"Contested by {who} on {moment(answer.answered_at, zone)}: {reason}.{words}")
    if correction is not None:
        reason = attesting.CORRECTED.get(correction.reason_code, "")
        words = f" “{correction.words}”" if correction.words else ""
        instead = "Another entry stands in its place." if correction.replaced_by_id else "It is void."
        told.append(f"Corrected on {moment(correction.corrected_at, zone)}: {reason}. {instead}{words}")
    return told


def _brought(one: Brought) -> str:
    parts = [one.observed] if one.observed else []
    kind = one.decided.kind if one.decided else None
    if kind is EventKind.ISSUED:
        parts.append("you are now certified")
    elif kind is EventKind.SCOPE_EXTENDED:
        parts.append("your certification now covers this device, skin type and procedure")
    elif one.decided is not None and one.decided.period is not None:
        parts.append(f"your certification is renewed, valid to {day(one.decided.period.last_on)}")
    elif one.enough and one.missing:
        parts.append(f"still missing: {', '.join(f'{text[:1].lower()}{text[1:]}' for text in one.missing)}")
    return "; ".join(parts) or "no more observed treatments are needed"
