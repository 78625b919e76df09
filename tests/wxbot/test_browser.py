"""The holders' pages in a real browser: readable in both modes, and with letters twice as large."""

import os
import shutil
import threading
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask, session
from playwright.sync_api import Browser, sync_playwright
from werkzeug.serving import make_server

from reminders import answers, clock, holders
from reminders.db import Database
from reminders.rules.lifecycle import AnswerKind
from tests.wxbot.conftest import Pharmacy
from tests.wxbot.platform import Holder

AXE = {"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]}
ME, EMPTY = "oExample-wang", "oExample-empty"
CHROMIUM = os.environ.get("CHROME_PATH") or shutil.which("chromium")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt install chromium"),
]


@pytest.fixture
def base(sqlite_app: Flask, sqlite_database: Database) -> Iterator[str]:
    """The door with a side entrance that signs a person in."""

    @sqlite_app.get("/h5/as/<openid>")
    def sign_in(openid: str) -> str:
        session["openid"] = openid
        return ""

    pharmacy = Pharmacy(sqlite_database)
    pharmacy.bind(Holder(sqlite_app, ME))
    with sqlite_database.begin() as writing:
        holders.follow(writing, EMPTY, now=clock.now())
    with sqlite_database.begin() as writing:
        me = holders.follower_id(writing, ME)
        for kind in (AnswerKind.HELP, AnswerKind.OUT_OF_BUSINESS):
            answers.give(writing, me, pharmacy.ids[0], kind, now=clock.now())
    running = make_server("127.0.0.1", 0, sqlite_app, threaded=True)
    thread = threading.Thread(target=running.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{running.server_port}"
    running.shutdown()
    thread.join()
    running.server_close()


@pytest.fixture
def browser() -> Iterator[Browser]:
    with sync_playwright() as player:
        opened = player.chromium.launch(
            executable_path=CHROMIUM, args=["--headless=new", "--no-sandbox", "--disable-gpu"]
        )
        yield opened
        opened.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_are_accessible_and_fit_a_phone(browser: Browser, base: str, scheme: str) -> None:
    page = browser.new_context(
        viewport={"width": 390, "height": 844},
        color_scheme=scheme,  # type: ignore[arg-type]
        java_script_enabled=True,
    ).new_page()
    told: list[str] = []
    page.on("console", lambda message: told.append(message.text))
    for openid, path in (
        (ME, "/h5/licenses"),
        (ME, "/h5/licenses/1"),
        (ME, "/h5/answers"),
        (EMPTY, "/h5/licenses"),
        (EMPTY, "/h5/answers"),
        (ME, "/h5/settings"),
        (ME, "/h5/data"),
        (EMPTY, "/h5/data"),
        (EMPTY, "/h5/privacy"),
        (EMPTY, "/h5/privacy?lang=en"),
        (ME, "/h5/x"),
    ):
        page.goto(f"{base}/h5/as/{openid}")
        page.goto(base + path)
        assert page.title()
        for percent in (100, 200):
            page.evaluate(f"document.documentElement.style.fontSize = '{percent}%'")
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (path, percent)
            found = Axe().run(page, options=AXE)
            assert found.violations_count == 0, found.generate_report()
    assert not [text for text in told if "Content Security Policy" in text]


def test_page_can_be_read_without_scripts(browser: Browser, base: str) -> None:
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(f"{base}/h5/as/{ME}")
    page.goto(f"{base}/h5/licenses")
    page.click("text=示例药品经营许可证")
    assert page.locator("h1").inner_text() == "示例药品经营许可证"
    assert page.locator("a[href^='tel:']").count() == 1


def test_reminder_is_answered_in_two_taps_without_scripts(browser: Browser, base: str) -> None:
    """The first tap opens the page of the license, as the message's link does."""
    page = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844}).new_page()
    page.goto(f"{base}/h5/as/{ME}")
    page.goto(f"{base}/h5/licenses/2")
    page.click("button:has-text('已提交')")
    assert "您回答了“已提交”" in page.inner_text("main")
    page.click("button:has-text('撤回这个回答')")
    assert "您回答了" not in page.inner_text("main")
