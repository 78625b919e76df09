"""Trip (d) under fire: a notice of 5,000 at every outlet within ten seconds, once, and gone again."""

import os
import signal
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import requests
from flask.testing import FlaskClient
from sqlalchemy import func, insert, select

from config.settings import DATA, Settings
from portal.app import create_app as create_portal
from portal.installation import KEY as PORTAL_KEY
from reminders import catalogue, clock, windows
from reminders.db import Database
from reminders.notices import desk, review, writing
from reminders.notices.writing import Period
from reminders.rules.lifecycle import (
    DateKind,
    Expiry,
    HolderKind,
    LicenseState,
    Outlet,
    PublicationState,
    Role,
)
from reminders.rules.permissions import Actor
from reminders.tables.holders import Holder
from reminders.tables.ledger import License
from reminders.tables.notices import OutletEvent, Publication
from sandbox import server
from tests import builders
from tests.builders import CLOCK
from tests.jobs.conftest import Platform, platform, redis_running, store, told
from tests.jobs.test_processes_of_sending import Processes, processes, wait_for
from tests.portal.conftest import FOOD
from tests.postgres import free_port
from wxbot.app import create_app as create_bot

__all__ = ["platform", "processes", "redis_running", "store", "told"]  # fixtures

pytestmark = pytest.mark.slow
LICENSES = 5_000
WITHIN_S = 10.0
STRUCK_WITHIN_S = 45.0  # with workers killed and answers lost on the way
OUTSIDE = (Outlet.OFFICIAL_ACCOUNT, Outlet.GOVERNMENT_SITE)


@pytest.fixture
def bot_url() -> str:
    return f"http://127.0.0.1:{free_port()}"


@pytest.fixture
def told_to(told: Settings, platform: Platform, database: Database) -> Settings:
    return told.model_copy(
        update={
            "database_url": database.engine.url.render_as_string(hide_password=False),
            "portal_url": "http://localhost",
            "official_account_articles": True,
            "government_site_url": f"{platform.url}/cms-api",
            "government_site_key": "cms-key",
            "government_site_private": True,
        }
    )


@pytest.fixture
def bot(told_to: Settings, bot_url: str) -> Iterator[None]:
    """The real WeChat door, where the platform tells that a publication ended."""
    app = create_bot(told_to)
    running = server.start(app, port=int(bot_url.rpartition(":")[2]))
    yield
    running.stop()
    app.extensions["wxbot"].database.close()


@pytest.fixture
def visitor(told_to: Settings) -> Iterator[FlaskClient]:
    app = create_portal(told_to)
    yield app.test_client()
    app.extensions[PORTAL_KEY].database().close()


def ledger(database: Database) -> tuple[Actor, Actor]:
    """5,000 companies whose license ends within three months; who writes and who reviews."""
    now = clock.now()
    today = clock.civil_date(now)
    with database.begin() as session:
        texts = [(DATA / name).read_text(encoding="utf-8") for name in ("catalogue.csv", "departments.csv")]
        catalogue.load(session, *texts, actor=CLOCK, now=now)
        windows.ensure(session, [(FOOD, DateKind.MAIN, today + timedelta(days=day)) for day in range(90)])
        holders = [
            {
                "kind": HolderKind.COMPANY,
                "name": f"示例{n}号食品有限公司",
                "name_key": f"示例{n}",
                "created_at": now,
            }
            | {"identity_key": f"name:{n}"}
            for n in range(LICENSES)
        ]
        session.execute(insert(Holder), holders)
        ids = session.execute(select(Holder.id).order_by(Holder.id)).scalars().all()
        licenses = [
            {"catalogue_entry_id": FOOD, "holder_id": holder_id, "license_no": f"SC106371{n:06d}"}
            | {"number_key": f"SC106371{n:06d}", "identity_key": f"no:SC106371{n:06d}"}
            | {"expiry": Expiry.DATED, "expires_on": today + timedelta(days=n % 90)}
            | {"state": LicenseState.ACTIVE, "created_at": now, "updated_at": now}
            for n, holder_id in enumerate(ids)
        ]
        session.execute(insert(License), licenses)
        writer, reviewer = (builders.actor(builders.staff(session, role=Role.OFFICE)) for _ in range(2))
    return writer, reviewer


def states(database: Database) -> dict[Outlet, PublicationState]:
    with database.read() as session:
        return dict(session.execute(select(Publication.outlet, Publication.state)).all())  # type: ignore[arg-type]


