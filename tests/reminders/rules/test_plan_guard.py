"""A day is planned when the clocks agree and the date follows the last one, or a person vouches."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reminders.rules.plan_guard import LARGEST_SKEW, Doubt, doubt
from tests.builders import NOW

TODAY = date(2026, 11, 2)


@pytest.mark.parametrize(
    ("days_since", "found"),
    [(0, None), (1, None), (2, None), (3, Doubt.JUMPED), (11, Doubt.JUMPED), (-1, Doubt.WENT_BACK)],
)
def test_date_is_doubted_when_it_does_not_follow_the_last_one(days_since: int, found: Doubt | None) -> None:
    last = TODAY - timedelta(days=days_since)
    assert doubt(TODAY, last, NOW, NOW, is_confirmed=False) is found
    assert doubt(TODAY, last, NOW, NOW, is_confirmed=True) is None


def test_first_run_has_nothing_to_follow() -> None:
    assert doubt(TODAY, None, NOW, NOW, is_confirmed=False) is None


@given(st.timedeltas(min_value=timedelta(days=-9), max_value=timedelta(days=9)), st.booleans())
def test_nobody_can_vouch_for_clocks_that_differ(skew: timedelta, confirmed: bool) -> None:
    found = doubt(TODAY, TODAY, NOW + skew, NOW, is_confirmed=confirmed)
    assert (found is Doubt.CLOCKS_DIFFER) == (abs(skew) > LARGEST_SKEW)
