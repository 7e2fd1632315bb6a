"""The family procedure-next: these steps of a phase are done: which step of it comes next.

The stem tells everything that is done: what must come before the phase, and each step that does not wait for the one
asked. So exactly one step of the phase is open under every row. What is offered beside it must come after it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from app.content.generate import wording
from app.content.generate.seeded import shuffled
from app.content.generate.steps import Order, bits, cannot_ask, named, numbered, orders, places, quoted, stage
from app.content.generate.unit import Unit, lettered, unique
from app.content.values import Course, Item, ItemType, StepRow

FAMILY = "procedure-next"
DISTRACTORS = 3
FEWEST = 2
# Steps that a stem can list and still be read.
MOST_DONE = 8
# The steps that come soonest after the one asked, from which a seed chooses.
NEAREST = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """A step with the steps that the stem lists as done, and the nearest of those that must come after it."""

    row: StepRow
    stage: tuple[str, str]  # what the stem calls its phase, at first and again
    opened: bool  # whether something must come before the phase
    done: tuple[StepRow, ...]
    wrong: tuple[StepRow, ...]


def units(course: Course) -> Iterator[Unit]:
    """Yield a unit for every step."""
    known = orders(course)
    place = {id(step): number for order in known.values() for number, step in enumerate(order.steps)}
    phases: dict[tuple[str, str], tuple[int, int]] = {}
    for row in course.procedure:
        order = known[row.procedure]
        key = (row.procedure, row.phase)
        if key not in phases:
            phases[key] = _frame(order, order.phase(row.phase))
        yield _unit(order, row, place[id(row)], *phases[key])


def _frame(order: Order, phase: int) -> tuple[int, int]:
    """Return a phase with the steps of others that come between its own, and the steps that must come before it."""
    outside = 0
    for place in places(phase):
        outside |= order.before[place] & ~phase
    between = bits(place for place in places(outside) if order.before[place] & phase)
    return phase | between, outside & ~between


def _unit(order: Order, row: StepRow, place: int, frame: int, opening: int) -> Unit:
    done = frame & ~(1 << place) & ~order.later[place]
    wrong = order.sure_later[place] & ~order.drafts & order.alone
    why = cannot_ask(order, place, frame) or _why_none(order, place, frame, done) or _too_few(wrong)
    nearest = sorted(places(wrong), key=lambda one: (order.steps[one].phase != row.phase, one))[:NEAREST]
    asked = Asked(
        row=row,
        stage=stage(row, order.steps),
        opened=bool(opening),
        done=tuple(order.rows(done)),
        wrong=tuple(order.steps[one] for one in nearest),
    )
    return Unit(
        id=f"{FAMILY}/procedure/{row.id}",
        family=FAMILY,
        row=f"procedure/{row.id}",
        objective=row.objective,
        draw_from="procedure",
        key_row=f"procedure/{row.id}",
        build=None if why else partial(_item, asked),
        why_none=why,
    )


def _why_none(order: Order, place: int, frame: int, done: int) -> str | None:
    """Say why a step is not the only open one of its phase once what does not wait for it is done and told."""
    drafts = done & order.drafts
    if drafts:
        return f"{named(order, drafts)} can come first, but is a draft, which no item tells."
    unsure = order.later[place] & ~order.sure_later[place] & frame & ~order.drafts
    if unsure:
        return f"{named(order, unsure)} comes after it only by way of a draft."
    if done.bit_count() > MOST_DONE:
        return f"{done.bit_count()} steps of the phase do not wait for it; a stem lists {MOST_DONE} at most."
    again = order.repeated(done | order.later[place], done)
    if again:
        return f"{named(order, again)} has the same text as a step that is done."
    return None


def _too_few(wrong: int) -> str | None:
    if wrong.bit_count() >= FEWEST:
        return None
    return f"Only {wrong.bit_count()} of the steps that can be asked must come after it; {FEWEST} are needed."


def _item(asked: Asked, seed: int) -> Item:
    row = asked.row
    name = (FAMILY, row.id, seed)
    wrong = shuffled(asked.wrong, *name, "wrong")[:DISTRACTORS]
    shown = shuffled([row, *wrong], *name)
    after = f"It comes only after {quoted(row)}."
    options = lettered((step.step, None if step is row else after) for step in shown)
    rows = [row, *asked.done, *(step for step in shown if step is not row)]
    facts = unique([f"procedure/{step.id}"] for step in rows)
    return Item(
        id=f"{FAMILY}/procedure/{row.id}",
        family=FAMILY,
        seed=seed,
        type=ItemType.SINGLE,
        objective=row.objective,
        draw_from="procedure",
        key_row=f"procedure/{row.id}",
        stem=_stem(asked),
        options=options,
        key=(options[shown.index(row)].id,),
        critical=False,
        facts=facts,
        sources=unique(step.sources for step in rows),
        why=wording.joined((f"{quoted(row)} waits for nothing else", row.why, wording.rows_named(facts))),
    )


def _stem(asked: Asked) -> str:
    phase, again = asked.stage
    if asked.done:
        several = len(asked.done) > 1
        these, are = ("these steps", "are") if several else ("this step", "is")
        so_far = f"everything that must come before it is done, and so {are} {these}" if asked.opened else ""
        told = numbered(asked.done) if several else f" {wording.sentence(asked.done[0].step)}"
        asks = f"{wording.NEW_LINE}Which step{f' of {again}' if again else ''} comes next?"
        return f"In {phase}, {so_far or f'{these} {are} done so far'}:{told}{asks}"
    opened = f"Everything that must come before {phase} is done. " if asked.opened else ""
    return f"{opened}Which step of {again if opened else phase} comes first?"
