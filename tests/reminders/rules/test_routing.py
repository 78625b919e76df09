"""The chain of channels, and the moment a reminder may disturb somebody."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reminders.rules.dates import Workdays
from reminders.rules.lifecycle import Channel, Stage
from reminders.rules.routing import (
    BEFORE_A_LETTER,
    BY_PERSON,
    channels_of,
    is_urgent,
    next_channel,
    sending_moment,
    workday_from,
)

WECHAT, SUBSCRIPTION, SMS = Channel.WECHAT, Channel.SUBSCRIPTION, Channel.SMS
PROMPT, PHONE, LETTER = Channel.BUSINESS_SYSTEM, Channel.PHONE, Channel.LETTER
METHODS = (WECHAT, SMS, PHONE, PROMPT, LETTER)
ALL = frozenset(Channel)
HOURS = (time(8, 30), time(20, 0))
# 2026-10-01 to 07 rest, 2026-10-10 (a Saturday) is worked.
CALENDAR = Workdays(
    imported={date(2026, 10, day): False for day in range(1, 8)} | {date(2026, 10, 10): True},
    imported_years=frozenset({2026}),
)


@pytest.mark.parametrize(
    ("stage", "method", "reachable", "tried", "expected"),
    [
        # Bound people hear by WeChat first, whatever the department's method is.
        (Stage.FIRST, WECHAT, ALL, (), WECHAT),
        (Stage.FIRST, SMS, ALL, (), WECHAT),
        (Stage.FIRST, LETTER, ALL, (), WECHAT),
        # Who unfollowed but agreed to notices; who agreed and refused the template message.
        (Stage.FIRST, SMS, {SUBSCRIPTION, SMS, PHONE}, (), SUBSCRIPTION),
        (Stage.FIRST, SMS, ALL, {WECHAT}, SUBSCRIPTION),
        # Then the department's own method, then what costs people more and more.
        (Stage.FIRST, WECHAT, {SMS, PHONE}, (), SMS),
        (Stage.FIRST, PHONE, {SMS, PHONE}, (), PHONE),
        (Stage.FIRST, PHONE, {SMS, PHONE}, {PHONE}, SMS),
        (Stage.FIRST, PROMPT, {PROMPT, SMS, PHONE}, (), PROMPT),
        (Stage.FIRST, PROMPT, {PROMPT, SMS, PHONE}, {PROMPT}, SMS),
        (Stage.FIRST, SMS, {PROMPT, SMS, PHONE}, {SMS}, PHONE),  # a prompt only where it is the method
        (Stage.FIRST, SMS, {SMS, PHONE}, {SMS}, PHONE),
        (Stage.FIRST, LETTER, {SMS, PHONE}, (), LETTER),
        (Stage.FIRST, LETTER, {SMS, PHONE}, {LETTER}, SMS),
        # A letter follows what was tried in vain, never a message alone.
        (Stage.FIRST, SMS, {SMS, PHONE}, {SMS, PHONE}, LETTER),
        (Stage.FIRST, WECHAT, (), {WECHAT}, None),
        (Stage.FIRST, WECHAT, (), {WECHAT, SMS}, LETTER),
        (Stage.FIRST, WECHAT, (), (), None),
        (Stage.FIRST, SMS, ALL, ALL, None),
        # Near the last day a person speaks or writes.
        (Stage.HUMAN, WECHAT, ALL, (), PHONE),
        (Stage.HUMAN, SMS, {WECHAT, SMS}, (), None),
        (Stage.HUMAN, SMS, ALL, {PHONE}, LETTER),
        (Stage.HUMAN, SMS, ALL, {PHONE, LETTER}, None),
        (Stage.HUMAN, LETTER, (), (), LETTER),
    ],
)
def test_next_channel_is_the_first_that_reaches_and_was_not_tried(
    stage: Stage,
    method: Channel,
    reachable: frozenset[Channel],
    tried: frozenset[Channel],
    expected: Channel | None,
) -> None:
    assert next_channel(stage, method, reachable=reachable, tried=tried) is expected


CHANNELS = st.frozensets(st.sampled_from(Channel))


@given(st.sampled_from(Stage), st.sampled_from(METHODS), CHANNELS, CHANNELS)
def test_no_channel_is_repeated_and_none_is_passed_over(
    stage: Stage, method: Channel, reachable: frozenset[Channel], tried: frozenset[Channel]
) -> None:
    found = next_channel(stage, method, reachable=reachable, tried=tried)
    may_write = method is LETTER or bool(BEFORE_A_LETTER & tried)
    usable = (reachable - {LETTER}) | ({LETTER} if may_write else set())
    open_ = (usable & set(channels_of(stage, method))) - tried
    assert (found is None) == (not open_)
    assert found is None or found in open_
    assert stage is not Stage.HUMAN or found in (None, *BY_PERSON)


@given(st.sampled_from(Stage), st.sampled_from(METHODS), CHANNELS)
def test_chain_of_failures_ends_and_tells_everybody_at_most_once_by_each_channel(
    stage: Stage, method: Channel, reachable: frozenset[Channel]
) -> None:
    walked: list[Channel] = []
    while (one := next_channel(stage, method, reachable=reachable, tried=walked)) is not None:
        walked.append(one)
        assert len(walked) <= len(Channel)
    assert len(set(walked)) == len(walked)
    if PHONE in reachable:
        assert {PHONE, LETTER} <= set(walked)


@pytest.mark.parametrize(
    ("stage", "apply_by", "next_workday", "expected"),
    [
        (Stage.FIRST, date(2026, 12, 1), date(2026, 10, 8), False),
        (Stage.FOLLOW_UP, date(2026, 10, 15), date(2026, 10, 8), False),  # eight is 15 − 7: just in time
        (Stage.FOLLOW_UP, date(2026, 10, 14), date(2026, 10, 8), True),
        (Stage.LAST_CALL, date(2026, 12, 1), date(2026, 10, 8), True),
        (Stage.HUMAN, date(2026, 12, 1), date(2026, 10, 8), True),
        (Stage.CLOSED, date(2026, 9, 30), date(2026, 10, 8), False),
        (Stage.LAPSED, date(2026, 9, 30), date(2026, 10, 8), False),
        (Stage.LAST_CALL, None, date(2026, 10, 8), False),
        (Stage.FIRST, None, date(2026, 10, 8), False),
    ],
)
def test_reminder_waits_for_a_working_day_unless_the_last_day_is_near(
    stage: Stage, apply_by: date | None, next_workday: date, *, expected: bool
) -> None:
    assert is_urgent(stage, apply_by, next_workday) is expected


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 9, 30), date(2026, 9, 30)),
        (date(2026, 10, 1), date(2026, 10, 8)),
        (date(2026, 10, 9), date(2026, 10, 9)),
        (date(2026, 10, 10), date(2026, 10, 10)),  # a Saturday that is worked
        (date(2026, 10, 11), date(2026, 10, 12)),
    ],
)
def test_next_working_day_comes_from_the_calendar(day: date, expected: date) -> None:
    assert workday_from(day, CALENDAR) == expected


@settings(deadline=None)  # a year of holidays is read when it is first asked for
@given(st.dates(date(2024, 1, 1), date(2032, 12, 31)))
def test_next_working_day_is_worked_and_none_lies_between(day: date) -> None:
    found = workday_from(day, CALENDAR)
    assert CALENDAR.is_workday(found)
    assert not any(CALENDAR.is_workday(day + timedelta(days=n)) for n in range((found - day).days))


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (datetime(2026, 11, 2, 1, 0, tzinfo=UTC), datetime(2026, 11, 2, 1, 0, tzinfo=UTC)),  # 09:00
        (datetime(2026, 11, 1, 23, 0, tzinfo=UTC), datetime(2026, 11, 2, 0, 30, tzinfo=UTC)),  # 07:00
        (datetime(2026, 11, 2, 12, 0, tzinfo=UTC), datetime(2026, 11, 3, 0, 30, tzinfo=UTC)),  # 20:00
    ],
)
def test_reminder_leaves_in_daytime(now: datetime, expected: datetime) -> None:
    assert sending_moment(date(2026, 11, 2), HOURS, now) == expected
