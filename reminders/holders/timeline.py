"""Tells a holder what happened around one of their licenses, oldest first."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from reminders import clock
from reminders.holders.following import openid_hash
from reminders.rules.explanation import CHANNELS, STAGES
from reminders.rules.lifecycle import CallOutcome, Channel, DeliveryState
from reminders.tables.bindings import Binding, Follower
from reminders.tables.deliveries import Delivery, DeliveryItem, Reminder
from reminders.tables.ledger import License

MOST = 12
LEFT_US = (DeliveryState.ACCEPTED, DeliveryState.DELIVERED, DeliveryState.UNCONFIRMED)
BOUND = "绑定到您的微信"
ISSUED = "发证"


@dataclass(frozen=True)
class Event:
    on: date
    words: str


def timeline(session: Session, openid: str, license_id: int) -> list[Event]:
    """Issued, bound by this person, and the reminders that reached them; the last ones only."""
    me = select(Follower.id).where(Follower.openid_hash == openid_hash(session, openid)).scalar_subquery()
    row = session.get_one(License, license_id)
    bound = session.execute(
        select(Binding.bound_at)
        .where(Binding.license_id == license_id, Binding.follower_id == me, Binding.unbound_at.is_(None))
        .limit(1)
    ).scalar_one_or_none()
    by_phone = and_(Delivery.channel == Channel.PHONE, Delivery.outcome == CallOutcome.TOLD)
    sent = session.execute(
        select(Delivery.channel, Delivery.accepted_at, Delivery.final_at, Reminder.stage)
        .join(DeliveryItem, DeliveryItem.delivery_id == Delivery.id)
        .join(Reminder, Reminder.id == DeliveryItem.reminder_id)
        .where(Reminder.license_id == license_id, DeliveryItem.dropped_reason == "")
        .where(or_(and_(Delivery.follower_id == me, Delivery.state.in_(LEFT_US)), by_phone))
        .order_by(Delivery.id.desc())
        .limit(MOST)
    )
    events = [Event(row.issued_on, ISSUED)] if row.issued_on else []
    events += [Event(clock.civil_date(bound), BOUND)] if bound else []
    for channel, accepted_at, final_at, stage in sent:
        at = accepted_at or final_at
        if at is not None:
            events.append(Event(clock.civil_date(at), f"{CHANNELS[channel]}提醒：{STAGES[stage]}"))
    return sorted(events, key=lambda event: event.on)
