"""Hands out what was asked of the audit as a file, with the values of the chain beside each sentence."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from enum import StrEnum
from typing import IO

from sqlalchemy.orm import Session

from reminders import audit, clock, spreadsheet
from reminders.auditing.reading import Filters, Line, pages
from reminders.errors import Invalid
from reminders.rules.permissions import Actor
from reminders.spreadsheet import Column

COLUMNS = (
    Column("编号", 10),
    Column("时间", 20),
    Column("人员", 18),
    Column("做了什么", 70),
    Column("改动", 50),
    Column("动作", 24),
    Column("上一条的摘要", 66),
    Column("本条的摘要", 66),
)
MOST_EXPORTED = 100_000


class Form(StrEnum):
    XLSX = "xlsx"
    CSV = "csv"


def export(
    session: Session,
    target: IO[bytes],
    filters: Filters,
    form: Form,
    word: Callable[[object], str],
    *,
    actor: Actor,
    now: datetime,
) -> int:
    """Writes the newest first, at most 100,000 rows; the audit keeps who took it. Raises Invalid for none."""
    rows = _rows(pages(session, filters, word, MOST_EXPORTED))
    count = _xlsx(target, rows) if form is Form.XLSX else _csv(target, rows)
    if not count:
        raise Invalid("没有符合条件的记录，没有导出文件。请放宽筛选条件。")
    detail = {"rows": count, "form": str(form), "person": filters.person, "about": filters.about,
              "since": f"{filters.since or ''}", "until": f"{filters.until or ''}"}  # fmt: skip
    audit.record(session, "audit.export", "audit:all", detail, actor=actor, now=now)
    return count


def _rows(lines: Iterable[Line]) -> Iterator[tuple[str | int, ...]]:
    for line in lines:
        moved = "；".join(f"{one.field}：{one.before} → {one.after}" for one in line.changes)
        at = f"{line.at.astimezone(clock.SHANGHAI):%Y-%m-%d %H:%M:%S}"
        yield line.id, at, line.who, line.text, moved, line.action, line.previous, line.digest


def _xlsx(target: IO[bytes], rows: Iterable[tuple[str | int, ...]]) -> int:
    return spreadsheet.write_table(
        target,
        sheet_name="审计",
        lines_above=("审计记录", "摘要为国密 SM3；是否被改过，以 reminders audit verify 的结果为准"),
        columns=COLUMNS,
        rows=rows,
    )


def _csv(target: IO[bytes], rows: Iterable[tuple[str | int, ...]]) -> int:
    """With a byte order mark, so that Excel reads Chinese."""
    text = io.TextIOWrapper(target, encoding="utf-8-sig", newline="", write_through=True)
    writer = csv.writer(text)
    writer.writerow(column.title for column in COLUMNS)
    count = 0
    for row in rows:
        writer.writerow(spreadsheet.neutral(one) if isinstance(one, str) else one for one in row)
        count += 1
    text.detach()
    return count
