"""Steps of the night: plan, push, receipt, the page behind the message, the brake, a flushed Redis."""

import re
import time
from datetime import date, timedelta
from typing import Any

import redis

from sandbox import check_holder, sample_ledger
from sandbox.check_trip import DATE, Trip, Unexpected, expect, expect_not, shown, until

CHECK_CODE = re.compile(r"\b[0-9A-Z]{5}-[0-9A-Z]{5}\b")
QUIET_S = 4  # the clock rings every second: what does not come in four does not come


def plan_before_anybody_came(trip: Trip) -> str:
    """Whoever binds later must still be told: by then the reminders wait as calls."""
    report = trip.reminders("plan")
    return " ".join(report.split())[:100]


def receive_reminder(trip: Trip) -> str:
    holder = trip.holder(0)
    message = until("the template message", holder.messages, within_s=40)[0]
    text = _words(message)
    expect(text, "药品经营许可证")
    trip.reminder_url = message["url"]
    dates = sorted(set(DATE.findall(text)))
    if not dates:
        raise Unexpected(f"no date in the message: {text}")
    trip.apply_by = dates[0]
    return f"one template message, apply by {trip.apply_by}: {text}"


def dates_agree(trip: Trip) -> str:
    """The message, the chat and `reminders explain` must name the same last day, and a lawful one."""
    row = trip.holder(0).row
    told = trip.reminders("explain", row.license_no)
    chat = trip.holder(0).say(row.license_no)
    expect(told, trip.apply_by)
    expect(chat, trip.apply_by)
    legal = _months_before(row.expires_on, 2)  # 药品经营和使用质量监督管理办法: two months before the end
    moved = (legal - date.fromisoformat(trip.apply_by)).days
    if not 0 <= moved <= 9:  # a rest day moves it earlier, by the longest holiday at most
        raise Unexpected(f"apply_by is {trip.apply_by}, two months before {row.expires_on} is {legal}")
    return f"message, chat and explain agree on {trip.apply_by}; two months before expiry is {legal}"


def code_is_confirmed(trip: Trip) -> str:
    """Message, chat, license page and portal agree on the check code; a wrong one is confirmed nowhere."""
    holder, portal = trip.holder(0), trip.started.place.portal_url
    code = next(iter(CHECK_CODE.findall(_words(holder.messages()[0]))), "")
    if not code:
        raise Unexpected(f"no check code in the message: {_words(holder.messages()[0])}")
    expect(holder.say(f"核验 {code}"), code, "是我们发的", holder.row.license_name, "就是您这个微信号")
    expect(holder.open(trip.reminder_url).text, code)
    page = trip.public.get(f"{portal}/check/?code={code.lower().replace('-', '')}")
    expect(page.text, code, "是我们发的", holder.row.license_name)
    expect_not(page.text, holder.row.holder, holder.row.license_no)
    wrong = code[:-1] + ("7" if code[-1] != "7" else "8")
    expect(holder.say(wrong), "没有查到")
    expect(trip.public.get(f"{portal}/check/{wrong}").text, "可能是冒充信息")
    return f"{code} is confirmed by bot and portal, {wrong} is not; the portal names no holder"


def receipt_is_recorded(trip: Trip) -> str:
    row = trip.holder(0).row
    told = until(
        "the receipt",
        lambda: next(
            (text for text in (trip.reminders("explain", row.license_no),) if "delivered" in text), ""
        ),
        within_s=90,
    )
    line = next(line for line in told.splitlines() if "delivered" in line)
    return f"TEMPLATESENDJOBFINISH is matched: {line.strip()}"


def open_page(trip: Trip) -> str:
    holder = trip.holder(0)
    page = holder.open(trip.reminder_url)
    if page.status != 200:
        raise Unexpected(f"{page.url}: {page.status} {page.text[:300]}")
    expect(page.text, f"{holder.row.expires_on}", trip.apply_by, "办理地点", "服务电话", "材料")
    if holder.openid in page.url or holder.row.phone in page.source:
        raise Unexpected("the page or its address shows an openid or a phone")
    return "through OAuth to the license page: expiry, window, counter, phone, materials"


def stranger_sees_nothing(trip: Trip) -> str:
    page = trip.holder(1).open(trip.reminder_url)
    if trip.holder(0).row.holder in page.text:
        raise Unexpected(f"a stranger who opens the link reads: {page.text[:300]}")
    return f"the same link opened by somebody else shows nothing ({page.status})"


