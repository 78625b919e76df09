"""Trip (c): an office's real sheet is read, mended, accepted, exported, and comes back unchanged."""

import io
from datetime import date

import pytest
from sqlalchemy import func, select

from reminders import ledger, ledger_export, spreadsheet
from reminders.db import Database
from reminders.errors import Conflict
from reminders.ledger_filters import Filters
from reminders.rules.lifecycle import RowAction
from reminders.tables.ledger import License
from tests.builders_ledger import (
    CLINIC,
    EXTRA,
    FOOD,
    HEADER,
    MARKET,
    NURSE,
    PEOPLE,
    PHARMACY,
    TAXI,
    Cell,
    annex1,
    credit_code,
    csv_text,
    xlsx,
)
from tests.reminders.test_ledger import CLERK, NOW


def sheets(*, mended: bool) -> dict[str, list[list[Cell]]]:
    """Two departments' sheets as they come; unmended, three rows are wrong."""
    return {
        MARKET: [
            ["附件2"],
            ["威海市行政审批服务局证照到期提醒台账"],
            ["科室：市场准入二科", None, None, None, None, None, "填表日期：2026.11.1"],
            [*HEADER, *EXTRA],
            [
                1,
                "示例一号药房有限公司",
                PHARMACY,
                date(2026, 12, 20),
                "张示例",
                13800000001,
                None,
                None,
                "鲁CB1",
                credit_code(1),
            ],
            [
                2,
                "示例二号药房（威海）有限公司",
                PHARMACY,
                "2027.1.15",
                "李示例",
                "138 0000 0002",
                None,
                None,
                "鲁CB２",
            ],
            [
                3,
                "示例食品厂",
                FOOD,
                46376 if mended else "2027-02-30",
                "王示例",
                "13800000003",
                None,
                None,
                "SC-3",
            ],
            [
                4,
                "示例四号药房有限公司",
                PHARMACY if mended else "药品经营许可",
                "20270301",
                "赵示例",
                "１３８０００００００４",
                None,
                None,
                "鲁CB4",
            ],
            [None] * 11,
            ["合计：4"],
        ],
        PEOPLE: [
            [
                "序号",
                "证照持有单位 (个人)",
                "证照名称",
                "期满日期",
                "联系人",
                "联系方式",
                "提醒日期",
                "提醒人",
            ],
            [1, "张示例", NURSE, "2027年5月6日", "", 13800000005 if mended else 1380000, None, None],
            [
                2,
                "示例口腔门诊部",
                CLINIC,
                "长期" if not mended else "2027/6/7",
                "钱示例",
                "0631-5190000/13800000006",
            ],
        ],
        "隐藏草稿": [["随便写的"]],
    }


def bring(books: Database, data: bytes, name: str = "台账.xlsx") -> ledger.ImportView:
    workbook = spreadsheet.read(data, name)
    with books.begin() as session:
        import_id = ledger.preview(session, name, data, workbook, actor=CLERK, now=NOW)
        return ledger.show(session, import_id, actor=CLERK, limit=200)


@pytest.fixture
def books(database: Database) -> Database:
    with database.begin() as session:
        annex1(session)
    return database


def test_ledger_goes_in_out_and_in_again(books: Database) -> None:
    wrong = bring(books, xlsx(sheets(mended=False)))
    faults = [(r.sheet, r.row_no, f.column) for r in wrong.rows for f in r.faults]
    assert faults == [(MARKET, 7, "D"), (MARKET, 8, "C"), (PEOPLE, 2, "F")]
    with books.begin() as session, pytest.raises(Conflict):
        ledger.accept(session, wrong.id, actor=CLERK, now=NOW)

    right = bring(books, xlsx(sheets(mended=True)))
    assert right.counts[RowAction.NEW] == 6 and right.faults == ()
    with books.begin() as session:
        ledger.accept(session, right.id, actor=CLERK, now=NOW)
    with books.read() as session:
        days = session.execute(select(License.expires_on).order_by(License.expires_on)).scalars().all()
        due_now = select(func.count()).where(License.next_due_on <= NOW.date())
        assert session.execute(due_now).scalar_one() > 0
    assert days == [
        date(2026, 12, 20),
        date(2026, 12, 20),
        date(2027, 1, 15),
        date(2027, 3, 1),
        date(2027, 5, 6),
        date(2027, 6, 7),
    ]

    target = io.BytesIO()
    with books.begin() as session:
        ledger_export.export(session, target, filters=Filters(), actor=CLERK, now=NOW)
    again = bring(books, target.getvalue())
    assert [found.action for found in again.rows] == [RowAction.UNCHANGED] * 6
    mended_again = bring(books, xlsx(sheets(mended=True)))
    assert mended_again.recognised == "这个文件已于 2026-11-02 导入"


def test_csv_saved_by_excel_in_china_is_read(books: Database) -> None:
    text = csv_text(
        [
            ["科室：经管二科"],
            HEADER,
            [1, "示例出租汽车有限公司", TAXI, "2027/3/1", "孙示例", "13800000007", "", ""],
        ]
    )
    view = bring(books, text.encode("gb18030"), "台账.csv")
    assert [(found.action, found.holder_name) for found in view.rows] == [
        (RowAction.NEW, "示例出租汽车有限公司")
    ]
