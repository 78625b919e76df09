"""Runs alone in a limited process: turns the bytes of a workbook into rows of text, or says why not."""

import csv
import io
import json
import re
import resource
import sys
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import date, datetime, time, timedelta

import python_calamine

MEMORY_BYTES = 900 * 2**20
CPU_SECONDS = 12
MOST_ENTRIES = 2_000
MOST_INFLATED = 200 * 2**20
MOST_RATIO = 100
RATIO_FROM = 4 * 2**20  # small parts may be as repetitive as they like
MOST_ROWS = 200_000
MOST_COLUMNS = 100
MOST_CELLS = 4_000_000
MOST_TEXT = 60_000_000
CHUNK = 2**20
OVERLAP = 256

OLE = b"\xd0\xcf\x11\xe0"
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
# A reference beyond row 200,000 or column CV (100), or one that hides its letters behind an entity.
FAR_CELL = re.compile(
    rb"""(?i)[\s"']r\s*=\s*["']\s*(?:[^"'<>]{0,40}&|(?:[A-Z]{3,}|[D-Z][A-Z]|C[W-Z])\$?\d"""
    rb"""|[A-Z]{0,2}\$?0*(?:[2-9]\d{5}(?<!200000)|[1-9]\d{6,})\b)"""
)
NOT_NEAR = re.compile(rb' r="(?!(?:[AB]?[A-Z]|C[A-V])?(?:1\d{0,5}|[2-9]\d{0,4}|200000)")')
ODD_SPELLINGS = (b"r =", b"r\t=", b"r\n=", b"r\r=", b"r='", b"r= ", b"r=\t", b"r=\n", b"r=\r", b"R=", b"R ")
DOCTYPE = re.compile(rb"<!(?:DOCTYPE|ENTITY)")
# Parts that hold no cells; text in them may look like a reference.
NO_CELLS = re.compile(
    r"(?i)(?:sharedStrings|styles|theme\d*|comments\d*|app|core|drawing\d*)\.xml$|\.(?:vml|rels)$"
)

ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


class Refused(Exception):
    """The argument is one word of `reminders.spreadsheet.REASONS`."""


def main() -> None:
    limit(resource.RLIMIT_AS, MEMORY_BYTES)
    limit(resource.RLIMIT_CPU, CPU_SECONDS)
    data = sys.stdin.buffer.read()
    try:
        sheets = read(data)
        answer({"sheets": [(name, len(rows)) for name, rows in sheets]})
        for _, rows in sheets:
            for row in rows:
                answer(row)
    except Refused as reason:
        answer({"refused": str(reason)})
    except MemoryError:
        answer({"refused": "too_big"})


def answer(line: object) -> None:
    """One JSON value a line: what the sheets are called and how many rows each has, then row after row."""
    sys.stdout.buffer.write(ENCODER.encode(line).encode() + b"\n")


def limit(kind: int, most: int) -> None:
    with suppress(OSError, ValueError):  # macOS refuses some of these
        resource.setrlimit(kind, (most, most))


def read(data: bytes) -> list[tuple[str, list[list[str]]]]:
    if data.startswith(b"PK"):
        check_archive(data)
        return read_workbook(data)
    if data.startswith(OLE):
        if ENCRYPTED in data:
            raise Refused("password")
        return read_workbook(data)
    return [("", read_csv(data))]


def check_archive(data: bytes) -> None:
    """Inflates every part while counting, so that a bomb is met here and not in the parser."""
    inflated = 0
    cells = 0
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            names = {part.filename for part in parts}
            if len(parts) > MOST_ENTRIES or len(names) != len(parts):
                raise Refused("bomb")
            if not names & {"xl/workbook.xml", "content.xml"}:
                raise Refused("not_a_table")
            for part in parts:
                if part.flag_bits & 0x1:
                    raise Refused("password")
                for size, count in inspect(archive, part):
                    inflated += size
                    cells += count
                    if inflated > MOST_INFLATED or cells > MOST_CELLS:
                        raise Refused("bomb")
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise Refused("broken") from error


