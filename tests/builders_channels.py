"""Builders for the channels beside the template message: a town with means, and messages on them."""

from datetime import date, datetime

from sqlalchemy.orm import Session

from reminders import clock, roads
from reminders.roads import Means
from reminders.rules.lifecycle import Channel, DeliveryState, GrantState, Purpose, Stage
from reminders.tables.bindings import Follower, SubscriptionGrant
from reminders.tables.deliveries import Delivery, DeliveryAttempt, DeliveryItem
from reminders.tables.holders import Contact
from reminders.tables.ledger import License
from tests import builders, builders_queue
from tests.builders import NOW

NOTICE = "notice-template"


def open_all(session: Session, *, sms_a_day: int | None = None) -> None:
    """Every channel can be used; without this, template messages, calls and letters only."""
    roads.open_roads(
        session,
        {
            Channel.SMS: Means(daily_cap=sms_a_day),
            Channel.SUBSCRIPTION: Means(template_id=NOTICE),
            Channel.BUSINESS_SYSTEM: Means(),
        },
    )


def grant(
    session: Session,
    follower: Follower,
    *,
    state: GrantState = GrantState.ACCEPTED,
    template_id: str = NOTICE,
) -> SubscriptionGrant:
    row = SubscriptionGrant(follower_id=follower.id, template_id=template_id, state=state, changed_at=NOW)
    session.add(row)
    session.flush()
    return row


def licensed(
    session: Session,
    *,
    method: Channel = Channel.SMS,
    follower: Follower | None = None,
    phone: str = "",
    expires_on: date = builders_queue.EXPIRES_ON,
) -> License:
    """A license whose department has this method, with a contact, bound by the follower if one is given."""
    department = builders.department(session, method=method)
    entry = builders.entry(session, department_id=department.id)
    contact = builders.contact(session, phone=phone)
    row = builders.license(
        session,
        entry_id=entry.id,
        expires_on=expires_on,
        holder_id=contact.holder_id,
        contact_id=contact.id,
    )
    if follower is not None:
        builders.binding(session, license_id=row.id, follower_id=follower.id)
    return row


def sms(session: Session, *, license: License | None = None, stage: Stage = Stage.FIRST) -> Delivery:
    """A ready reminder by SMS to the contact of one license."""
    told = license or licensed(session)
    contact = session.get_one(Contact, told.contact_id)
    row = _message(session, Channel.SMS, recipient_hash=contact.phone_hash, contact_id=contact.id)
    _say(session, row, told, f"c{contact.id}", stage)
    return row


def notice(session: Session, follower: Follower, *, license: License | None = None) -> Delivery:
    """A ready subscription notice about one license of this follower."""
    told = license or licensed(session, follower=follower)
    row = _message(
        session, Channel.SUBSCRIPTION, recipient_hash=follower.openid_hash, follower_id=follower.id
    )
    _say(session, row, told, f"f{follower.id}", Stage.FIRST)
    return row


def prompt(session: Session, license: License) -> Delivery:
    """A ready prompt of the business system to the holder of one license."""
    ref = f"h{license.holder_id}"
    row = _message(session, Channel.BUSINESS_SYSTEM, recipient_hash=ref, holder_id=license.holder_id)
    _say(session, row, license, ref, Stage.FIRST)
    return row


def _message(
    session: Session,
    channel: Channel,
    *,
    recipient_hash: str,
    holder_id: int | None = None,
    follower_id: int | None = None,
    contact_id: int | None = None,
) -> Delivery:
    row = Delivery(
        purpose=Purpose.REMINDER,
        channel=channel,
        follower_id=follower_id,
        contact_id=contact_id,
        holder_id=holder_id,
        recipient_hash=recipient_hash,
        for_day=clock.civil_date(NOW),
        state=DeliveryState.READY,
        next_at=NOW,
        created_at=NOW,
    )
    session.add(row)
    session.flush()
    return row


def _say(session: Session, row: Delivery, license: License, ref: str, stage: Stage) -> None:
    said = builders_queue.reminder(session, license, stage=stage)
    item = DeliveryItem(delivery_id=row.id, reminder_id=said.id, channel=row.channel, recipient_ref=ref)
    session.add(item)
    session.flush()


def tried(session: Session, row: Delivery, *, at: datetime) -> None:
    """The attempt that a claim writes before anything leaves."""
    session.add(
        DeliveryAttempt(
            delivery_id=row.id, epoch=row.epoch, attempt=1, fence=row.fence, owner="s", intent_at=at
        )
    )
    session.flush()
