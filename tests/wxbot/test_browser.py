"""The holders' pages in a real browser: readable in both modes, and with letters twice as large."""

import os
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask, session, template_rendered
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright
from werkzeug.serving import make_server

from config.settings import ROOT
from reminders import answers, appointments, binding, clock, feedback, holders, passes
from reminders.answers import Closing
from reminders.db import Database
from reminders.holders import Look
from reminders.rules.lifecycle import AnswerKind, FontSize, Language
from reminders.rules.service_words import FeedbackAbout, Reason, Satisfaction
from tests import builders
from tests.wxbot.browser import Reader
from tests.wxbot.conftest import Pharmacy
from tests.wxbot.platform import Holder
from tests.wxbot.test_bind_pages import ask, type_code

AXE = {"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]}
LARGEST_PAGE = 60 * 1024  # headers and all
POCKET: ViewportSize = {"width": 390, "height": 844}
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
# What the policy of the page kept from happening, told by the browser itself.
REFUSED = """window.refused = [];
document.addEventListener("securitypolicyviolation",
  event => window.refused.push(event.violatedDirective + " " + event.blockedURI));"""
ME, EMPTY, OTHER = "oExample-wang", "oExample-empty", "oExample-left"  # the last unbound something
PHONE = "phone"  # known by a code to it
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
    (ME, "/h5/data/kept/bindings"),
    (EMPTY, "/h5/data/kept/appeals"),
    (ME, "/h5/data/seen"),
    (EMPTY, "/h5/data/seen"),
    (ME, "/h5/subscribe"),
    (ME, "/h5/licenses/1/visit"),
    (ME, "/h5/licenses/1/reminders"),
    (ME, "/h5/licenses/1/unbind"),
    (ME, "/h5/licenses/2/reminders?done=all"),
    (OTHER, "/h5/left"),
    (EMPTY, "/h5/left"),
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
    (ME, "/h5/bind/others"),
    (EMPTY, "/h5/bind/others"),
    (ME, "/h5/people/1"),
    (ME, "/h5/people/new"),
    (EMPTY, "/h5/people/new"),
    (EMPTY, "/h5/people"),
    (ME, "/h5/people/invitations/1"),
    (EMPTY, "/h5/enter?next=licenses"),
    (EMPTY, "/h5/enter?next=people"),
    (EMPTY, "/h5/help"),
    (PHONE, "/h5/licenses"),
    (PHONE, "/h5/settings"),
    (PHONE, "/h5/bind/choose"),
    (ME, "/h5/bind"),
    (ME, "/h5/x"),
)
# Pages that only a form shows: where it stands, what is typed, what is tapped.
FORMS = (
    (ME, "/h5/people/1", {}, "button[name=as][value=code]"),
    (PHONE, "/h5/bind/choose", {}, "form[action='/h5/bind/connect'] button"),
    (EMPTY, "/h5/bind/code", {"#code": "000000"}, "main form button"),
    (EMPTY, "/h5/bind", {"#identifier": "-", "#agree-1": "on"}, "form[action='/h5/bind'] button"),
    (ME, "/h5/people/1", {}, "form[action='/h5/people/1/report'] button"),
)
PARTIAL = {"layout.html", "parts.html", "bind_parts.html", "data_parts.html"}
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

    known: dict[str, str] = {}

    @sqlite_app.get("/h5/as/<openid>")
    def sign_in(openid: str) -> str:
        session["openid"] = known.get(openid, openid)
        return ""

    pharmacy = Pharmacy(sqlite_database)
    pharmacy.bind(Holder(sqlite_app, ME))
    outside = Reader(sqlite_app)
    ask(outside, pharmacy.numbers[2])
    type_code(outside, pharmacy.codes()[-1])
    with outside.client.session_transaction(path="/h5/") as kept:
        known[PHONE] = kept["openid"]
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
        gone = builders.follower(writing, openid=OTHER)
        for one in pharmacy.ids[:2]:
            builders.binding(writing, license_id=one, follower_id=gone.id)
        binding.leave(writing, gone.id, pharmacy.ids, by_themselves=True, now=clock.now())
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


@dataclass
class Eyes:
    """One phone that looks at page after page, and remembers what the network brought."""

    page: Page
    base: str
    who: str = ""
    received: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.add_init_script(REFUSED)
        wire = self.page.context.new_cdp_session(self.page)
        wire.send("Network.enable")
        wire.send("Network.setCacheDisabled", {"cacheDisabled": True})
        wire.on("Network.loadingFinished", lambda told: self.received.append(told["encodedDataLength"]))

    def open(self, openid: str, path: str) -> None:
        if openid != self.who:
            self.page.goto(f"{self.base}/h5/as/{openid}")
            self.who = openid
        self.received.clear()
        self.page.goto(self.base + path)

    def judge(self, name: str) -> None:
        """Nothing cut off, also at twice the size; nothing refused; no finding of axe; light enough."""
        assert self.page.title(), name
        assert self.page.evaluate("window.refused") == [], name
        assert 0 < sum(self.received) <= LARGEST_PAGE, (name, sum(self.received))
        for factor in (2, 1):
            self.page.evaluate(ENLARGE, factor)
            assert self.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (name, factor)
            assert self.page.evaluate(CUT_OFF) == [], (name, factor)
        found = Axe().run(self.page, options=AXE)
        assert found.violations_count == 0, (name, found.generate_report())


@pytest.mark.parametrize("mode", ["light", "dark", "care", "english"])
def test_pages_are_accessible_and_fit_a_phone(
    browser: Browser, base: str, mode: str, sqlite_app: Flask, sqlite_database: Database
) -> None:
    """Every page of the door and every template of it, with all bytes of the wire counted."""
    look = Look(
        language=Language.EN if mode == "english" else Language.ZH,
        is_care=mode == "care",
        font=FontSize.LARGEST if mode == "care" else FontSize.NORMAL,
    )
    with sqlite_database.begin() as writing:
        for openid in (ME, EMPTY):
            holders.set_look(writing, holders.follower_id(writing, openid), look)
    colours: Literal["dark", "light"] = "dark" if mode == "dark" else "light"
    seen: set[str | None] = set()
    eyes = Eyes(browser.new_context(viewport=POCKET, color_scheme=colours).new_page(), base)
    with template_rendered.connected_to(lambda _, template, **__: seen.add(template.name), sqlite_app):
        for openid, path in PAGES:
            eyes.open(openid, path)
            eyes.judge(path)
        for openid, path, typed, button in FORMS:
            eyes.open(openid, path)
            for place, text in typed.items():
                box = eyes.page.locator(place)
                box.check() if text == "on" else box.fill(text)
            eyes.received.clear()
            eyes.page.locator(button).first.click()
            eyes.page.wait_for_load_state()
            eyes.judge(f"{path} {button}")
    made = {path.name for path in (ROOT / "wxbot" / "templates").glob("*.html")}
    assert made - seen == PARTIAL


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
