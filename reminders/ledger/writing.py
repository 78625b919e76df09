"""Writes what was made ready into holders, contacts and licenses: a statement for each, however many rows."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, insert, literal, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from reminders import windows
from reminders.errors import Conflict
from reminders.ledger import before
from reminders.rules.lifecycle import DateKind, RowAction
from reminders.tables.base import UtcDateTime
from reminders.tables.holders import Contact, Holder
from reminders.tables.ledger import License
from reminders.tables.ledger_writing import ImportWrite

TOUCHING = (RowAction.CHANGED, RowAction.RENEWED)
MOVED = "预览之后台账有变动，{what}。请重新上传，按新的预览确认"
READY = ImportWrite


def write(session: Session, import_id: int, *, now: datetime) -> None:
    """What the rows change is kept first, for undoing. Raises Conflict when the ledger moved meanwhile."""
    windows.ensure(session, _days(session, import_id))
    _refuse_gone(session, import_id)
    before.keep_licenses(session, import_id)
    before.keep_holders(session, import_id, _last_words(import_id))
    _holders(session, import_id, now)
    _contacts(session, import_id, now)
    _refuse_taken(session, import_id)
    _insert_licenses(session, import_id, now)
    _update_licenses(session, import_id, now)


def _days(session: Session, import_id: int) -> Iterator[windows.Combination]:
    """Made with the rows, but a changed rule of the catalogue may have thrown away what no license used."""
    for kind, day in ((DateKind.MAIN, READY.expires_on), (DateKind.COMPANION, READY.companion_on)):
        found = session.execute(
            select(READY.catalogue_entry_id, day)
            .where(READY.import_id == import_id, day.is_not(None))
            .distinct()
        )
        yield from ((entry_id, kind, on) for entry_id, on in found if on)


def _last_words(import_id: int) -> Select[int]:
    """The position of the last row on each holder that is named anew: what it says counts."""
    return (
        select(func.max(READY.position))
        .where(READY.import_id == import_id, READY.holder_key.is_not(None))
        .group_by(READY.holder_key)
    )


def _holders(session: Session, import_id: int, now: datetime) -> None:
    values: dict[str, Any] = {
        "kind": READY.holder_kind,
        "name": READY.holder_name,
        "name_key": READY.name_key,
        "initials": READY.initials,
        "credit_code": READY.credit_code,
        "id_number_cipher": READY.id_number_cipher,
        "id_number_hash": READY.id_number_hash,
        "identity_key": READY.holder_key,
        "created_at": literal(now, UtcDateTime),
    }
    found = select(*values.values()).where(
        READY.import_id == import_id, READY.position.in_(_last_words(import_id))
    )
    statement = _upsert(session, Holder).from_select(list(values), found.order_by(READY.position))
    newest = {name: statement.excluded[name] for name in before.HOLDER_KEPT}
    is_other = or_(*(getattr(Holder, name).is_distinct_from(said) for name, said in newest.items()))
    session.execute(
        statement.on_conflict_do_update(index_elements=["identity_key"], set_=newest, where=is_other)
    )


def _contacts(session: Session, import_id: int, now: datetime) -> None:
    values: dict[str, Any] = {
        "holder_id": _holder_id(),
        "name": READY.contact_name,
        "phone_cipher": READY.phone_cipher,
        "phone_hash": READY.phone_hash,
        "tail_hash": READY.tail_hash,
        "is_mobile": READY.is_mobile,
        "created_at": literal(now, UtcDateTime),
    }
    found = select(*values.values()).where(READY.import_id == import_id, READY.phone_hash.is_not(None))
    statement = _upsert(session, Contact).from_select(list(values), found.order_by(READY.position))
    session.execute(statement.on_conflict_do_nothing())


def _refuse_gone(session: Session, import_id: int) -> None:
    """Somebody took a row for a holder that an import undone since took away."""
    gone = select(READY.position).where(
        READY.import_id == import_id,
        READY.holder_id.is_not(None),
        ~exists().where(Holder.id == READY.holder_id),
    )
    if session.execute(gone.limit(1)).first() is not None:
        raise Conflict(MOVED.format(what="有的单位已不在台账里"))


def _refuse_taken(session: Session, import_id: int) -> None:
    taken = (
        select(READY.position)
        .join(
            License,
            (License.catalogue_entry_id == READY.catalogue_entry_id)
            & (License.identity_key == READY.identity_key),
        )
        .where(READY.import_id == import_id, READY.action == RowAction.NEW)
    )
    if session.execute(taken.limit(1)).first() is not None:
        raise Conflict(MOVED.format(what="有的新证照已由别人加入"))


def _insert_licenses(session: Session, import_id: int, now: datetime) -> None:
    moment = literal(now, UtcDateTime)
    values = _written(import_id, moment) | {"version": literal(1), "created_at": moment}
    found = select(*values.values()).where(READY.import_id == import_id, READY.action == RowAction.NEW)
    table: Any = License.__table__
    session.execute(insert(table).from_select(list(values), found.order_by(READY.position)))


def _update_licenses(session: Session, import_id: int, now: datetime) -> None:
    """Only at the version that was shown."""
    mine = (READY.import_id == import_id, READY.action.in_(TOUCHING))
    wanted = session.execute(select(func.count()).select_from(READY).where(*mine)).scalar_one()
    if not wanted:
        return
    result: Any = session.execute(
        update(License)
        .where(*mine, License.id == READY.license_id, License.version == READY.license_version)
        .values(_written(import_id, literal(now, UtcDateTime)) | {"version": License.version + 1})
        .execution_options(synchronize_session=False)
    )
    if result.rowcount != wanted:
        raise Conflict(MOVED.format(what="有的证照刚被别人改过"))


def _written(import_id: int, moment: ColumnElement[datetime]) -> dict[str, Any]:
    """The columns of a license that an import writes, by those of a row made ready."""
    own = ("holder_id", "contact_id")
    return {name: getattr(READY, name) for name in before.KEPT if name not in own} | {
        "holder_id": _holder_id(),
        "contact_id": _contact_id(),
        "import_id": literal(import_id),
        "updated_at": moment,
        **windows.first_due(READY),
    }


def _holder_id() -> ColumnElement[int]:
    by_key = select(Holder.id).where(Holder.identity_key == READY.holder_key)
    return func.coalesce(READY.holder_id, by_key.correlate(READY).scalar_subquery())


def _contact_id() -> ColumnElement[int | None]:
    by_key = select(Contact.id).where(
        Contact.holder_id == _holder_id(),
        Contact.phone_hash == READY.phone_hash,
        Contact.name == READY.contact_name,
    )
    return func.coalesce(READY.contact_id, by_key.correlate(READY).scalar_subquery())


def _upsert(session: Session, table: type[Holder] | type[Contact]) -> Any:
    insert_into: Any = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    return insert_into(table.__table__)
