"""Takes what is due for sending: asks once more whether it is still true, then writes lease and attempt."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import NamedTuple

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    String,
    and_,
    bindparam,
    cast,
    exists,
    insert,
    literal,
    select,
    text,
    update,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased
from sqlalchemy.sql.dml import ReturningUpdate

from reminders import brakes, clock, eligibility, fallback
from reminders.rules.delivery_rules import (
    ASK_AGAIN,
    CUTOFF,
    LEASE,
    SENT_BY_MACHINE,
    Hours,
    MessageKind,
    day_start,
    in_hours,
    next_opening,
)
from reminders.rules.delivery_states import template_circuit
from reminders.rules.lifecycle import Channel, DeliveryState, Purpose
from reminders.tables.deliveries import WAITING, Delivery, DeliveryAttempt, DeliveryItem

# The database must read these words in the statement itself to use its partial indexes.
IS_OPEN = text("other.state IN ('sending', 'unknown')")
TOLD_A_REMINDER = text("told.purpose = 'reminder'")


@dataclass(frozen=True)
class ClaimedDelivery:
    """One message that this sender alone may send until the lease ends, counted from before the claim.

    `is_repeat`: an earlier try may have left, so the provider may already know `client_msg_id`.
    """

    id: int
    channel: Channel
    kind: MessageKind
    fence: int
    client_msg_id: str
    is_repeat: bool


class _Candidate(NamedTuple):  # several thousand a second: a dataclass costs four times as much to make
    id: int
    purpose: Purpose
    state: DeliveryState
    recipient_hash: str
    told_today: bool


def claim(
    session: Session, channel: Channel, owner: str, batch: int, *, sending_hours: Hours, now: datetime
) -> list[ClaimedDelivery]:
    """At most `batch` messages, one a person, unanswered ones first. Commit before any byte leaves.

    What is no longer true is cancelled on the way, and whom we may not write to goes to the phone
    worklist, so an empty answer does not mean that nothing was done.
    """
    circuits = brakes.open_circuits(session, now=now)
    if channel not in SENT_BY_MACHINE or brakes.whole_channel(channel) in circuits:
        return []
    if not brakes.sending_is_on(session):
        return []
    rows = _candidates(session, DeliveryState.UNKNOWN, channel, batch, sending_hours, now)
    if len(rows) < batch and brakes.fresh_sends(channel) not in circuits:
        rows += _candidates(session, DeliveryState.READY, channel, batch - len(rows), sending_hours, now)
    rows = _one_a_person(_not_told_today(session, rows, sending_hours, now))
    _merge_older(session, channel, rows, now)
    kinds = _still_true(session, rows, now)
    kinds = _not_blocked(session, channel, rows, kinds, circuits, now)
    repeats = {row.id for row in rows if row.state is DeliveryState.UNKNOWN}
    return _lease(session, channel, kinds, repeats, owner, now)


def _candidates(
    session: Session, state: DeliveryState, channel: Channel, limit: int, hours: Hours, now: datetime
) -> list[_Candidate]:
    """Codes while they are worth something, reminders in daytime, unanswered ones inside the CUTOFF."""
    if state is DeliveryState.READY and channel is not Channel.SMS and not in_hours(now, hours):
        return []
    moments = {"now": now, "cutoff": now - CUTOFF, "day_start": day_start(clock.civil_date(now))}
    found = session.execute(_waiting(state, channel), moments | {"most": limit})
    return [_Candidate._make(row) for row in found]


@cache
def _waiting(state: DeliveryState, channel: Channel) -> Select[int, Purpose, DeliveryState, str, bool]:
    """Built once, because building it takes longer than the database needs to answer it."""
    other, told = aliased(Delivery, name="other"), aliased(Delivery, name="told")
    busy = exists().where(
        other.channel == Delivery.channel,
        other.recipient_hash == Delivery.recipient_hash,
        IS_OPEN,
        other.id != Delivery.id,
    )
    told_today = exists().where(
        told.channel == Delivery.channel,
        told.recipient_hash == Delivery.recipient_hash,
        TOLD_A_REMINDER,
        told.accepted_at >= bindparam("day_start"),
        told.id != Delivery.id,
    )
    return (
        select(
            Delivery.id,
            Delivery.purpose,
            Delivery.state,
            Delivery.recipient_hash,
            and_(Delivery.purpose == Purpose.REMINDER, told_today),
        )
        .where(WAITING, Delivery.channel == channel, Delivery.state == state)
        .where(Delivery.next_at <= bindparam("now"), ~busy, _may_leave(state, channel))
        .order_by(Delivery.next_at, Delivery.id)
        .limit(bindparam("most", type_=Integer))
        .with_for_update(of=Delivery, skip_locked=True)
    )


def _may_leave(state: DeliveryState, channel: Channel) -> ColumnElement[bool]:
    if channel is Channel.SMS:
        return and_(Delivery.purpose == Purpose.CODE, Delivery.deadline_at > bindparam("now"))
    if state is DeliveryState.UNKNOWN:
        return Delivery.ambiguous_since > bindparam("cutoff")
    return Delivery.purpose == Purpose.REMINDER


def _not_told_today(
    session: Session, rows: Sequence[_Candidate], hours: Hours, now: datetime
) -> list[_Candidate]:
    """One reminder message a person a day: the next one waits until tomorrow."""
    later = [row.id for row in rows if row.told_today and row.state is DeliveryState.READY]
    if later:
        session.execute(
            update(Delivery).where(Delivery.id.in_(later)).values(next_at=next_opening(now, hours))
        )
    return [row for row in rows if row.id not in later]


def _one_a_person(rows: Iterable[_Candidate]) -> list[_Candidate]:
    first: dict[str, _Candidate] = {}
    for row in rows:
        first.setdefault(row.recipient_hash, row)
    return list(first.values())


def _merge_older(session: Session, channel: Channel, rows: Sequence[_Candidate], now: datetime) -> None:
    """Messages of the same person left over from days on which nothing could be sent become one message."""
    keepers = {
        row.recipient_hash: row.id
        for row in rows
        if row.purpose is Purpose.REMINDER and row.state is DeliveryState.READY
    }
    if not keepers:
        return
    others = session.execute(
        select(Delivery.id, Delivery.recipient_hash)
        .where(Delivery.channel == channel, Delivery.recipient_hash.in_(keepers))
        .where(text("purpose = 'reminder'"), Delivery.state == DeliveryState.READY, Delivery.epoch == 0)
        .where(Delivery.for_day <= clock.civil_date(now), Delivery.id.not_in(keepers.values()))
        .with_for_update(of=Delivery, skip_locked=True)
    ).all()
    for other_id, recipient_hash in others:
        session.execute(
            update(DeliveryItem)
            .where(DeliveryItem.delivery_id == other_id)
            .values(delivery_id=keepers[recipient_hash])
        )
    _close(session, [other_id for other_id, _ in others], DeliveryState.CANCELLED, "merged", now)


def _still_true(session: Session, rows: Sequence[_Candidate], now: datetime) -> dict[int, MessageKind]:
    """What each message still has to say; the rest is cancelled or handed to the phone worklist."""
    kinds = {row.id: MessageKind.CODE for row in rows if row.purpose is Purpose.CODE}
    wanted = [row.id for row in rows if row.purpose is Purpose.REMINDER]
    counts = eligibility.drop_untrue(session, wanted) if wanted else {}
    empty = [delivery_id for delivery_id in wanted if not counts[delivery_id]]
    _close(session, empty, DeliveryState.CANCELLED, "nothing_to_say", now)
    lost = eligibility.unreachable(session, [i for i in wanted if counts[i]])
    _close(session, lost, DeliveryState.UNDELIVERABLE, "not_following", now)
    fallback.move_on(session, lost, now=now)
    for delivery_id in wanted:
        if counts[delivery_id] and delivery_id not in lost:
            kinds[delivery_id] = MessageKind.SINGLE if counts[delivery_id] == 1 else MessageKind.DIGEST
    return kinds


def _not_blocked(
    session: Session,
    channel: Channel,
    rows: Sequence[_Candidate],
    kinds: Mapping[int, MessageKind],
    circuits: Mapping[str, str],
    now: datetime,
) -> dict[int, MessageKind]:
    """A message whose template is broken waits for a person, unless an earlier try of it is unanswered."""
    stopped = {i for i, kind in kinds.items() if template_circuit(channel, kind) in circuits}
    for kind in sorted({kinds[i] for i in stopped}):
        fresh = [
            row.id
            for row in rows
            if row.id in stopped and kinds[row.id] is kind and row.state is DeliveryState.READY
        ]
        session.execute(
            update(Delivery)
            .where(Delivery.id.in_(fresh))
            .values(state=DeliveryState.BLOCKED, state_reason=template_circuit(channel, kind))
        )
    session.execute(
        update(Delivery)
        .where(Delivery.id.in_(stopped), Delivery.state == DeliveryState.UNKNOWN)
        .values(next_at=now + ASK_AGAIN)
    )
    return {delivery_id: kind for delivery_id, kind in kinds.items() if delivery_id not in stopped}


def _lease(
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
            taken = session.execute(_taking(kinds, owner, now)).all()
            _write_attempts(session, [row.id for row in taken], owner, now)
    except IntegrityError:
        return []
    return [
        ClaimedDelivery(row.id, channel, kinds[row.id], row.fence, row.client_msg_id or "", row.id in repeats)
        for row in taken
    ]


def _write_attempts(session: Session, delivery_ids: Sequence[int], owner: str, now: datetime) -> None:
    same = (literal(owner[:64]), literal(now, DeliveryAttempt.intent_at.type))
    taken = select(Delivery.id, Delivery.epoch, Delivery.attempt, Delivery.fence, *same)
    columns = ["delivery_id", "epoch", "attempt", "fence", "owner", "intent_at"]
    session.execute(insert(DeliveryAttempt).from_select(columns, taken.where(Delivery.id.in_(delivery_ids))))


def _taking(
    kinds: Mapping[int, MessageKind], owner: str, now: datetime
) -> ReturningUpdate[int, int, int, int, str | None]:
    """The id of a repeated send stays the same within an epoch: rules.delivery_rules.client_msg_id in SQL."""
    message_id = literal("d") + cast(Delivery.id, String) + literal("e") + cast(Delivery.epoch, String)
    return (
        update(Delivery)
        .where(Delivery.id.in_(kinds), WAITING)
        .values(
            state=DeliveryState.SENDING,
            state_reason="",
            fence=Delivery.fence + 1,
            attempt=Delivery.attempt + 1,
            lease_owner=owner[:64],
            lease_until=now + LEASE,
            intent_at=now,
            client_msg_id=message_id,
        )
        .returning(Delivery.id, Delivery.epoch, Delivery.attempt, Delivery.fence, Delivery.client_msg_id)
        .execution_options(synchronize_session=False)
    )


def _close(
    session: Session, delivery_ids: Sequence[int], state: DeliveryState, reason: str, now: datetime
) -> None:
    if delivery_ids:
        session.execute(
            update(Delivery)
            .where(Delivery.id.in_(delivery_ids), WAITING)
            .values(state=state, state_reason=reason, final_at=now)
        )
