"""A procedure's steps and which of them come before which; a set of steps is a whole number whose bit n is step n."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush

from app.content.generate import wording
from app.content.values import Course, Standing, StepRow


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """The steps of a procedure, each after those that must come before it, and in file order where that is free.

    `before` and `later` follow every row; `sure_before` and `sure_later` only ways that lead through no draft.
    """

    steps: tuple[StepRow, ...]
    before: tuple[int, ...]
    later: tuple[int, ...]
    sure_before: tuple[int, ...]
    sure_later: tuple[int, ...]
    drafts: int
    critical: int
    alike: tuple[int, ...]  # for each step all with its text, itself among them
    alone: int  # the steps whose text no other has
    circular: bool

    def rows(self, some: int) -> list[StepRow]:
        """Return the steps of a set, in order."""
        return [self.steps[place] for place in places(some)]

    def repeated(self, some: int, told: int) -> int:
        """Return those of some steps whose text a step that is told has as well."""
        return bits(place for place in places(some) if self.alike[place] & told & ~(1 << place))

    def phase(self, name: str) -> int:
        """Return the set of a phase's steps."""
        return bits(place for place, step in enumerate(self.steps) if step.phase == name)


def orders(course: Course) -> dict[str, Order]:
    """Return the order of each procedure."""
    procedures: dict[str, list[StepRow]] = {}
    for step in course.procedure:
        procedures.setdefault(step.procedure, []).append(step)
    return {procedure: _order(steps) for procedure, steps in procedures.items()}


def cannot_ask(order: Order, place: int, beside: int) -> str | None:
    """Say why a step cannot be a key, whatever the item; `beside` are the steps that the item tells of."""
    if order.steps[place].standing is Standing.DRAFT:
        return wording.DRAFT
    if order.circular:
        return "Steps of its procedure come before themselves."
    alike = order.alike[place] & beside & ~(1 << place)
    return f"{named(order, alike)} has the same text." if alike else None


def named(order: Order, some: int) -> str:
    """Return "procedure/a; procedure/b" for a message."""
    return "; ".join(f"procedure/{step.id}" for step in order.rows(some))


def places(some: int) -> Iterator[int]:
    """Yield the places of a set's steps, the first first."""
    while some:
        lowest = some & -some
        yield lowest.bit_length() - 1
        some ^= lowest


def bits(some: Iterator[int]) -> int:
    """Return the set of the steps at these places."""
    found = 0
    for place in some:
        found |= 1 << place
    return found


def stage(row: StepRow, steps: Iterable[StepRow]) -> tuple[str, str]:
    """Return what a stem calls a step's phase, at first and again: "the phase “treat” of skin tightening", "the phase".

    "the burn response" and nothing, where that procedure has no other phase and its name says "burn" already.
    """
    phase, procedure = wording.procedure_name(row.phase), wording.procedure_name(row.procedure)
    said = procedure.startswith(f"{phase} ") or procedure.endswith(f" {phase}") or procedure == phase
    if said and all(step.phase == row.phase for step in steps):
        return f"the {procedure}", ""
    return f"the phase “{phase}” of {procedure}", "the phase"


def numbered(rows: Sequence[StepRow]) -> str:
    """Return steps, each on a line of its own below what stands before: "(1) Do this."."""
    return "".join(f"{wording.NEW_LINE}({number}) {wording.sentence(row.step)}" for number, row in enumerate(rows, 1))


def quoted(row: StepRow) -> str:
    """Return a step's text in quotation marks, without its full stop."""
    return f"“{row.step.strip().rstrip('.')}”"


def _order(rows: Sequence[StepRow]) -> Order:
    steps = _sorted(rows)
    parents = _parents(steps)
    drafts = bits(number for number, step in enumerate(steps) if step.standing is Standing.DRAFT)
    texts: dict[str, int] = {}
    for number, step in enumerate(steps):
        text = wording.same(step.step)
        texts[text] = texts.get(text, 0) | 1 << number
    alike = tuple(texts[wording.same(step.step)] for step in steps)
    before, later = _ways(parents, without=0)
    sure_before, sure_later = _ways(parents, without=drafts)
    return Order(
        steps=tuple(steps),
        before=before,
        later=later,
        sure_before=sure_before,
        sure_later=sure_later,
        drafts=drafts,
        critical=bits(number for number, step in enumerate(steps) if step.safety_critical),
        alike=alike,
        alone=bits(number for number, some in enumerate(alike) if some == 1 << number),
        circular=any(one >= number for number, some in enumerate(parents) for one in some),
    )


def _sorted(rows: Sequence[StepRow]) -> list[StepRow]:
    """Return steps with each after those it names; steps that come before themselves stand at the end."""
    number = {row.id: place for place, row in enumerate(rows)}
    waits = [len({one for one in row.after if one in number}) for row in rows]
    frees: list[list[int]] = [[] for _ in rows]
    for place, row in enumerate(rows):
        for one in {one for one in row.after if one in number}:
            frees[number[one]].append(place)
    ready = [place for place, waiting in enumerate(waits) if not waiting]
    heapify(ready)
    found = []
    while ready:
        place = heappop(ready)
        found.append(place)
        for other in frees[place]:
            waits[other] -= 1
            if not waits[other]:
                heappush(ready, other)
    return [rows[place] for place in (*found, *sorted({*range(len(rows))} - {*found}))]


def _parents(steps: Sequence[StepRow]) -> list[list[int]]:
    """Return for each step the places of those that it names."""
    place = {step.id: number for number, step in enumerate(steps)}
    return [sorted({place[name] for name in step.after if name in place}) for step in steps]


def _ways(parents: Sequence[Sequence[int]], *, without: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return for each step all before it, and all after it, by ways that touch no step of `without`."""
    before, later = [0] * len(parents), [0] * len(parents)
    pairs = [(one, number) for number, some in enumerate(parents) for one in some]
    pairs = [(one, number) for one, number in pairs if not (1 << one | 1 << number) & without]
    for one, number in pairs:
        before[number] |= before[one] | 1 << one
    for one, number in reversed(pairs):
        later[one] |= later[number] | 1 << number
    return tuple(before), tuple(later)
