"""The import wizard through its door: cells mended, columns told once, bad rows taken away, all undone."""

import io
import re
from datetime import timedelta

import openpyxl
import pytest
from sqlalchemy import func, select

from jobs import read_imports, write_imports
from portal.staff import imports
from reminders import clock
from reminders.ledger import tasks
from reminders.tables.holders import Holder
from reminders.tables.ledger import LedgerImport, License
from tests.builders_ledger import annex2, credit_code, xlsx
from tests.portal.conftest import Portal, Visitor
from tests.portal.test_ledger_desk import DEPARTMENT, SOON, bad, good, upload

PAGE = "/staff/ledger/imports/1"


def box(page: str, row: int, title: str) -> str:
    """The name of the input in this row's cell."""
    found = re.search(rf'name="(r\d+\.\d+)" aria-label="第 {row} 行 {title}"', page)
    assert found, (row, title)
    return found[1]


def book(visitor: Visitor) -> list[list[object]]:
    assert visitor.last is not None
    sheet = openpyxl.load_workbook(io.BytesIO(visitor.last.get_data())).worksheets[0]
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


def send(visitor: Visitor, data: bytes, name: str) -> str:
    visitor.get("/staff/ledger/imports/")
    return visitor.post("/staff/ledger/imports/", {"file": (io.BytesIO(data), name)})


def test_cells_are_mended_in_the_browser(portal: Portal) -> None:
    officer = portal.signed_in("wang")
    page = upload(officer, [good(1), bad(2)])
    told = {
        box(page, 5, "证照持有单位（个人）"): "示例改正食品有限公司",
        box(page, 5, "证照名称"): "食品生产许可证",
        box(page, 5, "期满日期"): f"{SOON}",
        box(page, 5, "联系方式"): "13800000299",
    }
    page = officer.post(f"{PAGE}/mend", told)
    assert "改好了 1 行" in page
    assert "确认导入 2 行" in page
    assert "13800000299" not in page
    officer.post(f"{PAGE}/accept", {"good_rows_only": "no"})
    assert "示例改正食品有限公司" in officer.get("/staff/ledger/?search=示例改正")


def test_faulty_row_is_said_to_be_perhaps_among_the_missing(portal: Portal) -> None:
    officer = portal.signed_in("wang")
    upload(officer, [good(1), good(2)])
    officer.post(f"{PAGE}/accept", {"good_rows_only": "no"})
    faulty = [*good(2)[:5], "138", *good(2)[6:]]
    page = send(officer, xlsx(annex2([good(1), faulty], department=DEPARTMENT)), "下月.xlsx")
    assert "没有的 1 本" in page
    assert "有误的 1 行还认不出是哪本证照" in page


def test_what_is_still_wrong_keeps_what_was_typed(portal: Portal) -> None:
    officer = portal.signed_in("wang")
    page = upload(officer, [good(1), bad(2)])
    page = officer.post(f"{PAGE}/mend", {box(page, 5, "证照持有单位（个人）"): "示例改正食品有限公司"})
    assert "还有 1 行有误" in page
    assert "示例改正食品有限公司" in page
    assert "没有填证照持有单位" not in page


def test_empty_box_of_a_phone_leaves_the_phone_alone(portal: Portal) -> None:
    officer = portal.signed_in("wang")
    page = upload(officer, [good(1), bad(2)])
    page = officer.post(f"{PAGE}/mend", {box(page, 5, "联系方式"): ""})
    assert "F5：" in page


def test_one_tap_puts_a_name_of_the_catalogue_into_every_row_that_misspelt_it(portal: Portal) -> None:
    officer = portal.signed_in("wang")
    rows = [[*good(n)[:2], "食品生产许可", *good(n)[3:]] for n in range(1, 5)]
    page = upload(officer, rows)
    assert "都改为“食品生产许可证”" in page
    taken = re.search(r'name="take" value="([^"]+)"', page)
    assert taken
    page = officer.post(f"{PAGE}/mend", {"take": taken[1]})
    assert "改好了 4 行" in page
    assert "确认导入 4 行" in page


