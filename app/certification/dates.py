"""Periods of a certification: the arithmetic of COURSE_FORMAT.md's "Dates"; pure, whole calendar days."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date

BASES = ("completion", "previous_expiry", "fixed")
TOO_LATE = "the period would end after the year 9999; choose an earlier day or fewer months"


@dataclass(frozen=True, kw_only=True, slots=True)
class Period:
    """A span in which a certification stands; every day here is inclusive.

    `grace_last_on` is `last_on` where there is no grace; `due_from_on` is the day after `last_on` where
    there is no renewal window.
    """

    first_on: date
    last_on: date
    grace_last_on: date
    due_from_on: date


def last_valid_day(anchor: date, months: int) -> date:
    """Return the last valid day, inclusive, of so many months from an anchor.

    It is the day before the anchor's day of that month; where that month has no such day, its last day.
    """
    if months < 1:
        raise ValueError("a period lasts at least one month")
    month_index = anchor.year * 12 + anchor.month - 1 + months
    if anchor.day == 1:
        month_index -= 1
    year, month = month_index // 12, month_index % 12 + 1
    if year > date.max.year:
        raise ValueError(TOO_LATE)
    length = monthrange(year, month)[1]
    return date(year, month, length if anchor.day == 1 else min(anchor.day - 1, length))


def first_period(
    issued_on: date, *, validity_months: int, grace_days: int, renewal_window_days: int, expiry_basis: str
) -> Period:
    """Return the period that a first issue begins; the anchor is the day of the issue on every basis."""
    if _basis(expiry_basis) == "fixed":
        last_on = _anniversary_end(issued_on, validity_months, issued_on, renewal_window_days)
    else:
        last_on = last_valid_day(issued_on, validity_months)
    return _period(issued_on, last_on, grace_days, renewal_window_days)


def renewed_period(
    renewed_on: date,
    *,
    first_issued_on: date,
    previous: Period,
    validity_months: int,
    grace_days: int,
    renewal_window_days: int,
    expiry_basis: str,
) -> Period:
    """Return the period that a renewal adds; `previous` is the one of the certification that ends last.

    It begins no earlier than the renewal: days of grace stay days of grace, only the end is reckoned from the
    anchor. (Where grace is longer than the validity, a late renewal can add a period that is over already; it
    then begins at its anchor.) On the fixed basis a renewal in an open window always ends later than
    `previous`, also where a new edition made the window shorter in between.
    """
    if renewed_on < first_issued_on:
        raise ValueError("a certification is renewed on or after the day of its first issue")
    basis = _basis(expiry_basis)
    first_on = renewed_on
    if basis == "fixed":
        last_on = _anniversary_end(first_issued_on, validity_months, renewed_on, renewal_window_days)
        if last_on <= previous.last_on and renewed_on >= previous.due_from_on:
            last_on = _anniversary_end(first_issued_on, validity_months, _day_after(previous.last_on), 0)
        if last_on > previous.last_on:
            first_on = max(renewed_on, _day_after(previous.last_on))
    elif basis == "previous_expiry" and renewed_on <= previous.grace_last_on:
        anchor = _day_after(previous.last_on)
        last_on = last_valid_day(anchor, validity_months)
        first_on = anchor if last_on < renewed_on else max(renewed_on, anchor)
    else:
        last_on = last_valid_day(renewed_on, validity_months)
    return _period(first_on, last_on, grace_days, renewal_window_days)


def _basis(expiry_basis: str) -> str:
    if expiry_basis not in BASES:
        raise ValueError(f"expiry basis {expiry_basis!r}: choose one of {', '.join(BASES)}")
    return expiry_basis


def _anniversary_end(first_issued_on: date, validity_months: int, day: date, days_away: int) -> date:
    """Return the first anniversary end that is at least `days_away` days after a day.

    Every end is reckoned anew from the first issue, so that a 29 February never drifts.
    """
    months_between = (day.year - first_issued_on.year) * 12 + day.month - first_issued_on.month
    if validity_months < 1:
        raise ValueError("a period lasts at least one month")
    count = max(1, months_between // validity_months)
    while True:
        end = last_valid_day(first_issued_on, count * validity_months)
        if (end - day).days >= days_away:
            return end
        count += 1


def _period(first_on: date, last_on: date, grace_days: int, renewal_window_days: int) -> Period:
    if grace_days < 0 or renewal_window_days < 0:
        raise ValueError("days of grace and of the renewal window are 0 or more")
    due_ordinal = max(last_on.toordinal() - renewal_window_days + 1, first_on.toordinal())
    return Period(
        first_on=first_on,
        last_on=last_on,
        grace_last_on=_day(last_on.toordinal() + grace_days),
        due_from_on=_day(due_ordinal),
    )


def _day_after(day: date) -> date:
    return _day(day.toordinal() + 1)


def _day(ordinal: int) -> date:
    if ordinal > date.max.toordinal():
        raise ValueError(TOO_LATE)
    return date.fromordinal(ordinal)
