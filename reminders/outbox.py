"""Puts messages into the queue: one row, one message; the dispatcher finds it within a second."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from reminders import clock
from reminders.db import vault_of
from reminders.rules.lifecycle import Channel, DeliveryState, Purpose
from reminders.tables.deliveries import Delivery

CODE_LIFETIME = timedelta(minutes=10)


def queue_code(session: Session, contact_id: int, phone_hash: str, code: str, *, now: datetime) -> None:
    """Queues a one-time code by SMS; after CODE_LIFETIME it is worthless and is not sent any more."""
    session.add(
        Delivery(
            purpose=Purpose.CODE,
            channel=Channel.SMS,
            contact_id=contact_id,
            recipient_hash=phone_hash,
            for_day=clock.civil_date(now),
            payload_cipher=vault_of(session).seal(code),
            state=DeliveryState.READY,
            next_at=now,
            deadline_at=now + CODE_LIFETIME,
            created_at=now,
        )
    )
    session.flush()