def notice_without_following(trip: Trip) -> str:
    """Bound, agreed, and gone again: what waited as a call comes as a subscription notice, once."""
    holder = trip.holder(1)
    check_holder.bind(holder)
    holder.act("unfollow")
    holder.act("accept")
    message = until("the subscription notice", lambda: holder.messages("notice"), within_s=40)[0]
    told = until(
        "its receipt",
        lambda: next(
            (t for t in (trip.reminders("explain", holder.row.license_no),) if "delivered" in t), ""
        ),
        within_s=90,
    )
    line = next(line for line in told.splitlines() if "delivered" in line)
    if (len(holder.messages("notice")), len(holder.messages())) != (1, 0):
        raise Unexpected(f"{holder.messages()} {holder.messages('notice')}")
    return f"{_words(message)}; {line.strip()}"


def prompts_arrive(trip: Trip) -> str:
    """The department whose method is the business system has its holders told there, each prompt once."""
    base = trip.started.place.sandbox_url
    found = until("a prompt", lambda: [one for one in shown(base) if one["channel"] == "prompt"], within_s=40)
    page = trip.public.get(f"{base}/business-system").text
    expect(page, "综合事务科", found[0]["content"]["licenses"][0]["license_no"], found[0]["msgid"])
    ids = [one["client_msg_id"] for one in found]
    if len(set(ids)) != len(ids):
        raise Unexpected(f"a prompt is shown twice: {ids}")
    return f"{len(ids)} prompts on the page of the business system"


def plan_again(trip: Trip) -> str:
    before = len(trip.holder(0).messages())
    report = trip.reminders("plan")
    time.sleep(QUIET_S)
    after = len(trip.holder(0).messages())
    if (before, after) != (1, 1):
        raise Unexpected(f"{before} messages before the second planning, {after} after it")
    return f"planned again, still one message ({' '.join(report.split())[:80]})"


def stop_sending(trip: Trip) -> str:
    """With the brake on, a correction makes a bound license due, and nothing leaves."""
    holder = trip.holder(3)
    check_holder.bind(holder)
    trip.reminders("sending", "stop", "--reason", "演练")
    row = holder.row
    due = trip.started.sample.today + timedelta(days=50)
    path = trip.started.place.folder / "更正.xlsx"
    sample_ledger.write(path, [sample_ledger.corrected(row, due)])
    trip.reminders("ledger", "import", str(path), "--accept")
    trip.reminders("plan")
    time.sleep(QUIET_S)
    if holder.messages():
        raise Unexpected(f"a message left although sending is stopped: {holder.messages()}")
    return f"stopped; a correction makes {row.license_no} due, and nothing leaves for {QUIET_S} s"


def answer_stops_it(trip: Trip) -> str:
    """The reminder waits; after one word it does not leave, although sending starts again."""
    holder = trip.holder(3)
    expect(holder.say("已提交"), "已记下", "撤回")
    trip.reminders("sending", "start")
    time.sleep(QUIET_S)
    if holder.messages():
        raise Unexpected(f"a message left although the holder said 已提交: {holder.messages()}")
    expect(holder.say("我的证照"), "办理中")
    return f"已提交 stops the waiting reminder for {QUIET_S} s of sending; the license is 办理中"


def flush_and_take_back(trip: Trip) -> str:
    """Redis forgets everything, the answer is taken back: the reminder still comes, once."""
    holder = trip.holder(3)
    client = redis.Redis.from_url(trip.started.place.environ["REDIS_URL"])
    client.flushall()
    client.close()
    expect(holder.say("撤回"), "已撤回")
    message = until("the reminder after FLUSHALL", holder.messages, within_s=40)[0]
    time.sleep(QUIET_S)
    if len(holder.messages()) != 1:
        raise Unexpected(f"{len(holder.messages())} messages instead of one")
    return f"FLUSHALL lost nothing: {_words(message)}"


def _words(message: dict[str, Any]) -> str:
    fields = message["content"]["fields"]
    return "；".join(f"{one['label']} {one['value']}" for one in fields)


def _months_before(on: date, months: int) -> date:
    """The same day that many months before, or the month's last day."""
    month = on.year * 12 + on.month - 1 - months
    for day in range(on.day, 27, -1):
        try:
            return date(month // 12, month % 12 + 1, day)
        except ValueError:
            continue
    return date(month // 12, month % 12 + 1, on.day)
