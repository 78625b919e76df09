"""One license is added or changed at the desk, previewed like an import, and undone like one."""

import io
import json
import re

import pytest

from reminders import ledger
from reminders.rules.sheet_shape import Field
from reminders.tables.ledger import LedgerImport, License
from tests.portal.conftest import Portal, Visitor

NEW = {
    "holder": "示例登记食品有限公司",
    "license": "食品生产许可证",
    "number": "SC1063710099001",
    "expires_on": "2031-05-20",
    "contact": "周示例",
    "phone": "13800000777",
}


def filled_in(page: str) -> dict[str, object]:
    """What stands in the form of a known license."""
    told: dict[str, object] = dict(re.findall(r'id="(\w+)" name="\1" value="([^"]*)"', page))
    return told | {"license": "食品生产许可证", "state": "", "remark": ""}


def accept(officer: Visitor) -> str:
    return officer.post(f"{officer.path}/accept", {"good_rows_only": "no"})


def test_new_license_needs_no_sheet(either_portal: Portal) -> None:
    officer = either_portal.signed_in("wang")
    officer.get("/staff/ledger/rows/new")
    page = officer.post("/staff/ledger/rows/", dict(NEW))
    assert "确认导入 1 行" in page
    assert "13800000777" not in page
    assert "示例登记食品有限公司" not in officer.get("/staff/ledger/?search=SC1063710099001")
    officer.get("/staff/ledger/imports/1")
    assert "已导入" in accept(officer)
    page = officer.get("/staff/ledger/?search=SC1063710099001")
    assert "示例登记食品有限公司" in page
    assert "2031-05-20" in page
    assert "138＊＊＊＊0777" in page


def test_phone_and_contact_change_and_are_undone(either_portal: Portal) -> None:
    officer = either_portal.signed_in("wang")
    assert "/staff/ledger/rows/1" in officer.get("/staff/holders/1")
    page = officer.get("/staff/ledger/rows/1")
    assert "13800000100" not in page
    officer.post("/staff/ledger/rows/", filled_in(page) | {"contact": "吴示例", "phone": "13800000888"})
    accept(officer)
    page = officer.get("/staff/ledger/?search=SC1063710020000")
    assert "吴示例" in page
    assert "138＊＊＊＊0888" in page
    officer.get("/staff/ledger/imports/1")
    officer.post("/staff/ledger/imports/1/undo", {"sure": "yes"})
    assert "138＊＊＊＊0100" in officer.get("/staff/ledger/?search=SC1063710020000")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, "没有需要写入的内容"),
        ({"expires_on": "2020-01-01"}, "更正"),
        ({"state": "注销"}, "确认导入 1 行"),
        ({"holder": ""}, "没有填证照持有单位"),
    ],
)
def test_page_says_what_would_change(portal: Portal, changed: dict[str, str], said: str) -> None:
    officer = portal.signed_in("wang")
    told = filled_in(officer.get("/staff/ledger/rows/1"))
    assert said in officer.post("/staff/ledger/rows/", told | changed)
    with portal.database.read() as session:
        assert session.get_one(License, 1).version == 1


def test_kind_of_another_department_is_refused(portal: Portal) -> None:
    officer = portal.signed_in("wang")
    page = officer.get("/staff/ledger/rows/new")
    assert "护士执业证书" not in page
    told = NEW | {"license": "护士执业证书"}
    page = officer.post("/staff/ledger/rows/", dict(told))
    assert "没有可以导入的行" in page


def test_typed_license_is_no_sheet_in_which_others_could_be_missing(either_portal: Portal) -> None:
    """The ledger holds another of the kind that expires on the very day."""
    officer = either_portal.signed_in("wang")
    day = re.search(r'name="expires_on" value="([^"]+)"', officer.get("/staff/ledger/rows/1"))
    assert day
    told = NEW | {"expires_on": day[1]}
    assert "本次缺失" not in officer.post("/staff/ledger/rows/", dict(told))
    with either_portal.database.read() as session:
        made = session.get_one(LedgerImport, 1)
        assert made.is_typed
        assert json.loads(made.counts)["missing"] == 0
    texts = {Field[name.upper()]: text for name, text in told.items()}
    page = officer.post("/staff/ledger/imports/", {"file": (io.BytesIO(ledger.sheet(texts)), "台账.xlsx")})
    assert "本次缺失" in page  # the very same row, sent as a sheet
    assert "没有的 1 本" in page
