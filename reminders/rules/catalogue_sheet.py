"""Reads catalogue.csv and departments.csv: every fault of both files is named at once, with its line."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import TypeVar

from reminders.errors import Invalid
from reminders.rules import validity
from reminders.rules.lifecycle import Channel, Confidence
from reminders.rules.window import Unit

ENTRIES = "catalogue.csv"
DEPARTMENTS = "departments.csv"
COLUMN_OF = {"id": "seq", "companion_name": "companion_date"}  # where a field and its column differ
# Columns a file may lack: nobody has checked yet.
OPTIONAL = ("is_online", "online_url")
LONGEST_URL = 200
HOLDER_KINDS = ("单位", "个人", "单位或个人")
YES_NO = {"1": True, "是": True, "true": True, "0": False, "否": False, "false": False}

Word = TypeVar("Word", bound=StrEnum)


@dataclass(frozen=True)
class DepartmentRow:
    """Field names are those of the table `department`."""

    name: str
    counter: str
    counter_hours: str
    service_phone: str
    method: Channel
    is_sample: bool


@dataclass(frozen=True)
class EntryRow:
    """Field names are those of the table `catalogue_entry`, with the department by its name."""

    id: int
    item_name: str
    license_name: str
    department: str
    validity_text: str
    validity_years_min: int | None
    validity_years_max: int | None
    holder_kind: str
    renewal_earliest: int | None
    renewal_latest: int | None
    unit: str
    also_latest: int | None
    also_unit: str
    companion_name: str
    companion_latest: int | None
    companion_unit: str
    companion_basis: str
    basis: str
    basis_article: str
    confidence: Confidence
    materials: str
    is_online: bool | None = None
    online_url: str = ""


def parse(entries_csv: str, departments_csv: str) -> tuple[list[EntryRow], list[DepartmentRow]]:
    """Raises Invalid with one line per fault of either file."""
    faults: list[str] = []
    departments = [_department(line) for line in _lines(DEPARTMENTS, departments_csv, DepartmentRow, faults)]
    names = [row.name for row in departments]
    entries = [_entry(line, names) for line in _lines(ENTRIES, entries_csv, EntryRow, faults)]
    faults += _doubles(DEPARTMENTS, "name", names)
    faults += _doubles(ENTRIES, "seq", [str(row.id) for row in entries])
    faults += _doubles(ENTRIES, "license_name", [row.license_name for row in entries])
    if faults:
        raise Invalid(f"目录文件有 {len(faults)} 处需要改正，未作任何改动：\n" + "\n".join(faults))
    return entries, departments


@dataclass(frozen=True)
class _Line:
    """One data line; a fault is noted and a harmless value goes on, so that all faults are found."""

    file: str
    number: int
    cells: Mapping[str, str]
    faults: list[str]

    def fault(self, column: str, words: str) -> None:
        self.faults.append(f"{self.file} 第 {self.number} 行 {column}：{words}")

    def text(self, column: str, *, required: bool = False) -> str:
        value = self.cells[column]
        if required and not value:
            self.fault(column, "不能为空")
        return value

    def count(self, column: str, *, required: bool = False) -> int | None:
        value = self.text(column, required=required)
        if value and not (value.isascii() and value.isdigit()):
            self.fault(column, f"“{value}”不是 0 或正整数")
            return None
        return int(value) if value else None

    def word(self, column: str, kind: type[Word], otherwise: Word) -> Word:
        value = self.text(column)
        if value in {word.value for word in kind}:
            return kind(value)
        self.fault(column, f"“{value}”应为 {'、'.join(word.value for word in kind)} 之一")
        return otherwise


def _lines(file: str, text: str, row: type[DepartmentRow | EntryRow], faults: list[str]) -> Iterator[_Line]:
    reader = csv.DictReader(io.StringIO(text.lstrip("\ufeff"), newline=""))
    columns = [COLUMN_OF.get(field.name, field.name) for field in fields(row)]
    absent = [name for name in columns if name not in (*OPTIONAL, *(reader.fieldnames or []))]
    if absent:
        faults.append(f"{file} 第 1 行：缺少列 {'、'.join(absent)}")
        return
    for cells in reader:
        if None in cells or None in cells.values():
            faults.append(f"{file} 第 {reader.line_num} 行：列数与表头不一致")
            continue
        if any(cells.values()):
            stripped = dict.fromkeys(OPTIONAL, "") | {name: value.strip() for name, value in cells.items()}
            yield _Line(file, reader.line_num, stripped, faults)


def _department(line: _Line) -> DepartmentRow:
    sample = line.text("is_sample").lower()
    if sample not in YES_NO:
        line.fault("is_sample", "应为 1（示例）或 0（已核实）")
    return DepartmentRow(
        name=line.text("name", required=True),
        counter=line.text("counter"),
        counter_hours=line.text("counter_hours"),
        service_phone=line.text("service_phone"),
        method=line.word("method", Channel, Channel.PHONE),
        is_sample=YES_NO.get(sample, True),
    )


def _entry(line: _Line, departments: Sequence[str]) -> EntryRow:
    if line.text("department", required=True) not in departments:
        line.fault("department", f"{DEPARTMENTS} 中没有这个科室")
    if line.text("holder_kind") not in HOLDER_KINDS:
        line.fault("holder_kind", f"应为 {'、'.join(HOLDER_KINDS)} 之一")
    _check_validity(line)
    _check_window(line)
    return EntryRow(
        id=line.count("seq", required=True) or 0,
        item_name=line.text("item_name", required=True),
        license_name=line.text("license_name", required=True),
        department=line.text("department"),
        validity_text=line.text("validity_text", required=True),
        validity_years_min=_number(line, "validity_years_min"),
        validity_years_max=_number(line, "validity_years_max"),
        holder_kind=line.text("holder_kind"),
        renewal_earliest=line.count("renewal_earliest"),
        renewal_latest=line.count("renewal_latest"),
        unit=line.word("unit", Unit, Unit.DAY),
        also_latest=line.count("also_latest"),
        also_unit=line.text("also_unit"),
        companion_name=line.text("companion_date"),
        companion_latest=line.count("companion_latest"),
        companion_unit=line.text("companion_unit"),
        companion_basis=line.text("companion_basis"),
        basis=line.text("basis", required=True),
        basis_article=line.text("basis_article"),
        confidence=line.word("confidence", Confidence, Confidence.DEFAULT),
        materials=line.text("materials"),
        is_online=_is_online(line),
        online_url=line.text("online_url"),
    )


def _is_online(line: _Line) -> bool | None:
    told, url = line.text("is_online").lower(), line.text("online_url")
    if told and told not in YES_NO:
        line.fault("is_online", "应为 1（可以网上办）、0（不能）或留空（还没核实）")
    if url and not (url.startswith("https://") and len(url) <= LONGEST_URL):
        line.fault("online_url", f"应是 https:// 开头的网址，不超过 {LONGEST_URL} 个字符")
    return YES_NO.get(told)


def _check_validity(line: _Line) -> None:
    if not line.text("validity_text"):
        return
    try:
        told = validity.parse(line.text("validity_text"))
    except Invalid as error:
        line.fault("validity_text", error.message)
        return
    written = (line.count("validity_years_min"), line.count("validity_years_max"))
    if written != (told.min_years, told.max_years):
        line.fault("validity_years_min/validity_years_max", f"与 validity_text“{told.text}”不一致")


def _check_window(line: _Line) -> None:
    earliest, latest = _number(line, "renewal_earliest"), _number(line, "renewal_latest")
    if earliest is not None and (latest is None or earliest <= latest):
        line.fault("renewal_earliest", "应大于 renewal_latest（开始早于截止）")
    for count, unit in (("also_latest", "also_unit"), ("companion_latest", "companion_unit")):
        if bool(line.text(count)) != bool(line.text(unit)):
            line.fault(unit, f"{count} 与 {unit} 应同时填写或同时留空")
        elif line.text(unit):
            line.word(unit, Unit, Unit.DAY)
    if line.text("companion_latest") and not line.text("companion_date"):
        line.fault("companion_date", "填写了 companion_latest，应写明是哪个日期")


def _number(line: _Line, column: str) -> int | None:
    """A count whose fault is noted elsewhere."""
    value = line.text(column)
    return int(value) if value.isascii() and value.isdigit() else None


def _doubles(file: str, column: str, values: Sequence[str]) -> list[str]:
    doubled = sorted({value for value in values if value and values.count(value) > 1})
    return [f"{file} {column}：“{value}”出现了不止一次" for value in doubled]
