"""The page of one license: ticks that stay, a calendar that can be imported, a map, what happened."""

import re
from datetime import date, timedelta
from urllib.parse import quote

import pytest
from flask import Flask
from icalendar import Calendar
from sqlalchemy import select, update

from reminders import checklists, clock, holders
from reminders.db import Database
from reminders.errors import NotFound
from reminders.tables.ledger import License
from tests import builders, builders_queue
from tests.wxbot.conftest import Pharmacy
from tests.wxbot.platform import Holder
from tests.wxbot.signed_in import Reader, side_entrance
from wxbot.license_pages import map_address

TICKED = "checked> <span>{}</span>"


@pytest.fixture
def reader(app: Flask, wang: Holder, pharmacy: Pharmacy) -> Reader:
    side_entrance(app)
    pharmacy.bind(wang)
    return Reader(app, wang.openid)


def test_ticks_are_remembered_for_the_person_and_the_date(
    reader: Reader, pharmacy: Pharmacy, database: Database
) -> None:
    path = f"/h5/licenses/{pharmacy.ids[0]}"
    assert "备好 0 项，共 2 项" in reader.get(path)
    mark = checklists.mark("原许可证")
    told = reader.post(f"{path}/materials", path, ready=[mark, "0" * 64])
    assert "备好 1 项，共 2 项" in told.text
    assert TICKED.format("原许可证") in reader.get(path)
    assert TICKED.format("延续申请书") not in reader.get(path)
    assert "备好 0 项" in reader.get(f"/h5/licenses/{pharmacy.ids[1]}")
    reader.post(f"{path}/materials", path)
    assert "备好 0 项" in reader.get(path)
    reader.post(f"{path}/materials", path, ready=[mark])
    with database.begin() as session:
        session.execute(update(License).values(expires_on=License.expires_on))
        row = session.get_one(License, pharmacy.ids[0])
        assert row.expires_on
        row.expires_on += timedelta(days=1800)
        builders.set_due(session, row)
    assert "备好 0 项" in reader.get(path), "the next renewal begins with an empty list"


def test_nobody_ticks_for_a_license_that_is_not_theirs(
    reader: Reader, pharmacy: Pharmacy, database: Database
) -> None:
    foreign = pharmacy.ids[2]
    told = reader.post(f"/h5/licenses/{foreign}/materials", f"/h5/licenses/{pharmacy.ids[0]}", ready=["x"])
    assert told.status_code == 409
    with database.begin() as session:
        me = holders.follower_id(session, reader.openid)
        with pytest.raises(NotFound):
            checklists.tick(session, me, foreign, ["x"], now=clock.now())


def test_calendar_has_both_days_and_can_be_read_again(reader: Reader, pharmacy: Pharmacy) -> None:
    answer = reader.client.get(f"/h5/licenses/{pharmacy.ids[0]}/calendar.ics")
    assert answer.mimetype == "text/calendar"
    assert b"\r\n" in answer.data
    assert max(map(len, answer.data.split(b"\r\n"))) <= 75
    calendar = Calendar.from_ical(answer.data)
    events = calendar.walk("VEVENT")
    today = clock.civil_date(clock.now())
    days = [event.decoded("dtstart") for event in events]
    assert days == [
        today + timedelta(days=pharmacy.days_left),
        today + timedelta(days=pharmacy.days_left + 30),
    ]
    assert all(isinstance(day, date) for day in days)
    assert [str(event["summary"]).split("：")[0] for event in events] == ["最迟申请日", "期满日期"]
    assert all(event.walk("VALARM") and event["uid"] and event["dtstamp"] for event in events)
    assert pharmacy.numbers[0].encode() not in answer.data
    assert reader.client.get(f"/h5/licenses/{pharmacy.ids[2]}/calendar.ics").status_code == 404


def test_calendar_speaks_the_language_of_its_owner(reader: Reader, pharmacy: Pharmacy, wang: Holder) -> None:
    wang.say("English")
    answer = reader.client.get(f"/h5/licenses/{pharmacy.ids[0]}/calendar.ics")
    assert "Last day to apply" in str(Calendar.from_ical(answer.data).walk("VEVENT")[0]["summary"])


@pytest.mark.parametrize(
    ("counter", "found"),
    [
        ("【示例】威海市政务服务中心二楼 201—206 号窗口", "威海市政务服务中心"),
        ("示例路 1 号", "示例路 1 号"),
    ],
)
def test_map_is_asked_for_the_building(counter: str, found: str) -> None:
    assert map_address(counter).endswith("&keyword=" + quote(found))
    assert map_address("") == ""


def test_page_leads_to_the_guide_of_its_kind(
    reader: Reader, pharmacy: Pharmacy, wang: Holder, database: Database
) -> None:
    with database.read() as session:
        entry_id = session.get_one(License, pharmacy.ids[0]).catalogue_entry_id
    path = f"/h5/licenses/{pharmacy.ids[0]}"
    assert re.search(rf'href="https?://[^"/]+/catalogue/{entry_id}">看办事指南', reader.get(path))
    wang.say("English")
    assert re.search(rf'href="https?://[^"/]+/en/guides/{entry_id}">Read the guide', reader.get(path))


def test_page_tells_what_was_sent_and_answered(
    reader: Reader, pharmacy: Pharmacy, database: Database, wang: Holder
) -> None:
    with database.begin() as session:
        me = session.get_one(holders.following.Follower, holders.follower_id(session, wang.openid))
        row = session.get_one(License, pharmacy.ids[0])
        delivery = builders_queue.delivery(session, follower=me, licenses=0)
        builders_queue.add_item(session, delivery, row)
        delivery.state, delivery.accepted_at = "delivered", clock.now()
    wang.say("请帮办联系我 1")
    wang.say("撤回")
    page = reader.get(f"/h5/licenses/{pharmacy.ids[0]}")
    for told in ("绑定到您的微信", "微信提醒：首次提醒", "您的回答：请帮办联系我", "撤回：请帮办联系我"):
        assert told in page
    assert 'href="tel:0631-5000001"' in page
    assert "apis.map.qq.com" in page
    with database.read() as session:
        assert session.execute(select(License.id)).first()
