"""Keeps corrections going: drops what was never told, and finds the next channel for what failed."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, Table, and_, bindparam, exists, or_, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, aliased

from reminders import clock, reach, resting, told
from reminders.reach import Reach, Recipient
from reminders.rules.lifecycle import Channel, DeliveryState, Purpose, ReminderState, Stage
from reminders.rules.routing import BY_PERSON, FIRST_BY_WECHAT, next_channel
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.corrections import Correction, CorrectionItem
from reminders.tables.deliveries import IS_CORRECTION, Delivery, Reminder
from reminders.tables.ledger import License

NEVER_TOLD = "never_told"
IN_DELIVERY = text("delivery.purpose = 'correction'")  # where another table has such a column too
FAILED = (DeliveryState.UNDELIVERABLE, DeliveryState.REFUSED)


@dataclass(frozen=True)
class _Failed:
    """One item whose message reached nobody, and whom that was meant for."""

    item_id: int
    correction_id: int
    license_id: int
    stage: Stage
    tried: tuple[str, ...]
    follower_id: int | None


@dataclass(frozen=True)
class _Next:
    """Where it goes now."""

    failed: _Failed
    channel: Channel
    to: Recipient


def drop_never_told(session: Session, delivery_ids: Sequence[int]) -> dict[int, int]:
    """Whose wrong message is known by now to have reached nobody need not be told that it was wrong.

    Delivery id → how many items remain.
    """
    wrong = aliased(Delivery)
    arrived = exists().where(wrong.id == CorrectionItem.told_delivery_id, told.may_have_told(wrong))
    session.execute(
        update(CorrectionItem)
        .where(CorrectionItem.delivery_id.in_(delivery_ids), CorrectionItem.dropped_reason == "", ~arrived)
        .values(dropped_reason=NEVER_TOLD)
        .execution_options(synchronize_session=False)
    )
    left = session.execute(
        select(CorrectionItem.delivery_id).where(
            CorrectionItem.delivery_id.in_(delivery_ids), CorrectionItem.dropped_reason == ""
        )
    ).scalars()
    counts = dict.fromkeys(delivery_ids, 0)
    for delivery_id in left:
        counts[delivery_id or 0] += 1
    return counts


def says_something() -> ColumnElement[bool]:
    """For rows of Delivery: the message of a correction still has something to put right."""
    return (
        exists()
        .where(CorrectionItem.delivery_id == Delivery.id, CorrectionItem.dropped_reason == "")
        .correlate(Delivery)
    )


def waits_for_a_person(scope: int | None) -> list[ColumnElement[bool]]:
    """For rows of Delivery: told by phone or letter, or no channel is left; `scope` is a department's id."""
    to_say = and_(Delivery.channel.in_(BY_PERSON), Delivery.state == DeliveryState.READY)
    waits = and_(IN_DELIVERY, or_(to_say, Delivery.state.in_(FAILED)), says_something())
    return [waits, *concerns(scope)]


def concerns(scope: int | None) -> list[ColumnElement[bool]]:
    """For rows of Delivery: it puts something right about a license of this department; None sees all."""
    if scope is None:
        return []
    return [
        exists()
        .where(
            CorrectionItem.delivery_id == Delivery.id,
            Reminder.id == CorrectionItem.reminder_id,
            License.id == Reminder.license_id,
            CatalogueEntry.id == License.catalogue_entry_id,
            CatalogueEntry.department_id == scope,
        )
        .correlate(Delivery)
    ]


def let_rest(session: Session, delivery_ids: Sequence[int]) -> None:
    """A wrong reminder whose batch was stopped does not go on to the next channel when its message failed."""
    stopped = (
        select(CorrectionItem.reminder_id)
        .join(Correction, Correction.id == CorrectionItem.correction_id)
        .where(CorrectionItem.told_delivery_id.in_(delivery_ids), Correction.stops_waiting)
    )
    session.execute(
        update(Reminder)
        .where(Reminder.id.in_(stopped), Reminder.state == ReminderState.OPEN)
        .where(~resting.is_carried(Reminder.id))
        .values(state=ReminderState.CANCELLED, has_no_channel=False)
        .execution_options(synchronize_session=False)
    )


def move_on(session: Session, delivery_ids: Sequence[int], *, now: datetime) -> int:
    """Queues the next channel for corrections that failed; returns how many items moved.

    By the rule for reminders, but never to somebody in WeChat who was not told the wrong thing. What no
    channel is left for stays with its failed message, which the desk of corrections lists.
    """
    failed = _failed(session, delivery_ids)
    if not failed:
        return 0
    moves = _moves(session, failed)
    _queue(session, moves, now)
    placed = _placed(session, moves)
    if placed:
        session.execute(
            update(cast(Table, CorrectionItem.__table__))
            .where(CorrectionItem.id == bindparam("its_id"))
            .values(delivery_id=bindparam("its_message"), tried=bindparam("its_tried")),
            placed,
        )
    return len(placed)


