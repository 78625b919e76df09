"""今日工作: every number opens its queue, what is overdue stands first, and what was done is counted."""

from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from reminders import alarms, clock, feedback, page_reports
from reminders.rules.lifecycle import AlarmKind, DeliveryState
from reminders.rules.service_words import FeedbackAbout
from reminders.tables.deliveries import Delivery, DeliveryItem, Reminder
from reminders.tables.staff import Absence, Staff
from reminders.tables.wordings import TemplateVersion
from tests import builders
from tests import builders_console as made
from tests.builders_console import Corner
from tests.portal.conftest import FOOD, Portal


def test_overdue_stands_first_and_work_done_is_counted(either_portal: Portal) -> None:
    corner = Corner(FOOD, "本科示例", clock.now())
    with either_portal.database.begin() as session:
        call = made.call(session, corner)
        session.get_one(Delivery, call).next_at = clock.now() - timedelta(days=2)
        made.answer(session, corner)
        made.reply(session, corner)
    officer = either_portal.signed_in("wang")
    page = officer.get("/staff/")
    assert "今天完成 0 件" in page
    assert page.index("待打电话") < page.index("预约与帮办")
    assert "超期 1" in page
    officer.get("/staff/worklist/")
    officer.post(f"/staff/worklist/{call}/outcome", {"outcome": "told"})
    page = officer.get("/staff/")
    assert "今天完成 1 件" in page
    assert "超期" not in page.partition("预约与帮办")[0].partition("待打电话")[2]
    assert "今天完成 0 件" in either_portal.signed_in("zhao").get("/staff/")


def test_every_number_opens_its_queue(portal: Portal) -> None:
    officer = portal.signed_in("wang")
    page = officer.get("/staff/")
    links = [part.partition('href="')[2].partition('"')[0] for part in page.split("<a data-row")[1:]]
    assert len(links) == 17
    for link in links:
        officer.get(link)
        assert officer.status == 200, link


def test_what_waits_for_a_decision_stands_before_whoever_may_decide(either_portal: Portal) -> None:
    corner = Corner(FOOD, "待定示例", clock.now())
    with either_portal.database.begin() as session:
        made.unsigned_batch(session, corner)
        made.proposed_template(session, corner)
        order = made.order(session, corner)
        made.answered_order(session, corner)
        untold = made.call(session, corner)
        session.get_one(Delivery, untold).state = DeliveryState.UNDELIVERABLE
        asked = select(DeliveryItem.reminder_id).where(DeliveryItem.delivery_id == untold)
        session.get_one(Reminder, session.execute(asked).scalar_one()).has_no_channel = True
    waits = {
        "wang": ("整改通知待回复", "没有联系方式"),
        "zhao": ("函告待签发", "模板待审核", "整改通知待回复", "没有联系方式"),
        "sun": ("模板待审核", "整改回复待办结", "没有联系方式"),
        "qian": ("模板待审核",),
    }
    for login, queues in waits.items():
        page = either_portal.signed_in(login).get("/staff/").partition('class="idle"')[0]
        found = {text for texts in waits.values() for text in texts if f"</span>{text}" in page}
        assert found == set(queues), login
    officer = either_portal.signed_in("wang")
    officer.get("/staff/inspections/")
    officer.post(f"/staff/inspections/orders/{order}/answer", {"reply": "已改"})
    assert "今天完成 1 件" in officer.get("/staff/")
    with either_portal.database.begin() as session:
        session.execute(update(TemplateVersion).values(made_by=f"staff:{_id(session, 'qian')}"))
    page = either_portal.signed_in("qian").get("/staff/").partition('class="idle"')[0]
    assert "模板待审核" not in page


def test_what_holders_and_readers_say_is_counted_for_who_may_handle_it(either_portal: Portal) -> None:
    now = clock.now()
    with either_portal.database.begin() as session:
        corner = Corner(FOOD, "意见示例", now)
        row, person = made.license(session, corner), builders.follower(session)
        builders.binding(session, license_id=row.id, follower_id=person.id)
        for about in (row.id, None):
            feedback.give(session, person.id, FeedbackAbout.MISTAKE, None, "电话写错了", about, now=now)
        made.report(session, corner)
        page_reports.report(session, "首页打不开", asker="示例", now=now)
    counts = {"wang": (2, 1), "qian": (1, None), "zhou": (None, 2), "sun": (None, None)}
    for login, expected in counts.items():
        page = either_portal.signed_in(login).get("/staff/")
        assert (_number(page, "评价和纠错"), _number(page, "读者更正")) == expected, login
    officer = either_portal.signed_in("wang")
    assert officer.get("/staff/feedback/").count('class="sheet" data-row') == 2
    page = officer.get("/staff/page-reports/")
    assert page.count("已处理</button>") == 1
    close = page.partition('action="/staff/page-reports')[2].partition('"')[0]
    officer.post(f"/staff/page-reports{close}")
    assert _number(officer.get("/staff/"), "读者更正") is None


def _number(page: str, text: str) -> int | None:
    """The number that stands before a queue with something in it."""
    number = page.partition(f"</span>{text}")[0].rpartition(">")[2]
    return int(number) if f"</span>{text}" in page else None


def _id(session: Session, login: str) -> int:
    return session.execute(select(Staff.id).where(Staff.login == login)).scalar_one()


def test_alarms_of_supervision_stand_on_the_first_page(either_portal: Portal) -> None:
    """A missing ledger, an absent officer, a department without one, and a run that is too old."""
    later = clock.now() + timedelta(hours=27)
    with either_portal.database.begin() as session:
        person = session.execute(select(Staff).where(Staff.login == "wang")).scalar_one()
        today = clock.civil_date(later)
        session.add(
            Absence(
                staff_id=person.id,
                from_on=today,
                until_on=today,
                created_by="staff:1",
                created_at=clock.now(),
            )
        )
        session.flush()
        ringing = alarms.watch(session, now=later)
    wanted = {AlarmKind.LEDGER_MISSING, AlarmKind.OFFICER_ABSENT, AlarmKind.PLANNER_MISSING}
    wanted |= {AlarmKind.OFFICER_MISSING}
    assert wanted <= set(ringing)
    page = either_portal.signed_in("sun").get("/staff/")
    for told in (
        "社会民生科、",
        "台账里还没有证照",
        "wang示例（市场准入二科）今天不在岗，没有人代办",
        "没有提醒专员，电话、函告和短信没有人做",
        "提醒计划从未运行",
    ):
        assert told in page, told
