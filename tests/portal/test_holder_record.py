"""The record of a holder: one timeline, a phone shown for a reason, and why something was said."""

import json

from sqlalchemy import select

from reminders import clock, message_templates
from reminders.rules.wording_kinds import FIRST
from reminders.tables.audit import AuditEntry
from reminders.tables.holder_notes import HolderNote
from reminders.tables.ledger import License
from tests import builders_console as made
from tests.builders import CLOCK
from tests.builders_console import Corner
from tests.portal.conftest import FOOD, Portal


def test_record_has_everything_said_and_done(either_portal: Portal) -> None:
    corner = Corner(FOOD, "本科示例", clock.now())
    with either_portal.database.begin() as session:
        number = made.holder_id(session, corner)
    officer = either_portal.signed_in("wang")
    assert f"/staff/holders/{number}" in officer.get("/staff/ledger/")
    page = officer.get(f"/staff/holders/{number}")
    assert "还没有提醒过" in page
    assert "天内截止" in page and "最迟申请 20" in page  # the day to act, before the expiry
    assert "为什么提醒" in page
    with either_portal.database.begin() as session:
        message_templates.take_over(session, FIRST.values(), actor=CLOCK, now=corner.now)
        call = made.call(session, corner)
    officer.get("/staff/worklist/")
    officer.post(f"/staff/worklist/{call}/outcome", {"outcome": "told"})
    with either_portal.database.read() as session:
        caller = session.execute(select(AuditEntry.id).where(AuditEntry.action == "call.record")).all()
    assert caller
    page = officer.get(f"/staff/holders/{number + 1}")
    assert "电话" in page
    assert "已告知" in page
    assert "模板第 1 版</a>" in page  # the words it was said with
    with either_portal.database.read() as session:
        license_id = session.execute(select(License.id).where(License.holder_id == number + 1)).scalar_one()
    assert "，模板第 1 版" in officer.get(f"/staff/holders/licenses/{license_id}/why")


def test_phone_is_shown_for_a_reason_that_the_audit_keeps(either_portal: Portal) -> None:
    officer = either_portal.signed_in("wang")
    page = officer.get("/staff/ledger/")
    link = page.partition("/staff/holders/")[2].partition('"')[0]
    page = officer.get(f"/staff/holders/{link}")
    assert "13800000100" not in page
    contact = page.partition("/staff/holders/contacts/")[2].partition("/")[0]
    asked = f"/staff/holders/contacts/{contact}/phone"
    officer.post(asked, {"reason": ""})
    with either_portal.database.read() as session:
        kept = select(AuditEntry.detail).where(AuditEntry.action == "contact.reveal_phone")
        assert session.execute(kept).all() == []
    officer.get(f"/staff/holders/{link}")
    assert "13800000100" in officer.post(asked, {"reason": "持证人来电核对"})
    assert "13800000100" not in officer.get(f"/staff/holders/{link}")
    with either_portal.database.read() as session:
        assert json.loads(session.execute(kept).scalar_one()) == {"reason": "持证人来电核对"}


def test_why_answers_for_any_day(portal: Portal) -> None:
    officer = portal.signed_in("wang")
    page = officer.get("/staff/holders/licenses/1/why")
    assert "食品生产许可证" in page
    assert "首次提醒" in page
    assert "2027-01-05" in officer.get("/staff/holders/licenses/1/why?on=2027-01-05")
    portal.signed_in("qian").get("/staff/holders/licenses/1/why")


def test_notes_are_read_by_the_own_department_and_by_those_who_see_all(either_portal: Portal) -> None:
    officer = either_portal.signed_in("wang")
    page = officer.get("/staff/ledger/")
    holder = f"/staff/holders/{page.partition('/staff/holders/')[2].partition(chr(34))[0]}"
    assert "还没有备注" in officer.get(holder)
    assert "备注是空的" in officer.post(f"{holder}/notes", {"words": " "})
    assert "备注已保存" in officer.post(f"{holder}/notes", {"words": "周三下午能找到人"})
    for login in ("zhao", "sun"):
        assert "周三下午能找到人" in either_portal.signed_in(login).get(holder)
    stranger = either_portal.signed_in("qian")
    stranger.get("/staff/ledger/")
    stranger.post(f"{holder}/notes", {"words": "别的科室"})
    assert stranger.status == 404
    with either_portal.database.read() as session:
        sealed = session.execute(select(HolderNote.words_cipher)).scalar_one()
        kept = session.execute(select(AuditEntry.detail).where(AuditEntry.action == "holder.note"))
        assert kept.scalars().all() == ["{}"]
    assert "周三".encode() not in sealed
