"""Keeps the platform's ticket for signing pages: fetched by a job before it runs out, read by the door."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from reminders.db import vault_of
from reminders.tables.tickets import PageTicket

JSAPI = "jsapi"
RENEW_BEFORE = timedelta(minutes=15)
TRY_AGAIN_AFTER = timedelta(minutes=1)


def is_wanted(session: Session, *, now: datetime) -> bool:
    """None is there, or it runs out soon, and nobody is asking for it just now."""
    row = session.get(PageTicket, JSAPI)
    if row is None:
        return True
    is_ending = row.good_until is None or row.good_until - RENEW_BEFORE <= now
    return is_ending and row.tried_at + TRY_AGAIN_AFTER <= now


def claim(session: Session, *, now: datetime) -> bool:
    """Whether the caller is the one who asks the platform now."""
    insert: Any = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    first = insert(PageTicket).values(kind=JSAPI, tried_at=now).on_conflict_do_nothing()
    if session.execute(first.returning(PageTicket.kind)).first() is not None:
        return True
    session.execute(select(PageTicket.kind).where(PageTicket.kind == JSAPI).with_for_update())
    if not is_wanted(session, now=now):
        return False
    session.execute(update(PageTicket).where(PageTicket.kind == JSAPI).values(tried_at=now))
    return True


def keep(session: Session, ticket: str, life_s: int, *, now: datetime) -> None:
    session.execute(
        update(PageTicket)
        .where(PageTicket.kind == JSAPI)
        .values(ticket_cipher=vault_of(session).seal(ticket), good_until=now + timedelta(seconds=life_s))
    )


def current(session: Session, *, now: datetime) -> str | None:
    """None: no page can be signed at the moment."""
    row = session.get(PageTicket, JSAPI)
    if row is None or row.ticket_cipher is None or row.good_until is None or row.good_until <= now:
        return None
    return vault_of(session).open(row.ticket_cipher)
