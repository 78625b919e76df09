"""The missed-day drill: 1 to 45 nights missed from any day lose no stage and tell none twice.

The full form takes every start day of 2024 to 2032: `./run test -m drill` (a quarter of an hour of CPU).
"""

from collections.abc import Mapping
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reminders.rules.lifecycle import Stage
from reminders.rules.stages import Step
from tests import missed_days
from tests.missed_days import FIRST_START, LAST_START, MISSED, ONE_DAY, REAL, Clerk, Done, Subject, Tally

DAYS = [FIRST_START + timedelta(days=n) for n in range((LAST_START - FIRST_START).days + 1)]
STRIDE = 97  # a prime, so that every weekday and every season comes: 34 start days in the quick form


def assert_nothing_is_wrong(tally: Tally) -> None:
    assert (tally.missing[:3], tally.doubled[:3]) == ([], [])


def test_missed_days_lose_and_double_nothing() -> None:
    tally = missed_days.drill(DAYS[::STRIDE])
    assert_nothing_is_wrong(tally)
    assert tally.runs > 200_000
    print(f"\nmissed-day drill: {tally.runs:,} outages, {tally.unavoidable:,} left no night in time")


@pytest.mark.drill
@pytest.mark.parametrize("year", range(FIRST_START.year, LAST_START.year + 1))
def test_missed_days_from_every_day_of_the_year(year: int) -> None:
    tally = missed_days.drill([day for day in DAYS if day.year == year])
    assert_nothing_is_wrong(tally)
    print(f"\nmissed-day drill {year}: {tally.runs:,} outages, {tally.unavoidable:,} left no night in time")


def test_all_dates_of_the_catalogue_are_drilled() -> None:
    names = [name for name, _ in missed_days.rules()]
    assert {int(name.split()[0]) for name in names} == set(range(1, 26))
    assert len(names) > 25


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 26), st.dates(FIRST_START, LAST_START), st.integers(0, 45), st.integers(-60, 250))
def test_nights_between_the_steps_change_nothing(
    place: int, expires_on: date, missed: int, before: int
) -> None:
    """The drill plans only nights on which something can change; here every night is planned."""
    one = missed_days.subject(place % len(missed_days.rules()), expires_on)
    start = one.expires_on - timedelta(days=before)
    back = start + timedelta(days=missed)
    first, last = one.steps[0].due_on - ONE_DAY, max(one.steps[-1].due_on, back) + 2 * ONE_DAY
    every = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    planned = [night for night in every if not start <= night < back]
    few = missed_days.nights_of(one, start, back)
    assert missed_days.play(one, planned) == missed_days.play(one, few)


# --- the drill bites ---


def on_the_very_day(subject: Subject, done: Done, today: date) -> Step | None:
    """`==` instead of `<=`."""
    return next((s for s in subject.steps if s.due_on == today and s.stage not in done), None)


def so_many_days_before(subject: Subject, done: Done, today: date) -> Step | None:
    """The usual script: 90, 30 and 7 days before expiry."""
    stages = {90: Stage.FIRST, 30: Stage.FOLLOW_UP, 7: Stage.LAST_CALL}
    stage = stages.get((subject.expires_on - today).days)
    return next((s for s in subject.steps if s.stage is stage and stage not in done), None)


def any_step_reached(subject: Subject, done: Done, today: date) -> Step | None:
    """Nobody remembers what was told."""
    reached = [step for step in subject.steps if step.due_on <= today]
    return reached[-1] if reached else None


def every_step_reached(subject: Subject, done: Done, today: date) -> Step | None:
    """Makes up for missed stages one night after the other, oldest first."""
    return next((s for s in subject.steps if s.due_on <= today and s.stage not in done), None)


def one_day_late(subject: Subject, done: Done, today: date) -> Step | None:
    """`<` instead of `<=`."""
    return missed_days.chooses(subject, done, today - ONE_DAY)


def of_this_license(subject: Subject, history: Mapping[date, Done]) -> Done:
    """The flag that a renewal does not reset."""
    return {stage: day for done in history.values() for stage, day in done.items()}


@pytest.mark.parametrize(
    ("mutant", "fault"),
    [
        (Clerk(on_the_very_day, REAL.looks_at), "missing"),
        (Clerk(so_many_days_before, REAL.looks_at), "missing"),
        (Clerk(one_day_late, REAL.looks_at), "missing"),
        (Clerk(every_step_reached, REAL.looks_at), "missing"),
        (Clerk(REAL.chooses, of_this_license), "missing"),
        (Clerk(any_step_reached, REAL.looks_at), "doubled"),
    ],
)
def test_drill_bites(mutant: Clerk, fault: str) -> None:
    tally = missed_days.drill(DAYS[:: STRIDE * 10], missed=MISSED[::11], clerk=mutant)
    assert getattr(tally, fault)
