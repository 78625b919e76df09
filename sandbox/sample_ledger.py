"""Makes up a ledger as offices send it: Annex 2, title rows, a sheet per department, dates in every style."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path

import xlsxwriter
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

TITLE = "威海市行政审批服务局证照到期提醒台账（示例数据）"
HEADINGS = (
    *("序号", "证照持有单位（个人）", "证照名称", "证照编号", "统一社会信用代码"),
    *("发证日期", "期满日期", "联系人", "联系方式", "提醒日期", "提醒人", "备注"),
)
CREDIT_LETTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
# Annex 1: name on the license, department, letters of the made-up number, years valid, held by a person.
KINDS = (
    ("药品经营许可证", "市场准入二科", "YP", 5, False),
    ("食品生产许可证", "市场准入二科", "SP", 5, False),
    ("医疗器械经营许可证", "市场准入二科", "QX", 5, False),
    ("道路危险货物运输经营许可证", "经管二科", "WH", 4, False),
    ("巡游出租汽车客运经营许可证", "经管二科", "CZ", 4, True),
    ("道路客运站经营许可证", "经管二科", "KZ", 4, False),
    ("国内水路运输经营许可证", "经管二科", "SL", 5, False),
    ("道路运输车辆营运证", "经管二科", "CL", 3, False),
    ("社会团体法人登记证书", "社会民生科", "ST", 4, False),
    ("民办非企业单位登记证书", "社会民生科", "MF", 4, False),
    ("医疗机构执业许可证", "社会民生科", "YL", 5, False),
    ("护士执业证书", "社会民生科", "HS", 5, True),
    ("麻醉药品、第一类精神药品购用印鉴卡", "社会民生科", "YJ", 3, False),
    ("城镇污水排入排水管网许可证", "经管一科", "PS", 5, False),
    ("种畜禽生产经营许可证", "经管一科", "XQ", 3, False),
    ("农药经营许可证", "经管一科", "NY", 5, False),
    ("取水许可证", "经管一科", "QS", 5, False),
    ("人力资源许可证", "综合事务科", "RL", 5, False),
    ("劳务派遣经营许可证", "综合事务科", "LW", 3, False),
    ("印刷经营许可证", "综合事务科", "YS", 3, False),
    ("民办学校办学许可证", "综合事务科", "BX", 3, False),
)
NUMBERS = "零一二三四五六七八九"
SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨"
FIRST_PHONE = 13800000001
# Days to the expiry, and how many of a hundred rows fall there: most of a stock is far away.
BANDS = ((-40, -1, 4), (5, 60, 9), (61, 100, 12), (101, 200, 15), (201, 1400, 60))


@dataclass(frozen=True)
class Row:
    """One line of the ledger; all of it is invented."""

    holder: str
    license_name: str
    department: str
    license_no: str
    expires_on: date
    contact: str
    phone: str
    credit_code: str = ""
    years: int = 5
    remark: str = ""


@dataclass
class Sample:
    """The whole workbook and the people a newcomer may play."""

    today: date
    rows: list[Row]
    heroes: list[tuple[Row, str]] = field(default_factory=list)  # with a sentence on what to expect


def make(today: date, size: int = 300, seed: int = 22) -> Sample:
    """The same sample for the same day; the heroes' rows come first and have something due now."""
    draw = random.Random(seed)
    heroes = _heroes(today)
    taken = {row.phone for row, _note in heroes}
    rows = [row for row, _note in heroes]
    for position in range(size - len(rows)):
        kind = KINDS[position % len(KINDS)]
        rows.append(_row(kind, position + len(taken), today + timedelta(days=_days_ahead(draw)), draw))
    shown = {row.phone: (row, note) for row, note in reversed(heroes)}
    return Sample(today, rows, list(reversed(shown.values())))


def write(path: Path, rows: Sequence[Row]) -> None:
    """An xlsx with one sheet per department: a title, 科室：…, the header, then the rows."""
    departments = list(dict.fromkeys(row.department for row in rows))
    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        for department in departments:
            sheet = book.add_worksheet(department)
            _write_sheet(book, sheet, department, [row for row in rows if row.department == department])


def corrected(row: Row, expires_on: date) -> Row:
    """The same license with another expiry; an earlier one needs the word of the officer beside it."""
    return replace(row, expires_on=expires_on, remark="更正")


def credit_code(number: int) -> str:
    """A code whose check character is right (GB 32100-2015) and whose owner does not exist."""
    body = f"91371000MA{number:07d}"
    total = sum(CREDIT_LETTERS.index(letter) * pow(3, place, 31) for place, letter in enumerate(body))
    return body + CREDIT_LETTERS[(31 - total % 31) % 31]


