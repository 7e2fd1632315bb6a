"""Which training closes the gaps of a clinic soonest: an order of courses for people, from values alone; pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from app.certification.scope import Cell


@dataclass(frozen=True, kw_only=True, slots=True)
class Training:
    """A course that somebody could take, anew or to renew it, and the cells that they could treat in afterwards.

    `needs` are courses of the same person that have to be in force before it counts, and would not be.
    """

    account_id: int
    course_id: str
    renewal: bool
    opens: frozenset[Cell]
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """A training in its place: the gaps that it re-opens (none: a later step needs it), and when the first begins."""

    training: Training
    reopens: tuple[Cell, ...]
    gap_on: date


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """Trainings in the order in which they are worth most, and the gaps that none of them re-opens."""

    steps: tuple[Step, ...]
    unclosed: tuple[Cell, ...]


Chain = tuple[Training, ...]


def order_of_training(trainings: Sequence[Training], gaps: Mapping[Cell, date]) -> Plan:
    """Order trainings so that gaps (each with its first day) close soonest: a greedy set cover with deadlines.

    The earliest gap that is left comes first. Of the trainings that re-open it, that one is taken which re-opens the
    most gaps for each course to take, what it needs first included; then a renewal before a new course, then the
    order given. Greedy is not always the shortest list: for gaps of one day it is at most 1 + ln(gaps) times as long
    (V. Chvátal, A Greedy Heuristic for the Set-Covering Problem, 1979), and a person can follow why.
    """
    chains = _chains(trainings)
    left, steps, unclosed = dict(gaps), list[Step](), list[Cell]()
    while left:
        gap_on = min(left.values())
        due = {cell for cell, day in left.items() if day == gap_on}
        taken = {_key(step.training) for step in steps}
        found = [chain for chain in chains if not due.isdisjoint(_opened(chain))]
        if not found:
            unclosed += due
            left = {cell: day for cell, day in left.items() if cell not in due}
            continue
        best = max(found, key=lambda chain: _worth(chain, left, taken))
        for training in (one for one in best if _key(one) not in taken):
            reopens = tuple(sorted(training.opens & left.keys()))
            steps.append(Step(training=training, reopens=reopens, gap_on=gap_on))
            left = {cell: day for cell, day in left.items() if cell not in training.opens}
    return Plan(steps=tuple(steps), unclosed=tuple(sorted(unclosed)))


def _chains(trainings: Iterable[Training]) -> list[Chain]:
    """Return each training behind what it needs; one that needs what nobody offers is left out."""
    by_key = {_key(one): one for one in trainings}
    chains = (_chain(one, by_key, ()) for one in by_key.values())
    return [chain for chain in chains if chain]


def _chain(one: Training, by_key: Mapping[tuple[int, str], Training], above: tuple[str, ...]) -> Chain:
    """Return a training behind what it needs; nothing where that is not to be had, or stands in a circle."""
    if one.course_id in above:
        return ()
    chain: list[Training] = []
    for course_id in one.needs:
        needed = by_key.get((one.account_id, course_id))
        before = _chain(needed, by_key, (*above, one.course_id)) if needed else ()
        if not before:
            return ()
        chain += [each for each in before if each not in chain]
    return (*chain, one)


def _worth(chain: Chain, left: Mapping[Cell, date], taken: set[tuple[int, str]]) -> tuple[Fraction, bool]:
    new = [one for one in chain if _key(one) not in taken]
    return Fraction(len(_opened(chain) & left.keys()), len(new) or 1), all(one.renewal for one in new)


def _opened(chain: Chain) -> frozenset[Cell]:
    return frozenset().union(*(one.opens for one in chain))


def _key(one: Training) -> tuple[int, str]:
    return one.account_id, one.course_id
