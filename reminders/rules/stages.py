"""The reminder ladder: on which day each stage is reached, and which one is due now."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from reminders.rules.dates import ONE_DAY, Workdays, minus_days, minus_months, minus_workdays
from reminders.rules.lifecycle import Stage
from reminders.rules.window import Window

FIRST_MONTHS = 3  # the latest moment the bureau's plan allows for the first reminder
FIRST_DAYS = 30
FOLLOW_UP_DAYS = 30
FOLLOW_UP_GAP = timedelta(days=14)
LAST_CALL_DAYS = 7
HUMAN_WORKDAYS = 3
LADDER_ORDER = {stage: position for position, stage in enumerate(Stage)}


@dataclass(frozen=True)
class Step:
    """A stage and the day it is reached."""

    stage: Stage
    due_on: date


def ladder(expires_on: date, window: Window, workdays: Workdays) -> tuple[Step, ...]:
    """All steps by day, then in ladder order. Without a known closing day only FIRST and LAPSED remain."""
    steps = [
        Step(Stage.FIRST, first_day(expires_on, window)),
        *_steps_before_closing(expires_on, window, workdays),
        Step(Stage.LAPSED, expires_on + ONE_DAY),
    ]
    return tuple(sorted(steps, key=lambda step: (step.due_on, LADDER_ORDER[step.stage])))


def first_day(expires_on: date, window: Window) -> date:
    """The day of the first reminder: counted from expiry and from the last lawful day, the earlier one."""
    from_expiry = minus_months(expires_on, FIRST_MONTHS)
    return (
        from_expiry if window.apply_by is None else min(from_expiry, minus_days(window.apply_by, FIRST_DAYS))
    )


def due_step(steps: Sequence[Step], today: date, *, confirmed: bool) -> Step | None:
    """The last step already reached; earlier ones are not made up for.

    `steps` come in the order of `ladder`. HUMAN applies only while nobody was confirmed reached.
    """
    reached = [
        step for step in steps if step.due_on <= today and not (confirmed and step.stage == Stage.HUMAN)
    ]
    return reached[-1] if reached else None


def _steps_before_closing(expires_on: date, window: Window, workdays: Workdays) -> Iterator[Step]:
    if window.apply_by is None:
        return
    first_on = first_day(expires_on, window)
    if window.opens_on is not None and window.opens_on > first_on:
        yield Step(Stage.OPEN, window.opens_on)
    follow_up_on = minus_days(window.apply_by, FOLLOW_UP_DAYS)
    if follow_up_on - first_on >= FOLLOW_UP_GAP:
        yield Step(Stage.FOLLOW_UP, follow_up_on)
    yield Step(Stage.LAST_CALL, minus_days(window.apply_by, LAST_CALL_DAYS))
    yield Step(Stage.HUMAN, minus_workdays(window.apply_by, HUMAN_WORKDAYS, workdays))
    yield Step(Stage.CLOSED, window.apply_by + ONE_DAY)
