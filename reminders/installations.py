"""Marks a database as belonging to a practice or to a real installation, once and for good."""

from datetime import datetime

from sqlalchemy.orm import Session

from reminders.tables.installation import Installation


def settle(session: Session, *, is_practice: bool, now: datetime) -> None:
    """Part of the release step. What is marked already stays as it is: connecting has compared it."""
    if session.get(Installation, 1) is None:
        session.add(Installation(id=1, is_practice=is_practice, marked_at=now))
        session.flush()


def is_practice(session: Session) -> bool | None:
    """None where the release step never ran."""
    row = session.get(Installation, 1)
    return row.is_practice if row else None
