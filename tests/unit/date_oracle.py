"""A second way to reckon periods: counting along a written-out calendar, without the house's code."""

from bisect import bisect_left
from datetime import date
from typing import NamedTuple

FIRST_YEAR, LAST_YEAR = 1995, 2205
MONTH_LENGTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


class Expected(NamedTuple):
    """The days of a period, as in the format's words: valid from, last valid, last of grace, first due."""

    valid_from: date
    last_valid: date
    last_of_grace: date
    first_due: date


def _is_leap(year: int) -> bool:
    return year % 400 == 0 if year % 100 == 0 else year % 4 == 0


def _written_out() -> list[tuple[int, int, int]]:
    """Every day from 1 January FIRST_YEAR on, one after the other."""
    days: list[tuple[int, int, int]] = []
    for year in range(FIRST_YEAR, LAST_YEAR + 1):
        for month, length in enumerate(MONTH_LENGTHS, start=1):
            longer = length + (1 if month == 2 and _is_leap(year) else 0)
            days.extend((year, month, day) for day in range(1, longer + 1))
    return days


CALENDAR = _written_out()


def _place(day: date) -> int:
    return bisect_left(CALENDAR, (day.year, day.month, day.day))


def _day(place: int) -> date:
    return date(*CALENDAR[place])


def _months_later(place: int, months: int) -> int:
    """The first day whose month and day are not before the wanted ones: itself, or the 1st that follows."""
    year, month, day = CALENDAR[place]
    for _ in range(months):
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return bisect_left(CALENDAR, (year, month, day))


def last_valid(anchor: date, months: int) -> date:
    """The eve of the day that lies so many months after the anchor."""
    return _day(_months_later(_place(anchor), months) - 1)


def _described(start: int, end: int, grace: int, window: int) -> Expected:
    valid = list(range(start, end + 1))
    due = [*valid[len(valid) - window :], end + 1] if window <= len(valid) else [*valid]
    graced = [end, *range(end + 1, end + 1 + grace)]
    return Expected(_day(start), _day(end), _day(graced[-1]), _day(due[0]))


def _fixed_end(first_issue: int, today: int, months: int, window: int) -> int:
    anniversaries = 1
    while True:
        end = _months_later(first_issue, months * anniversaries) - 1
        if len(range(today, end)) >= window and end >= today:
            return end
        anniversaries += 1


def first(issued: date, *, months: int, grace: int, window: int, basis: str) -> Expected:
    """What a first issue begins."""
    start = _place(issued)
    end = _fixed_end(start, start, months, window) if basis == "fixed" else _months_later(start, months) - 1
    return _described(start, end, grace, window)


def renewed(
    today: date, *, issued: date, before: Expected, months: int, grace: int, window: int, basis: str
) -> Expected:
    """What a renewal adds to a certification whose last period was `before`, by the same scheme."""
    now, old_end = _place(today), _place(before.last_valid)
    start = now
    if basis == "completion":
        end = _months_later(now, months) - 1
    elif basis == "previous_expiry":
        in_time = now <= _place(before.last_of_grace)
        anchor = old_end + 1 if in_time else now
        end = _months_later(anchor, months) - 1
        start = now if anchor <= now <= end else anchor
    else:
        end = _fixed_end(_place(issued), now, months, window)
        if end > old_end >= now:
            start = old_end + 1
    return _described(start, end, grace, window)
