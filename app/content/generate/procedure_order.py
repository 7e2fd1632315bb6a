"""The family procedure-order: put steps of a phase in an order that their `after` allows."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import permutations

from app.content.generate import wording
from app.content.generate.seeded import pick, shuffled
from app.content.generate.steps import stage
from app.content.generate.unit import Unit, lettered, unique
from app.content.values import Course, Item, ItemType, Standing, StepRow

FAMILY = "procedure-order"
FEWEST, MOST = 3, 6
# How many choices of steps are compared where a phase has more than can be shown.
TRIES = 8

Pairs = frozenset[tuple[str, str]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """A phase with the steps that can be asked and the pairs of them whose order is given."""

    id: str
    steps: tuple[StepRow, ...]
    pairs: Pairs
    before: Mapping[str, frozenset[str]]
    all_steps: tuple[StepRow, ...]  # of the procedure, in file order
    objective: str


def units(course: Course) -> Iterator[Unit]:
    """Yield a unit for every phase of every procedure."""
    procedures = {
        row.procedure: [one for one in course.procedure if one.procedure == row.procedure] for row in course.procedure
    }
    phases = list(dict.fromkeys((row.procedure, row.phase) for row in course.procedure))
    shared = Counter(phase for _, phase in phases)
    before = {procedure: closure(steps) for procedure, steps in procedures.items()}
    for procedure, phase in phases:
        name = f"procedure/{phase}" if shared[phase] == 1 else f"procedure/{phase}/{procedure}"
        yield _unit(name, phase, procedures[procedure], before[procedure])


def closure(steps: Sequence[StepRow]) -> dict[str, frozenset[str]]:
    """Return for each step of a procedure the ids of all steps that come before it, direct or through others."""
    direct = {step.id: step.after for step in steps}
    before = {}
    for step in steps:
        found: set[str] = set()
        open_ids = [*step.after]
        while open_ids:
            one = open_ids.pop()
            if one not in found and one in direct:
                found.add(one)
                open_ids.extend(direct[one])
        before[step.id] = frozenset(found)
    return before


def _unit(name: str, phase: str, steps: Sequence[StepRow], before: Mapping[str, frozenset[str]]) -> Unit:
    inside = [step for step in steps if step.phase == phase]
    texts = Counter(wording.same(step.step) for step in inside)
    asked_steps = tuple(
        step for step in inside if step.standing is not Standing.DRAFT and texts[wording.same(step.step)] == 1
    )
    objective = _objective(asked_steps or tuple(inside))
    pairs = _pairs(before, [step.id for step in asked_steps])
    why = _why_none(asked_steps, pairs)
    asked = Asked(
        id=f"{FAMILY}/{name}",
        steps=asked_steps,
        pairs=pairs,
        before=before,
        all_steps=tuple(steps),
        objective=objective,
    )
    return Unit(
        id=asked.id,
        family=FAMILY,
        row=name,
        objective=objective,
        draw_from="procedure",
        key_row=f"procedure/{phase}",
        build=None if why else partial(_item, asked),
        why_none=why,
    )


def _objective(steps: Sequence[StepRow]) -> str:
    """Return the objective that most of the steps serve, the earliest of those that tie."""
    return Counter(step.objective for step in steps).most_common(1)[0][0]


def _pairs(before: Mapping[str, frozenset[str]], ids: Sequence[str]) -> Pairs:
    return frozenset((one, other) for one, other in permutations(ids, 2) if one in before[other])


def _why_none(steps: Sequence[StepRow], pairs: Pairs) -> str | None:
    if len(steps) < FEWEST:
        return f"Only {len(steps)} of the phase's steps can be asked; {FEWEST} are needed."
    if not pairs:
        return "No step of the phase must come before another one, so every order is right."
    if any((after, before) in pairs for before, after in pairs):
        return "Two steps of the phase each come before the other, so no order is right."
    return None


def _item(asked: Asked, seed: int) -> Item:
    chosen = [step.id for step in _chosen(asked, seed)]
    given = _within(asked.pairs, chosen)
    shown = displayed(chosen, given, asked.id, seed)
    rows = {step.id: step for step in asked.steps}
    options = lettered((rows[one].step, rows[one].why) for one in shown)
    letter = {one: option.id for one, option in zip(shown, options, strict=True)}
    pairs = sorted((letter[one], letter[other]) for one, other in given)
    facts = _facts(asked, shown)
    by_fact = {f"procedure/{step.id}": step for step in asked.all_steps}
    return Item(
        id=asked.id,
        family=FAMILY,
        seed=seed,
        type=ItemType.ORDERING,
        objective=asked.objective,
        draw_from="procedure",
        key_row=f"procedure/{asked.steps[0].phase}",
        stem=_stem(asked),
        options=options,
        key=tuple(pairs),
        critical=False,
        facts=facts,
        sources=unique(by_fact[fact].sources for fact in facts),
        why=_why(asked.steps, given, facts),
    )


def displayed(ids: Sequence[str], pairs: Collection[tuple[str, str]], *parts: str | int) -> list[str]:
    """Return ids in a shuffled order that breaks at least one of the (before, after) pairs."""
    for attempt in range(TRIES):
        order = shuffled(ids, *parts, "order", attempt)
        if any(order.index(before) > order.index(after) for before, after in pairs):
            return order
    before, after = min(pairs)
    swap = {before: after, after: before}
    return [swap.get(one, one) for one in order]


def _chosen(asked: Asked, seed: int) -> list[StepRow]:
    """Return the steps to show: those whose order is given, as many as fit, and others only to make up three."""
    bound = {one for pair in asked.pairs for one in pair}
    free = shuffled([step for step in asked.steps if step.id not in bound], asked.id, seed, "free")
    steps = [step for step in asked.steps if step.id in bound]
    if len(steps) > MOST:
        draws = [_draw(asked, steps, (asked.id, seed, attempt)) for attempt in range(TRIES)]
        return max(draws, key=lambda draw: len(_within(asked.pairs, {step.id for step in draw})))
    return [*steps, *free[: max(0, FEWEST - len(steps))]]


def _draw(asked: Asked, steps: Sequence[StepRow], parts: tuple[str | int, ...]) -> list[StepRow]:
    pair = pick(sorted(asked.pairs), *parts)
    rest = shuffled([step for step in steps if step.id not in pair], *parts)
    return [*(step for step in steps if step.id in pair), *rest[: MOST - 2]]


def _within(pairs: Pairs, ids: Collection[str]) -> Pairs:
    return frozenset(pair for pair in pairs if pair[0] in ids and pair[1] in ids)


def _through(pairs: Pairs, one: str, other: str) -> bool:
    return any(before == one and (after, other) in pairs for before, after in pairs)


def _facts(asked: Asked, shown: Sequence[str]) -> tuple[str, ...]:
    """Return the rows shown, and the steps not shown through which alone two of them are ordered."""
    rows = [step for step in asked.all_steps if step.id in shown]
    direct = closure(rows)
    through = asked.before
    missing = [pair for pair in _within(asked.pairs, shown) if pair[0] not in direct[pair[1]]]
    between = [
        step.id
        for step in asked.all_steps
        if step.standing is not Standing.DRAFT
        and step.id not in shown
        and any(before in through[step.id] and step.id in through[after] for before, after in missing)
    ]
    return tuple(f"procedure/{one}" for one in (*shown, *between))


def _stem(asked: Asked) -> str:
    phase, _ = stage(asked.steps[0], asked.all_steps)
    return (
        f"Put these steps of {phase} in the order in which you do them. "
        "Where two steps may change places, both orders count as right."
    )


def _why(steps: Sequence[StepRow], pairs: Pairs, facts: Sequence[str]) -> str:
    """Name each pair that no other pair implies, in the order of the rows, then the rows."""
    text = {step.id: step.step.strip().rstrip(".") for step in steps}
    place = {step.id: number for number, step in enumerate(steps)}
    nearest = [(one, other) for one, other in pairs if not _through(pairs, one, other)]
    named = [
        f"“{text[one]}” comes before “{text[other]}”"
        for one, other in sorted(nearest, key=lambda pair: (place[pair[0]], place[pair[1]]))
    ]
    return wording.joined((*named, wording.rows_named(facts)))
