"""When a message cannot reach a person by machine, puts a phone call on the worklist instead."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import and_, exists, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, aliased

from reminders import clock, resting
from reminders.rules.lifecycle import Channel, DeliveryState, Purpose
from reminders.tables.deliveries import Delivery, DeliveryItem, Reminder
from reminders.tables.holders import Contact
from reminders.tables.ledger import License

DAYS_TRIED = 3


@dataclass(frozen=True)
class _Call:
    reminder_id: int
    contact_id: int
    phone_hash: str


def queue_calls(session: Session, delivery_ids: Sequence[int], *, now: datetime) -> int:
    """One call a person a day for the reminders in these failed deliveries; returns how many reminders moved.

    A reminder that still travels to another follower of the same license is left alone. Where the ledger
    names nobody to call, the reminder is marked as having no channel, so that it cannot fall out of sight.
    """
    if not delivery_ids:
        return 0
    resting.drop_answered(session, delivery_ids)
    calls = _calls(session, delivery_ids)
    waiting, today = calls, clock.civil_date(now)
    for day in (today + timedelta(days=n) for n in range(DAYS_TRIED)):
        if not waiting:
            break
        places = _places(session, waiting, day, now)
        _add_items(session, [(places[c.phone_hash], c) for c in waiting if c.phone_hash in places])
        waiting = [call for call in waiting if call.phone_hash not in places]
    return len(calls) - len(waiting)


def _calls(session: Session, delivery_ids: Sequence[int]) -> list[_Call]:
    other_item, other = aliased(DeliveryItem), aliased(Delivery)
    still_travels = (
        exists()
        .where(other_item.reminder_id == DeliveryItem.reminder_id)
        .where(other_item.delivery_id == other.id, other_item.dropped_reason == "")
        .where(other.channel == Channel.WECHAT, other.state.not_in(resting.HOPELESS))
        .where(other.id.not_in(delivery_ids))
    )
    usable = and_(Contact.id == License.contact_id, ~resting.contact_is_blocked(Contact.id))
    found = session.execute(
        select(DeliveryItem.reminder_id, Contact.id.label("contact_id"), Contact.phone_hash)
        .join(Reminder, Reminder.id == DeliveryItem.reminder_id)
        .join(License, License.id == Reminder.license_id)
        .outerjoin(Contact, usable)
        .where(DeliveryItem.delivery_id.in_(delivery_ids), DeliveryItem.dropped_reason == "", ~still_travels)
        .order_by(DeliveryItem.id)
    ).all()
    nobody = {row.reminder_id for row in found if row.contact_id is None}
    if nobody:
        session.execute(update(Reminder).where(Reminder.id.in_(nobody)).values(has_no_channel=True))
    return [
        _Call(reminder_id, contact, phone) for reminder_id, contact, phone in found if contact is not None
    ]


def _places(session: Session, calls: Sequence[_Call], day: date, now: datetime) -> dict[str, int]:
    """Person → the open call of this day; a person whose call of the day is closed already is left out."""
    people = {call.phone_hash: call for call in reversed(calls)}
    insert: Any = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    rows = [
        {
            "purpose": Purpose.REMINDER,
            "channel": Channel.PHONE,
            "contact_id": call.contact_id,
            "recipient_hash": phone_hash,
            "for_day": day,
            "state": DeliveryState.READY,
            "next_at": now,
            "created_at": now,
        }
        for phone_hash, call in sorted(people.items())
    ]
    session.execute(insert(Delivery).on_conflict_do_nothing(), rows)
    open_calls = session.execute(
        select(Delivery.recipient_hash, Delivery.id).where(
            Delivery.channel == Channel.PHONE,
            Delivery.recipient_hash.in_(people),
            Delivery.for_day == day,
            Delivery.purpose == Purpose.REMINDER,
            Delivery.state == DeliveryState.READY,
        )
    )
    return {row.recipient_hash: row.id for row in open_calls}


def _add_items(session: Session, placed: Sequence[tuple[int, _Call]]) -> None:
    insert: Any = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    rows = [
        {
            "delivery_id": delivery_id,
            "reminder_id": call.reminder_id,
            "channel": Channel.PHONE,
            "recipient_ref": f"c{call.contact_id}",
        }
        for delivery_id, call in placed
    ]
    if rows:
        session.execute(insert(DeliveryItem).on_conflict_do_nothing(), rows)
