"""The list of the ledger has the columns of Annex 2, an address for each view, and a file that comes back."""

import io
import json
from datetime import timedelta

import openpyxl
from sqlalchemy import select

from reminders import clock, spreadsheet
from reminders.rules.lifecycle import Channel, RowAction
from reminders.rules.sheet_shape import letter
from reminders.tables.audit import AuditEntry
from reminders.tables.ledger import LedgerImport, License
from tests import builders
from tests import builders_console as made
from tests.builders_console import Corner
from tests.builders_ledger import EXTRA, HEADER, annex2, credit_code, xlsx
from tests.portal.conftest import FOOD, Portal, Visitor

SOON = clock.civil_date(clock.now()) + timedelta(days=200)


def exported(visitor: Visitor, **asked: object) -> bytes:
    visitor.get("/staff/ledger/")
    visitor.post("/staff/ledger/export", asked)
    assert visitor.last is not None
    return visitor.last.get_data()


def rows_of(data: bytes) -> list[list[str]]:
    return spreadsheet.read(data, "out.xlsx").sheets[0].rows[3:]


def bring_in(visitor: Visitor, data: bytes, name: str) -> None:
    visitor.get("/staff/ledger/imports/")
    visitor.post("/staff/ledger/imports/", {"file": (io.BytesIO(data), name)})


def test_list_has_the_columns_of_annex_2_and_then_ours(portal: Portal) -> None:
    page = portal.signed_in("wang").get("/staff/ledger/")
    titles = [part.partition("</th>")[0].rpartition(">")[2] for part in page.split("<th ")[1:]]
    assert titles[:8] == HEADER
    assert titles[8:10] == ["状态", "提醒方式"]


def test_every_view_has_an_address_that_the_next_page_keeps(portal: Portal) -> None:
    with portal.database.begin() as session:
        for number in range(60):
            day = clock.civil_date(clock.now()) + timedelta(days=40 + number % 7)
            builders.license(session, entry_id=FOOD, expires_on=day)
    officer = portal.signed_in("wang")
    asked = f"entry={FOOD}&bound=no&channel=none&within=3"
    page = officer.get(f"/staff/ledger/?{asked}")
    for chosen in (
        f'value="{FOOD}" selected',
        'value="no" selected',
        'value="none" selected',
        'value="3" selected',
    ):
        assert chosen in page, chosen
    following = page.partition('rel="next" href="')[2].partition('"')[0].replace("&amp;", "&")
    assert {"bound=no", "channel=none", "within=3"} <= set(following.partition("?")[2].split("&"))
    page = officer.get(following)
    assert "<td data-none>51</td>" in page
    assert ">50</td>" not in page


def test_search_by_initials_and_last_four_through_the_door(either_portal: Portal) -> None:
    officer = either_portal.signed_in("wang")
    for asked in ("sl1hsp", "0101", "示例1号", "SC1063710020001"):
        page = officer.get(f"/staff/ledger/?search={asked}")
        assert "示例1号食品有限公司" in page, asked
        assert "示例2号食品有限公司" not in page, asked
    assert "没有符合条件的证照" in officer.get("/staff/ledger/?search=9876")


def test_reminded_on_and_by_fill_from_what_was_done_and_each_row_says_why(either_portal: Portal) -> None:
    with either_portal.database.begin() as session:
        call = made.call(session, Corner(FOOD, "电话示例", clock.now()))
    officer = either_portal.signed_in("wang")
    assert "wang示例" not in officer.get("/staff/ledger/?search=电话示例").partition("<table")[2]
    officer.get("/staff/worklist/")
    officer.post(f"/staff/worklist/{call}/outcome", {"outcome": "told"})
    page = officer.get("/staff/ledger/?search=电话示例&channel=phone").partition("<table")[2]
    assert f"{clock.civil_date(clock.now())}" in page
    assert "wang示例" in page
    why = page.partition("/why")[0].rpartition('href="')[2] + "/why"
    assert "电话示例" in officer.get(why) or officer.status == 200
    (line,) = [row for row in rows_of(exported(officer, channel=Channel.PHONE)) if row]
    assert line[6:8] == [f"{clock.civil_date(clock.now())}", "wang示例"]


