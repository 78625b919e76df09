"""Remembers the reply to a message that had an effect, so that WeChat's retry hears the same words."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from reminders.db import vault_of
from reminders.tables.bindings import AnsweredMessage

KEPT = timedelta(days=2)  # WeChat retries within 15 seconds; the rest is for looking into complaints


def claim(session: Session, digest: str, *, now: datetime) -> str | None:
    """None for the first copy of a message, which must `keep` its reply before this transaction ends;
    the kept reply for every other copy.

    Copies that arrive together wait here for the first one's commit, so the effect happens once.
    """
    insert: Any = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    claimed = session.execute(
        insert(AnsweredMessage.__table__)
        .values(digest=digest, reply_cipher=b"", answered_at=now)
        .on_conflict_do_nothing()
        .returning(AnsweredMessage.digest)
    ).scalar_one_or_none()
    if claimed is not None:
        return None
    sealed = session.execute(
        select(AnsweredMessage.reply_cipher).where(AnsweredMessage.digest == digest)
    ).scalar_one()
    return vault_of(session).open(sealed)


def keep(session: Session, digest: str, reply: str) -> None:
    session.execute(
        update(AnsweredMessage)
        .where(AnsweredMessage.digest == digest)
        .values(reply_cipher=vault_of(session).seal(reply))
    )


def forget_old(session: Session, *, now: datetime) -> None:
    session.execute(delete(AnsweredMessage).where(AnsweredMessage.answered_at < now - KEPT))