def _failed(session: Session, delivery_ids: Sequence[int]) -> list[_Failed]:
    found = session.execute(
        select(
            CorrectionItem.id,
            CorrectionItem.correction_id,
            Reminder.license_id,
            Reminder.stage,
            CorrectionItem.tried,
            Delivery.channel,
            Delivery.follower_id,
        )
        .join(Delivery, Delivery.id == CorrectionItem.delivery_id)
        .join(Reminder, Reminder.id == CorrectionItem.reminder_id)
        .where(CorrectionItem.delivery_id.in_(delivery_ids), CorrectionItem.dropped_reason == "")
        .where(Delivery.state.in_(FAILED))
        .order_by(CorrectionItem.id)
    )
    return [
        _Failed(item_id, correction_id, license_id, stage, (*tried.split(), str(channel)), follower_id)
        for item_id, correction_id, license_id, stage, tried, channel, follower_id in found
    ]


def _moves(session: Session, failed: Iterable[_Failed]) -> list[_Next]:
    license_ids = sorted({one.license_id for one in failed})
    reached = reach.of_licenses(session, license_ids)
    granted = reach.followers_by(session, license_ids, Channel.SUBSCRIPTION)
    chosen = []
    for one in failed:
        notified = [to for to in granted.get(one.license_id, []) if to.follower_id == one.follower_id]
        channel = _channel(one, reached[one.license_id], may_notify=bool(notified))
        if channel is not None:
            chosen.append((one, channel, notified))
    named = reach.named_by_the_ledger(session, [(reached[one.license_id], to) for one, to, _ in chosen])
    moves = []
    for one, channel, notified in chosen:
        by_ledger = named.get((one.license_id, channel))
        to = notified[0] if channel is Channel.SUBSCRIPTION else by_ledger
        if to is not None:
            moves.append(_Next(one, channel, to))
    return moves


def _channel(failed: _Failed, found: Reach, *, may_notify: bool) -> Channel | None:
    reachable: Collection[Channel] = found.channels - set(FIRST_BY_WECHAT)
    if may_notify:
        reachable = {*reachable, Channel.SUBSCRIPTION}
    tried = {Channel(word) for word in failed.tried}
    stage = Stage.FIRST if failed.stage is Stage.HUMAN else failed.stage
    return next_channel(stage, found.method, reachable=reachable, tried=tried, declined=found.declined)


def _queue(session: Session, moves: Iterable[_Next], now: datetime) -> None:
    """One message a person and channel of each correction; one that is there already takes the item along."""
    insert: Any = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    rows = [
        {
            "purpose": Purpose.CORRECTION,
            "correction_id": move.failed.correction_id,
            "channel": move.channel,
            "follower_id": move.to.follower_id,
            "contact_id": move.to.contact_id,
            "holder_id": move.to.holder_id,
            "recipient_hash": move.to.hash,
            "for_day": clock.civil_date(now),
            "state": DeliveryState.READY,
            "next_at": now,
            "created_at": now,
        }
        for move in moves
    ]
    if rows:
        session.execute(insert(Delivery).on_conflict_do_nothing(), rows)


def _placed(session: Session, moves: Sequence[_Next]) -> list[dict[str, Any]]:
    """What goes into a message that still waits, or into one that has put the same license right already."""
    found = session.execute(
        select(Delivery.id, Delivery.state, Delivery.channel, Delivery.recipient_hash, Delivery.correction_id)
        .where(IS_CORRECTION, Delivery.correction_id.in_({move.failed.correction_id for move in moves}))
        .where(Delivery.recipient_hash.in_({move.to.hash for move in moves}))
        .order_by(Delivery.id)
        .with_for_update(read=True, of=Delivery)
    )
    messages = {tuple(key): (id, state) for id, state, *key in found}
    said = {
        tuple(row)
        for row in session.execute(
            select(CorrectionItem.delivery_id, Reminder.license_id)
            .join(Reminder, Reminder.id == CorrectionItem.reminder_id)
            .where(CorrectionItem.delivery_id.in_([id for id, _ in messages.values()]))
            .where(CorrectionItem.dropped_reason == "")
        )
    }
    placed = []
    for move in moves:
        id, state = messages[move.channel, move.to.hash, move.failed.correction_id]
        was_said = state not in FAILED and (id, move.failed.license_id) in said
        if state is DeliveryState.READY or was_said:
            tried = " ".join(move.failed.tried)
            placed.append({"its_id": move.failed.item_id, "its_message": id, "its_tried": tried})
    return placed
