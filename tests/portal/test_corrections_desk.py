"""The desk of corrections: choose, look, confirm by the number of people, and follow what became of it."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from reminders import clock, corrections
from reminders.corrections import Batch
from reminders.rules.lifecycle import BatchKind, CallOutcome, Channel, DeliveryState, Purpose
from reminders.tables.audit import AuditEntry
from reminders.tables.corrections import Correction
from reminders.tables.deliveries import Delivery, DeliveryItem, PlannerRun, Reminder
from reminders.tables.holders import Contact
from reminders.tables.ledger import License
from tests import builders, builders_queue
from tests.builders import CLOCK
from tests.builders_corrections import WORDS
from tests.portal.conftest import FOOD, Portal, Visitor

BY_PHONE, WAITING = 1, 2  # the first of the three food licenses was told in WeChat


def wrong_run(portal: Portal) -> int:
    """Of three food licenses one was told in WeChat, one by phone, and one still waits."""
    now = clock.now()
    today = clock.civil_date(now)
    with portal.database.begin() as session:
        run = PlannerRun(for_day=today, started_at=now, finished_at=now, counts='{"reminders": 3}')
        session.add(run)
        session.flush()
        food = session.execute(select(License).where(License.catalogue_entry_id == FOOD).order_by(License.id))
        for number, row in enumerate(food.scalars().all()):
            person = builders.follower(session)
            builders.binding(session, license_id=row.id, follower_id=person.id)
            message = builders_queue.delivery(
                session, follower=person, licenses=0, for_day=today, next_at=now
            )
            item = builders_queue.add_item(session, message, row)
            session.get_one(Reminder, item.reminder_id).run_id = run.id
            if number == BY_PHONE:
                contact = session.get_one(Contact, row.contact_id)
                message.channel, message.follower_id, message.contact_id = Channel.PHONE, None, contact.id
                message.recipient_hash, message.outcome = contact.phone_hash, CallOutcome.TOLD
                item.channel, item.recipient_ref = Channel.PHONE, f"c{contact.id}"
            if number != WAITING:
                message.state, message.intent_at, message.final_at = DeliveryState.DELIVERED, now, now
                message.accepted_at = now
        return run.id


def confirmed(visitor: Visitor, run_id: int, people: int, words: str = WORDS) -> str:
    visitor.get(f"/staff/corrections/preview?batch=run&run={run_id}")
    values = {"batch": "run", "run": run_id, "words": words, "people": people, "stop": "yes"}
    return visitor.post("/staff/corrections/", values)


def to_call(portal: Portal) -> int:
    by_phone = (Delivery.purpose == Purpose.CORRECTION, Delivery.channel == Channel.PHONE)
    with portal.database.read() as session:
        return session.execute(select(Delivery.id).where(*by_phone)).scalar_one()


def test_empty_desk_says_so(portal: Portal) -> None:
    lead = portal.signed_in("zhao")
    page = lead.get("/staff/corrections/")
    assert "还没有发过更正" in page and "还没有发过提醒" in page and "还没有导入过台账" in page
    assert "现在没有要人工更正的人" in lead.get("/staff/corrections/by-hand")
    day = clock.civil_date(clock.now())
    assert "没有要更正的人" in lead.get(f"/staff/corrections/preview?batch=day&on={day}&entry={FOOD}")


def test_lead_looks_confirms_and_follows(portal: Portal) -> None:
    run_id = wrong_run(portal)
    lead = portal.signed_in("zhao")
    assert f"第 {run_id} 次" in lead.get("/staff/corrections/")
    page = lead.get(f"/staff/corrections/preview?batch=run&run={run_id}")
    assert "收到过的有 2 人" in page and "还没有人收到的 1 个提醒" in page and "示例0号食品有限公司" in page
    page = confirmed(lead, run_id, 2)
    assert (
        "已确认" in page
        and WORDS in page
        and "1 条要人工更正" in page
        and "取消还没有人收到的提醒 1 个" in page
    )
    assert "没有再发" in confirmed(lead, run_id, 2)
    assert WORDS in lead.get("/staff/corrections/")
    with portal.database.read() as session:
        found = session.execute(select(Delivery.channel).where(Delivery.purpose == Purpose.CORRECTION))
        assert sorted(found.scalars()) == [Channel.PHONE, Channel.WECHAT]
        entry = session.execute(select(AuditEntry).where(AuditEntry.action == "correction.send")).scalar_one()
        assert entry.actor.startswith("staff:")


@pytest.mark.parametrize(
    ("people", "words", "told"), [(3, WORDS, "现在要更正的是 2 人"), (2, "错了", "5 到 20 个字")]
)
def test_wrong_number_or_words_lead_back_to_the_numbers(
    portal: Portal, people: int, words: str, told: str
) -> None:
    run_id = wrong_run(portal)
    lead = portal.signed_in("zhao")
    assert told in confirmed(lead, run_id, people, words)
    assert lead.path == "/staff/corrections/preview"
    with portal.database.read() as session:
        assert session.execute(select(Correction)).first() is None


def test_form_without_its_token_sends_nothing(portal: Portal) -> None:
    run_id = wrong_run(portal)
    lead = portal.signed_in("zhao")
    values = {"batch": "run", "run": run_id, "words": WORDS, "people": 2}
    lead.client.post("/staff/corrections/", data=values)
    with portal.database.read() as session:
        assert session.execute(select(Correction)).first() is None


def test_officer_and_other_departments_cannot_send(portal: Portal) -> None:
    run_id = wrong_run(portal)
    officer = portal.signed_in("wang")
    officer.get(f"/staff/corrections/preview?batch=run&run={run_id}")
    assert officer.status == 403
    stranger = portal.signed_in("qian")
    assert "没有要更正的人" in stranger.get(f"/staff/corrections/preview?batch=run&run={run_id}")
    confirmed(portal.signed_in("zhao"), run_id, 2)
    assert WORDS in officer.get("/staff/corrections/") and WORDS not in stranger.get("/staff/corrections/")
    assert "现在没有要人工更正的人" in stranger.get("/staff/corrections/by-hand")
    with portal.database.read() as session:
        number = session.execute(select(Correction.id)).scalar_one()
    stranger.get(f"/staff/corrections/{number}")
    assert stranger.status == 404


def test_who_was_told_by_phone_is_called_again(portal: Portal) -> None:
    confirmed(portal.signed_in("zhao"), wrong_run(portal), 2)
    officer = portal.signed_in("wang")
    assert "要人工更正" in officer.get("/staff/")
    page = officer.get("/staff/corrections/by-hand")
    assert "照着说" in page and WORDS in page and "138＊＊＊＊0101" in page and "13800000101" not in page
    with portal.database.read() as session:
        waiting = select(Delivery.id).where(
            Delivery.purpose == Purpose.CORRECTION, Delivery.channel == "phone"
        )
        number = session.execute(waiting).scalar_one()
    assert "13800000101" in officer.post(f"/staff/corrections/by-hand/{number}/phone")
    assert "请选出结果" in officer.post(f"/staff/corrections/by-hand/{number}", {"outcome": "x"})
    assert "已记录" in officer.post(f"/staff/corrections/by-hand/{number}", {"outcome": "told"})
    assert "现在没有要人工更正的人" in officer.get("/staff/corrections/by-hand")
    officer.get("/staff/")
    assert "已经处理过了" in officer.post(f"/staff/corrections/by-hand/{number}", {"outcome": "told"})


def test_call_that_fails_becomes_a_letter_and_a_letter_that_fails_stays_in_view(portal: Portal) -> None:
    confirmed(portal.signed_in("zhao"), wrong_run(portal), 2)
    officer = portal.signed_in("wang")
    officer.get("/staff/corrections/by-hand")
    with portal.database.read() as session:
        waiting = select(Delivery.id).where(
            Delivery.purpose == Purpose.CORRECTION, Delivery.channel == "phone"
        )
        number = session.execute(waiting).scalar_one()
    officer.post(f"/staff/corrections/by-hand/{number}", {"outcome": "wrong_number"})
    page = officer.get("/staff/corrections/by-hand")
    assert "照着写" in page and "更正函已寄出" in page
    with portal.database.begin() as session:
        letter = session.execute(select(Delivery).where(Delivery.channel == Channel.LETTER)).scalar_one()
        letter.state, letter.final_at = DeliveryState.REFUSED, clock.now()
    assert "没有渠道了" in officer.get("/staff/corrections/by-hand")
    assert "已记录" in officer.post(f"/staff/corrections/by-hand/{letter.id}", {"outcome": "told"})
    with portal.database.read() as session:
        books = corrections.books_of(session, session.execute(select(Correction.id)).scalar_one())
    assert sum(one.imbalance for one in books) == 0


def test_blocked_correction_is_among_the_stuck_messages(portal: Portal) -> None:
    confirmed(portal.signed_in("zhao"), wrong_run(portal), 2)
    with portal.database.begin() as session:
        session.execute(
            update(Delivery)
            .where(Delivery.purpose == Purpose.CORRECTION, Delivery.channel == Channel.WECHAT)
            .values(state=DeliveryState.BLOCKED, state_reason="wechat:correction")
        )
    page = portal.signed_in("wang").get("/staff/books/stuck")
    assert "微信更正模板有误" in page and "示例0号食品有限公司" in page
    assert "示例0号食品有限公司" not in portal.signed_in("qian").get("/staff/books/stuck")


def test_day_and_kind_find_the_same_people(portal: Portal) -> None:
    wrong_run(portal)
    today = clock.civil_date(clock.now())
    with portal.database.read() as session:
        for day, people in ((today, 2), (today - timedelta(days=1), 0)):
            batch = Batch(BatchKind.DAY, on=day, entry_id=FOOD)
            assert corrections.preview(session, batch, actor=CLOCK).people == people
        assert session.execute(select(DeliveryItem.id)).first() is not None
