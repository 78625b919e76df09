"""Reads a sheet into a preview: what accepting it would do, row by row, and nothing else is written."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives import hashes
from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from reminders import audit, clock
from reminders.db import vault_of
from reminders.errors import Conflict, Invalid, NotFound
from reminders.ledger import comparing, content, keeping, made_up, missing, sheets, stock
from reminders.ledger.matching import Matcher
from reminders.ledger.sheets import Plan, SheetRow
from reminders.rules import validity
from reminders.rules.ledger_row import Fault, Kind, Kinds
from reminders.rules.lifecycle import ImportState, RowAction
from reminders.rules.permissions import Actor, department_scope
from reminders.rules.sheet_shape import Field
from reminders.spreadsheet import Workbook
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.ledger import ImportRow, LedgerImport
from reminders.tables.staff import Department

BATCH = 2_000
MISSING, WARNED = "missing", "warned"  # counts beside those of RowAction
SPAN = "span"  # what the sheet speaks about, so that what is missing can be listed


def preview(
    session: Session,
    file_name: str,
    data: bytes,
    workbook: Workbook,
    *,
    actor: Actor,
    now: datetime,
    department: str = "",
) -> int:
    """Stores what accepting would do and returns the import's id; an older preview of the same bytes goes.

    `department` stands in where a sheet names none. Raises Invalid when it is not in the catalogue, and for
    the ledger of a practice in a real installation.
    """
    made_up.refuse(session, workbook)
    made = _open_preview(session, file_name, _digest(data), actor, now)
    made.content_cipher = vault_of(session).seal_bytes(data)
    plan = keeping.first_plan(session, made, department or own_department(session, actor))
    counts = fill(session, made, workbook, plan, actor=actor, now=now)
    audit.record(
        session, "ledger.preview", f"ledger_import:{made.id}", {"counts": counts}, actor=actor, now=now
    )
    return made.id


def fill(
    session: Session, made: LedgerImport, workbook: Workbook, plan: Plan, *, actor: Actor, now: datetime
) -> dict[str, int]:
    """Puts the rows of a file into its preview, in place of those that were there; returns the counts."""
    every = kinds(session)
    scope = own_department(session, actor)
    reading = sheets.read(workbook, Kinds(every), vault_of(session), plan, today=clock.civil_date(now))
    if scope:
        _refuse_others(reading.rows, {kind.entry_id: kind for kind in every}, scope)
    names = {kind.entry_id: kind.license_name for kind in every}
    session.execute(delete(ImportRow).where(ImportRow.import_id == made.id))
    counts = _store(session, made.id, reading.rows, Matcher(reading.counts), names)
    span = missing.span_of(reading.rows)
    counts[MISSING] = missing.count(session, made.id, span)
    made.counts = json.dumps(counts | {SPAN: asdict(span)} if span else counts)
    made.faults = json.dumps(reading.faults, ensure_ascii=False)
    return dict(counts)


def _open_preview(session: Session, file_name: str, digest: str, actor: Actor, now: datetime) -> LedgerImport:
    _drop_older(session, digest)
    made = LedgerImport(
        file_name=file_name[-255:],
        digest=digest,
        department_id=department_scope(actor),
        state=ImportState.PREVIEW,
        created_by=actor.ref,
        created_at=now,
    )
    session.add(made)
    session.flush()
    return made


def discard(session: Session, import_id: int, *, actor: Actor, now: datetime) -> None:
    """Throws a preview away; its rows are deleted, its head stays. Raises NotFound, Conflict."""
    made = session.get(LedgerImport, import_id)
    if made is None or not may_see(made, actor):
        raise NotFound("没有这次导入")
    if made.state is not ImportState.PREVIEW:
        raise Conflict("这次导入已经处理过了，不能再放弃")
    _throw_away(session, [import_id])
    audit.record(session, "ledger.discard", f"ledger_import:{import_id}", actor=actor, now=now)


def may_see(made: LedgerImport, actor: Actor) -> bool:
    """An import belongs to the department of the person who made it."""
    scope = department_scope(actor)
    return scope is None or made.department_id == scope


def _store(
    session: Session, import_id: int, rows: list[SheetRow], matcher: Matcher, names: dict[int, str]
) -> Counter[str]:
    counts: Counter[str] = Counter({action.value: 0 for action in RowAction})
    position = 0
    table: Any = ImportRow.__table__
    for some in stock.batches(rows, BATCH):
        records = list(_records(session, import_id, position, some, matcher, names))
        session.connection().execute(insert(table), records)
        counts.update(str(record["action"]) for record in records)
        counts[WARNED] += sum(record["warnings"] != "[]" for record in records)
        position += len(records)
    return counts


def _records(
    session: Session,
    import_id: int,
    position: int,
    rows: list[SheetRow],
    matcher: Matcher,
    names: dict[int, str],
) -> Iterator[dict[str, Any]]:
    vault = vault_of(session)
    known_here = stock.load(session, [entry for entry in rows if entry.row and not entry.faults])
    for place, entry in enumerate(rows, start=position):
        action, values, known = RowAction.FAULTY, None, None
        if entry.row and not entry.faults:
            known = matcher.match(entry, known_here)
            name = names[entry.row.entry_id]
            if known:
                action, values = comparing.compare(entry, known, name, vault)
            elif not entry.faults:
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
        )
        for entry, department in found
    ]
    if not known:
        raise Invalid("目录还是空的，请先载入目录再导入台账")
    return known


def own_department(session: Session, actor: Actor) -> str:
    """The name of the one department this person works for; "" when they may import for all."""
    scope = department_scope(actor)
    if scope is None:
        return ""
    own = session.get(Department, scope)
    if own is None:
        raise Invalid("您的账号还没有科室，请管理员补上后再导入")
    return own.name


def _refuse_others(rows: list[SheetRow], kinds: dict[int, Kind], own: str) -> None:
    for entry in rows:
        if entry.row and kinds[entry.row.entry_id].department != own:
            other = kinds[entry.row.entry_id].department
            entry.refuse(Field.LICENSE, f"这类证照由{other}负责，您只能导入{own}的证照")


def _digest(data: bytes) -> str:
    digest = hashes.Hash(hashes.SM3())
    digest.update(data)
    return digest.finalize().hex()


def _drop_older(session: Session, digest: str) -> None:
    older = session.execute(
        select(LedgerImport.id).where(
            LedgerImport.digest == digest, LedgerImport.state == ImportState.PREVIEW
        )
    ).scalars()
    _throw_away(session, list(older))


def _throw_away(session: Session, import_ids: list[int]) -> None:
    if not import_ids:
        return
    session.execute(delete(ImportRow).where(ImportRow.import_id.in_(import_ids)))
    session.execute(
        update(LedgerImport)
        .where(LedgerImport.id.in_(import_ids))
        .values(state=ImportState.DISCARDED, faults="[]", content_cipher=None, edits_cipher=None)
        .execution_options(synchronize_session="fetch")
    )
