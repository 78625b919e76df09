"""The books, the stuck messages, the alarms and the held run, as staff see them."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from reminders import alarms, brakes, clock, deliveries, planning
from reminders.rules.lifecycle import AlarmKind, Channel, DeliveryState
from reminders.rules.permissions import system
from reminders.tables.deliveries import Circuit, Delivery, Reminder
from reminders.tables.ledger import License
from tests import builders
from tests.portal.conftest import FOOD, Portal


def stranded_message(portal: Portal, state: DeliveryState) -> int:
    """A planned message to the first food license, in this state."""
    now = clock.now()
    with portal.database.begin() as session:
        row = session.execute(select(License).order_by(License.id)).scalars().first()
        assert row is not None
        builders.binding(session, license_id=row.id)
        planning.plan(
            session,
            clock.civil_date(now) + timedelta(days=1),
            sending_hours=(now.min.time(), now.max.time()),
            actor=system("test"),
            now=now,
        )
        message = session.execute(select(Delivery).where(Delivery.channel == Channel.WECHAT)).scalar_one()
        session.execute(
            update(Delivery)
            .where(Delivery.id == message.id)
            .values(state=state, for_day=clock.civil_date(now), state_reason="wechat:single")
        )
        return message.id


def test_empty_books_say_so(portal: Portal) -> None:
    page = portal.signed_in("wang").get("/staff/books/")
    assert "这一天没有计划任何消息" in page
    assert "未到提醒日" in page
    assert "没有发送失败的消息" in portal.signed_in("wang").get("/staff/books/stuck")


def test_message_without_a_next_step_is_named_and_opened(portal: Portal) -> None:
    stranded_message(portal, DeliveryState.UNDELIVERABLE)
    officer = portal.signed_in("wang")
    page = officer.get("/staff/books/")
    assert "不平，差 1 条" in page
    on = clock.civil_date(clock.now())
    rows = officer.get(f"/staff/books/messages?on={on}&channel=wechat&column=stranded")
    assert "示例0号食品有限公司" in rows
    assert "送不到" in rows
    assert "没有这样的消息" in portal.signed_in("qian").get(f"/staff/books/messages?on={on}")
    people = officer.get("/staff/books/people?state=failed_next_step&only=stranded")
    assert "示例0号食品有限公司" in people
    assert officer.get("/staff/books/?on=bad")
    assert officer.status == 400


def test_message_in_review_is_settled_by_a_person(portal: Portal) -> None:
    delivery_id = stranded_message(portal, DeliveryState.REVIEW)
    officer, stranger = portal.signed_in("wang"), portal.signed_in("qian")
    assert "示例0号" not in stranger.get("/staff/books/stuck")
    stranger.post(f"/staff/books/stuck/{delivery_id}", {"received": "yes"})
    assert "对方收到了" in officer.get("/staff/books/stuck")
    assert "已记录" in officer.post(f"/staff/books/stuck/{delivery_id}", {"received": "yes"})
    with portal.database.read() as session:
        row = session.get_one(Delivery, delivery_id)
        assert (row.state, row.state_reason) == (DeliveryState.DELIVERED, "asked")
    assert "已不在待核对" in officer.post(f"/staff/books/stuck/{delivery_id}", {"received": "no"})


@pytest.mark.parametrize("login", ["wang", "sun"])
def test_blocked_message_names_the_fault_and_the_next_step(portal: Portal, login: str) -> None:
    stranded_message(portal, DeliveryState.BLOCKED)
    page = portal.signed_in(login).get("/staff/books/stuck")
    assert "微信单条提醒模板有误" in page
    assert ("请业务科或管理员" in page) == (login == "wang")


def test_alarm_is_shown_on_the_first_page_until_it_ends(portal: Portal) -> None:
    now = clock.now()
    with portal.database.begin() as session:
        alarms.tell(session, AlarmKind.CLOCK_DIFFERS, "示例警报，请查看。", now=now)
    officer = portal.signed_in("wang")
    page = officer.get("/staff/")
    assert "示例警报" in page
    with portal.database.read() as session:
        (one,) = alarms.open_alarms(session)
    assert "wang示例 已看到" in officer.post(f"/staff/alarms/{one.id}/seen")
    with portal.database.begin() as session:
        alarms.tell(session, AlarmKind.CLOCK_DIFFERS, None, now=now)
    assert "示例警报" not in officer.get("/staff/")


def test_held_run_is_confirmed_or_discarded_in_the_console(portal: Portal) -> None:
    now = clock.now()
    today = clock.civil_date(now)
    with portal.database.begin() as session:
        for row in session.execute(select(License).where(License.catalogue_entry_id == FOOD)).scalars():
            row.next_due_on = today
            builders.binding(session, license_id=row.id)
        held = planning.plan(
            session,
            today,
            sending_hours=(now.min.time(), now.max.time()),
            actor=system("clock"),
            now=now,
            cap=1,
        )
        assert held.is_held
        alarms.watch(session, now=now)
    lead = portal.signed_in("sun")
    assert "等待确认" in lead.get("/staff/")
    page = lead.get("/staff/sending/")
    assert "数字无误，发出 3 条" in page
    assert "市场准入二科" in page
    assert "3 条消息进入队列" in lead.post(f"/staff/sending/runs/{held.run_id}/confirm")
    with portal.database.read() as session:
        assert len(session.execute(select(Reminder.id)).all()) == 3
    assert "已不在等待确认" in lead.post(f"/staff/sending/runs/{held.run_id}/discard")
    assert "等待确认" not in lead.get("/staff/")


def test_kill_switch_is_seen_through_every_door(portal: Portal) -> None:
    lead = portal.signed_in("sun")
    lead.get("/staff/sending/")
    assert "已停止全部发送" in lead.post("/staff/sending/stop", {"reason": "演练"})
    with portal.database.read() as session:
        assert not brakes.sending_is_on(session)
        assert session.execute(select(Circuit)).all() == []
    assert "发送已停止" in portal.signed_in("wang").get("/staff/")
    assert "已恢复发送" in lead.post("/staff/sending/start")


def test_metrics_tell_of_the_whole_installation(portal: Portal) -> None:
    stranded_message(portal, DeliveryState.BLOCKED)
    with portal.database.begin() as session:
        ringing = alarms.watch(session, now=clock.now())
    told = portal.app.test_client().get("/metrics").get_data(as_text=True)
    assert 'reminders_queue_messages{channel="wechat",state="blocked"} 1.0' in told
    assert 'reminders_alarm{kind="messages_stuck"} 1.0' in told
    assert f"reminders_alarms_open {len(ringing)}.0" in told
    assert "reminders_plan_age_seconds" in told
    assert "portal_answers_total" in told


def test_time_machine_shows_a_day_of_its_own_department_and_writes_nothing(portal: Portal) -> None:
    on = clock.civil_date(clock.now()) + timedelta(days=1)
    page = portal.signed_in("wang").get(f"/staff/plan/?on={on}")
    assert "示例0号食品有限公司" in page
    assert "电话" in page
    assert "到这一天没有新的提醒" in portal.signed_in("qian").get(f"/staff/plan/?on={on}")
    for told in ("全部 3", "电话 3", "提交申请", "每次计划上限", "2000 条消息", "没有接入短信平台", "开着"):
        assert told in page, told
    assert "没有联系渠道" not in page
    only = portal.signed_in("wang")
    assert "示例0号食品有限公司" in only.get(f"/staff/plan/?on={on}&channel=phone")
    assert "这一天没有这样的提醒" in only.get(f"/staff/plan/?on={on}&channel=none")
    with portal.database.begin() as session:
        deliveries.stop_sending(session, "演练停发", actor=builders.CLOCK, now=clock.now())
        session.execute(update(License).values(contact_id=None))
    page = only.get(f"/staff/plan/?on={on}&channel=none")
    for told in ("没有联系渠道 3", "已停止", "演练停发", "示例2号食品有限公司"):
        assert told in page, told
    with portal.database.read() as session:
        assert session.execute(select(Reminder.id)).all() == []
