"""Finds what is due and may leave now: one message a person, by pace, cap and daytime."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import NamedTuple

from sqlalchemy import ColumnElement, Integer, Select, and_, bindparam, exists, or_, select, text, update
from sqlalchemy.orm import Session, aliased

from reminders import clock, fallback, roads
from reminders.rules.delivery_rules import (
    CUTOFF,
    MOST_A_WEEK,
    NEAR,
    NEVER_REPEATED,
    WEEK,
    Hours,
    day_start,
    in_hours,
    next_opening,
)
from reminders.rules.lifecycle import Channel, DeliveryState, Purpose
from reminders.rules.tidings import TIDINGS
from reminders.tables.deliveries import (
    IS_CORRECTION,
    IS_TIDINGS,
    WAITING,
    Delivery,
    DeliveryItem,
    Reminder,
)

# The database must read these words in the statement itself to use its partial indexes.
IS_OPEN = text("other.state IN ('sending', 'unknown')")
TOLD_A_REMINDER = text("told.purpose = 'reminder'")
OVER_THE_CAP = "daily_cap"
# Both speak to the same person on the same phone: what one of them said today, the other need not.
ONE_ACCOUNT = (Channel.WECHAT, Channel.SUBSCRIPTION)
BY_OWN_INDEX = {(Purpose.CORRECTION,): IS_CORRECTION, TIDINGS: IS_TIDINGS}  # small ones


class Candidate(NamedTuple):  # several thousand a second: a dataclass costs four times as much to make
    id: int
    purpose: Purpose
    state: DeliveryState
    recipient_hash: str
    told_today: bool
    told_often: bool


def unanswered(session: Session, channel: Channel, limit: int, now: datetime) -> list[Candidate]:
    if channel in NEVER_REPEATED:
        return []
    return _candidates(session, DeliveryState.UNKNOWN, channel, (), limit, now)


def fresh(
    session: Session, channel: Channel, limit: int, most: int | None, hours: Hours, now: datetime
) -> list[Candidate]:
    """Codes while they are worth something, whatever the pace; the rest in daytime, as many as may leave.

    What puts a wrong message right leaves before new reminders, and so do tidings, which are few.
    """
    rows: list[Candidate] = []
    if channel is Channel.SMS:
        rows = _candidates(session, DeliveryState.READY, channel, (Purpose.CODE,), limit, now)
    room = limit - len(rows) if most is None else min(limit - len(rows), most)
    if not in_hours(now, hours):
        return rows
    if most == 0 and roads.is_spent(session, channel, now=now):
        _over_the_cap(session, channel, limit, hours, now)
    for purposes in ((Purpose.CORRECTION,), TIDINGS, (Purpose.REMINDER,)):
        if room > 0:
            found = _candidates(session, DeliveryState.READY, channel, purposes, room, now)
            rows, room = rows + found, room - len(found)
    return rows


def _over_the_cap(session: Session, channel: Channel, limit: int, hours: Hours, now: datetime) -> None:
    """What costs money stops at its cap of the day; people are told another way, of mistakes tomorrow."""
    rows = _candidates(session, DeliveryState.READY, channel, (Purpose.REMINDER,), limit, now)
    lost = [row.id for row in rows]
    close(session, lost, DeliveryState.UNDELIVERABLE, OVER_THE_CAP, now)
    fallback.move_on(session, lost, sending_hours=hours, now=now)
    late = _candidates(session, DeliveryState.READY, channel, (Purpose.CORRECTION,), limit, now)
    _put_off(session, [row.id for row in late], hours, now)


def _put_off(session: Session, delivery_ids: Collection[int], hours: Hours, now: datetime) -> None:
    if delivery_ids:
        session.execute(
            update(Delivery).where(Delivery.id.in_(delivery_ids)).values(next_at=next_opening(now, hours))
        )


def _candidates(
    session: Session,
    state: DeliveryState,
    channel: Channel,
    purposes: tuple[Purpose, ...],
    limit: int,
    now: datetime,
) -> list[Candidate]:
    moments = {
        "now": now,
        "cutoff": now - CUTOFF,
        "day_start": day_start(clock.civil_date(now)),
        "week_start": now - WEEK,
    }
    found = session.execute(_waiting(state, channel, purposes), moments | {"most": limit})
    return [Candidate._make(row) for row in found]


@cache
def _waiting(
    state: DeliveryState, channel: Channel, purposes: tuple[Purpose, ...]
) -> Select[int, Purpose, DeliveryState, str, bool, bool]:
    """Built once, because building it takes longer than the database needs to answer it.

    Of any purpose where none is named.
    """
    other = aliased(Delivery, name="other")
    busy = exists().where(
        other.channel == Delivery.channel,
        other.recipient_hash == Delivery.recipient_hash,
        IS_OPEN,
        other.id != Delivery.id,
    )
    is_reminder = Delivery.purpose == Purpose.REMINDER
    query = (
        select(
            Delivery.id,
            Delivery.purpose,
            Delivery.state,
            Delivery.recipient_hash,
            and_(is_reminder, told_since(channel, "day_start", 1)),
            and_(is_reminder, told_since(channel, "week_start", MOST_A_WEEK)),
        )
        .where(WAITING, Delivery.channel == channel, Delivery.state == state)
        .where(Delivery.next_at <= bindparam("now"), ~busy, _may_leave(state, channel))
        .order_by(Delivery.next_at, Delivery.id)
        .limit(bindparam("most", type_=Integer))
        .with_for_update(of=Delivery, skip_locked=True)
    )
    if purposes in BY_OWN_INDEX:
        return query.where(BY_OWN_INDEX[purposes])
    return query.where(Delivery.purpose.in_(purposes)) if purposes else query


def told_since(channel: Channel, moment: str, times: int) -> ColumnElement[bool]:
    """Whether the person was sent so many reminders since that moment; a refused one told nobody."""
    told = aliased(Delivery, name="told")
    by = ONE_ACCOUNT if channel in ONE_ACCOUNT else (channel,)
    return exists(
        select(told.id)
        .where(
            told.channel.in_(by),
            told.recipient_hash == Delivery.recipient_hash,
            TOLD_A_REMINDER,
            told.state != DeliveryState.REFUSED,
            told.accepted_at >= bindparam(moment, type_=Delivery.accepted_at.type),
            told.id != Delivery.id,
        )
        .correlate(Delivery)
        .limit(1)
        .offset(times - 1)
    )


def _may_leave(state: DeliveryState, channel: Channel) -> ColumnElement[bool]:
    """A code while it is worth something; an unanswered template message while its id is remembered."""
    is_worth = or_(Delivery.purpose != Purpose.CODE, Delivery.deadline_at > bindparam("now"))
    if state is DeliveryState.UNKNOWN and channel is Channel.WECHAT:
        return and_(is_worth, Delivery.ambiguous_since > bindparam("cutoff"))
    return is_worth


def not_too_often(
    session: Session, rows: Sequence[Candidate], hours: Hours, now: datetime
) -> list[Candidate]:
    """One reminder message a person a day, a few a week: the next one waits until tomorrow, and merges."""
    fresh = [row for row in rows if row.state is DeliveryState.READY]
    often = [row.id for row in fresh if row.told_often and not row.told_today]
    later = {row.id for row in fresh if row.told_today} | set(often) - _near(session, often, now)
    _put_off(session, later, hours, now)
    return [row for row in rows if row.id not in later]


def _near(session: Session, delivery_ids: Sequence[int], now: datetime) -> set[int]:
    """Those that speak of a last day which is near."""
    if not delivery_ids:
        return set()
    today = clock.civil_date(now)
    found = session.execute(
        select(DeliveryItem.delivery_id)
        .join(Reminder, Reminder.id == DeliveryItem.reminder_id)
        .where(DeliveryItem.delivery_id.in_(delivery_ids), DeliveryItem.dropped_reason == "")
        .where(Reminder.apply_by.between(today, today + NEAR))
    )
    return set(found.scalars())


def one_a_person(rows: Iterable[Candidate]) -> list[Candidate]:
    first: dict[str, Candidate] = {}
    for row in rows:
        first.setdefault(row.recipient_hash, row)
    return list(first.values())


def close(
    session: Session, delivery_ids: Sequence[int], state: DeliveryState, reason: str, now: datetime
) -> None:
    if delivery_ids:
        session.execute(
            update(Delivery)
            .where(Delivery.id.in_(delivery_ids), WAITING)
            .values(state=state, state_reason=reason, final_at=now)
        )
