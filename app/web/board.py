"""The status board of the clinics that a visitor answers for; its filters live in the URL."""

from collections.abc import Collection, Sequence
from itertools import groupby
from typing import Any

from flask import Blueprint, render_template, request, url_for

from app.certification.queries import cells_of
from app.people.permissions import Action
from app.reports.board import MOST_PEOPLE, Board, BoardCell, BoardRow, status_board
from app.web.access import now, reading, requires, visitor
from app.web.sittings_pages import follow_up_alerts
from app.web.withdrawals import withdrawal_alerts
from app.web.words import Context, counted, short_day, status_of, weekday

bp = Blueprint("board", __name__)

KEYS = (
    ("", "Everyone"),
    ("revoked", "Revoked"),
    ("suspended", "Suspended"),
    ("expired", "Expired"),
    ("grace", "Grace"),
    ("due", "Due"),
    ("sign_off", "Sign-off"),
    ("training", "In training"),
    ("none", "Not started"),
    ("active", "Current"),
)
TO_FOLLOW_UP = frozenset({"revoked", "suspended", "expired", "grace", "due", "sign_off"})
FOLLOWED_UP = "To follow up: due, in grace, expired, suspended, revoked, or waiting for observed treatments."
LONGEST_NAME = 100
LONGEST_ID = 19  # digits from which on a number may not fit a database's integers


@bp.get("/board")
@requires(Action.SEE_BOARD)
def show() -> Any:
    """Show technicians by certifications, filtered by state, clinic, certification and name."""
    who = visitor()
    chosen = {
        key: request.args.get(key, "").strip()[:LONGEST_NAME] for key in ("state", "clinic", "certification", "name")
    }
    with reading() as found:
        board = status_board(
            found,
            organisation_id=who.actor.organisation_id,
            within=who.actor.clinics(Action.SEE_BOARD),
            clinic_id=_clinic_id(chosen["clinic"]),
            name=chosen["name"],
            day=who.today,
            known_at=now(),
        )
    return render_template("board/board.html", board=_board(board, chosen))


def _board(board: Board, chosen: dict[str, str]) -> Context:
    columns = [
        index for index, one in enumerate(board.in_force) if chosen["certification"] in ("", one.release.course_id)
    ]
    shown = [row for row in board.rows if not chosen["state"] or chosen["state"] in _keys(row, columns)]
    return {
        "title": "Team",
        "sub": f"{weekday(visitor().today)}, {counted(len(board.clinics), 'clinic')}",
        "actions": _actions(board),
        "alerts": [
            *(alert for one in board.in_force for alert in withdrawal_alerts(one, visitor().person.time_zone)),
            *_follow_ups(board),
        ],
        "url": url_for("board.show"),
        **chosen,
        "states": [_chip(key, label, board.rows, columns) for key, label in KEYS],
        "clinics": [
            {"value": "", "label": "All clinics"},
            *({"value": str(one), "label": name} for one, name in board.clinics),
        ],
        "certifications": [
            {"value": "", "label": "All certifications"},
            *(
                {"value": one.release.course_id, "label": one.release.manifest["scheme"]["title"]}
                for one in board.in_force
            ),
        ],
        "summary": _summary(shown, board),
        "note": FOLLOWED_UP if any(TO_FOLLOW_UP & _keys(row, columns) for row in shown) else "",
        "clear_url": url_for("board.show") if any(chosen.values()) else "",
        "ready_label": "May treat under",
        "columns": [_column(board, index) for index in columns],
        "groups": _groups(shown, columns, _treating(board)),
        "pages": None,
        "empty": _empty(filtered=any(chosen.values())),
    }


def _treating(board: Board) -> set[int]:
    """Return the columns of the certifications that grant any treatment."""
    return {index for index, one in enumerate(board.in_force) if cells_of(one.release, one.withdrawn.facts)}


def _clinic_id(typed: str) -> int | None:
    """Return the clinic that the address names: None for all, 0 (no clinic has it) for what is no id."""
    if not typed:
        return None
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < LONGEST_ID else 0


def _empty(*, filtered: bool) -> Context:
    """Return what the board says instead of rows."""
    if filtered:
        everyone = {"label": "Show everyone", "href": url_for("board.show")}
        return {
            "title": "Nobody matches these filters.",
            "text": "Change one of them, or show everyone.",
            "action": everyone,
        }
    invite = {"label": "Invite a person", "href": url_for("people.ask_invite")}
    return {
        "title": "Nobody treats here yet.",
        "text": "Technicians stand here as soon as they are invited.",
        "action": invite if visitor().actor.can(Action.MANAGE_PEOPLE) else None,
    }


def _follow_ups(board: Board) -> list[Context]:
    """Return who is to be talked with, for who does that; one person stands once, however many clinics."""
    if not visitor().actor.can(Action.FOLLOW_UP):
        return []
    waiting = {
        row.account_id: (row.name, number)
        for row in board.rows
        if (number := sum(cell.progress.to_talk_over for cell in row.cells))
    }
    return follow_up_alerts((account_id, name, number) for account_id, (name, number) in waiting.items())


