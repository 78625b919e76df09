"""The audit administrator reads, searches, exports; nobody else does, and no address holds a number."""

import csv
import io

from sqlalchemy import select

from reminders import auditing, clock, ledger, spreadsheet
from reminders.tables.ledger import License
from tests import builders_console as made
from tests import builders_ledger
from tests.builders_console import Corner
from tests.portal.conftest import FOOD, Portal
from tests.reminders.test_auditing import NOW


def test_reveal_is_read_by_number_and_exported(either_portal: Portal) -> None:
    """From the officer's look at a phone to the auditor's file."""
    with either_portal.database.begin() as session:
        row = made.license(session, Corner(FOOD, "审计示例", NOW))
        contact, number = row.contact_id, row.license_no or ""
    officer = either_portal.signed_in("wang")
    officer.get("/staff/")
    officer.post(f"/staff/holders/contacts/{contact}/phone", {"reason": "来电核对"})
    auditor = either_portal.signed_in("wei")
    page = auditor.get("/staff/audit/?group=personal&person=staff:1")
    assert "wang示例" in page
    assert "的联系人的完整电话，理由：来电核对" in page
    assert "审计示例" not in page.replace(number, "")
    page = auditor.post("/staff/audit/find", {"number": number})
    assert auditor.last is not None
    assert number not in auditor.last.request.url
    assert f"about=license:{row.id}" in auditor.last.request.url.replace("%3A", ":")
    assert "理由：来电核对" in page
    assert "没有这个号码" in auditor.post("/staff/audit/find", {"number": "没有的号码"})
    auditor.get("/staff/audit/")
    auditor.post("/staff/audit/export", {"group": "personal", "form": "csv"})
    assert auditor.last is not None
    rows = list(csv.reader(io.StringIO(auditor.last.data.decode("utf-8-sig"))))
    assert rows[0][-1] == "本条的摘要"
    assert len(rows[1][-1]) == 64
    assert "导出了审计记录" in auditor.get("/staff/audit/")


def test_page_shows_how_far_the_chain_was_followed(portal: Portal) -> None:
    auditor = portal.signed_in("wei")
    assert "还没有从头核对完一遍" in auditor.get("/staff/audit/")
    with portal.database.begin() as session:
        auditing.advance(session, 1_000, now=NOW)
    assert "完好" in auditor.get("/staff/audit/")
    assert "从第一条重新开始核对" in auditor.post("/staff/audit/restart")
    assert "没有符合条件的记录" in auditor.get("/staff/audit/?until=2000-01-01")
    assert "日期要写成" in auditor.get("/staff/audit/?since=x")
    assert auditor.status == 400


def test_looking_at_a_record_or_at_appeals_is_a_read_that_is_kept(portal: Portal) -> None:
    corner = Corner(FOOD, "审计示例", NOW)
    with portal.database.begin() as session:
        holder, _ = made.holder_id(session, corner), made.appeal(session, corner)
    officer = portal.signed_in("wang")
    officer.get(f"/staff/holders/{holder}")
    officer.get("/staff/appeals/")
    officer.get("/staff/holders/999999")
    page = portal.signed_in("wei").get("/staff/audit/?group=personal")
    assert f"打开了持证人 {holder}的全部记录" in page.replace("</strong>", "")
    assert "查看了申诉 1 件，含申请人的姓名和电话" in page
    assert page.count("的全部记录") == 1


def test_import_is_followed_to_each_license_without_a_persons_data(either_portal: Portal) -> None:
    """The line of the audit leads to before and after; names and phones are told to have changed only."""
    number = "审计示例0000077"

    def sheet(expires: str, person: str, phone: str) -> tuple[str, bytes]:
        row = [1, "审计示例77号有限公司", "食品生产许可证", expires, person, phone, None, None, number]
        return f"{expires}.xlsx", builders_ledger.xlsx(builders_ledger.annex2([row]))

    with either_portal.database.begin() as session:
        writer = Corner(FOOD, "审计示例", clock.now()).writer(session)
        for told in (("2030-06-15", "张示例", "13800000009"), ("2030-08-15", "李示例", "13800000008")):
            name, data = sheet(*told)
            book = spreadsheet.read(data, name)
            import_id = ledger.preview(session, name, data, book, actor=writer, now=clock.now())
            ledger.accept(session, import_id, actor=writer, now=clock.now())
        license_id = session.execute(select(License.id).where(License.license_no == number)).scalar_one()
    auditor = either_portal.signed_in("wei")
    assert f"/staff/audit/imports/{import_id}" in auditor.get("/staff/audit/?group=ledger")
    page = auditor.get(f"/staff/audit/?about=license:{license_id}")
    assert f"/staff/audit/imports/{import_id}?license={license_id}" in page
    page = auditor.get(f"/staff/audit/imports/{import_id}?license={license_id}")
    assert "食品生产许可证" in page and "2030-06-15 → 2030-08-15" in page
    assert "（个人信息，不显示）" in page
    for secret in ("李示例", "13800000008", "张示例", number, "审计示例77号"):
        assert secret not in page
    assert "没有改这一本" in auditor.get(f"/staff/audit/imports/{import_id}?license={license_id + 1}")
    auditor.get("/staff/audit/imports/999")
    assert auditor.status == 404
    officer = either_portal.signed_in("wang")
    officer.get(f"/staff/audit/imports/{import_id}")
    assert officer.status == 403
