"""What an observed treatment is worth, who may observe one, and what may be written about it; pure."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from app.certification.scope import Cell
from app.certification.treating import Answer, Rule, Verdict
from app.errors import RefusedError

LONGEST_WORDS = 300


class Outcome(StrEnum):
    """How an observed treatment went; only the first counts as practice."""

    SAFE = "safe"
    PROMPTED = "prompted"
    STOPPED = "stopped"


class SignOffState(StrEnum):
    """Where an attested treatment stands; what was corrected stays to be seen and counts no more."""

    WAITING = "waiting"
    CONTESTED = "contested"
    COUNTED = "counted"
    NOT_COUNTED = "not_counted"
    CORRECTED = "corrected"


REMARKS = {
    "settings": "Set the device without help",
    "calm": "Worked calmly and evenly",
    "explained": "Explained each step to the client",
    "more-checks": "Check the form and the skin more thoroughly",
    "more-eyewear": "Look after everybody's eyewear more closely",
    "more-settings": "Practise choosing and setting the values",
    "more-cooling": "Take more care of cooling",
    "more-endpoint": "Watch how the skin answers more closely",
    "more-pace": "Work more slowly, without gaps or overlaps",
    "more-record": "Write the record more fully",
}
CONTESTED = {
    "not-me": "I did not give this treatment",
    "cell": "Device, skin type or procedure is another",
    "day": "The day is another",
    "steps": "A step is recorded wrongly",
    "outcome": "The outcome is recorded wrongly",
}
CORRECTED = {
    "person": "The technician is another",
    "cell": "Device, skin type or procedure is another",
    "day": "The day is another",
    "steps": "A step was recorded wrongly",
    "outcome": "The outcome was recorded wrongly",
    "twice": "It was recorded twice",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Appointed:
    """An appointment as it stands: named cells, its first and last day, the day from which it is ended."""

    cells: frozenset[Cell]
    first_on: date
    last_on: date
    ended_on: date | None = None

    def covers(self, cell: Cell, day: date) -> bool:
        """Tell whether a treatment of that day may be observed under it; not on the day on which it was ended."""
        ended = self.ended_on is not None and day >= self.ended_on
        return cell in self.cells and self.first_on <= day <= self.last_on and not ended


def worth(
    *, outcome: str | None, complete: bool | None, confirmed: bool | None, corrected: bool = False
) -> SignOffState:
    """Return where a sign-off stands. `confirmed` is what the technician answered, None while they have not.

    `outcome` None is a sign-off of the time before outcomes and second signatures: it counts as it did then.
    """
    if corrected:
        return SignOffState.CORRECTED
    if outcome is None:
        return SignOffState.COUNTED
    if confirmed is None:
        return SignOffState.WAITING
    if not confirmed:
        return SignOffState.CONTESTED
    return SignOffState.COUNTED if is_practice(outcome, complete=bool(complete)) else SignOffState.NOT_COUNTED


def is_practice(outcome: str, *, complete: bool) -> bool:
    """Tell whether a treatment counts once both have signed: done safely, with every safety-critical step."""
    return outcome == Outcome.SAFE and complete


def why_not_observe(verdict: Verdict, appointed: Iterable[Appointed], cell: Cell, day: date) -> str:
    """Return why somebody may not observe a treatment in a cell on a day, or nothing where they may.

    `verdict` is whether they may treat there themselves on that day, from their own certifications.
    """
    appointments = list(appointed)
    if verdict.answer is Answer.YES or any(one.covers(cell, day) for one in appointments):
        return ""
    named = [one for one in appointments if cell in one.cells]
    if named:
        latest = max(named, key=lambda one: one.last_on)
        if latest.ended_on is not None and latest.ended_on <= day:
            held = "Your appointment for it was ended"
        else:
            held = f"Your appointment for it holds from {_day(latest.first_on)} to {_day(latest.last_on)}"
    else:
        held = _LACKING.get(verdict.grounds[0].rule, "You were not certified for it yourself")
    return (
        f"{held}, so on {_day(day)} you could not observe this device, skin type and procedure. "
        "Let an evaluator observe who is certified for it, or ask a medical director to appoint you."
    )


_LACKING = {
    Rule.NOT_GRANTED: "You were not certified for it yourself",
    Rule.CELL: "Your own certification allows it only with sign-off",
    Rule.GRACE: "Your own certification was in its days of grace",
    Rule.LEANING: "What your own certification requires was in its days of grace",
    Rule.LAPSED: "What your own certification requires was not in force",
    Rule.SUSPENDED: "Your own certification was suspended",
    Rule.EXPIRED: "Your own certification had expired",
    Rule.REVOKED: "Your own certification was revoked",
    Rule.SUPERSEDED: "Your own certification was replaced by another one",
}


def check_words(words: str, *, no_client_detail: bool) -> str | None:
    """Return free words as they may stand, or None for none; refused where they could tell who a client was."""
    words = " ".join(words.split())
    if not words:
        return None
    if len(words) > LONGEST_WORDS:
        raise RefusedError(f"Write at most {LONGEST_WORDS} characters in your own words.")
    if any(one.isnumeric() for one in words):
        raise RefusedError("Take the digits out of your own words: an age, a date or a number can tell who it was.")
    if any(one in words for one in "@\uff20\ufe6b"):
        raise RefusedError("Take the @ out of your own words: an address tells who somebody is.")
    if not no_client_detail:
        raise RefusedError("Tick that your own words hold no client detail, or leave them empty.")
    return words


def check_chosen(codes: Collection[str], among: Collection[str], what: str) -> list[str]:
    """Return chosen codes in the order of their list; refused where one is not in it."""
    if not set(codes) <= set(among):
        raise RefusedError(f"Choose {what} from the list.")
    return [one for one in among if one in set(codes)]


def practised(observed: Iterable[Cell], per_cell: int | None) -> frozenset[Cell] | None:
    """Return the cells in which enough counted treatments were observed; None where a scheme does not ask for it."""
    if per_cell is None:
        return None
    return frozenset(cell for cell, times in Counter(observed).items() if times >= per_cell)


def _day(value: date) -> str:
    return f"{value.day} {value:%B %Y}"