def test_export_has_the_rows_of_the_screen_and_the_audit_keeps_what_was_asked(either_portal: Portal) -> None:
    officer = either_portal.signed_in("wang")
    day = clock.civil_date(clock.now()) + timedelta(days=61)
    assert [row[1] for row in rows_of(exported(officer, **{"from": day, "to": day}))] == [
        "示例1号食品有限公司"
    ]
    assert len(rows_of(exported(officer, search="0102"))) == 1
    with either_portal.database.read() as session:
        kept = session.execute(select(AuditEntry.detail).where(AuditEntry.action == "ledger.export"))
        details = [json.loads(detail) for detail in kept.scalars()]
    assert details == [
        {"rows": 1, "from": f"{day}", "to": f"{day}"},
        {"rows": 1, "is_searched": True, "licenses": [3]},
    ]


def test_exported_file_comes_back_unchanged(either_portal: Portal) -> None:
    """Numbered, unnumbered, without a phone, by code only, without an end: every row is known again."""
    officer = either_portal.signed_in("wang")
    kind, code = "食品生产许可证", credit_code
    sheet = [
        [1, "示例甲食品有限公司", kind, SOON, "张示例", "13800000201", "", "", "SC1063710030001", code(1)],
        [2, "示例乙食品有限公司", kind, SOON, "李示例", "0631-5190000", "", "", "", code(2)],
        [3, "示例丙食品有限公司", kind, SOON, "", "", "", "", "SC10637100300003"],
        [4, "示例丁食品有限公司", kind, SOON, "王示例", "13800000204", "", "", "", ""],
        [5, "示例戊食品有限公司", kind, "长期", "赵示例", "13800000205", "", "", "SC10637100300005", ""],
    ]  # fmt: skip
    bring_in(
        officer, xlsx(annex2(sheet, department="市场准入二科", header=(*HEADER, *EXTRA[:2]))), "台账.xlsx"
    )
    officer.post("/staff/ledger/imports/1/accept", {"good_rows_only": "no"})
    with either_portal.database.read() as session:
        stored = len(session.execute(select(License.id)).all())
    data = exported(officer)
    assert len(rows_of(data)) == stored == len(sheet) + 3
    assert {"13800000201", "06315190000"} <= {row[5] for row in rows_of(data)}
    bring_in(officer, data, "导出.xlsx")
    with either_portal.database.read() as session:
        counts = session.execute(select(LedgerImport.counts).order_by(LedgerImport.id.desc()).limit(1))
        told = json.loads(counts.scalar_one())
    assert {action: told.get(action, 0) for action in RowAction} == {
        **dict.fromkeys(RowAction, 0),
        RowAction.UNCHANGED: stored,
    }


def test_blank_form_is_imported_when_a_row_is_filled_in(either_portal: Portal) -> None:
    officer = either_portal.signed_in("wang")
    assert 'href="/staff/ledger/imports/template.xlsx">下载空白模板' in officer.get("/staff/ledger/imports/")
    officer.get("/staff/ledger/imports/template.xlsx")
    assert officer.last is not None
    book = openpyxl.load_workbook(io.BytesIO(officer.last.get_data()))
    sheet = book.worksheets[0]
    titles = [cell.value for cell in sheet[3]]
    assert titles == [*HEADER, *EXTRA[:2], "发证日期"]
    assert (sheet["A2"].value, sheet.max_row) == ("科室：市场准入二科", 3)
    texts = [one for one in titles if sheet.column_dimensions[letter(titles.index(one))].number_format == "@"]
    assert texts == ["联系方式", "证照编号", "统一社会信用代码"]  # no digit of theirs is lost
    told = dict.fromkeys(titles) | {
        "证照持有单位（个人）": "示例模板食品有限公司",
        "证照名称": "食品生产许可证",
        "期满日期": SOON,
        "联系方式": "13800000301",
        "证照编号": "SC1063710030301",
    }
    sheet.append(list(told.values()))
    filled = io.BytesIO()
    book.save(filled)
    bring_in(officer, filled.getvalue(), "填好的.xlsx")
    assert "确认导入 1 行" in officer.get("/staff/ledger/imports/1")
    officer.post("/staff/ledger/imports/1/accept", {"good_rows_only": "no"})
    assert "示例模板食品有限公司" in officer.get("/staff/ledger/?search=SC1063710030301")


def test_blank_form_is_for_those_who_import(portal: Portal) -> None:
    for login, may in (("zhao", 200), ("wei", 403)):
        visitor = portal.signed_in(login)
        visitor.get("/staff/ledger/imports/template.xlsx")
        assert visitor.status == may, login
