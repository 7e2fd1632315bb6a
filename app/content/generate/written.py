"""Items written by hand: the same item with its options shuffled by the seed."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from app.content.generate.procedure_order import displayed
from app.content.generate.seeded import shuffled
from app.content.generate.unit import Unit, lettered
from app.content.generate.wording import NOTICE
from app.content.values import Course, Item, ItemType, Option, Standing

FAMILY = "items"


def units(course: Course) -> Iterator[Unit]:
    """Yield a unit for every item of items.yaml."""
    tables = {
        "settings": course.settings,
        "contraindications": course.contraindications,
        "procedure": course.procedure,
        "statements": course.statements,
    }
    drafts = {f"{table}/{row.id}" for table, rows in tables.items() for row in rows if row.standing is Standing.DRAFT}
    for item in course.items:
        unconfirmed = [fact for fact in item.facts if fact in drafts]
        why = f"It rests on {'; '.join(unconfirmed)}, a draft that nobody confirmed." if unconfirmed else None
        yield Unit(
            id=item.id,
            family=FAMILY,
            row=item.key_row,
            objective=item.objective,
            draw_from=FAMILY,
            key_row=item.key_row,
            critical=item.critical,
            build=None if why else partial(variant, item),
            why_none=why,
        )


def variant(item: Item, seed: int) -> Item:
    """Return an item as it is displayed under a seed: numeric as it is, the others shuffled and lettered anew."""
    if any(fact.startswith("settings/") for fact in item.facts):
        item = replace(item, notice=NOTICE)
    if item.type is ItemType.NUMERIC:
        return replace(item, seed=seed)
    if item.type is ItemType.MATCHING:
        return _matching(item, seed)
    ids = [option.id for option in item.options]
    if item.type is ItemType.ORDERING:
        options, letter = _relettered(item.options, displayed(ids, item.key, item.id, seed))
        pairs = tuple(sorted((letter[before], letter[after]) for before, after in item.key))
        return replace(item, seed=seed, options=options, key=pairs)
    options, letter = _relettered(item.options, shuffled(ids, item.id, seed))
    return replace(item, seed=seed, options=options, key=tuple(sorted(letter[one] for one in item.key)))


def _relettered(
    options: tuple[Option, ...], order: list[str], start: int = 0
) -> tuple[tuple[Option, ...], dict[str, str]]:
    """Return options in an order of their old ids with new letters, and the letter of each old id."""
    by_id = {option.id: option for option in options}
    shown = lettered(((by_id[one].text, by_id[one].why) for one in order), start=start)
    return shown, {old: option.id for old, option in zip(order, shown, strict=True)}


def _matching(item: Item, seed: int) -> Item:
    """Return a matching item with its rights shuffled, equal rights shown once; letters go on from the lefts."""
    first = {option.text: option.id for option in reversed(item.rights)}
    one_of = {option.id: first[option.text] for option in item.rights}
    lefts, left = _relettered(item.options, [option.id for option in item.options])
    in_line = [one_of[item.key[option.id]] for option in item.options]
    rights = list(dict.fromkeys(one_of[option.id] for option in item.rights))
    order = shuffled(rights, item.id, seed)
    if len(order) > 1 and order == list(dict.fromkeys(in_line)):
        order = [*order[1:], order[0]]  # side by side with its own left, every right would give itself away
    shown, right = _relettered(item.rights, order, start=len(lefts))
    key = {left[one]: right[one_of[other]] for one, other in item.key.items()}
    return replace(item, seed=seed, options=lefts, rights=shown, key=key)
