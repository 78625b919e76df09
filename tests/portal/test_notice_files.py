"""The list of a notice as a workbook and as plain text: masked, harmless, gone when withdrawn."""

import csv
import io
from datetime import timedelta
from urllib.parse import quote

import openpyxl
import pytest

from reminders import clock
from tests import builders
from tests.portal.conftest import FOOD, Portal, Visitor

NAMES = ("食品生产许可证期满名单.xlsx", "食品生产许可证期满名单.csv")
FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "=cmd|' /C calc'!A0")


def published(portal: Portal) -> Visitor:
    """A notice of the ledger, with its lead signed in."""
    officer, lead = portal.signed_in("wang"), portal.signed_in("zhao")
    today = clock.civil_date(clock.now())
    officer.get("/staff/notices/new")
    period = {"period_from": today, "period_to": today + timedelta(days=90)}
    officer.post("/staff/notices/generate", {"entry": FOOD, **period})
    officer.get("/staff/notices/1")
    officer.post("/staff/notices/1/submit", {"version": 1})
    lead.get("/staff/notices/1")
    lead.post("/staff/notices/1/approve", {"digest": lead.hidden("digest")})
    return lead


def fetch(visitor: Visitor, name: str) -> bytes:
    visitor.get(f"/notices/1/files/{quote(name)}")
    assert visitor.last is not None
    return visitor.last.get_data()


def test_page_names_each_file_with_kind_and_size(portal: Portal) -> None:
    published(portal)
    page = portal.visitor().get("/notices/1")
    for name in NAMES:
        assert name in page
    assert "（xlsx，" in page
    assert "（csv，1 KB）" in page


def test_both_files_say_what_the_page_says(portal: Portal) -> None:
    published(portal)
    visitor = portal.visitor()
    book = openpyxl.load_workbook(io.BytesIO(fetch(visitor, NAMES[0])))
    rows = [[str(cell or "") for cell in row] for row in book.active.iter_rows(values_only=True)]
    table = list(csv.reader(io.StringIO(fetch(visitor, NAMES[1]).decode("utf-8-sig"))))
    assert rows[1:] == table
    assert table[0] == ["序号", "证照持有单位", "证照编号", "期满日期", "最迟申请日"]
    assert table[1][1:3] == ["示例0号食品有限公司", "SC10＊＊＊＊0000"]
    assert len(table) == 4
    assert "1380000010" not in str(rows)


def test_file_is_not_sent_again_while_it_is_the_same(portal: Portal) -> None:
    published(portal)
    client = portal.visitor().client
    first = client.get(f"/notices/1/files/{quote(NAMES[0])}")
    assert first.headers["Content-Disposition"].startswith("attachment; filename*=UTF-8''")
    again = client.get(
        f"/notices/1/files/{quote(NAMES[0])}", headers={"If-None-Match": first.headers["ETag"]}
    )
    assert (again.status_code, again.get_data()) == (304, b"")


def test_files_go_with_the_notice(portal: Portal) -> None:
    lead = published(portal)
    lead.get("/staff/notices/1")
    lead.post("/staff/notices/1/withdraw", {"reason": "名单有误"})
    visitor = portal.visitor()
    for name in NAMES:
        fetch(visitor, name)
        assert visitor.status == 404
    assert NAMES[0] not in visitor.get("/notices/1")


@pytest.mark.parametrize(
    "path", ["/notices/1/files/other.xlsx", "/notices/2/files/a", "/notices/1/files/..%2fa"]
)
def test_other_names_find_nothing(portal: Portal, path: str) -> None:
    published(portal)
    visitor = portal.visitor()
    visitor.get(path)
    assert visitor.status == 404


def test_no_cell_can_start_a_formula(portal: Portal) -> None:
    soon = clock.civil_date(clock.now()) + timedelta(days=61)
    with portal.database.begin() as session:
        for formula in FORMULAS:
            holder = builders.holder(session, name=formula)
            builders.license(session, entry_id=FOOD, expires_on=soon, holder_id=holder.id, license_no=formula)
    published(portal)
    visitor = portal.visitor()
    book = openpyxl.load_workbook(io.BytesIO(fetch(visitor, NAMES[0])))
    assert all(cell.data_type != "f" for row in book.active.iter_rows() for cell in row)
    table = csv.reader(io.StringIO(fetch(visitor, NAMES[1]).decode("utf-8-sig")))
    assert [cell for row in table for cell in row if cell.startswith(("=", "+", "-", "@"))] == []
