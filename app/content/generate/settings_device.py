"""The family settings-device: which device may be used without a sign-off for a procedure and a skin type.

One item is a procedure and a skin type. Its id names the row that its key rests on, then the skin type
("settings-device/settings/set-004/2"), so that no paper asks that row twice and the counts are told by it. Where
several devices may be used, the row asked least so far is asked, and none of the other devices is ever offered.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from app.content.generate import wording
from app.content.generate.seeded import digest, shuffled
from app.content.generate.treatments import Treatments, named, treatments
from app.content.generate.unit import Unit, lettered, unique
from app.content.values import Course, Decision, Item, ItemType, SettingsRow, Standing

FAMILY = "settings-device"
DISTRACTORS = 3
FEWEST = 2
SAID = {
    Decision.ALLOWED: "Without a sign-off",
    Decision.WITH_SIGN_OFF: "Only with a sign-off",
    Decision.NOT_ALLOWED: "Not allowed",
}

# Device key → all rows, whatever their standing, of one procedure and skin type.
Cell = Mapping[str, Sequence[SettingsRow]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """A row and a skin type, with the cell around it and the keys of all devices that are false there."""

    known: Treatments
    row: SettingsRow
    skin_type: int
    cell: Cell
    devices: Mapping[str, str]  # key → the id by which the device is named
    wrong: tuple[str, ...]


def units(course: Course) -> Iterator[Unit]:
    """Yield a unit for every row and skin type that could be the key; one for a row that never could."""
    known = treatments(course)
    place = {row.id: number for number, row in enumerate(course.settings)}
    devices = _devices(known)
    cells = _cells(known)
    asked: dict[str, list[Unit]] = {row.id: [] for row in course.settings}
    reasons: dict[str, dict[str, list[int]]] = {row.id: {} for row in course.settings}
    for (_, skin_type), cell in cells.items():
        wrong = tuple(key for key in devices if not any(_allows(row) for row in cell.get(key, ())))
        keys = [row for rows in cell.values() if (row := _key_row(rows))]
        chosen = min(keys, key=lambda row: (len(asked[row.id]), place[row.id]), default=None)
        for row, same in ((row, rows) for rows in cell.values() for row in rows if _can_be_key(row)):
            why = _why_none(row, same, chosen, wrong)
            one = Asked(known=known, row=row, skin_type=skin_type, cell=cell, devices=devices, wrong=wrong)
            if why:
                reasons[row.id].setdefault(why, []).append(skin_type)
            else:
                asked[row.id].append(_unit(row, str(skin_type), build=partial(_item, one)))
    for row in course.settings:
        yield from asked[row.id]
        yield from (_unit(row, why_none=_of_types(types, why)) for why, types in reasons[row.id].items())
        if not _can_be_key(row):
            yield _unit(row, why_none=_never(row))


def _devices(known: Treatments) -> dict[str, str]:
    """Return the devices that the course speaks of: the key of each, and the first id that has it."""
    ids = (*known.course.devices, *(row.device for row in known.course.settings))
    return {known.keys[device]: device for device in reversed(ids)}


def _cells(known: Treatments) -> dict[tuple[str, int], dict[str, list[SettingsRow]]]:
    """Return the rows of each procedure and skin type by the device's key."""
    cells: dict[tuple[str, int], dict[str, list[SettingsRow]]] = {}
    for row in known.course.settings:
        for skin_type in range(row.skin_type_min, row.skin_type_max + 1):
            cell = cells.setdefault((row.procedure, skin_type), {})
            cell.setdefault(known.keys[row.device], []).append(row)
    return cells


def _allows(row: SettingsRow) -> bool:
    return row.decision is Decision.ALLOWED


def _can_be_key(row: SettingsRow) -> bool:
    return _allows(row) and row.standing is not Standing.DRAFT


def _never(row: SettingsRow) -> str:
    if row.standing is Standing.DRAFT:
        return wording.DRAFT
    return f"The row says {row.decision}, so it names no device to use without a sign-off."


def _key_row(rows: Sequence[SettingsRow]) -> SettingsRow | None:
    """Return the first confirmed row of a device where all its rows, drafts too, need no sign-off."""
    return next(filter(_can_be_key, rows), None) if all(_allows(row) for row in rows) else None


