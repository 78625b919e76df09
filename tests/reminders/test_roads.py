"""The pace that all senders share: never above the rate and its burst, whatever the clocks say."""

import threading
import time
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reminders import roads
from reminders.db import Database
from reminders.roads import BURST_S
from reminders.rules.lifecycle import Channel
from reminders.tables.roads import Road
from tests.builders import NOW

RATE = 10.0
FULL = int(RATE * BURST_S)


def take(database: Database, wanted: int, now: datetime, *, rate: float = RATE, pause_s: float = 0) -> int:
    """What one sender may send now, and sends."""
    with database.begin() as session:
        allowed = roads.allowed(session, Channel.WECHAT, rate, now=now)
        time.sleep(pause_s)
        number = wanted if allowed is None else min(wanted, allowed)
        roads.spend(session, Channel.WECHAT, number, rate, now=now)
    return number


@pytest.mark.parametrize("is_first", [True, False])
def test_senders_at_the_same_moment_share_one_bucket(database: Database, is_first: bool) -> None:
    """Also on the very first day; whoever finds the bucket in other hands takes nothing this time."""
    if not is_first:
        assert take(database, 1, NOW - timedelta(minutes=1)) == 1
    taken: list[int] = []
    senders = [
        threading.Thread(target=lambda: taken.append(take(database, 15, NOW, pause_s=0.2))) for _ in range(4)
    ]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert max(taken) == 15
    assert sum(taken) + take(database, 99, NOW) == FULL


def test_bucket_fills_at_the_rate_and_never_beyond_its_burst(database: Database) -> None:
    assert [take(database, 99, NOW) for _ in range(2)] == [FULL, 0]
    assert take(database, 99, NOW + timedelta(seconds=0.5)) == 5
    assert take(database, 99, NOW + timedelta(hours=1)) == FULL


def test_no_rate_means_free(database: Database) -> None:
    assert take(database, 10_000, NOW, rate=0) == 10_000
    with database.read() as session:
        assert roads.allowed(session, Channel.WECHAT, 0, now=NOW) is None


def test_two_clocks_that_differ_fill_the_bucket_once(database: Database) -> None:
    """The slower one must not make the faster one see the same second again and again."""
    ahead = timedelta(seconds=1)
    taken = sum(take(database, 5, NOW + ahead * (turn % 2)) for turn in range(20))
    assert taken <= FULL + RATE


def test_clock_set_back_by_an_hour_does_not_stop_sending(database: Database) -> None:
    take(database, 99, NOW)
    back = NOW - timedelta(hours=1)
    assert take(database, 99, back) == 0
    assert take(database, 1, back + timedelta(seconds=1)) == 1


STEPS = st.lists(st.tuples(st.floats(-3, 3), st.integers(0, 30)), max_size=30)


@given(STEPS)
@settings(max_examples=200)
def test_rate_and_burst_are_never_exceeded(steps: list[tuple[float, int]]) -> None:
    road = Road(channel=Channel.WECHAT, is_open=True, tokens=0.0, filled_at=None, used=0, template_id="")
    now, taken, moments = NOW, 0, []
    for pause, wanted in steps:
        now += timedelta(seconds=pause)
        moments.append(now)
        tokens = roads.tokens(road, RATE, now)
        number = min(wanted, int(tokens))
        road.tokens, road.filled_at = tokens - number, roads.filled(road, now)
        taken += number
        assert tokens >= 0
        assert taken <= FULL + RATE * (max(moments) - min(moments)).total_seconds() + 1e-6
