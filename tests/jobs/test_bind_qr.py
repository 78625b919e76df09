"""The QR codes of passes are drawn by the platform, for 30 days, and a scan tells us the pass and no more."""

import time
from datetime import timedelta

import pytest
import redis
import requests
from sqlalchemy import update

from config.settings import Settings
from jobs import bind_qr
from jobs.bell import Bell
from jobs.clock import Clock
from reminders import passes
from reminders.clock import now
from reminders.db import Database
from reminders.rules.lifecycle import BindHow
from reminders.rules.pass_code import is_scene
from reminders.tables.ledger import License
from reminders.tables.passes import BindPass
from tests import builders_binding, builders_console
from tests.builders import CLOCK
from tests.builders_console import Corner
from tests.jobs.conftest import Platform

CREATE = "/cgi-bin/qrcode/create"


@pytest.fixture
def here(told: Settings, database: Database) -> Settings:
    url = database.engine.url.render_as_string(hide_password=False)
    return told.model_copy(update={"database_url": url})


def wish(database: Database) -> int:
    with database.begin() as session:
        firm = builders_binding.firm(session)
        return passes.issue_qr(session, BindHow.RECEIPT, firm.license_ids[:1], actor=CLOCK, now=now())


def says(database: Database, pass_id: int) -> passes.Qr:
    with database.read() as session:
        found = passes.qr_of(session, pass_id, now=now())
    assert found is not None
    return found


def ticket(platform: Platform) -> dict[str, str]:
    lines = requests.get(f"{platform.url}/sandbox/tickets", timeout=5).json()
    (only,) = lines
    return dict(only)


def test_code_is_drawn_once_and_carries_only_the_pass(
    here: Settings, database: Database, platform: Platform
) -> None:
    pass_id = wish(database)
    assert bind_qr.draw_wanted(here) == 1
    assert bind_qr.draw_wanted(here) == 0
    made = ticket(platform)
    assert is_scene(made["scene"])
    assert made["seconds"] in (2_592_000, 2_591_999, 2_591_998)
    assert made["ticket"] in (says(database, pass_id).says or "")


def test_failure_is_told_and_tried_again(here: Settings, database: Database, platform: Platform) -> None:
    pass_id = wish(database)
    platform.fault("errcode", CREATE, value=45009)
    assert bind_qr.draw_wanted(here) == 0
    assert (says(database, pass_id).says, says(database, pass_id).fault) == (None, "45009")
    platform.heal()
    with database.begin() as session:
        assert not passes.qr_is_wanted(session, now=now())
        assert passes.qr_is_wanted(session, now=now() + timedelta(seconds=3))
        passes.qr_failed(session, pass_id, "again", now=now() - timedelta(minutes=1))
    assert bind_qr.draw_wanted(here) == 1
    assert says(database, pass_id).fault == ""


def test_clock_draws_while_every_queue_is_busy_and_never_waits_for_the_platform(
    here: Settings, database: Database, platform: Platform, store: redis.Redis
) -> None:
    """No worker runs here at all, and the platform takes its time."""
    first = wish(database)
    ticking = Clock(here, database, Bell(store))
    platform.fault("delay", CREATE, value=1.5)
    started = time.monotonic()
    ticking.draw_bind_qr()
    ticking.draw_bind_qr()  # nothing is drawn twice
    assert time.monotonic() - started < 1.4
    ticking.drawing.wait(20)
    assert says(database, first).says
    assert len(requests.get(f"{platform.url}/sandbox/tickets", timeout=5).json()) == 1
    assert store.llen("rq:queue:work") == 0


def test_failing_errand_is_tried_again(here: Settings, database: Database, store: redis.Redis) -> None:
    pass_id = wish(database)
    away = Clock(here.model_copy(update={"redis_url": "redis://127.0.0.1:9/0"}), database, Bell(store))
    away.draw_bind_qr()
    away.drawing.wait(20)
    assert says(database, pass_id).says is None
    with database.begin() as session:
        session.execute(update(BindPass).values(qr_next_at=now()))
    ticking = Clock(here, database, Bell(store))
    ticking.draw_bind_qr()
    ticking.drawing.wait(20)
    assert says(database, pass_id).says


def test_who_waits_at_a_screen_comes_before_a_pile_of_letters(database: Database) -> None:
    with database.begin() as session:
        firm = builders_binding.firm(session)
        entry_id = session.get_one(License, firm.license_ids[0]).catalogue_entry_id
        letter = builders_console.letter(session, Corner(entry_id, "示例", now()))
        for _ in range(passes.QR_BATCH):
            passes.issue_qr(
                session, BindHow.LETTER, firm.license_ids[:1], delivery_id=letter, actor=CLOCK, now=now()
            )
        awaited = passes.issue_qr(session, BindHow.INVITATION, firm.license_ids, actor=CLOCK, now=now())
    with database.begin() as session:
        assert passes.claim_qrs(session, now=now())[0].pass_id == awaited
