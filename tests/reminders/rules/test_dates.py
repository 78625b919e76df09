"""Counting back, and estimates that are never later than the truth."""

from datetime import date, timedelta

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reminders.rules.dates import (
    SUBSTITUTE,
    Workdays,
    back_to_workday,
    days_of,
    estimated_workdays,
    minus_days,
    minus_months,
    minus_workdays,
    statutory_days,
)

KNOWN = Workdays()
MEASURED_YEARS = range(2010, 2027)
some_day = st.dates(date(2010, 6, 1), date(2026, 12, 31))


class OnlyEstimates(Workdays):
    """What the calendar would have said had no notice ever been loaded."""

    def is_workday(self, day: date) -> bool:
        return day in estimated_workdays(day.year)


def test_the_expiry_day_itself_is_not_counted() -> None:
    assert minus_days(date(2026, 12, 31), 30) == date(2026, 12, 1)
    assert minus_workdays(date(2026, 11, 4), 1, KNOWN) == date(2026, 11, 3)


@pytest.mark.parametrize(
    ("day", "months", "result"),
    [
        ("2026-05-31", 3, "2026-02-28"),
        ("2024-05-31", 3, "2024-02-29"),
        ("2026-05-30", 3, "2026-02-28"),
        ("2026-05-28", 3, "2026-02-28"),
        ("2024-02-29", 12, "2023-02-28"),
        ("2026-03-31", 1, "2026-02-28"),
        ("2026-01-31", 2, "2025-11-30"),
        ("2026-01-15", 1, "2025-12-15"),
        ("2026-12-31", 12, "2025-12-31"),
        ("2026-02-28", -12, "2027-02-28"),
    ],
)
def test_months_end_on_the_same_day_or_the_last_one(day: str, months: int, result: str) -> None:
    assert minus_months(date.fromisoformat(day), months) == date.fromisoformat(result)


@given(some_day, st.integers(0, 60))
def test_months_go_exactly_that_many_months_back(day: date, count: int) -> None:
    result = minus_months(day, count)
    assert (day.year * 12 + day.month) - (result.year * 12 + result.month) == count
    assert result.day == day.day or (result.day < day.day and (result + timedelta(days=1)).day == 1)


@given(some_day, st.integers(1, 90))
def test_workdays_counted_back_are_that_many_workdays(day: date, count: int) -> None:
    result = minus_workdays(day, count, KNOWN)
    passed = [result + timedelta(days=offset) for offset in range((day - result).days)]
    assert KNOWN.is_workday(result)
    assert sum(KNOWN.is_workday(one) for one in passed) == count


@pytest.mark.parametrize(
    ("day", "result"),
    [
        ("2026-10-07", "2026-09-30"),  # National Day week
        ("2026-10-10", "2026-10-10"),  # a make-up Saturday is a working day
        ("2026-02-23", "2026-02-14"),  # Spring Festival, after a make-up Saturday
        ("2026-11-01", "2026-10-30"),  # a plain Sunday
        ("2027-01-01", "2026-12-31"),  # over the year end
    ],
)
def test_a_rest_day_moves_back_never_forward(day: str, result: str) -> None:
    assert back_to_workday(date.fromisoformat(day), KNOWN) == date.fromisoformat(result)


def test_library_years_are_known_and_later_years_are_estimated() -> None:
    assert not KNOWN.is_estimated(date(2026, 12, 31))
    assert KNOWN.is_estimated(date(2027, 1, 1))
    assert KNOWN.is_any_estimated(date(2026, 12, 31), date(2027, 1, 1))
    assert not KNOWN.is_any_estimated(date(2026, 1, 1), date(2026, 12, 31))


def test_an_imported_year_lies_over_library_and_estimate() -> None:
    imported = Workdays(
        imported={date(2027, 2, 8): False, date(2027, 2, 14): True, date(2026, 11, 3): False},
        imported_years=frozenset({2027}),
    )
    assert not imported.is_workday(date(2027, 2, 8))
    assert imported.is_workday(date(2027, 2, 14))
    assert imported.is_workday(date(2027, 10, 4))  # a Monday the notice does not name
    assert not imported.is_workday(date(2026, 11, 3))
    assert not imported.is_estimated(date(2027, 2, 9))


def test_an_estimated_workday_was_always_a_workday_in_the_measured_years() -> None:
    wrong = [
        day
        for year in MEASURED_YEARS
        for day in estimated_workdays(year)
        if not chinese_calendar.is_workday(day)
    ]
    assert wrong == []


@pytest.mark.parametrize("count", [1, 3, 10, 30, 90])
def test_an_estimated_closing_day_is_never_later_than_the_true_one(count: int) -> None:
    late = [
        day
        for year in MEASURED_YEARS
        for day in days_of(year)
        if day >= date(2010, 7, 1)
        and back_to_workday(minus_workdays(day, count, OnlyEstimates()), OnlyEstimates())
        > back_to_workday(minus_workdays(day, count, KNOWN), KNOWN)
    ]
    assert late == []


@given(some_day, st.integers(1, 90))
def test_an_estimated_rest_day_moves_at_least_as_far_back(day: date, count: int) -> None:
    assert minus_workdays(day, count, OnlyEstimates()) <= minus_workdays(day, count, KNOWN)
    assert back_to_workday(day, OnlyEstimates()) <= back_to_workday(day, KNOWN)


def test_an_estimate_leaves_most_workdays_of_a_year() -> None:
    """Safe does not mean useless: true years have 247 to 252."""
    for year in range(2027, 2100):
        assert 215 <= len(estimated_workdays(year)) <= 248


def test_statutory_days_of_known_years_are_all_rest_days_in_the_notices() -> None:
    """The import of a notice refuses a file in which one of these is left out."""
    working = [
        day
        for year in MEASURED_YEARS
        for day, name in statutory_days(year).items()
        if not name.endswith(SUBSTITUTE) and chinese_calendar.is_workday(day)
    ]
    assert working == []
