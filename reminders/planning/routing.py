"""Puts each new reminder into one message to each person who can be told, or on the worklist."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    Subquery,
    and_,
    case,
    exists,
    func,
    literal,
    select,
    text,
    union_all,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from reminders import resting
from reminders.planning import moving, people, tidying
from reminders.planning.journey import Journey
from reminders.planning.tidying import BY_HAND
from reminders.rules import quiet_hours
from reminders.rules.lifecycle import Channel, DeliveryState, Purpose, ReminderState
from reminders.tables.bindings import Follower
from reminders.tables.deliveries import UNTOLD, Delivery, DeliveryItem, Reminder

# The database must read this word in the statement itself to use its partial index.
IS_REMINDER = text("delivery.purpose = 'reminder'")
MANY_AT_ONCE = 200
TO_FOLLOWERS = frozenset({Channel.WECHAT, Channel.SUBSCRIPTION})


def route(session: Session, trip: Journey) -> tuple[int, int]:
    """By rules.routing.channels_of, a pass for each channel; what nobody can be told is tried again later.

    Returns how many messages, and how many calls and letters, are new.
    """
    moving.take_back_calls(session)
    tidying.forget_untold(session)
    tidying.drop_stale_calls(session)
    new = dict.fromkeys(Channel, 0)
    if _is_anything_waiting(session, trip):
        for channel, told in _passes(trip):
            new[channel] += _carry(session, trip, channel, told)
        _mark_untold(session, trip)
    # Only now: a call of which nothing is left may just have been given something new to say.
    tidying.close_empty_calls(session, now=trip.now)
    by_hand = sum(new[channel] for channel in BY_HAND)
    return sum(new.values()) - by_hand, by_hand


def _passes(trip: Journey) -> list[tuple[Channel, Select[Any]]]:
    """WeChat, then each department's own method, then what is left by SMS, by phone and by letter."""
    waiting, day = _waiting(trip), trip.workdays_from_now[0]
    passes = [
        (Channel.WECHAT, people.by_template(waiting, day)),
        (Channel.SUBSCRIPTION, people.by_subscription(waiting, day, trip.template_id)),
        (Channel.BUSINESS_SYSTEM, people.by_holder(waiting, day, Channel.BUSINESS_SYSTEM)),
        (Channel.LETTER, people.by_holder(waiting, day, Channel.LETTER)),
        (Channel.PHONE, people.by_contact(waiting, day, Channel.PHONE, only_as_method=True)),
        (Channel.SMS, people.by_contact(waiting, day, Channel.SMS, only_as_method=False)),
        (Channel.PHONE, people.by_contact(waiting, day, Channel.PHONE, only_as_method=False)),
        (Channel.LETTER, people.by_last_letter(waiting, day)),
    ]
    return [(channel, told) for channel, told in passes if channel in trip.usable]


def _waiting(trip: Journey) -> Subquery:
    """Reminders of this run and those that found no channel before."""
    columns = (Reminder.id, Reminder.license_id, Reminder.stage, Reminder.apply_by)
    is_open = Reminder.state == ReminderState.OPEN
    kept_back = resting.answered(Reminder.license_id, Reminder.date_kind, Reminder.expires_on)
    return union_all(
        select(*columns).where(Reminder.run_id == trip.run_id, is_open),
        select(*columns).where(UNTOLD, is_open, ~kept_back),
    ).subquery("waiting")


def _is_anything_waiting(session: Session, trip: Journey) -> bool:
    return bool(session.execute(select(exists().select_from(_waiting(trip)))).scalar())


def _carry(session: Session, trip: Journey, channel: Channel, query: Select[Any]) -> int:
    """A message that still waits takes the reminder along; otherwise a new one for the first free day."""
    told = query.subquery("told")
    if session.get_bind().dialect.name == "postgresql":
        _hold(session, channel, told)
    opened = _open_messages(session, trip, channel, told)
    if opened >= MANY_AT_ONCE and session.get_bind().dialect.name == "postgresql":
        # It plans by statistics, which know nothing of what this transaction wrote: thousands of new messages
        # count as one, and it would read all of them again for each reminder.
        session.execute(text("ANALYZE reminder, delivery"))
    _add_items(session, channel, told)
    _hurry(session, trip, channel)
    return opened


def _hold(session: Session, channel: Channel, told: Subquery) -> None:
    """Keeps senders from taking a message while reminders are added to it; SQLite has one writer anyway."""
    session.execute(
        select(Delivery.id)
        .where(*_is_open(channel), Delivery.recipient_hash.in_(select(told.c.recipient_hash)))
        .order_by(Delivery.id)
        .with_for_update()
    )


