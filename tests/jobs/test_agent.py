"""An agent who looks after two hundred licenses due on one day gets one message, which leads to one list."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from typing import Any

import pytest
import redis
from sqlalchemy import event, func, select

from config.settings import Settings
from jobs import wiring
from jobs.sending import Plan, Sender
from reminders import clock, planning
from reminders.db import Database
from reminders.tables.deliveries import Delivery, DeliveryItem
from tests import builders
from tests.builders_queue import ALL_DAY
from tests.jobs.conftest import Platform
from tests.wxbot.browser import Reader
from tests.wxbot.conftest import opened

AGENT = "o-agent"
LICENSES = 200
STATEMENTS = 60  # statements of one step, however many licenses there are


@pytest.fixture
def sender(database: Database, told: Settings, store: redis.Redis) -> Iterator[Callable[[], Sender]]:
    with ExitStack() as stack:
        yield lambda: Sender(database, "s", Plan(ALL_DAY, 0, 4), wiring.carriers(told, store, stack))


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    heard: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        heard.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    yield heard
    event.remove(database.engine, "before_cursor_execute", note)


def looked_after(database: Database, number: int, openid: str) -> None:
    """So many holders with one license each, all due today and bound by one person."""
    expires_on = clock.civil_date(clock.now()) + timedelta(days=80)
    with database.begin() as session:
        entry = builders.entry(session)
        person = builders.follower(session, openid=openid)
        for _ in range(number):
            license = builders.license(session, entry_id=entry.id, expires_on=expires_on)
            builders.binding(session, license_id=license.id, follower_id=person.id)


def plan(database: Database) -> int:
    now = clock.now()
    with counted(database) as heard, database.begin() as session:
        planning.plan(session, clock.civil_date(now), sending_hours=ALL_DAY, actor=builders.CLOCK, now=now)
    return len(heard)


def test_two_hundred_licenses_are_one_message_with_their_number(
    database: Database, platform: Platform, sender: Callable[[], Sender]
) -> None:
    platform.people(AGENT)
    looked_after(database, LICENSES, AGENT)
    assert plan(database) <= STATEMENTS
    with database.read() as session:
        [message] = session.execute(select(Delivery)).scalars()
        assert session.execute(select(func.count(DeliveryItem.id))).scalar_one() == LICENSES
    hurried = message.next_at <= clock.now()
    if not hurried:  # planned on a rest day: it waits for the office's next day
        with database.begin() as session:
            session.get_one(Delivery, message.id).next_at = clock.now()
    with counted(database) as heard:
        assert sender().drain(for_s=20) == 1
    assert len(heard) <= STATEMENTS
    [shown] = platform.shown()
    assert shown["content"]["fields"][0]["value"] == f"您有 {LICENSES} 本证照需要办理"
    assert shown["url"].endswith("/h5/licenses")
    assert plan(database) <= STATEMENTS
    assert sender().drain(for_s=2) == 0


def test_statements_of_a_night_do_not_grow_with_the_licenses_of_one_person(database: Database) -> None:
    looked_after(database, 5, "o-few")
    few = plan(database)
    looked_after(database, LICENSES, AGENT)
    assert abs(plan(database) - few) <= 3


def test_list_of_two_hundred_comes_page_by_page_and_each_page_costs_the_same(database: Database) -> None:
    looked_after(database, LICENSES, AGENT)
    for app in opened(database):
        reader, path = Reader(app, AGENT), "/h5/licenses"
        own = app.extensions["wxbot"].database
        seen: set[str] = set()
        costs: list[int] = []
        while path:
            with counted(own) as heard:
                page = reader.get(path)
            costs.append(len(heard))
            seen |= set(re.findall(r'href="/h5/licenses/(\d+)"', page))
            assert len(page.encode()) < 60 * 1024
            following = re.search(r'href="(/h5/licenses\?after=[^"]+)"', page)
            path = following[1].replace("&amp;", "&") if following else ""
        assert len(seen) == LICENSES
        assert max(costs) <= 12
        assert "看后面的证照" not in page
