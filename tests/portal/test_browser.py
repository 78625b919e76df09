"""Every public page in a real browser: nothing for axe to find, nothing too wide, nothing heavy."""

import os
import re
import shutil
import threading
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import make_server

from tests.portal.conftest import FOOD, Portal
from tests.portal.test_public_portal import publish, publish_list

LOOK = """(rules) => axe.run({runOnly: rules, resultTypes: ["violations"]})
    .then(found => found.violations.map(one => `${one.id}: ${one.help}: ${one.nodes[0].html}`))"""
EVERYTHING = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]
CHROMIUM = os.environ.get("CHROME_PATH") or shutil.which("chromium")
WIDTHS = (390, 768, 1440)
HEAVIEST_PAGE = 60 * 1024
# A page of each route for people; what is not named here must be in MACHINES.
PAGES = {
    "/": "/",
    "/notices/": "/notices/",
    "/notices/<int(max=999999999):notice_id>": "/notices/1",
    "/catalogue/": "/catalogue/",
    "/catalogue/<int(max=999999999):entry_id>": f"/catalogue/{FOOD}",
    "/guides/": "/guides/",
    "/how-it-works": "/how-it-works",
    "/faq": "/faq",
    "/contact": "/contact",
    "/accessibility": "/accessibility",
    "/privacy": "/privacy",
    "/site-map": "/site-map",
    "/en/": "/en/",
    "/en/guides/<int(max=999999999):entry_id>": "/en/guides/15",
    "/self-check": "/self-check",
    "/search": "/search?q=yaopin",
    "/report": "/report?notice=1",
    "/open-data/": "/open-data/",
    "/performance": "/performance",
    "/check/": "/check/",
    "/check/<code>": "/check/7K3M2-QXP9T",
}
OTHERS = (
    "/notices/?kind=7",
    "/search?q=没有的词儿",
    "/catalogue/4",
    "/nope",
)  # an empty list, an unconfirmed rule, an error
FORMS = (  # a page with a form, what is typed, and what must then be read
    ("/self-check", {"#number": "SC1063710020000", "#name": "示例0号食品有限公司"}, ".standing"),
    ("/report?kind=2", {"#words": "电话写错了一位。"}, "[role=status]"),
)
MACHINES = {
    *("/feed.atom", "/feed.rss", "/feed.json", "/sitemap.xml", "/robots.txt", "/emblem", "/view"),
    *("/open-data/catalogue.csv", "/open-data/notices.csv", "/open-data/lists.csv"),
    *("/performance.csv", "/performance.json", "/notices/<int(max=999999999):notice_id>/files/<name>"),
    *("/healthz", "/readyz", "/metrics"),
}

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt install chromium"),
]


@pytest.fixture
def base(portal: Portal) -> Iterator[str]:
    with portal.database.begin() as session:
        publish_list(session)
        for number in range(21):
            publish(session, f"第 {number} 批药品经营许可证换证的温馨提示", minute=number + 1)
    running = make_server("127.0.0.1", 0, portal.app, threaded=True)
    thread = threading.Thread(target=running.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{running.server_port}"
    running.shutdown()
    thread.join()
    running.server_close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as player:
        opened = player.chromium.launch(
            executable_path=CHROMIUM, args=["--headless=new", "--no-sandbox", "--disable-gpu"]
        )
        yield opened
        opened.close()


@pytest.mark.parametrize("mode", ["plain", "care"])
def test_pages_are_accessible_and_fit(browser: Browser, base: str, mode: str) -> None:
    """axe looks at each page at three widths; letters twice as large must fit too."""
    context = browser.new_context()
    if mode == "care":
        context.add_cookies([{"name": "care", "value": "1", "url": base}])
    page = context.new_page()
    told: list[str] = []
    page.on("console", lambda message: told.append(f"{page.url}: {message.text}"))
    found = []
    for url in (*PAGES.values(), *OTHERS):
        page.goto(base + url)
        page.evaluate(Axe().axe_script)
        assert bool(page.locator("html.care").count()) is (mode == "care")
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            if too_wide := _wider_than_the_screen(page):
                found.append(f"{url} at {width}: wider than the screen: {too_wide}")
            found += [f"{url} at {width}: {violation}" for violation in page.evaluate(LOOK, EVERYTHING)]
        page.set_viewport_size({"width": 1280, "height": 900})
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        if too_wide := _wider_than_the_screen(page):
            found.append(f"{url} with letters twice as large: {too_wide}")
    assert not found, "\n".join(found)
    assert [line for line in told if "404" not in line] == []


def test_forms_answer_without_scripts_and_fit(browser: Browser, base: str) -> None:
    page = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844}).new_page()
    for url, typed, answer in FORMS:
        page.goto(base + url)
        for field, words in typed.items():
            page.fill(field, words)
        page.click("main form button")
        assert page.locator(answer).count() == 1, url
        assert "?" not in page.url, "what was typed is not in the address"


def test_page_is_light(portal: Portal, base: str) -> None:
    client = portal.app.test_client()
    heavy = {url: len(client.get(url).data) for url in PAGES.values()}
    assert {url: size for url, size in heavy.items() if size > HEAVIEST_PAGE} == {}


def test_every_public_route_has_a_page_here(portal: Portal) -> None:
    rules = {rule.rule for rule in portal.app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    public = {rule for rule in rules if not re.match(r"/(staff|api|static)/", rule)}
    assert public - MACHINES == set(PAGES)


def _wider_than_the_screen(page: Page) -> str:
    """What sticks out on the right; empty when nothing does."""
    return str(
        page.evaluate(
            """() => document.documentElement.scrollWidth <= innerWidth ? "" :
            [...document.querySelectorAll("main *, header *, nav *, footer *")]
            .filter(one => one.getBoundingClientRect().right > innerWidth + 1 && !one.closest(".scroll"))
            .map(one => one.outerHTML.slice(0, 80)).slice(-1).join() || "something" """
        )
    )


def test_sheet_prints_the_matter_and_its_address_only(browser: Browser, base: str) -> None:
    page = browser.new_page()
    for url, matter in (("/notices/1", ".prose"), (f"/catalogue/{FOOD}", ".lead-fact")):
        page.goto(base + url)
        page.evaluate("window.print = () => document.body.dataset.printed = 'yes'")
        page.get_by_role("button", name="打印").click()
        assert page.locator("body").get_attribute("data-printed") == "yes"
        page.emulate_media(media="print")
        assert page.locator(matter).first.is_visible()
        assert page.get_by_text(f"http://localhost{url}").is_visible()
        for hidden in ("[data-print]", "header form", "nav", ".share", "footer a"):
            assert not [one for one in page.locator(hidden).all() if one.is_visible()], f"{url} {hidden}"
        page.emulate_media(media="screen")


def test_page_offers_no_button_that_does_nothing(browser: Browser, base: str) -> None:
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(f"{base}/notices/1")
    assert page.locator("[data-print]").count() == 1
    assert page.get_by_role("button", name="打印").count() == 0
