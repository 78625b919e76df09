"""Moves on what time moves on: silent senders, unanswered tries, old codes, channels that rest."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, update
from sqlalchemy.orm import Session

from reminders import brakes, clock, fallback
from reminders.rules.delivery_rules import GRACE, LAST_EPOCH_UNKNOWN, SENT_BY_MACHINE, WINDOW
from reminders.rules.lifecycle import Channel, DeliveryState, Purpose
from reminders.tables.deliveries import SENDING, UNFINISHED, WAITING, Delivery, DeliveryItem, Reminder

UNANSWERED_TWICE = "unanswered_twice"
TOO_LATE = "too_late"
CHANNEL_RESTS = "channel_rests"
RESTING_NEAR = timedelta(days=5)  # before apply_by: three working days and a weekend


def reap(session: Session, *, now: datetime) -> int:
    """Messages whose sender fell silent: something may have left, so the same id is tried again.

    Those that a sender frozen in its transaction still holds wait until the database has ended it.
    """
    silent = select(Delivery.id).where(SENDING, Delivery.lease_until < now).with_for_update(skip_locked=True)
    found = session.execute(
        update(Delivery)
        .where(Delivery.id.in_(silent), SENDING)
        .values(
            state=DeliveryState.UNKNOWN,
            state_reason="lease_ran_out",
            fence=Delivery.fence + 1,
            ambiguous_since=func.coalesce(Delivery.ambiguous_since, Delivery.intent_at),
            lease_owner=None,
            lease_until=None,
            next_at=now,
        )
        .returning(Delivery.id)
    )
    return len(found.all())


def expire_unknown(session: Session, *, now: datetime) -> int:
    """Past the provider's memory and the time for a receipt: one try under a new id, then a person looks."""
    old = (
        Delivery.state == DeliveryState.UNKNOWN,
        Delivery.purpose == Purpose.REMINDER,
        Delivery.ambiguous_since < now - WINDOW - GRACE,
    )
    # An SMS platform that never told what became of a try would show a second one: a person takes over.
    silent = _to_review(session, and_(*old, Delivery.channel == Channel.SMS), now)
    return silent + under_a_new_id(session, and_(*old), now)


def leave_resting(session: Session, *, now: datetime) -> int:
    """Messages kept back by a fault of their channel go another way while there is time; returns how many.

    A full quota opens again at midnight, a broken template when somebody mends it; a last day waits for
    neither.
    """
    today = clock.civil_date(now)
    near = (
        exists()
        .where(DeliveryItem.delivery_id == Delivery.id, DeliveryItem.dropped_reason == "")
        .where(
            Reminder.id == DeliveryItem.reminder_id, Reminder.apply_by.between(today, today + RESTING_NEAR)
        )
        .correlate(Delivery)
    )
    resting = [
        channel
        for channel in SENT_BY_MACHINE
        if brakes.whole_channel(channel) in brakes.open_circuits(session, now=now)
    ]
    waits = or_(
        Delivery.state == DeliveryState.BLOCKED,
        and_(Delivery.state == DeliveryState.READY, Delivery.channel.in_(resting), Delivery.next_at <= now),
    )
    found = session.execute(
        update(Delivery)
        .where(UNFINISHED, Delivery.purpose == Purpose.REMINDER, waits, near)
        .values(state=DeliveryState.UNDELIVERABLE, state_reason=CHANNEL_RESTS, final_at=now)
        .returning(Delivery.id)
        .execution_options(synchronize_session=False)
    )
    ids = list(found.scalars())
    fallback.move_on(session, ids, now=now)
    return len(ids)


def expire_codes(session: Session, *, now: datetime) -> int:
    """A one-time code past its life is not sent any more, and is forgotten."""
    found = session.execute(
        update(Delivery)
        .where(
            UNFINISHED,
            Delivery.purpose == Purpose.CODE,
            Delivery.deadline_at <= now,
            or_(WAITING, Delivery.state == DeliveryState.BLOCKED),
        )
        .values(state=DeliveryState.UNDELIVERABLE, state_reason=TOO_LATE, final_at=now, payload_cipher=None)
        .returning(Delivery.id)
    )
    return len(found.all())


def under_a_new_id(session: Session, chosen: ColumnElement[bool], now: datetime) -> int:
    """One more try that may show it twice; whoever had that already stands for a person to look at."""
    unanswered = (WAITING, Delivery.state == DeliveryState.UNKNOWN, chosen)
    again = session.execute(
        update(Delivery)
        .where(*unanswered, Delivery.epoch < LAST_EPOCH_UNKNOWN)
        .values(
            state=DeliveryState.READY,
            state_reason="unanswered",
            epoch=Delivery.epoch + 1,
            attempt=0,
            fence=Delivery.fence + 1,
            client_msg_id=None,
            ambiguous_since=None,
            dup_risk=True,
            next_at=now,
        )
        .returning(Delivery.id)
    ).all()
    left = and_(chosen, Delivery.id.not_in([row.id for row in again]))
    return len(again) + _to_review(session, left, now)


def _to_review(session: Session, chosen: ColumnElement[bool], now: datetime) -> int:
    """Stands for a person to look at; meanwhile the reminders go on to the next channel."""
    review = session.execute(
        update(Delivery)
        .where(WAITING, Delivery.state == DeliveryState.UNKNOWN, chosen)
        .values(state=DeliveryState.REVIEW, state_reason=UNANSWERED_TWICE, fence=Delivery.fence + 1)
        .returning(Delivery.id)
    )
    ids = list(review.scalars())
    fallback.move_on(session, ids, now=now)
    return len(ids)
