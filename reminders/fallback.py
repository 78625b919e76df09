"""When a message reached nobody, puts its reminders on the next channel, or on the list of those without."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from operator import itemgetter
from typing import Any

from sqlalchemy import exists, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, aliased

from reminders import clock, reach, resting, righting, tidings, windows
from reminders.reach import Reach, Recipient
from reminders.rules.delivery_rules import ANY_TIME, Hours
from reminders.rules.lifecycle import Channel, DeliveryState, Purpose, ReminderState, Stage
from reminders.rules.routing import BY_PERSON, FIRST_BY_WECHAT, is_urgent, next_channel, workday_from
from reminders.tables.deliveries import WAITING, Delivery, DeliveryItem, Reminder

DAYS_TRIED = 3
REACHED_AFTER_ALL = "reached_after_all"


@dataclass(frozen=True)
class _Stranded:
    """A reminder that nobody carries any more."""

    id: int
    license_id: int
    stage: Stage
    apply_by: date | None


@dataclass(frozen=True)
class _Move:
    """One reminder for one recipient on its next channel."""

    reminder: _Stranded
    channel: Channel
    to: Recipient


def move_on(
    session: Session, delivery_ids: Sequence[int], *, sending_hours: Hours | None = None, now: datetime
) -> int:
    """Queues the next channel for the reminders of these failed deliveries; returns how many moved.

    So it does for corrections and tidings. A reminder that still travels to somebody else is left alone.
    Where no channel is left, the reminder is marked as having none, so that it cannot fall out of sight. With
    `sending_hours` what is not urgent waits for a working day.
    """
    if not delivery_ids:
        return 0
    righting.let_rest(session, delivery_ids)
    righting.move_on(session, delivery_ids, now=now)
    tidings.move_on(session, delivery_ids, now=now)
    resting.drop_answered(session, delivery_ids)
    stranded = _stranded(session, delivery_ids)
    reached = reach.of_licenses(session, sorted({row.license_id for row in stranded}))
    tried = _tried(session, [row.id for row in stranded])
    chosen = {
        row.id: (row, next_channel(
            row.stage, reached[row.license_id].method,
            reachable=reached[row.license_id].channels, tried=tried.get(row.id, set()),
            declined=reached[row.license_id].declined,
        ))
        for row in stranded
    }  # fmt: skip
    moves = _moves(session, [(row, reached[row.license_id], to) for row, to in chosen.values() if to])
    placed = _place(session, moves, _quiet_until(session, sending_hours, now), now)
    lost = [reminder_id for reminder_id in chosen if reminder_id not in placed]
    if lost:
        session.execute(update(Reminder).where(Reminder.id.in_(lost)).values(has_no_channel=True))
    return len(placed)


def take_back(session: Session, delivery_ids: Sequence[int], *, now: datetime) -> None:
    """A message thought lost was shown after all: what was queued in its place and not begun is dropped."""
    if not delivery_ids:
        return
    shown = aliased(DeliveryItem)
    # Another person's message by the same channel is not in its place.
    told = exists().where(
        shown.delivery_id.in_(delivery_ids),
        shown.reminder_id == DeliveryItem.reminder_id,
        shown.channel != DeliveryItem.channel,
    )
    untouched = select(Delivery.id).where(
        WAITING, Delivery.state == DeliveryState.READY, Delivery.attempt == 0, Delivery.epoch == 0
    )
    dropped = session.execute(
        update(DeliveryItem)
        .where(
            told.correlate(DeliveryItem),
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


def _stranded(session: Session, delivery_ids: Sequence[int]) -> list[_Stranded]:
    """By the order of their items."""
    other_item, other = aliased(DeliveryItem), aliased(Delivery)
    still_travels = (
        exists()
        .where(other_item.reminder_id == DeliveryItem.reminder_id)
        .where(other_item.delivery_id == other.id, other_item.dropped_reason == "")
        .where(other.state.not_in(resting.HOPELESS), other.id.not_in(delivery_ids))
    )
    found = session.execute(
        select(Reminder.id, Reminder.license_id, Reminder.stage, Reminder.apply_by)
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
    named = reach.named_by_the_ledger(session, [(reach_, channel) for _, reach_, channel in wanted])
    followers = {
        one: reach.followers_by(session, [row.license_id for row, _, to in wanted if to is one], one)
        for one in FIRST_BY_WECHAT
    }
    moves: list[_Move] = []
    for row, _, channel in wanted:
        if channel in followers:
            moves += [_Move(row, channel, to) for to in followers[channel].get(row.license_id, [])]
        elif to := named.get((row.license_id, channel)):
            moves.append(_Move(row, channel, to))
    return moves


def _quiet_until(session: Session, hours: Hours | None, now: datetime) -> datetime | None:
    """On a rest day the moment at which offices work again; None on other days, or where nobody waits."""
    if hours is None or hours == ANY_TIME:
        return None
    today = clock.civil_date(now)
    workday = workday_from(today, windows.load_workdays(session))
    return None if workday == today else clock.civil_moment(workday, hours[0])


def _place(session: Session, moves: Sequence[_Move], quiet_until: datetime | None, now: datetime) -> set[int]:
    """Puts each into an open message of the person, of today or of the next days; the reminders placed."""
    placed: set[int] = set()
    groups: dict[tuple[Channel, datetime], list[_Move]] = {}
    for move in moves:
        moment = now
        if quiet_until is not None and move.channel not in BY_PERSON:
            said = move.reminder
            urgent = is_urgent(said.stage, said.apply_by, clock.civil_date(quiet_until))
            moment = now if urgent else quiet_until
        groups.setdefault((move.channel, moment), []).append(move)
    for (channel, moment), waiting in sorted(groups.items()):
        first = clock.civil_date(moment)
        for day in (first + timedelta(days=n) for n in range(DAYS_TRIED)):
            if not waiting:
                break
            places = _places(session, channel, waiting, day, moment, now)
            found = [move for move in waiting if move.to.hash in places]
            _add_items(session, [(places[move.to.hash], move) for move in found])
            placed |= {move.reminder.id for move in found}
            waiting = [move for move in waiting if move.to.hash not in places]
    return placed


def _places(
    session: Session, channel: Channel, moves: Iterable[_Move], day: date, moment: datetime, now: datetime
) -> dict[str, int]:
    """Person → their open message of this day; whose message of the day is closed already is left out.

    The lock waits for whoever is just sending or closing it, and then sees that it is not open any more.
    """
    people = {move.to.hash: move.to for move in reversed(list(moves))}
    any_day = channel in BY_PERSON  # an open call or letter takes along what comes later
    open_ones = _open_places(session, channel, people, None if any_day else day)
    insert: Any = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    rows = [
        {
            "purpose": Purpose.REMINDER,
            "channel": channel,
            "follower_id": to.follower_id,
            "contact_id": to.contact_id,
            "holder_id": to.holder_id,
            "recipient_hash": person,
            "for_day": day,
            "state": DeliveryState.READY,
            "next_at": moment,
            "created_at": now,
        }
        for person, to in sorted(people.items(), key=itemgetter(0))
        if person not in open_ones
    ]
    if rows:
        session.execute(insert(Delivery).on_conflict_do_nothing(), rows)
        open_ones |= _open_places(session, channel, people, day)
    return open_ones


def _open_places(
    session: Session, channel: Channel, people: Collection[str], day: date | None
) -> dict[str, int]:
    query = select(Delivery.recipient_hash, Delivery.id).where(
        Delivery.channel == channel,
        Delivery.recipient_hash.in_(people),
        Delivery.purpose == Purpose.REMINDER,
        Delivery.state == DeliveryState.READY,
    )
    if day is not None:
        query = query.where(Delivery.for_day == day)
    found = session.execute(query.order_by(Delivery.id.desc()).with_for_update(read=True, of=Delivery))
    return {row.recipient_hash: row.id for row in found}


def _add_items(session: Session, placed: Sequence[tuple[int, _Move]]) -> None:
    insert: Any = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    rows = [
        {
            "delivery_id": delivery_id,
            "reminder_id": move.reminder.id,
            "channel": move.channel,
            "recipient_ref": move.to.ref,
        }
        for delivery_id, move in placed
    ]
    if rows:
        session.execute(insert(DeliveryItem).on_conflict_do_nothing(), rows)
