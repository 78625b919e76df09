"""Makes the rows of an import ready to be written: what takes long is done before the ledger is touched."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Row, delete, func, insert, select
from sqlalchemy.orm import Session

from reminders import windows
from reminders.crypto import Vault
from reminders.db import vault_of
from reminders.ledger import content
from reminders.ledger.content import Content, day_of
from reminders.rules.identity import holder_key, is_mobile, name_key
from reminders.rules.lifecycle import DateKind, ImportState, RowAction
from reminders.rules.search_keys import initials, phone_mark, tail
from reminders.tables.ledger import ImportRow, LedgerImport
from reminders.tables.ledger_writing import ImportWrite

BATCH = 2_000
WRITING = (RowAction.NEW, RowAction.CHANGED, RowAction.RENEWED)
NO_HOLDER: dict[str, Any] = dict.fromkeys(
    ("holder_key", "initials", "credit_code", "id_number_cipher", "id_number_hash")
)
NO_CONTACT: dict[str, Any] = dict.fromkeys(("phone_cipher", "phone_hash", "tail_hash", "is_mobile"))


def count(session: Session, import_id: int) -> int:
    """How many rows this import will write."""
    mine = (ImportRow.import_id == import_id, ImportRow.action.in_(WRITING))
    return session.execute(select(func.count()).select_from(ImportRow).where(*mine)).scalar_one()


def some(session: Session, import_id: int) -> int:
    """Makes the next rows ready, behind those that are, and returns how many; 0 when all are."""
    last = select(func.max(ImportWrite.position)).where(ImportWrite.import_id == import_id)
    rows = session.execute(
        select(
            ImportRow.position,
            ImportRow.action,
            ImportRow.license_id,
            ImportRow.license_version,
            ImportRow.content_cipher,
        )
        .where(ImportRow.import_id == import_id, ImportRow.action.in_(WRITING))
        .where(ImportRow.position > func.coalesce(last.scalar_subquery(), -1))
        .order_by(ImportRow.position)
        .limit(BATCH)
    ).all()
    if rows:
        records = list(_records(import_id, rows, vault_of(session)))
        table: Any = ImportWrite.__table__
        session.connection().execute(insert(table), records)
        windows.ensure(session, _days(records))
    return len(rows)


def clear(session: Session, import_id: int) -> None:
    session.execute(
        delete(ImportWrite)
        .where(ImportWrite.import_id == import_id)
        .execution_options(synchronize_session=False)
    )


def clear_some(session: Session) -> bool:
    """Throws away some of what no import waits for any more. False when there is no such row."""
    query = select(ImportWrite.import_id, func.min(ImportWrite.position)).group_by(ImportWrite.import_id)
    left = query.join(LedgerImport, LedgerImport.id == ImportWrite.import_id).where(
        LedgerImport.state != ImportState.ACCEPTING
    )
    found = session.execute(left.limit(1)).one_or_none()
    if found is None:
        return False
    import_id, first = found
    session.execute(
        delete(ImportWrite)
        .where(ImportWrite.import_id == import_id, ImportWrite.position < first + BATCH)
        .execution_options(synchronize_session=False)
    )
    return True


def _records(import_id: int, rows: Sequence[Row[*tuple[Any, ...]]], vault: Vault) -> Iterator[dict[str, Any]]:
    named: dict[str, str] = {}  # initials by name: several rows of a holder stand together
    for row in rows:
        values = content.opened(row.content_cipher, vault)
        yield {
            "import_id": import_id,
            "position": row.position,
            "action": row.action,
            "license_id": row.license_id,
            "license_version": row.license_version,
            **_holder(values, vault, named),
            **_contact(values, vault),
            **_license(values),
        }


def _holder(values: Content, vault: Vault, named: dict[str, str]) -> dict[str, Any]:
    name = values.holder_name
    known = {
        "holder_id": values.holder_id,
        "holder_kind": values.holder_kind,
        "holder_name": name,
        "name_key": name_key(name),
    }
    if values.holder_id is not None:
        return NO_HOLDER | known
    if name not in named:
        named[name] = initials(name)
    return known | {
        "holder_key": holder_key(
            name,
            credit_code=values.credit_code or None,
            id_number_hash=values.id_hash or None,
            phone_hash=values.phone_hash or None,
        ),
        "initials": named[name],
        "credit_code": values.credit_code or None,
        "id_number_cipher": vault.seal(values.id_number) if values.id_number else None,
        "id_number_hash": values.id_hash or None,
    }


def _contact(values: Content, vault: Vault) -> dict[str, Any]:
    known = {"contact_id": values.contact_id, "contact_name": values.contact_name}
    if values.contact_id is not None or not values.phone:
        return NO_CONTACT | known
    return known | {
        "phone_cipher": vault.seal(values.phone),
        "phone_hash": values.phone_hash,
        "tail_hash": vault.blind(phone_mark(values.phone)),
        "is_mobile": is_mobile(values.phone),
    }


def _license(values: Content) -> dict[str, Any]:
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


def _days(records: Sequence[dict[str, Any]]) -> Iterator[windows.Combination]:
    for kind, day in ((DateKind.MAIN, "expires_on"), (DateKind.COMPANION, "companion_on")):
        for record in records:
            if record[day] is not None:
                yield record["catalogue_entry_id"], kind, record[day]
