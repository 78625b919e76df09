"""Builders for the sending queue: a delivery with everything that makes it true."""

from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from reminders import clock, outbox
from reminders.rules.delivery_rules import Hours, MessageKind
from reminders.rules.lifecycle import (
    Channel,
    DateKind,
    DeliveryState,
    Purpose,
    ReminderState,
    Stage,
)
from reminders.tables.bindings import Follower
from reminders.tables.deliveries import Delivery, DeliveryItem, Reminder
from reminders.tables.ledger import License
from tests import builders
from tests.builders import NOW

SINGLE = MessageKind.SINGLE
ALL_DAY: Hours = (datetime.min.time(), datetime.max.time())
DAYTIME: Hours = (datetime(2026, 1, 1, 8, 30).time(), datetime(2026, 1, 1, 20).time())  # noqa: DTZ001
EXPIRES_ON = date(2027, 2, 20)


def bound_license(
    session: Session,
    follower: Follower,
    *,
    expires_on: date = EXPIRES_ON,
    with_contact: bool = True,
    entry_id: int | None = None,
) -> License:
    holder = builders.holder(session)
    contact = builders.contact(session, holder_id=holder.id) if with_contact else None
    row = builders.license(
        session,
        entry_id=entry_id or builders.entry(session).id,
        expires_on=expires_on,
        holder_id=holder.id,
        contact_id=contact.id if contact else None,
    )
    builders.binding(session, license_id=row.id, follower_id=follower.id)
    return row


def reminder(session: Session, license: License, *, stage: Stage = Stage.FIRST) -> Reminder:
    assert license.expires_on is not None
    row = Reminder(
        license_id=license.id,
        date_kind=DateKind.MAIN,
        expires_on=license.expires_on,
        stage=stage,
        due_on=clock.civil_date(NOW) + timedelta(days=list(Stage).index(stage)),
        apply_by=license.expires_on - timedelta(days=30),
        state=ReminderState.OPEN,
        created_at=NOW,
    )
    session.add(row)
    session.flush()
    return row


def delivery(
    session: Session,
    *,
    follower: Follower | None = None,
    licenses: int = 1,
    for_day: date | None = None,
    next_at: datetime = NOW,
    with_contact: bool = True,
) -> Delivery:
    """A ready WeChat message about so many licenses of one follower."""
    person = follower or builders.follower(session)
    row = Delivery(
        purpose=Purpose.REMINDER,
        channel=Channel.WECHAT,
        follower_id=person.id,
        recipient_hash=person.openid_hash,
        for_day=for_day or clock.civil_date(NOW),
        state=DeliveryState.READY,
        next_at=next_at,
        created_at=NOW,
    )
    session.add(row)
    session.flush()
    for _ in range(licenses):
        add_item(session, row, bound_license(session, person, with_contact=with_contact))
    return row


def add_item(
    session: Session, row: Delivery, license: License, *, stage: Stage = Stage.FIRST
) -> DeliveryItem:
    item = DeliveryItem(
        delivery_id=row.id,
        reminder_id=reminder(session, license, stage=stage).id,
        channel=row.channel,
        recipient_ref=f"f{row.follower_id}",
    )
    session.add(item)
    session.flush()
    return item


def code(session: Session, *, digits: str = "482913", phone: str = "") -> Delivery:
    """A ready one-time code to a contact's phone."""
    contact = builders.contact(session, phone=phone)
    outbox.queue_code(session, contact.id, contact.phone_hash, digits, now=NOW)
    return session.query(Delivery).order_by(Delivery.id.desc()).limit(1).one()
