"""`GET /api/v1/scope`: who may treat what in a clinic on a day, as a booking system asks it."""

import hashlib
import re
from datetime import date, timedelta
from typing import Any

from flask import Response, jsonify, request

from app.api.access import RefusalError, caller, database, new_blueprint, now, today, with_token
from app.certification.treating import Ground
from app.people import queries as people
from app.reports.answers import Asked, CellAnswers, ScopeAnswers, scope_answers
from app.reports.treating import Stands

bp = new_blueprint("api")

NAMES = ("clinic", "day", "device", "skin_type", "procedure", "technician")
FARTHEST = timedelta(days=366)
ID = re.compile(r"[1-9][0-9]{0,17}")
WORD = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
LONGEST_WORD = 64


@bp.get("/scope")
@with_token
def scope() -> Response:
    """Tell for every technician and cell that is asked for: yes, with sign-off, or no, and on what grounds."""
    given = _given()
    asked = Asked(device=_word(given, "device"), skin_type=_skin_type(given), procedure=_word(given, "procedure"))
    with database().session() as found:
        answers = scope_answers(
            found,
            organisation_id=caller().organisation_id,
            within=caller().clinics,
            clinic_id=_id(given, "clinic") or _ask_for_clinic(),
            account_id=_id(given, "technician"),
            asked=asked,
            day=_day(given),
            known_at=now(),
        )
    return _sent(_told(answers))


def _given() -> dict[str, str]:
    """Return the parts of the address; a misspelt one is refused: its answer would be about something else."""
    given = request.args.to_dict(flat=False)
    for name, values in given.items():
        if name not in NAMES:
            raise _odd(f"{name[:40]!r} is not known here. Use {', '.join(NAMES)}.")
        if len(values) > 1:
            raise _odd(f"{name} stands there twice. Ask once for each.")
    return {name: values[0] for name, values in given.items()}


def _id(given: dict[str, str], name: str) -> int | None:
    value = given.get(name)
    if value is not None and not ID.fullmatch(value):
        raise _odd(f"{name} is an id: a whole number from 1 on.")
    return int(value) if value else None


def _word(given: dict[str, str], name: str) -> str | None:
    value = given.get(name)
    if value is not None and (len(value) > LONGEST_WORD or not WORD.fullmatch(value)):
        raise _odd(f"{name} is an id of the courses, in small letters, digits and hyphens, such as hair-removal.")
    return value


def _skin_type(given: dict[str, str]) -> int | None:
    value = given.get("skin_type")
    if value is not None and value not in {"1", "2", "3", "4", "5", "6"}:
        raise _odd("skin_type is a Fitzpatrick type, written 1 to 6.")
    return int(value) if value else None


def _day(given: dict[str, str]) -> date:
    value, here = given.get("day"), today()
    if value is None:
        return here
    try:
        day = date.fromisoformat(value)
    except ValueError:
        day = date.max
    if day.isoformat() != value or abs(day - here) > FARTHEST:  # no week dates, no days without hyphens
        raise _odd(f"day is a day such as {here.isoformat()}, at most {FARTHEST.days} days from today.")
    return day


def _ask_for_clinic() -> int:
    with database().session() as found:
        clinics = people.clinics(found, caller().organisation_id, caller().clinics)
    known = ", ".join(f"{one.id} ({one.name})" for one in clinics)
    raise _odd(f"Say which clinic: clinic= with one of {known}." if known else "There is no clinic yet; add one first.")


def _odd(detail: str) -> RefusalError:
    return RefusalError(400, "The address cannot be read", detail)


def _told(answers: ScopeAnswers) -> dict[str, Any]:
    return {
        "clinic": {"id": answers.clinic_id, "name": answers.clinic},
        "day": answers.day.isoformat(),
        "cells": [_cell(one) for one in answers.cells],
        "technicians_left_out": answers.more,
        "note": "A certification is not a licence.",
    }


def _cell(one: CellAnswers) -> dict[str, Any]:
    return {
        "device": one.cell.device,
        "skin_type": one.cell.skin_type,
        "procedure": one.cell.procedure,
        "permitted": one.permitted,
        "technicians": [_technician(each) for each in one.people],
    }


def _technician(one: Stands) -> dict[str, Any]:
    return {
        "id": one.account_id,
        "name": one.name,
        "answer": one.verdict.answer.value,
        "to_on": _iso(one.verdict.to_on),
        "grounds": [_ground(each) for each in one.verdict.grounds],
    }


def _ground(one: Ground) -> dict[str, Any]:
    told = {
        "rule": one.rule.value,
        "certification": one.number,
        "title": one.title,
        "since_on": _iso(one.since_on),
        "to_on": _iso(one.to_on),
    }
    # Why somebody was suspended stays with who answers for it: a booking system needs the rule alone.
    return {name: value for name, value in told.items() if value}


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _sent(told: dict[str, Any]) -> Response:
    """Return the answer with its fingerprint: who holds the same already is told so without it."""
    answer = jsonify(told)
    answer.set_etag(hashlib.sha256(answer.get_data()).hexdigest())
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.headers["Vary"] = "Authorization"
    answer.make_conditional(request)
    return answer
