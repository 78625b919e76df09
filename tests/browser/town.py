"""One portal, one server and one Chromium for all the browser tests of a module."""

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from sqlalchemy.orm import Session
from werkzeug.serving import make_server

from portal.app import create_app
from portal.installation import KEY
from reminders import clock, db
from reminders.crypto import Vault
from tests.browser.keyboard import Keyboard
from tests.builders_console import Corner
from tests.portal.conftest import FOOD, PASSWORD, Portal, settings_in

CHROMIUM = os.environ.get("CHROME_PATH") or shutil.which("chromium")
SCREEN = {"width": 1200, "height": 844}
MARK = "按键示例"  # by which a page shows what the builders made
PATIENCE_MS = 15_000


@dataclass
class Town:
    """One portal, one server and one browser for every day of this module."""

    portal: Portal
    base: str
    browser: Browser
    unseen: list[str] = field(default_factory=list)
    contexts: dict[str, BrowserContext] = field(default_factory=dict)

    def at_work(self, login: str) -> Keyboard:
        """Signs in once: a code counts once, and those of the next minutes are soon used up."""
        is_in = login in self.contexts
        if not is_in:
            self.contexts[login] = self.browser.new_context(locale="zh-CN", viewport=SCREEN)
        page = self.contexts[login].new_page()
        page.set_default_timeout(PATIENCE_MS)
        if is_in:
            page.goto(f"{self.base}/staff/")
        else:
            sign_in(page, self.base, self.portal, login)
        return Keyboard(page, self.base, self.unseen)

    def make(self, *builders: Callable[[Session, Corner], int]) -> list[int]:
        """Rows of the department of wang and zhao, each known by the mark."""
        with self.portal.database.begin() as session:
            return [one(session, Corner(FOOD, MARK, clock.now())) for one in builders]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory, vault: Vault, filled: Path) -> Iterator[Town]:
    folder = tmp_path_factory.mktemp("days")
    shutil.copy(filled, folder / "reminders.db")
    settings = settings_in(folder)
    app = create_app(settings)
    database = db.open_database(settings.database_url, vault)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with sync_playwright() as player:
        browser = player.chromium.launch(
            executable_path=CHROMIUM, args=["--headless=new", "--no-sandbox", "--disable-gpu"]
        )
        yield Town(Portal(app, database), f"http://localhost:{server.server_port}", browser)
        browser.close()
    server.shutdown()
    database.close()
    app.extensions[KEY].database().close()


def type_into(page: Page, name: str, text: str) -> None:
    """By keys alone, once the focus is where the page puts it: a cold browser loses keys before that."""
    page.wait_for_function("name => document.activeElement?.name === name", arg=name)
    page.keyboard.type(text)
    page.wait_for_function("text => document.activeElement?.value === text", arg=text)


def sign_in(page: Page, base: str, portal: Portal, login: str) -> None:
    page.goto(f"{base}/staff/sign-in")
    type_into(page, "login", login)
    page.keyboard.press("Tab")
    type_into(page, "password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/sign-in/code")
    type_into(page, "code", portal.next_code(login))
    page.keyboard.press("Enter")
    page.wait_for_url("**/staff/")
