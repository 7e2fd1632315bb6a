"""The family contraindication-select: which conditions of a category stop the treatment today.

One item is a category ("contraindication-select/contraindications/medication"). Where the rows of a category serve
several objectives, each of these has an item of its own rows ("…/medication/screening"), since an item serves one
objective; all of them share the category's key row, so that no paper holds two.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product

from app.content.generate import wording
from app.content.generate.contraindication_action import (
    Booking,
    answer_of,
    answer_text,
    booked_text,
    names,
    possible_under,
)
from app.content.generate.seeded import digest, pick, shuffled
from app.content.generate.unit import Unit, lettered, unique
from app.content.values import ContraindicationRow, Course, Item, ItemType, Standing

FAMILY = "contraindication-select"
FEWEST, MOST = 4, 6


# A condition's row to show, then the other confirmed rows that say the same of it.
Told = tuple[ContraindicationRow, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Condition:
    """One condition as a reader knows it: its rows that can be asked, and all its rows, whatever their standing."""

    asked: Told
    rows: Told


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """What is booked, with the conditions to show: those that stop the treatment, and those that let it go on."""

    booking: Booking
    stopping: tuple[Told, ...]
    going_on: tuple[Told, ...]

    def is_enough(self) -> bool:
        """Say whether an item can be made: some conditions of both kinds, and at least four."""
        return bool(self.stopping and self.going_on) and len(self.stopping) + len(self.going_on) >= FEWEST


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """A category, or what of it serves one objective, with every choice that a seed can show."""

    course: Course
    name: str
    category: str
    objective: str
    choices: tuple[Choice, ...]


def units(course: Course) -> Iterator[Unit]:
    """Yield a unit for every category, and for each objective that its rows serve."""
    keys = wording.device_keys(course)
    same = _same_conditions(course)
    categories: dict[str, dict[str, list[ContraindicationRow]]] = {}
    for row in course.contraindications:
        categories.setdefault(row.category, {}).setdefault(row.objective, []).append(row)
    for category, objectives in categories.items():
        for objective, rows in objectives.items():
            name = category if len(objectives) == 1 else f"{category}/{objective}"
            conditions = _conditions(rows, same)
            choices, why = _choices(course, keys, conditions)
            asked = Asked(course=course, name=name, category=category, objective=objective, choices=tuple(choices))
            yield _unit(asked, why)


def stops(row: ContraindicationRow) -> bool:
    """Say whether a row stops the treatment today: all but treating with precautions does."""
    return row.action != "treat_with_precautions"


def _same_conditions(course: Course) -> dict[str, list[ContraindicationRow]]:
    """Return for every row's id all rows for its condition, also those that are the same only through a third."""
    by_name: dict[str, list[ContraindicationRow]] = {}
    for row in course.contraindications:
        own = names(row)
        found = {id(rows): rows for name in own if (rows := by_name.get(name))}
        rows = next(iter(found.values()), [])
        for other in list(found.values())[1:]:
            rows.extend(other)
            by_name |= {name: rows for one in other for name in names(one)}
        rows.append(row)
        by_name |= dict.fromkeys(own, rows)
    return {row.id: rows for rows in by_name.values() for row in rows}


def _conditions(rows: Sequence[ContraindicationRow], same: Mapping[str, list[ContraindicationRow]]) -> list[Condition]:
    """Return the conditions of rows that can be asked, each once."""
    conditions: dict[int, list[ContraindicationRow]] = {}
    for row in rows:
        if row.standing is not Standing.DRAFT:
            conditions.setdefault(id(same[row.id]), []).append(row)
    return [Condition(asked=tuple(asked), rows=tuple(same[asked[0].id])) for asked in conditions.values()]


def _unit(asked: Asked, why: str | None) -> Unit:
    return Unit(
        id=f"{FAMILY}/contraindications/{asked.name}",
        family=FAMILY,
        row=f"contraindications/{asked.name}",
        objective=asked.objective,
        draw_from="contraindications",
        key_row=f"contraindications/{asked.category}",
        build=None if why else partial(_item, asked),
        why_none=why,
    )


def _choices(
    course: Course, keys: Mapping[str, str], conditions: Sequence[Condition]
) -> tuple[list[Choice], str | None]:
    """Return the choices under bookings that name as little as possible, or why there are none."""
    if len(conditions) < FEWEST:
        return [], f"Only {len(conditions)} of the category's conditions can be asked; {FEWEST} are needed."
    rows = [row for condition in conditions for row in condition.asked]
    if all(stops(row) for row in rows):
        return [], "Every condition of the category stops the treatment."
    if not any(stops(row) for row in rows):
        return [], "No condition of the category stops the treatment."
    for level in _levels(course, conditions):
        choices = [_choice(keys, conditions, device, procedure) for device, procedure in level]
        enough = [one for one in choices if one.is_enough() and possible_under(course, dict(keys), one.booking)]
        if enough:
            return enough, None
    return [], (
        f"No device and procedure can be booked under which {FEWEST} conditions, some that stop the treatment and "
        "some that do not, are told alike by every row."
    )


