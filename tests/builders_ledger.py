"""Makes sheets as offices send them, with made-up holders."""

import io
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime

import xlsxwriter
from sqlalchemy.orm import Session

from reminders.rules.identity import CREDIT_SIGNS, CREDIT_WEIGHTS
from tests import builders

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
    book.set_properties({"created": datetime(2026, 1, 1, tzinfo=UTC)})  # same rows, same bytes
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


PHARMACY, FOOD, CLINIC, NURSE, TAXI = (
    "药品经营许可证",
    "食品生产许可证",
    "医疗机构执业许可证",
    "护士执业证书",
    "巡游出租汽车客运经营许可证",
)
MARKET, PEOPLE, TRADE = "市场准入二科", "社会民生科", "经管二科"


def annex1(session: Session) -> dict[str, int]:
    """Some kinds of Annex 1 with their real departments; returns department names and ids."""
    ids = {name: builders.department(session, name=name).id for name in (MARKET, PEOPLE, TRADE)}
    builders.entry(session, id=1, license_name=PHARMACY, department_id=ids[MARKET])
    builders.entry(session, id=2, license_name=FOOD, department_id=ids[MARKET])
    builders.entry(session, id=12, license_name=CLINIC, department_id=ids[PEOPLE], companion_name="校验期满")
    builders.entry(session, id=13, license_name=NURSE, department_id=ids[PEOPLE], holder_kind="个人")
    builders.entry(session, id=5, license_name=TAXI, department_id=ids[TRADE], holder_kind="单位或个人")
    return ids


def row(
    number: int,
    *,
    license_name: str = PHARMACY,
    holder: str = "",
    expires: Cell = date(2027, 3, 1),
    contact: str = "张示例",
    phone: Cell = "",
    license_no: str | None = None,
    credit: str | None = None,
    issued: Cell = None,
) -> list[Cell]:
    """One line under HEADER and EXTRA; what is not given is made from the number, None leaves it empty."""
    return [
        number,
        holder or f"示例{number}号药房有限公司",
        license_name,
        expires,
        contact,
        13800000000 + number if phone == "" else phone,
        None,
        None,
        f"鲁示例{number:06d}" if license_no is None else license_no or None,
        credit_code(number) if credit is None else credit or None,
        issued,
    ]
