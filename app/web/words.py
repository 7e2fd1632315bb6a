"""Values as people read them: days and times in words, states with their dates, scopes as grids."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from app.certification.lifecycle import State, StateAsOf
from app.certification.scope import GrantedCell, cells_as_grid
from app.content.values import Decision
from app.releases.manifest import procedure_name, span

Context = dict[str, Any]


def day(value: date) -> str:
    """Return `22 November 2026`."""
    return f"{value.day} {value:%B %Y}"


def short_day(value: date) -> str:
    """Return `22 Nov 2026`."""
    return f"{value.day} {value:%b %Y}"


def weekday(value: date) -> str:
    """Return `Sunday 22 November 2026`."""
    return f"{value:%A} {day(value)}"


def clock_time(instant: datetime, zone: str) -> str:
    """Return `14:06:42` in a time zone."""
    return f"{instant.astimezone(ZoneInfo(zone)):%H:%M:%S}"


def moment(instant: datetime, zone: str) -> str:
    """Return `22 November 2026, 14:06` in a time zone."""
    local = instant.astimezone(ZoneInfo(zone))
    return f"{day(local.date())}, {local:%H:%M}"


def counted(number: int, noun: str) -> str:
    """Return `1 lesson` or `3 lessons`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def hours(number: int) -> str:
    """Return `24 hours`, or `none` for 0."""
    return counted(number, "hour") if number else "none"


def days_left(last: date, today: date) -> str:
    """Return how many days remain until a last day, which counts."""
    left = (last - today).days
    return "Last day" if left == 0 else f"{counted(left, 'day')} left"


def status_of(state: StateAsOf, today: date) -> Context:
    """Return a state as the pages show it: word, date, and whether renewal is due."""
    shown = {"state": state.state.value, "label": "", "note": "", "due": state.due}
    last, period = state.last_valid_on, state.period
    if state.state is State.ACTIVE and last:
        shown["note"] = f"to {short_day(last)}"
        shown["label"] = days_left(last, today) if state.due else ""
    elif state.state is State.GRACE and period:
        shown["note"] = f"to {short_day(period.grace_last_on)}"
    elif state.state is State.EXPIRED and period:
        shown["note"] = f"since {short_day(state.since_on or period.last_on)}"
    elif state.state in (State.SUSPENDED, State.REVOKED, State.SUPERSEDED) and state.since_on:
        shown["note"] = f"since {short_day(state.since_on)}"
    return shown


def scope_rows(cells: Iterable[GrantedCell], devices: Mapping[str, Mapping[str, Any]]) -> list[Context]:
    """Return granted cells as the rows of a scope grid; what is not granted says so."""
    return [
        {
            "device": devices[row.device]["name"],
            "wavelength": _beside(devices[row.device]),
            "procedure": procedure_name(procedure.procedure),
            "cells": [_cell(decision) for decision in row.decisions],
        }
        for procedure in cells_as_grid(cells)
        for row in procedure.rows
    ]


def grace_words(days: int, *, grants: bool) -> str:
    """Return how many days of grace there are, and what they are worth to a scheme that grants treatments or none."""
    return f"{days}, {'only with a second person’s sign-off' if grants else 'in which it can still be renewed'}"


def scope_lines(
    cells: Iterable[GrantedCell], devices: Mapping[str, Mapping[str, Any]], *, in_force: bool
) -> list[Context]:
    """Return a scope in short: a line for each device and procedure, its six cells and the words beside them.

    Never one line over several devices: it would read as if what one of them may do held for all.
    """
    lines = [
        {
            "cells": [_cell(decision) for decision in row.decisions] if in_force else [],
            "words": f"{devices[row.device]['name']}, {procedure_name(procedure.procedure).lower()}: "
            f"{_spans([_cell(decision) for decision in row.decisions])}",
        }
        for procedure in cells_as_grid(cells)
        for row in procedure.rows
    ] or [{"cells": [], "words": "No device scope"}]
    return lines if in_force else [{**line, "words": f"Not in force: {line['words']}"} for line in lines]


def wavelength(device: Mapping[str, Any]) -> str:
    """Return `1064 nm`, a range, or nothing for a device without one."""
    low, high = device["wavelength_min_nm"], device["wavelength_max_nm"]
    if low is None:
        return ""
    return f"{low:g} nm" if low == high else f"{low:g}–{high:g} nm"


def _beside(device: Mapping[str, Any]) -> str:
    """Return a device's wavelength where its name does not tell it."""
    told = wavelength(device)
    return "" if told in device["name"] else told


def _cell(decision: Decision) -> str:
    return "not_granted" if decision is Decision.NOT_ALLOWED else decision.value


def _spans(cells: list[str]) -> str:
    words = {"allowed": "allowed", "with_sign_off": "with sign-off"}
    parts, start = [], 0
    for index in range(1, 7):
        if index == 6 or cells[index] != cells[start]:
            if cells[start] in words:
                parts.append(f"{span(start + 1, index)} {words[cells[start]]}")
            start = index
    return ", ".join(parts)
