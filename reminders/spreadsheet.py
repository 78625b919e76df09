"""Reads the tables offices send, in a child process that may die without harm, and writes them safely."""

import io
import json
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import Path
from typing import IO, Any

import xlsxwriter

from reminders.errors import Invalid

MOST_BYTES = 10 * 2**20
PATIENCE_S = 20
CHILD = Path(__file__).with_name("spreadsheet_child.py")
SAVE_AS = "请在 WPS 或 Excel 里打开它，点“文件 → 另存为”，类型选“Excel 工作簿 (*.xlsx)”，再上传新文件"

REASONS = {
    "password": "文件设了打开密码，系统读不了。请取消密码后另存一份再上传",
    "broken": f"文件打不开，可能已损坏或不是真正的表格。{SAVE_AS}",
    "not_a_table": f"这不是表格文件。请上传 .xlsx、.xls 或 .csv；{SAVE_AS}",
    "bomb": "文件展开后异常地大，系统没有读它。请新建一个表格，只把台账内容复制进去再上传",
    "far_cell": "表格超出 20 万行或 100 列（常见于整列设了格式）。请只把台账内容复制到新表格再上传",
    "too_big": "表格内容太多，系统没有读它。请按科室或证照拆成几个文件再上传",
}
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Sheet:
    """`rows[0]` is row 1 and its first cell column A, as Excel shows them; every cell is text."""

    name: str
    rows: list[list[str]]


@dataclass(frozen=True)
class Workbook:
    """The visible sheets; a csv has one without a name."""

    sheets: tuple[Sheet, ...]


@dataclass(frozen=True)
class Column:
    title: str
    width: int  # in characters
    is_text: bool = False  # what a person types keeps its leading zeros and all its digits


def read(data: bytes, file_name: str) -> Workbook:
    """Everything as text: dates in ISO form, whole numbers without a point. Raises Invalid with a cure."""
    suffix = Path(file_name).suffix.lower()
    if suffix in {".et", ".ett"}:
        raise Invalid(f"“{suffix}”是 WPS 自己的格式。{SAVE_AS}")
    if not data:
        raise Invalid("文件是空的，请选对文件再上传")
    if len(data) > MOST_BYTES:
        raise Invalid("文件超过 10 MB。请按科室或证照拆成几个文件再上传")
    lines = io.BytesIO(_ask_child(data))
    head = json.loads(lines.readline())
    if "refused" in head:
        raise Invalid(REASONS[head["refused"]])
    shared: dict[str, str] = {}  # equal texts are kept once: half of a ledger is kinds, days and blanks
    return Workbook(
        tuple(
            Sheet(
                name,
                [
                    [shared.setdefault(cell, cell) for cell in json.loads(line)]
                    for line in islice(lines, count)
                ],
            )
            for name, count in head["sheets"]
        )
    )


def write_table(
    target: str | IO[bytes],
    *,
    sheet_name: str,
    lines_above: Sequence[str],
    columns: Sequence[Column],
    rows: Iterable[Sequence[str | int | date | None]],
) -> int:
    """Writes title lines, a header and rows as xlsx, row by row; returns how many rows.

    Text is typed as text and neutralised, so that nothing in it can start a formula.
    """
    book = xlsxwriter.Workbook(
        target,
        {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False},
    )
    body, day = book.add_format({"border": 1}), book.add_format({"border": 1, "num_format": "yyyy-mm-dd"})
    sheet = book.add_worksheet(sheet_name)
    _write_head(book, sheet, lines_above, columns)
    count = 0
    for count, row in enumerate(rows, start=1):
        for index, value in enumerate(row):
            where = (len(lines_above) + count, index)
            if value is None or value == "":
                sheet.write_blank(*where, None, body)
            elif isinstance(value, str):
                sheet.write_string(*where, neutral(value), body)
            elif isinstance(value, date):
                sheet.write_datetime(*where, value, day)
            else:
                sheet.write_number(*where, value, body)
    book.close()
    return count


def _write_head(book: Any, sheet: Any, lines_above: Sequence[str], columns: Sequence[Column]) -> None:
    title, head = (
        book.add_format({"bold": True, "font_size": 14}),
        book.add_format({"bold": True, "border": 1}),
    )
    typed = book.add_format({"num_format": "@"})
    sheet.freeze_panes(len(lines_above) + 1, 0)
    for number, line in enumerate(lines_above):
        sheet.write_string(number, 0, neutral(line), title if number == 0 else None)
    for index, column in enumerate(columns):
        sheet.set_column(index, index, column.width, typed if column.is_text else None)
        sheet.write_string(len(lines_above), index, column.title, head)


def neutral(text: str) -> str:
    """The text with an apostrophe in front where a spreadsheet program could take it for a formula."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def _ask_child(data: bytes) -> bytes:
    try:
        child = subprocess.run(
            [sys.executable, "-I", "-B", str(CHILD)],
            input=data,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=PATIENCE_S,
            env={"PYTHONIOENCODING": "utf-8"},
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise Invalid(REASONS["bomb"]) from error
    if child.returncode < 0:  # killed by a limit, or the parser aborted
        raise Invalid(REASONS["bomb"])
    if child.returncode > 0:
        raise Invalid(REASONS["broken"])
    return child.stdout