def test_bad_rows_are_taken_away_with_reasons_and_come_back_mended(portal: Portal) -> None:
    officer = portal.signed_in("wang")
    upload(officer, [good(1), bad(2)])
    officer.post(f"{PAGE}/bad-rows")
    lines = book(officer)
    titles, row = lines[1], lines[2]
    assert len(lines) == 3
    assert "没有填证照持有单位" in str(row[titles.index("问题")])
    assert row[titles.index("联系方式")] == "138"
    mended = dict(zip(titles, row, strict=True)) | {
        "证照持有单位（个人）": "示例改正食品有限公司",
        "证照名称": "食品生产许可证",
        "期满日期": f"{SOON}",
        "联系方式": "13800000299",
    }
    data = xlsx([titles, [mended[title] for title in titles]])
    page = send(officer, data, "改好.xlsx")
    assert "确认导入 1 行" in page


def strange(number: int) -> list[str | int]:
    return [f"示例新{number}号食品有限公司", "食品生产许可证", f"{SOON}", f"1380000020{number}"]


def test_columns_are_told_once_and_remembered_for_the_department(portal: Portal) -> None:
    officer = portal.signed_in("wang")
    data = xlsx([["主体", "证照名称", "管到哪天", "联系电话"], strange(1)])
    page = send(officer, data, "一.xlsx")
    assert "现在不能导入" in page
    page = officer.get(f"{PAGE}/columns")
    assert "管到哪天" in page
    told = {"s0.read": "yes", "s0.header": "1", "s0.c0": "证照持有单位（个人）", "s0.c1": "证照名称",
            "s0.c2": "期满日期", "s0.c3": "联系方式"}  # fmt: skip
    assert "确认导入 1 行" in officer.post(f"{PAGE}/columns", told)
    data = xlsx([["主体", "证照名称", "管到哪天", "联系电话"], strange(2)])
    page = send(officer, data, "二.xlsx")
    assert "确认导入 1 行" in page
    stranger = portal.signed_in("qian")
    page = send(stranger, data, "三.xlsx")
    assert "现在不能导入" in page


def test_two_columns_cannot_be_the_same(portal: Portal) -> None:
    officer = portal.signed_in("wang")
    upload(officer, [good(1)])
    officer.get(f"{PAGE}/columns")
    told = {"s0.read": "yes", "s0.header": "3", "s0.c1": "证照名称", "s0.c2": "证照名称"}
    assert "两列都选成了“证照名称”" in officer.post(f"{PAGE}/columns", told)


def test_a_sheet_can_be_left_out(portal: Portal) -> None:
    officer = portal.signed_in("wang")
    data = xlsx({"台账": annex2([good(1)], department=DEPARTMENT), "旧": annex2([bad(2)])})
    assert "有 1 行有误" in send(officer, data, "两张.xlsx")
    page = officer.get(f"{PAGE}/columns")
    form = dict(re.findall(r'name="(s0\.header)" value="(\d+)"', page)) | {"s0.read": "yes"}
    for name, value in re.findall(
        r'<select class="form-select" name="(s0\.c\d+)".*?value="([^"]*)" selected', page
    ):
        form[name] = value
    page = officer.post(f"{PAGE}/columns", form)
    assert "没有有误的行了" in page
    assert "确认导入 1 行" in page


def test_import_is_undone_within_a_day(portal: Portal) -> None:
    officer = portal.signed_in("wang")
    upload(officer, [good(1), good(2)])
    page = officer.post(f"{PAGE}/accept", {"good_rows_only": "no"})
    assert "撤销导入" in page
    assert "请先勾选" in officer.post(f"{PAGE}/undo")
    page = officer.post(f"{PAGE}/undo", {"sure": "yes"})
    assert "2 本新增的已删除" in page
    assert "撤销导入" not in page
    assert "示例新1号食品有限公司" not in officer.get("/staff/ledger/?search=示例新1号")
    assert "确认导入 2 行" in upload(officer, [good(1), good(2)])


def test_import_is_not_undone_the_day_after(portal: Portal) -> None:
    officer = portal.signed_in("wang")
    upload(officer, [good(1)])
    officer.post(f"{PAGE}/accept", {"good_rows_only": "no"})
    with portal.database.begin() as session:
        made = session.get_one(LedgerImport, 1)
        made.accepted_at = clock.now() - timedelta(hours=25)
    page = officer.get(PAGE)
    assert "撤销导入" not in page
    assert "已满 24 小时" in officer.post(f"{PAGE}/undo", {"sure": "yes"})


