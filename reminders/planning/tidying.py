"""Takes off the lists of people what is not worth saying any more."""

from datetime import datetime
from typing import Any

from sqlalchemy import Select, exists, select, update
from sqlalchemy.orm import Session

from reminders import calls
from reminders.rules.lifecycle import Channel, DeliveryState, ReminderState
from reminders.tables.deliveries import UNTOLD, WAITING, Delivery, DeliveryItem, Reminder
from reminders.tables.ledger import License

NO_LONGER_TRUE = "no_longer_true"
BY_HAND = (Channel.PHONE, Channel.LETTER)


def forget_untold(session: Session) -> None:
    """Cancels what never found a channel and is not worth saying any more."""
    current = exists().where(License.id == Reminder.license_id, calls.is_current()).correlate(Reminder)
    session.execute(
        update(Reminder)
        .where(UNTOLD, ~current)
        .values(state=ReminderState.CANCELLED, has_no_channel=False)
        .execution_options(synchronize_session=False)
    )


def drop_stale_calls(session: Session) -> None:
    """Takes off the worklist what is no longer true."""
    true = (
        exists()
        .where(Reminder.id == DeliveryItem.reminder_id, License.id == Reminder.license_id, calls.is_current())
        .correlate(DeliveryItem)
    )
    session.execute(
        update(DeliveryItem)
        .where(DeliveryItem.delivery_id.in_(_open_calls()), DeliveryItem.dropped_reason == "", ~true)
        .values(dropped_reason=NO_LONGER_TRUE)
        .execution_options(synchronize_session=False)
    )


def close_empty_calls(session: Session, *, now: datetime) -> None:
    """Closes calls that have nothing left to say."""
    left = exists().where(DeliveryItem.delivery_id == Delivery.id, DeliveryItem.dropped_reason == "")
    session.execute(
        update(Delivery)
        .where(Delivery.id.in_(_open_calls()), ~left)
        .values(state=DeliveryState.CANCELLED, state_reason=NO_LONGER_TRUE, final_at=now)
        .execution_options(synchronize_session=False)
    )


def _open_calls() -> Select[Any]:
    return select(Delivery.id).where(
        WAITING, Delivery.channel.in_(BY_HAND), Delivery.state == DeliveryState.READY
    )
