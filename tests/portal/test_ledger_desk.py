"""The ledger desk shows what a sheet would change, each fault in its cell, before anything is written."""

import io
from datetime import timedelta

from sqlalchemy import select

from portal.words import staff_word
from reminders import clock
from reminders.rules.status import LicenseStatus, StatusKey, Tone
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.staff import Department
from tests import builders
from tests.builders_ledger import annex2, xlsx
from tests.portal.conftest import Portal, Visitor

SOON = clock.civil_date(clock.now()) + timedelta(days=200)
DEPARTMENT = "市场准入二科"


def good(number: int) -> list[str | int]:
    holder = f"示例新{number}号食品有限公司"
    return [number, holder, "食品生产许可证", f"{SOON}", "张示例", f"1380000020{number}", "", "",
            f"SC106371003{number:04d}"]  # fmt: skip


def bad(number: int) -> list[str | int]:
    return [number, "", "没有这种证", "2027-02-30", "李示例", "138", "", "", f"SC106371004{number:04d}"]


def upload(visitor: Visitor, rows: list[list[str | int]], name: str = "台账.xlsx") -> str:
    visitor.get("/staff/ledger/imports/")
    data = xlsx(annex2(rows, department=DEPARTMENT))
    return visitor.post("/staff/ledger/imports/", {"file": (io.BytesIO(data), name)})


def test_sheet_is_previewed_then_accepted_as_shown(portal: Portal) -> None:
    officer = portal.signed_in("wang")
    page = upload(officer, [good(1), good(2)])
    assert "确认导入 2 行" in page
    assert "示例新1号食品有限公司" not in officer.get("/staff/ledger/")
    officer.get("/staff/ledger/imports/1")
    assert "已导入" in officer.post("/staff/ledger/imports/1/accept", {"good_rows_only": "no"})
    page = officer.get("/staff/ledger/?search=示例新1号")
    assert "示例新1号食品有限公司" in page
    assert "138＊＊＊＊0201" in page
    assert "13800000201" not in page


def test_fault_stands_in_its_cell_with_its_place(portal: Portal) -> None:
    officer = portal.signed_in("wang")
    page = upload(officer, [good(1), bad(2)])
    assert "有 1 行有误" in page
    for place in ("B5：", "C5：", "D5：", "F5："):
        assert place in page, place
    assert page.count('class="wrong"') == 4
    assert "确认导入 1 行（不含有误的 1 行）" in page


def test_same_file_twice_is_recognised(portal: Portal) -> None:
    officer = portal.signed_in("wang")
    rows = [good(1)]
    upload(officer, rows)
    officer.post("/staff/ledger/imports/1/accept", {"good_rows_only": "no"})
    page = upload(officer, rows)
    assert "不用再导入一次" in page
    assert "/accept" not in page


def test_sheet_without_header_is_not_called_equal_to_the_ledger(portal: Portal) -> None:
    officer = portal.signed_in("wang")
    officer.get("/staff/ledger/imports/")
    page = officer.post("/staff/ledger/imports/", {"file": (io.BytesIO("随便写的".encode()), "台账.csv")})
    assert "没有找到表头" in page
    assert "现在不能导入" in page
    assert "一致" not in page
    assert "/accept" not in page


def test_rows_left_out_of_an_import_are_still_asked_for(portal: Portal) -> None:
    officer = portal.signed_in("wang")
    upload(officer, [good(1), bad(2)])
    page = officer.post("/staff/ledger/imports/1/accept", {"good_rows_only": "yes"})
    assert "有误的 1 行没有写入" in page


def test_what_is_no_sheet_is_refused_with_a_cure(portal: Portal) -> None:
    officer = portal.signed_in("wang")
    for name, data in (("台账.xlsx", b"not a sheet"), ("台账.et", b"x"), ("空.csv", b"")):
        officer.get("/staff/ledger/imports/")
        page = officer.post("/staff/ledger/imports/", {"file": (io.BytesIO(data), name)})
        assert "alert-danger" in page, name
    officer.get("/staff/ledger/imports/")
    assert "没有选择文件" in officer.post("/staff/ledger/imports/")


