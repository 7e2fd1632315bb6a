"""What the scope board says: a clinic's devices and procedures by skin type, who covers each, and where nobody does."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from flask import current_app, url_for

from app.certification.treating import Answer, Ground, Rule
from app.people.permissions import Action
from app.releases.manifest import procedure_name, span
from app.reports.treating import AHEAD, ScopeBoard, ScopeCell, ScopeRow, Stands
from app.web.access import Visitor
from app.web.qr import qr_code
from app.web.words import Context, counted, moment, short_day, wavelength, weekday
from app.web.words import day as in_words

SOON = timedelta(days=60)  # from which on the end of a person's cover is told beside the name
LOST = {
    Rule.SUSPENDED: "suspended since {since}",
    Rule.EXPIRED: "expired, since {since}",
    Rule.REVOKED: "revoked on {since}",
    Rule.SUPERSEDED: "replaced on {since}",
    Rule.LAPSED: "a required certification is not in force",
}
ON_HOLD = "on hold since {since}"  # others of that certification are not
WITH = {
    Rule.CELL: "with sign-off",
    Rule.GRACE: "with sign-off, in grace",
    Rule.LEANING: "with sign-off, until {reason} is renewed",
}


def board_page(board: ScopeBoard | None, who: Visitor) -> Context:
    """Return the scope board; without a clinic it says where they come from."""
    if board is None:
        return {"title": "Who may treat what", "sub": "", "empty": _no_clinic(), "url": url_for("scope.show")}
    url = url_for("scope.show")
    may_manage = _manages(who, board.clinic_id)
    devices_url = url_for("scope.ask_devices", clinic_id=board.clinic_id) if may_manage else ""
    return {
        "title": "Who may treat what",
        "sub": f"{board.clinic}, {weekday(board.day)}",
        "url": url,
        "clinic": str(board.clinic_id),
        "clinics": [{"value": str(one), "label": name} for one, name in board.clinics],
        "day": board.day.isoformat(),
        "today_url": "" if board.day == who.today else _url(board, who.today),
        "week": [_day(board, day, open_cells) for day, open_cells in board.week],
        "earlier": _url(board, board.day - timedelta(days=len(board.week))),
        "later": _url(board, board.day + timedelta(days=len(board.week))),
        "gaps": [*_gaps_now(board), *_gaps_soon(board)],
        "groups": [_group(board, device, list(rows)) for device, rows in groupby(board.rows, lambda row: row.device)],
        "devices_url": devices_url,
        "forecast_url": url_for("scope.forecast", clinic=board.clinic_id),
        "sheet_url": url_for("scope.sheet", clinic=board.clinic_id, day=board.day.isoformat()),
        "interlocks_url": url_for("interlocks.show") if who.actor.can(Action.INTERLOCK) else "",
        "devices_note": "" if board.has else "Nobody has said which devices stand here, so all of them are shown.",
        "foot": _foot(board),
        "empty": None if board.rows else _no_rows(devices_url),
    }


def for_the_wall(board: ScopeBoard) -> ScopeBoard:
    """Return a board without the reasons of suspensions: whoever passes by reads the sheet."""
    rows = tuple(
        replace(
            row, cells=tuple(cell and replace(cell, lost=tuple(map(_unexplained, cell.lost))) for cell in row.cells)
        )
        for row in board.rows
    )
    return replace(board, rows=rows)


def _unexplained(one: Stands) -> Stands:
    grounds = tuple(replace(each, reason=None) for each in one.verdict.grounds)
    return replace(one, verdict=replace(one.verdict, grounds=grounds))


def sheet_page(board: ScopeBoard, who: Visitor, instant: datetime) -> Context:
    """Return what the sheet for the wall says beside the board: when it was true, who printed it, where to check it."""
    board_url = _url(board, board.day)
    # The address comes from the settings: what a request says its host is could be anybody's.
    url = f"{current_app.config['BASE_URL']}{board_url}"
    return {
        "organisation": who.person.organisation,
        "clinic": board.clinic,
        "day": weekday(board.day),
        "as_of": f"{moment(instant, who.person.time_zone)} ({who.person.time_zone})",
        "by": who.person.name,
        "url": url,
        "board_url": board_url,
        "qr": qr_code(url),
    }


def devices_page(clinic_id: int, clinic: str, offered: Mapping[str, Mapping[str, Any]]) -> Context:
    """Return the page that asks which devices a clinic has."""
    return {
        "title": f"Devices at {clinic}",
        "url": url_for("scope.set_devices", clinic_id=clinic_id),
        "back_url": url_for("scope.show", clinic=clinic_id),
        "any": bool(offered),
    }


def _manages(who: Visitor, clinic_id: int) -> bool:
    within = who.actor.clinics(Action.MANAGE_DEVICES)
    return within is None or clinic_id in within


def _url(board: ScopeBoard, day: date) -> str:
    return url_for("scope.show", clinic=board.clinic_id, day=day.isoformat())


def _day(board: ScopeBoard, day: date, open_cells: int) -> Context:
    return {
        "weekday": f"{day:%a}",
        "number": day.day,
        "month": f"{day:%B}",
        "note": counted(open_cells, "gap") if open_cells else "covered",
        "is_open": bool(open_cells),
        "href": _url(board, day),
        "current": day == board.day,
    }


def _group(board: ScopeBoard, device: str, rows: list[ScopeRow]) -> Context:
    told = board.devices[device]
    beside = wavelength(told)
    return {
        "device": told["name"],
        "sub": "" if beside in told["name"] else beside,
        "rows": [
            {"procedure": procedure_name(row.procedure), "cells": [_merged(board, *part) for part in _parts(row)]}
            for row in rows
        ],
    }


Part = tuple[int, int, ScopeCell | None]


def _parts(row: ScopeRow) -> Iterator[Part]:
    """Yield (first type, last type, cell) of neighbouring skin types that stand alike."""
    numbered = list(enumerate(row.cells, start=1))
    for _, part in groupby(numbered, key=lambda one: _alike(one[1])):
        found = list(part)
        yield found[0][0], found[-1][0], found[0][1]


def _alike(cell: ScopeCell | None) -> Any:
    if cell is None:
        return None
    return [(one.account_id, one.verdict.grounds) for one in (*cell.may, *cell.lost)]


def _types(first: int, last: int) -> str:
    return f"type {span(first, last)}" if first == last else f"types {span(first, last)}"


def _merged(board: ScopeBoard, first: int, last: int, cell: ScopeCell | None) -> Context:
    state = "denied" if cell is None else "covered" if cell.may else "open"
    return {
        "span": last - first + 1,
        "label": f"T{_types(first, last)[1:]}",
        "state": state,
        "people": [_person(one, board.day) for one in cell.may] if cell else [],
        "lost": _lost(cell) if cell and not cell.may else "",
        "soon": f"Nobody after {short_day(cell.to_on)}" if cell and _ends_soon(board, cell) and cell.to_on else "",
    }


def _person(one: Stands, today: date) -> Context:
    ground, to_on = one.verdict.grounds[0], one.verdict.to_on
    notes = []
    if one.verdict.answer is Answer.WITH_SIGN_OFF:
        notes.append(WITH[ground.rule].format(reason=ground.reason))
    if to_on and to_on - today <= SOON:
        notes.append(f"to {short_day(to_on)}")
    return {
        "name": one.name,
        "href": url_for("technicians.show", account_id=one.account_id),
        "kind": one.verdict.answer.value,
        "notes": notes,
    }


def _lost(cell: ScopeCell) -> str:
    if not cell.lost:
        return "Nobody is certified for it yet."
    return " ".join(f"{one.name}: {_why(one.verdict.grounds[0])}." for one in cell.lost)


def _why(ground: Ground) -> str:
    told = (ON_HOLD if ground.partly else LOST[ground.rule]).format(
        since=short_day(ground.since_on) if ground.since_on else "an earlier day"
    )
    return f"{told} ({ground.reason.rstrip('.')})" if ground.rule is Rule.SUSPENDED and ground.reason else told


def _ends_soon(board: ScopeBoard, cell: ScopeCell) -> bool:
    return cell.to_on is not None and cell.to_on <= board.day + AHEAD


def _places(board: ScopeBoard) -> Iterator[tuple[str, ScopeCell]]:
    """Yield every part of the board that a course allows, as a gap names it."""
    for row in board.rows:
        for first, last, cell in _parts(row):
            if cell is not None:
                what = f"{board.devices[row.device]['name']}, {procedure_name(row.procedure).lower()}"
                yield f"{_types(first, last)} with {what}", cell


def _gaps_now(board: ScopeBoard) -> list[Context]:
    return [
        {"tone": "bad", "title": f"Nobody on {_short(board.day)} for {what}", "text": _lost(cell)}
        for what, cell in _places(board)
        if not cell.may
    ]


def _gaps_soon(board: ScopeBoard) -> list[Context]:
    ending = sorted(
        ((cell.to_on, what, cell) for what, cell in _places(board) if cell.to_on and _ends_soon(board, cell)),
        key=lambda one: one[:2],
    )
    return [
        {"tone": "soon", "title": f"Nobody after {in_words(to_on)} for {what}", "text": f"Last: {_last(cell)}."}
        for to_on, what, cell in ending
    ]


def _last(cell: ScopeCell) -> str:
    return _names(one.name for one in cell.may if one.verdict.to_on == cell.to_on)


def _names(names: Iterable[str]) -> str:
    found = list(names)
    return found[0] if len(found) == 1 else f"{', '.join(found[:-1])} and {found[-1]}"


def _short(day: date) -> str:
    return f"{day.day} {day:%B}"


def _foot(board: ScopeBoard) -> str:
    parts = [f"Not on the board: {_names(board.aside)}."] if board.aside else []
    if board.more:
        parts.append(f"{counted(board.more, 'technician')} more did not fit.")
    parts.append(f"Cover is checked to {in_words(board.day + AHEAD)}, as if nobody renewed.")
    return " ".join(parts)


def _no_clinic() -> Context:
    return {
        "title": "There is no clinic yet.",
        "text": "An administrator adds clinics and invites the people who treat there.",
        "action": None,
    }


def _no_rows(devices_url: str) -> Context:
    action = {"label": "Say which devices stand here", "href": devices_url} if devices_url else None
    return {
        "title": "No signed course allows a treatment with a device of this clinic.",
        "text": "As soon as a medical director signs one, its cells stand here.",
        "action": action,
    }
