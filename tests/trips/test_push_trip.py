"""Trip (b), the night: what is due is planned, sent by real processes, receipted, and never said twice."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select, update

from config.settings import Settings
from reminders import clock, planning
from reminders.db import Database
from reminders.rules.permissions import system
from reminders.tables.deliveries import Delivery, DeliveryItem, Reminder
from reminders.tables.ledger import License
from sandbox import server
from tests import builders
from tests.builders_queue import ALL_DAY
from tests.jobs.conftest import Platform, platform, redis_running, store, told
from tests.jobs.test_processes_of_sending import Processes, processes, told_to, wait_for
from tests.jobs.test_sending import states
from tests.postgres import free_port
from wxbot.app import create_app

__all__ = ["platform", "processes", "redis_running", "store", "told", "told_to"]  # fixtures

pytestmark = pytest.mark.slow
PEOPLE = 12


@pytest.fixture
def bot_url() -> str:
    return f"http://127.0.0.1:{free_port()}"


@pytest.fixture
def bot(told_to: Settings, bot_url: str) -> Iterator[None]:
    """The real WeChat door, where the platform's receipts arrive."""
    app = create_app(told_to)
    running = server.start(app, port=int(bot_url.rpartition(":")[2]))
    yield
    running.stop()
    app.extensions["wxbot"].database.close()


def people_with_due_licenses(database: Database, today: date) -> list[str]:
    """Everybody holds one license due today; the first holds a second, and one that is far away."""
    openids = [f"o-trip-{n:02d}" for n in range(PEOPLE)]
    with database.begin() as session:
        entry = builders.entry(session, license_name="示例经营许可证")
        for n, openid in enumerate(openids):
            person = builders.follower(session, openid=openid)
            far = [today + timedelta(days=900)] if n == 0 else []
            for expires_on in [today + timedelta(days=80)] * (1 + (n == 0)) + far:
                license = builders.license(session, entry_id=entry.id, expires_on=expires_on)
                builders.binding(session, license_id=license.id, follower_id=person.id)
    return openids


@pytest.mark.usefixtures("bot")
def test_what_is_due_arrives_once_and_is_known_to_have_arrived(
    database: Database, platform: Platform, processes: Processes
) -> None:
    today = clock.civil_date(clock.now())
    openids = people_with_due_licenses(database, today)
    platform.people(*openids)
    platform.change(openids[1], follows=False)
    clocks = [processes.start("jobs.clock"), processes.start("jobs.clock")]
    processes.start("jobs.worker", "deliveries")

    wait_for(lambda: states(database) == {"delivered": PEOPLE - 1, "undeliverable": 1})
    shown = platform.shown()
    assert Counter(entry["openid"] for entry in shown) == Counter(set(openids) - {openids[1]})
    [digest] = [entry for entry in shown if entry["openid"] == openids[0]]
    assert "您有 2 本证照需要办理" in str(digest["content"])
    with database.read() as session:
        assert session.execute(select(func.count()).select_from(Reminder)).scalar_one() == PEOPLE + 1
        untold = select(func.count()).where(Reminder.has_no_channel)
        assert session.execute(untold).scalar_one() == 1  # left the account, and the ledger names no contact

    for process in clocks:
        process.terminate()
        assert process.wait(20) == 0
    before = _rows(database)
    with database.begin() as session:
        planning.plan(session, today, sending_hours=ALL_DAY, actor=system("test"), now=clock.now())
    assert _rows(database) == before
    assert len(platform.shown()) == len(shown)


@pytest.mark.usefixtures("bot")
def test_renewed_license_is_not_reminded_although_it_was_planned(
    database: Database, platform: Platform, processes: Processes
) -> None:
    today = clock.civil_date(clock.now())
    openids = people_with_due_licenses(database, today)
    platform.people(*openids)
    with database.begin() as session:
        planning.plan(session, today, sending_hours=ALL_DAY, actor=system("test"), now=clock.now())
        session.execute(
            update(License)
            .where(License.expires_on == today + timedelta(days=80))
            .values(expires_on=today + timedelta(days=80 + 5 * 365))
        )
    processes.start("jobs.clock")
    processes.start("jobs.worker", "deliveries")
    wait_for(lambda: states(database) == {"cancelled": PEOPLE})
    assert platform.shown() == []


def _rows(database: Database) -> list[int]:
    with database.read() as session:
        counted = [select(func.count()).select_from(table) for table in (Reminder, Delivery, DeliveryItem)]
        return [session.execute(statement).scalar_one() for statement in counted]
