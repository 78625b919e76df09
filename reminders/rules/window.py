"""When a renewal may be applied for: the first day, the last lawful day, and the last working day of it."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from reminders.rules.dates import Workdays, back_to_workday, minus_days, minus_months, minus_workdays


class Unit(StrEnum):
    """How a distance from the expiry date is counted, as catalogue.csv writes it."""

    DAY = "日"
    WORKDAY = "工作日"
    MONTH = "月"


@dataclass(frozen=True)
class WindowRule:
    """How long before expiry the window opens (None: no opening) and closes (None: not known).

    `also_latest` is a second rule; the earlier of both closing days counts.
    """

    earliest: int | None
    latest: int | None
    unit: Unit
    also_latest: int | None = None
    also_unit: Unit | None = None


@dataclass(frozen=True)
class Window:
    """`apply_by` is `legal_last_day` moved back to a working day; `opens_on` is never moved.

    `is_estimate`: a year without a State Council notice was looked at.
    """

    opens_on: date | None
    apply_by: date | None
    legal_last_day: date | None
    is_estimate: bool


def renewal_window(expires_on: date, rule: WindowRule, workdays: Workdays) -> Window:
    """The expiry day itself is not counted; without a known closing rule there is no `apply_by`."""
    opens_on = None if rule.earliest is None else count_back(expires_on, rule.earliest, rule.unit, workdays)
    legal_last_day = _legal_last_day(expires_on, rule, workdays)
    apply_by = None if legal_last_day is None else back_to_workday(legal_last_day, workdays)
    return Window(
        opens_on=opens_on,
        apply_by=apply_by,
        legal_last_day=legal_last_day,
        is_estimate=_looked_at_estimate(expires_on, rule, opens_on, legal_last_day, apply_by, workdays),
    )


def count_back(day: date, count: int, unit: Unit, workdays: Workdays) -> date:
    match unit:
        case Unit.DAY:
            return minus_days(day, count)
        case Unit.WORKDAY:
            return minus_workdays(day, count, workdays)
        case Unit.MONTH:
            return minus_months(day, count)


def describe(rule: WindowRule) -> str:
    """The rule in words, for a page that has no expiry date to print; empty when it is not known."""
    if rule.latest is None:
        return ""
    close = f"{rule.latest}{_count_word(rule.unit)}"
    if rule.earliest is not None:
        close_words = "期满日" if rule.latest == 0 else f"期满前{close}"
        return f"期满前{rule.earliest}{_count_word(rule.unit)}至{close_words}"
    if rule.also_latest is None or rule.also_unit is None:
        return f"期满{close}前"
    return f"期满{close}前，且不晚于期满{rule.also_latest}{_count_word(rule.also_unit)}前"


def _legal_last_day(expires_on: date, rule: WindowRule, workdays: Workdays) -> date | None:
    if rule.latest is None:
        return None
    last = count_back(expires_on, rule.latest, rule.unit, workdays)
    if rule.also_latest is None or rule.also_unit is None:
        return last
    return min(last, count_back(expires_on, rule.also_latest, rule.also_unit, workdays))


def _looked_at_estimate(
    expires_on: date,
    rule: WindowRule,
    opens_on: date | None,
    legal_last_day: date | None,
    apply_by: date | None,
    workdays: Workdays,
) -> bool:
    """Looked at: `apply_by` to the legal last day, and the whole way to expiry where working days count."""
    if legal_last_day is None or apply_by is None:
        return False
    if Unit.WORKDAY in (rule.unit, rule.also_unit):
        return workdays.is_any_estimated(min(opens_on or apply_by, apply_by), minus_days(expires_on, 1))
    return workdays.is_any_estimated(apply_by, legal_last_day)


def _count_word(unit: Unit) -> str:
    return {Unit.DAY: "日", Unit.WORKDAY: "个工作日", Unit.MONTH: "个月"}[unit]
