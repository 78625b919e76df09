"""How a license can be applied for, and how far an application is: told by its holder, or by staff."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import event, update

from reminders import applications, clock, holders, planning
from reminders.db import Database
from reminders.errors import Conflict, NotFound
from reminders.rules.lifecycle import LicenseState
from reminders.rules.service_words import ApplicationStage
from reminders.tables.applications import Application
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.ledger import License
from tests import builders
from tests.builders_queue import ALL_DAY
from tests.wxbot.conftest import Pharmacy
from tests.wxbot.platform import Holder
from tests.wxbot.signed_in import Reader, side_entrance


@pytest.fixture
def reader(app: Flask, wang: Holder, pharmacy: Pharmacy) -> Reader:
    side_entrance(app)
    pharmacy.bind(wang)
    return Reader(app, wang.openid)


def officer_of(database: Database, license_id: int) -> builders.Actor:
    with database.begin() as session:
        entry = session.get_one(CatalogueEntry, session.get_one(License, license_id).catalogue_entry_id)
        return builders.actor(builders.staff(session, department_id=entry.department_id))


@pytest.mark.parametrize(
    ("is_online", "url", "told"),
    [
        (None, "", "能不能网上办还没有核实"),
        (False, "", "这一项不能网上办"),
        (True, "", "可以，在政务服务网上搜这一项"),
        (True, "https://www.example.gov.cn/item/1", 'href="https://www.example.gov.cn/item/1"'),
    ],
)
def test_ways_to_apply_are_told_and_what_nobody_checked_too(
    reader: Reader, pharmacy: Pharmacy, database: Database, is_online: bool | None, url: str, told: str
) -> None:
    with database.begin() as session:
        session.execute(update(CatalogueEntry).values(is_online=is_online, online_url=url))
    page = reader.get(f"/h5/licenses/{pharmacy.ids[0]}")
    for words in ("办理方式", "网上办", "窗口办", "帮办", told):
        assert words in page


def test_number_of_an_application_rests_reminders_and_is_shown_until_the_date_changes(
    reader: Reader, pharmacy: Pharmacy, database: Database, wang: Holder
) -> None:
    path = f"/h5/licenses/{pharmacy.ids[0]}"
    assert "办理进度" not in reader.get(path)
    assert "没有正在办理的申请" in wang.say("办理进度")
    today = clock.civil_date(clock.now())
    told = reader.post(f"{path}/progress", path, number="鲁威受〔2026〕第12号", submitted=str(today)).text
    for words in (
        "办理进度",
        "已提交，等待受理",
        "鲁威受〔2026〕第12号",
        "科室还没有核对",
        "还不知道，请问科室",
    ):
        assert words in told
    assert "受理号 鲁威受〔2026〕第12号" in wang.say("进度")
    with database.begin() as session:
        report = planning.plan(session, today, sending_hours=ALL_DAY, actor=builders.CLOCK, now=clock.now())
        assert report.deliveries == 0
        renewed = session.get_one(License, pharmacy.ids[0])
        renewed.expires_on, renewed.state = today + timedelta(days=900), LicenseState.ACTIVE
    assert "办理进度" not in reader.get(path)


def test_staff_say_the_rest_and_the_holder_reads_it(
    reader: Reader, pharmacy: Pharmacy, database: Database, wang: Holder
) -> None:
    license_id, now = pharmacy.ids[0], clock.now()
    path, today = f"/h5/licenses/{license_id}", clock.civil_date(clock.now())
    officer, stranger = officer_of(database, license_id), officer_of(database, pharmacy.ids[1])
    stage, until = ApplicationStage.ACCEPTED, today + timedelta(days=9)
    with database.begin() as session:
        with pytest.raises(NotFound):
            applications.note(session, license_id, stage, "", None, None, actor=stranger, now=now)
        applications.note(session, license_id, stage, "受20260001", today, until, actor=officer, now=now)
    page = reader.get(path)
    for words in ("已受理", "受20260001", str(until)):
        assert words in page
    assert "科室还没有核对" not in page
    assert "已经提交申请了？" not in page
    assert f"预计办结：{until}" in wang.say("受理号")
    with database.begin() as session, pytest.raises(Conflict):
        me = holders.follower_id(session, reader.openid)
        applications.tell(session, me, license_id, "别的号0001", None, now=now)


def test_applications_under_way_are_read_at_once_the_newest_first(
    reader: Reader, pharmacy: Pharmacy, database: Database
) -> None:
    now = clock.now()
    with database.begin() as session:
        me = holders.follower_id(session, reader.openid)
        for minutes, license_id in enumerate(pharmacy.ids[:2]):
            later = now + timedelta(minutes=minutes)
            applications.tell(session, me, license_id, f"受2026000{minutes}", None, now=later)
    sent: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *call: sent.append(call[2]))
    with database.read() as session:
        told = applications.under_way(session, me, most=200)
    assert [(one, progress.number) for one, progress in told] == [
        (pharmacy.ids[1], "受20260001"),
        (pharmacy.ids[0], "受20260000"),
    ]
    assert sum("application" in one for one in sent) == 1


@pytest.mark.parametrize("fields", [{"number": "12"}, {"number": "受20260001", "submitted": "2020-01-01"}])
def test_number_or_day_nobody_can_use_is_refused_and_nothing_is_kept(
    reader: Reader, pharmacy: Pharmacy, database: Database, fields: dict[str, str]
) -> None:
    path = f"/h5/licenses/{pharmacy.ids[0]}"
    assert reader.post(f"{path}/progress", path, **fields).status_code == 409
    with database.read() as session:
        assert session.query(Application).count() == 0
    assert "已经记下" not in reader.get(path)


def test_license_that_the_ledger_calls_under_way_shows_what_is_known(
    reader: Reader, pharmacy: Pharmacy, database: Database, person: Callable[[str], Holder], wang: Holder
) -> None:
    with database.begin() as session:
        session.get_one(License, pharmacy.ids[1]).state = LicenseState.RENEWING
    page = reader.get(f"/h5/licenses/{pharmacy.ids[1]}")
    assert "到哪一步科室还没有登记" in page
    assert "办理中" in wang.say("进度")
    assert "您还没有绑定证照" in person("oExample-new").say("进度")