def _levels(course: Course, conditions: Sequence[Condition]) -> Iterator[list[tuple[str | None, str | None]]]:
    """Yield the devices and procedures to name, the fewest first; only what the rows tell apart can matter."""
    rows = [row for condition in conditions for row in condition.rows]
    narrow = {device for row in rows for device in row.applies_to}
    devices: list[str | None] = [*course.devices] if narrow else []
    named = {name for row in rows for name in row.procedures}
    known = {row.procedure for row in course.settings} | {step.procedure for step in course.procedure} | named
    procedures: list[str | None] = [*sorted(known)] if named else []
    nothing: list[str | None] = [None]
    for some_devices, some_procedures in product((nothing, devices), (nothing, procedures)):
        yield list(product(some_devices, some_procedures))


def _choice(
    keys: Mapping[str, str], conditions: Sequence[Condition], device: str | None, procedure: str | None
) -> Choice:
    """Return the conditions about which all rows agree under a booking, and which a confirmed row surely covers."""
    stopping: list[Told] = []
    going_on: list[Told] = []
    for condition in conditions:
        surely = [row for row in condition.asked if _applies(keys, row, device, procedure, surely=True)]
        perhaps = [row for row in condition.rows if _applies(keys, row, device, procedure, surely=False)]
        if surely and len({stops(row) for row in perhaps}) == 1:
            others = [row for row in perhaps if row is not surely[0] and row.standing is not Standing.DRAFT]
            (stopping if stops(surely[0]) else going_on).append((surely[0], *others))
    booking = Booking(device=device, procedure=procedure, rows=())
    return Choice(booking=booking, stopping=tuple(stopping), going_on=tuple(going_on))


def _applies(
    keys: Mapping[str, str], row: ContraindicationRow, device: str | None, procedure: str | None, *, surely: bool
) -> bool:
    """Say whether a row applies under a booking: surely, or perhaps, as the booking may leave something open."""
    by_device = not row.applies_to or (
        not surely if device is None else keys[device] in {keys[one] for one in row.applies_to}
    )
    return by_device and (not row.procedures or (not surely if procedure is None else procedure in row.procedures))


def _item(asked: Asked, seed: int) -> Item:
    choice = pick(asked.choices, FAMILY, asked.name, seed, "booking")
    shown = _shown(choice, (FAMILY, asked.name, seed))
    options = lettered((told[0].condition, _why(told[0])) for told in shown)
    facts = unique([f"contraindications/{row.id}" for row in told] for told in shown)
    answers = [f"{told[0].condition}: {answer_text(answer_of(told[0]))}" for told in shown]
    return Item(
        id=f"{FAMILY}/contraindications/{asked.name}",
        family=FAMILY,
        seed=seed,
        type=ItemType.MULTIPLE,
        objective=asked.objective,
        draw_from="contraindications",
        key_row=f"contraindications/{asked.category}",
        stem=(
            f"{booked_text(asked.course, choice.booking)} "
            "Which of these findings, each taken alone, stop the treatment today?"
        ),
        options=options,
        key=tuple(option.id for option, told in zip(options, shown, strict=True) if stops(told[0])),
        critical=False,
        facts=facts,
        sources=unique(row.sources for told in shown for row in told),
        why=wording.joined((*answers, wording.rows_named(facts))),
    )


def _shown(choice: Choice, name: tuple[str | int, ...]) -> list[Told]:
    """Return the conditions to show; the seed decides which, how many, and how many of them stop the treatment."""
    stopping, going_on = choice.stopping, choice.going_on
    size = FEWEST + digest(*name, "size") % (min(MOST, len(stopping) + len(going_on)) - FEWEST + 1)
    least = max(1, size - len(going_on))
    number = least + digest(*name, "stopping") % (min(len(stopping), size - 1) - least + 1)
    chosen = [
        *shuffled(stopping, *name, "stopping")[:number],
        *shuffled(going_on, *name, "going on")[: size - number],
    ]
    return shuffled(chosen, *name)


def _why(row: ContraindicationRow) -> str:
    return wording.joined((answer_text(answer_of(row)), row.why))
