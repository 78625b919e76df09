"""Accepts a preview: writes exactly what was shown, once, or nothing at all."""

import json
from datetime import datetime
from typing import Any

from sqlalchemy import Select, exists, or_, select, update
from sqlalchemy.orm import Session

from reminders import audit, clock, shares
from reminders.errors import Conflict, NotFound
from reminders.ledger import staging, writing
from reminders.ledger.previewing import BUSY, may_see
from reminders.ledger.staging import WRITING
from reminders.ledger.writing import MOVED, TOUCHING
from reminders.rules.lifecycle import (
    DateKind,
    ImportState,
    LicenseState,
    ReminderState,
    RowAction,
)
from reminders.rules.permissions import Actor
from reminders.tables.deliveries import Reminder
from reminders.tables.ledger import ImportRow, LedgerImport, License


def accept(
    session: Session, import_id: int, *, good_rows_only: bool = False, actor: Actor, now: datetime
) -> None:
    """Raises Conflict when it was handled before, has faults (unless only good rows are wanted), holds the
    bytes of an accepted file, or the ledger moved since the preview."""
    made = to_be_accepted(session, import_id, good_rows_only=good_rows_only, actor=actor)
    while staging.some(session, import_id):
        pass
    finish(session, made, good_rows_only=good_rows_only, actor=actor, now=now)
    staging.clear(session, import_id)


def to_be_accepted(session: Session, import_id: int, *, good_rows_only: bool, actor: Actor) -> LedgerImport:
    """The preview, locked. Raises NotFound, and Conflict for what can be told by looking at it alone."""
    made = session.execute(
        select(LedgerImport).where(LedgerImport.id == import_id).with_for_update()
    ).scalar_one_or_none()
    if made is None or not may_see(made, actor):
        raise NotFound("没有这次导入")
    if made.state is not ImportState.PREVIEW:
        raise Conflict(BUSY.get(made.state, "这次导入已经处理过了"))
    _refuse_unfit(session, made, good_rows_only=good_rows_only)
    return made


def finish(
    session: Session, made: LedgerImport, *, good_rows_only: bool, actor: Actor, now: datetime
) -> None:
    """Writes the rows made ready, all or none. Raises Conflict when the ledger moved since the preview."""
    refuse_moved(session, made.id)
    made.state, made.accepted_at = ImportState.ACCEPTED, now
    made.content_cipher = made.edits_cipher = None
    session.flush()
    writing.write(session, made.id, now=now)
    cancel_untrue(session, _touched(made.id))
    shares.queue(session, made.id, now=now)
    audit.record(
        session,
        "ledger.accept",
        f"ledger_import:{made.id}",
        {"counts": json.loads(made.counts), "digest": made.digest, "good_rows_only": good_rows_only},
        actor=actor,
        now=now,
    )


def earlier_acceptance(session: Session, made: LedgerImport) -> datetime | None:
    """When a file with the very same bytes was accepted and not undone; None when never."""
    return session.execute(
        select(LedgerImport.accepted_at)
        .where(
            LedgerImport.digest == made.digest,
            LedgerImport.id != made.id,
            LedgerImport.accepted_at.is_not(None),
            LedgerImport.undone_at.is_(None),
        )
        .order_by(LedgerImport.accepted_at.desc())
        .limit(1)
    ).scalar_one_or_none()


def _refuse_unfit(session: Session, made: LedgerImport, *, good_rows_only: bool) -> None:
    earlier = earlier_acceptance(session, made)
    if earlier:
        raise Conflict(
            f"这个文件已于 {clock.civil_date(earlier)} 导入，没有再导入一次；有改动请改好表格后再上传"
        )
    counts = json.loads(made.counts)
    faulty, faults = counts[RowAction.FAULTY], json.loads(made.faults)
    if (faulty or faults) and not good_rows_only:
        raise Conflict(
            f"还有 {faulty + len(faults)} 处问题没有改。请改好表格重新上传，或选择只导入没有问题的行"
        )
    if not any(counts[action] for action in (*WRITING, RowAction.UNCHANGED)):
        raise Conflict("没有可以导入的行")


def refuse_moved(session: Session, import_id: int) -> None:
    """Names the first row whose license is not the one that was shown; the update itself asks again."""
    moved = session.execute(
        _touched(import_id)
        .with_only_columns(ImportRow.row_no)
        .where(License.version != ImportRow.license_version)
        .order_by(ImportRow.position)
        .limit(1)
    ).scalar_one_or_none()
    if moved is not None:
        raise Conflict(MOVED.format(what=f"例如第 {moved} 行对应的证照"))


def _touched(import_id: int) -> Select[*tuple[Any, ...]]:
    return (
        select(License.id)
        .join(ImportRow, ImportRow.license_id == License.id)
        .where(ImportRow.import_id == import_id, ImportRow.action.in_(TOUCHING))
    )


def cancel_untrue(session: Session, licenses: Select[*tuple[Any, ...]]) -> None:
    """Takes back what was planned for a date that one of these no longer has, or for a cancelled one."""
    day = {DateKind.MAIN: License.expires_on, DateKind.COMPANION: License.companion_on}
    still_true = exists().where(
        License.id == Reminder.license_id,
        License.state != LicenseState.CANCELLED,
        or_(*((Reminder.date_kind == kind) & (Reminder.expires_on == on) for kind, on in day.items())),
    )
    session.execute(
        update(Reminder)
        .where(
            Reminder.state == ReminderState.OPEN,
            Reminder.license_id.in_(licenses),
            ~still_true,
        )
        .values(state=ReminderState.CANCELLED)
        .execution_options(synchronize_session=False)
    )
