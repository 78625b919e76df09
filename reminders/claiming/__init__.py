"""Takes what is due for sending: asks once more whether it is still true, then writes lease and attempt."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from reminders import brakes, clock, eligibility, fallback, righting, roads, tidings
from reminders.claiming import candidates
from reminders.claiming.candidates import Candidate, close
from reminders.claiming.taking import ClaimedDelivery, lease
from reminders.rules.delivery_rules import ASK_AGAIN, SENT_BY_MACHINE, Hours, MessageKind
from reminders.rules.delivery_states import template_circuit
from reminders.rules.lifecycle import Channel, DeliveryState, Purpose
from reminders.rules.tidings import TIDINGS
from reminders.tables.deliveries import Delivery, DeliveryItem

__all__ = ["ClaimedDelivery", "claim"]

UNREACHABLE = {
    Channel.WECHAT: "not_following",
    Channel.SUBSCRIPTION: "no_grant",
    Channel.SMS: "no_sms_to_this_phone",
    Channel.BUSINESS_SYSTEM: "unreachable",
}


def claim(
    session: Session,
    channel: Channel,
    owner: str,
    batch: int,
    *,
    sending_hours: Hours,
    rate: float = 0,
    now: datetime,
) -> list[ClaimedDelivery]:
    """At most `batch` messages, one a person, unanswered ones first. Commit before any byte leaves.

    `rate` is the pace in fresh messages a second that all senders share, 0 sets it free. What is no longer
    true is cancelled on the way, and whom this channel cannot reach goes to the next one, so an empty
    answer does not mean that nothing was done.
    """
    circuits = brakes.open_circuits(session, now=now)
    if channel not in SENT_BY_MACHINE or brakes.whole_channel(channel) in circuits:
        return []
    if not brakes.sending_is_on(session):
        return []
    most = roads.allowed(session, channel, rate, now=now)
    rows = candidates.unanswered(session, channel, batch, now)
    if len(rows) < batch and brakes.fresh_sends(channel) not in circuits:
        rows += candidates.fresh(session, channel, batch - len(rows), most, sending_hours, now)
    rows = candidates.one_a_person(candidates.not_too_often(session, rows, sending_hours, now))
    _merge_older(session, channel, rows, now)
    kinds = _still_true(session, channel, rows, sending_hours, now)
    kinds = _not_blocked(session, channel, rows, kinds, circuits, now)
    repeats = {row.id for row in rows if row.state is DeliveryState.UNKNOWN}
    claimed = lease(session, channel, kinds, repeats, owner, now)
    fresh = sum(not one.is_repeat and one.kind is not MessageKind.CODE for one in claimed)
    roads.spend(session, channel, fresh, rate, now=now)
    return claimed


def _merge_older(session: Session, channel: Channel, rows: Sequence[Candidate], now: datetime) -> None:
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
    close(session, [other_id for other_id, _ in others], DeliveryState.CANCELLED, "merged", now)


def _still_true(
    session: Session, channel: Channel, rows: Sequence[Candidate], hours: Hours, now: datetime
) -> dict[int, MessageKind]:
    """What each message still has to say; the rest is cancelled or handed to the next channel."""
    kinds = {row.id: MessageKind.CODE for row in rows if row.purpose is Purpose.CODE}
    reminders = [row.id for row in rows if row.purpose is Purpose.REMINDER]
    corrections = [row.id for row in rows if row.purpose is Purpose.CORRECTION]
    counts = eligibility.drop_untrue(session, reminders) if reminders else {}
    counts |= righting.drop_never_told(session, corrections) if corrections else {}
    told = {row.id: MessageKind(row.purpose) for row in rows if row.purpose in TIDINGS}
    counts |= tidings.counts(session, list(told)) if told else {}
    empty = [delivery_id for delivery_id, number in counts.items() if not number]
    close(session, empty, DeliveryState.CANCELLED, "nothing_to_say", now)
    lost = eligibility.unreachable(session, channel, [i for i, number in counts.items() if number])
    close(session, lost, DeliveryState.UNDELIVERABLE, UNREACHABLE[channel], now)
    fallback.move_on(session, lost, sending_hours=hours, now=now)
    for delivery_id, number in counts.items():
        if number and delivery_id not in lost:
            kinds[delivery_id] = MessageKind.SINGLE if number == 1 else MessageKind.DIGEST
    kinds |= {i: MessageKind.CORRECTION for i in corrections if i in kinds}
    return kinds | {i: kind for i, kind in told.items() if i in kinds}


def _not_blocked(
    session: Session,
    channel: Channel,
    rows: Sequence[Candidate],
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
