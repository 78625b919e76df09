"""Takes reminders that nobody was told yet out of wherever they wait; planning may write them again."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session, aliased

from reminders.resting import UNSENT
from reminders.rules.lifecycle import DeliveryState, Purpose, ReminderState
from reminders.tables.deliveries import Delivery, DeliveryItem, Reminder

PART = 1_000  # ids in one statement
# A message in one of these will say nothing (any more); an unanswered one is not repeated.
SAYS_NOTHING = (
    DeliveryState.UNDELIVERABLE,
    DeliveryState.REFUSED,
    DeliveryState.CANCELLED,
    DeliveryState.UNKNOWN,
)


def call_off(session: Session, reminder_ids: Sequence[int], reason: str, *, now: datetime) -> None:
    """Messages left with nothing to say are cancelled for this reason; what was told to somebody stays."""
    for part in _parts(reminder_ids):
        _take_out(session, part, reason, now)
        _cancel(session, part)


def _take_out(session: Session, reminder_ids: Sequence[int], reason: str, now: datetime) -> None:
    found = session.execute(
        select(DeliveryItem.id, DeliveryItem.delivery_id)
        .join(Delivery, Delivery.id == DeliveryItem.delivery_id)
        .where(DeliveryItem.reminder_id.in_(reminder_ids), DeliveryItem.dropped_reason == "")
        .where(Delivery.state.in_(UNSENT), Delivery.purpose == Purpose.REMINDER)
        .order_by(Delivery.id)
        .with_for_update(of=Delivery)
    ).all()
    for part in _parts(found):
        _update(
            session,
            update(DeliveryItem)
            .where(DeliveryItem.id.in_([item_id for item_id, _ in part]))
            .values(dropped_reason=reason),
        )
        left = exists().where(DeliveryItem.delivery_id == Delivery.id, DeliveryItem.dropped_reason == "")
        _update(
            session,
            update(Delivery)
            .where(Delivery.id.in_([delivery_id for _, delivery_id in part]), ~left)
            .where(Delivery.state.in_(UNSENT))
            .values(state=DeliveryState.CANCELLED, state_reason=reason, final_at=now),
        )


def _cancel(session: Session, reminder_ids: Sequence[int]) -> None:
    """A reminder that was told to one person stays, when it still waited for another."""
    item, message = aliased(DeliveryItem), aliased(Delivery)
    was_told = exists().where(
        item.reminder_id == Reminder.id,
        item.dropped_reason == "",
        message.id == item.delivery_id,
        message.state.not_in(SAYS_NOTHING),
    )
    _update(
        session,
        update(Reminder)
        .where(Reminder.id.in_(reminder_ids), ~was_told)
        .values(state=ReminderState.CANCELLED, has_no_channel=False),
    )


def _parts(rows: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (rows[start : start + PART] for start in range(0, len(rows), PART))


def _update(session: Session, statement: Any) -> None:
    session.execute(statement.execution_options(synchronize_session=False))
