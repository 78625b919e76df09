"""Takes messages for one sender: lease, fence and attempt are written before any byte leaves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, String, and_, cast, insert, literal, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningUpdate

from reminders import brakes, clock, eligibility, righting, tidings
from reminders.claiming.candidates import told_since
from reminders.rules.delivery_rules import LEASE, MessageKind, day_start
from reminders.rules.lifecycle import Channel, DeliveryState, Purpose
from reminders.rules.tidings import TIDINGS
from reminders.tables.deliveries import WAITING, Delivery, DeliveryAttempt


@dataclass(frozen=True)
class ClaimedDelivery:
    """One message that this sender alone may send until the lease ends, counted from before the claim.

    `is_repeat`: an earlier try may have left, so the provider may already know `client_msg_id`; `sent_on` is
    the civil day of that try.
    """

    id: int
    channel: Channel
    kind: MessageKind
    fence: int
    client_msg_id: str
    is_repeat: bool
    sent_on: date | None = None


def lease(
    session: Session,
    channel: Channel,
    kinds: Mapping[int, MessageKind],
    repeats: set[int],
    owner: str,
    now: datetime,
) -> list[ClaimedDelivery]:
    """Empty when another sender took a message of the same person in this very moment; claim again."""
    if not kinds:
        return []
    try:
        with session.begin_nested():
            moments = {"day_start": day_start(clock.civil_date(now))}
            taken = session.execute(_taking(session, channel, kinds, owner, now), moments).all()
            _write_attempts(session, [row.id for row in taken], owner, now)
    except IntegrityError:
        return []
    return [
        ClaimedDelivery(
            row.id,
            channel,
            kinds[row.id],
            row.fence,
            row.client_msg_id or "",
            row.id in repeats,
            clock.civil_date(row.ambiguous_since) if row.ambiguous_since else None,
        )
        for row in taken
    ]


def _write_attempts(session: Session, delivery_ids: Sequence[int], owner: str, now: datetime) -> None:
    same = (literal(owner[:64]), literal(now, DeliveryAttempt.intent_at.type))
    taken = select(Delivery.id, Delivery.epoch, Delivery.attempt, Delivery.fence, *same)
    columns = ["delivery_id", "epoch", "attempt", "fence", "owner", "intent_at"]
    session.execute(insert(DeliveryAttempt).from_select(columns, taken.where(Delivery.id.in_(delivery_ids))))


def _taking(
    session: Session, channel: Channel, kinds: Mapping[int, MessageKind], owner: str, now: datetime
) -> ReturningUpdate[int, int, str | None, datetime | None]:
    """The id of a repeated send stays the same within an epoch: rules.delivery_rules.client_msg_id in SQL.

    All is asked again here, because a sender may have been frozen since it looked. SQLite has one writer,
    for which nothing can have changed.
    """
    message_id = literal("d") + cast(Delivery.id, String) + literal("e") + cast(Delivery.epoch, String)
    taking = update(Delivery).where(Delivery.id.in_(kinds), WAITING)
    if session.get_bind().dialect.name == "postgresql":
        fresh = or_(Delivery.state == DeliveryState.UNKNOWN, ~told_since(channel, "day_start", 1))
        still = or_(
            _is(Purpose.CODE),
            and_(_is(Purpose.REMINDER), fresh, eligibility.may_be_said(session, channel)),
            and_(
                _is(Purpose.CORRECTION),
                righting.says_something(),
                eligibility.can_be_reached(session, channel),
            ),
            and_(
                Delivery.purpose.in_(TIDINGS),
                tidings.says_something(),
                eligibility.can_be_reached(session, channel),
            ),
        )
        taking = taking.where(~brakes.is_stopped(), still)
    return (
        taking.values(
            state=DeliveryState.SENDING,
            state_reason="",
            fence=Delivery.fence + 1,
            attempt=Delivery.attempt + 1,
            lease_owner=owner[:64],
            lease_until=now + LEASE,
            intent_at=now,
            client_msg_id=message_id,
        )
        .returning(Delivery.id, Delivery.fence, Delivery.client_msg_id, Delivery.ambiguous_since)
        .execution_options(synchronize_session=False)
    )


def _is(purpose: Purpose) -> ColumnElement[bool]:
    return Delivery.purpose == purpose
