"""Every page of the console in a real browser, from the route table: axe, width, policy, keyboard."""

import re

import pyotp
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ConsoleMessage, Page
from werkzeug.routing import Rule

from portal.session import permission_of
from reminders import clock, own_messages, own_reach, passes, staff
from reminders.rules.delivery_rules import SendOutcome
from reminders.rules.lifecycle import Channel, Role
from reminders.rules.permissions import GRANTS
from reminders.rules.wordings import TEXT, TemplateKind, Wording
from tests import builders
from tests.browser.town import CHROMIUM, Town, sign_in, town, type_into
from tests.builders import CLOCK
from tests.portal.conftest import PASSWORD, PEOPLE, Portal
from tests.portal.test_access_matrix import THINGS, address, corners, is_post, staff_rules
from tests.portal.test_browser import EVERYTHING, LOOK, _wider_than_the_screen

__all__ = ["town"]  # a fixture

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="SKIPPED LOUDLY: no Chromium, so no page was looked at"),
]
WIDTHS = (390, 1200)
NO_SUCH = "the server responded with a status of 4"
REACHED = """() => [...document.querySelectorAll("a[href], button, input, select, textarea")]
    .filter(one => one.type !== "hidden" && one.tabIndex < 0 && !one.disabled)
    .map(one => one.outerHTML.slice(0, 120))"""
# A page is looked at by the first of these who may open it; who comes later looks at what is new.
LOOKERS = ("zhao", "sun", "zheng", "wei", "wu", "wang", "zhou", "qian")
FILES = ("staff.imports.template",)  # a download shows no page
EVERYBODY = ("staff.home.show", "staff.practice.show", "staff.handbook.index")  # differ with the role


def may_open(portal: Portal, login: str) -> dict[str, Rule]:
    found = {}
    for rule in staff_rules(portal.app):
        permission = permission_of(portal.app.view_functions[rule.endpoint])
        is_page = not is_post(rule) and rule.endpoint not in FILES
        if is_page and permission in GRANTS[PEOPLE[login][0]]:
            found[rule.endpoint] = rule
    return found


def pages(portal: Portal, login: str) -> list[str]:
    """Every page that nobody before looked at, with a row of their own where the address names one."""
    before = LOOKERS[: LOOKERS.index(login)]
    seen = set[str]().union(*(may_open(portal, other) for other in before)) - set(EVERYBODY)
    found = []
    for endpoint, rule in may_open(portal, login).items():
        if endpoint in seen:
            continue
        if rule.arguments:
            with portal.database.begin() as session:
                found.append(address(rule, THINGS[endpoint].make(session, corners(login)["own"])))
        else:
            found.append(rule.rule)
    return found


