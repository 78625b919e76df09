"""Takes reminders off the lists of calls and letters when somebody can be messaged before they were begun."""

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    and_,
    cast,
    delete,
    exists,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session, aliased

from reminders import declining, reach, resting, roads
from reminders.rules.lifecycle import Channel, DeliveryState, Purpose, ReminderState, Stage
from reminders.rules.routing import BY_PERSON
from reminders.tables.bindings import Binding, Follower
from reminders.tables.deliveries import WAITING, Delivery, DeliveryItem, Reminder


def take_back_calls(session: Session) -> int:
    """Marks such reminders as told to nobody, so that routing finds them a message; returns how many.

    A call that was tried stays with the officer, HUMAN stays with people, and a reminder that was once in a
    message to the same follower does not come back to them.
    """
    template_id = roads.template_of(session, Channel.SUBSCRIPTION)
    found = session.execute(_waiting_calls(template_id)).all()
    if not found:
        return 0
    session.execute(delete(DeliveryItem).where(DeliveryItem.id.in_([row.item_id for row in found])))
    reminders = {row.reminder_id for row in found}
    session.execute(update(Reminder).where(Reminder.id.in_(reminders)).values(has_no_channel=True))
    return len(reminders)


def _waiting_calls(template_id: str) -> Select[int, int]:
    """Those of whoever bound, or agreed to notices, only after the reminder was written."""
    by_message = and_(
        Binding.bound_at > Reminder.created_at, resting.accepts_messages(), ~_was_told(Channel.WECHAT)
    )
    bound_or_agreed = or_(
        Binding.bound_at > Reminder.created_at, reach.has_granted(template_id, since=Reminder.created_at)
    )
    by_notice = and_(bound_or_agreed, reach.has_granted(template_id), ~_was_told(Channel.SUBSCRIPTION))
    untried = select(Delivery.id).where(
        WAITING,
        Delivery.channel.in_(sorted(BY_PERSON)),
        Delivery.state == DeliveryState.READY,
        Delivery.purpose == Purpose.REMINDER,
        Delivery.attempt == 0,
    )
    return (
        select(DeliveryItem.id.label("item_id"), Reminder.id.label("reminder_id"))
        .join(Delivery, Delivery.id == DeliveryItem.delivery_id)
        .join(Reminder, Reminder.id == DeliveryItem.reminder_id)
        .join(Binding, Binding.license_id == Reminder.license_id)
        .join(Follower, Follower.id == Binding.follower_id)
        .where(Delivery.id.in_(untried), DeliveryItem.dropped_reason == "")
        .where(Reminder.state == ReminderState.OPEN, Reminder.stage != Stage.HUMAN)
        .where(Binding.unbound_at.is_(None), declining.takes_wechat(), or_(by_message, by_notice))
        .with_for_update(of=Delivery)
    )


def _was_told(channel: Channel) -> ColumnElement[bool]:
    """Once in a message of this channel to this follower."""
    earlier = aliased(DeliveryItem)
    return exists().where(
        earlier.reminder_id == Reminder.id,
        earlier.channel == channel,
        earlier.recipient_ref == literal("f").concat(cast(Follower.id, String)),
    )
