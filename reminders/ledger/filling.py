"""Fills a preview with the rows of a file, some at a time, so that a job can tell how far it is."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from reminders import clock
from reminders.db import vault_of
from reminders.errors import Invalid
from reminders.ledger import comparing, content, made_up, missing, sheets, stock
from reminders.ledger.matching import Matcher
from reminders.ledger.sheets import Plan, SheetRow
from reminders.ledger.twins import Twins
from reminders.rules import validity
from reminders.rules.catalogue_entry import alias_list
from reminders.rules.ledger_row import Fault, Kind, Kinds
from reminders.rules.lifecycle import RowAction
from reminders.rules.sheet_shape import Field
from reminders.spreadsheet import Workbook
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.ledger import ImportRow, LedgerImport
from reminders.tables.staff import Department

BATCH = 2_000
MISSING, WARNED = "missing", "warned"  # counts beside those of RowAction
EVERY_COUNT = (*(one.value for one in RowAction), MISSING, WARNED)
SPAN = "span"  # what the sheet speaks about, so that what is missing can be listed


@dataclass
class Filling:
    """The checked rows of a file on their way into the table; `done` of them are there."""

    import_id: int
    rows: list[SheetRow]
    faults: list[str]
    matcher: Matcher
    names: dict[int, str]
    counts: Counter[str] = field(default_factory=lambda: Counter({one.value: 0 for one in RowAction}))
    done: int = 0


def begin(session: Session, made: LedgerImport, workbook: Workbook, plan: Plan, *, now: datetime) -> Filling:
    """Reads and checks every row; writes nothing. Raises Invalid for the ledger of a practice."""
    made_up.refuse(session, workbook)
    every = kinds(session)
    reading = sheets.read(workbook, Kinds(every), vault_of(session), plan, today=clock.civil_date(now))
    if made.department_id is not None:
        own = session.get_one(Department, made.department_id).name
        _refuse_others(reading.rows, {kind.entry_id: kind for kind in every}, own)
    names = {kind.entry_id: kind.license_name for kind in every}
    return Filling(made.id, reading.rows, reading.faults, Matcher(reading.counts), names)


def some(session: Session, work: Filling) -> bool:
    """Stores the next rows with what accepting them would do, the first in place of all that were there.

    False when there are no more.
    """
    if not work.done:
        session.execute(delete(ImportRow).where(ImportRow.import_id == work.import_id))
    rows = work.rows[work.done : work.done + BATCH]
    if not rows:
        return False
    records = list(_records(session, work.import_id, work.done, rows, work.matcher, work.names))
    table: Any = ImportRow.__table__
    session.connection().execute(insert(table), records)
    work.counts.update(str(record["action"]) for record in records)
    work.counts[WARNED] += sum(record["warnings"] != "[]" for record in records)
    work.done += len(records)
    return True


def finish(session: Session, made: LedgerImport, work: Filling) -> dict[str, int]:
    """Writes the counts, and what the sheets say as a whole; returns the counts."""
    span = None if made.is_typed else missing.span_of(work.rows)
    work.counts[MISSING] = missing.count(session, made.id, span)
    made.counts = json.dumps(work.counts | {SPAN: asdict(span)} if span else work.counts)
    made.faults = json.dumps(work.faults, ensure_ascii=False)
    return dict(work.counts)


def kinds(session: Session) -> list[Kind]:
    """Every kind of the catalogue in force. Raises Invalid when there is none."""
    found = session.execute(
        select(CatalogueEntry, Department.name)
        .join(Department, Department.id == CatalogueEntry.department_id)
        .where(CatalogueEntry.is_active.is_(True))
    )
    known = [
        Kind(
            entry_id=entry.id,
            license_name=entry.license_name,
            department=department,
            holder_kind=entry.holder_kind,
            validity=validity.parse(entry.validity_text),
            has_companion=bool(entry.companion_name),
            aliases=alias_list(entry.aliases),
        )
        for entry, department in found
    ]
    if not known:
        raise Invalid("目录还是空的，请先载入目录再导入台账")
    return known


def _records(
    session: Session,
    import_id: int,
    position: int,
    rows: list[SheetRow],
    matcher: Matcher,
    names: dict[int, str],
) -> Iterator[dict[str, Any]]:
    vault = vault_of(session)
    twins = Twins(session, rows)
    known_here = stock.load(session, [entry for entry in rows if entry.row and not entry.faults])
    for place, entry in enumerate(rows, start=position):
        action, values, known = RowAction.FAULTY, None, None
        if entry.row and not entry.faults:
            known = matcher.match(entry, known_here)
            name = names[entry.row.entry_id]
            if known:
                action, values = comparing.compare(entry, known, name, vault)
            elif not entry.faults:
                twins.propose(entry)
                action, values = RowAction.NEW, comparing.as_new(entry, name)
        yield {
            "import_id": import_id,
            "position": place,
            "sheet": entry.sheet[:64],
            "row_no": entry.row_no,
            "action": action,
            "license_id": known.license_id if known else None,
            "license_version": known.version if known else None,
            "content_cipher": content.sealed(values or comparing.as_faulty(entry), vault),
            "faults": _notes(entry.faults),
            "warnings": _notes(entry.warnings),
        }


def _notes(notes: tuple[Fault, ...]) -> str:
    if not notes:
        return "[]"
    return json.dumps([(note.column, note.title, note.message) for note in notes], ensure_ascii=False)


def _refuse_others(rows: list[SheetRow], kinds: dict[int, Kind], own: str) -> None:
    for entry in rows:
        if entry.row and kinds[entry.row.entry_id].department != own:
            other = kinds[entry.row.entry_id].department
            entry.refuse(Field.LICENSE, f"这类证照由{other}负责，您只能导入{own}的证照")
            entry.row = None  # so that what is missing of this kind is not told either
