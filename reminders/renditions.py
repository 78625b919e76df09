"""What of a notice becomes public: rendered whole, looked through, frozen with its files."""

import csv
import hashlib
import io
import re
from collections.abc import Iterator, Sequence

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from reminders import spreadsheet
from reminders.rules import masking_check, notice_html, rendition
from reminders.rules.article import Attachment
from reminders.rules.masking_check import Found
from reminders.rules.notice_text import PublicRow
from reminders.rules.rendition import Rendition
from reminders.spreadsheet import Column
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.notices import Notice, NoticeAttachment
from reminders.tables.staff import Department

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv"
OFFICE = "办公室"
NOT_IN_NAMES = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|#%&{}$!@`=+]')
WIDTHS = (6, 40, 26, 14, 18)
SHOWN = 10  # findings named in one sentence


def of_notice(session: Session, notice: Notice) -> Rendition:
    """The notice with the files that were frozen with it; a draft has none yet."""
    kept = session.execute(
        select(NoticeAttachment).where(NoticeAttachment.notice_id == notice.id).order_by(NoticeAttachment.id)
    ).scalars()
    files = tuple(
        Attachment(one.name, one.media_type, one.content, hashlib.sha256(one.content).hexdigest())
        for one in kept
    )
    return rendition.render(notice.title, notice.body, notice.public_list, files, keywords(session, notice))


def keywords(session: Session, notice: Notice) -> tuple[str, ...]:
    """Department and kind of license, as metas and feeds name them."""
    department = session.execute(select(Department.name).where(Department.id == notice.department_id))
    kind = session.execute(
        select(CatalogueEntry.license_name).where(CatalogueEntry.id == notice.catalogue_entry_id)
    )
    return (department.scalar_one_or_none() or OFFICE, kind.scalar_one_or_none() or "")


def freeze_files(session: Session, notice: Notice) -> None:
    """Makes the files anew from the list and stores them, byte by byte what the public will get."""
    drop_files(session, notice.id)
    shown = rendition.render(notice.title, notice.body, notice.public_list, (), keywords(session, notice))
    for one in make_files(shown):
        session.add(
            NoticeAttachment(
                notice_id=notice.id,
                name=one.name,
                media_type=one.media_type,
                size=one.size,
                digest=one.digest,
                content=one.content,
            )
        )
        session.flush()


def drop_files(session: Session, notice_id: int) -> None:
    session.execute(delete(NoticeAttachment).where(NoticeAttachment.notice_id == notice_id))


def make_files(shown: Rendition) -> tuple[Attachment, ...]:
    """The public list as a workbook and as plain text, from the rows of the page; none without a list."""
    if not shown.rows:
        return ()
    kind = NOT_IN_NAMES.sub("", shown.keywords[1])[:40].strip(". ")
    stem = f"{kind or '温馨提示'}期满名单"
    files = (
        (f"{stem}.xlsx", XLSX, _workbook(shown.title, shown.rows)),
        (f"{stem}.csv", CSV, _plain_table(shown.rows)),
    )
    return tuple(
        Attachment(name, kind, content, hashlib.sha256(content).hexdigest()) for name, kind, content in files
    )


def personal_numbers(session: Session, shown: Rendition) -> tuple[Found, ...]:
    """Every personal number in anything the public would get; each is named once, where it was first seen."""
    phones = session.execute(select(Department.service_phone)).scalars()
    return find_personal(shown, masking_check.service_numbers(phones))


def find_personal(shown: Rendition, allowed: frozenset[str]) -> tuple[Found, ...]:
    found: list[Found] = []
    for where, text in rendition.texts(shown):
        found += masking_check.find_personal(text, where, allowed=allowed)
    cells = [(row.holder_name, row.license_no) for row in shown.rows]
    found += masking_check.find_in_table(cells, "名单", allowed=allowed)
    found += masking_check.find_in_html(shown.html, "显示出来的网页", allowed=allowed)
    for file in shown.attachments:
        found += masking_check.find_in_table(_cells(file), f"附件“{file.name}”", allowed=allowed)
    return tuple({(one.what, one.shown): one for one in reversed(found)}.values())


def named(found: Sequence[Found]) -> str:
    """What was found and where, for one sentence."""
    listed = "；".join(f"{one.where}有{one.what}（{one.shown}）" for one in found[:SHOWN])
    return listed + (f"等共 {len(found)} 处" if len(found) > SHOWN else "")


def _rows(rows: Sequence[PublicRow]) -> Iterator[tuple[str, ...]]:
    for number, row in enumerate(rows, 1):
        yield (
            str(number),
            row.holder_name,
            row.license_no,
            row.expires_on.isoformat(),
            notice_html.apply_by_text(row),
        )


def _workbook(title: str, rows: Sequence[PublicRow]) -> bytes:
    target = io.BytesIO()
    spreadsheet.write_table(
        target,
        sheet_name="名单",
        lines_above=(title,),
        columns=tuple(map(Column, notice_html.COLUMNS, WIDTHS)),
        rows=_rows(rows),
    )
    return target.getvalue()


def _plain_table(rows: Sequence[PublicRow]) -> bytes:
    """UTF-8 with the mark by which Excel knows it; no cell can start a formula."""
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\r\n")
    writer.writerow(notice_html.COLUMNS)
    writer.writerows([spreadsheet.neutral(cell) for cell in row] for row in _rows(rows))
    return target.getvalue().encode("utf-8-sig")


def _cells(file: Attachment) -> list[Sequence[str]]:
    """The cells as whoever opens the file reads them."""
    if file.media_type == CSV:
        return [*csv.reader(io.StringIO(file.content.decode("utf-8-sig")))]
    return [row for sheet in spreadsheet.read(file.content, file.name).sheets for row in sheet.rows]
