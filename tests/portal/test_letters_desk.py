"""The letter desk lists whom to write to, prints the letter, and records what became of it."""

import re
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from reminders import clock
from reminders.rules.lifecycle import (
    Channel,
    DateKind,
    DeliveryState,
    Purpose,
    ReminderState,
    Stage,
)
from reminders.tables.deliveries import Delivery, DeliveryItem, Reminder
from reminders.tables.ledger import License
from tests.portal.conftest import Portal, Visitor

DESK = "/staff/letters/"
NUMBER = "1234567890123"


def letter(session: Session) -> int:
    """A letter about the first license of the food kind."""
    now = clock.now()
    row = session.execute(select(License).order_by(License.id)).scalars().first()
    assert row is not None
    assert row.expires_on is not None
    reminder = Reminder(
        license_id=row.id,
        date_kind=DateKind.MAIN,
        expires_on=row.expires_on,
        stage=Stage.FIRST,
        due_on=clock.civil_date(now),
        state=ReminderState.OPEN,
        created_at=now,
    )
    delivery = Delivery(
        purpose=Purpose.REMINDER,
        channel=Channel.LETTER,
        holder_id=row.holder_id,
        recipient_hash=f"h{row.holder_id}",
        for_day=clock.civil_date(now),
        state=DeliveryState.READY,
        next_at=now,
        created_at=now,
    )
    session.add_all([reminder, delivery])
    session.flush()
    session.add(
        DeliveryItem(
            delivery_id=delivery.id,
            reminder_id=reminder.id,
            channel=Channel.LETTER,
            recipient_ref=f"h{row.holder_id}",
        )
    )
    session.flush()
    return delivery.id


def posted(portal: Portal, officer: Visitor, delivery_id: int, number: str = NUMBER) -> str:
    """By the desks: the officer submits the one letter, the lead signs it, the officer posts it."""
    officer.get(DESK)
    officer.post(f"{DESK}batches/", {"letter": delivery_id})
    batch = officer.path
    lead = portal.signed_in("zhao")
    lead.get(batch)
    assert "已签发并编号 1 封" in lead.post(f"{batch}/issue")
    (field,) = re.findall(r'name="(tracking_\d+)"', officer.get(batch))
    return officer.post(f"{batch}/posted", {field: number, "posted_on": f"{clock.civil_date(clock.now())}"})


def test_letter_is_printed_posted_and_signed_for(portal: Portal) -> None:
    with portal.database.begin() as session:
        delivery_id = letter(session)
    today = clock.civil_date(clock.now())
    officer = portal.signed_in("wang")
    assert "待寄的函" in officer.get("/staff/")
    assert "示例0号食品有限公司" in officer.get(DESK)
    paper = officer.get(f"{DESK}{delivery_id}")
    for words in (
        "证照到期提醒函",
        "示例0号食品有限公司",
        "办理地点",
        "服务电话",
        "提交材料",
        "校验码",
        "草稿，未签发",
    ):
        assert words in paper
    assert "请填写邮件号码" in posted(portal, officer, delivery_id, number="1")
    (field,) = re.findall(r'name="(tracking_\d+)"', officer.get(officer.path))
    batch = officer.path
    assert "请填写日期" in officer.post(f"{batch}/posted", {field: NUMBER, "posted_on": "昨天"})
    assert "已登记寄出 1 封" in officer.post(f"{batch}/posted", {field: NUMBER, "posted_on": f"{today}"})
    assert "现在没有要寄的函" in officer.get(DESK)
    assert NUMBER in officer.get(f"{DESK}posted")
    early = {"received_on": f"{today - timedelta(days=1)}"}
    assert "签收日期应在" in officer.post(f"{DESK}{delivery_id}/received", early)
    page = officer.post(f"{DESK}{delivery_id}/received", {"received_on": f"{today}"})
    assert "已登记签收" in page
    assert "没有寄出后等签收的函" in page
    with portal.database.read() as session:
        assert session.get_one(Delivery, delivery_id).state is DeliveryState.DELIVERED


def test_returned_letter_is_told_as_such(portal: Portal) -> None:
    with portal.database.begin() as session:
        delivery_id = letter(session)
        row = session.execute(select(License).order_by(License.id)).scalars().first()
        assert row is not None
        row.contact_id = None
    officer = portal.signed_in("wang")
    posted(portal, officer, delivery_id)
    officer.get(f"{DESK}posted")
    assert "已登记退信" in officer.post(f"{DESK}{delivery_id}/returned", {"note": "迁移新址不明"})
    assert "函件被退回" in officer.get("/staff/worklist/untold")


def test_other_department_has_no_such_letter(portal: Portal) -> None:
    with portal.database.begin() as session:
        delivery_id = letter(session)
    stranger = portal.signed_in("qian")
    assert "现在没有要寄的函" in stranger.get(DESK)
    assert "没有找到" in stranger.get(f"{DESK}{delivery_id}")


def test_books_and_check_page_speak_of_a_posted_letter(portal: Portal) -> None:
    with portal.database.begin() as session:
        delivery_id = letter(session)
    today = clock.civil_date(clock.now())
    officer = portal.signed_in("wang")
    paper = officer.get(f"{DESK}{delivery_id}")
    found = re.search(r"校验码 (\w{5}-\w{5})", paper)
    assert found
    reader = portal.visitor()
    assert "没有查到这个校验码" in reader.get(f"/check/{found[1]}")
    posted(portal, officer, delivery_id)
    told = reader.get(f"/check/{found[1]}")
    assert "函告" in told
    assert "食品生产许可证" in told
    assert "已寄出，等待签收" in officer.get(f"/staff/books/messages?on={today}&channel=letter")


def test_single_letter_leaves_only_with_the_signature_of_another(either_portal: Portal) -> None:
    """Duty: a lead approves letters. Nobody, not even a lead, signs what they submitted."""
    with either_portal.database.begin() as session:
        delivery_id = letter(session)
    lead = either_portal.signed_in("zhao")
    page = lead.get(DESK)
    assert "单独送签" in page
    assert "登记寄出</button>" not in page
    lead.post(f"{DESK}{delivery_id}/posted", {"tracking_no": NUMBER})
    assert lead.status == 404
    lead.get(DESK)
    lead.post(f"{DESK}batches/", {"letter": delivery_id})
    batch = lead.path
    assert "拟稿的人不能自己签发" in lead.post(f"{batch}/issue")
    assert 'name="tracking_' not in lead.get(batch)
    assert "还没有签发" in lead.post(f"{batch}/file", {"kind": "pdf"})
    with either_portal.database.read() as session:
        assert session.get_one(Delivery, delivery_id).state is DeliveryState.READY
