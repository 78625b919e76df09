"""Pauses, hours and windows of the sending queue."""

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reminders.rules import delivery_rules as rules
from reminders.rules.delivery_rules import ReceiptStatus

HOURS = (time(8, 30), time(20))


def test_lease_leaves_room_for_the_longest_call() -> None:
    assert rules.ABANDON_AFTER_S + rules.HTTP_MAX.total_seconds() < rules.LEASE.total_seconds()
    assert rules.CUTOFF + rules.LEASE + rules.HTTP_MAX < rules.WINDOW


@given(st.integers(1, 10**9))
def test_eight_questions_fit_inside_the_cutoff(delivery_id: int) -> None:
    pauses = [rules.unknown_pause(tries, delivery_id) for tries in range(1, 8)]
    assert sum(pauses, timedelta()) < rules.CUTOFF
    assert all(
        0.8 <= p.total_seconds() / s <= 1.2 for p, s in zip(pauses, rules.UNKNOWN_PAUSES_S, strict=False)
    )


@given(st.integers(1, 10**9), st.integers(0, 10**6))
def test_pause_before_a_fresh_try_never_exceeds_its_bound(delivery_id: int, tries: int) -> None:
    pause = rules.ready_pause(tries, delivery_id).total_seconds()
    assert rules.READY_PAUSE_S * 0.8 <= pause <= rules.LONGEST_READY_PAUSE_S * 1.2


@given(st.integers(1, 2**63 - 1), st.integers(0, 999))
def test_message_id_keeps_the_platforms_bounds(delivery_id: int, epoch: int) -> None:
    told = rules.client_msg_id(delivery_id, epoch)
    assert told.isascii()
    assert len(told) <= 32


@pytest.mark.parametrize(
    ("moment", "allowed"),
    [
        (datetime(2026, 12, 31, 0, 29, tzinfo=UTC), False),  # 08:29 in Weihai
        (datetime(2026, 12, 31, 0, 30, tzinfo=UTC), True),
        (datetime(2026, 12, 31, 11, 59, tzinfo=UTC), True),
        (datetime(2026, 12, 31, 12, 0, tzinfo=UTC), False),
        (datetime(2026, 12, 31, 20, 0, tzinfo=UTC), False),
    ],
)
def test_hours_are_those_of_weihai(moment: datetime, allowed: bool) -> None:
    assert rules.in_hours(moment, HOURS) is allowed


def test_tomorrow_is_the_next_civil_day_in_weihai() -> None:
    new_years_eve = datetime(2026, 12, 31, 15, 0, tzinfo=UTC)  # 23:00
    assert rules.next_opening(new_years_eve, HOURS) == datetime(2027, 1, 1, 0, 30, tzinfo=UTC)
    assert rules.next_midnight(new_years_eve) == datetime(2026, 12, 31, 16, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("success", ReceiptStatus.SUCCESS),
        ("failed:user block", ReceiptStatus.USER_BLOCK),
        ("failed: user block", ReceiptStatus.USER_BLOCK),
        ("failed: system failed", ReceiptStatus.SYSTEM_FAILED),
        ("failed:system failed", ReceiptStatus.SYSTEM_FAILED),
        ("failed:freq limit", ReceiptStatus.FREQ_LIMIT),
        ("failed", None),
        ("", None),
    ],
)
def test_receipts_are_read_with_and_without_the_blank(text: str, status: ReceiptStatus | None) -> None:
    assert rules.receipt_status(text) is status


def test_few_failures_are_no_outage() -> None:
    assert not rules.is_outage(9, 9)
    assert not rules.is_outage(100, 50)
    assert rules.is_outage(10, 8)


@pytest.mark.parametrize(
    ("tried", "next_"),
    [
        (datetime(2026, 12, 1, 1, tzinfo=UTC), datetime(2026, 12, 1, 5, 30, tzinfo=UTC)),  # 09:00, 13:30
        (datetime(2026, 12, 1, 4, tzinfo=UTC), datetime(2026, 12, 1, 16, tzinfo=UTC)),  # 12:00, midnight
        (datetime(2026, 12, 1, 9, tzinfo=UTC), datetime(2026, 12, 1, 16, tzinfo=UTC)),
    ],
)
def test_next_call_is_in_another_half_of_the_day(tried: datetime, next_: datetime) -> None:
    assert rules.next_call(tried) == next_
