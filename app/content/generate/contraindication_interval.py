"""The family contraindication-interval: until when a treatment is put off, in days or until it no longer applies."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from app.content.generate import wording
from app.content.generate.contested import days_said, is_said
from app.content.generate.contraindication_action import Booking, alike, bookings, situation, texts_of
from app.content.generate.seeded import digest, pick, shuffled
from app.content.generate.unit import Unit, lettered, unique
from app.content.values import ContraindicationRow, Course, Item, ItemType, Standing

FAMILY = "contraindication-interval"
# A deferral that no number of days ends.
RESOLVED = 0
# Days to offer as a wrong interval where the table holds no others, the likeliest first.
USUAL_DAYS = (14, 28, 7, 90, 56, 180, 42, 3, 120, 365)
FEWEST, OFFERED = 2, 3
# Intervals nearer to each other than this, such as 28 and 30 days, are the same rule for a reader.
APART = 1.25


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """A row that defers, with the bookings under which every row agrees, and numbers of days that are false."""

    course: Course
    row: ContraindicationRow
    bookings: tuple[Booking, ...]
    days: tuple[int, ...]


def units(course: Course) -> Iterator[Unit]:
    """Yield a unit for every contraindication."""
    keys = wording.device_keys(course)
    pool = _pool(course)
    said = {row.id: frozenset(days_said(texts_of(row))) for row in course.contraindications}
    for row, same in alike(course):
        spans = frozenset().union(*(said[other.id] for other in same))
        yield _unit(course, keys, row, same, [days for days in pool if not is_said(days, spans)])


def interval_text(days: int) -> str:
    """Return an interval in words."""
    if days == RESOLVED:
        return "Until it no longer applies, with no set number of days"
    return f"Until {days} {'day' if days == 1 else 'days'} after it"


def _pool(course: Course) -> list[int]:
    """Return the days to choose wrong intervals from: confirmed rows' own, then usual ones."""
    rows = [row for row in course.contraindications if row.standing is not Standing.DRAFT]
    return list(dict.fromkeys([*sorted({row.defer_days for row in rows if row.defer_days}), *USUAL_DAYS]))


def _unit(
    course: Course,
    keys: dict[str, str],
    row: ContraindicationRow,
    same: Sequence[ContraindicationRow],
    pool: Sequence[int],
) -> Unit:
    why = _cannot_ask(row)
    booked, possible = ([], False) if why else bookings(course, keys, row, same)
    days = () if why else _false_days(row, same, pool)
    why = why or _why_none(row, same, booked=bool(booked), possible=possible, days=days)
    asked = Asked(course=course, row=row, bookings=tuple(booked), days=days)
    return Unit(
        id=f"{FAMILY}/contraindications/{row.id}",
        family=FAMILY,
        row=f"contraindications/{row.id}",
        objective=row.objective,
        draw_from="contraindications",
        key_row=f"contraindications/{row.id}",
        build=None if why else partial(_item, asked),
        why_none=why,
    )


def _cannot_ask(row: ContraindicationRow) -> str | None:
    if row.standing is Standing.DRAFT:
        return wording.DRAFT
    return None if row.action == "defer" else f"The row says {row.action}, so there is no interval to ask."


def _why_none(
    row: ContraindicationRow,
    same: Sequence[ContraindicationRow],
    *,
    booked: bool,
    possible: bool,
    days: Sequence[int],
) -> str | None:
    if not booked:
        others = [other for other in same if (other.action, other.defer_days) != (row.action, row.defer_days)]
        named = "; ".join(f"contraindications/{other.id}" for other in others)
        return f"{named} says otherwise for the same condition, devices and procedures."
    if not possible:
        return "No settings row lets anybody be treated with these devices and procedures, on any day."
    if len(days) < FEWEST:
        return "Its texts speak of so many intervals that too few are wrong."
    return None


def _false_days(row: ContraindicationRow, same: Sequence[ContraindicationRow], pool: Sequence[int]) -> tuple[int, ...]:
    """Return the days of a pool that no row for the condition says, each well apart from the others."""
    own = {other.defer_days for other in same}
    chosen: list[int] = []
    for days in pool:
        apart = all(_apart(days, other) for other in (*chosen, row.defer_days) if other)
        if apart and days not in own:
            chosen.append(days)
    return tuple(chosen)


def _apart(one: int, other: int) -> bool:
    return max(one, other) >= APART * min(one, other)


def _item(asked: Asked, seed: int) -> Item:
    row = asked.row
    booking = pick(asked.bookings, FAMILY, row.id, seed, "booking")
    shown = _offered(asked, seed)
    options = lettered((interval_text(days), None) for days in shown)
    key = row.defer_days or RESOLVED
    applying = [other for other in booking.rows if other.standing is not Standing.DRAFT]
    facts = unique([[f"contraindications/{row.id}"], [f"contraindications/{other.id}" for other in applying]])
    answer = f"{row.condition}: {interval_text(key)[0].lower()}{interval_text(key)[1:]}"
    return Item(
        id=f"{FAMILY}/contraindications/{row.id}",
        family=FAMILY,
        seed=seed,
        type=ItemType.SINGLE,
        objective=row.objective,
        draw_from="contraindications",
        key_row=f"contraindications/{row.id}",
        stem=f"{situation(asked.course, row, booking)} Until when do you put the treatment off?",
        options=options,
        key=(options[shown.index(key)].id,),
        critical=False,
        facts=facts,
        sources=unique([row.sources, *(other.sources for other in applying)]),
        why=wording.joined((answer, row.why, wording.rows_named(facts))),
    )


def _offered(asked: Asked, seed: int) -> list[int]:
    """Return the intervals to show: days in order, and in any place between them that no number of days ends it."""
    name = (FAMILY, asked.row.id, seed)
    key = asked.row.defer_days or RESOLVED
    days = sorted(_around(asked.days, key, name) if key else shuffled(asked.days[: 2 * OFFERED], *name)[:OFFERED])
    place = digest(*name, "resolved") % (len(days) + 1)
    return [*days[:place], RESOLVED, *days[place:]]


def _around(false: Sequence[int], key: int, name: tuple[str | int, ...]) -> list[int]:
    """Return a key with two wrong numbers of days, as many of them below it as the seed says where that can be."""
    below, above = ([days for days in false if days < key], [days for days in false if days > key])
    wanted = digest(*name, "lower") % OFFERED
    lower = min(len(below), max(wanted, OFFERED - 1 - len(above)))
    low = shuffled(below[:OFFERED], *name, "below")[:lower]
    return [*low, key, *shuffled(above[:OFFERED], *name, "above")[: OFFERED - 1 - lower]]
