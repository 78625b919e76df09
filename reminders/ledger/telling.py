"""Tells row by row what an accepted import changed, without anything that belongs to a person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from reminders.crypto import Vault
from reminders.db import vault_of
from reminders.errors import NotFound
from reminders.ledger import content
from reminders.ledger.comparing import expires_text
from reminders.ledger.content import Change
from reminders.rules.identity import mask_number
from reminders.rules.lifecycle import ImportState, RowAction
from reminders.rules.sheet_shape import Field
from reminders.tables.ledger import ImportRow, LedgerImport

PAGE = 100
TOLD = (RowAction.NEW, RowAction.CHANGED, RowAction.RENEWED)
OPEN_TITLES = frozenset({Field.EXPIRES_ON, Field.ISSUED_ON, Field.COMPANION_ON, Field.STATE})
HIDDEN = "（个人信息，不显示）"


@dataclass(frozen=True)
class Difference:
    """One row: its license by kind and masked number, and each value before and after."""

    position: int
    sheet: str
    row_no: int
    action: RowAction
    license_name: str
    number: str
    expires: str
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Differences:
    """`after` is the cursor of the next page, None on the last."""

    import_id: int
    accepted_at: datetime | None
    undone_at: datetime | None
    rows: tuple[Difference, ...]
    after: int | None


def differences(
    session: Session, import_id: int, *, license_id: int | None = None, after: int = -1
) -> Differences:
    """What accepting wrote, of all licenses or of one that was there before. Raises NotFound."""
    made = session.get(LedgerImport, import_id)
    if made is None or made.state not in (ImportState.ACCEPTED, ImportState.UNDONE):
        raise NotFound("没有这次导入，或者它没有被确认过，台账没有因此改动。")
    query = select(ImportRow).where(ImportRow.import_id == import_id, ImportRow.position > after)
    if license_id is not None:
        query = query.where(ImportRow.license_id == license_id)
    query = query.where(ImportRow.action.in_(TOLD)).order_by(ImportRow.position).limit(PAGE + 1)
    found: Sequence[ImportRow] = session.execute(query).scalars().all()
    rows = tuple(_told(row, vault_of(session)) for row in found[:PAGE])
    more = found[PAGE - 1].position if len(found) > PAGE else None
    return Differences(made.id, made.accepted_at, made.undone_at, rows, more)


def _told(row: ImportRow, vault: Vault) -> Difference:
    values = content.opened(row.content_cipher, vault)
    return Difference(
        row.position,
        row.sheet,
        row.row_no,
        row.action,
        values.license_name,
        mask_number(values.license_no) if values.license_no else "（无编号）",
        expires_text(values.expiry, values.expires),
        tuple(
            Change(title, old, new) if title in OPEN_TITLES else Change(title, HIDDEN, HIDDEN)
            for title, old, new in values.changes
        ),
    )