def spoil(platform: Platform) -> None:
    """Answers lost before and after, late, doubled, and words that are no answer."""
    account = "/cgi-bin"
    platform.fault("reset_before", f"{account}/draft/add", times=1)
    platform.fault("reset_after", f"{account}/draft/add", times=1)
    platform.fault("reset_after", f"{account}/freepublish/submit", times=1)
    platform.fault("html", f"{account}/freepublish/get", times=1)
    platform.fault("delay", f"{account}/media/uploadimg", value=1, times=1)
    platform.fault("reset_before", "/cms-api", times=1)
    platform.fault("reset_after", "/cms-api", times=1)
    platform.fault("status", "/cms-api", value=503, times=1)
    platform.fault("double_event", "callback:PUBLISHJOBFINISH")


def strike(processes: Processes, seconds: float, until: float) -> None:
    """kill -9: first the child that runs a job, then a whole worker with its child."""
    workers = processes.started[1:]
    while time.monotonic() < until:
        time.sleep(seconds)
        children = Path(f"/proc/{workers[0].pid}/task/{workers[0].pid}/children").read_text().split()
        for pid in children:
            os.kill(int(pid), signal.SIGKILL)
    processes.kill(workers[1])


@pytest.mark.usefixtures("bot")
@pytest.mark.parametrize("is_struck", [False, True])
def test_notice_is_everywhere_once_in_time_and_gone_again(
    is_struck: bool,
    database: Database,
    platform: Platform,
    processes: Processes,
    visitor: FlaskClient,
) -> None:
    writer, reviewer = ledger(database)
    today = clock.civil_date(clock.now())
    period = Period(today, today + timedelta(days=90))
    with database.begin() as session:
        notice_id = writing.generate(session, FOOD, period, actor=writer, now=clock.now())
    with database.begin() as session:
        writing.submit(session, notice_id, version=1, actor=writer, now=clock.now())
    with database.read() as session:
        digest = desk.show(session, notice_id, today, actor=reviewer).digest
    processes.start("jobs.clock")
    for _ in range(3):
        processes.start("jobs.worker", "work")
    time.sleep(4)  # they are up before the clock of this test starts
    if is_struck:
        spoil(platform)

    started = time.monotonic()
    with database.begin() as session:
        review.approve(session, notice_id, digest, outlets=OUTSIDE, actor=reviewer, now=clock.now())
    page = visitor.get(f"/notices/{notice_id}")
    assert page.status_code == 200
    assert f"示例{LICENSES - 1}号食品有限公司" in page.text
    if is_struck:
        strike(processes, 0.7, started + 2)
    live = dict.fromkeys((Outlet.PORTAL, *OUTSIDE), PublicationState.LIVE)
    wait_for(lambda: states(database) == live, within_s=60)
    took_s = time.monotonic() - started
    print(f"at every outlet after {took_s:.1f} s")

    assert len(platform.shown("article")) == 1
    assert len(platform.shown("account_article")) == 1
    assert platform.counts()["drafts_added"] == 1
    assert requests.get(f"{platform.url}/cms", timeout=5).text.count("/cms/articles/notice-") == 1
    wait_for(lambda: events(database) == 1, within_s=10)
    assert took_s <= (STRUCK_WITHIN_S if is_struck else WITHIN_S)

    if is_struck:
        platform.fault("reset_after", "/cgi-bin/freepublish/delete", times=1)
        platform.fault("reset_before", "/cms-api", times=1)
    with database.begin() as session:
        review.withdraw(session, notice_id, "演练结束", actor=reviewer, now=clock.now())
    gone = dict.fromkeys((Outlet.PORTAL, *OUTSIDE), PublicationState.GONE)
    wait_for(lambda: states(database) == gone, within_s=60)
    assert visitor.get(f"/notices/{notice_id}").status_code == 410
    assert "/cms/articles/notice-" not in requests.get(f"{platform.url}/cms", timeout=5).text
    assert "article-" not in requests.get(f"{platform.url}/articles", timeout=5).text
    with database.read() as session:
        proofs = session.execute(select(Publication.proof)).scalars().all()
    assert all(proofs)


def events(database: Database) -> int:
    with database.read() as session:
        return session.execute(select(func.count()).select_from(OutletEvent)).scalar_one()