def test_handled_import_cannot_be_mended(portal: Portal) -> None:
    officer = portal.signed_in("wang")
    upload(officer, [good(1)])
    officer.post(f"{PAGE}/accept", {"good_rows_only": "no"})
    assert "已经处理过了" in officer.post(f"{PAGE}/mend", {"r0.1": "x"})
    officer.get(f"{PAGE}/columns")
    assert officer.status == 409


def test_large_file_is_read_by_a_job_and_the_page_tells(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "LARGE", 1_000)
    officer = portal.signed_in("wang")
    page = upload(officer, [good(1), bad(2)])
    assert "正在读取和检查" in page
    assert "/accept" not in page
    assert "正在读取" in officer.get("/staff/ledger/imports/")
    read_imports.read_waiting(portal.database)
    assert "确认导入 1 行（不含有误的 1 行）" in officer.get(PAGE)


def test_file_that_is_still_read_cannot_be_accepted_yet(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "LARGE", 1_000)
    officer = portal.signed_in("wang")
    upload(officer, [good(1)])
    assert "还在读取和检查" in officer.post(f"{PAGE}/accept", {"good_rows_only": "no"})
    officer.get(PAGE)
    assert "还在读取和检查" in officer.post(f"{PAGE}/mend", {"r0.1": "x"})


def test_large_import_is_written_and_undone_by_a_job_and_the_page_tells(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "AT_ONCE", 1)
    officer = portal.signed_in("wang")
    upload(officer, [good(1), good(2)])
    page = officer.post(f"{PAGE}/accept", {"good_rows_only": "no"})
    assert "正在写入台账" in page
    assert "共 2 行" in page
    assert "wait.js" in page
    assert "/accept" not in page
    assert "正在写入" in officer.get("/staff/ledger/imports/")
    officer.get(PAGE)
    assert "已停下" in officer.post(f"{PAGE}/call-off")
    officer.post(f"{PAGE}/accept", {"good_rows_only": "no"})
    write_imports.write_waiting(portal.database)
    page = officer.get(PAGE)
    assert "这份文件已导入" in page
    assert "wait.js" not in page
    assert "示例新1号食品有限公司" in officer.get("/staff/ledger/?search=示例新1号")
    officer.get(PAGE)
    assert "正在撤销" in officer.post(f"{PAGE}/undo", {"sure": "yes"})
    write_imports.write_waiting(portal.database)
    assert "2 本新增的已删除" in officer.get(PAGE)


def test_page_says_why_a_job_wrote_nothing(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "AT_ONCE", 1)
    officer = portal.signed_in("wang")
    upload(officer, [good(1), good(2)])
    officer.post(f"{PAGE}/accept", {"good_rows_only": "no"})
    with portal.database.begin() as session:
        taken = tasks.take(session, now=clock.now())
        assert taken is not None
        tasks.give_up(session, taken, "预览之后台账有变动，例如第 4 行对应的证照。请重新上传，按新的预览确认")
    page = officer.get(PAGE)
    assert "没有导入，台账没有任何变化：预览之后台账有变动" in page
    assert "确认导入 2 行" in page


def coded(number: int, code: str) -> list[str | int]:
    return [*good(number), code]


def test_company_of_the_same_name_is_proposed_and_taken_by_one_tap(portal: Portal) -> None:
    officer = portal.signed_in("wang")
    upload(officer, [coded(1, credit_code(1)), coded(2, "")])
    officer.post(f"{PAGE}/accept", {"good_rows_only": "no"})
    second = [*good(1)[:5], "13800000288", "", "", "SC1063710099999", ""]
    page = upload(officer, [second], "二.xlsx")
    assert "需要核对" in page
    page = officer.get("/staff/ledger/imports/2?action=warned")
    assert f"台账里有同名的单位（信用代码 {credit_code(1)}）" in page
    page = officer.post("/staff/ledger/imports/2/mend", {"same": "0"})
    assert "台账里有同名的单位" not in officer.get("/staff/ledger/imports/2?action=warned")
    officer.get("/staff/ledger/imports/2")
    officer.post("/staff/ledger/imports/2/accept", {"good_rows_only": "no"})
    with portal.database.read() as session:
        named = select(Holder.id).where(Holder.name == "示例新1号食品有限公司")
        [holder] = session.execute(named).scalars()
        held = select(func.count()).select_from(License).where(License.holder_id == holder)
        assert session.execute(held).scalar_one() == 2


