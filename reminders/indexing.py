"""Makes the keys by which the ledger is searched, for rows that came before there were any."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from reminders.db import vault_of
from reminders.rules.search_keys import initials, phone_mark, tail
from reminders.tables.base import Base
from reminders.tables.holders import Contact, Holder
from reminders.tables.ledger import License

SOME = 2_000


def fill_some(session: Session) -> bool:
    """Whether anything had to be made: the caller commits and asks again until nothing is left."""
    vault = vault_of(session)
    names = session.execute(select(Holder.id, Holder.name).where(Holder.initials.is_(None)).limit(SOME)).all()
    _write(session, Holder, "initials", [(id_, initials(name)) for id_, name in names])
    sealed = select(Contact.id, Contact.phone_cipher).where(Contact.tail_hash.is_(None)).limit(SOME)
    phones = session.execute(sealed).all()
    marks = [(id_, vault.blind(phone_mark(vault.open(cipher)))) for id_, cipher in phones]
    _write(session, Contact, "tail_hash", marks)
    without = License.number_tail.is_(None), License.number_key.is_not(None)
    numbers = session.execute(select(License.id, License.number_key).where(*without).limit(SOME)).all()
    _write(session, License, "number_tail", [(id_, tail(key or "")) for id_, key in numbers])
    return bool(names or phones or numbers)


def _write(session: Session, table: type[Base], column: str, made: Sequence[tuple[int, str]]) -> None:
    if not made:
        return
    rows: Any = table.__table__
    session.connection().execute(
        update(rows).where(rows.c.id == bindparam("of_id")).values({column: bindparam("key")}),
        [{"of_id": id_, "key": key} for id_, key in made],
    )
