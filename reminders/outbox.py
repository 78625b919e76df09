"""Puts messages into the queue: one row, one message; the dispatcher finds it within a second."""

import secrets
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from reminders import clock
from reminders.db import vault_of
from reminders.rules.lifecycle import Channel, DeliveryState, Purpose
from reminders.tables.deliveries import Delivery

CODE_LIFETIME = timedelta(minutes=10)
SPOKEN = "voice:"  # before a code that somebody asked to be told by a call


def queue_code(session: Session, contact_id: int, phone_hash: str, code: str, *, now: datetime) -> None:
    """Queues a one-time code by SMS, or by a call where it is SPOKEN.

    After CODE_LIFETIME it is worthless and is not sent any more.
    """
    with session.begin_nested():
        session.add(_code(session, phone_hash, code, now, contact_id=contact_id))


def queue_nothing(session: Session, follower_id: int, code: str, *, now: datetime) -> None:
    """The same work as `queue_code`, taken back: how long it takes tells nobody whether a code leaves."""
    taken_back = session.begin_nested()
    session.add(_code(session, secrets.token_hex(32), code, now, follower_id=follower_id))
    session.flush()
    taken_back.rollback()


def _code(session: Session, recipient_hash: str, code: str, now: datetime, **recipient: int) -> Delivery:
    return Delivery(
        purpose=Purpose.CODE,
        channel=Channel.SMS,
        recipient_hash=recipient_hash,
        for_day=clock.civil_date(now),
        payload_cipher=vault_of(session).seal(code),
        state=DeliveryState.READY,
        next_at=now,
        deadline_at=now + CODE_LIFETIME,
        created_at=now,
        **recipient,
    )
