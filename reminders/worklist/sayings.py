"""What one call or letter says: reads it, confirms that the person knows, takes out what is not said."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, exists, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from reminders import calls, resting
from reminders.rules.lifecycle import ContactSign, DateKind
from reminders.tables.bindings import Confirmation
from reminders.tables.deliveries import DeliveryItem, Reminder
from reminders.tables.ledger import License

NO_LONGER_TRUE = "no_longer_true"


@dataclass(frozen=True)
class Saying:
    """One reminder in a call or letter."""

    id: int
    reminder_id: int
    license_id: int
    date_kind: DateKind
    expires_on: date


def read(session: Session, delivery_id: int, *conditions: ColumnElement[bool]) -> Sequence[Saying]:
    found = session.execute(
        select(
            DeliveryItem.id,
            Reminder.id,
            Reminder.license_id,
            Reminder.date_kind,
            Reminder.expires_on,
        )
        .join(Reminder, Reminder.id == DeliveryItem.reminder_id)
        .join(License, License.id == Reminder.license_id)
        .where(DeliveryItem.delivery_id == delivery_id, DeliveryItem.dropped_reason == "")
        .where(*conditions)
        .order_by(DeliveryItem.id)
    )
    return [Saying(*row) for row in found]


def confirm(session: Session, said: Sequence[Saying], sign: ContactSign, *, now: datetime) -> None:
    insert: Any = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    rows = [
        {
            "license_id": one.license_id,
            "date_kind": one.date_kind,
            "expires_on": one.expires_on,
            "sign": sign,
            "at": now,
        }
        for one in said
    ]
    if rows:
        session.execute(insert(Confirmation).on_conflict_do_nothing(), rows)


def drop(session: Session, said: Sequence[Saying], reason: str) -> None:
    session.execute(
        update(DeliveryItem)
        .where(DeliveryItem.id.in_([one.id for one in said]))
        .values(dropped_reason=reason)
        .execution_options(synchronize_session=False)
    )


def drop_stale(session: Session, delivery_id: int) -> None:
    """What is overtaken or not true any more travels no further."""
    resting.drop_answered(session, [delivery_id])
    true = exists().where(Reminder.id == DeliveryItem.reminder_id, License.id == Reminder.license_id)
    session.execute(
        update(DeliveryItem)
        .where(DeliveryItem.delivery_id == delivery_id, DeliveryItem.dropped_reason == "")
        .where(~true.where(calls.is_current()).correlate(DeliveryItem))
        .values(dropped_reason=NO_LONGER_TRUE)
        .execution_options(synchronize_session=False)
    )


def leave_out(session: Session, said: Sequence[Saying]) -> None:
    """These were not in it after all: the planner finds them another way, perhaps the next letter."""
    session.execute(delete(DeliveryItem).where(DeliveryItem.id.in_([one.id for one in said])))
    session.execute(
        update(Reminder)
        .where(Reminder.id.in_([one.reminder_id for one in said]), ~resting.is_carried(Reminder.id))
        .values(has_no_channel=True)
        .execution_options(synchronize_session=False)
    )
