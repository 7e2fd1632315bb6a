"""What the pages say of accommodations: more time, attempts and breaks, in words that name no reason."""

from collections.abc import Sequence
from fractions import Fraction
from math import ceil

from app.exams import timing
from app.exams.accommodations import Signed
from app.exams.timing import Terms
from app.web.words import Context, counted, moment


def time_words(minutes: Fraction | int) -> str:
    """Return `30 minutes`, or `37 minutes 30 seconds`, as a deadline counts them."""
    whole, seconds = divmod(ceil(minutes * 60), 60)
    parts = ((whole, "minute"), (seconds, "second"))
    return " ".join(counted(number, noun) for number, noun in parts if number)


def more_time(factor: Fraction) -> str:
    """Return `25% more time`; a share that is no whole percent is told as a fraction of the time."""
    share = (factor - 1) * 100
    if share.denominator == 1:
        return f"{share.numerator}% more time"
    return f"{factor.numerator}/{factor.denominator} of the time"


def terms_lines(terms: Terms) -> list[str]:
    """Return what terms give beyond the rules, one thing a line."""
    lines = [more_time(terms.time_factor)] if terms.time_factor > 1 else []
    if terms.extra_attempts:
        lines.append(f"{counted(terms.extra_attempts, 'more attempt')}")
    if terms.breaks:
        each = counted(terms.break_minutes, "minute")
        lines.append(f"{counted(terms.breaks, 'break')} of up to {each}{' each' if terms.breaks > 1 else ''}")
    return lines


def notes_of(terms: Terms, limit: int, signed: Sequence[Signed], zone: str) -> Context:
    """Return what the start page tells of one's own accommodation, and where it comes from; `limit` is in minutes."""
    lines = terms_lines(terms)
    if terms.time_factor > 1:
        lines[0] = f"{time_words(limit * terms.time_factor)} instead of {time_words(limit)}"
    if terms.breaks:
        lines.append("In a break the clock stands still, and no question is shown")
    told = " ".join(f"{line}." for line in lines)
    return {
        "title": _title(terms),
        "lines": [told, *(f"Granted by {one.by} on {moment(one.at, zone)}." for one in signed)],
    }


def _title(terms: Terms) -> str:
    if terms.time_factor > 1:
        return f"You have {more_time(terms.time_factor)}"
    return "You have more than the rules give"


def pause_words(terms: timing.Terms, taken: int) -> str:
    """Return how many breaks are left of how many, and how long each may last."""
    left = terms.breaks - taken
    return f"{left} of {counted(terms.breaks, 'break')} left, each of up to {counted(terms.break_minutes, 'minute')}."
