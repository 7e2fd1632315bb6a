from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.certification.dates import BASES, Period, first_period, last_valid_day, renewed_period
from tests.unit import date_oracle
from tests.unit.date_oracle import Expected

YEAR = {"validity_months": 12, "grace_days": 30, "renewal_window_days": 60}
DAYS = st.one_of(
    st.dates(date(1996, 1, 1), date(2120, 12, 31)),
    st.builds(date, st.sampled_from([1996, 2000, 2024, 2028, 2096]), st.just(2), st.just(29)),
    st.builds(date, st.integers(1996, 2120), st.sampled_from([1, 3, 5, 7, 8, 10, 12]), st.just(31)),
    st.builds(date, st.integers(1996, 2120), st.integers(1, 12), st.just(1)),
)
BASIS = st.sampled_from(BASES)
TERMS = st.fixed_dictionaries(
    {
        "validity_months": st.one_of(st.sampled_from([12, 24]), st.integers(1, 60)),
        "grace_days": st.integers(0, 120),
        "renewal_window_days": st.integers(0, 120),
    }
)


def as_expected(period: Period) -> Expected:
    return Expected(period.first_on, period.last_on, period.grace_last_on, period.due_from_on)


def as_words(terms: dict[str, int]) -> dict[str, int]:
    words = {"validity_months": "months", "grace_days": "grace", "renewal_window_days": "window"}
    return {words[name]: figure for name, figure in terms.items()}


def test_twelve_months_end_on_the_day_before() -> None:
    assert last_valid_day(date(2026, 3, 1), 12) == date(2027, 2, 28)


@pytest.mark.parametrize(
    ("anchor", "months", "last"),
    [
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2024, 2, 29), 48, date(2028, 2, 28)),
        (date(2027, 3, 1), 12, date(2028, 2, 29)),
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2024, 1, 30), 1, date(2024, 2, 29)),
        (date(2026, 1, 29), 1, date(2026, 2, 28)),
        (date(2026, 1, 1), 12, date(2026, 12, 31)),
        (date(9999, 1, 1), 12, date(9999, 12, 31)),
    ],
)
def test_last_valid_day_where_months_differ_in_length(anchor: date, months: int, last: date) -> None:
    assert last_valid_day(anchor, months) == last


def test_first_period_counts_grace_after_and_due_before_the_end() -> None:
    period = first_period(date(2026, 3, 1), **YEAR, expiry_basis="completion")
    assert period == Period(
        first_on=date(2026, 3, 1),
        last_on=date(2027, 2, 28),
        grace_last_on=date(2027, 3, 30),
        due_from_on=date(2026, 12, 31),
    )


@pytest.mark.parametrize(
    ("basis", "renewed_on", "first_on", "last_on"),
    [
        ("completion", date(2027, 1, 10), date(2027, 1, 10), date(2028, 1, 9)),
        ("completion", date(2027, 3, 10), date(2027, 3, 10), date(2028, 3, 9)),
        ("previous_expiry", date(2027, 1, 10), date(2027, 3, 1), date(2028, 2, 29)),
        ("previous_expiry", date(2027, 3, 30), date(2027, 3, 30), date(2028, 2, 29)),
        ("previous_expiry", date(2027, 3, 31), date(2027, 3, 31), date(2028, 3, 30)),
        ("fixed", date(2027, 1, 10), date(2027, 3, 1), date(2028, 2, 29)),
        ("fixed", date(2027, 12, 31), date(2027, 12, 31), date(2028, 2, 29)),
        ("fixed", date(2028, 1, 10), date(2028, 1, 10), date(2029, 2, 28)),
    ],
)
def test_renewal_on_each_basis(basis: str, renewed_on: date, first_on: date, last_on: date) -> None:
    issued_on = date(2026, 3, 1)
    previous = first_period(issued_on, **YEAR, expiry_basis=basis)
    period = renewed_period(renewed_on, first_issued_on=issued_on, previous=previous, **YEAR, expiry_basis=basis)
    assert (period.first_on, period.last_on) == (first_on, last_on)


