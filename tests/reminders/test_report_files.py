"""The report of a period says the same in PDF, Word and Excel: every word and every number of the page."""

import io
import re
from datetime import date, time

import docx
import openpyxl
import pypdfium2

from reminders import clock, report_files, supervision
from reminders.db import Database
from reminders.rules.report_parts import Report, Table
from reminders.rules.supervision import DEFINITIONS, NAMES, Figure, Verdict, quarter_of
from tests.reminders.test_supervision import supervisor, town

NOW = clock.civil_moment(date(2026, 9, 29), time(10))
QUARTER = quarter_of(date(2026, 9, 1))


def written(database: Database) -> Report:
    with database.begin() as session:
        first, _ = town(session)
        actor = supervisor(session)
        sample_id = supervision.draw_sample(session, None, 3, "秋季", actor=actor, now=NOW)
        row = supervision.findings(session, sample_id, actor=actor)[0]
        supervision.record_finding(
            session, sample_id, row.license_id, Verdict.PROBLEM, "空号", actor=actor, now=NOW
        )
        supervision.issue_order(
            session, first.department_id, "请核对电话", date(2026, 10, 15), actor=actor, now=NOW
        )
        return supervision.report(session, QUARTER, actor=actor, now=NOW)


def cells(report: Report) -> list[str]:
    return [cell for part in report.parts if isinstance(part, Table) for row in part.rows for cell in row]


def words(report: Report) -> set[str]:
    told = {part.words for part in report.parts if not isinstance(part, Table)}
    return {re.sub(r"\s", "", one) for one in [report.title, *told, *cells(report)] if one}


def test_report_holds_every_figure_its_definition_samples_and_orders(sqlite_database: Database) -> None:
    report = written(sqlite_database)
    said = "".join(words(report))
    assert report.title == "证照到期提醒督查报告（2026年第3季度）"
    for figure in Figure:
        assert NAMES[figure] in said
        assert re.sub(r"\s", "", DEFINITIONS[figure]) in said
    for fact in ("秋季", "请核对电话", "2026-10-15", "待回复", "50.0%", "期满8本"):
        assert fact in said
    assert all(
        len(row) == len(part.head) for part in report.parts if isinstance(part, Table) for row in part.rows
    )


def test_three_files_say_the_same(sqlite_database: Database) -> None:
    report = written(sqlite_database)
    wanted = words(report)
    pages = pypdfium2.PdfDocument(report_files.pdf(report, date(2026, 9, 29)))
    printed = "".join(page.get_textpage().get_text_bounded() for page in pages)
    printed = re.sub(r"—\d+—", "", re.sub(r"\s", "", printed))
    assert [one for one in wanted if one not in printed] == []
    file = docx.Document(io.BytesIO(report_files.docx(report)))
    typed = [paragraph.text for paragraph in file.paragraphs]
    typed += [cell.text for table in file.tables for row in table.rows for cell in row.cells]
    assert [one for one in wanted if one not in {re.sub(r"\s", "", text) for text in typed}] == []
    sheet = openpyxl.load_workbook(io.BytesIO(report_files.xlsx(report))).active
    assert sheet is not None
    values = [cell for row in sheet.iter_rows(values_only=True) for cell in row if cell is not None]
    assert [one for one in wanted if one not in {re.sub(r"\s", "", str(value)) for value in values}] == []
    assert any(isinstance(value, int) for value in values)


def test_empty_installation_has_a_report_too(sqlite_database: Database) -> None:
    with sqlite_database.begin() as session:
        report = supervision.report(session, QUARTER, actor=supervisor(session), now=NOW)
    assert "没有抽查" in "".join(words(report))
    assert report_files.pdf(report, date(2026, 9, 29)).startswith(b"%PDF")
    assert report_files.docx(report)
    assert report_files.xlsx(report)
