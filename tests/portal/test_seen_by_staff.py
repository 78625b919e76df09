"""What the staff see, print and take out in the console, a holder reads on a page of their own."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from flask import Flask
from sqlalchemy import select

from reminders import clock, worklist
from reminders.rules.lifecycle import AnswerKind
from reminders.tables.bindings import Follower
from reminders.tables.deliveries import DeliveryItem, Reminder
from reminders.tables.ledger import License
from tests import builders
from tests import builders_console as made
from tests.builders_console import Corner
from tests.portal.conftest import FOOD, Portal
from tests.wxbot.browser import Reader
from tests.wxbot.conftest import opened

SEEN = "/h5/data/seen"
ME, OTHER = "oExample-holder", "oExample-other"


@dataclass
class Town:
    """One license with a call and a letter that waits; its holder, somebody of another firm, and the door."""

    portal: Portal
    holders: Flask
    license_id: int
    contact_id: int
    call: int
    letter: int

    def reads(self, openid: str = ME, path: str = SEEN) -> str:
        return Reader(self.holders, openid).get(path)


@pytest.fixture
def town(either_portal: Portal) -> Iterator[Town]:
    corner = Corner(FOOD, "本科示例", clock.now())
    with either_portal.database.begin() as session:
        call, letter = made.call(session, corner), made.letter(session, corner)
        license_ids = [
            session.execute(
                select(Reminder.license_id).join(DeliveryItem).where(DeliveryItem.delivery_id == one)
            ).scalar_one()
            for one in (call, letter)
        ]
        me, other = builders.follower(session, openid=ME), builders.follower(session, openid=OTHER)
        for license_id in license_ids:
            builders.binding(session, license_id=license_id, follower_id=me.id)
        builders.binding(session, license_id=made.license_id(session, corner), follower_id=other.id)
        contact_id = session.get_one(License, license_ids[0]).contact_id or 0
    for app in opened(either_portal.database):
        yield Town(either_portal, app, license_ids[0], contact_id, call, letter)


def test_nobody_looked_yet(town: Town) -> None:
    assert "还没有人看过" in town.reads()


def test_number_shown_in_the_console_is_told_with_its_reason(town: Town) -> None:
    officer = town.portal.signed_in("wang")
    with town.portal.database.read() as session:
        holder_id = session.get_one(License, town.license_id).holder_id
    officer.get(f"/staff/holders/{holder_id}")
    reason = {"reason": "持证人 13912345678 来电核对"}
    assert "1380" in officer.post(f"/staff/holders/contacts/{town.contact_id}/phone", reason)
    page = town.reads()
    assert "市场准入二科" in page
    assert "提醒专员" in page
    assert "看了台账登记的完整电话" in page
    assert "持证人 ＊＊＊ 来电核对" in page
    assert "wang" not in page
    assert "还没有人看过" in town.reads(OTHER)
    told = Reader(town.holders, ME).client
    with told.session_transaction(path="/h5/") as kept:
        kept["openid"] = ME
    (row,) = told.get("/h5/data/export").get_json()["谁看过"]
    assert row["谁"] == "市场准入二科 提醒专员"
    assert row["为什么"] == "持证人 ＊＊＊ 来电核对"


def test_calls_letters_and_exports_are_told(town: Town) -> None:
    officer, lead = town.portal.signed_in("wang"), town.portal.signed_in("zhao")
    officer.get("/staff/worklist/")
    officer.post(f"/staff/worklist/{town.call}/phone")
    officer.post(f"/staff/worklist/{town.call}/outcome", {"outcome": "told"})
    officer.get("/staff/ledger/")
    officer.post("/staff/ledger/export", {"within": "3"})
    with town.portal.database.begin() as session:
        writer = Corner(FOOD, "", clock.now()).writer(session)
        batch = worklist.prepare(session, [town.letter], actor=writer, now=clock.now())
    lead.get(f"/staff/letters/batches/{batch}")
    lead.post(f"/staff/letters/batches/{batch}/issue")
    lead.post(f"/staff/letters/batches/{batch}/file", {"kind": "docx"})
    page = town.reads()
    told = ["打印了给持证人的函", "导出了台账", "登记了电话提醒的结果", "看了台账登记的完整电话"]
    places = [page.index(words) for words in told]
    assert places == sorted(places)  # the newest first
    assert "科室负责人" in page
    other = town.reads(OTHER)
    assert "导出了台账" in other
    assert "电话提醒" not in other


def test_what_one_wrote_oneself_is_told_even_after_unbinding(town: Town) -> None:
    with town.portal.database.begin() as session:
        me = session.execute(select(Follower.id).where(Follower.openid == ME)).scalar_one()
        given = made.answers.give(
            session, me, town.license_id, AnswerKind.HELP, phone="13900000077", now=clock.now()
        )
    officer = town.portal.signed_in("wang")
    officer.get("/staff/answers/")
    assert "13900000077" in officer.post(f"/staff/answers/{given}/phone")
    assert "看了您另留的完整电话" in town.reads()
    reader = Reader(town.holders, ME)
    reader.get("/h5/data")
    reader.post("/h5/data/withdraw")
    assert "看了您另留的完整电话" in town.reads()
    assert "Saw the other phone number you left" in town.reads(path=f"{SEEN}?lang=en")
