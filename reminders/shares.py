"""Queues renewal decisions for the regulator, in the very transaction that renews the ledger."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, literal, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, aliased

from reminders.rules.lifecycle import LicenseState, RowAction
from reminders.rules.share_state import ShareState
from reminders.tables.base import UtcDateTime
from reminders.tables.ledger import ImportRow, License
from reminders.tables.renewals import DecisionShare


def queue(session: Session, import_id: int, *, now: datetime) -> None:
    """What an import renewed; met again it is queued once, unless it was put aside before it left."""
    moment, none = literal(now, UtcDateTime), literal("")
    values: dict[str, Any] = {
        "license_id": License.id,
        "expires_on": License.expires_on,
        "state": literal(str(ShareState.READY)),
        "fence": literal(0),
        "attempt": literal(0),
        "next_at": moment,
        "created_at": moment,
        "last_error": none,
        "receipt_no": none,
    }
    renewed = (
        select(*values.values())
        .join(ImportRow, ImportRow.license_id == License.id)
        .where(
            ImportRow.import_id == import_id,
            ImportRow.action == RowAction.RENEWED,
            License.expires_on.is_not(None),
            License.state != LicenseState.CANCELLED,
        )
    )
    insert: Any = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    session.execute(
        insert(DecisionShare)
        .from_select(list(values), renewed)
        .on_conflict_do_update(
            index_elements=["license_id", "expires_on"],
            set_={"state": ShareState.READY, "attempt": 0, "next_at": now},
            where=DecisionShare.state == ShareState.VOID,
        )
    )


def take_back(session: Session, import_id: int) -> bool:
    """Of an import that is being undone: what was not told yet is not told any more. False when the regulator
    was told of one, or may have been; the caller then rolls back."""
    mine = _of_import(import_id)
    untouched = and_(DecisionShare.state == ShareState.READY, DecisionShare.attempt == 0)
    session.execute(delete(DecisionShare).where(mine, untouched).execution_options(synchronize_session=False))
    return session.execute(select(DecisionShare.id).where(mine).limit(1)).first() is None


def _of_import(import_id: int) -> ColumnElement[bool]:
    """Shares that this import queued: of a license it renewed, with the day the license has by it.

    Read from the import's rows on: asked of each share, it would read them all anew.
    """
    share = aliased(DecisionShare)
    return DecisionShare.id.in_(
        select(share.id)
        .join(License, (License.id == share.license_id) & (License.expires_on == share.expires_on))
        .join(ImportRow, ImportRow.license_id == License.id)
        .where(ImportRow.import_id == import_id, ImportRow.action == RowAction.RENEWED)
    )
