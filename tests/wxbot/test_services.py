"""Visits, assisted service and feedback on the holder's pages, as far as the desk that answers."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from icalendar import Calendar
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from reminders import answers, appointments, clock, feedback, holders
from reminders.answers import Closing
from reminders.db import Database
from reminders.rules.service_words import AppointmentState, FeedbackAbout, Reason, Satisfaction
from reminders.tables.answers import Answer
from reminders.tables.appointments import Appointment
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.ledger import License
from tests import builders
from tests.wxbot.conftest import Pharmacy
from tests.wxbot.platform import Holder
from tests.wxbot.signed_in import Reader, side_entrance

SLOT = re.compile(r'name="slot" value="([^"]+)"')


@pytest.fixture
def reader(app: Flask, wang: Holder, pharmacy: Pharmacy) -> Reader:
    side_entrance(app)
    pharmacy.bind(wang)
    return Reader(app, wang.openid)


@pytest.fixture
def officer(database: Database, pharmacy: Pharmacy) -> builders.Actor:
    """Of the department that renews the first license."""
    with database.begin() as session:
        entry = session.get_one(CatalogueEntry, session.get_one(License, pharmacy.ids[0]).catalogue_entry_id)
        return builders.actor(builders.staff(session, department_id=entry.department_id))


def confirmed(reader: Reader, path: str, slot: str) -> TestResponse:
    """Chooses a time, looks at it once more, and says yes."""
    page = reader.post(f"{path}/visit", f"{path}/visit", slot=slot)
    assert "这个位子为您留到" in page.text
    where = page.request.path
    return reader.post(where, where)


def test_seat_kept_while_confirming_goes_to_nobody_and_returns_after_five_minutes(
    reader: Reader, pharmacy: Pharmacy, database: Database, officer: builders.Actor, app: Flask
) -> None:
    path = f"/h5/licenses/{pharmacy.ids[0]}"
    with database.begin() as session:
        appointments.set_hours(session, "9:00-10:00 1", actor=officer, now=clock.now())
        other = builders.follower(session, openid="oExample-li")
        builders.binding(session, license_id=pharmacy.ids[0], follower_id=other.id)
    li = Reader(app, "oExample-li")
    slots = SLOT.findall(reader.get(f"{path}/visit"))
    page = reader.post(f"{path}/visit", f"{path}/visit", slot=slots[0])
    assert slots[0] not in SLOT.findall(li.get(f"{path}/visit"))
    assert "刚刚约满" in li.post(f"{path}/visit", f"{path}/visit", slot=slots[0]).text
    assert li.client.get(page.request.path).status_code == 409
    with database.begin() as session:
        session.execute(update(Appointment).values(held_until=clock.now()))
    assert "已约好" in confirmed(li, path, slots[0]).text
    late = reader.client.get(page.request.path)
    assert late.status_code == 409
    assert "请重新选一个时段" in late.text


def test_who_missed_twice_is_told_from_when_they_may_book(
    reader: Reader, pharmacy: Pharmacy, database: Database, officer: builders.Actor
) -> None:
    path, now = f"/h5/licenses/{pharmacy.ids[0]}", clock.now()
    with database.begin() as session:
        appointments.set_hours(session, "9:00-10:00 1", actor=officer, now=now)
        me = holders.follower_id(session, "oExample-wang")
        for days in (2, 1):
            day = appointments.offered(session, pharmacy.ids[0], now=now)[0]
            visit = appointments.book(session, me, pharmacy.ids[0], day.on, day.slots[0].hour_id, now=now)
            row = session.get_one(Appointment, visit)
            row.on, row.state = clock.civil_date(now) - timedelta(days=days), AppointmentState.MISSED
            session.flush()
    page = reader.get(f"{path}/visit")
    assert "半年内有两次约了没来" in page
    assert SLOT.findall(page) == []
    with database.begin() as session:
        appointments.note(session, 2, AppointmentState.EXCUSED, actor=officer, now=now)
    page = reader.get(f"{path}/visit")
    assert "6 个月内 2 次约了没来又没取消的，30 天内不能网上预约" in page
    assert "已约好" in confirmed(reader, path, SLOT.findall(page)[0]).text


def test_visit_is_booked_moved_kept_and_cancelled(
    reader: Reader, pharmacy: Pharmacy, database: Database, officer: builders.Actor
) -> None:
    path = f"/h5/licenses/{pharmacy.ids[0]}"
    assert "选个时间去窗口" not in reader.get(path)
    assert "现在没有开放预约" in reader.get(f"{path}/visit")
    with database.begin() as session:
        appointments.set_hours(session, "9:00-10:00 1\n10:00-11:00 1", actor=officer, now=clock.now())
    assert "选个时间去窗口" in reader.get(path)
    slots = SLOT.findall(reader.get(f"{path}/visit"))
    assert len(slots) == 20
    told = confirmed(reader, path, slots[0])
    assert "已约好" in told.text
    assert "已约好" in reader.post(f"{path}/visit", f"{path}/visit", slot=slots[0]).text, (
        "it is booked already"
    )
    assert "改时间或取消" in reader.get(path)
    assert len(SLOT.findall(reader.get(f"{path}/visit"))) == 19
    calendar = re.search(r"/h5/visits/(\d+)/calendar.ics", told.text)
    assert calendar
    [event] = Calendar.from_ical(reader.client.get(calendar[0]).data).walk("VEVENT")
    begins = event.decoded("dtstart").astimezone(clock.SHANGHAI)
    assert f"{begins:%Y-%m-%d}" == slots[0].split("@")[1]
    assert begins.hour == 9
    confirmed(reader, path, slots[1])
    moved = reader.get("/h5/visits")
    assert moved.count("取消这个预约") == 1
    assert "10:00–11:00" in moved
    number = re.search(r"/h5/visits/(\d+)/cancel", moved)
    assert number
    assert "已取消" in reader.post(number[0], "/h5/visits").text
    assert "没有等着您的预约" in reader.get("/h5/visits")


@pytest.mark.parametrize("slot", ["", "x@y", "1@2020-01-01", "999999@2026-12-01"])
def test_slot_nobody_offers_is_refused_with_a_way_on(reader: Reader, pharmacy: Pharmacy, slot: str) -> None:
    path = f"/h5/licenses/{pharmacy.ids[0]}"
    assert reader.post(f"{path}/visit", path, slot=slot).status_code == 409


def test_foreign_license_gives_no_appointments(reader: Reader, pharmacy: Pharmacy) -> None:
    assert reader.client.get(f"/h5/licenses/{pharmacy.ids[2]}/visit").status_code == 404


def test_help_is_promised_and_its_state_is_seen(
    reader: Reader, pharmacy: Pharmacy, database: Database, officer: builders.Actor
) -> None:
    path = f"/h5/licenses/{pharmacy.ids[0]}"
    told = reader.post(f"{path}/answers", path, kind="wants_help", date="main", note="下午三点后")
    for words in ("我们会在", "前与您联系", "已收到，等科室联系您。", "下午三点后"):
        assert words in told.text
    with database.begin() as session:
        [task] = answers.to_do(session, actor=officer, now=clock.now()).tasks
        answers.close(session, task.answer_id, Closing.DONE, "", actor=officer, now=clock.now())
    page = reader.get(path)
    assert "科室已处理：请帮办联系我" in page
    assert "已收到，等科室联系您。" not in page


def test_help_goes_to_another_phone_that_is_sealed_masked_and_forgotten(
    reader: Reader, pharmacy: Pharmacy, database: Database, officer: builders.Actor
) -> None:
    path, number = f"/h5/licenses/{pharmacy.ids[0]}", "13900000042"
    asked = {"kind": "wants_help", "date": "main"}
    for unclear in ("12345", f"{number} 13900000043"):
        told = reader.post(f"{path}/answers", path, phone=unclear, **asked)
        assert told.status_code == 409
        assert "另一个电话没有看懂" in told.text
    told = reader.post(f"{path}/answers", path, phone="139 0000 0042", **asked)
    assert "另留的电话：139＊＊＊＊0042" in told.text
    assert number not in told.text
    with database.read() as session:
        [task] = answers.to_do(session, actor=officer, now=clock.now()).tasks
        assert task.other_phone == "139＊＊＊＊0042"
        sealed = session.execute(select(Answer.phone_cipher)).scalar_one()
        assert sealed
        assert number.encode() not in sealed
    assert reader.client.get("/h5/data/export").get_json()["回答"][0]["另留的电话"] == number
    reader.post(f"{path}/answers", path, phone="0631-5200042", **asked)
    assert "0631＊＊＊＊042" in reader.get(path), "asked again, the newer number counts"
    reader.post("/h5/data/delete", "/h5/data")
    with database.read() as session:
        assert session.execute(select(Answer.phone_cipher)).scalars().all() == [None]


def test_each_contact_that_is_over_is_offered_for_feedback_once(
    reader: Reader, pharmacy: Pharmacy, database: Database, officer: builders.Actor
) -> None:
    path = f"/h5/licenses/{pharmacy.ids[0]}"
    reader.post(f"{path}/answers", path, kind="wants_help", date="main")
    with database.begin() as session:
        appointments.set_hours(session, "9:00-10:00 1", actor=officer, now=clock.now())
    confirmed(reader, path, SLOT.findall(reader.get(f"{path}/visit"))[0])
    assert "评价一下" not in reader.get(path)
    with database.begin() as session:
        [task] = answers.to_do(session, actor=officer, now=clock.now()).tasks
        answers.close(session, task.answer_id, Closing.DONE, "", actor=officer, now=clock.now())
        me = holders.follower_id(session, reader.openid)
        [visit] = appointments.own(session, me, now=clock.now())
        later = clock.civil_moment(visit.on, visit.ends)
        came = AppointmentState.CAME
        appointments.note(session, visit.appointment_id, came, actor=officer, now=later)
        session.execute(update(Appointment).values(changed_at=clock.now()))
    helped, counter = "科室说已经帮您办了", "您到窗口来过"
    for page in (reader.get(path), reader.get("/h5/licenses")):
        assert helped in page
        assert counter in page
    assert "评价一下" not in reader.get(f"/h5/licenses/{pharmacy.ids[1]}")
    form = f"/h5/feedback?about=help&license={pharmacy.ids[0]}"
    assert 'value="help" checked' in reader.get(form)
    reader.post("/h5/feedback", form, about="help", level="good", license=pharmacy.ids[0])
    page = reader.get(path)
    assert helped not in page
    assert counter in page
    reader.post("/h5/feedback", form, about="counter", level="good", license=pharmacy.ids[0])
    assert "评价一下" not in reader.get(path) + reader.get("/h5/licenses")


def test_help_that_was_refused_asks_for_no_feedback(
    reader: Reader, pharmacy: Pharmacy, database: Database, officer: builders.Actor
) -> None:
    path = f"/h5/licenses/{pharmacy.ids[0]}"
    reader.post(f"{path}/answers", path, kind="wants_help", date="main")
    with database.begin() as session:
        [task] = answers.to_do(session, actor=officer, now=clock.now()).tasks
        answers.close(session, task.answer_id, Closing.UNTRUE, "误点", actor=officer, now=clock.now())
    assert "评价一下" not in reader.get(path)


def test_feedback_in_five_levels_is_answered_on_the_page(
    reader: Reader, pharmacy: Pharmacy, database: Database, officer: builders.Actor
) -> None:
    page = reader.get(f"/h5/feedback?license={pharmacy.ids[0]}")
    assert [
        word
        for word in ("非常满意", "满意", "基本满意", "不满意", "非常不满意")
        if f"<span>{word}</span>" not in page
    ] == []
    told = reader.post(
        "/h5/feedback",
        "/h5/feedback",
        about="counter",
        level="bad",
        words="等了很久",
        reason=["speed", "manner"],
        license=pharmacy.ids[0],
    )
    assert "谢谢，已经收到" in told.text
    assert "还没有答复" in told.text
    assert "<br>快慢" in told.text
    with database.begin() as session:
        [one] = feedback.open_ones(session, actor=officer)
        assert (one.about, one.level, one.words) == (FeedbackAbout.COUNTER, Satisfaction.BAD, "等了很久")
        assert set(one.reasons) == {Reason.SPEED, Reason.MANNER}
        feedback.close(session, one.feedback_id, "已增加窗口", actor=officer, now=clock.now())
        assert feedback.open_ones(session, actor=officer) == []
    assert "答复：已增加窗口" in reader.get("/h5/feedback")
    kept = reader.client.get("/h5/data/export").get_json()
    assert kept["意见"][0]["满意程度"] == "不满意"
    assert set(kept["意见"][0]["原因"]) == {"快慢", "态度"}
    assert "态度" in reader.get("/h5/data")


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"about": "reminder"}, "请先点一个满意程度"),
        ({"about": "mistake", "words": " "}, "请写明哪里不对"),
        ({"about": "weather", "level": "good"}, "没有看懂"),
        ({"about": "reminder", "level": "five"}, "没有看懂"),
        ({"about": "reminder", "level": "good", "reason": "weather"}, "没有看懂"),
        ({"about": "mistake", "words": "日期不对", "license": "999"}, "没有找到这本证照"),
    ],
)
def test_feedback_without_sense_is_refused(reader: Reader, fields: dict[str, str], told: str) -> None:
    answer = reader.post("/h5/feedback", "/h5/feedback", **fields)
    assert answer.status_code == 409
    assert told in answer.text


def test_eleventh_word_of_a_day_waits(reader: Reader) -> None:
    for _ in range(10):
        assert reader.post("/h5/feedback", "/h5/feedback", about="pages", level="good").status_code == 200
    assert "明天再来" in reader.post("/h5/feedback", "/h5/feedback", about="pages", level="good").text


def test_forgotten_person_leaves_no_words_and_no_seat(
    reader: Reader, pharmacy: Pharmacy, database: Database, officer: builders.Actor
) -> None:
    with database.begin() as session:
        appointments.set_hours(session, "9:00-10:00 1", actor=officer, now=clock.now())
    path = f"/h5/licenses/{pharmacy.ids[0]}"
    slot = SLOT.findall(reader.get(f"{path}/visit"))[0]
    reader.post(f"{path}/visit", f"{path}/visit", slot=slot)
    reader.post("/h5/feedback", "/h5/feedback", about="mistake", words="名字写错")
    with database.read() as session:
        me = holders.follower_id(session, reader.openid)
    reader.post("/h5/data/delete", "/h5/data")
    with database.read() as session:
        assert [one.words for one in feedback.own(session, me)] == [""]
        assert appointments.own(session, me, now=clock.now()) == []
