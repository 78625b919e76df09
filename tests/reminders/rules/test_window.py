"""Renewal windows: examples by hand, and every kind and day of four years against a second calculator."""

from datetime import date, timedelta

import pytest

from config import settings
from reminders import windows
from reminders.rules import catalogue_sheet
from reminders.rules.dates import Workdays
from reminders.rules.lifecycle import DateKind
from reminders.rules.stages import ladder
from reminders.rules.window import Unit, WindowRule, describe, renewal_window
from reminders.tables.catalogue import CatalogueEntry
from tests.reminders.second_calculator import SecondCalculator, read_catalogue

WORKDAYS = Workdays()
PHARMACY = WindowRule(6, 2, Unit.MONTH)
FOOD = WindowRule(None, 30, Unit.WORKDAY)
DEVICES = WindowRule(90, 30, Unit.WORKDAY)
WATERWAY = WindowRule(30, 0, Unit.DAY)
SEAL_CARD = WindowRule(None, 3, Unit.MONTH)
PESTICIDE = WindowRule(None, 90, Unit.DAY)
SEA_AREA = WindowRule(None, 2, Unit.MONTH, 60, Unit.DAY)
UNKNOWN = WindowRule(None, None, Unit.DAY)


def catalogue_rules() -> dict[str, WindowRule]:
    texts = [
        (settings.DATA / name).read_text(encoding="utf-8") for name in ("catalogue.csv", "departments.csv")
    ]
    rules = {}
    for row in catalogue_sheet.parse(*texts)[0]:
        entry = CatalogueEntry(
            renewal_earliest=row.renewal_earliest,
            renewal_latest=row.renewal_latest,
            unit=row.unit,
            also_latest=row.also_latest,
            also_unit=row.also_unit,
        )
        rules[row.license_name] = windows.rule_of(entry, DateKind.MAIN)
    return rules


def test_every_kind_and_expiry_day_of_four_years_agrees_with_the_second_calculator() -> None:
    second, rules = SecondCalculator(), catalogue_rules()
    differing, compared = [], 0
    for row in read_catalogue():
        for offset in range((date(2030, 1, 1) - date(2026, 1, 1)).days):
            expires_on = date(2026, 1, 1) + timedelta(days=offset)
            window = renewal_window(expires_on, rules[row["license_name"]], WORKDAYS)
            steps = [(str(step.stage), step.due_on) for step in ladder(expires_on, window, WORKDAYS)]
            answer = second.answer(row, expires_on)
            compared += 1
            if (window.opens_on, window.legal_last_day, window.apply_by, steps) != (
                answer.opens_on,
                answer.legal_last_day,
                answer.apply_by,
                answer.steps,
            ):
                differing.append((row["license_name"], expires_on, window, steps, answer))
    assert differing == []
    assert compared == 25 * 1461


@pytest.mark.parametrize(
    ("rule", "expires_on", "opens_on", "legal_last_day", "apply_by"),
    [
        pytest.param(
            FOOD, "2026-03-16", None, "2026-01-27", "2026-01-27", id="workdays over Spring Festival"
        ),
        pytest.param(
            DEVICES, "2026-07-01", "2026-02-13", "2026-05-19", "2026-05-19", id="opening in workdays"
        ),
        pytest.param(PESTICIDE, "2026-05-31", None, "2026-03-02", "2026-03-02", id="90 days"),
        pytest.param(
            PESTICIDE, "2026-01-01", None, "2025-10-03", "2025-09-30", id="90 days end in National Day"
        ),
        pytest.param(
            SEAL_CARD, "2024-05-31", None, "2024-02-29", "2024-02-29", id="month end of a leap year"
        ),
        pytest.param(SEAL_CARD, "2025-05-31", None, "2025-02-28", "2025-02-28", id="month end"),
        pytest.param(
            SEAL_CARD, "2026-05-31", None, "2026-02-28", "2026-02-28", id="make-up Saturday is a workday"
        ),
        pytest.param(SEAL_CARD, "2027-05-31", None, "2027-02-28", "2027-02-26", id="month end on a Sunday"),
        pytest.param(SEA_AREA, "2026-09-30", None, "2026-07-30", "2026-07-30", id="two months are earlier"),
        pytest.param(SEA_AREA, "2026-03-15", None, "2026-01-14", "2026-01-14", id="60 days are earlier"),
        pytest.param(WATERWAY, "2026-10-03", "2026-09-03", "2026-10-03", "2026-09-30", id="closes on expiry"),
        pytest.param(
            PHARMACY, "2026-08-31", "2026-02-28", "2026-06-30", "2026-06-30", id="months on both ends"
        ),
        pytest.param(
            PHARMACY, "2026-03-01", "2025-09-01", "2026-01-01", "2025-12-31", id="back over the year end"
        ),
    ],
)
def test_window_equals_the_count_by_hand(
    rule: WindowRule, expires_on: str, opens_on: str | None, legal_last_day: str, apply_by: str
) -> None:
    window = renewal_window(date.fromisoformat(expires_on), rule, WORKDAYS)
    assert window.opens_on == (date.fromisoformat(opens_on) if opens_on else None)
    assert window.legal_last_day == date.fromisoformat(legal_last_day)
    assert window.apply_by == date.fromisoformat(apply_by)


def test_window_has_no_closing_day_when_the_rule_is_unknown() -> None:
    window = renewal_window(date(2027, 5, 31), UNKNOWN, WORKDAYS)
    assert (window.opens_on, window.legal_last_day, window.apply_by) == (None, None, None)
    assert not window.is_estimate


@pytest.mark.parametrize(
    ("rule", "expires_on", "is_estimate"),
    [
        (PESTICIDE, "2027-03-31", False),  # the closing day lies in 2026, whose notice is known
        (PESTICIDE, "2027-04-01", True),  # it lies on 2027-01-01
        (PESTICIDE, "2027-05-31", True),
        (FOOD, "2026-12-31", False),
        (FOOD, "2027-01-01", False),
        (FOOD, "2027-01-02", True),  # the count begins in 2027
    ],
)
def test_window_is_an_estimate_when_a_year_without_notice_was_looked_at(
    rule: WindowRule, expires_on: str, is_estimate: bool
) -> None:
    assert renewal_window(date.fromisoformat(expires_on), rule, WORKDAYS).is_estimate is is_estimate


def test_window_is_no_estimate_any_more_when_the_notice_was_imported() -> None:
    imported = Workdays(imported={date(2027, 1, 1): False}, imported_years=frozenset({2027}))
    window = renewal_window(date(2027, 4, 1), PESTICIDE, imported)
    assert (window.apply_by, window.is_estimate) == (date(2026, 12, 31), False)


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (PHARMACY, "期满前6个月至期满前2个月"),
        (FOOD, "期满30个工作日前"),
        (WATERWAY, "期满前30日至期满日"),
        (SEA_AREA, "期满2个月前，且不晚于期满60日前"),
        (UNKNOWN, ""),
    ],
)
def test_rule_reads_in_words(rule: WindowRule, words: str) -> None:
    assert describe(rule) == words
