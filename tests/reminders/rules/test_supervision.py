"""Figures add up, periods have their names, and a sample depends on its seed and its rows alone."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reminders.rules.supervision import (
    DEFINITIONS,
    NAMES,
    Counts,
    Figure,
    Period,
    draw,
    month_of,
    quarter_of,
)

LICENSES = st.lists(st.integers(1, 10**6), unique=True, min_size=1, max_size=200)


@given(LICENSES, st.text(max_size=10), st.integers(1, 50))
def test_sample_depends_on_seed_and_rows_alone(ids: list[int], seed: str, size: int) -> None:
    drawn = draw(ids, seed, size)
    assert drawn == draw(sorted(ids, reverse=True), seed, size)
    assert len(drawn) == min(size, len(ids)) == len(set(drawn))
    assert set(drawn) <= set(ids)


@given(LICENSES, st.integers(1, 20), st.integers(10**6 + 1, 10**7))
def test_one_more_license_moves_at_most_one_row(ids: list[int], size: int, another: int) -> None:
    assert len(set(draw(ids, "x", size)) - set(draw([*ids, another], "x", size))) <= 1


def test_every_license_is_drawn_about_as_often() -> None:
    hits = [0] * 20
    for seed in range(2000):
        for one in draw(range(20), str(seed), 5):
            hits[one] += 1
    assert min(hits) > 400
    assert max(hits) < 600


@given(st.dates(date(2020, 1, 1), date(2099, 12, 31)))
def test_months_and_quarters_hold_their_day_and_meet_without_a_gap(day: date) -> None:
    for period_of in (month_of, quarter_of):
        period = period_of(day)
        assert period.since <= day <= period.until
        assert period_of(period.until + timedelta(days=1)).since == period.until + timedelta(days=1)
        assert period.is_sensible


@pytest.mark.parametrize(
    ("since", "until", "name", "is_sensible"),
    [
        (date(2026, 11, 1), date(2026, 11, 30), "2026年11月", True),
        (date(2026, 10, 1), date(2026, 12, 31), "2026年第4季度", True),
        (date(2026, 1, 1), date(2026, 12, 31), "2026-01-01 至 2026-12-31", True),
        (date(2026, 1, 1), date(2027, 1, 1), "2026-01-01 至 2027-01-01", False),
        (date(2026, 2, 1), date(2026, 1, 31), "2026-02-01 至 2026-01-31", False),
    ],
)
def test_period_has_its_name_and_its_limit(since: date, until: date, name: str, is_sensible: bool) -> None:
    assert (Period(since, until).name, Period(since, until).is_sensible) == (name, is_sensible)


def test_counts_add_up_and_nothing_is_divided_by_nothing() -> None:
    both = Counts(expired=3, on_time=1) + Counts(expired=1, on_time=1, reminded=2, days_ahead=91)
    assert both.shown(Figure.ON_TIME) == "50.0%"
    assert both.shown(Figure.DAYS_AHEAD) == "45.5 天"
    assert {Counts().shown(figure) for figure in Figure} == {"—"}


def test_every_figure_has_a_name_and_a_definition() -> None:
    assert set(NAMES) == set(DEFINITIONS) == set(Figure)