class Inspector:
    """Looks at the page that is open, at both widths, and hears what the browser complains of."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.faults: list[str] = []
        page.on("console", self._hear)

    def _hear(self, said: ConsoleMessage) -> None:
        if said.type == "error":
            self.complaints.append(said.text)

    def open(self, url: str) -> None:
        """A page that is reached with words of a form says so when it has none."""
        heard = len(self.complaints)
        answer = self.page.goto(url)
        assert answer is not None
        assert answer.status < 500, url
        if answer.status >= 400:
            self.complaints[heard:] = [one for one in self.complaints[heard:] if NO_SUCH not in one]
        if "attachment" not in answer.headers.get("content-disposition", ""):
            self.look()

    def look(self) -> None:
        self.page.evaluate(Axe().axe_script)
        for width in WIDTHS:
            self.page.set_viewport_size({"width": width, "height": 844})
            found = self.page.evaluate(LOOK, EVERYTHING)
            if too_wide := _wider_than_the_screen(self.page):
                found.append(f"wider than the screen: {too_wide}")
            found += [f"not reached by keys: {one}" for one in self.page.evaluate(REACHED)]
            self.faults += [f"{self.page.url} at {width}: {one}" for one in found]

    def found_nothing(self) -> None:
        assert "\n".join(self.faults) == ""
        assert self.complaints == []


def test_everybody_looks() -> None:
    assert set(LOOKERS) == set(PEOPLE)


@pytest.mark.slow
@pytest.mark.parametrize("login", LOOKERS)
def test_every_page_is_clean_narrow_and_wide(town: Town, login: str) -> None:
    page = town.browser.new_context(locale="zh-CN").new_page()
    inspector = Inspector(page)
    sign_in(page, town.base, town.portal, login)
    for path in pages(town.portal, login):
        inspector.open(town.base + path)
    inspector.found_nothing()


@pytest.mark.slow
def test_menu_of_a_phone_is_one_line_until_a_key_opens_it(town: Town) -> None:
    keys = town.at_work("wang")
    keys.page.set_viewport_size({"width": 390, "height": 844})
    menu = keys.page.locator("nav.menu")
    assert menu.get_by_role("link").count() == 0
    assert menu.bounding_box()["height"] < 60  # type: ignore[index]
    keys.to("菜单 今日工作", "SUMMARY")
    keys.press("Enter")
    keys.push("电话提醒", "/worklist/")
    keys.to("菜单 电话提醒", "SUMMARY")
    keys.press("Space")
    keys.page.evaluate(Axe().axe_script)
    assert keys.page.evaluate(LOOK, EVERYTHING) == []
    assert _wider_than_the_screen(keys.page) == ""


@pytest.mark.slow
def test_door_is_clean_and_leads_a_newcomer_in_by_keys(town: Town) -> None:
    """From the first password to the recovery codes; a page that knows nobody yet helps too."""
    now = clock.now()
    with town.portal.database.begin() as session:
        staff.add_staff(session, "newcomer", "新示例", Role.OFFICE, "", PASSWORD, actor=CLOCK, now=now)
    page = town.browser.new_context(locale="zh-CN").new_page()
    inspector = Inspector(page)
    for path in ("/staff/invitation", "/staff/sign-in/help", "/staff/sign-in"):
        inspector.open(town.base + path)
    type_into(page, "login", "newcomer")
    page.keyboard.press("Tab")
    type_into(page, "password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/sign-in/enrol")
    inspector.look()
    secret = page.locator("code").first.inner_text()
    type_into(page, "code", pyotp.TOTP(re.sub(r"\s", "", secret)).now())
    page.keyboard.press("Enter")
    page.wait_for_function("document.title.includes('恢复码')")
    inspector.look()
    inspector.found_nothing()


def test_own_phone_and_a_trial_are_clean_pages(town: Town) -> None:
    """Pages that show a colleague only what is theirs: nobody else's row opens them."""
    now = clock.now()
    with town.portal.database.begin() as session:
        me = staff.by_login(session, "zhao")
        number = me.staff_id or 0
        own_reach.keep_phone(session, "13800000077", actor=me, now=now)
        own_reach.link_wechat(session, number, builders.follower(session).id, now=now)
        wording = Wording(TemplateKind.SMS_SINGLE, {TEXT: "{subject}{expires_on}期满"}, "T-1")
        waiting, done = (
            own_messages.queue_trial(session, number, Channel.SMS, wording, None, now=now) for _ in range(2)
        )
        own_messages.settle(session, done, SendOutcome.CONFIG_FAULT, "isv.SMS_TEMPLATE_ILLEGAL")
        asked = staff.ask_own_qr(session, actor=me, now=now)
        passes.qr_made(session, asked, "https://weixin.example/q/1")
    page = town.browser.new_context(locale="zh-CN").new_page()
    inspector = Inspector(page)
    sign_in(page, town.base, town.portal, "zhao")
    for place in (
        "account/",
        f"account/wechat/{asked}",
        f"templates/trials/{waiting}",
        f"templates/trials/{done}",
    ):
        inspector.open(f"{town.base}/staff/{place}")
    inspector.found_nothing()
