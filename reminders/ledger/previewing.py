"""Reads a sheet into a preview: what accepting it would do, row by row, and nothing else is written."""

from datetime import datetime

from cryptography.hazmat.primitives import hashes
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from reminders import audit
from reminders.db import vault_of
from reminders.errors import Conflict, Invalid, NotFound
from reminders.ledger import filling, keeping
from reminders.ledger.sheets import Plan
from reminders.rules.lifecycle import ImportState
from reminders.rules.permissions import Actor, department_scope
from reminders.spreadsheet import Workbook
from reminders.tables.ledger import ImportRow, LedgerImport
from reminders.tables.staff import Department

OPEN = (ImportState.READING, ImportState.PREVIEW)
BUSY = {
    ImportState.READING: "这份文件还在读取和检查，请等它读完，看过预览再确认",
    ImportState.ACCEPTING: "这次导入已经确认，正在写入台账，请等它写完，不用再点",
    ImportState.UNDOING: "这次导入正在撤销，请等它撤完，不用再点",
}


def preview(
    session: Session,
    file_name: str,
    data: bytes,
    workbook: Workbook,
    *,
    actor: Actor,
    now: datetime,
    department: str = "",
    is_typed: bool = False,
) -> int:
    """Stores what accepting would do and returns the import's id; an older preview of the same bytes goes.

    `department` stands in where a sheet names none; `is_typed` marks one license typed in at a desk. Raises
    Invalid when the department is not in the catalogue, and for the ledger of a practice in a real
    installation.
    """
    made = _open_preview(session, file_name, _digest(data), actor, now)
    made.is_typed = is_typed
    made.content_cipher = vault_of(session).seal_bytes(data)
    plan = keeping.first_plan(session, made, department or own_department(session, actor))
    counts = fill(session, made, workbook, plan, now=now)
    audit.record(
        session, "ledger.preview", f"ledger_import:{made.id}", {"counts": counts}, actor=actor, now=now
    )
    return made.id


def take_in(session: Session, file_name: str, data: bytes, *, actor: Actor, now: datetime) -> int:
    """Keeps a large file to be read by a job; its page tells how far that is. An older preview of it goes."""
    made = _open_preview(session, file_name, _digest(data), actor, now)
    made.state = ImportState.READING
    made.content_cipher = vault_of(session).seal_bytes(data)
    keeping.first_plan(session, made, own_department(session, actor))
    subject = f"ledger_import:{made.id}"
    audit.record(session, "ledger.preview", subject, {"bytes": len(data)}, actor=actor, now=now)
    return made.id


def fill(
    session: Session, made: LedgerImport, workbook: Workbook, plan: Plan, *, now: datetime
) -> dict[str, int]:
    """Puts the rows of a file into its preview, in place of those that were there; returns the counts."""
    work = filling.begin(session, made, workbook, plan, now=now)
    while filling.some(session, work):
        pass
    return filling.finish(session, made, work)


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
    if made.state not in OPEN:
        raise Conflict(BUSY.get(made.state, "这次导入已经处理过了，不能再放弃"))
    _throw_away(session, [import_id])
    audit.record(session, "ledger.discard", f"ledger_import:{import_id}", actor=actor, now=now)


def may_see(made: LedgerImport, actor: Actor) -> bool:
    """An import belongs to the department of the person who made it."""
    scope = department_scope(actor)
    return scope is None or made.department_id == scope


def own_department(session: Session, actor: Actor) -> str:
    """The name of the one department this person works for; "" when they may import for all."""
    scope = department_scope(actor)
    if scope is None:
        return ""
    own = session.get(Department, scope)
    if own is None:
        raise Invalid("您的账号还没有科室，请管理员补上后再导入")
    return own.name


def _digest(data: bytes) -> str:
    digest = hashes.Hash(hashes.SM3())
    digest.update(data)
    return digest.finalize().hex()


def _drop_older(session: Session, digest: str) -> None:
    older = session.execute(
        select(LedgerImport.id).where(LedgerImport.digest == digest, LedgerImport.state.in_(OPEN))
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
