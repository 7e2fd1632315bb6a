"""The family procedure-missing: which safety-critical step is missing from an account of a procedure.

The account is of a phase, or where a draft stands in its way, of a run: all that must come between two steps. It tells
every safety-critical step of these but the one asked. Steps of another phase, and steps that must come before or after
the run, do not belong to it, and so are false.
"""

import re
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from functools import partial
from heapq import nsmallest
from itertools import islice, product

from app.content.generate import wording
from app.content.generate.seeded import shuffled
from app.content.generate.steps import Order, cannot_ask, numbered, orders, places, quoted, stage
from app.content.generate.unit import Unit, lettered, unique
from app.content.values import Course, Item, ItemType, StepRow

FAMILY = "procedure-missing"
DISTRACTORS = 3
FEWEST = 2
# Steps that an account tells: fewer give no order to find a gap in, and more are not read.
FEWEST_TOLD, MOST_TOLD = 2, 8
# The length of a run that reads best, and how many steps before and after the one asked are tried as its ends.
BEST_RUN, ENDS = 5, 8
# The letters of a word that tells what a step is about.
LONG_WORD = 4
# The likeliest wrong steps, from which a seed chooses.
LIKELIEST = 6
NO_ACCOUNT = (
    f"No account of {FEWEST_TOLD} to {MOST_TOLD} steps tells every safety-critical step but this one, without a draft, "
    f"and leaves {FEWEST} steps that do not belong to it."
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """What an account tells and what is false beside the step that it leaves out, as sets of steps."""

    told: int
    wrong: int
    run: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """A step with the account that leaves it out and the likeliest wrong steps."""

    order: Order
    row: StepRow
    account: Account
    wrong: tuple[StepRow, ...]


def units(course: Course) -> Iterator[Unit]:
    """Yield a unit for every step."""
    known = orders(course)
    place = {id(step): number for order in known.values() for number, step in enumerate(order.steps)}
    names = dict.fromkeys((row.procedure, row.phase) for row in course.procedure)
    number = {name: count for count, name in enumerate(names)}
    phases = {(procedure, phase): known[procedure].phase(phase) for procedure, phase in names}
    words = {row.id: _words(row) for row in course.procedure}
    for row in course.procedure:
        order = known[row.procedure]
        found = _account(order, place[id(row)], phases[row.procedure, row.phase])
        wrong = () if isinstance(found, str) else _likeliest(order, place[id(row)], found, number, words)
        yield _unit(order, row, found, wrong)


def _unit(order: Order, row: StepRow, found: Account | str, wrong: tuple[StepRow, ...]) -> Unit:
    why = found if isinstance(found, str) else None
    asked = None if isinstance(found, str) else Asked(order=order, row=row, account=found, wrong=wrong)
    return Unit(
        id=f"{FAMILY}/procedure/{row.id}",
        family=FAMILY,
        row=f"procedure/{row.id}",
        objective=row.objective,
        draw_from="procedure",
        key_row=f"procedure/{row.id}",
        build=partial(_item, asked) if asked else None,
        why_none=why,
    )


def _account(order: Order, place: int, phase: int) -> Account | str:
    """Return the account that leaves a step out, or why there is none."""
    why = cannot_ask(order, place, phase) or _not_critical(order.steps[place])
    if why:
        return why
    return _of_phase(order, place, phase) or _of_run(order, place) or NO_ACCOUNT


def _not_critical(row: StepRow) -> str | None:
    return None if row.safety_critical else "The step is not safety-critical."


def _of_phase(order: Order, place: int, phase: int) -> Account | None:
    """Return the account of a step's phase, of which every other safety-critical step is confirmed and told."""
    rest = phase & ~(1 << place)
    if rest & order.critical & order.drafts or order.repeated(rest, phase):
        return None
    wrong = order.alone & ~order.drafts & ~phase
    return _enough(Account(told=rest & ~order.drafts, wrong=wrong, run=False))


def _of_run(order: Order, place: int) -> Account | None:
    """Return the account of a run around a step, of the length that reads best."""
    before = list(islice(reversed(list(places(order.sure_before[place]))), ENDS))
    later = list(islice(places(order.sure_later[place]), ENDS))
    runs = [run for first, last in product(before, later) if (run := _run(order, place, first, last))]
    return min(runs, key=lambda run: abs(run.told.bit_count() - BEST_RUN), default=None)


def _run(order: Order, place: int, first: int, last: int) -> Account | None:
    """Return the account from one step to another that tells every safety-critical step between, all confirmed."""
    rest = order.later[first] & order.before[last] & ~(1 << place)
    ends = 1 << first | 1 << last
    if rest & order.critical & order.drafts or (rest | ends) & ~order.alone:
        return None
    outside = (order.sure_before[first] | order.sure_later[last]) & order.alone & ~order.drafts
    return _enough(Account(told=rest & ~order.drafts | ends, wrong=outside, run=True))


def _enough(account: Account) -> Account | None:
    told = FEWEST_TOLD <= account.told.bit_count() <= MOST_TOLD
    return account if told and account.wrong.bit_count() >= FEWEST else None


def _likeliest(
    order: Order,
    place: int,
    account: Account,
    number: Mapping[tuple[str, str], int],
    words: Mapping[str, Set[str]],
) -> tuple[StepRow, ...]:
    """Return the wrong steps to offer: safety-critical ones first, from the phases or places nearest to the account."""
    row = order.steps[place]
    told = {word for step in order.rows(account.told) for word in words[step.id]}

    def unlikely(other: int) -> tuple[bool, bool, int, int]:
        step = order.steps[other]
        own = words[step.id]
        apart = number[step.procedure, step.phase] - number[row.procedure, row.phase]
        distance = abs(other - place) if account.run else 2 * abs(apart) + (apart < 0)
        # A step that shares words with the one asked, or with one told, may say the same otherwise.
        return not own.isdisjoint(words[row.id]), not step.safety_critical, len(own & told) > 1, distance

    return tuple(order.steps[one] for one in nsmallest(LIKELIEST, places(account.wrong), key=unlikely))


def _words(row: StepRow) -> frozenset[str]:
    return frozenset(word for word in re.findall(r"\w+", row.step.casefold()) if len(word) >= LONG_WORD)


def _item(asked: Asked, seed: int) -> Item:
    row, told = asked.row, asked.order.rows(asked.account.told)
    name = (FAMILY, row.id, seed)
    shown = shuffled([row, *shuffled(asked.wrong, *name, "wrong")[:DISTRACTORS]], *name)
    options = lettered((step.step, None if step is row else _where(asked, step)) for step in shown)
    rows = [row, *told, *(step for step in shown if step is not row)]
    facts = unique([f"procedure/{step.id}"] for step in rows)
    return Item(
        id=f"{FAMILY}/procedure/{row.id}",
        family=FAMILY,
        seed=seed,
        type=ItemType.SINGLE,
        objective=row.objective,
        draw_from="procedure",
        key_row=f"procedure/{row.id}",
        stem=_stem(asked, told),
        options=options,
        key=(options[shown.index(row)].id,),
        critical=False,
        facts=facts,
        sources=unique(step.sources for step in rows),
        why=wording.joined((f"{quoted(row)} is missing", row.why, wording.rows_named(facts))),
    )


def _where(asked: Asked, step: StepRow) -> str:
    """Return where a wrong step belongs."""
    if not asked.account.run:
        return f"It belongs to the phase “{wording.procedure_name(step.phase)}”."
    place, asked_place = asked.order.steps.index(step), asked.order.steps.index(asked.row)
    return f"It comes {'before' if place < asked_place else 'after'} these steps."


def _stem(asked: Asked, told: list[StepRow]) -> str:
    procedure = wording.procedure_name(asked.row.procedure)
    if asked.account.run:
        return (
            f"Here is a part of an account of {procedure}:{numbered(told)}{wording.NEW_LINE}"
            "One safety-critical step that must come between the first and the last of these is missing. Which?"
        )
    phase, again = stage(asked.row, asked.order.steps)
    return (
        f"Here is an account of {phase}, from its start to its end:{numbered(told)}{wording.NEW_LINE}"
        f"One safety-critical step that the course lists for {'this phase' if again else 'it'} is missing. Which?"
    )
