"""Checks one row of a ledger sheet: cleaned values, or every fault at once with its column and its cure."""

import difflib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import NamedTuple, TypeVar

from reminders.errors import Invalid
from reminders.rules import identity, validity, written_dates
from reminders.rules.lifecycle import Expiry, HolderKind
from reminders.rules.sheet_shape import Field, Shape, letter
from reminders.rules.validity import Validity

# What people write into a cell that has nothing in it.
NOTHING = frozenset({"", "-", "--", "—", "——", "/", "\\", "无", "暂无", "没有", "N/A", "NULL", "不详"})
CANCELLED_WORDS = frozenset({"注销", "已注销", "吊销", "已吊销", "撤销", "已撤销", "作废", "已作废", "终止"})
CORRECTION = "更正"
MOST = {Field.HOLDER: 200, Field.CONTACT: 100, Field.NUMBER: 64}
_ROUNDED = re.compile(r"\d(?:\.\d+)?[eE]\+\d+")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Fault:
    """`column` is the letter Excel shows ("" for the whole row), `title` what the column holds."""

    column: str
    title: str
    message: str


@dataclass(frozen=True)
class Kind:
    """What the catalogue says of one license kind, as far as a row is checked against it."""

    entry_id: int
    license_name: str
    department: str
    holder_kind: str  # 单位 · 个人 · 单位或个人
    validity: Validity
    has_companion: bool = False
    aliases: tuple[str, ...] = ()


class LedgerRow(NamedTuple):
    """Cleaned values of a row without faults; empty text and None mean the sheet does not say.

    A tuple, because a frozen dataclass takes ten times as long to make and there are many rows.
    """

    entry_id: int
    holder_name: str
    holder_kind: HolderKind
    expiry: Expiry
    expires_on: date | None
    contact_name: str = ""
    phone: str = ""
    license_no: str = ""
    credit_code: str = ""
    id_number: str = ""
    issued_on: date | None = None
    companion_on: date | None = None
    is_cancelled: bool = False
    is_correction: bool = False  # the remark says the date was corrected: it may be earlier than before


class Checked(NamedTuple):
    """`row` is None exactly when there are faults."""

    row: LedgerRow | None
    faults: tuple[Fault, ...]
    warnings: tuple[Fault, ...]


class Kinds:
    """The catalogue's kinds, found by the name on the license, or by another one people call them."""

    def __init__(self, kinds: Sequence[Kind]) -> None:
        others = {identity.name_key(alias): kind for kind in kinds for alias in kind.aliases}
        self._by_name = {**others, **{identity.name_key(kind.license_name): kind for kind in kinds}}
        self.departments = frozenset(kind.department for kind in kinds)
        self.find = lru_cache(maxsize=4096)(self._find)

    def _find(self, name: str) -> Kind:
        key = identity.name_key(name)
        if key in self._by_name:
            return self._by_name[key]
        close = closest(name, sorted({kind.license_name for kind in self._by_name.values()}))
        hint = f"是不是“{close}”？" if close else "请照目录填写全称"
        raise Invalid(f"目录里没有“{name}”。{hint}")


def closest(name: str, names: Sequence[str]) -> str:
    """The one of these names that is written most like this; "" when none is near."""
    by_key = {identity.name_key(one): one for one in names}
    close = difflib.get_close_matches(identity.name_key(name), list(by_key), n=1, cutoff=0.5)
    return by_key[close[0]] if close else ""


class _Reading:
    """One row being read: picks cells by field and gathers faults and warnings."""

    def __init__(self, cells: Sequence[str], shape: Shape) -> None:
        self.cells = cells
        self.columns = shape.columns
        self.faults: list[Fault] = []
        self.warnings: list[Fault] = []

    def text(self, field: Field) -> str:
        column = self.columns.get(field)
        raw = self.cells[column] if column is not None and column < len(self.cells) else ""
        if not raw:
            return ""
        # Our own export puts an apostrophe before what could start a formula.
        plain = identity.clean(raw[1:] if raw[:2] in {"'=", "'+", "'-", "'@"} else raw)
        if len(plain) > MOST.get(field, 1000):
            self.fault(field, f"太长了（{len(plain)} 个字），最多 {MOST.get(field, 1000)} 个字")
            return ""
        return "" if plain.upper() in NOTHING else plain

    def read(self, field: Field, reader: Callable[[str], T]) -> T | None:
        """None when the cell is empty or faulty."""
        text = self.text(field)
        if not text:
            return None
        try:
            return reader(text)
        except Invalid as reason:
            self.fault(field, reason.message)
            return None

    def fault(self, field: Field, message: str) -> None:
        self.faults.append(self._note(field, message))

    def warn(self, field: Field, message: str) -> None:
        self.warnings.append(self._note(field, message))

    def _note(self, field: Field, message: str) -> Fault:
        column = self.columns.get(field)
        return Fault("" if column is None else letter(column), field.value, message)


def is_blank(cells: Sequence[str], shape: Shape) -> bool:
    """No holder, kind or date: an empty line, a prepared number, a total or a note below the table."""
    for field in (Field.HOLDER, Field.LICENSE, Field.EXPIRES_ON):
        column = shape.columns[field]
        if column < len(cells) and cells[column]:
            return False
    return True


