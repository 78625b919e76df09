"""The phone page: what it draws, and a guide that believes only what really happened."""

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from axe_playwright_python.sync_playwright import Axe
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Browser, Page, sync_playwright

from sandbox import wording
from tests.sandbox.bot import Bot, Sandbox

PHONE = "13800000011"
TITLES = ["follow", "agree", "bind", "code", "ask", "reminder", "notice"]
AXE = {"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]}


def holder(sandbox: Sandbox) -> str:
    """A person of the ledger, and a bot that knows a little."""
    sandbox.bot.behave = bind_and_answer(sandbox)
    person = {
        "name": "张示例",
        "phone": PHONE,
        "license_no": "SP-2026-0001",
        "license_name": "药品经营许可证",
    }
    sandbox.post("/sandbox/hints", {"people": [person], "portal_url": f"{sandbox.url}/cms"})
    people = sandbox.get("/sandbox/people")
    return str(next(one["openid"] for one in people if one["phone"] == PHONE))


def bind_and_answer(sandbox: Sandbox) -> Any:
    def behave(bot: Bot, message: dict[str, str], body: bytes) -> str:
        words = message.get("Content", "")
        if words.startswith("绑定"):
            sms = {"phone": PHONE, "sign": "示例", "template": "bind", "params": {"code": "482913"}}
            headers = {"Authorization": "Bearer sms-key"}
            requests.post(f"{sandbox.url}/sms-api/send", json=sms, headers=headers, timeout=5)
        if message["MsgType"] == "event" and message["Event"] != "subscribe":
            return "success"
        return bot.reply(
            message, "绑定成功" if words == "482913" else '您好，<a href="http://127.0.0.1:1/h5">看这里</a>'
        )

    return behave


def done(sandbox: Sandbox, openid: str) -> list[str]:
    steps = sandbox.get(f"/phone/feed?openid={openid}")["steps"]
    assert [one["key"] for one in steps] == TITLES
    return [one["key"] for one in steps if one["done"]]


def test_guide_ticks_off_what_happened_in_order(sandbox: Sandbox) -> None:
    openid = holder(sandbox)
    me = f"/sandbox/people/{openid}"
    assert done(sandbox, openid) == []
    sandbox.post(f"{me}/follow")
    sandbox.post(f"{me}/text", {"content": "我的证照"})
    assert done(sandbox, openid) == ["follow"]
    sandbox.post(f"{me}/text", {"content": "绑定 SP-2026-0001"})
    assert done(sandbox, openid) == ["follow", "agree", "bind"]
    sandbox.post(f"{me}/text", {"content": "482913"})
    assert done(sandbox, openid) == ["follow", "agree", "bind", "code"]
    sandbox.post(f"{me}/text", {"content": "我的证照"})
    sandbox.send(openid)
    sandbox.post(f"{me}/open", {"url": f"{sandbox.url}/cms"})
    assert done(sandbox, openid) == TITLES


def test_hints_bring_people_and_take_away_the_unplayed_default_ones(sandbox: Sandbox) -> None:
    before = sandbox.get("/sandbox/people")
    played = before[0]["openid"]
    sandbox.post(f"/sandbox/people/{played}/follow")
    holder(sandbox)
    holder(sandbox)
    after = sandbox.get("/sandbox/people")
    assert sorted(one["phone"] for one in after) == sorted([before[0]["phone"], PHONE])


def test_reply_is_cut_into_words_links_and_taps() -> None:
    text = '见<a href="http://a/b?c=1&amp;d=2">这里</a>或<a href="weixin://bizmsgmenu?msgmenucontent=解绑&msgmenuid=1">解绑</a>'
    assert wording.parts(text + " https://c.d/e。") == [
        {"kind": "plain", "text": "见"},
        {"kind": "link", "text": "这里", "href": "http://a/b?c=1&d=2"},
        {"kind": "plain", "text": "或"},
        {"kind": "say", "text": "解绑", "say": "解绑"},
        {"kind": "plain", "text": " "},
        {"kind": "link", "text": "https://c.d/e", "href": "https://c.d/e"},
        {"kind": "plain", "text": "。"},
    ]
    assert wording.parts('<a href="javascript:alert(1)">点</a>') == [{"kind": "plain", "text": "点"}]


@given(st.text(max_size=200))
def test_no_link_leads_anywhere_but_the_web(text: str) -> None:
    for part in wording.parts(f'<a href="{text}">x</a>{text}'):
        assert part.get("href", "http://").lower().startswith(("http://", "https://"))


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    program = os.environ.get("CHROME_PATH") or shutil.which("chromium") or shutil.which("google-chrome")
    if not program and not os.environ.get("CI"):
        pytest.skip("SKIPPED LOUDLY: no Chromium here, so nobody looked at the phone page")
    with sync_playwright() as playwright:
        arguments = ["--headless=new", "--no-sandbox", "--disable-gpu"]
        browser = playwright.chromium.launch(executable_path=program, args=arguments)
        yield browser
        browser.close()


@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 1280])
def test_newcomer_is_led_through_by_the_page(sandbox: Sandbox, chromium: Browser, width: int) -> None:
    openid = holder(sandbox)
    page = chromium.new_page(viewport={"width": width, "height": 844}, reduced_motion="reduce")
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.goto(f"{sandbox.url}/phone#{openid}")
    page.click("#follow")
    page.get_by_role("link", name="看这里").wait_for()
    page.get_by_role("button", name="发送“同意”").click()
    page.get_by_role("button", name="替我发送").click()
    page.locator("#sms-banner").get_by_role("button", name="填入").click()
    page.get_by_role("button", name="发送", exact=True).click()
    page.locator("#chat").get_by_text("绑定成功").wait_for()
    sandbox.send(openid, thing1="药品经营许可证", time2="2027-01-19")
    page.get_by_role("link", name="查看详情").wait_for()
    assert_accessible(page)
    page.close()
    assert complaints == []
    assert done(sandbox, openid) == ["follow", "agree", "bind", "code", "reminder"]


@pytest.mark.browser
@pytest.mark.parametrize("path", ["/sms", "/cms", "/e-license", "/regulator"])
def test_plain_page_is_accessible(sandbox: Sandbox, chromium: Browser, path: str) -> None:
    page = chromium.new_page(viewport={"width": 390, "height": 844})
    page.goto(f"{sandbox.url}{path}")
    assert_accessible(page)
    page.close()


def assert_accessible(page: Page) -> None:
    found = Axe().run(page, options=AXE)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
