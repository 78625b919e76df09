"""A holder with a phone in Chromium: the pretended platform, the real door, and a sender between them."""

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
import redis
import requests
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

from config.settings import Settings
from jobs import wiring
from jobs.sending import Plan, Sender
from reminders import clock, planning
from reminders.db import Database
from reminders.rules.lifecycle import Channel, HolderKind
from reminders.rules.permissions import system
from reminders.tables.catalogue import CatalogueEntry
from sandbox import server
from tests import builders
from tests.builders_queue import ALL_DAY
from tests.jobs.conftest import Platform
from tests.postgres import free_port
from wxbot.app import create_app

CHROMIUM = os.environ.get("CHROME_PATH") or shutil.which("chromium")
POCKET: ViewportSize = {"width": 390, "height": 844}
ME = "o-trip-holder"


@pytest.fixture
def bot_url() -> str:
    return f"http://127.0.0.1:{free_port()}"


@pytest.fixture
def here(told: Settings, database: Database, bot_url: str, platform: Platform) -> Iterator[Settings]:
    """The real WeChat door in a practice installation."""
    url = database.engine.url.render_as_string(hide_password=False)
    more = {
        "database_url": url,
        "practice": True,
        "wechat_script_url": f"{platform.url}/open/js/jweixin-1.6.0.js",
        "service_phone": "0631-5000000",
    }
    settings = told.model_copy(update=more)
    app = create_app(settings)
    running = server.start(app, port=int(bot_url.rpartition(":")[2]))
    yield settings
    running.stop()
    app.extensions["wxbot"].database.close()


@pytest.fixture
def browser() -> Iterator[Browser]:
    with sync_playwright() as player:
        opened = player.chromium.launch(
            executable_path=CHROMIUM, args=["--headless=new", "--no-sandbox", "--disable-gpu"]
        )
        yield opened
        opened.close()


@dataclass
class HolderPhone:
    """`chat` shows the phone of one person at the platform; `faults` is what the browser complained of."""

    platform: Platform
    chat: Page
    faults: list[str]

    def say(self, words: str) -> None:
        """Types and waits until the answer stands below it."""
        before = self.chat.locator("#chat .item, #chat > *").count()
        self.chat.fill("#words", words)
        self.chat.get_by_role("button", name="发送", exact=True).click()
        expect(self.chat.locator("#chat > *")).not_to_have_count(before, timeout=15_000)
        expect(self.chat.locator("#chat")).to_contain_text(words)

    def hears(self, words: str) -> None:
        expect(self.chat.locator("#chat")).to_contain_text(words, timeout=15_000)

    def tap_link(self, name: str) -> Page:
        """The newest link with these words, opened as WeChat's own browser would."""
        link = self.chat.locator("#chat").get_by_role("link", name=name).last
        link.scroll_into_view_if_needed()
        with self.chat.context.expect_page() as opened:
            link.click()
        page = opened.value
        page.set_viewport_size(POCKET)
        page.on("console", self._listen)
        page.wait_for_load_state()
        return page

    def _listen(self, message: Any) -> None:
        if "Content Security Policy" in message.text:
            self.faults.append(message.text)


def phone_of(browser: Browser, platform: Platform, openid: str = ME, **person: Any) -> HolderPhone:
    """A new browser in which the platform takes us for this person."""
    wanted = {"name": "张示例", "phone": "13800000001", "openid": openid, "follows": True, **person}
    requests.post(f"{platform.url}/sandbox/people", json=[wanted], timeout=30).raise_for_status()
    chat = browser.new_context(viewport={"width": 1280, "height": 900}, locale="zh-CN").new_page()
    chat.goto(f"{platform.url}/phone")
    chat.locator(f'[data-openid="{openid}"]').click()
    expect(chat.locator("#title")).to_be_visible()
    return HolderPhone(platform, chat, [])


def bound_license(
    database: Database, *, openid: str = ME, days: int = 80, kind: str = "示例经营许可证"
) -> int:
    """Due to be reminded today; the window closes 30 days before the expiry."""
    with database.begin() as session:
        entry = session.query(CatalogueEntry).filter_by(license_name=kind).one_or_none()
        entry = entry or builders.entry(session, license_name=kind)
        person = builders.follower(session, openid=openid)
        owner = builders.holder(session, name="示例一号药房有限公司", kind=HolderKind.COMPANY)
        row = builders.license(session, entry_id=entry.id, expires_on=_day(days), holder_id=owner.id)
        builders.binding(session, license_id=row.id, follower_id=person.id)
        return row.id


def send_what_is_due(here: Settings, database: Database, store: redis.Redis) -> None:
    now = clock.now()
    with database.begin() as session:
        today = clock.civil_date(now)
        planning.plan(session, today, sending_hours=ALL_DAY, actor=system("test"), now=now)
    with ExitStack() as stack:
        carriers = wiring.carriers(here, store, stack)
        only = {Channel.WECHAT: carriers[Channel.WECHAT]}
        Sender(database, "sender-1", Plan(ALL_DAY, 0, 4), only).drain(for_s=20)


def _day(days: int) -> date:
    return clock.civil_date(clock.now()) + timedelta(days=days)
