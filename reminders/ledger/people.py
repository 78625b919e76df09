"""Makes sure that the holders and contacts of rows being accepted exist, many at a time."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from reminders.db import vault_of
from reminders.ledger import before
from reminders.ledger.content import Content
from reminders.rules.identity import holder_key, is_mobile, name_key
from reminders.rules.search_keys import initials, phone_mark
from reminders.tables.holders import Contact, Holder


def holders_of(session: Session, import_id: int, contents: Sequence[Content], now: datetime) -> list[int]:
    """The holder's id for each row: the one it keeps, else found or made by its key; names are renewed."""
    vault = vault_of(session)
    keys: list[str] = []
    wanted: dict[str, dict[str, Any]] = {}
    for row in contents:
        if row.holder_id is not None:
            keys.append("")
            continue
        key = holder_key(
            row.holder_name,
            credit_code=row.credit_code or None,
            id_number_hash=row.id_hash or None,
            phone_hash=row.phone_hash or None,
        )
        keys.append(key)
        wanted[key] = {
            "kind": row.holder_kind,
            "name": row.holder_name,
            "name_key": name_key(row.holder_name),
            "initials": initials(row.holder_name),
            "credit_code": row.credit_code or None,
            "id_number_cipher": vault.seal(row.id_number) if row.id_number else None,
            "id_number_hash": row.id_hash or None,
            "identity_key": key,
            "created_at": now,
        }
    before.keep_holders(session, import_id, wanted)
    ids = _upserted_holders(session, wanted)
    return [
        row.holder_id if row.holder_id is not None else ids[key]
        for row, key in zip(contents, keys, strict=True)
    ]


def contacts_of(
    session: Session, contents: Sequence[Content], holder_ids: Sequence[int], now: datetime
) -> list[int | None]:
    """The contact's id for each row; None where the sheet has no phone and none was known."""
    vault = vault_of(session)
    keys: list[tuple[int, str, str] | None] = []
    wanted: dict[tuple[int, str, str], dict[str, Any]] = {}
    for row, holder_id in zip(contents, holder_ids, strict=True):
        if row.contact_id is not None or not row.phone:
            keys.append(None)
            continue
        key = (holder_id, row.phone_hash, row.contact_name)
        keys.append(key)
        if key not in wanted:
            wanted[key] = {
                "holder_id": holder_id,
                "name": row.contact_name,
                "phone_cipher": vault.seal(row.phone),
                "phone_hash": key[1],
                "tail_hash": vault.blind(phone_mark(row.phone)),
                "is_mobile": is_mobile(row.phone),
                "created_at": now,
            }
    ids = _upserted_contacts(session, wanted)
    return [row.contact_id if key is None else ids[key] for row, key in zip(contents, keys, strict=True)]


def _upserted_holders(session: Session, wanted: dict[str, dict[str, Any]]) -> dict[str, int]:
    if not wanted:
        return {}
    statement = _insert(session, Holder)
    newest = {name: statement.excluded[name] for name in before.HOLDER_KEPT}
    found = session.execute(
        statement.on_conflict_do_update(index_elements=["identity_key"], set_=newest).returning(
            Holder.identity_key, Holder.id
        ),
        list(wanted.values()),
    )
    return dict(found.all())


def _upserted_contacts(
    session: Session, wanted: dict[tuple[int, str, str], dict[str, Any]]
) -> dict[tuple[int, str, str], int]:
    if not wanted:
        return {}
    statement = _insert(session, Contact)
    found = session.execute(
        statement.on_conflict_do_update(
            index_elements=["holder_id", "phone_hash", "name"], set_={"name": statement.excluded["name"]}
        ).returning(Contact.holder_id, Contact.phone_hash, Contact.name, Contact.id),
        list(wanted.values()),
    )
    return {(holder_id, phone_hash, name): id_ for holder_id, phone_hash, name, id_ in found}


def _insert(session: Session, table: type[Holder] | type[Contact]) -> Any:
    # The rows come back through RETURNING: an upsert's row count is -1 on psycopg.
    insert: Any = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    return insert(table.__table__)
