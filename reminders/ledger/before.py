"""Keeps licenses and holders as they were before an import, for the day on which it can be undone."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, insert, literal, select
from sqlalchemy.orm import Session

from reminders.ledger.stock import batches
from reminders.rules.lifecycle import RowAction
from reminders.tables.holders import Holder
from reminders.tables.ledger import HolderBefore, ImportRow, LedgerImport, License, LicenseBefore

UNDO_WITHIN = timedelta(hours=24)
IN_LIST = 1_000
KEPT = (
    *("catalogue_entry_id", "holder_id", "contact_id", "license_no", "number_key", "identity_key"),
    *("issued_on", "expiry", "expires_on", "companion_on", "state"),
)  # columns of a license that an import writes, beside import_id and version


def keep_licenses(session: Session, import_id: int) -> None:
    """Every license that the rows of this import are about to change or renew."""
    license_, kept = License.__table__.c, LicenseBefore
    found = (
        select(
            literal(import_id),
            license_.id,
            *(license_[name] for name in KEPT),
            license_.import_id,
            license_.version,
        )
        .join(ImportRow, ImportRow.license_id == license_.id)
        .where(ImportRow.import_id == import_id, ImportRow.action.in_((RowAction.CHANGED, RowAction.RENEWED)))
    )
    names = ["import_id", "license_id", *KEPT, "prior_import_id", "version"]
    session.execute(insert(kept).from_select(names, found))


def keep_holders(session: Session, import_id: int, names: Mapping[str, str]) -> None:
    """Of these holders, by identity key, those that the ledger has under another name than this one."""
    known: dict[int, dict[str, Any]] = {}
    for keys in batches(sorted(names), IN_LIST):
        found = session.execute(
            select(Holder.identity_key, Holder.id, Holder.kind, Holder.name, Holder.name_key).where(
                Holder.identity_key.in_(keys)
            )
        )
        for key, holder_id, kind, name, name_key in found:
            if name != names[key]:
                known[holder_id] = {
                    "import_id": import_id,
                    "holder_id": holder_id,
                    "kind": kind,
                    "name": name,
                    "name_key": name_key,
                }
    already = select(HolderBefore.holder_id).where(HolderBefore.import_id == import_id)
    if known:
        kept = set(session.execute(already.where(HolderBefore.holder_id.in_(known))).scalars())
        records = [record for holder_id, record in known.items() if holder_id not in kept]
        if records:
            session.execute(insert(HolderBefore.__table__), records)  # type: ignore[arg-type]


def forget_old(session: Session, now: datetime) -> None:
    """What was kept for imports that cannot be undone any more."""
    old = select(LedgerImport.id).where(LedgerImport.accepted_at <= now - UNDO_WITHIN)
    for table in (LicenseBefore, HolderBefore):
        session.execute(
            delete(table).where(table.import_id.in_(old)).execution_options(synchronize_session=False)
        )
