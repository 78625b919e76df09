"""When a message reached nobody, puts its reminders on the next channel, or on the list of those without."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import exists, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, aliased

from reminders import clock, reach, resting
from reminders.reach import Reach
from reminders.rules.lifecycle import Channel, DeliveryState, Purpose, ReminderState, Stage
from reminders.rules.routing import FIRST_BY_WECHAT, next_channel
from reminders.tables.deliveries import WAITING, Delivery, DeliveryItem, Reminder
from reminders.tables.holders import Contact

DAYS_TRIED = 3
REACHED_AFTER_ALL = "reached_after_all"


@dataclass(frozen=True)
class _Move:
    """One reminder for one recipient on its next channel."""

    reminder_id: int
    channel: Channel
    recipient_hash: str
    recipient_ref: str
    follower_id: int | None = None
    contact_id: int | None = None
    holder_id: int | None = None


def move_on(session: Session, delivery_ids: Sequence[int], *, now: datetime) -> int:
    """Queues the next channel for the reminders of these failed deliveries; returns how many moved.

    A reminder that still travels to somebody else is left alone. Where no channel is left, the reminder is
    marked as having none, so that it cannot fall out of sight.
    """
    if not delivery_ids:
        return 0
    resting.drop_answered(session, delivery_ids)
    stranded = _stranded(session, delivery_ids)
    reached = reach.of_licenses(session, sorted({row.license_id for row in stranded}))
    tried = _tried(session, [row.id for row in stranded])
    chosen = {
        row.id: (row, next_channel(
            row.stage, reached[row.license_id].method,
            reachable=reached[row.license_id].channels, tried=tried.get(row.id, set()),
        ))
        for row in stranded
    }  # fmt: skip
    moves = _moves(session, [(row, reached[row.license_id], to) for row, to in chosen.values() if to])
    placed = _place(session, moves, now)
    lost = [reminder_id for reminder_id in chosen if reminder_id not in placed]
    if lost:
        session.execute(update(Reminder).where(Reminder.id.in_(lost)).values(has_no_channel=True))
    return len(placed)


def take_back(session: Session, delivery_ids: Sequence[int], *, now: datetime) -> None:
    """A message thought lost was shown after all: what was queued in its place and not begun is dropped."""
    if not delivery_ids:
        return
    told = select(DeliveryItem.reminder_id).where(DeliveryItem.delivery_id.in_(delivery_ids))
    untouched = select(Delivery.id).where(
        WAITING, Delivery.state == DeliveryState.READY, Delivery.attempt == 0, Delivery.epoch == 0
    )
    dropped = session.execute(
        update(DeliveryItem)
        .where(
            DeliveryItem.reminder_id.in_(told),
            DeliveryItem.delivery_id.not_in(delivery_ids),
            DeliveryItem.delivery_id.in_(untouched),
            DeliveryItem.dropped_reason == "",
        )
        .values(dropped_reason=REACHED_AFTER_ALL)
        .returning(DeliveryItem.delivery_id)
        .execution_options(synchronize_session=False)
    )
    left = exists().where(DeliveryItem.delivery_id == Delivery.id, DeliveryItem.dropped_reason == "")
    session.execute(
        update(Delivery)
        .where(Delivery.id.in_(set(dropped.scalars())), Delivery.state == DeliveryState.READY, ~left)
        .values(state=DeliveryState.CANCELLED, state_reason=REACHED_AFTER_ALL, final_at=now)
        .execution_options(synchronize_session=False)
    )


@dataclass(frozen=True)
class _Stranded:
    id: int
    license_id: int
    stage: Stage


def _stranded(session: Session, delivery_ids: Sequence[int]) -> list[_Stranded]:
    """Reminders that nobody carries any more, by the order of their items."""
    other_item, other = aliased(DeliveryItem), aliased(Delivery)
    still_travels = (
        exists()
        .where(other_item.reminder_id == DeliveryItem.reminder_id)
        .where(other_item.delivery_id == other.id, other_item.dropped_reason == "")
        .where(other.state.not_in(resting.HOPELESS), other.id.not_in(delivery_ids))
    )
    found = session.execute(
        select(Reminder.id, Reminder.license_id, Reminder.stage)
        .join(DeliveryItem, DeliveryItem.reminder_id == Reminder.id)
        .where(DeliveryItem.delivery_id.in_(delivery_ids), DeliveryItem.dropped_reason == "", ~still_travels)
        .where(Reminder.state == ReminderState.OPEN)
        .order_by(DeliveryItem.id)
    )
    return list({row.id: _Stranded(*row) for row in found}.values())


def _tried(session: Session, reminder_ids: Sequence[int]) -> dict[int, set[Channel]]:
    found = session.execute(
        select(DeliveryItem.reminder_id, DeliveryItem.channel).where(
            DeliveryItem.reminder_id.in_(reminder_ids)
        )
    )
    tried: dict[int, set[Channel]] = {}
    for reminder_id, channel in found:
        tried.setdefault(reminder_id, set()).add(channel)
    return tried


def _moves(session: Session, wanted: Sequence[tuple[_Stranded, Reach, Channel]]) -> list[_Move]:
    """Names the recipients: all bound whom the account reaches, the contact in the ledger, or the holder."""
    contacts = {reach_.contact_id for _, reach_, _ in wanted if reach_.contact_id is not None}
    hashes: dict[int, str] = dict(
        session.execute(select(Contact.id, Contact.phone_hash).where(Contact.id.in_(contacts))).all()
    )
    followers = {
        one: reach.followers_by(session, [row.license_id for row, _, to in wanted if to is one], one)
        for one in FIRST_BY_WECHAT
    }
    moves: list[_Move] = []
    for row, reach_, channel in wanted:
        if channel in followers:
            moves += [
                _Move(row.id, channel, hash_, f"f{follower_id}", follower_id=follower_id)
                for follower_id, hash_ in followers[channel].get(row.license_id, [])
            ]
        elif channel in (Channel.SMS, Channel.PHONE) and reach_.contact_id is not None:
            contact_id = reach_.contact_id
            moves.append(_Move(row.id, channel, hashes[contact_id], f"c{contact_id}", contact_id=contact_id))
        elif channel in (Channel.LETTER, Channel.BUSINESS_SYSTEM):
            ref = f"h{reach_.holder_id}"
            moves.append(_Move(row.id, channel, ref, ref, holder_id=reach_.holder_id))
    return moves


def _place(session: Session, moves: Sequence[_Move], now: datetime) -> set[int]:
    """Puts each into an open message of the person, today or on the next days; the reminders placed."""
    placed: set[int] = set()
    today = clock.civil_date(now)
    for channel in sorted({move.channel for move in moves}):
        waiting = [move for move in moves if move.channel is channel]
        for day in (today + timedelta(days=n) for n in range(DAYS_TRIED)):
            if not waiting:
                break
            places = _places(session, channel, waiting, day, now)
            found = [move for move in waiting if move.recipient_hash in places]
            _add_items(session, [(places[move.recipient_hash], move) for move in found])
            placed |= {move.reminder_id for move in found}
            waiting = [move for move in waiting if move.recipient_hash not in places]
    return placed


def _places(
    session: Session, channel: Channel, moves: Iterable[_Move], day: date, now: datetime
) -> dict[str, int]:
    """Person → their open message of this day; whose message of the day is closed already is left out.

    The lock waits for whoever is just sending or closing it, and then sees that it is not open any more.
    """
    people = {move.recipient_hash: move for move in reversed(list(moves))}
    insert: Any = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    rows = [
        {
            "purpose": Purpose.REMINDER,
            "channel": channel,
            "follower_id": move.follower_id,
            "contact_id": move.contact_id,
            "holder_id": move.holder_id,
            "recipient_hash": person,
            "for_day": day,
            "state": DeliveryState.READY,
            "next_at": now,
            "created_at": now,
        }
        for person, move in sorted(people.items())
    ]
    session.execute(insert(Delivery).on_conflict_do_nothing(), rows)
    found = session.execute(
        select(Delivery.recipient_hash, Delivery.id)
        .where(
            Delivery.channel == channel,
            Delivery.recipient_hash.in_(people),
            Delivery.for_day == day,
            Delivery.purpose == Purpose.REMINDER,
            Delivery.state == DeliveryState.READY,
        )
        .order_by(Delivery.id)
        .with_for_update(read=True, of=Delivery)
    )
    return {row.recipient_hash: row.id for row in found}


def _add_items(session: Session, placed: Sequence[tuple[int, _Move]]) -> None:
    insert: Any = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    rows = [
        {
            "delivery_id": delivery_id,
            "reminder_id": move.reminder_id,
            "channel": move.channel,
            "recipient_ref": move.recipient_ref,
        }
        for delivery_id, move in placed
    ]
    if rows:
        session.execute(insert(DeliveryItem).on_conflict_do_nothing(), rows)
