"""Whole journeys of holders in real Chromium against the phone at the pretended platform."""

import re

import pytest
import redis
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect
from sqlalchemy import select

from config.settings import Settings
from jobs import page_ticket
from reminders import roads
from reminders.db import Database
from reminders.roads import Means
from reminders.rules.lifecycle import AnswerKind, Channel, GrantState
from reminders.tables.answers import Answer
from reminders.tables.bindings import Binding, Follower, SubscriptionGrant
from sandbox import account
from tests.jobs.conftest import Platform, platform, redis_running, store, told
from tests.trips.holder_phone import (
    CHROMIUM,
    ME,
    bot_url,
    bound_license,
    browser,
    here,
    phone_of,
    send_what_is_due,
)

__all__ = ["bot_url", "browser", "here", "platform", "redis_running", "store", "told"]  # fixtures
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt install chromium"),
]
AXE = {"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]}
CHINESE = re.compile("[\u3400-\u9fff]")


def test_reminder_is_answered_in_two_taps(
    here: Settings, database: Database, platform: Platform, store: redis.Redis, browser: Browser
) -> None:
    bound_license(database)
    me = phone_of(browser, platform)
    send_what_is_due(here, database, store)
    page = me.tap_link("查看详情")  # the first tap, on the card
    page.get_by_role("button", name="已提交").click()  # the second
    expect(page.locator("main")).to_contain_text("您回答了“已提交”")
    with database.read() as session:
        assert session.execute(select(Answer.kind)).scalars().all() == [AnswerKind.APPLIED]
    page.get_by_role("button", name="撤回这个回答").click()
    expect(page.locator("main")).not_to_contain_text("您回答了")
    assert me.faults == []


def test_who_leaves_gets_nothing_and_finds_everything_again(
    here: Settings, database: Database, platform: Platform, store: redis.Redis, browser: Browser
) -> None:
    bound_license(database)
    me = phone_of(browser, platform)
    platform.does(ME, "unfollow")
    with database.read() as session:
        assert session.execute(select(Follower.unfollowed_at)).scalar_one() is not None
        assert session.execute(select(Binding.unbound_at)).scalar_one() is None
    send_what_is_due(here, database, store)
    assert platform.shown() == []
    platform.does(ME, "follow")
    me.chat.reload()
    me.chat.locator(f'[data-openid="{ME}"]').click()
    me.hears("您绑定的 1 本证照都还在")
    me.say("我的证照")
    me.hears("示例经营许可证")


def test_snapshot_page_shows_no_license(
    here: Settings, database: Database, platform: Platform, browser: Browser
) -> None:
    bound_license(database)
    me = phone_of(browser, platform)
    me.say("我的证照")
    platform.change(ME, snapshot=True)
    page = me.tap_link("查看办理地点、电话和材料")
    expect(page.locator("h1")).to_have_text("请点右下角“使用完整服务”")
    assert "示例经营许可证" not in page.content()
    platform.change(ME, snapshot=False)
    page = me.tap_link("查看办理地点、电话和材料")
    expect(page.locator("h1")).to_have_text("示例经营许可证")


def test_foreign_engineer_manages_in_english(
    here: Settings, database: Database, platform: Platform, store: redis.Redis, browser: Browser
) -> None:
    bound_license(database, kind="外国人工作许可证")
    me = phone_of(browser, platform)
    me.say("English")
    me.hears("Your licences, the most urgent first:")
    send_what_is_due(here, database, store)
    me.hears("Apply by")
    page = me.tap_link("查看详情")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("h1")).to_contain_text("外国人工作许可证")
    page.get_by_role("button", name="Call me").click()
    expect(page.locator("main")).to_contain_text("somebody is to call you")
    page.get_by_role("link", name="All my licences").click()
    page.get_by_role("link", name="Reminder settings").click()
    expect(page.locator("h1")).to_have_text("Reminder settings")
    rest = page.locator("main").inner_text().replace("中文", "")
    assert not CHINESE.search(rest), rest
    assert me.faults == []


def test_old_eyes_read_everything_at_twice_the_size(
    here: Settings, database: Database, platform: Platform, browser: Browser
) -> None:
    bound_license(database)
    me = phone_of(browser, platform)
    me.say("长辈模式")
    page = me.tap_link("打开我的证照")
    page.evaluate("document.documentElement.style.fontSize = '42px'")  # 21 px, doubled by the phone
    page.get_by_role("link", name="示例经营许可证").click()
    page.evaluate("document.documentElement.style.fontSize = '42px'")
    call = page.get_by_role("link", name="拨打服务电话")
    box = call.bounding_box()
    assert box and box["height"] >= 60
    first_answer = page.get_by_role("button", name="已提交").bounding_box()
    assert first_answer and box["y"] < first_answer["y"], "the phone comes first"
    for button in page.get_by_role("button").all():
        size = button.bounding_box()
        assert size is None or size["height"] >= 60
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert Axe().run(page, options=AXE).violations_count == 0
    assert me.faults == []


def test_long_term_notice_is_agreed_to_with_the_platforms_button(
    here: Settings, database: Database, platform: Platform, browser: Browser
) -> None:
    bound_license(database)
    template_id = next(iter(account.NOTICES))
    with database.begin() as session:
        roads.open_roads(session, {Channel.SUBSCRIPTION: Means(template_id=template_id)})
    assert page_ticket.fetch(here)
    me = phone_of(browser, platform)
    me.say("我的证照")
    page = me.tap_link("查看办理地点、电话和材料")
    page.goto(f"{here.wxbot_url}/h5/subscribe")
    expect(page.locator("#subscribe-state")).to_have_text("您还没有同意长期提醒。")
    expect(page.locator("#subscribe-fallback")).to_be_hidden()
    assert Axe().run(page, options=AXE).violations_count == 0
    page.get_by_role("button", name="同意长期提醒").click()
    page.get_by_role("button", name="接收", exact=True).click()
    page.get_by_role("link", name="回到刚才的页面").click()
    expect(page.locator("#subscribe-state")).to_have_text("您已同意接收长期提醒。")
    with database.read() as session:
        granted = session.execute(select(SubscriptionGrant.template_id, SubscriptionGrant.state)).all()
    assert granted == [(template_id, GrantState.ACCEPTED)]
    assert me.faults == []