def _heroes(today: date) -> list[tuple[Row, str]]:
    kinds = {kind[0]: kind for kind in KINDS}

    def hero(
        kind: str, number: int, holder: str, contact: str, phone: int, days: int, note: str
    ) -> tuple[Row, str]:
        name, department, letters, years, personal = kinds[kind]
        code = "" if personal else credit_code(9_000_000 + phone % 100)
        number_text = f"SL{letters}{number:06d}"
        expires_on = today + timedelta(days=days)
        return Row(holder, name, department, number_text, expires_on, contact, str(phone), code, years), note

    return [
        hero("药品经营许可证", 900001, "示例阳光大药房有限公司", "张示例", 13800009001, 85,
             "药店：申请期还剩不到一个月，绑定后会收到提醒"),
        hero("医疗器械经营许可证", 900002, "示例阳光大药房有限公司", "张示例", 13800009001, 700,
             "同一药店的另一本证照：还早，绑定后一起出现在“我的证照”里"),
        hero("护士执业证书", 900003, "李示例", "李示例", 13800009002, 50, "护士：个人证照，五十天后期满"),
        hero("国内水路运输经营许可证", 900004, "示例海运有限公司", "王示例", 13800009003, 80,
             "船运公司：申请期还没有开始，提醒会说从哪天起可以申请"),
        hero("食品生产许可证", 900005, "示例海味食品有限公司", "赵示例", 13800009004, 900,
             "食品厂：还早，绑定后能查到期，不会收到提醒"),
    ]  # fmt: skip


def _row(kind: tuple[str, str, str, int, bool], number: int, expires_on: date, draw: random.Random) -> Row:
    name, department, letters, years, personal = kind
    contact = draw.choice(SURNAMES) + "示例"
    holder = (
        contact + _in_chinese(number) if personal else f"示例{_in_chinese(number)}号{_trade(name)}有限公司"
    )
    code = "" if personal or draw.random() < 0.3 else credit_code(number)
    phone = str(FIRST_PHONE + number)
    return Row(holder, name, department, f"SL{letters}{number:06d}", expires_on, contact, phone, code, years)


def _trade(license_name: str) -> str:
    trades = {
        "药品经营": "药房",
        "农药": "农资",
        "食品": "食品",
        "运输": "运输",
        "印刷": "印刷",
        "医疗": "医疗",
    }
    return next((trade for word, trade in trades.items() if word in license_name), "实业")


def _in_chinese(number: int) -> str:
    return "".join(NUMBERS[int(digit)] for digit in str(number))


def _days_ahead(draw: random.Random) -> int:
    low, high, _share = draw.choices(BANDS, weights=[band[2] for band in BANDS])[0]
    return draw.randint(low, high)


def _write_sheet(book: Workbook, sheet: Worksheet, department: str, rows: Sequence[Row]) -> None:
    bold = book.add_format({"bold": True, "align": "center", "font_size": 14})
    real_date = book.add_format({"num_format": "yyyy/m/d"})
    sheet.merge_range(0, 0, 0, len(HEADINGS) - 1, TITLE, bold)
    sheet.write_string(1, 0, f"科室：{department}")
    sheet.write_row(2, 0, HEADINGS)
    sheet.set_column(1, 8, 20)
    for position, row in enumerate(rows):
        line = position + 3
        issued_on = _years_before(row.expires_on, row.years)
        sheet.write_number(line, 0, position + 1)
        sheet.write_row(line, 1, (row.holder, row.license_name, row.license_no, row.credit_code))
        sheet.write_string(line, 5, f"{issued_on:%Y-%m-%d}")
        style = position % 5
        if style == 0:
            sheet.write_datetime(line, 6, row.expires_on, real_date)
        else:
            sheet.write_string(line, 6, _date_text(row.expires_on, style))
        sheet.write_string(line, 7, row.contact)
        if position % 3 == 0:
            sheet.write_number(line, 8, int(row.phone))
        else:
            sheet.write_string(line, 8, _phone_text(row.phone, position % 3))
        sheet.write_string(line, HEADINGS.index("备注"), row.remark)


def _date_text(on: date, style: int) -> str:
    if style == 1:
        return f"{on.year}.{on.month}.{on.day}"
    if style == 2:
        return f"{on:%Y%m%d}"
    return f"{on.year}年{on.month}月{on.day}日" if style == 3 else f"{on:%Y-%m-%d}"


def _phone_text(phone: str, style: int) -> str:
    full_width = str.maketrans("0123456789", "０１２３４５６７８９")
    return phone.translate(full_width) if style == 1 else f"{phone[:3]} {phone[3:7]} {phone[7:]}"


def _years_before(on: date, years: int) -> date:
    day = on + timedelta(days=1)
    return date(day.year - years, day.month, min(day.day, 28))
