"""A day has nobody exactly when every officer is away on it."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from reminders.rules.officer_days import Span, common, days_of, without_anybody

FIRST = date(2027, 3, 1)


def span(start: int, length: int) -> Span:
    return FIRST + timedelta(days=start), FIRST + timedelta(days=start + length)


SPANS = st.builds(span, st.integers(-5, 15), st.integers(0, 8))


@given(st.lists(st.lists(SPANS, max_size=3), max_size=4))
def test_day_has_nobody_when_no_officer_is_there(away: list[list[Span]]) -> None:
    days = days_of(FIRST, FIRST + timedelta(days=9))
    lacking = without_anybody(days, away)
    for day in days:
        there = [spans for spans in away if not any(since <= day <= until for since, until in spans)]
        assert (day in lacking) == (not there)


@given(st.lists(st.lists(SPANS, max_size=3), max_size=4), st.lists(SPANS, max_size=3))
def test_one_more_officer_never_makes_a_gap(away: list[list[Span]], other: list[Span]) -> None:
    days = days_of(FIRST, FIRST + timedelta(days=9))
    assert without_anybody(days, [*away, other]) <= without_anybody(days, away)


@given(SPANS, SPANS)
def test_common_days_are_those_of_both(one: Span, other: Span) -> None:
    shared = common(one, other)
    assert set(days_of(*shared) if shared else ()) == set(days_of(*one)) & set(days_of(*other))
