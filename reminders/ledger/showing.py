"""Shows a preview or a past import: counts, faults, and rows with what they change, phones masked."""

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from reminders import clock
from reminders.crypto import Vault
from reminders.db import vault_of
from reminders.errors import NotFound
from reminders.ledger import content, missing, reading, tasks, undoing
from reminders.ledger.accepting import earlier_acceptance
from reminders.ledger.comparing import expires_text
from reminders.ledger.content import Change
from reminders.ledger.filling import MISSING, SPAN, WARNED
from reminders.ledger.missing import Missing, Span
from reminders.ledger.previewing import may_see
from reminders.ledger.reading import Progress
from reminders.ledger.undoing import Undone
from reminders.rules.identity import clean, mask_phone, phones
from reminders.rules.ledger_row import Fault
from reminders.rules.lifecycle import ImportState, RowAction
from reminders.rules.permissions import Actor
from reminders.tables.ledger import ImportRow, LedgerImport

MISSING_SHOWN = 20


@dataclass(frozen=True)
class RowView:
    """`row_no` is the row Excel shows. Of a faulty row the texts are those of the sheet."""

    position: int
    sheet: str
    row_no: int
    action: RowAction
    license_id: int | None
    holder_name: str
    license_name: str
    license_no: str
    expires: str
    contact_name: str
    phone: str  # masked
    faults: tuple[Fault, ...]
    warnings: tuple[Fault, ...]
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class ImportView:
    """`counts` has every RowAction; `after` is the cursor of the next page, None on the last.

    `already_accepted_on` is set when the very same file was accepted before; of one license that was typed
    in (`is_typed`) nothing is missing.
    """

    id: int
    file_name: str
    is_typed: bool
    state: ImportState
    created_at: datetime
    created_by: str
    accepted_at: datetime | None
    already_accepted_on: date | None
    counts: dict[RowAction, int]
    warned: int
    missing: int
    missing_first: tuple[Missing, ...]
    faults: tuple[str, ...]
    rows: tuple[RowView, ...]
    after: int | None
    undone_at: datetime | None
    undone: Undone | None
    progress: Progress | None  # while a job reads a large file, writes it or takes it back
    refusal: str  # why a job did not; "" when nothing is wrong
    is_kept: bool  # the file is still there, so its cells and columns can be mended

    @property
    def recognised(self) -> str:
        """What to tell a person who uploads a file a second time; "" the first time."""
        if self.already_accepted_on is None:
            return ""
        return f"这个文件已于 {self.already_accepted_on} 导入"


def show(
    session: Session,
    import_id: int,
    *,
    actor: Actor,
    action: RowAction | None = None,
    warned: bool = False,
    after: int = -1,
    limit: int = 50,
) -> ImportView:
    """One page of rows behind position `after`, of one action, with warnings, or all. Raises NotFound."""
    made = session.get(LedgerImport, import_id)
    if made is None or not may_see(made, actor):
        raise NotFound("没有这次导入")
    of_action = [ImportRow.action == action] if action else []
    if warned:
        of_action.append(ImportRow.warnings != "[]")
    found = session.execute(
        select(ImportRow.__table__)
        .where(ImportRow.import_id == import_id, ImportRow.position > after, *of_action)
        .order_by(ImportRow.position)
        .limit(limit + 1)
    ).all()
    before = earlier_acceptance(session, made) if made.state is ImportState.PREVIEW else None
    counts = json.loads(made.counts)
    span = Span(**counts[SPAN]) if counts.get(SPAN) else None
    is_open = made.state is ImportState.PREVIEW
    return ImportView(
        id=made.id,
        file_name=made.file_name,
        is_typed=made.is_typed,
        state=made.state,
        created_at=made.created_at,
        created_by=made.created_by,
        accepted_at=made.accepted_at,
        already_accepted_on=clock.civil_date(before) if before else None,
        counts={word: counts.get(word, 0) for word in RowAction},
        warned=counts.get(WARNED, 0),
        missing=counts.get(MISSING, 0),
        missing_first=missing.listed(session, import_id, span, MISSING_SHOWN) if is_open else (),
        faults=tuple(json.loads(made.faults)),
        rows=tuple(_row(record, vault_of(session)) for record in found[:limit]),
        after=found[limit - 1].position if len(found) > limit else None,
        undone_at=made.undone_at,
        undone=undoing.undone_of(made),
        progress=reading.progress_of(made) or tasks.progress_of(session, made),
        refusal=made.refusal,
        is_kept=_is_kept(session, import_id),
    )


def _is_kept(session: Session, import_id: int) -> bool:
    kept = select(LedgerImport.content_cipher.is_not(None)).where(LedgerImport.id == import_id)
    return session.execute(kept).scalar_one()


def _row(record: Row[*tuple[Any, ...]], vault: Vault) -> RowView:
    values = content.opened(record.content_cipher, vault)
    is_faulty = record.action is RowAction.FAULTY
    return RowView(
        position=record.position,
        sheet=record.sheet,
        row_no=record.row_no,
        action=record.action,
        license_id=record.license_id,
        holder_name=values.holder_name,
        license_name=values.license_name,
        license_no=values.license_no,
        expires=values.expires if is_faulty else expires_text(values.expiry, values.expires),
        contact_name=values.contact_name,
        phone=_masked(values.phone),
        faults=_notes(record.faults),
        warnings=_notes(record.warnings),
        changes=tuple(Change(*change) for change in values.changes),
    )


def _masked(text: str) -> str:
    """Also of a text that is no valid number: every digit that could be part of one is hidden."""
    if not text:
        return ""
    valid = phones(text)
    if len(valid) == 1:
        return mask_phone(valid[0])
    digits = "".join(sign for sign in clean(text) if sign.isdigit())
    return mask_phone(digits) if digits else clean(text)[:20]


def _notes(text: str) -> tuple[Fault, ...]:
    return tuple(Fault(*note) for note in json.loads(text))
