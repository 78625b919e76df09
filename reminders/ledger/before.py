"""Keeps licenses and holders as they were before an import, for the day on which it can be undone."""

from datetime import datetime, timedelta

from sqlalchemy import Select, delete, insert, literal, or_, select
from sqlalchemy.orm import Session

from reminders.rules.lifecycle import RowAction
from reminders.tables.holders import Holder
from reminders.tables.ledger import HolderBefore, ImportRow, LedgerImport, License, LicenseBefore
from reminders.tables.ledger_writing import ImportWrite

UNDO_WITHIN = timedelta(hours=24)
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


def keep_holders(session: Session, import_id: int, last_words: Select[int]) -> None:
    """Of the holders on which rows made ready have their last word, those that it says otherwise."""
    said = {"kind": ImportWrite.holder_kind, "name": ImportWrite.holder_name}
    said |= {name: getattr(ImportWrite, name) for name in ("name_key", "initials")}
    columns = [getattr(Holder, name) for name in HOLDER_KEPT]
    found = (
        select(literal(import_id), Holder.id, *columns)
        .join(ImportWrite, ImportWrite.holder_key == Holder.identity_key)
        .where(ImportWrite.import_id == import_id, ImportWrite.position.in_(last_words))
        .where(or_(*(column.is_distinct_from(said[column.key]) for column in columns)))
    )
    session.execute(insert(HolderBefore).from_select(["import_id", "holder_id", *HOLDER_KEPT], found))


def forget_old(session: Session, *, now: datetime) -> None:
    """What was kept for imports that cannot be undone any more."""
    old = select(LedgerImport.id).where(LedgerImport.accepted_at <= now - UNDO_WITHIN)
    for table in (LicenseBefore, HolderBefore):
        session.execute(
            delete(table).where(table.import_id.in_(old)).execution_options(synchronize_session=False)
        )
