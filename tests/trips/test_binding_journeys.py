"""How holders are bound, in real Chromium: a newcomer, an agent, a colleague, somebody of a wrong phone."""

import re
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from time import perf_counter

import pytest
import redis
from playwright.sync_api import Browser, expect
from sqlalchemy import select

from config.settings import Settings
from jobs import wiring
from jobs.sending import Plan, Sender
from reminders import appointments, binding, clock
from reminders.db import Database
from reminders.rules.lifecycle import BindRole, Channel, HolderKind
from reminders.rules.service_words import AppealClosing
from reminders.tables.appeals import Appeal
from reminders.tables.bindings import Binding, Follower
from tests import builders
from tests.builders_queue import ALL_DAY
from tests.jobs.conftest import Platform, platform, redis_running, store, told
from tests.trips.holder_phone import (
    CHROMIUM,
    ME,
    POCKET,
    HolderPhone,
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
LI, PHONE, NUMBER = "o-trip-colleague", "13800000001", "鲁DA631000001"


@dataclass
class Pace:
    """The seconds a person of sixty needs for what they do, added up instead of waited for.

    They read a message until it says what to do, and the privacy notice to its end.
    """

    reading: float = 0.0
    doing: float = 0.0

    def reads(self, me: HolderPhone, until: str) -> None:
        said = me.chat.locator("#chat .them .bubble").last.inner_text()
        text = said[: said.rindex(until) + len(until)]
        self.reading += len(re.sub(r"\s", "", text)) / 7  # 420 characters a minute

    def taps(self) -> None:
        self.doing += 1.2

    def types(self, text: str) -> None:
        self.doing += 0.6 * len(text)


def ledger(database: Database, *, holders: int = 1) -> list[int]:
    """Licenses of as many holders, all under one phone."""
    with database.begin() as session:
        entry = builders.entry(session, license_name="示例经营许可证")
        made = []
        for number in range(holders):
            kind, name = HolderKind.COMPANY, f"示例{number + 1:03d}号药房有限公司"
            owner = builders.holder(session, name=name, kind=kind)
            contact = builders.contact(session, holder_id=owner.id, phone=PHONE)
            license_no = NUMBER if number == 0 else f"鲁示例客户{number:04d}"
            expires_on = clock.civil_date(clock.now()) + timedelta(days=80)
            row = builders.license(
                session,
                entry_id=entry.id,
                expires_on=expires_on,
                holder_id=owner.id,
                contact_id=contact.id,
                license_no=license_no,
            )
            made.append(row.id)
        return made


def bound(database: Database) -> set[tuple[str, int]]:
    with database.read() as session:
        active = select(Follower.openid, Binding.license_id).join(Binding).where(Binding.unbound_at.is_(None))
        return {(openid, license_id) for openid, license_id in session.execute(active)}


def send_codes(here: Settings, database: Database, store: redis.Redis) -> None:
    with ExitStack() as stack:
        carriers = wiring.carriers(here, store, stack)
        only = {Channel.SMS: carriers[Channel.SMS]}
        Sender(database, "sender-1", Plan(ALL_DAY, 0, 4), only).drain(for_s=20)


def tap_word(me: HolderPhone, word: str) -> None:
    """A word inside the newest message that is sent by a tap."""
    taps = me.chat.locator("#chat button.tap", has_text=word)
    me.chat.locator("#chat").evaluate("one => one.scrollTo(0, one.scrollHeight)")
    taps.last.click()


def bind_by_code(
    me: HolderPhone, here: Settings, database: Database, store: redis.Redis, pace: Pace | None = None
) -> None:
    """By taps where there are any: 绑定, 同意, the number, and the code from the message that arrived."""
    pace = pace or Pace()
    tap_word(me, "绑定")
    pace.taps()
    me.hears("隐私告知")
    pace.reads(me, "同意")
    tap_word(me, "同意")
    pace.taps()
    me.hears("请发证照编号")
    pace.reads(me, "信用代码")
    me.say(NUMBER)
    pace.types(NUMBER)
    me.hears("验证码已发送")
    pace.reads(me, "6 位数字")
    send_codes(here, database, store)
    fill = me.chat.locator("#sms").get_by_role("button", name="填入").first
    fill.click(timeout=15_000)
    me.chat.get_by_role("button", name="发送", exact=True).click()
    pace.taps()
    pace.taps()
    me.hears("绑定成功")


def test_newcomer_is_bound_within_a_minute(
    here: Settings, database: Database, platform: Platform, store: redis.Redis, browser: Browser
) -> None:
    """Real taps and real answers; what a person of sixty needs to read and to type is added to them."""
    (license_id,) = ledger(database)
    me, pace = phone_of(browser, platform, follows=False), Pace()
    started = perf_counter()
    me.chat.locator("#follow").click()
    pace.taps()
    me.hears("欢迎关注")
    pace.reads(me, "点一下也行")
    bind_by_code(me, here, database, store, pace)
    machine = perf_counter() - started
    assert bound(database) == {(ME, license_id)}
    waited_for_sms = 5.0
    assert pace.reading + pace.doing + waited_for_sms <= 60, pace
    assert machine < 60, machine  # on a busy machine; a phone waits for each answer a tenth of a second


def test_agent_of_two_hundred_binds_all_by_a_tap_and_reads_one_table(
    here: Settings, database: Database, platform: Platform, store: redis.Redis, browser: Browser
) -> None:
    ids = ledger(database, holders=200)
    me = phone_of(browser, platform)
    me.say("帮助")
    bind_by_code(me, here, database, store)
    me.hears("还登记着 199 个持证人的 199 本证照")
    tap_word(me, "全部绑定")
    me.hears("又绑定了 199 本证照")
    assert bound(database) == {(ME, license_id) for license_id in ids}
    page = me.tap_link("一张表看全部")
    expect(page.locator("tbody tr")).to_have_count(50)
    page.get_by_role("link", name="下一页").click()
    page.get_by_role("link", name="示例051号药房有限公司").click()
    page.get_by_label("代理").check()
    page.get_by_role("button", name="保存").click()
    expect(page.locator("main")).to_contain_text("已保存。")
    with database.read() as session:
        roles = session.execute(select(Binding.license_id).where(Binding.role == BindRole.AGENT)).scalars()
        assert list(roles) == [ids[50]]
    send_what_is_due(here, database, store)
    assert len(platform.shown()) == 1  # two hundred licenses due, one message
    assert me.faults == []


def test_colleague_takes_over_and_the_one_who_leaves_hears_no_more(
    here: Settings, database: Database, platform: Platform, store: redis.Redis, browser: Browser
) -> None:
    license_id = bound_license(database)
    me = phone_of(browser, platform)
    me.say("交接")
    me.hears("接手的人")
    code = re.findall(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}", me.chat.locator("#chat").inner_text())[-1]
    colleague = phone_of(browser, platform, LI, name="李示例", phone="13800000002")
    colleague.say(f"邀请码 {code}")
    colleague.hears("再走一步就绑定好")
    tap_word(colleague, "同意")
    colleague.hears("绑定成功")
    assert bound(database) == {(LI, license_id)}
    send_what_is_due(here, database, store)
    assert [one["openid"] for one in platform.shown()] == [LI]
    me.say("我的证照")
    me.hears("您还没有绑定证照")


def test_wrong_phone_becomes_an_officers_call_and_ends_bound(
    here: Settings, database: Database, platform: Platform, browser: Browser
) -> None:
    (license_id,) = ledger(database)
    me = phone_of(browser, platform, phone="13900000009")
    me.say("收不到验证码")
    page = me.tap_link("填写申诉")
    page.get_by_label("证照编号").fill(NUMBER)
    page.get_by_label("您的姓名").fill("张示例")
    page.get_by_label("能打通的手机号").fill("13900000009")
    page.get_by_label("我看过隐私告知，同意").check()
    page.get_by_role("button", name="交给工作人员").click()
    expect(page.locator("h1")).to_have_text("已收到")
    assert bound(database) == set()
    with database.begin() as session:
        (case,) = session.execute(select(Appeal)).scalars()
        department_id = appointments.department_of(session, license_id)
        officer = builders.actor(builders.staff(session, department_id=department_id))
        note = "电话核对属实"
        verified = AppealClosing.VERIFIED
        binding.close_appeal(session, case.id, verified, note, actor=officer, now=clock.now())
    me.say("我的证照")
    me.hears("示例经营许可证")
    assert bound(database) == {(ME, license_id)}
    assert me.faults == []


def test_engineer_without_wechat_reads_the_page_asked_for_in_english(
    here: Settings, database: Database, platform: Platform, store: redis.Redis, browser: Browser
) -> None:
    """A link that was forwarded, opened in an ordinary browser, without scripts."""
    (license_id,) = ledger(database)
    context = browser.new_context(viewport=POCKET, locale="en-GB", java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{here.wxbot_url}/h5/licenses/{license_id}")
    expect(page.locator("h1")).to_have_text("First, who are you?")
    page.get_by_role("link", name="Get a code by SMS").click()
    page.get_by_label("Licence number").fill(NUMBER)
    page.get_by_label("I have read the privacy notice").check()
    page.get_by_role("button", name="Next: get the code").click()
    send_codes(here, database, store)
    (code,) = re.findall(r"(?<!\d)\d{6}(?!\d)", platform.shown("sms")[-1]["content"])
    page.get_by_label("Code of 6 digits").fill(code)
    page.get_by_role("button", name="Next: bind").click()
    expect(page).to_have_url(f"{here.wxbot_url}/h5/licenses/{license_id}")
    expect(page.locator("h1")).to_contain_text("示例经营许可证")
    ((openid, _),) = bound(database)
    assert openid.startswith("phone-")
