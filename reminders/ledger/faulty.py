"""Writes a sheet of only the faulty rows, with their reasons, for whoever has to mend them."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import IO

from sqlalchemy import select
from sqlalchemy.orm import Session

from reminders import audit, clock, spreadsheet
from reminders.db import vault_of
from reminders.ledger import filling, keeping, sheets
from reminders.ledger.mending import open_import
from reminders.rules.ledger_row import Kinds
from reminders.rules.lifecycle import RowAction
from reminders.rules.permissions import Actor
from reminders.rules.sheet_shape import Field
from reminders.spreadsheet import Column, Workbook
from reminders.tables.ledger import ImportRow

BAD_ROWS = "有误的行"
REASON = "问题"


def bad_rows(
    session: Session, import_id: int, workbook: Workbook, target: IO[bytes], *, actor: Actor, now: datetime
) -> int:
    """Writes the faulty rows with their reasons as a sheet that can be mended and uploaded; how many.

    The file holds what the office wrote, phones in full: the audit keeps who took it.
    """
    made = open_import(session, import_id, actor)
    found = session.execute(
        select(ImportRow.sheet, ImportRow.row_no, ImportRow.faults)
        .where(ImportRow.import_id == import_id, ImportRow.action == RowAction.FAULTY)
        .order_by(ImportRow.position)
    )
    reasons = {(sheet, row_no): json.loads(faults) for sheet, row_no, faults in found}
    kinds = Kinds(filling.kinds(session))
    plan = keeping.plan_of(session, made)
    today = clock.civil_date(now)
    rows = [
        row
        for row in sheets.read(workbook, kinds, vault_of(session), plan, today=today).rows
        if (row.sheet[:64], row.row_no) in reasons
    ]
    titles = [one for one in Field if any(one in row.columns.columns for row in rows)]
    count = spreadsheet.write_table(
        target,
        sheet_name=BAD_ROWS,
        lines_above=(f"{made.file_name}：{BAD_ROWS}。改好后可以直接上传这份文件，“{REASON}”列不会读入",),
        columns=[*(Column(one.value, 18) for one in titles), Column(REASON, 60)],
        rows=_bad_lines(rows, titles, reasons),
    )
    subject = f"ledger_import:{import_id}"
    audit.record(session, "ledger.bad_rows", subject, {"rows": count}, actor=actor, now=now)
    return count


def _bad_lines(
    rows: list[sheets.SheetRow], titles: list[Field], reasons: Mapping[tuple[str, int], list[list[str]]]
) -> Iterator[list[str]]:
    for row in rows:
        faults = reasons[row.sheet[:64], row.row_no]
        yield [
            *(row.text(one) for one in titles),
            "；".join(f"{title}：{message}" for _, title, message in faults),
        ]
