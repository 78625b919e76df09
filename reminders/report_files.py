"""Writes a report as PDF, as Word and as a workbook, all three with the same words and numbers."""

import io
from datetime import date
from typing import Any

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Pt
from docx.text.run import Run

from reminders import spreadsheet, typesetting
from reminders.rules.letter_text import BUREAU
from reminders.rules.report_parts import Heading, Part, Report, Table

SONG, HEI, FANG = "方正小标宋简体", "黑体", "仿宋_GB2312"


def pdf(report: Report, on: date) -> bytes:
    """`on` is the day it was written."""
    parts = [_told(part) for part in report.parts]
    return typesetting.pdf("report", title=report.title, author=BUREAU, on=on, parts=parts)


def docx(report: Report) -> bytes:
    file = Document()
    title = file.add_paragraph()
    title.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _set(title.add_run(report.title), SONG, 20)
    for part in report.parts:
        if isinstance(part, Table):
            _table(file, part)
            continue
        paragraph = file.add_paragraph()
        is_heading = isinstance(part, Heading)
        _set(paragraph.add_run(part.words), HEI if is_heading else FANG, 14 if is_heading else 12)
        if not is_heading:
            paragraph.paragraph_format.first_line_indent = Pt(24)
    written = io.BytesIO()
    file.save(written)
    return written.getvalue()


def xlsx(report: Report) -> bytes:
    """One sheet: each table under its heading, counts as numbers, rates as they are printed."""
    written = io.BytesIO()
    rows: list[tuple[str | int, ...]] = []
    for part in report.parts:
        if isinstance(part, Table):
            rows += [part.head, *(tuple(map(_number, row)) for row in part.rows), ("",)]
        else:
            rows.append((part.words,))
    widest = max(len(row) for row in rows)
    columns = [spreadsheet.Column("", 24 if place == 0 else 14) for place in range(widest)]
    spreadsheet.write_table(
        written, sheet_name="督查报告", lines_above=(report.title,), columns=columns, rows=rows
    )
    return written.getvalue()


def _number(cell: str) -> str | int:
    """Counts stay numbers that a workbook can add up."""
    return int(cell) if cell.isdecimal() else cell


def _told(part: Part) -> dict[str, object]:
    if isinstance(part, Table):
        return {"kind": "table", "head": part.head, "widths": part.widths, "rows": part.rows}
    return {"kind": "heading" if isinstance(part, Heading) else "paragraph", "words": part.words}


def _table(file: Any, part: Table) -> None:
    grid = file.add_table(rows=0, cols=len(part.head), style="Table Grid")
    for number, row in enumerate((part.head, *part.rows)):
        for cell, words in zip(grid.add_row().cells, row, strict=True):
            _set(cell.paragraphs[0].add_run(words), HEI if number == 0 else FANG, 9)
    file.add_paragraph()


def _set(run: Run, font: str, size: float) -> None:
    run.font.name, run.font.size = font, Pt(size)
    run._element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), font)
