"""Accepts a preview: writes exactly what was shown, once, or nothing at all."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, bindparam, exists, insert, or_, select, update
from sqlalchemy.orm import Session

from reminders import audit, clock, shares, windows
from reminders.db import vault_of
from reminders.errors import Conflict, NotFound
from reminders.ledger import before, content, people
from reminders.ledger.content import Content, day_of
from reminders.ledger.previewing import may_see
from reminders.rules.lifecycle import (
    DateKind,
    ImportState,
    LicenseState,
    ReminderState,
    RowAction,
)
from reminders.rules.permissions import Actor
from reminders.rules.search_keys import tail
from reminders.tables.deliveries import Reminder
from reminders.tables.ledger import ImportRow, LedgerImport, License

BATCH = 2_000
WRITING = (RowAction.NEW, RowAction.CHANGED, RowAction.RENEWED)
TOUCHING = (RowAction.CHANGED, RowAction.RENEWED)
MOVED = "预览之后台账有变动，{what}。请重新上传，按新的预览确认"


def accept(
    session: Session, import_id: int, *, good_rows_only: bool = False, actor: Actor, now: datetime
) -> None:
    """Raises Conflict when it was handled before, has faults (unless only good rows are wanted), holds the
    bytes of an accepted file, or the ledger moved since the preview."""
    made = session.execute(
        select(LedgerImport).where(LedgerImport.id == import_id).with_for_update()
    ).scalar_one_or_none()
    if made is None or not may_see(made, actor):
        raise NotFound("没有这次导入")
    _refuse_unfit(session, made, good_rows_only=good_rows_only)
    _refuse_moved(session, import_id)
    made.state, made.accepted_at = ImportState.ACCEPTED, now
    made.content_cipher = made.edits_cipher = None
    session.flush()
    before.keep_licenses(session, import_id)
    for rows in _batches(session, import_id):
        _write(session, import_id, rows, now)
    windows.ensure(session, _days(session, import_id))
    windows.set_first_due(session, import_id=import_id)
    cancel_untrue(session, _touched(import_id))
    shares.queue(session, import_id, now=now)
    audit.record(
        session,
        "ledger.accept",
        f"ledger_import:{import_id}",
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
            LedgerImport.state == ImportState.ACCEPTED,
        )
        .order_by(LedgerImport.accepted_at.desc())
        .limit(1)
    ).scalar_one_or_none()


def _refuse_unfit(session: Session, made: LedgerImport, *, good_rows_only: bool) -> None:
    if made.state is not ImportState.PREVIEW:
        raise Conflict("这次导入已经处理过了")
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


def _refuse_moved(session: Session, import_id: int) -> None:
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


def _batches(session: Session, import_id: int) -> Iterator[Sequence[Row[*tuple[Any, ...]]]]:
    after = -1
    while rows := session.execute(
        select(
            ImportRow.position,
            ImportRow.action,
            ImportRow.license_id,
            ImportRow.license_version,
            ImportRow.content_cipher,
        )
        .where(
            ImportRow.import_id == import_id,
            ImportRow.action.in_(WRITING),
            ImportRow.position > after,
        )
        .order_by(ImportRow.position)
        .limit(BATCH)
    ).all():
        yield rows
        after = rows[-1].position


def _write(session: Session, import_id: int, rows: Sequence[Row[*tuple[Any, ...]]], now: datetime) -> None:
    vault = vault_of(session)
    contents = [content.opened(row.content_cipher, vault) for row in rows]
    holder_ids = people.holders_of(session, import_id, contents, now)
    contact_ids = people.contacts_of(session, contents, holder_ids, now)
    fresh: list[dict[str, Any]] = []
    known: list[dict[str, Any]] = []
    for row, values, holder_id, contact_id in zip(rows, contents, holder_ids, contact_ids, strict=True):
        record = _record(values) | {
            "holder_id": holder_id,
            "contact_id": contact_id,
            "import_id": import_id,
            "updated_at": now,
        }
        if row.action is RowAction.NEW:
            fresh.append(record | {"version": 1, "created_at": now})
        else:
            known.append(record | {"of_id": row.license_id, "of_version": row.license_version})
    _insert(session, fresh)
    _update(session, known)


def _record(values: Content) -> dict[str, Any]:
    return {
        "catalogue_entry_id": values.entry_id,
        "license_no": values.license_no or None,
        "number_key": values.number_key or None,
        "number_tail": tail(values.number_key) or None,
        "identity_key": values.identity_key,
        "issued_on": day_of(values.issued),
        "expiry": values.expiry,
        "expires_on": day_of(values.expires),
        "companion_on": day_of(values.companion),
        "state": values.state,
    }


def _insert(session: Session, records: list[dict[str, Any]]) -> None:
    if not records:
        return
    keys = {(record["catalogue_entry_id"], record["identity_key"]) for record in records}
    taken = session.execute(
        select(License.license_no).where(
            License.catalogue_entry_id.in_({entry_id for entry_id, _ in keys}),
            License.identity_key.in_({key for _, key in keys}),
        )
    ).all()
    if taken:
        raise Conflict(MOVED.format(what="有的新证照已由别人加入"))
    table: Any = License.__table__
    session.connection().execute(insert(table), records)


def _update(session: Session, records: list[dict[str, Any]]) -> None:
    if not records:
        return
    table: Any = License.__table__
    names = [name for name in records[0] if not name.startswith("of_")]
    result = session.connection().execute(
        update(table)
        .where(table.c.id == bindparam("of_id"), table.c.version == bindparam("of_version"))
        .values({name: bindparam(f"to_{name}") for name in names} | {"version": table.c.version + 1}),
        [
            {name if name.startswith("of_") else f"to_{name}": value for name, value in record.items()}
            for record in records
        ],
    )
    if result.rowcount != len(records):
        raise Conflict(MOVED.format(what="有的证照刚被别人改过"))


def _days(session: Session, import_id: int) -> Iterator[windows.Combination]:
    for kind, day in ((DateKind.MAIN, License.expires_on), (DateKind.COMPANION, License.companion_on)):
        found = session.execute(
            select(License.catalogue_entry_id, day)
            .where(License.import_id == import_id, day.is_not(None))
            .distinct()
        )
        yield from ((entry_id, kind, on) for entry_id, on in found if on)


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