def test_import_of_another_department_does_not_exist(portal: Portal) -> None:
    upload(portal.signed_in("wang"), [good(1)])
    stranger = portal.signed_in("qian")
    assert "台账.xlsx" not in stranger.get("/staff/ledger/imports/")
    stranger.get("/staff/ledger/imports/1")
    assert stranger.status == 404
    stranger.get("/staff/")
    stranger.post("/staff/ledger/imports/1/accept", {"good_rows_only": "no"})
    assert "待确认" in portal.signed_in("zhao").get("/staff/ledger/imports/")


def test_ledger_shows_only_the_own_department(portal: Portal) -> None:
    assert "示例0号食品有限公司" in portal.signed_in("wang").get("/staff/ledger/")
    assert "示例0号食品有限公司" not in portal.signed_in("qian").get("/staff/ledger/")
    assert "示例0号食品有限公司" in portal.signed_in("sun").get("/staff/ledger/")


def test_ledger_speaks_to_the_department_not_to_the_holder(portal: Portal) -> None:
    page = portal.signed_in("wang").get("/staff/ledger/")
    assert "示例0号食品有限公司" in page
    assert "请联系科室" not in page
    assert "天可申请" not in page
    closed = LicenseStatus("已过申请期，请联系科室", Tone.RED, StatusKey.CLOSED)
    assert staff_word(closed) == "已过申请期"


def test_filters_of_the_address_are_kept(portal: Portal) -> None:
    officer = portal.signed_in("wang")
    first = clock.civil_date(clock.now()) + timedelta(days=61)
    page = officer.get(f"/staff/ledger/?entry=2&from={first}&to={first}")
    assert "示例1号食品有限公司" in page
    assert "示例0号食品有限公司" not in page
    assert f'value="{first}"' in page
    officer.get("/staff/ledger/?from=2026-13-01")
    assert officer.status == 400


def test_export_is_a_sheet_and_leaves_a_trace(portal: Portal) -> None:
    officer = portal.signed_in("wang")
    officer.get("/staff/ledger/")
    officer.post("/staff/ledger/export", {"within": "all"})
    assert officer.last is not None
    assert officer.last.get_data()[:2] == b"PK"
    assert "attachment" in officer.last.headers["Content-Disposition"]


def test_sheet_tells_nothing_of_the_kinds_of_another_department(either_portal: Portal) -> None:
    """Nor among what is missing, where two rows of another's kind would span its whole stock."""
    name, soon = "护士执业证书", [SOON + timedelta(days=days) for days in range(3)]
    with either_portal.database.begin() as session:
        entry = session.execute(select(CatalogueEntry).filter_by(license_name=name)).scalar_one()
        builders.license(session, entry_id=entry.id, expires_on=soon[1])
        other = session.get_one(Department, entry.department_id).name
    rows = [[*good(n)[:2], name, f"{soon[n]}", *good(n)[4:]] for n in (0, 2)]
    officer = either_portal.signed_in("wang")
    officer.get("/staff/ledger/imports/")
    data = io.BytesIO(xlsx(annex2(rows, department=other)))
    page = officer.post("/staff/ledger/imports/", {"file": (data, "别科.xlsx")})
    assert f"您只能导入{DEPARTMENT}的证照" in page
    assert "没有缺失" in page


def test_missing_licenses_lead_to_their_holders_and_only_the_first_are_named(portal: Portal) -> None:
    officer = portal.signed_in("wang")
    sheet = [[*good(n)[:5], f"138000003{n:02d}", *good(n)[6:]] for n in range(1, 24)]
    upload(officer, sheet)
    officer.post("/staff/ledger/imports/1/accept", {"good_rows_only": "no"})
    page = upload(officer, sheet[:2], "少了.xlsx").partition('id="missing"')[2]
    assert "没有的 21 本" in page
    assert "只列前 20 本" in page
    assert page.count('<li><span><a href="/staff/holders/') == 20
    holder = page.partition('href="')[2].partition('"')[0]
    assert "示例新3号食品有限公司" in officer.get(holder)
    officer.get("/staff/ledger/imports/")
    assert "只列前" not in upload(officer, sheet[:3], "少了二十.xlsx")
