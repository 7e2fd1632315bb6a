"""What a person remembers of a fact, as FSRS reckons it, and which fact comes next; pure, and the same every time.

The scheduler's own defaults ask again within minutes and scatter the days by chance. Ours asks on whole days, without
chance, and never later than 180 days: a technician treats in between.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

from fsrs import Card, Rating, Scheduler, State

from app.content.generate.seeded import digest

LONGEST_DAYS = 180
DAILY = 10
"""Questions of a day's refresher: about five minutes."""

_SCHEDULER = Scheduler(
    learning_steps=(), relearning_steps=(), maximum_interval=LONGEST_DAYS, enable_fuzzing=False, desired_retention=0.9
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Memory:
    """What is known of one fact: FSRS's stability (days) and difficulty (1–10), the last credit, and when it is due.

    `due_at` None means that it waits: no edition that the person learns asks it now.
    """

    stability: float
    difficulty: float
    reviewed_at: datetime
    due_at: datetime | None
    credit: Fraction
    times: int


def after(memory: Memory | None, credit: Fraction, now: datetime) -> Memory:
    """Return what is known of a fact after a response that earned this credit (0–1); None for the first one."""
    now = now.astimezone(UTC)
    reviewed, _ = _SCHEDULER.review_card(_card(memory, now), rating(credit), now)
    if reviewed.stability is None or reviewed.difficulty is None:
        raise ValueError("a card that was reviewed has a stability and a difficulty")
    return Memory(
        stability=reviewed.stability,
        difficulty=reviewed.difficulty,
        reviewed_at=now,
        due_at=reviewed.due,
        credit=credit,
        times=memory.times + 1 if memory else 1,
    )


def rating(credit: Fraction) -> Rating:
    """Return how FSRS hears a response: full credit is good, a part of it hard, none again."""
    if credit >= 1:
        return Rating.Good
    return Rating.Hard if credit > 0 else Rating.Again


def recall(memory: Memory, now: datetime) -> float:
    """Return the chance (0–1) that a fact is remembered now, as FSRS predicts it from when it was last asked."""
    return float(_SCHEDULER.get_card_retrievability(_card(memory, now), now.astimezone(UTC)))


def shown(memory: Memory, now: datetime) -> float:
    """Return how much of a fact a person has shown to know (0–1): the last credit, as far as it is still remembered.

    FSRS forgets from the moment of asking, whatever the response was. Who answered wrongly a minute ago has seen the
    answer since, but has shown nothing yet.
    """
    return float(memory.credit) * recall(memory, now)


def values_of(memory: Memory) -> dict[str, Any]:
    """Return a memory as JSON values, without `due_at`, which stands beside them."""
    return {
        "stability": memory.stability,
        "difficulty": memory.difficulty,
        "reviewed_at": memory.reviewed_at.isoformat(),
        "credit": f"{memory.credit.numerator}/{memory.credit.denominator}",
        "times": memory.times,
    }


def memory_of(values: Mapping[str, Any], due_at: datetime | None) -> Memory:
    """Return a memory from its JSON values and the instant at which it is due."""
    return Memory(
        stability=values["stability"],
        difficulty=values["difficulty"],
        reviewed_at=datetime.fromisoformat(values["reviewed_at"]),
        due_at=due_at,
        credit=Fraction(values["credit"]),
        times=values["times"],
    )


def is_due(memory: Memory, before: datetime) -> bool:
    """Tell whether a fact is due before an instant; one that waits is due as soon as it can be asked again."""
    return memory.due_at is None or memory.due_at < before


def next_of_day(
    facts: Sequence[str], known: Mapping[str, Memory], *, today: Collection[str], tomorrow_at: datetime
) -> str | None:
    """Return the fact that a day's refresher asks next, or None when nothing is left for the day.

    What is due today comes first, the longest overdue before the others; then new facts, in their order. What was
    asked `today` is not asked again. `facts` are all that can be asked.
    """
    left = [fact for fact in facts if fact not in today]
    due = [fact for fact in left if fact in known and is_due(known[fact], tomorrow_at)]
    if due:
        return min(due, key=lambda fact: (known[fact].due_at or known[fact].reviewed_at, fact))
    return next((fact for fact in left if fact not in known), None)


def next_of_any(
    facts: Sequence[str],
    known: Mapping[str, Memory],
    *,
    today: Collection[str],
    tomorrow_at: datetime,
    now: datetime,
) -> str | None:
    """Return the fact that somebody is asked who wants more: there is always one, as long as any can be asked.

    First as in a day's refresher; then what is remembered least; then what was asked today, the longest ago first.
    """
    following = next_of_day(facts, known, today=today, tomorrow_at=tomorrow_at)
    if following is not None:
        return following
    left = [fact for fact in facts if fact not in today]
    if left:
        return min(left, key=lambda fact: (shown(known[fact], now), fact))
    return min(facts, key=lambda fact: (known[fact].reviewed_at, fact), default=None)


def in_order(facts: Mapping[str, bool], person: int) -> list[str]:
    """Return facts in the order in which a person meets them first: what is critical before the rest, then mixed."""
    return sorted(facts, key=lambda fact: (not facts[fact], digest("refresher", person, fact)))


def _card(memory: Memory | None, now: datetime) -> Card:
    """Return FSRS's card; its number and day are given, or it would take both from the clock."""
    if memory is None:
        return Card(card_id=1, due=now)
    return Card(
        card_id=1,
        state=State.Review,
        stability=memory.stability,
        difficulty=memory.difficulty,
        due=memory.due_at or now,
        last_review=memory.reviewed_at,
    )
