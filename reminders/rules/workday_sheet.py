"""Reads a year's State Council notice as csv: days that differ from Monday–Friday."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from reminders.errors import Invalid
from reminders.rules.dates import SATURDAY, SUBSTITUTE, statutory_days

HEADER = ["date", "is_workday", "note"]
YEAR_LINE = "year"
# The notice of a year may also move the last days of the December before it (for example 2018-12-29).
EDGE = timedelta(days=7)
WORDS = {
    "1": True,
    "班": True,
    "上班": True,
    "true": True,
    "0": False,
    "休": False,
    "放假": False,
    "false": False,
}


@dataclass(frozen=True)
class ChangedDay:
    """A day of the notice: a make-up working day, or a rest day."""

    on: date
    is_workday: bool
    note: str


@dataclass(frozen=True)
class Notice:
    """`years` maps each year covered wholly to where its notice was published."""

    years: Mapping[int, str]
    days: tuple[ChangedDay, ...]


def parse(text: str, years: Mapping[int, str]) -> Notice:
    """Lines `year,2027,国办发明电…` name the years covered, besides `years`; then `date,is_workday,note`.

    Raises Invalid with one line per fault, also when a statutory holiday of a year is left a working day,
    which means that the file is not complete.
    """
    faults: list[str] = []
    covered = dict(years)
    days: dict[date, ChangedDay] = {}
    for number, cells in _rows(text):
        if cells[0].lower() == YEAR_LINE:
            covered |= _year(number, cells, faults)
        elif (day := _day(number, cells, faults)) is not None:
            if day.on in days:
                faults.append(f"第 {number} 行：{day.on} 出现了不止一次")
            days[day.on] = day
    faults += _check(covered, days)
    if faults:
        raise Invalid(f"放假安排文件有 {len(faults)} 处需要改正，未作任何改动：\n" + "\n".join(faults))
    return Notice(covered, tuple(days[on] for on in sorted(days)))


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text.lstrip("\ufeff"), newline=""))
    for row in reader:
        cells = [cell.strip() for cell in row]
        if any(cells) and [cell.lower() for cell in cells[: len(HEADER)]] != HEADER:
            yield reader.line_num, [*cells, "", ""]


def _year(number: int, cells: Sequence[str], faults: list[str]) -> dict[int, str]:
    if cells[1].isascii() and cells[1].isdigit() and 2000 <= int(cells[1]) <= 2100:
        return {int(cells[1]): cells[2]}
    faults.append(f"第 {number} 行：年份“{cells[1]}”无法识别，应为 year,2027,文号")
    return {}


def _day(number: int, cells: Sequence[str], faults: list[str]) -> ChangedDay | None:
    try:
        on = date.fromisoformat(cells[0])
    except ValueError:
        faults.append(f"第 {number} 行 date：“{cells[0]}”不是日期，应写成 2027-01-01")
        return None
    if cells[1].lower() not in WORDS:
        faults.append(f"第 {number} 行 is_workday：“{cells[1]}”应为 1（上班）或 0（放假）")
        return None
    return ChangedDay(on, WORDS[cells[1].lower()], cells[2])


def _check(covered: Mapping[int, str], days: Mapping[date, ChangedDay]) -> list[str]:
    if not covered:
        return ["没有写明文件覆盖哪一年：请在文件首行写 year,2027,文号，或使用 --year"]
    outside = [day for day in days if day.year not in covered and (day + EDGE).year not in covered]
    faults = [f"{day} 不在文件覆盖的年份（{'、'.join(map(str, sorted(covered)))}）之内" for day in outside]
    for year in sorted(covered):
        for day, name in statutory_days(year).items():
            told = days.get(day)
            if name.endswith(SUBSTITUTE):  # where a substitute falls is for the notice to say
                continue
            if told.is_workday if told else day.weekday() < SATURDAY:
                faults.append(f"{year} 年不完整：{day}（{name}）应为放假")
    return faults
