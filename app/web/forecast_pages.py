"""What the forecast of a clinic says: what runs out, what that closes, and which training is worth most."""

from collections.abc import Iterable, Mapping
from datetime import date
from itertools import groupby
from typing import Any

from flask import url_for

from app.certification.forecast import Step
from app.certification.scope import Cell
from app.releases.manifest import procedure_name, span
from app.reports.forecast import Forecast, Horizon, RunsOut
from app.web.words import Context, counted, day, short_day, weekday


def forecast_page(told: Forecast) -> Context:
    """Return the forecast of a clinic."""
    plan, left = told.plan, told.plan.unclosed
    return {
        "clinic": str(told.clinic_id),
        "clinics": [{"value": str(one), "label": name} for one, name in told.clinics],
        "sub": f"{told.clinic}, from {weekday(told.day)}, as if nobody renewed",
        "board_url": url_for("scope.show", clinic=told.clinic_id),
        "horizons": [_horizon(told, one) for one in told.horizons],
        "steps": [_step(told, one) for one in plan.steps],
        "unclosed": in_words(left, told.devices),
        "note": f"{counted(told.more, 'technician')} more did not fit." if told.more else "",
    }


def in_words(cells: Iterable[Cell], devices: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return cells as `types III–IV with Nd:YAG 1064, skin tightening`, a line for each device and procedure."""
    places = groupby(sorted(cells), key=lambda cell: (cell.procedure, cell.device))
    return [
        f"{_types([cell.skin_type for cell in found])} with {devices[device]['name']}, "
        f"{procedure_name(procedure).lower()}"
        for (procedure, device), found in places
    ]


def _types(numbers: list[int]) -> str:
    runs = [
        [number for _, number in run]
        for _, run in groupby(enumerate(numbers), key=lambda placed: placed[1] - placed[0])  # neighbours
    ]
    return f"type{'s' if len(numbers) > 1 else ''} {', '.join(span(run[0], run[-1]) for run in runs)}"


def _horizon(told: Forecast, one: Horizon) -> Context:
    people = groupby(sorted(one.one_left, key=lambda left: (left[1], left[0])), key=lambda left: left[1])
    return {
        "title": f"{one.first} to {one.days} days from now" if one.first > 1 else f"Within {one.days} days",
        "sub": f"To {day(one.day)}",
        "id": f"days-{one.days}",
        "runs_out": [_runs_out(each, told.day) for each in one.runs_out],
        "closed": in_words(one.closed, told.devices),
        "one_left": [
            {"name": name, "cells": in_words([cell for cell, _ in cells], told.devices)} for name, cells in people
        ],
    }


def after_it(one: RunsOut, today: date) -> str:
    """Return what follows the last valid day: the days of grace, if any, and what ends those too."""
    end = ""
    if one.lapsed:
        end = f"needs {one.lapsed}, which ends then"
    elif one.overdue:
        end = "then on hold: a recall is not done"
    elif one.on_hold:
        end = "then suspended"
    if one.to_on == one.last_on:
        return end or "no grace"
    grace = f"{'in' if one.last_on < today else 'then in'} grace to {short_day(one.to_on)}"
    return f"{grace}, {end}" if end else grace


def _runs_out(one: RunsOut, today: date) -> Context:
    return {
        "name": one.name,
        "href": url_for("technicians.show", account_id=one.account_id),
        "title": one.title,
        "number": one.number,
        "last": short_day(one.last_on),
        "note": after_it(one, today),
    }


def _step(told: Forecast, step: Step) -> Context:
    one = step.training
    now = any(cell in told.open_now for cell in step.reopens)
    return {
        "name": told.names[one.account_id],
        "href": url_for("technicians.show", account_id=one.account_id),
        "what": f"{'renews' if one.renewal else 'takes'} {told.courses[one.course_id]}",
        "gain": f"fills {counted(len(step.reopens), 'gap')}" if step.reopens else "needed for the next",
        "when": "open now" if now else f"the first from {short_day(step.gap_on)} on" if step.reopens else "",
        "cells": in_words(step.reopens, told.devices),
    }