def test_fixed_never_drifts_from_a_29_february() -> None:
    issued_on = date(2024, 2, 29)
    period = first_period(issued_on, **YEAR, expiry_basis="fixed")
    ends = [period.last_on]
    for _ in range(4):
        period = renewed_period(
            period.due_from_on, first_issued_on=issued_on, previous=period, **YEAR, expiry_basis="fixed"
        )
        ends.append(period.last_on)
    assert ends == [
        date(2025, 2, 28),
        date(2026, 2, 28),
        date(2027, 2, 28),
        date(2028, 2, 28),
        date(2029, 2, 28),
    ]


@pytest.mark.parametrize("renewed_on", [date(2026, 12, 31), date(2027, 1, 10)])
def test_fixed_renewal_is_never_for_nothing_when_the_window_became_shorter(renewed_on: date) -> None:
    issued_on = date(2026, 3, 1)
    previous = first_period(issued_on, **YEAR, expiry_basis="fixed")
    shorter = {**YEAR, "renewal_window_days": 10}
    period = renewed_period(renewed_on, first_issued_on=issued_on, previous=previous, **shorter, expiry_basis="fixed")
    assert (period.first_on, period.last_on) == (date(2027, 3, 1), date(2028, 2, 29))


def test_fixed_finds_the_next_anniversary_long_after_the_first_issue() -> None:
    terms = {"validity_months": 1, "grace_days": 0, "renewal_window_days": 0}
    previous = first_period(date(2026, 12, 5), **terms, expiry_basis="fixed")
    period = renewed_period(
        date(2046, 6, 4), first_issued_on=date(2026, 12, 5), previous=previous, **terms, expiry_basis="fixed"
    )
    assert (period.first_on, period.last_on) == (date(2046, 6, 4), date(2046, 6, 4))


def test_renewed_on_the_day_of_the_first_issue_where_the_window_is_always_open() -> None:
    day = date(2026, 3, 1)
    terms = {**YEAR, "renewal_window_days": 400}
    previous = first_period(day, **terms, expiry_basis="previous_expiry")
    period = renewed_period(day, first_issued_on=day, previous=previous, **terms, expiry_basis="previous_expiry")
    assert (period.first_on, period.last_on) == (date(2027, 3, 1), date(2028, 2, 29))


@pytest.mark.parametrize(
    ("renewed_on", "first_on"),
    [(date(2026, 4, 30), date(2026, 4, 30)), (date(2026, 5, 5), date(2026, 4, 1))],
)
def test_a_renewal_in_grace_longer_than_the_validity_can_be_over_already(renewed_on: date, first_on: date) -> None:
    issued_on = date(2026, 3, 1)
    terms = {"validity_months": 1, "grace_days": 60, "renewal_window_days": 9}
    previous = first_period(issued_on, **terms, expiry_basis="previous_expiry")
    period = renewed_period(
        renewed_on, first_issued_on=issued_on, previous=previous, **terms, expiry_basis="previous_expiry"
    )
    assert (period.first_on, period.last_on) == (first_on, date(2026, 4, 30))


def test_a_period_may_end_on_the_last_day_of_the_calendar() -> None:
    period = first_period(
        date(9999, 1, 1), validity_months=12, grace_days=0, renewal_window_days=1, expiry_basis="completion"
    )
    assert period.last_on == period.grace_last_on == period.due_from_on == date.max


def test_fixed_renewal_before_the_window_ends_with_the_same_anniversary() -> None:
    issued_on = date(2026, 3, 1)
    previous = first_period(issued_on, **YEAR, expiry_basis="fixed")
    period = renewed_period(
        date(2026, 6, 1), first_issued_on=issued_on, previous=previous, **YEAR, expiry_basis="fixed"
    )
    assert (period.first_on, period.last_on) == (date(2026, 6, 1), previous.last_on)


def test_without_window_and_grace_nothing_is_due_and_nothing_lasts_longer() -> None:
    period = first_period(
        date(2026, 3, 1), validity_months=1, grace_days=0, renewal_window_days=0, expiry_basis="completion"
    )
    assert period.grace_last_on == period.last_on
    assert period.due_from_on == period.last_on + timedelta(days=1)


