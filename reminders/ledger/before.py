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
    *("catalogue_entry_id", "holder_id", "contact_id", "license_no", "number_key", "number_tail"),
    *("identity_key", "issued_on", "expiry", "expires_on", "companion_on", "state"),
)  # columns of a license that an import writes, beside import_id and version
HOLDER_KEPT = ("kind", "name", "name_key", "initials")  # of a holder, beside the key it is found by


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


def keep_holders(session: Session, import_id: int, wanted: Mapping[str, Mapping[str, Any]]) -> None:
    """Of these holders, by identity key, those about to be written otherwise than the ledger has them."""
    known: dict[int, dict[str, Any]] = {}
    columns = [getattr(Holder, name) for name in HOLDER_KEPT]
    for keys in batches(sorted(wanted), IN_LIST):
        found = session.execute(
            select(Holder.identity_key, Holder.id, *columns).where(Holder.identity_key.in_(keys))
        )
        for key, holder_id, *values in found:
            said = dict(zip(HOLDER_KEPT, values, strict=True))
            if any(said[name] != wanted[key][name] for name in HOLDER_KEPT):
                known[holder_id] = said | {"import_id": import_id, "holder_id": holder_id}
    already = select(HolderBefore.holder_id).where(HolderBefore.import_id == import_id)
    if known:
        kept = set(session.execute(already.where(HolderBefore.holder_id.in_(known))).scalars())
        records = [record for holder_id, record in known.items() if holder_id not in kept]
        if records:
            session.execute(insert(HolderBefore.__table__), records)  # type: ignore[arg-type]


def forget_old(session: Session, *, now: datetime) -> None:
    """What was kept for imports that cannot be undone any more."""
    old = select(LedgerImport.id).where(LedgerImport.accepted_at <= now - UNDO_WITHIN)
    for table in (LicenseBefore, HolderBefore):
        session.execute(
            delete(table).where(table.import_id.in_(old)).execution_options(synchronize_session=False)
        )
