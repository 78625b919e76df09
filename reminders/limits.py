"""Counts tries in the database, so that limits that protect people hold across processes and restarts."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from reminders.db import vault_of
from reminders.tables.bindings import LimitCount


@dataclass(frozen=True)
class Limit:
    """At most `most` in each span; spans are aligned to the epoch, so a count never waits longer than one."""

    scope: str
    most: int
    span: timedelta


def spend(session: Session, limit: Limit, subject: str, *, now: datetime) -> bool:
    """Counts one try by this subject; False when the limit was used up (it is counted anyway)."""
    table = LimitCount.__table__
    insert: Any = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    statement = insert(table).values(
        scope=limit.scope,
        subject_hash=vault_of(session).blind(f"{limit.scope}:{subject}"),
        span_start=span_start(limit, now),
        count=1,
    )
    statement = statement.on_conflict_do_update(
        index_elements=["scope", "subject_hash", "span_start"], set_={"count": LimitCount.count + 1}
    ).returning(LimitCount.count)
    return int(session.execute(statement).scalar_one()) <= limit.most


def spent(session: Session, limit: Limit, subject: str, *, now: datetime) -> int:
    """Tries counted in the current span."""
    found = session.execute(
        select(LimitCount.count).where(
            LimitCount.scope == limit.scope,
            LimitCount.subject_hash == vault_of(session).blind(f"{limit.scope}:{subject}"),
            LimitCount.span_start == span_start(limit, now),
        )
    ).scalar_one_or_none()
    return found or 0


def forgive(session: Session, limit: Limit, subject: str) -> None:
    """Forgets the tries of this subject."""
    hashed = vault_of(session).blind(f"{limit.scope}:{subject}")
    session.execute(
        delete(LimitCount).where(LimitCount.scope == limit.scope, LimitCount.subject_hash == hashed)
    )


def forget_old(session: Session, *, now: datetime) -> None:
    """Drops counts older than two days; no limit looks further back."""
    session.execute(delete(LimitCount).where(LimitCount.span_start < now - timedelta(days=2)))


def span_start(limit: Limit, now: datetime) -> datetime:
    seconds = int(limit.span.total_seconds())
    return datetime.fromtimestamp(int(now.timestamp()) // seconds * seconds, UTC)
