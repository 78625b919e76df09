"""An officer prints a QR code, a stranger scans it with the phone at the platform, agrees, and is bound."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from sqlalchemy import select

from config.settings import Settings
from jobs import bind_qr
from reminders import binding, clock
from reminders.db import Database
from reminders.tables.bindings import Binding
from reminders.tables.passes import BindPass
from sandbox import server
from tests import builders_binding
from tests.jobs.conftest import Platform, platform, redis_running, store, told
from tests.postgres import free_port
from wxbot.app import create_app

__all__ = ["platform", "redis_running", "store", "told"]  # fixtures
STRANGER = "o-trip-stranger"


@pytest.fixture
def bot_url() -> str:
    return f"http://127.0.0.1:{free_port()}"


@pytest.fixture
def here(told: Settings, database: Database, bot_url: str) -> Iterator[Settings]:
    """The real WeChat door, to which the platform brings its events."""
    url = database.engine.url.render_as_string(hide_password=False)
    settings = told.model_copy(update={"database_url": url})
    app = create_app(settings)
    running = server.start(app, port=int(bot_url.rpartition(":")[2]))
    yield settings
    running.stop()
    app.extensions["wxbot"].database.close()


def act(platform: Platform, action: str, **given: str) -> str:
    url = f"{platform.url}/sandbox/people/{STRANGER}/{action}"
    answer: dict[str, Any] = requests.post(url, json=given, timeout=30).json()
    assert answer["outcome"] in ("reply", "silent"), answer
    return str(answer["text"])


def test_stranger_scans_the_receipt_and_is_bound(
    here: Settings, database: Database, platform: Platform
) -> None:
    platform.people(STRANGER)
    platform.change(STRANGER, follows=False)
    with database.begin() as session:
        firm = builders_binding.firm(session, on=clock.civil_date(clock.now()))
        officer = builders_binding.officer(session, firm.department_id)
        binding.issue_receipt(session, firm.license_ids[2:], actor=officer, now=clock.now())
    assert bind_qr.draw_wanted(here) == 1
    (printed,) = requests.get(f"{platform.url}/sandbox/tickets", timeout=5).json()

    assert "隐私告知" in act(platform, "scan", scene=printed["ticket"])
    assert "已绑定 2 本证照" in act(platform, "text", content="同意")
    assert "不能用了" in act(platform, "scan", scene=printed["ticket"])
    with database.read() as session:
        bound = session.execute(select(Binding.license_id).order_by(Binding.license_id)).scalars().all()
        kept = session.execute(select(BindPass)).scalar_one()
    assert tuple(bound) == firm.license_ids[2:]
    assert (kept.qr_cipher, kept.scene_cipher) == (None, None)
