"""One row: cleaned values, or all its faults at once."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reminders.rules import ledger_row, sheet_shape, validity
from reminders.rules.ledger_row import Checked, Kind, Kinds
from reminders.rules.lifecycle import Expiry, HolderKind
from reminders.rules.sheet_shape import Field
from tests.builders_ledger import EXTRA, HEADER, credit_code

TODAY = date(2026, 11, 2)
TITLES = [*HEADER, *EXTRA, "校验期满日期", "证件号码", "状态", "备注"]
SHAPE = sheet_shape.find([TITLES])
PHARMACY = Kind(1, "药品经营许可证", "市场准入二科", "单位", validity.parse("5年"))
CLINIC = Kind(12, "医疗机构执业许可证", "社会民生科", "单位", validity.parse("3-5年"), has_companion=True)
DANGEROUS = Kind(4, "道路危险货物运输经营许可证", "经管二科", "单位", validity.parse("4年"))
KINDS = Kinds([PHARMACY, CLINIC, DANGEROUS])
GOOD = {
    Field.HOLDER: "示例一号药房有限公司",
    Field.LICENSE: "药品经营许可证",
    Field.EXPIRES_ON: "2027-03-01",
    Field.CONTACT: "张示例",
    Field.PHONE: "13800000001",
    Field.NUMBER: "鲁CB0000001",
    Field.CREDIT_CODE: credit_code(1),
    Field.ISSUED_ON: "2022-03-02",
}


def check(changes: dict[Field, str] | None = None, *, department: str = "") -> Checked:
    cells = GOOD | (changes or {})
    row = [cells.get(field, "") for field in sorted(SHAPE.columns, key=lambda f: SHAPE.columns[f])]
    return ledger_row.check(row, SHAPE, KINDS, department=department, today=TODAY)


def test_good_row_has_cleaned_values_and_nothing_to_say() -> None:
    checked = check({Field.PHONE: "１３８ 0000-0001", Field.HOLDER: " 示例一号药房　有限公司 "})
    assert checked.row is not None
    assert (checked.row.phone, checked.row.holder_name) == ("13800000001", "示例一号药房 有限公司")
    assert (checked.row.expires_on, checked.row.holder_kind) == (date(2027, 3, 1), HolderKind.COMPANY)
    assert (checked.faults, checked.warnings) == ((), ())


def test_all_faults_are_told_at_once_with_their_columns() -> None:
    checked = check(
        {
            Field.HOLDER: "",
            Field.LICENSE: "药品经营许可",
            Field.EXPIRES_ON: "2026-02-30",
            Field.PHONE: "123",
            Field.CREDIT_CODE: "91",
            Field.ISSUED_ON: "昨天",
        }
    )
    assert checked.row is None
    assert sorted(fault.column for fault in checked.faults) == ["B", "C", "D", "F", "J", "K"]


def test_kind_is_suggested_when_the_name_is_close() -> None:
    (fault,) = check({Field.LICENSE: "道路危险货物运输许可证"}).faults
    assert "是不是“道路危险货物运输经营许可证”？" in fault.message


@pytest.mark.parametrize(
    ("field", "text"),
    [
        (Field.NUMBER, "3.71000199001e+17"),
        (Field.ID_NUMBER, "3.71000199001E+17"),
        (Field.NUMBER, "9" * 65),
        (Field.ID_NUMBER, "110105194912310021"),
        (Field.COMPANION_ON, "x"),
    ],
)
def test_row_is_refused_when_a_value_cannot_be_right(field: Field, text: str) -> None:
    (fault,) = check({field: text}).faults
    assert fault.title == field.value


def test_row_is_refused_when_the_department_is_another() -> None:
    (fault,) = check(department="社会民生科").faults
    assert "由市场准入二科审批" in fault.message
    assert check(department="市场准入二科").row is not None


def test_row_is_refused_when_nothing_tells_which_license_it_is() -> None:
    (fault,) = check({Field.NUMBER: "/", Field.CREDIT_CODE: "", Field.PHONE: "无"}).faults
    assert "至少补一项" in fault.message


@pytest.mark.parametrize(
    ("text", "expiry", "warns"),
    [
        ("长期", Expiry.NONE, True),
        ("无", Expiry.NONE, True),
        ("", Expiry.UNKNOWN, True),
        ("20270301", Expiry.DATED, False),
    ],
)
def test_expiry_has_a_shape(text: str, expiry: Expiry, warns: bool) -> None:
    checked = check({Field.EXPIRES_ON: text})
    assert checked.row is not None and checked.row.expiry is expiry
    assert bool(checked.warnings) is warns


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({Field.EXPIRES_ON: "2026-11-01", Field.ISSUED_ON: ""}, "已经过去"),
        ({Field.ISSUED_ON: "2026-03-02"}, "与目录有效期“5年”不符"),
        ({Field.NUMBER: ""}, "没有证照编号"),
        ({Field.CREDIT_CODE: ""}, "没有统一社会信用代码"),
        ({Field.PHONE: ""}, "没有联系方式"),
        ({Field.PHONE: "13800000001、13800000002"}, "只取第一个"),
        ({Field.COMPANION_ON: "2027-01-01"}, "没有这个日期"),
    ],
)
def test_doubts_are_warnings_and_stop_nothing(changes: dict[Field, str], said: str) -> None:
    checked = check(changes)
    assert checked.row is not None
    assert said in " ".join(warning.message for warning in checked.warnings)


def test_expiry_today_is_not_past() -> None:
    assert check({Field.EXPIRES_ON: "2026-11-02", Field.ISSUED_ON: ""}).warnings == ()


def test_companion_date_and_state_are_read_where_the_kind_has_them() -> None:
    checked = check(
        {Field.LICENSE: "医疗机构执业许可证", Field.COMPANION_ON: "2027.1.1", Field.STATE: "注销"}
    )
    assert checked.row is not None
    assert (checked.row.companion_on, checked.row.is_cancelled) == (date(2027, 1, 1), True)


def test_lines_without_holder_kind_and_date_are_no_rows() -> None:
    assert ledger_row.is_blank(["12"], SHAPE)
    assert ledger_row.is_blank(["合计：126", "", "", ""], SHAPE)
    assert not ledger_row.is_blank(["1", "示例一号药房有限公司"], SHAPE)


def test_apostrophe_of_our_own_export_is_taken_off() -> None:
    checked = check({Field.CONTACT: "'=张示例"})
    assert checked.row is not None and checked.row.contact_name == "=张示例"


@given(st.lists(st.text(max_size=30), max_size=len(TITLES)))
def test_any_cells_give_either_a_row_or_faults(cells: list[str]) -> None:
    checked = ledger_row.check(cells, SHAPE, KINDS, department="", today=TODAY)
    assert (checked.row is None) == bool(checked.faults)


def test_credit_code_is_not_asked_for_when_the_sheet_has_no_such_column() -> None:
    columns = {field: place for field, place in SHAPE.columns.items() if field is not Field.CREDIT_CODE}
    cells = ["1", "示例一号药房有限公司", "药品经营许可证", "2027-03-01", "", "13800000001", "", "", "鲁1"]
    checked = ledger_row.check(cells, replace(SHAPE, columns=columns), KINDS, department="", today=TODAY)
    assert checked.warnings == ()