OTHER_PHONE = [*good(1)[:5], "13800000288", "", "", "SC1063710099999"]


def holders_named(portal: Portal, name: str) -> list[int]:
    """How many licenses each holder of this name has."""
    with portal.database.read() as session:
        held = select(func.count(License.id)).join(Holder, Holder.id == License.holder_id)
        return sorted(session.execute(held.where(Holder.name == name).group_by(Holder.id)).scalars())


def test_company_without_a_code_on_both_sides_is_proposed_and_taken_by_one_tap(portal: Portal) -> None:
    officer = portal.signed_in("wang")
    upload(officer, [good(1)])
    officer.post(f"{PAGE}/accept", {"good_rows_only": "no"})
    upload(officer, [OTHER_PHONE], "二.xlsx")
    assert "电话不同，两边都没写信用代码" in officer.get("/staff/ledger/imports/2?action=warned")
    officer.post("/staff/ledger/imports/2/mend", {"same": "0"})
    assert "台账里有同名的单位" not in officer.get("/staff/ledger/imports/2?action=warned")
    officer.get("/staff/ledger/imports/2")
    officer.post("/staff/ledger/imports/2/accept", {"good_rows_only": "no"})
    assert holders_named(portal, "示例新1号食品有限公司") == [2]
    assert "无变化" in upload(officer, [OTHER_PHONE, good(2)], "三.xlsx")
    officer.get("/staff/ledger/imports/2")
    officer.post("/staff/ledger/imports/2/undo", {"sure": "yes"})
    assert holders_named(portal, "示例新1号食品有限公司") == [1]


def test_company_of_the_same_name_stays_another_where_nobody_says_so(portal: Portal) -> None:
    officer = portal.signed_in("wang")
    upload(officer, [good(1)])
    officer.post(f"{PAGE}/accept", {"good_rows_only": "no"})
    upload(officer, [OTHER_PHONE], "二.xlsx")
    officer.get("/staff/ledger/imports/2")
    officer.post("/staff/ledger/imports/2/accept", {"good_rows_only": "no"})
    assert holders_named(portal, "示例新1号食品有限公司") == [1, 1]
    third = [*good(1)[:5], "13800000289", "", "", "SC1063710099998"]
    upload(officer, [third], "三.xlsx")
    page = officer.get("/staff/ledger/imports/3?action=warned")
    assert "不止一家，都没有信用代码" in page
    assert 'name="same"' not in page


def test_row_taken_for_a_company_that_is_gone_by_then_is_not_written(portal: Portal) -> None:
    officer = portal.signed_in("wang")
    upload(officer, [good(1)])
    officer.post(f"{PAGE}/accept", {"good_rows_only": "no"})
    upload(officer, [OTHER_PHONE], "二.xlsx")
    officer.get("/staff/ledger/imports/2")
    officer.post("/staff/ledger/imports/2/mend", {"same": "0"})
    officer.get(PAGE)
    officer.post(f"{PAGE}/undo", {"sure": "yes"})
    officer.get("/staff/ledger/imports/2")
    assert "有的单位已不在台账里" in officer.post("/staff/ledger/imports/2/accept", {"good_rows_only": "no"})
    assert holders_named(portal, "示例新1号食品有限公司") == []


def test_other_code_is_another_company_and_a_missing_one_is_asked_for(portal: Portal) -> None:
    officer = portal.signed_in("wang")
    upload(officer, [coded(1, credit_code(1)), coded(2, "")])
    officer.post(f"{PAGE}/accept", {"good_rows_only": "no"})
    rows = [
        [*good(1)[:5], "13800000288", "", "", "SC1063710099999", credit_code(9)],
        [*good(2)[:5], "13800000289", "", "", "SC1063710099998", credit_code(8)],
    ]
    upload(officer, rows, "二.xlsx")
    page = officer.get("/staff/ledger/imports/2?action=warned")
    assert page.count("台账里有同名的单位") == 1
    assert "那里没有信用代码" in page