def test_a_window_longer_than_the_period_is_the_whole_period() -> None:
    period = first_period(
        date(2026, 3, 1), validity_months=1, grace_days=0, renewal_window_days=90, expiry_basis="completion"
    )
    assert period.due_from_on == period.first_on


@pytest.mark.parametrize("grace_days", [0, 30])
def test_refuses_a_period_beyond_the_calendar(grace_days: int) -> None:
    issued_on = date(9999, 1, 1) if grace_days else date(9999, 1, 2)
    with pytest.raises(ValueError, match="after the year 9999"):
        first_period(
            issued_on,
            validity_months=12,
            grace_days=grace_days,
            renewal_window_days=60,
            expiry_basis="completion",
        )


def test_fixed_refuses_an_end_beyond_the_calendar() -> None:
    with pytest.raises(ValueError, match="after the year 9999"):
        first_period(date(9990, 1, 1), **{**YEAR, "renewal_window_days": 9_999_999}, expiry_basis="fixed")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"validity_months": 0}, "at least one month"),
        ({"grace_days": -1}, "0 or more"),
        ({"renewal_window_days": -1}, "0 or more"),
    ],
)
@pytest.mark.parametrize("basis", BASES)
def test_refuses_odd_figures(change: dict[str, int], words: str, basis: str) -> None:
    with pytest.raises(ValueError, match=words):
        first_period(date(2026, 3, 1), **{**YEAR, **change}, expiry_basis=basis)


def test_refuses_an_unknown_basis() -> None:
    with pytest.raises(ValueError, match="choose one of completion, previous_expiry, fixed"):
        first_period(date(2026, 3, 1), **YEAR, expiry_basis="yearly")


def test_refuses_a_renewal_before_the_first_issue() -> None:
    previous = first_period(date(2026, 3, 1), **YEAR, expiry_basis="fixed")
    with pytest.raises(ValueError, match="on or after the day of its first issue"):
        renewed_period(
            date(2026, 2, 28),
            first_issued_on=date(2026, 3, 1),
            previous=previous,
            **YEAR,
            expiry_basis="fixed",
        )


@given(DAYS, st.integers(1, 120))
def test_last_valid_day_agrees_with_the_oracle(anchor: date, months: int) -> None:
    assert last_valid_day(anchor, months) == date_oracle.last_valid(anchor, months)


@given(
    issued=DAYS,
    waits=st.lists(st.integers(-120, 500), max_size=5),
    terms=TERMS,
    basis=BASIS,
)
def test_a_life_of_renewals_agrees_with_the_oracle(
    issued: date, waits: list[int], terms: dict[str, int], basis: str
) -> None:
    """A wait is the days from the end of the last period to the next renewal: early, in grace or late."""
    period = first_period(issued, **terms, expiry_basis=basis)
    expected = date_oracle.first(issued, **as_words(terms), basis=basis)
    assert as_expected(period) == expected
    for wait in waits:
        renewed_on = max(issued, period.due_from_on, period.last_on + timedelta(days=wait))
        period = renewed_period(renewed_on, first_issued_on=issued, previous=period, **terms, expiry_basis=basis)
        expected = date_oracle.renewed(
            renewed_on,
            issued=issued,
            before=expected,
            **as_words(terms),
            basis=basis,
        )
        assert as_expected(period) == expected


@given(issued=DAYS, terms=TERMS, wait=st.integers(-120, 500), basis=BASIS)
def test_a_period_is_in_order_and_never_before_its_renewal(
    issued: date, terms: dict[str, int], wait: int, basis: str
) -> None:
    previous = first_period(issued, **terms, expiry_basis=basis)
    renewed_on = max(issued, previous.last_on + timedelta(days=wait))
    period = renewed_period(renewed_on, first_issued_on=issued, previous=previous, **terms, expiry_basis=basis)
    assert period.first_on <= period.last_on <= period.grace_last_on
    assert renewed_on <= period.first_on or period.last_on < renewed_on <= previous.grace_last_on
    assert period.first_on <= period.due_from_on <= period.last_on + timedelta(days=1)
    assert basis == "completion" or period.last_on >= previous.last_on
