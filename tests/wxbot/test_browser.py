"""The holders' pages in a real browser: readable in both modes, and with letters twice as large."""

import gzip
import os
import shutil
import threading
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask, session
from playwright.sync_api import Browser, Request, sync_playwright
from werkzeug.serving import make_server

from reminders import answers, appointments, binding, clock, feedback, holders, passes
from reminders.answers import Closing
from reminders.db import Database
from reminders.holders import Look
from reminders.rules.lifecycle import AnswerKind, FontSize, Language
from reminders.rules.service_words import FeedbackAbout, Reason, Satisfaction
from tests import builders
from tests.wxbot.conftest import Pharmacy
from tests.wxbot.platform import Holder

AXE = {"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]}
LARGEST_PAGE = 60 * 1024
# The root's size as the page chose it, times the factor: what a larger text setting of the phone does.
ENLARGE = """factor => {
  const root = document.documentElement;
  root.style.fontSize = "";
  root.style.fontSize = parseFloat(getComputedStyle(root).fontSize) * factor + "px";
}"""
CUT_OFF = """() => [...document.querySelectorAll("body *")].filter(one => {
  const style = getComputedStyle(one);
  const hides = [style.overflowX, style.overflowY].some(way => way === "hidden" || way === "clip");
  return hides && (one.scrollWidth > one.clientWidth + 1 || one.scrollHeight > one.clientHeight + 1);
}).map(one => one.outerHTML.slice(0, 80))"""
ME, EMPTY = "oExample-wang", "oExample-empty"
PAGES = (
    (ME, "/h5/licenses"),
    (ME, "/h5/licenses/1"),
    (ME, "/h5/licenses/2"),
    (ME, "/h5/answers"),
    (EMPTY, "/h5/licenses"),
    (EMPTY, "/h5/answers"),
    (ME, "/h5/settings"),
    (ME, "/h5/settings?done=look"),
    (ME, "/h5/data"),
    (ME, "/h5/data/seen"),
    (EMPTY, "/h5/data/seen"),
    (ME, "/h5/subscribe"),
    (ME, "/h5/licenses/1/visit"),
    (ME, "/h5/visits"),
    (ME, "/h5/visits/2/confirm"),
    (EMPTY, "/h5/visits"),
    (ME, "/h5/feedback?license=1"),
    (ME, "/h5/feedback?about=mistake"),
    (EMPTY, "/h5/data"),
    (EMPTY, "/h5/privacy"),
    (EMPTY, "/h5/bind"),
    (ME, "/h5/bind/code"),
    (ME, "/h5/bind/choose"),
    (EMPTY, "/h5/bind/appeal"),
    (ME, "/h5/people/1"),
    (ME, "/h5/people/new"),
    (EMPTY, "/h5/people/new"),
    (EMPTY, "/h5/people"),
    (ME, "/h5/people/invitations/1"),
    (EMPTY, "/h5/enter?next=licenses"),
    (EMPTY, "/h5/enter?next=people"),
    (EMPTY, "/h5/help"),
    (ME, "/h5/x"),
)
# Answers of the door that are no page: a way on, a file, a style sheet.
NO_PAGES = {
    *("/h5/login", "/h5/oauth", "/h5/look", "/h5/static/<name>", "/h5/data/export"),
    *("/h5/licenses/<license_id>/calendar.ics", "/h5/visits/<int:appointment_id>/calendar.ics"),
}
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
            answers.give(writing, me, pharmacy.ids[0], kind, phone="13900000042", now=clock.now())
        helped = answers.give(writing, me, pharmacy.ids[1], AnswerKind.HELP, now=clock.now())
        second = appointments.department_of(writing, pharmacy.ids[1])
        helper = builders.actor(builders.staff(writing, department_id=second))
        answers.close(writing, helped, Closing.DONE, "", actor=helper, now=clock.now())
        officer = builders.actor(
            builders.staff(writing, department_id=appointments.department_of(writing, 1))
        )
        appointments.set_hours(writing, "9:00-10:00 1\n10:00-11:00 2", actor=officer, now=clock.now())
        day = appointments.offered(writing, 1, now=clock.now())[0]
        appointments.book(writing, me, 1, day.on, day.slots[0].hour_id, now=clock.now())
        appointments.hold(writing, me, 1, day.on, day.slots[1].hour_id, now=clock.now())
        other = builders.follower(writing)
        builders.binding(writing, license_id=1, follower_id=other.id).bound_at = clock.now()
        pass_id = binding.invite_by_qr(writing, me, 1, now=clock.now())
        passes.qr_made(writing, pass_id, "http://weixin.qq.com/q/example")
        assert pass_id == 1
        feedback.give(
            writing,
            me,
            FeedbackAbout.COUNTER,
            Satisfaction.BAD,
            "等了很久",
            1,
            [Reason.SPEED],
            now=clock.now(),
        )
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


@pytest.mark.parametrize("mode", ["light", "dark", "care", "english"])
def test_pages_are_accessible_and_fit_a_phone(
    browser: Browser, base: str, mode: str, sqlite_database: Database
) -> None:
    """No finding of axe, nothing cut off at twice the size, no report of the policy, at most 60 KB a page."""
    look = Look(
        language=Language.EN if mode == "english" else Language.ZH,
        is_care=mode == "care",
        font=FontSize.LARGEST if mode == "care" else FontSize.NORMAL,
    )
    with sqlite_database.begin() as writing:
        for openid in (ME, EMPTY):
            holders.set_look(writing, holders.follower_id(writing, openid), look)
    page = browser.new_context(
        viewport={"width": 390, "height": 844}, color_scheme="dark" if mode == "dark" else "light"
    ).new_page()
    told: list[str] = []
    loaded: list[Request] = []
    page.on("console", lambda message: told.append(message.text))
    page.on("requestfinished", lambda request: loaded.append(request))
    for openid, path in PAGES:
        page.goto(f"{base}/h5/as/{openid}")
        loaded.clear()
        page.goto(base + path, wait_until="networkidle")
        assert page.title()
        assert weight(loaded) <= LARGEST_PAGE, (path, weight(loaded))
        for percent in (100, 200):
            page.evaluate(ENLARGE, percent / 100)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (path, percent)
            assert page.evaluate(CUT_OFF) == [], (path, percent)
            found = Axe().run(page, options=AXE)
            assert found.violations_count == 0, (path, percent, found.generate_report())
    assert not [text for text in told if "Content Security Policy" in text]


def test_every_page_of_the_door_is_looked_at(sqlite_app: Flask) -> None:
    adapter = sqlite_app.url_map.bind("localhost")
    seen = {
        adapter.match(path.partition("?")[0], return_rule=True)[0].rule
        for _, path in PAGES
        if path != "/h5/x"
    }
    pages = {
        rule.rule
        for rule in sqlite_app.url_map.iter_rules()
        if rule.rule.startswith("/h5/") and rule.methods and "GET" in rule.methods
    }
    assert pages - seen - NO_PAGES == set()


def weight(loaded: list[Request]) -> int:
    """What went over the wire for one page; what the browser kept from the page before counts again."""
    return sum(len(gzip.compress(request.response().body(), 9)) for request in loaded if request.response())


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
