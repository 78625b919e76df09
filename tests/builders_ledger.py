"""Makes sheets as offices send them, with made-up holders."""

import io
from collections.abc import Mapping, Sequence
from datetime import date

import xlsxwriter

from reminders.rules.identity import CREDIT_SIGNS, CREDIT_WEIGHTS

HEADER = ["序号", "证照持有单位（个人）", "证照名称", "期满日期", "联系人", "联系方式", "提醒日期", "提醒人"]
EXTRA = ["证照编号", "统一社会信用代码", "发证日期"]
TITLE = "威海市行政审批服务局证照到期提醒台账"

Cell = str | int | float | date | None


def credit_code(number: int) -> str:
    """A valid code that belongs to nobody: area 371000, sequence from the number."""
    body = f"92371000MA{number:07d}"
    total = sum(CREDIT_SIGNS.index(sign) * weight for sign, weight in zip(body, CREDIT_WEIGHTS, strict=True))
    return body + CREDIT_SIGNS[-total % 31]


def annex2(
    rows: Sequence[Sequence[Cell]], *, department: str = "", header: Sequence[str] = (*HEADER, *EXTRA)
) -> list[list[Cell]]:
    """A sheet in the Annex 2 form: title row, 科室 row, header, rows."""
    return [[TITLE], [f"科室：{department}"], list(header), *(list(row) for row in rows)]


def xlsx(sheets: Mapping[str, Sequence[Sequence[Cell]]] | Sequence[Sequence[Cell]]) -> bytes:
    """Cells keep their type: numbers as numbers, dates as real dates."""
    named = sheets if isinstance(sheets, Mapping) else {"台账": sheets}
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"strings_to_formulas": False, "strings_to_urls": False})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    for name, rows in named.items():
        sheet = book.add_worksheet(name)
        for row_no, row in enumerate(rows):
            for column_no, value in enumerate(row):
                if isinstance(value, date):
                    sheet.write_datetime(row_no, column_no, value, day)
                elif value is not None:
                    sheet.write(row_no, column_no, value)
        if name.startswith("隐藏"):
            sheet.hide()
    book.close()
    return target.getvalue()


def csv_text(rows: Sequence[Sequence[Cell]]) -> str:
    return "".join(",".join("" if cell is None else f'"{cell}"' for cell in row) + "\r\n" for row in rows)
