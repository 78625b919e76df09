"""The ladder: its table by hand, and what holds for every window, night and gap."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reminders.rules.dates import Workdays, minus_months
from reminders.rules.lifecycle import Stage
from reminders.rules.stages import LADDER_ORDER, Step, due_step, ladder
from reminders.rules.window import Unit, Window, WindowRule, renewal_window

WORKDAYS = Workdays()
RULES = [
    WindowRule(6, 2, Unit.MONTH),
    WindowRule(None, 30, Unit.WORKDAY),
    WindowRule(90, 30, Unit.WORKDAY),
    WindowRule(30, 0, Unit.DAY),
    WindowRule(None, 3, Unit.MONTH),
    WindowRule(None, 90, Unit.DAY),
    WindowRule(None, 2, Unit.MONTH, 60, Unit.DAY),
    WindowRule(None, 30, Unit.DAY),
    WindowRule(None, None, Unit.DAY),
]
expiry_days = st.dates(date(2025, 1, 1), date(2032, 12, 31))
rules = st.sampled_from(RULES)


def steps_of(expires_on: date, rule: WindowRule) -> tuple[Step, ...]:
    return ladder(expires_on, renewal_window(expires_on, rule, WORKDAYS), WORKDAYS)


def shown(steps: tuple[Step, ...]) -> list[tuple[str, str]]:
    return [(str(step.stage), str(step.due_on)) for step in steps]


@pytest.mark.parametrize(
    ("rule", "expires_on", "expected"),
    [
        pytest.param(
            WindowRule(None, 30, Unit.DAY),
            "2026-12-31",
            [
                ("first", "2026-09-30"),
                ("follow_up", "2026-11-01"),
                ("last_call", "2026-11-24"),
                ("human", "2026-11-26"),
                ("closed", "2026-12-02"),
                ("lapsed", "2027-01-01"),
            ],
            id="plain 30 days, closing on Tuesday 2026-12-01",
        ),
        pytest.param(
            WindowRule(None, 90, Unit.DAY),
            "2026-06-30",
            [
                ("first", "2026-03-02"),
                ("last_call", "2026-03-25"),
                ("human", "2026-03-27"),
                ("closed", "2026-04-02"),
                ("lapsed", "2026-07-01"),
            ],
            id="90 days: counted from the closing day 2026-04-01, follow-up would be the first itself",
        ),
        pytest.param(
            WindowRule(30, 0, Unit.DAY),
            "2026-11-30",
            [
                ("first", "2026-08-30"),
                ("open", "2026-10-31"),
                ("follow_up", "2026-10-31"),
                ("last_call", "2026-11-23"),
                ("human", "2026-11-25"),
                ("closed", "2026-12-01"),
                ("lapsed", "2026-12-01"),
            ],
            id="opens 30 days before and closes on expiry: one day for two stages, in ladder order",
        ),
        pytest.param(
            WindowRule(6, 2, Unit.MONTH),
            "2026-11-30",
            [
                ("first", "2026-08-30"),
                ("last_call", "2026-09-23"),
                ("human", "2026-09-24"),
                ("closed", "2026-10-01"),
                ("lapsed", "2026-12-01"),
            ],
            id="opened long before; the follow-up is dropped, 1 day after the first",
        ),
        pytest.param(
            WindowRule(None, None, Unit.DAY),
            "2026-05-31",
            [("first", "2026-02-28"), ("lapsed", "2026-06-01")],
            id="closing day not known",
        ),
    ],
)
def test_ladder_equals_the_table_by_hand(
    rule: WindowRule, expires_on: str, expected: list[tuple[str, str]]
) -> None:
    assert shown(steps_of(date.fromisoformat(expires_on), rule)) == expected


def test_human_comes_before_last_call_when_a_long_holiday_lies_between() -> None:
    window = Window(
        opens_on=None, apply_by=date(2026, 2, 24), legal_last_day=date(2026, 2, 24), is_estimate=False
    )
    stages = [step.stage for step in ladder(date(2026, 3, 26), window, WORKDAYS)]
    assert stages.index(Stage.HUMAN) < stages.index(Stage.LAST_CALL)


@pytest.mark.parametrize(
    ("today", "confirmed", "stage"),
    [
        ("2026-09-29", False, None),
        ("2026-09-30", False, Stage.FIRST),
        ("2026-10-31", False, Stage.FIRST),
        ("2026-11-01", False, Stage.FOLLOW_UP),
        ("2026-11-25", False, Stage.LAST_CALL),
        ("2026-11-26", False, Stage.HUMAN),
        ("2026-11-26", True, Stage.LAST_CALL),
        ("2026-12-01", True, Stage.LAST_CALL),
        ("2026-12-02", True, Stage.CLOSED),
        ("2027-01-01", False, Stage.LAPSED),
        ("2029-01-01", False, Stage.LAPSED),
    ],
)
def test_due_step_is_the_last_one_reached(today: str, confirmed: bool, stage: Stage | None) -> None:
    steps = steps_of(date(2026, 12, 31), WindowRule(None, 30, Unit.DAY))
    found = due_step(steps, date.fromisoformat(today), confirmed=confirmed)
    assert (found.stage if found else None) == stage


@given(expiry_days, rules)
def test_ladder_is_in_order_and_begins_in_time(expires_on: date, rule: WindowRule) -> None:
    steps = steps_of(expires_on, rule)
    window = renewal_window(expires_on, rule, WORKDAYS)
    keys = [(step.due_on, LADDER_ORDER[step.stage]) for step in steps]
    assert keys == sorted(set(keys))
    assert len({step.stage for step in steps}) == len(steps)
    assert steps[0].stage is Stage.FIRST
    assert steps[-1] == Step(Stage.LAPSED, expires_on + timedelta(days=1))
    assert steps[0].due_on <= minus_months(expires_on, 3)
    assert window.apply_by is None or steps[0].due_on <= window.apply_by - timedelta(days=30)


@given(expiry_days, rules, st.booleans(), st.integers(-250, 400), st.integers(0, 60))
def test_due_step_never_goes_back_as_days_pass(
    expires_on: date, rule: WindowRule, confirmed: bool, offset: int, later: int
) -> None:
    steps = steps_of(expires_on, rule)
    today = expires_on + timedelta(days=offset)
    now, then = (due_step(steps, day, confirmed=confirmed) for day in (today, today + timedelta(days=later)))
    assert (now is None) == (today < steps[0].due_on)
    if now is not None:
        assert then is not None
        assert steps.index(now) <= steps.index(then)


@given(expiry_days, rules, st.booleans(), st.sets(st.integers(0, 260)))
def test_missed_nights_lose_no_stage_for_ever(
    expires_on: date, rule: WindowRule, confirmed: bool, missed: set[int]
) -> None:
    """In the first run after a stage's day that stage is done, or a later one in its place."""
    steps = steps_of(expires_on, rule)
    done: dict[Step, date] = {}
    nights = [steps[0].due_on + timedelta(days=offset) for offset in range(281) if offset not in missed]
    for night in nights:
        step = due_step(steps, night, confirmed=confirmed)
        if step is not None:
            done.setdefault(step, night)
    for position, step in enumerate(steps):
        if step.stage is Stage.HUMAN and confirmed:
            assert step not in done
            continue
        next_run = min((night for night in nights if night >= step.due_on), default=None)
        told_by_then = [other for other in steps[position:] if other in done and done[other] == next_run]
        assert next_run is None or told_by_then
