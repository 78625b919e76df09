"""The header is found wherever the office put it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reminders.errors import Invalid
from reminders.rules import sheet_shape
from reminders.rules.sheet_shape import Field
from tests.builders_ledger import EXTRA, HEADER, TITLE


def test_header_and_department_are_found_when_title_rows_stand_above() -> None:
    shape = sheet_shape.find([[TITLE], [], ["科室：市场准入二科"], HEADER, ["1"]])
    assert (shape.header, shape.department) == (3, "市场准入二科")
    assert shape.columns[Field.HOLDER] == 1 and shape.columns[Field.PHONE] == 5


@pytest.mark.parametrize(
    ("line", "department"),
    [
        (["科室：", "市场准入二科"], "市场准入二科"),
        (["", "审批科室: 市场准入二科 "], "市场准入二科"),
        (["科 室：", "", "市场准入二科"], ""),
        (["科室：", "", "填表日期：2026-11-01"], ""),
        (["科室："], ""),
    ],
)
def test_department_is_read_from_the_cell_or_the_next(line: list[str], department: str) -> None:
    assert sheet_shape.find([line, HEADER]).department == department


def test_other_titles_are_understood_when_offices_use_their_own() -> None:
    shape = sheet_shape.find(
        [["企业 名称", "许可证名称", "有效期至*", "许可证号", "联系电话", "社会信用代码"]]
    )
    assert dict(shape.columns) == {
        Field.HOLDER: 0,
        Field.LICENSE: 1,
        Field.EXPIRES_ON: 2,
        Field.NUMBER: 3,
        Field.PHONE: 4,
        Field.CREDIT_CODE: 5,
    }


def test_better_title_wins_when_two_columns_could_be_meant() -> None:
    shape = sheet_shape.find([["编号", "姓名", "证照持有单位（个人）", "证照名称", "期满日期", "证照编号"]])
    assert (shape.columns[Field.NUMBER], shape.columns[Field.HOLDER]) == (5, 2)


def test_missing_column_is_named_together_with_what_the_sheet_has() -> None:
    with pytest.raises(
        Invalid, match=r"第 2 行）缺少“期满日期”列；现有列：序号、单位名称、证照名称、办理日期"
    ):
        sheet_shape.find([["x"], ["序号", "单位名称", "证照名称", "办理日期"]])


def test_sheet_without_header_is_refused() -> None:
    with pytest.raises(Invalid, match="没有找到表头"):
        sheet_shape.find([["甲", "乙"], ["证照名称"]])


def test_header_below_the_first_rows_is_not_searched_for() -> None:
    with pytest.raises(Invalid):
        sheet_shape.find([["x"]] * 20 + [HEADER])


@given(st.permutations([*HEADER, *EXTRA]))
def test_columns_may_stand_in_any_order(titles: list[str]) -> None:
    columns = sheet_shape.find([titles]).columns
    assert {field: titles[place] for field, place in columns.items()} == {
        field: field.value for field in columns
    }
    assert len(columns) == len(titles)


@pytest.mark.parametrize(("column", "letter"), [(0, "A"), (25, "Z"), (26, "AA"), (99, "CV"), (702, "AAA")])
def test_letter_is_what_a_spreadsheet_shows(column: int, letter: str) -> None:
    assert sheet_shape.letter(column) == letter
