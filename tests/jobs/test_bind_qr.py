"""The QR codes of passes are drawn by the platform, for 30 days, and a scan tells us the pass and no more."""

from datetime import timedelta

import pytest
import requests

from config.settings import Settings
from jobs import bind_qr
from reminders import passes
from reminders.clock import now
from reminders.db import Database
from reminders.rules.lifecycle import BindHow
from reminders.rules.pass_code import is_scene
from tests import builders_binding
from tests.builders import CLOCK
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