def check(cells: Sequence[str], shape: Shape, kinds: Kinds, *, department: str, today: date) -> Checked:
    """`department` is the one the sheet names, or empty."""
    reading = _Reading(cells, shape)
    kind = _kind(reading, kinds, department)
    row = _row(reading, kind, today)
    if kind and not reading.faults:
        _look_for_gaps(reading, row, kind)
    faults, warnings = tuple(reading.faults), tuple(reading.warnings)
    return Checked(None if faults else row, faults, warnings)


def _row(reading: _Reading, kind: Kind | None, today: date) -> LedgerRow:
    """Reads every cell, so that all faults are found; worth something only when there are none."""
    holder_name = reading.text(Field.HOLDER)
    if not holder_name:
        reading.fault(Field.HOLDER, "没有填证照持有单位（个人），请补填")
    expiry, expires_on = _expiry(reading, kind, today)
    return LedgerRow(
        entry_id=kind.entry_id if kind else 0,
        holder_name=holder_name,
        holder_kind=identity.holder_kind(holder_name, kind.holder_kind if kind else ""),
        expiry=expiry,
        expires_on=expires_on,
        contact_name=reading.text(Field.CONTACT),
        phone=_phone(reading),
        license_no=reading.read(Field.NUMBER, _number) or "",
        credit_code=reading.read(Field.CREDIT_CODE, _credit_code) or "",
        id_number=reading.read(Field.ID_NUMBER, _id_number) or "",
        issued_on=reading.read(Field.ISSUED_ON, written_dates.read),
        companion_on=_companion(reading, kind),
        is_cancelled=reading.text(Field.STATE) in CANCELLED_WORDS,
        is_correction=CORRECTION in reading.text(Field.REMARK),
    )


def _kind(reading: _Reading, kinds: Kinds, department: str) -> Kind | None:
    if not reading.text(Field.LICENSE):
        reading.fault(Field.LICENSE, "没有填证照名称，请照目录填写全称")
        return None
    kind = reading.read(Field.LICENSE, kinds.find)
    if kind and department and kind.department != department:
        reading.fault(
            Field.LICENSE,
            f"“{kind.license_name}”由{kind.department}审批，与表上的“科室：{department}”不符，请核对",
        )
    return kind


def _expiry(reading: _Reading, kind: Kind | None, today: date) -> tuple[Expiry, date | None]:
    column = reading.columns[Field.EXPIRES_ON]
    raw = reading.cells[column] if column < len(reading.cells) else ""
    if written_dates.is_forever(raw):
        if kind and kind.validity.spans:
            reading.warn(Field.EXPIRES_ON, f"写的是“{raw}”，而目录里有效期为{kind.validity.text}，请核对")
        return Expiry.NONE, None
    if not reading.text(Field.EXPIRES_ON):
        reading.warn(Field.EXPIRES_ON, "没有期满日期，补上之前不会提醒")
        return Expiry.UNKNOWN, None
    expires_on = reading.read(Field.EXPIRES_ON, written_dates.read)
    if expires_on and expires_on < today:
        reading.warn(Field.EXPIRES_ON, f"期满日期 {expires_on} 已经过去，请核对是否已换证")
    return Expiry.DATED, expires_on


def _phone(reading: _Reading) -> str:
    text = reading.text(Field.PHONE)
    if not text:
        reading.warn(Field.PHONE, "没有联系方式，只能由人工查找号码后提醒")
        return ""
    phone = reading.read(Field.PHONE, identity.phone) or ""
    if phone and phone != text and len(phone) < len(text) - 2 and len(identity.phones(text)) > 1:
        reading.warn(Field.PHONE, "一格里有几个号码，只取第一个")
    return phone


def _companion(reading: _Reading, kind: Kind | None) -> date | None:
    companion_on = reading.read(Field.COMPANION_ON, written_dates.read)
    if companion_on and kind and not kind.has_companion:
        reading.warn(Field.COMPANION_ON, f"“{kind.license_name}”在目录里没有这个日期，不会按它提醒")
        return None
    return companion_on


def _look_for_gaps(reading: _Reading, row: LedgerRow, kind: Kind) -> None:
    if not (row.license_no or row.credit_code or row.id_number or row.phone):
        reading.fault(
            Field.NUMBER, "没有证照编号、信用代码、证件号码和电话，认不出是哪一个证照，请至少补一项"
        )
    elif not row.license_no:
        reading.warn(Field.NUMBER, "没有证照编号，按信用代码或名称加电话识别；请尽量补填")
    is_company = row.holder_kind is HolderKind.COMPANY
    if is_company and not row.credit_code and Field.CREDIT_CODE in reading.columns:
        reading.warn(Field.CREDIT_CODE, "没有统一社会信用代码，请尽量补填")
    if row.issued_on and row.expires_on:
        doubt = _doubt(kind.validity, row.issued_on, row.expires_on)
        if doubt:
            reading.warn(Field.EXPIRES_ON, doubt)


# Many rows of a sheet share their days.
_doubt = lru_cache(maxsize=20_000)(validity.check)


def _not_rounded(text: str) -> str:
    if _ROUNDED.fullmatch(text):
        raise Invalid("被 Excel 写成了科学计数法，后几位已丢失；请把这一列设为“文本”后重新填写")
    return text


def _number(text: str) -> str:
    if not identity.number_key(_not_rounded(text)):
        raise Invalid(f"“{text}”不像证照编号，请核对")
    return text


def _credit_code(text: str) -> str:
    return identity.credit_code(_not_rounded(text)) or ""


def _id_number(text: str) -> str:
    return identity.id_number(_not_rounded(text)) or ""