def _open_messages(session: Session, trip: Journey, channel: Channel, told: Subquery) -> int:
    """One for each person without an open one, for the first day on which they had none yet."""
    insert: Any = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    cannot_wait = func.max(case((told.c.is_urgent, 1), else_=0)) == 1
    at_once = _free_day(channel, told, trip.days)
    chosen = (
        select(
            func.min(told.c.follower_id).label("follower_id"),
            func.min(told.c.contact_id).label("contact_id"),
            func.min(told.c.holder_id).label("holder_id"),
            told.c.recipient_hash,
            (
                at_once
                if channel in BY_HAND
                else case((cannot_wait, at_once), else_=_free_day(channel, told, trip.workdays_from_now))
            ).label("for_day"),
        )
        .where(~_has_open(channel, told))
        .group_by(told.c.recipient_hash)
        .subquery("chosen")
    )
    days = sorted({*trip.days, *trip.workdays_from_now})
    next_at = case(*_moments(trip, channel, chosen, days))
    messages = select(
        literal(Purpose.REMINDER, Delivery.purpose.type),
        literal(channel, Delivery.channel.type),
        chosen,
        literal(DeliveryState.READY, Delivery.state.type),
        next_at,
        literal(trip.now, Delivery.created_at.type),
    ).where(chosen.c.for_day.is_not(None))
    columns = ["purpose", "channel", "follower_id", "contact_id", "holder_id", "recipient_hash", "for_day"]
    columns += ["state", "next_at", "created_at"]
    statement = insert(Delivery).from_select(columns, messages).on_conflict_do_nothing()
    return len(session.execute(statement.returning(Delivery.id)).all())


def _moments(
    trip: Journey, channel: Channel, chosen: Subquery, days: Sequence[date]
) -> list[tuple[ColumnElement[bool], ColumnElement[datetime]]]:
    """When a message of each day may leave: for whoever has quiet hours, after them."""
    rows: list[tuple[ColumnElement[bool], ColumnElement[datetime]]] = []
    for day in days:
        moment = trip.moment(day)
        if channel in TO_FOLLOWERS:
            quiet = select(Follower.quiet_until).where(Follower.id == chosen.c.follower_id).scalar_subquery()
            for choice in quiet_hours.ENDS:
                at = literal(quiet_hours.not_before(choice, moment), Delivery.next_at.type)
                rows.append((and_(chosen.c.for_day == day, quiet == choice), at))
        rows.append((chosen.c.for_day == day, literal(moment, Delivery.next_at.type)))
    return rows


def _add_items(session: Session, channel: Channel, told: Subquery) -> None:
    """Into the oldest open message; a sub-select, for a join tempts SQLite to read every open message."""
    insert: Any = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    message = (
        select(func.min(Delivery.id))
        .where(*_is_open(channel), Delivery.recipient_hash == told.c.recipient_hash)
        .correlate(told)
        .scalar_subquery()
    )
    items = select(
        message, told.c.reminder_id, literal(channel, DeliveryItem.channel.type), told.c.recipient_ref
    ).where(_has_open(channel, told))
    columns = ["delivery_id", "reminder_id", "channel", "recipient_ref"]
    session.execute(insert(DeliveryItem).from_select(columns, items).on_conflict_do_nothing())


def _is_open(channel: Channel) -> list[ColumnElement[bool]]:
    return [Delivery.channel == channel, IS_REMINDER, Delivery.state == DeliveryState.READY]  # type: ignore[list-item]


def _has_open(channel: Channel, told: Subquery) -> ColumnElement[bool]:
    return (
        select(Delivery.id)
        .where(*_is_open(channel), Delivery.recipient_hash == told.c.recipient_hash)
        .correlate(told)
        .exists()
    )


def _has_message(channel: Channel, told: Subquery, day: date) -> ColumnElement[bool]:
    return (
        select(Delivery.id)
        .where(Delivery.channel == channel, IS_REMINDER, Delivery.for_day == day)
        .where(Delivery.recipient_hash == told.c.recipient_hash)
        .correlate(told)
        .exists()
    )


def _free_day(channel: Channel, told: Subquery, days: Sequence[date]) -> ColumnElement[date]:
    """The first of these days on which the person has no message by this channel yet."""
    return case(*[(~_has_message(channel, told, day), literal(day, Delivery.for_day.type)) for day in days])


def _hurry(session: Session, trip: Journey, channel: Channel) -> None:
    """A message that waits for a working day leaves at once when something urgent came into it."""
    if channel in BY_HAND or trip.days == trip.workdays_from_now:
        return
    waiting = _waiting(trip)
    urgent = (
        select(DeliveryItem.delivery_id)
        .join(waiting, waiting.c.id == DeliveryItem.reminder_id)
        .where(people.is_urgent(waiting, trip.workdays_from_now[0]))
    )
    moment = trip.moment(trip.days[0])
    session.execute(
        update(Delivery)
        .where(*_is_open(channel), Delivery.next_at > moment, Delivery.for_day > trip.days[0])
        .where(Delivery.id.in_(urgent))
        .values(next_at=moment)
        .execution_options(synchronize_session=False)
    )


def _mark_untold(session: Session, trip: Journey) -> None:
    carried = resting.is_carried(Reminder.id)
    untold = update(Reminder).execution_options(synchronize_session=False)
    session.execute(untold.where(Reminder.run_id == trip.run_id, ~carried).values(has_no_channel=True))
    session.execute(untold.where(UNTOLD, carried).values(has_no_channel=False))
