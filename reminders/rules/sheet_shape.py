"""Finds the header and the department in a sheet, wherever the office put them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from enum import StrEnum
from types import MappingProxyType

from reminders.errors import Invalid
from reminders.rules.identity import clean

HEADER_WITHIN_ROWS = 20
LEAST_MATCHES = 3


class Field(StrEnum):
    """What a column of the ledger holds; the value is its title in Annex 2 or the one we write ourselves."""

    POSITION = "序号"
    HOLDER = "证照持有单位（个人）"
    LICENSE = "证照名称"
    EXPIRES_ON = "期满日期"
    CONTACT = "联系人"
    PHONE = "联系方式"
    REMINDED_ON = "提醒日期"
    REMINDED_BY = "提醒人"
    NUMBER = "证照编号"
    CREDIT_CODE = "统一社会信用代码"
    ISSUED_ON = "发证日期"
    COMPANION_ON = "校验期满日期"
    ID_NUMBER = "证件号码"
    STATE = "状态"
    REMARK = "备注"


NO_TITLES: Mapping[str, "Field"] = MappingProxyType({})
REQUIRED = (Field.HOLDER, Field.LICENSE, Field.EXPIRES_ON)
# Titles as offices write them, without spaces and brackets; the first of a field wins over later ones.
ALIASES: Mapping[Field, str] = {
    Field.POSITION: "序号",
    Field.HOLDER: "证照持有单位个人 证照持有单位 持有单位 持证单位 持证人 持有人 "
    "持证单位个人 持有单位个人 单位名称 企业名称 机构名称 单位个人名称 市场主体名称 "
    "证照持有人 持证人名称 持证人姓名 权利人 名称 姓名",
    Field.LICENSE: "证照名称 许可证名称 证书名称 证件名称 证照类型 证照种类 许可证类型 证照",
    Field.EXPIRES_ON: "期满日期 到期日期 有效期至 到期时间 期满时间 到期日 有效期限至 有效期止 "
    "有效期截止日期 截止日期 失效日期 证照期满日期 证照到期日期 证照有效期至 许可证到期日期",
    Field.CONTACT: "联系人 联系人姓名 经办人",
    Field.PHONE: "联系方式 联系电话 手机号码 手机号 手机 电话 电话号码 联系人电话 联系人手机 联系人联系方式",
    Field.REMINDED_ON: "提醒日期 提醒时间",
    Field.REMINDED_BY: "提醒人",
    Field.NUMBER: "证照编号 许可证号 许可证编号 证照号码 证照号 证书编号 证书号 许可证号码 登记证号 "
    "证号 编号",
    Field.CREDIT_CODE: "统一社会信用代码 社会信用代码 统一信用代码 信用代码",
    Field.ISSUED_ON: "发证日期 发证时间 签发日期 颁发日期 有效期起 有效期自 批准日期",
    Field.COMPANION_ON: "校验期满日期 校验期满 校验有效期至 校验到期日期 下次校验日期 "
    "居留证件有效期至 居留证件有效期 居留许可有效期至",
    Field.ID_NUMBER: "证件号码 身份证号码 身份证号 公民身份号码 护照号码 护照号 证件号",
    Field.STATE: "状态 证照状态",
    Field.REMARK: "备注 说明",
}
_BY_ALIAS = {
    alias: (field, rank) for field, titles in ALIASES.items() for rank, alias in enumerate(titles.split())
}
_NOT_IN_TITLES = re.compile(r"[\s()*:、/,.\-]")
_DEPARTMENT = re.compile(r"(?:填报|审批|责任)?科室[:：]\s*(.*)")


@dataclass(frozen=True)
class Shape:
    """`header` is the 0-based row of the titles; `columns` says in which 0-based column a field stands."""

    header: int
    columns: Mapping[Field, int]
    department: str


@dataclass(frozen=True)
class Layout:
    """What a person said about one sheet: whether it is read, the 0-based row of its titles (None: found by
    itself), and what stands in a 0-based column (None: nothing that is read)."""

    is_read: bool = True
    header: int | None = None
    columns: Mapping[int, Field | None] = dataclass_field(default_factory=dict)


AS_FOUND = Layout()


def find(
    rows: Sequence[Sequence[str]], layout: Layout = AS_FOUND, titles: Mapping[str, Field] = NO_TITLES
) -> Shape:
    """The best header within the first rows, or the one told. Raises Invalid that tells what the sheet has.

    `titles` are those an office taught us, by `title_key`.
    """
    best, columns = guess(rows, layout, titles)
    if len(columns) < LEAST_MATCHES:
        raise Invalid(
            f"前 {HEADER_WITHIN_ROWS} 行里没有找到表头。"
            "表头应有：序号、证照持有单位（个人）、证照名称、期满日期、联系人、联系方式"
        )
    missing = [field.value for field in REQUIRED if field not in columns]
    if missing:
        has = "、".join(clean(title) for title in rows[best] if title)
        raise Invalid(
            f"表头（第 {best + 1} 行）缺少“{'”“'.join(missing)}”列；现有列：{has}。请补上后重新上传"
        )
    return Shape(best, columns, _department(rows[:best]))


def guess(
    rows: Sequence[Sequence[str]], layout: Layout, titles: Mapping[str, Field]
) -> tuple[int, dict[Field, int]]:
    """The row of the titles and what stands in which column, however little was recognised."""
    if layout.header is not None:
        told = rows[layout.header] if layout.header < len(rows) else ()
        return layout.header, _told(_fields(told, titles), layout.columns)
    best, columns = 0, dict[Field, int]()
    for number, row in enumerate(rows[:HEADER_WITHIN_ROWS]):
        found = _fields(row, titles)
        if len(found) > len(columns):
            best, columns = number, found
    return best, _told(columns, layout.columns)


def title_key(title: str) -> str:
    """A title without what offices write differently: spaces, brackets, points."""
    return _NOT_IN_TITLES.sub("", clean(title))


def _told(found: dict[Field, int], told: Mapping[int, Field | None]) -> dict[Field, int]:
    """What a person said of a column goes before what its title looks like."""
    kept = {field: column for field, column in found.items() if column not in told}
    return kept | {field: column for column, field in told.items() if field is not None}


def letter(column: int) -> str:
    """A, B, … Z, AA as a spreadsheet program names the 0-based column."""
    head, tail = divmod(column, 26)
    return (letter(head - 1) if head else "") + chr(ord("A") + tail)


def _fields(row: Sequence[str], titles: Mapping[str, Field]) -> dict[Field, int]:
    ranked: dict[Field, tuple[int, int]] = {}
    for column, title in enumerate(row):
        if not title or len(title) > 40:
            continue
        key = title_key(title)
        taught = titles.get(key)
        field, rank = (taught, -1) if taught else _BY_ALIAS.get(key, (None, 0))
        if field and (field not in ranked or rank < ranked[field][0]):
            ranked[field] = (rank, column)
    return {field: column for field, (_, column) in ranked.items()}


def _department(rows: Sequence[Sequence[str]]) -> str:
    """The text after 科室： in the same cell, else in the next filled cell of the row."""
    for row in rows:
        for column, text in enumerate(row):
            found = _DEPARTMENT.fullmatch(clean(text))
            if found:
                behind = (clean(other) for other in row[column + 1 :])
                return found[1].strip() or next((t for t in behind if t and ":" not in t), "")
    return ""
