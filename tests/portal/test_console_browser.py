"""Every page of the console in a real browser, from the route table: axe, width, policy, keyboard."""

import threading
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright
from werkzeug.serving import make_server

from portal.session import permission_of
from reminders.rules.permissions import GRANTS
from tests.portal.conftest import PASSWORD, PEOPLE, Portal
from tests.portal.test_access_matrix import THINGS, address, corners, is_post, staff_rules
from tests.portal.test_browser import CHROMIUM, EVERYTHING, LOOK, _wider_than_the_screen

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="SKIPPED LOUDLY: no Chromium, so no page was looked at"),
]
WIDTHS = (390, 1200)
NO_SUCH = "the server responded with a status of 4"
REACHED = """() => [...document.querySelectorAll("a[href], button, input, select, textarea")]
    .filter(one => one.type !== "hidden" && one.tabIndex < 0 && !one.disabled)
    .map(one => one.outerHTML.slice(0, 120))"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as player:
        opened = player.chromium.launch(
            executable_path=CHROMIUM, args=["--headless=new", "--no-sandbox", "--disable-gpu"]
        )
        yield opened
        opened.close()


@pytest.fixture
def base(portal: Portal) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, portal.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://localhost:{server.server_port}"
    server.shutdown()


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


def pages(portal: Portal, login: str) -> list[str]:
    """Every page the person may open, with a row of their own where the address names one."""
    found = []
    for rule in staff_rules(portal.app):
        permission = permission_of(portal.app.view_functions[rule.endpoint])
        if is_post(rule) or permission not in GRANTS[PEOPLE[login][0]]:
            continue
        if rule.arguments:
            with portal.database.begin() as session:
                found.append(address(rule, THINGS[rule.endpoint].make(session, corners(login)["own"])))
        else:
            found.append(rule.rule)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("login", ["zhao", "zheng"])
def test_every_page_is_clean_narrow_and_wide(portal: Portal, base: str, browser: Browser, login: str) -> None:
    page = browser.new_context(locale="zh-CN").new_page()
    complaints: list[str] = []

    def hear(said: ConsoleMessage) -> None:
        if said.type == "error":
            complaints.append(said.text)

    page.on("console", hear)
    sign_in(page, base, portal, login)
    faults = []
    for path in pages(portal, login):
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 844})
            heard = len(complaints)
            answer = page.goto(base + path)
            assert answer is not None
            if "attachment" in answer.headers.get("content-disposition", ""):
                continue
            assert answer.status < 500, path
            if answer.status >= 400:  # a page that is reached with words of a form says so when it has none
                complaints[heard:] = [one for one in complaints[heard:] if NO_SUCH not in one]
            page.evaluate(Axe().axe_script)
            found = page.evaluate(LOOK, EVERYTHING)
            if too_wide := _wider_than_the_screen(page):
                found.append(f"wider than the screen: {too_wide}")
            found += [f"not reached by keys: {one}" for one in page.evaluate(REACHED)]
            faults += [f"{path} at {width}: {one}" for one in found]
    assert "\n".join(faults) == ""
    assert complaints == []
