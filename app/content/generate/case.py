"""The family case: a client with a skin type, what was found and what is booked: what do you do."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from app.content.generate import case_settings, case_wording, wording
from app.content.generate.case_answers import why_wrong, wrong_answers
from app.content.generate.clients import (
    Cell,
    Condition,
    Reach,
    Treatment,
    agreed,
    bookable,
    cells_of,
    conditions_of,
    drawn,
    treatments_of,
)
from app.content.generate.contraindication_action import answer_of
from app.content.generate.seeded import pick, shuffled
from app.content.generate.unit import Unit, lettered, unique
from app.content.values import ContraindicationRow, Course, Decision, Fact, Item, ItemType, SettingsRow, Standing

FAMILY = "case"


@dataclass(frozen=True, kw_only=True, slots=True)
class AskedCondition:
    """A contraindication with the treatments under which it can be stated and decides."""

    course: Course
    row: ContraindicationRow
    own: Condition
    treatments: tuple[Treatment, ...]
    conditions: Sequence[Condition]  # of the whole course


@dataclass(frozen=True, kw_only=True, slots=True)
class AskedCell:
    """A settings row with its cells that can be booked, and all rows for its device and procedure."""

    course: Course
    row: SettingsRow
    cells: tuple[Cell, ...]
    beside: Sequence[SettingsRow]


def units(course: Course) -> Iterator[Unit]:
    """Yield a unit for every contraindication, then for every settings row."""
    keys = wording.device_keys(course)
    cells = cells_of(course, keys)
    yield from _condition_units(course, treatments_of(cells), conditions_of(course, keys))
    beside: dict[tuple[str, str], list[SettingsRow]] = defaultdict(list)
    for row in course.settings:
        beside[keys[row.device], row.procedure].append(row)
    for row in course.settings:
        named = keys[row.device], row.procedure
        own = tuple(cell for cell in cells.get(named, ()) if any(one is row for one in cell.rows))
        yield _cell_unit(AskedCell(course=course, row=row, cells=own, beside=beside[named]))


def _condition_units(
    course: Course, treatments: Sequence[Treatment], conditions: Sequence[Condition]
) -> Iterator[Unit]:
    """Yield the contraindications' units in the order of the table."""
    made: dict[str, Unit] = {}
    for own in conditions:
        told = [one for one in treatments if agreed(own, one)]
        for reach in own:
            fit = tuple(one for one in told if reach.reaches(one) and bookable(one, reach.row.action))
            asked = AskedCondition(course=course, row=reach.row, own=own, treatments=fit, conditions=conditions)
            made[reach.row.id] = _condition_unit(asked, reach, treatments)
    yield from (made[row.id] for row in course.contraindications)


def _condition_unit(asked: AskedCondition, reach: Reach, treatments: Sequence[Treatment]) -> Unit:
    row = asked.row
    why = _why_not_stated(asked, reach, treatments)
    return Unit(
        id=f"{FAMILY}/contraindications/{row.id}",
        family=FAMILY,
        row=f"contraindications/{row.id}",
        objective=row.objective,
        draw_from="cases",
        key_row=f"contraindications/{row.id}",
        critical=row.action == "do_not_treat",
        build=None if why else partial(_stated_item, asked),
        why_none=why,
    )


def _why_not_stated(asked: AskedCondition, reach: Reach, treatments: Sequence[Treatment]) -> str | None:
    if asked.row.standing is Standing.DRAFT:
        return wording.DRAFT
    if asked.treatments:
        return None
    if not any(reach.reaches(one) and bookable(one, asked.row.action) for one in treatments):
        signed = " without a sign-off" if asked.row.action == "treat_with_precautions" else ""
        return f"No confirmed settings row lets anybody be treated{signed} with these devices and procedures."
    others = [other.row.id for other in asked.own if answer_of(other.row) != answer_of(asked.row)]
    named = "; ".join(f"contraindications/{other}" for other in others)
    return f"{named} says otherwise for the same condition, devices and procedures."


def _cell_unit(asked: AskedCell) -> Unit:
    row = asked.row
    why = _why_not_booked(asked)
    return Unit(
        id=f"{FAMILY}/settings/{row.id}",
        family=FAMILY,
        row=f"settings/{row.id}",
        objective=row.objective,
        draw_from="cases",
        key_row=f"settings/{row.id}",
        critical=row.decision is Decision.NOT_ALLOWED,
        build=None if why else partial(_settings_item, asked),
        why_none=why,
    )


def _why_not_booked(asked: AskedCell) -> str | None:
    if asked.row.standing is Standing.DRAFT:
        return wording.DRAFT
    if asked.cells:
        return None
    types = range(asked.row.skin_type_min, asked.row.skin_type_max + 1)
    others = [
        f"settings/{other.id}"
        for other in asked.beside
        if other is not asked.row and any(other.skin_type_min <= one <= other.skin_type_max for one in types)
    ]
    return f"{'; '.join(others)} says otherwise, or is a draft, for a device of the same name."


def _stated_item(asked: AskedCondition, seed: int) -> Item:
    """Return the item of a contraindication: its condition decides, whatever else is stated."""
    row, name = asked.row, (FAMILY, asked.row.id, seed)
    client = drawn(row, asked.own, asked.treatments, asked.conditions, *name)
    key = answer_of(row)
    answers = [(key, None), *((one, why_wrong(client, one)) for one in wrong_answers(asked.course, client, *name))]
    told = [(case_wording.answer_words(asked.course, client.cell, answer), why) for answer, why in answers]
    applying = [row, *(other for one in client.stated for other in one.rows if other.standing is not Standing.DRAFT)]
    facts = unique([[f"contraindications/{one.id}" for one in applying], _cell_facts(client.cell)])
    return _item(
        row,
        seed,
        key_row=f"contraindications/{row.id}",
        stem=case_wording.stem(asked.course, client),
        told=told,
        facts=facts,
        sources=unique(one.sources for one in (*applying, *client.cell.rows)),
        why=case_wording.why(asked.course, client, facts),
        critical=key[0] == "do_not_treat",
    )


def _settings_item(asked: AskedCell, seed: int) -> Item:
    """Return the item of a settings row: nothing speaks against the client, so the cell decides."""
    row, name = asked.row, (FAMILY, asked.row.id, seed)
    cell = replace(pick(asked.cells, *name, "cell"), device=asked.row.device)
    facts = unique([[f"settings/{row.id}"], _cell_facts(cell)])
    return _item(
        row,
        seed,
        key_row=f"settings/{row.id}",
        stem=case_wording.plain_stem(asked.course, cell),
        told=case_settings.options_of(asked.course, cell, asked.beside, *name),
        facts=facts,
        sources=unique([row.sources, *(one.sources for one in cell.rows)]),
        why=case_wording.plain_why(asked.course, row, cell, facts),
        critical=row.decision is Decision.NOT_ALLOWED,
        notice=wording.NOTICE,
    )


def _cell_facts(cell: Cell) -> list[str]:
    return [f"settings/{one.id}" for one in cell.rows]


def _item(row: Fact, seed: int, *, key_row: str, told: Sequence[tuple[str, str | None]], **values: Any) -> Item:
    """Return an item of the family; of the answers `told` the first is the key."""
    shown = shuffled(told, FAMILY, row.id, seed)
    options = lettered(shown)
    return Item(
        id=f"{FAMILY}/{key_row}",
        family=FAMILY,
        seed=seed,
        type=ItemType.SINGLE,
        objective=row.objective,
        draw_from="cases",
        key_row=key_row,
        options=options,
        key=(options[shown.index(told[0])].id,),
        **values,
    )