def inspect(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> Iterator[tuple[int, int]]:
    """Yields inflated bytes and cells seen, chunk by chunk."""
    total = 0
    tail = b""
    is_xml = part.filename.lower().endswith((".xml", ".rels", ".vml"))
    with archive.open(part) as stream:
        while chunk := stream.read(CHUNK):
            total += len(chunk)
            if total > RATIO_FROM and total > MOST_RATIO * max(part.compress_size, 1):
                raise Refused("bomb")
            seen = tail + chunk
            if is_xml:
                check_xml(part.filename, seen)
            tail = chunk[-OVERLAP:]
            yield len(chunk), chunk.count(b"<c ") + chunk.count(b"<c>") if is_xml else 0


def check_xml(name: str, text: bytes) -> None:
    if DOCTYPE.search(text):
        raise Refused("bomb")
    if NO_CELLS.search(name) or is_plainly_near(text):
        return
    if FAR_CELL.search(text):
        raise Refused("far_cell")


def is_plainly_near(text: bytes) -> bool:
    """Every reference is spelled as programs spell it and lies inside; ten times faster than FAR_CELL."""
    spelled = text.count(b' r="')
    return (
        text.count(b'r="') == spelled
        and not any(text.count(other) for other in ODD_SPELLINGS)
        and not NOT_NEAR.search(text)
    )


def read_workbook(data: bytes) -> list[tuple[str, list[list[str]]]]:
    visible = python_calamine.SheetVisibleEnum.Visible
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        names = [
            sheet.name
            for sheet in book.sheets_metadata
            if sheet.visible == visible and sheet.typ == python_calamine.SheetTypeEnum.WorkSheet
        ]
        return with_room([(name, sheet_rows(book.get_sheet_by_name(name))) for name in names])
    except python_calamine.PasswordError as error:
        raise Refused("password") from error
    except python_calamine.CalamineError as error:
        raise Refused("password" if "password" in str(error).lower() else "broken") from error


def with_room(sheets: list[tuple[str, list[list[str]]]]) -> list[tuple[str, list[list[str]]]]:
    if sum(len(text) for _, rows in sheets for row in rows for text in row) > MOST_TEXT:
        raise Refused("too_big")
    return sheets


def sheet_rows(sheet: python_calamine.CalamineSheet) -> list[list[str]]:
    """Rows from row 1 and column A on, so that positions are those Excel shows."""
    if sheet.total_height > MOST_ROWS or sheet.total_width > MOST_COLUMNS:
        raise Refused("far_cell")
    if sheet.start is None:
        return []
    top_row, blank = sheet.start[0], [""] * sheet.start[1]
    rows: list[list[str]] = [[] for _ in range(top_row)]
    rows += [as_row(row, blank) for row in sheet.to_python()]
    for (top, left), (bottom, right) in sheet.merged_cell_ranges or []:
        # A kind written once beside the rows it holds for; titles merged sideways stay as they are.
        if left == right and bottom > top and bottom < len(rows) and left < len(rows[top]):
            for row in rows[top + 1 : bottom + 1]:
                row[left] = rows[top][left]
    while rows and not any(rows[-1]):
        rows.pop()
    return rows


def as_row(row: Sequence[object], blank: list[str]) -> list[str]:
    return blank + [value.strip() if isinstance(value, str) else as_text(value) for value in row]


def as_text(value: object) -> str:
    """Dates as ISO, whole numbers without a point; what a float cannot hold exactly stays in E notation."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "seconds")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    return str(value)


def read_csv(data: bytes) -> list[list[str]]:
    text = decoded(data)
    first = text[:4096]
    delimiter = max(",\t;", key=first.count)
    try:
        rows = [
            [cell.strip() for cell in row]
            for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        ]
    except csv.Error as error:
        raise Refused("broken") from error
    if len(rows) > MOST_ROWS or any(len(row) > MOST_COLUMNS for row in rows):
        raise Refused("far_cell")
    return rows


def decoded(data: bytes) -> str:
    """UTF-8 with or without BOM, UTF-16 with BOM, else GB18030."""
    is_utf16 = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if is_utf16 else ("utf-8-sig", "gb18030"):
        with suppress(UnicodeDecodeError):
            text = data.decode(encoding)
            if "\0" not in text:
                return text
    raise Refused("not_a_table")


if __name__ == "__main__":
    main()
