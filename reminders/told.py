"""Says which messages may have told somebody something, and when they did."""

from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_

from reminders.rules.lifecycle import Channel, DeliveryState
from reminders.tables.deliveries import Delivery

# `sending` too: a message is read sooner than its answer is written down.
LEFT = (
    DeliveryState.SENDING,
    DeliveryState.ACCEPTED,
    DeliveryState.DELIVERED,
    DeliveryState.UNCONFIRMED,
    DeliveryState.UNKNOWN,
    DeliveryState.REVIEW,
)


def may_have_left(row: type[Delivery] = Delivery) -> ColumnElement[bool]:
    """Also when a later try was refused or given up, as long as an earlier one may have arrived."""
    return and_(row.intent_at.is_not(None), or_(row.state.in_(LEFT), is_uncertain(row)))


def is_uncertain(row: type[Delivery] = Delivery) -> ColumnElement[bool]:
    """Some try of it has no answer."""
    return or_(row.ambiguous_since.is_not(None), row.dup_risk)


def may_have_told(row: type[Delivery] = Delivery) -> ColumnElement[bool]:
    """The same for calls too, which told somebody only when an officer wrote that down."""
    spoken = and_(row.channel == Channel.PHONE, row.state == DeliveryState.DELIVERED)
    return or_(spoken, and_(row.channel != Channel.PHONE, may_have_left(row)))


def told_at(row: type[Delivery] = Delivery) -> ColumnElement[datetime]:
    """When its words were chosen: the last try to send it, the day a letter was posted, the end of a call."""
    return func.coalesce(row.intent_at, row.final_at)
