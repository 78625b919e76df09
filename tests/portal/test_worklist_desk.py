"""The call desk shows whom to ring, keeps the full number behind a button, and records what came of it."""

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
from reminders.tables.audit import AuditEntry
from reminders.tables.deliveries import Delivery, DeliveryItem, Reminder
from reminders.tables.ledger import License
from tests.portal.conftest import Portal


def call(session: Session) -> int:
    """One call about the first license of the food kind."""
    now = clock.now()
    row = session.execute(select(License).order_by(License.id)).scalars().first()
    assert row is not None
    assert row.expires_on is not None
    reminder = Reminder(
        license_id=row.id,
        date_kind=DateKind.MAIN,
        expires_on=row.expires_on,
        stage=Stage.HUMAN,
        due_on=clock.civil_date(now),
        state=ReminderState.OPEN,
        created_at=now,
    )
    delivery = Delivery(
        purpose=Purpose.REMINDER,
        channel=Channel.PHONE,
        contact_id=row.contact_id,
        recipient_hash="x" * 64,
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
            channel=Channel.PHONE,
            recipient_ref=f"c{row.contact_id}",
        )
    )
    return delivery.id


def test_number_is_masked_until_asked_for_and_asking_is_recorded(portal: Portal) -> None:
    with portal.database.begin() as session:
        delivery_id = call(session)
    officer = portal.signed_in("wang")
    page = officer.get("/staff/worklist/")
    assert "示例0号食品有限公司" in page
    assert "138＊＊＊＊0100" in page
    assert "13800000100" not in page
    assert "13800000100" in officer.post(f"/staff/worklist/{delivery_id}/phone")
    assert "13800000100" not in officer.get("/staff/worklist/")
    with portal.database.read() as session:
        asked = session.execute(select(AuditEntry.actor).where(AuditEntry.action == "call.reveal_phone"))
        assert len(asked.all()) == 1


def test_outcome_closes_the_call(portal: Portal) -> None:
    with portal.database.begin() as session:
        delivery_id = call(session)
    officer = portal.signed_in("wang")
    assert "待打电话" in officer.get("/staff/")
    officer.get("/staff/worklist/")
    assert "请先选一个通话结果" in officer.post(f"/staff/worklist/{delivery_id}/outcome")
    page = officer.post(f"/staff/worklist/{delivery_id}/outcome", {"outcome": "told", "note": "本人已知"})
    assert "已记录" in page
    assert "现在没有要打的电话" in page
    officer.get("/staff/")
    assert "已经处理过了" in officer.post(f"/staff/worklist/{delivery_id}/outcome", {"outcome": "told"})


def test_other_department_has_no_such_call(portal: Portal) -> None:
    with portal.database.begin() as session:
        delivery_id = call(session)
    stranger = portal.signed_in("qian")
    assert "现在没有要打的电话" in stranger.get("/staff/worklist/")
    stranger.get("/staff/")
    assert "没有找到" in stranger.post(f"/staff/worklist/{delivery_id}/phone")


def test_sending_is_stopped_with_a_reason_and_every_desk_sees_it(portal: Portal) -> None:
    chief = portal.signed_in("sun")
    chief.get("/staff/sending/")
    assert "请写明停止发送的原因" in chief.post("/staff/sending/stop", {"reason": " "})
    assert "已停止" in chief.post("/staff/sending/stop", {"reason": "数据有误，正在核对"})
    assert "数据有误，正在核对" in portal.signed_in("wang").get("/staff/")
    chief.get("/staff/sending/")
    assert "正在发送" in chief.post("/staff/sending/start")