def _why_none(
    row: SettingsRow, same: Sequence[SettingsRow], chosen: SettingsRow | None, wrong: Sequence[str]
) -> str | None:
    """Say why a row is not asked of a skin type; `same` are all rows for its device there, `chosen` the row asked."""
    others = [other.id for other in same if not _allows(other)]
    if others:
        return f"{named(others)} decides otherwise for the same device."
    first = _key_row(same)
    if first and first is not row:
        return f"{named([first.id])} says the same of a device of the same name."
    if len(wrong) < FEWEST:
        return f"fewer than {FEWEST} devices of the course are surely wrong."
    return f"{named([chosen.id])} is the row asked." if chosen and chosen is not row else None


def _of_types(types: Sequence[int], why: str) -> str:
    names = ", ".join(wording.ROMAN[one] for one in types)
    return f"Skin type{'s' if len(types) > 1 else ''} {names}: {why}"


def _unit(
    row: SettingsRow,
    skin_type: str | None = None,
    *,
    build: Callable[[int], Item] | None = None,
    why_none: str | None = None,
) -> Unit:
    fact = f"settings/{row.id}"
    return Unit(
        id=f"{FAMILY}/{fact}/{skin_type}" if skin_type else f"{FAMILY}/{fact}",
        family=FAMILY,
        row=fact,
        objective=row.objective,
        draw_from="settings",
        key_row=fact,
        build=build,
        why_none=why_none,
    )


def _item(asked: Asked, seed: int) -> Item:
    row, course = asked.row, asked.known.course
    right = asked.known.keys[row.device]
    shown = shuffled([right, *_distractors(asked, seed)], FAMILY, row.id, asked.skin_type, seed)
    names = {**asked.devices, right: row.device}
    rows = {key: [one for one in asked.cell.get(key, ()) if one.standing is not Standing.DRAFT] for key in shown}
    options = lettered((wording.device_name(course, names[key]), _said(asked, key, rows[key])) for key in shown)
    deciding = [row, *(one for key in shown for one in rows[key])]
    facts = unique([f"settings/{one.id}"] for one in deciding)
    skin_type = f"skin type {wording.ROMAN[asked.skin_type]}"
    procedure = wording.procedure_name(row.procedure)
    answer = f"{wording.device_name(course, row.device)}, {procedure}, {skin_type}: {SAID[row.decision].lower()}"
    return Item(
        id=f"{FAMILY}/settings/{row.id}/{asked.skin_type}",
        family=FAMILY,
        seed=seed,
        type=ItemType.SINGLE,
        objective=row.objective,
        draw_from="settings",
        key_row=f"settings/{row.id}",
        stem=(
            f"Which of these devices may a technician use for {procedure} on Fitzpatrick {skin_type} "
            "without a sign-off?"
        ),
        options=options,
        key=(options[shown.index(right)].id,),
        critical=False,
        facts=facts,
        sources=unique(one.sources for one in deciding),
        why=wording.joined((answer, row.why, wording.rows_named(facts))),
        notice=wording.NOTICE,
    )


def _said(asked: Asked, key: str, rows: Sequence[SettingsRow]) -> str | None:
    """Return what the rows decide of a wrong device; a cell that no confirmed row names is not allowed."""
    if key == asked.known.keys[asked.row.device]:
        return None
    said = SAID[rows[0].decision] if rows else "No confirmed row allows it"
    return f"{said} for {wording.procedure_name(asked.row.procedure)} on this skin type."


def _distractors(asked: Asked, seed: int) -> list[str]:
    """Return the devices that are likeliest to be taken by mistake; the seed decides between those equally likely."""
    tiers = {key: _tier(asked, key) for key in asked.wrong}
    name = (FAMILY, asked.row.id, asked.skin_type, seed)
    return sorted(asked.wrong, key=lambda key: (tiers[key], digest(*name, key)))[:DISTRACTORS]


def _tier(asked: Asked, key: str) -> int:
    """Return how near a wrong device is: 0 one that neighbouring skin types may be treated with, or with a sign-off."""
    if any(row.decision is Decision.WITH_SIGN_OFF for row in asked.cell.get(key, ())):
        return 0
    rows = asked.known.rows.get((key, asked.row.procedure), ())
    apart = [
        max(row.skin_type_min - asked.skin_type, asked.skin_type - row.skin_type_max)
        for row in rows
        if row.decision is not Decision.NOT_ALLOWED
    ]
    if apart:
        return min(apart) - 1
    return 6 if rows else 7
