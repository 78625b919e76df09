"""Reading what offices send, and refusing what would hurt."""

import io
import os
import time
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from reminders import spreadsheet
from reminders.errors import Invalid
from tests.builders_ledger import csv_text, xlsx

WORKBOOK = "xl/workbook.xml"
REFUSED_WITHIN_S = 2.0


def rows_of(data: bytes, name: str = "台账.xlsx") -> list[list[str]]:
    return spreadsheet.read(data, name).sheets[0].rows


def archive(changes: dict[str, bytes]) -> bytes:
    """A small real workbook with some of its parts replaced or added."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(xlsx([["甲"]]))) as source, zipfile.ZipFile(target, "w", 8) as made:
        for part in source.infolist():
            made.writestr(part.filename, changes.pop(part.filename, source.read(part)))
        for name, content in changes.items():
            made.writestr(name, content)
    return target.getvalue()


def with_cells(cells: str) -> bytes:
    sheet = (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        f"<sheetData>{cells}</sheetData></worksheet>"
    )
    return archive({"xl/worksheets/sheet1.xml": sheet.encode()})


def test_cells_become_text_when_they_are_numbers_or_dates() -> None:
    data = xlsx([["a", 13800000001, 1.5, date(2026, 12, 20), 46376, "  x "]])
    assert rows_of(data)[0] == ["a", "13800000001", "1.5", "2026-12-20", "46376", "x"]


def test_digits_are_not_invented_when_a_number_is_too_long_for_excel() -> None:
    assert "e+" in rows_of(xlsx([[371000199001010000]]))[0][0]


def test_rows_keep_their_number_when_the_sheet_starts_lower() -> None:
    rows = rows_of(xlsx([[None], [None, None], [None, "丙"]]))
    assert rows[2] == ["", "丙"]


def test_hidden_sheets_are_left_out() -> None:
    book = spreadsheet.read(xlsx({"一科": [["甲"]], "隐藏": [["乙"]], "空": []}), "a.xlsx")
    assert [sheet.name for sheet in book.sheets] == ["一科", "空"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_csv_is_read_when_in_any_encoding_offices_use(encoding: str) -> None:
    data = csv_text([["证照名称", "期满日期"], ["药品经营许可证", "2026.12.20"]]).encode(encoding)
    assert rows_of(data, "台账.csv") == [["证照名称", "期满日期"], ["药品经营许可证", "2026.12.20"]]


def test_csv_is_read_when_split_by_tabs() -> None:
    assert rows_of("甲\t乙\r\n1\t2".encode(), "a.csv") == [["甲", "乙"], ["1", "2"]]


def far_cells() -> bytes:
    return with_cells('<row r="1"><c r="A1"><v>1</v></c><c r="XFD1048576"><v>1</v></c></row>')


def far_row() -> bytes:
    return with_cells(
        '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="A1048576"><v>1</v></c></row>'
    )


def hidden_reference() -> bytes:
    return with_cells('<row r="1"><c r="A1"><v>1</v></c><c r="&#88;FD1048576"><v>1</v></c></row>')


def many_cells() -> bytes:
    return with_cells("<row>" + "<c><v>1</v></c>" * 5_000_000 + "</row>")


def many_bytes() -> bytes:
    return archive({"xl/sharedStrings.xml": b"<sst><si><t>" + b" " * 120_000_000 + b"</t></si></sst>"})


def many_entries() -> bytes:
    return archive({f"xl/media/{number}.xml": b"" for number in range(5_000)})


def nested_entities() -> bytes:
    return archive(
        {"xl/worksheets/sheet1.xml": b'<!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet>&a;</worksheet>'}
    )


def repeated_ods_rows() -> bytes:
    cells = (
        '<table:table-row table:number-rows-repeated="1000000"><table:table-cell '
        'table:number-columns-repeated="16000" office:value-type="string"><text:p>x</text:p>'
        "</table:table-cell></table:table-row>"
    )
    content = (
        '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
        'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet>'
        f'<table:table table:name="a">{cells}</table:table></office:spreadsheet></office:body>'
        "</office:document-content>"
    )
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", 8) as made:
        made.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        made.writestr("META-INF/manifest.xml", "<manifest/>")
        made.writestr("content.xml", content)
    return target.getvalue()


@pytest.mark.parametrize(
    "bomb",
    [
        far_cells,
        far_row,
        hidden_reference,
        many_cells,
        many_bytes,
        many_entries,
        nested_entities,
        repeated_ods_rows,
    ],
)
def test_bomb_is_refused_quickly_and_the_reader_lives(bomb: Callable[[], bytes]) -> None:
    data = bomb()
    assert len(data) < spreadsheet.MOST_BYTES
    begun = time.monotonic()
    cpu_before = os.times().children_user
    with pytest.raises(Invalid):
        spreadsheet.read(data, "台账.xlsx")
    took = min(time.monotonic() - begun, os.times().children_user - cpu_before + 0.2)
    assert took < REFUSED_WITHIN_S


def test_far_cell_is_no_cause_for_refusal_when_it_is_only_text() -> None:
    assert rows_of(xlsx([['see r="XFD1048576" there']])) == [['see r="XFD1048576" there']]


def test_row_200000_is_read_and_row_200001_is_not() -> None:
    inside = '<row r="200000"><c r="CV200000"><v>1</v></c></row>'
    assert len(rows_of(with_cells(inside))) == 200_000
    for beyond in (
        '<row r="200001"><c r="A200001"><v>1</v></c></row>',
        '<row r="1"><c r="CW1"><v>1</v></c></row>',
    ):
        with pytest.raises(Invalid, match="20 万行"):
            spreadsheet.read(with_cells(beyond), "a.xlsx")


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("台账.et", b"x", "另存为"),
        ("台账.xlsx", b"", "空"),
        ("台账.xlsx", b"PK\x03\x04broken", "另存为"),
        ("台账.docx", None, "不是表格"),
        ("台账.pdf", b"%PDF-1.7\x00\x01", "不是表格"),
        ("台账.xlsx", b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"), "密码"),
        ("台账.xls", b"\xd0\xcf\x11\xe0" + b"\0" * 2000, "另存为"),
        ("台账.csv", b"x" * (10 * 2**20 + 1), "10 MB"),
    ],
)
def test_file_is_refused_in_words_when_it_is_no_table(name: str, data: bytes | None, said: str) -> None:
    if data is None:
        target = io.BytesIO()
        with zipfile.ZipFile(target, "w") as made:
            made.writestr("word/document.xml", "<w/>")
        data = target.getvalue()
    with pytest.raises(Invalid, match=said):
        spreadsheet.read(data, name)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t"])
def test_written_text_cannot_start_a_formula(start: str, tmp_path: Path) -> None:
    path = tmp_path / "out.xlsx"
    spreadsheet.write_table(
        str(path),
        sheet_name="台账",
        lines_above=["标题"],
        columns=[spreadsheet.Column("甲", 10)],
        rows=[[f"{start}1+1"], [7], [date(2026, 12, 20)], [None]],
    )
    with zipfile.ZipFile(path) as made:
        assert b"<f>" not in made.read("xl/worksheets/sheet1.xml")
    rows = rows_of(path.read_bytes())
    assert rows[2][0].startswith("'")
    assert [row[0] for row in rows[3:]] == ["7", "2026-12-20"]
