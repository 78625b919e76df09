"""What was planned and taken back before anybody heard of it, and must be said after all."""

from typing import Any

from sqlalchemy import ColumnElement, and_, delete, exists, or_, select
from sqlalchemy.orm import Session, aliased

from reminders import resting, told
from reminders.rules.lifecycle import CallOutcome, ReminderState
from reminders.tables.deliveries import Delivery, DeliveryItem, Reminder


def is_unsaid() -> ColumnElement[bool]:
    """For rows of Reminder: a wrong date or an application took it back, and nobody was told before.

    When the date is put back, or the application came to nothing, it counts as never planned.
    """
    item, message = aliased(DeliveryItem), aliased(Delivery)
    said = (
        exists()
        .where(item.reminder_id == Reminder.id, message.id == item.delivery_id)
        .where(
            or_(
                and_(item.dropped_reason == "", message.state.in_(told.LEFT)),
                item.dropped_reason.in_(list(CallOutcome)),  # told during a call that speaks of others too
            )
        )
        .correlate(Reminder)
    )
    is_idle = and_(
        Reminder.state == ReminderState.OPEN, ~Reminder.has_no_channel, ~resting.is_carried(Reminder.id)
    )
    return and_(or_(Reminder.state == ReminderState.CANCELLED, is_idle), ~said)


def forget_old_places(session: Session, run_id: int) -> None:
    """Lets the reminders of this run into messages they were dropped from."""
    ours = select(Reminder.id).where(Reminder.run_id == run_id)
    session.execute(
        delete(DeliveryItem)
        .where(DeliveryItem.reminder_id.in_(ours), DeliveryItem.dropped_reason != "")
        .execution_options(synchronize_session=False)
    )


def again(insert: Any) -> Any:
    """The clause for an insert that meets such a row: it belongs to this run as if it were new."""
    columns = ("state", "has_no_channel", "run_id", "due_on", "apply_by")
    return insert.on_conflict_do_update(
        index_elements=["license_id", "date_kind", "expires_on", "stage"],
        set_={name: getattr(insert.excluded, name) for name in columns},
    )
