"""Builders of licenses in the e-license library, and of renewals that a regulator is told."""

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from reminders import ledger, sharing
from reminders.rules.library_record import rows_of
from reminders.rules.lifecycle import ImportState
from reminders.rules.permissions import system
from reminders.rules.share_state import ShareState
from reminders.spreadsheet import Sheet, Workbook
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.holders import Holder
from reminders.tables.ledger import LedgerImport, License
from reminders.tables.ledger_writing import ImportTask
from reminders.tables.renewals import DecisionShare
from tests.builders_console import Corner, sheet
from tests.builders_console import license as a_license

MACHINE = system("library")


def record(number: int, expires_on: date, **more: Any) -> dict[str, Any]:
    """As the library tells it: a food license of a made-up company."""
    return {
        "license_no": f"SC20{number:08d}",
        "license_name": "食品生产许可证",
        "holder_name": f"示例库{number}号食品有限公司",
        "contact_name": "库示例",
        "phone": f"1380001{number:04d}",
        "issued_on": f"{expires_on.replace(year=expires_on.year - 5)}",
        "expires_on": f"{expires_on}",
        "state": "有效",
        **more,
    }


def take_in(session: Session, records: list[dict[str, Any]], now: datetime) -> int:
    """Records by the road of an import; the id of it."""
    book = Workbook((Sheet("台账", rows_of(records)),))
    data = repr(records).encode()
    import_id = ledger.preview(session, "台账.xlsx", data, book, actor=MACHINE, now=now)
    ledger.accept(session, import_id, good_rows_only=True, actor=MACHINE, now=now)
    return import_id


def put_back(session: Session, told: dict[str, Any], now: datetime) -> None:
    """A correction of the date, as a sheet with its remark brings it."""
    titles, cells = rows_of([told])
    book = Workbook((Sheet("台账", [[*titles, "备注"], [*cells, "更正"]]),))
    import_id = ledger.preview(session, "更正.xlsx", repr(told).encode(), book, actor=MACHINE, now=now)
    ledger.accept(session, import_id, actor=MACHINE, now=now)


def share(session: Session, corner: Corner) -> int:
    """A renewal that the regulator refused; its name in the console holds the mark of the corner."""
    row = a_license(session, corner)
    sharing.name_regulator(session, corner.entry_id, "示例监管局", actor=MACHINE, now=corner.now)
    made = DecisionShare(
        license_id=row.id,
        expires_on=row.expires_on,
        state=ShareState.FAILED,
        attempt=1,
        next_at=corner.now,
        created_at=corner.now,
        last_error="http-422",
    )
    session.add(made)
    session.flush()
    return made.id


def kind(session: Session, corner: Corner) -> int:
    """A kind of the corner's department, with a license that bears its mark."""
    a_license(session, corner)
    return session.get_one(CatalogueEntry, corner.entry_id).id


def renewed(session: Session, number: int, *, until: date, now: datetime) -> License:
    """A license that was taken in and then renewed, so that a decision waits."""
    before = until - timedelta(days=5 * 365)
    take_in(session, [record(number, before)], now)
    take_in(session, [record(number, until)], now)
    named = select(License).join(Holder).where(Holder.name == f"示例库{number}号食品有限公司")
    return session.execute(named).scalar_one()


def sheet_on_its_way(session: Session, corner: Corner) -> int:
    """An import that was accepted and left to a job, as a large one."""
    import_id = sheet(session, corner)
    session.get_one(LedgerImport, import_id).state = ImportState.ACCEPTING
    session.add(ImportTask(import_id=import_id, asked_by=corner.writer(session).ref, asked_at=corner.now))
    session.flush()
    return import_id