def _actions(board: Board) -> list[Context]:
    actor, actions = visitor().actor, []
    takes_code = any(one.release.manifest["exam"].get("proctor_code") for one in board.in_force)
    if takes_code and actor.can(Action.MAKE_PROCTOR_CODE):
        url = url_for("proctoring.show")
        actions.append({"label": "Make an exam code", "href": url, "icon": "key-round", "kind": ""})
    if actor.can(Action.CHANGE_MANY):
        url = url_for("bulk_changes.show")
        actions.append({"label": "Several at once", "href": url, "icon": "", "kind": ""})
    if not actor.can(Action.ASSIGN):
        return actions
    return [*actions, {"label": "Assign training", "href": url_for("assignments.new"), "icon": "", "kind": "primary"}]


def _keys(row: BoardRow, columns: Sequence[int]) -> set[str]:
    return {row.cells[index].key for index in columns}


def _chip(key: str, label: str, rows: Sequence[BoardRow], columns: Sequence[int]) -> Context:
    number = sum(not key or key in _keys(row, columns) for row in rows)
    return {"value": key, "label": label, "state": key, "count": number}


def _summary(rows: Sequence[BoardRow], board: Board) -> str:
    clinics = {row.clinic_id for row in rows}
    people_word = "1 person" if len(rows) == 1 else f"{len(rows)} people"
    text = f"{people_word} in {counted(len(clinics), 'clinic')}"
    return f"{text}. Only the first {MOST_PEOPLE} people are shown: choose a clinic or a name." if board.more else text


def _column(board: Board, index: int) -> Context:
    scheme = board.in_force[index].release.manifest["scheme"]
    months = scheme["validity_months"]
    return {"name": scheme["title"], "sub": "yearly" if months == 12 else f"every {months} months"}


def _groups(rows: Sequence[BoardRow], columns: Sequence[int], treating: Collection[int]) -> list[Context]:
    groups = []
    for clinic, found in groupby(rows, key=lambda row: row.clinic):
        of_clinic = list(found)
        waiting = sum(
            bool(TO_FOLLOW_UP & _keys(row, columns)) or any(row.cells[index].progress.to_talk_over for index in columns)
            for row in of_clinic
        )
        size = "1 person" if len(of_clinic) == 1 else f"{len(of_clinic)} people"
        groups.append(
            {
                "name": clinic,
                "sub": f"{size}, {waiting} to follow up" if waiting else f"{size}, nothing to follow up",
                "rows": [_row(row, columns, treating) for row in of_clinic],
            }
        )
    return groups


def _ready(cells: Sequence[BoardCell]) -> Context:
    """Return under how many of the certifications that are asked for somebody may treat; some grant no treatment."""
    asked = [cell for cell in cells if cell.key != "not_required"]
    current = sum(cell.key in ("active", "due", "grace") for cell in asked)
    if not asked:
        return {"figure": "–", "note": "none asked for", "met": True}
    return {"figure": f"{current} of {len(asked)}", "note": "certifications", "met": current > 0}


def _row(row: BoardRow, columns: Sequence[int], treating: Collection[int]) -> Context:
    cells = [row.cells[index] for index in columns]
    quiet = sum(cell.key == "active" and not _noted(cell) for cell in cells)
    return {
        "name": row.name,
        "href": url_for("technicians.show", account_id=row.account_id),
        "role": "Technician",
        "ready": _ready([row.cells[index] for index in columns if index in treating]),
        "cells": [cell_status(cell) for cell in cells],
        # On a phone what is current, with nothing to act on, is only counted.
        "quiet": f"{quiet} current" if quiet else "",
    }


def _noted(cell: BoardCell) -> bool:
    """Tell whether somebody has to look at it although it is current: a recall is open, or cells are on hold."""
    return bool(cell.recalls or cell.state.back)


def _training(read: int, of: int) -> str:
    return "Exam to sit" if read >= of else f"{read} of {of} lessons"


def cell_status(cell: BoardCell) -> Context:
    """Return a cell of the board as the status macro takes it."""
    key, told = cell.key, cell.progress
    if key in ("sign_off", "training", "none", "not_required"):
        notes = {
            "sign_off": f"{told.observed} of {told.needed} observed",
            "training": _training(told.lessons_read, told.lessons),
        }
        return {"state": key, "label": "", "note": notes.get(key, ""), "due": False, "noted": False}
    shown = {**status_of(cell.state, visitor().today), "noted": _noted(cell)}
    if cell.recalls:
        due_on, today = min(one.due_on for one in cell.recalls), visitor().today
        waits = f"recall {'overdue since' if today > due_on else 'open to'} {short_day(due_on)}"
        shown["note"] = f"{shown['note']}; {waits}" if shown["note"] else waits
    return shown
