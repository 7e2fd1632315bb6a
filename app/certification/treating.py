"""Who may treat what: yes, with sign-off or no, from what a person holds on a day, with the grounds; pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from app.certification.lifecycle import CARRIES, LAPSED, State, StateAsOf, carries_until
from app.certification.scope import Cell
from app.content.values import Decision


class Answer(StrEnum):
    """Whether somebody may treat, the best first."""

    YES = "yes"
    WITH_SIGN_OFF = "with_sign_off"
    NO = "no"


class Rule(StrEnum):
    """The rule behind an answer."""

    GRANTED = "granted"  # the cell is granted, and the certification is active
    CELL = "cell"  # the cell itself is granted with sign-off only
    GRACE = "grace"  # in grace everything is done with sign-off
    LEANING = "leaning"  # a required certification is in grace
    LAPSED = LAPSED  # a required certification is not in force
    SUSPENDED = "suspended"  # the certification, or this cell of it
    EXPIRED = "expired"
    REVOKED = "revoked"
    SUPERSEDED = "superseded"
    NOT_GRANTED = "not_granted"  # nothing that the person holds names this cell
    NOT_PERMITTED = "not_permitted"  # no course in force allows the cell, whatever anybody holds
    NOT_HERE = "not_here"  # the clinic said which devices it has, and this is none of them


@dataclass(frozen=True, kw_only=True, slots=True)
class Holding:
    """A certification as it stands for somebody on the day in question."""

    number: str
    title: str
    state: StateAsOf


@dataclass(frozen=True, kw_only=True, slots=True)
class Ground:
    """One reason: the certification that it comes from (empty for none), the rule, and the days between which it holds.

    `to_on` is the last day on which the certification lets its holder treat at all, grace included; `partly` says that
    this cell is suspended while others of it are not.
    """

    rule: Rule
    number: str = ""
    title: str = ""
    since_on: date | None = None
    to_on: date | None = None
    reason: str | None = None
    partly: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """Whether somebody may treat in a cell on a day, and why; the ground of the answer comes first."""

    answer: Answer
    grounds: tuple[Ground, ...]

    @property
    def to_on(self) -> date | None:
        """The last day on which they may treat there at all, by what is known; None where they may not."""
        return max((one.to_on for one in self.grounds if one.to_on), default=None)


_ENDED = {
    State.SUSPENDED: Rule.SUSPENDED,
    State.EXPIRED: Rule.EXPIRED,
    State.REVOKED: Rule.REVOKED,
    State.SUPERSEDED: Rule.SUPERSEDED,
}
_ORDER = tuple(Answer)


def may_treat(held: Iterable[Holding], cell: Cell) -> Verdict:
    """Decide whether the holder of these certifications may treat in a cell on the day that they were folded for.

    The best of them counts. A cell that none names is not allowed; nothing is inferred from a neighbouring one.
    """
    found = [judged for one in held if (judged := _judged(one, cell))]
    if not found:
        return Verdict(answer=Answer.NO, grounds=(Ground(rule=Rule.NOT_GRANTED),))
    found.sort(key=lambda one: _ORDER.index(one[0]))
    return Verdict(answer=found[0][0], grounds=tuple(ground for _, ground in found))


def _judged(held: Holding, cell: Cell) -> tuple[Answer, Ground] | None:
    state = held.state
    decision = next((one.decision for one in state.cells if one.cell == cell), None)
    if decision is None or state.state is State.NONE:
        return None
    back = next((one for one in state.back if one.cell == cell), None) if state.state in CARRIES else None
    answer, rule = (Answer.NO, Rule.SUSPENDED) if back else _rule(state, decision)
    reason = back.reason if back else state.reason
    return answer, Ground(
        rule=rule,
        number=held.number,
        title=held.title,
        since_on=back.since_on if back else state.since_on,
        to_on=min(carries_until(state), dict(state.lost).get(cell, date.max)) if answer is not Answer.NO else None,
        reason=reason if answer is Answer.NO else state.leaning,
        partly=back is not None,
    )


def _rule(state: StateAsOf, decision: Decision) -> tuple[Answer, Rule]:
    if state.state in _ENDED:
        return Answer.NO, Rule.LAPSED if state.lapsed else _ENDED[state.state]
    if state.state is State.GRACE:
        return Answer.WITH_SIGN_OFF, Rule.GRACE
    if decision is Decision.WITH_SIGN_OFF:
        return Answer.WITH_SIGN_OFF, Rule.CELL
    if state.leaning:
        return Answer.WITH_SIGN_OFF, Rule.LEANING
    return Answer.YES, Rule.GRANTED
