"""Moves on what time moves on: silent senders, unanswered tries, old codes, channels that rest."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, update
from sqlalchemy.orm import Session

from reminders import brakes, clock, fallback, roads
from reminders.rules.delivery_rules import (
    GRACE,
    LAST_EPOCH_UNKNOWN,
    NEVER_REPEATED,
    SENT_BY_MACHINE,
    WINDOW,
    Hours,
)
from reminders.rules.lifecycle import Channel, DeliveryState, Purpose
from reminders.rules.tidings import NO_NEWS_AFTER, TIDINGS
from reminders.tables.deliveries import (
    IS_TIDINGS,
    SENDING,
    UNFINISHED,
    WAITING,
    Circuit,
    Delivery,
    DeliveryItem,
    Reminder,
)

UNANSWERED_TWICE = "unanswered_twice"
TOO_LATE = "too_late"
CHANNEL_RESTS = "channel_rests"
FOR_EVER = timedelta(days=1)
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


def expire_unknown(session: Session, *, sending_hours: Hours | None = None, now: datetime) -> int:
    """Past the provider's memory and the time for a receipt: one try under a new id, then a person looks."""
    old = (
        Delivery.state == DeliveryState.UNKNOWN,
        Delivery.purpose.not_in((Purpose.CODE, *TIDINGS)),
        Delivery.ambiguous_since < now - WINDOW - GRACE,
    )
    # These platforms would show a second one, if the first was shown: a person takes over.
    silent = _to_review(
        session, and_(*old, Delivery.channel.in_((Channel.SMS, *NEVER_REPEATED))), sending_hours, now
    )
    return silent + under_a_new_id(session, and_(*old), sending_hours, now)


def leave_resting(session: Session, *, sending_hours: Hours | None = None, now: datetime) -> int:
    """Messages kept back by a fault of their channel go another way while there is time; returns how many.

    A full quota opens again at midnight, a broken template when somebody mends it; a last day waits for
    neither. What waits a whole day for a channel this installation no longer has will wait for ever.
    """
    today = clock.civil_date(now)
    usable = roads.usable(session)
    closed = [channel for channel in SENT_BY_MACHINE if channel not in usable]
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
        and_(
            Delivery.state == DeliveryState.READY,
            Delivery.channel.in_(resting + closed),
            Delivery.next_at <= now,
        ),
    )
    stranded = and_(
        Delivery.state == DeliveryState.READY, Delivery.channel.in_(closed), Delivery.next_at < now - FOR_EVER
    )
    found = session.execute(
        update(Delivery)
        .where(UNFINISHED, Delivery.purpose != Purpose.CODE, or_(and_(waits, near), stranded))
        .values(state=DeliveryState.UNDELIVERABLE, state_reason=CHANNEL_RESTS, final_at=now)
        .returning(Delivery.id)
        .execution_options(synchronize_session=False)
    )
    ids = list(found.scalars())
    fallback.move_on(session, ids, sending_hours=sending_hours, now=now)
    return len(ids)


def release_unblocked(session: Session, *, now: datetime) -> int:
    """Messages blocked in the very moment in which their circuit was closed; returns how many."""
    still = exists().where(
        Circuit.name == Delivery.state_reason, or_(Circuit.until.is_(None), Circuit.until > now)
    )
    found = session.execute(
        update(Delivery)
        .where(UNFINISHED, Delivery.state == DeliveryState.BLOCKED, ~still)
        .values(state=DeliveryState.READY, state_reason="", next_at=now)
        .returning(Delivery.id)
        .execution_options(synchronize_session=False)
    )
    return len(found.all())


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


def expire_tidings(session: Session, *, now: datetime) -> int:
    """What is no news any more: the day of the visit has come, or nobody could be told for days.

    One that may have arrived is neither repeated nor looked into: the page says the same.
    """
    is_over = or_(
        and_(Delivery.purpose == Purpose.VISIT, Delivery.for_day <= clock.civil_date(now)),
        and_(Delivery.purpose == Purpose.NEWS, Delivery.created_at < now - NO_NEWS_AFTER),
    )
    unheard = Delivery.ambiguous_since < now - WINDOW - GRACE
    ended = update(Delivery).where(UNFINISHED, IS_TIDINGS).execution_options(synchronize_session=False)
    lost = session.execute(
        ended.where(Delivery.state == DeliveryState.UNKNOWN, or_(is_over, unheard))
        .values(state=DeliveryState.UNCONFIRMED, final_at=now)
        .returning(Delivery.id)
    ).all()
    late = session.execute(
        ended.where(Delivery.state.in_((DeliveryState.READY, DeliveryState.BLOCKED)), is_over)
        .values(state=DeliveryState.CANCELLED, state_reason=TOO_LATE, final_at=now)
        .returning(Delivery.id)
    ).all()
    return len(lost) + len(late)


def under_a_new_id(
    session: Session, chosen: ColumnElement[bool], sending_hours: Hours | None, now: datetime
) -> int:
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
    return len(again) + _to_review(session, left, sending_hours, now)


def _to_review(
    session: Session, chosen: ColumnElement[bool], sending_hours: Hours | None, now: datetime
) -> int:
    """Stands for a person to look at; meanwhile the reminders go on to the next channel."""
    review = session.execute(
        update(Delivery)
        .where(WAITING, Delivery.state == DeliveryState.UNKNOWN, chosen)
        .values(state=DeliveryState.REVIEW, state_reason=UNANSWERED_TWICE, fence=Delivery.fence + 1)
        .returning(Delivery.id)
    )
    ids = list(review.scalars())
    fallback.move_on(session, ids, sending_hours=sending_hours, now=now)
    return len(ids)
