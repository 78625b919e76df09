"""The desk of visits and of feedback: hours are set, the day's list is read, words are answered."""

from datetime import timedelta

from sqlalchemy import select

from reminders import appointments, clock, feedback
from reminders.rules.service_words import FeedbackAbout, Satisfaction
from reminders.tables.appointments import CounterHour
from reminders.tables.ledger import License
from tests import builders
from tests.portal.conftest import Portal


def holder_with_license(portal: Portal) -> tuple[int, int]:
    with portal.database.begin() as session:
        row = session.execute(select(License).order_by(License.id)).scalars().first()
        assert row is not None
        person = builders.follower(session)
        builders.binding(session, license_id=row.id, follower_id=person.id)
        return person.id, row.id


def test_hours_are_set_and_the_day_is_listed(portal: Portal) -> None:
    officer = portal.signed_in("wang")
    assert "这一天没有预约" in officer.get("/staff/appointments/")
    officer.get("/staff/appointments/hours")
    assert "第 1 行看不懂" in officer.post("/staff/appointments/hours", {"hours": "早上", "closed": ""})
    assert "看不懂" in officer.post("/staff/appointments/hours", {"hours": "", "closed": "明天"})
    page = officer.post("/staff/appointments/hours", {"hours": "9:00-10:00 2", "closed": ""})
    assert "已保存" in page
    assert "09:00-10:00 2" in page
    follower_id, license_id = holder_with_license(portal)
    with portal.database.begin() as session:
        day = appointments.offered(session, license_id, now=clock.now())[0]
        hour_id = session.execute(select(CounterHour.id)).scalar_one()
        visit = appointments.book(session, follower_id, license_id, day.on, hour_id, now=clock.now())
    page = officer.get(f"/staff/appointments/?on={day.on}")
    assert "09:00–10:00" in page
    assert "示例0号食品有限公司" in page
    assert "还没有到日子" in officer.post(
        f"/staff/appointments/{visit}/note", {"state": "came", "on": day.on}
    )
    stranger = portal.signed_in("qian")
    assert "这一天没有预约" in stranger.get(f"/staff/appointments/?on={day.on}")
    chief = portal.signed_in("sun")
    assert "示例0号食品有限公司" in chief.get(f"/staff/appointments/?on={day.on}")
    chief.get("/staff/appointments/hours")
    assert chief.status == 403


def test_word_of_a_holder_is_answered_by_the_department(portal: Portal) -> None:
    follower_id, license_id = holder_with_license(portal)
    with portal.database.begin() as session:
        given = feedback.give(
            session,
            follower_id,
            FeedbackAbout.HELP,
            Satisfaction.VERY_GOOD,
            "很快",
            license_id,
            now=clock.now() - timedelta(minutes=1),
        )
    officer, stranger = portal.signed_in("wang"), portal.signed_in("qian")
    assert "现在没有要处理的评价" in stranger.get("/staff/feedback/")
    assert "没有找到" in stranger.post(f"/staff/feedback/{given}/close", {"reply": "x"})
    page = officer.get("/staff/feedback/")
    assert "帮办和电话 · 非常满意" in page
    assert "很快" in page
    assert "已记录" in officer.post(f"/staff/feedback/{given}/close", {"reply": "谢谢"})
    with portal.database.read() as session:
        assert [one.reply for one in feedback.own(session, follower_id)] == ["谢谢"]
