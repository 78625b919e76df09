"""Who wants no SMS, and who changed their mind."""

from datetime import datetime
from typing import Any

from sqlalchemy import delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from reminders.rules.lifecycle import RefusedHow
from reminders.tables.holders import SmsRefusal


def refuse(session: Session, phone_hash: str, how: RefusedHow, *, now: datetime) -> bool:
    """From now on no reminder goes to this phone by SMS; False when that was known already."""
    insert: Any = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    statement = insert(SmsRefusal).values(phone_hash=phone_hash, how=how, refused_at=now)
    added = session.execute(statement.on_conflict_do_nothing().returning(SmsRefusal.phone_hash))
    return added.scalar_one_or_none() is not None


def accept_again(session: Session, phone_hash: str) -> bool:
    """False when nothing was refused."""
    gone = session.execute(
        delete(SmsRefusal).where(SmsRefusal.phone_hash == phone_hash).returning(SmsRefusal.phone_hash)
    )
    return gone.scalar_one_or_none() is not None
