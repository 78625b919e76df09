"""Joins the receipts in the inbox to the messages they speak of."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import cast

from sqlalchemy import String, Table, bindparam, func, select, text, update
from sqlalchemy.orm import Session

from reminders import fallback, own_messages, refusals, sms_refusals
from reminders.receipts.finding import BATCH, NO_MSGID, RECEIPTED, Pair, by_msgid, by_person
from reminders.rules.delivery_rules import (
    EVENT_KEPT_OPEN,
    Hours,
    ReceiptStatus,
    next_opening,
    ready_pause,
    receipt_status,
)
from reminders.rules.lifecycle import DeliveryState, Purpose, RefusedHow
from reminders.tables.deliveries import UNFINISHED, UNMATCHED, Delivery, ProviderEvent
from reminders.tables.holders import Contact

__all__ = ["BATCH", "mark_unconfirmed", "sweep"]

AWAITING = (DeliveryState.ACCEPTED, DeliveryState.UNCONFIRMED, DeliveryState.UNKNOWN, DeliveryState.REVIEW)
# As text, because a list of parameters cannot be used in a statement that runs for many rows.
STILL_AWAITING = text("state IN ('accepted', 'unconfirmed', 'unknown', 'review')")
USER_BLOCK = "user_block"
SYSTEM_FAILED = "system_failed"
FREQ_LIMIT = "freq_limit"
REFUSALS = {
    ReceiptStatus.USER_BLOCK: USER_BLOCK,
    ReceiptStatus.WRONG_NUMBER: "wrong_number",
    ReceiptStatus.REFUSED: "refused_sms",
}


def sweep(session: Session, *, sending_hours: Hours, now: datetime) -> int:
    """Settles every receipt whose message can be told; the rest wait for the answer of their send.

    By the provider's id first; else the single message of that person that has no answer, of which there is
    at most one because of uq_delivery_one_open, or no id. Returns the number of receipts matched.
    """
    own_messages.leave_out_receipts(session, now=now)
    matched = 0
    for pairs in (by_msgid(session), *(by_person(session, purpose, now) for purpose in RECEIPTED)):
        _settle(session, _first_a_delivery(pairs), sending_hours, now)
        _mark(session, pairs, now)
        matched += len(pairs)
    _give_up(session, now)
    return matched


def mark_unconfirmed(session: Session, *, now: datetime) -> int:
    """Accepted a day ago and never confirmed: counted by itself, never sent again."""
    found = session.execute(
        update(Delivery)
        .where(UNFINISHED, Delivery.state == DeliveryState.ACCEPTED, Delivery.deadline_at <= now)
        .values(state=DeliveryState.UNCONFIRMED, final_at=now)
        .returning(Delivery.id)
    )
    return len(found.all())


def _settle(session: Session, pairs: Sequence[Pair], hours: Hours, now: datetime) -> None:
    """A receipt for a message that is settled already, or is just being sent again, changes nothing."""
    waiting = [pair for pair in pairs if pair.state in AWAITING]
    _move(session, [p for p in waiting if _is(p, ReceiptStatus.SUCCESS)], DeliveryState.DELIVERED, "", now)
    fallback.take_back(
        session,
        [p.delivery_id for p in waiting if _is(p, ReceiptStatus.SUCCESS) and p.state is DeliveryState.REVIEW],
        now=now,
    )
    refused = {status: [p for p in waiting if _is(p, status)] for status in REFUSALS}
    blocked = refused[ReceiptStatus.USER_BLOCK]
    failed = [p for p in waiting if _is(p, ReceiptStatus.SYSTEM_FAILED)]
    busy = [p for p in waiting if _is(p, ReceiptStatus.FREQ_LIMIT)]
    hopeless = [p for p in failed if p.is_hopeless]
    hopeless += [p for p in busy if p.purpose is Purpose.CODE]
    for status, pairs in refused.items():
        _move(session, pairs, DeliveryState.REFUSED, REFUSALS[status], now)
    _move(session, hopeless, DeliveryState.REFUSED, SYSTEM_FAILED, now)
    _close_the_account(session, blocked, now)
    _close_phones(session, refused, now)
    lost = [p for pairs in refused.values() for p in pairs] + hopeless
    fallback.move_on(session, [p.delivery_id for p in lost], sending_hours=hours, now=now)
    for pair in failed:
        if pair not in hopeless:
            _again(session, pair, SYSTEM_FAILED, now + ready_pause(pair.epoch + 1, pair.delivery_id))
    for pair in busy:
        if pair not in hopeless:
            _again(session, pair, FREQ_LIMIT, next_opening(now, hours))


def _is(pair: Pair, status: ReceiptStatus) -> bool:
    return receipt_status(pair.status) is status


def _move(session: Session, pairs: Sequence[Pair], state: DeliveryState, reason: str, now: datetime) -> None:
    """The fence rises, so that a sender that is late with its own answer changes nothing."""
    if not pairs:
        return
    session.execute(
        update(cast(Table, Delivery.__table__))
        .where(Delivery.id == bindparam("its_id"), STILL_AWAITING)
        .values(
            state=state,
            state_reason=reason,
            final_at=now,
            fence=Delivery.fence + 1,
            ambiguous_since=None,
            provider_msgid=func.coalesce(Delivery.provider_msgid, bindparam("told_msgid", type_=String)),
            accepted_at=func.coalesce(Delivery.accepted_at, Delivery.intent_at),
        ),
        [{"its_id": p.delivery_id, "told_msgid": None if p.msgid in NO_MSGID else p.msgid} for p in pairs],
    )


def _again(session: Session, pair: Pair, reason: str, next_at: datetime) -> None:
    """The platform says for certain that nothing was shown: a new try under a new id is no risk."""
    session.execute(
        update(Delivery)
        .where(Delivery.id == pair.delivery_id, Delivery.state.in_(AWAITING))
        .values(
            state=DeliveryState.READY,
            state_reason=reason,
            epoch=Delivery.epoch + 1,
            attempt=0,
            fence=Delivery.fence + 1,
            client_msg_id=None,
            provider_msgid=None,
            accepted_at=None,
            ambiguous_since=None,
            deadline_at=None,
            final_at=None,
            next_at=next_at,
        )
    )


def _close_the_account(session: Session, pairs: Sequence[Pair], now: datetime) -> None:
    ids = [pair.delivery_id for pair in pairs]
    if ids:
        refusals.stop_pushing(session, ids, USER_BLOCK, now=now)
        refusals.use_up_grants(session, ids, now=now)


def _close_phones(session: Session, refused: Mapping[ReceiptStatus, Sequence[Pair]], now: datetime) -> None:
    """A number that is wrong is used no more; one whose owner wants no SMS is still called."""
    wrong = [pair.delivery_id for pair in refused[ReceiptStatus.WRONG_NUMBER]]
    if wrong:
        contacts = select(Delivery.contact_id).where(Delivery.id.in_(wrong))
        session.execute(
            update(Contact)
            .where(Contact.id.in_(contacts), Contact.wrong_at.is_(None))
            .values(wrong_at=now)
            .execution_options(synchronize_session=False)
        )
    unwanted = [pair.delivery_id for pair in refused[ReceiptStatus.REFUSED]]
    if unwanted:
        phones = session.execute(select(Delivery.recipient_hash).where(Delivery.id.in_(unwanted))).scalars()
        for phone_hash in sorted(set(phones)):
            sms_refusals.refuse(session, phone_hash, RefusedHow.PROVIDER, now=now)


def _mark(session: Session, pairs: Sequence[Pair], now: datetime) -> None:
    if pairs:
        session.execute(
            update(cast(Table, ProviderEvent.__table__))
            .where(ProviderEvent.id == bindparam("its_id"))
            .values(matched_delivery_id=bindparam("told_delivery"), matched_at=now),
            [{"its_id": pair.event_id, "told_delivery": pair.delivery_id} for pair in pairs],
        )


def _give_up(session: Session, now: datetime) -> None:
    """Receipts of messages that others sent to our followers leave the inbox unmatched."""
    session.execute(
        update(ProviderEvent)
        .where(UNMATCHED, ProviderEvent.received_at < now - EVENT_KEPT_OPEN)
        .values(matched_at=now)
    )


def _first_a_delivery(pairs: Iterable[Pair]) -> list[Pair]:
    first: dict[int, Pair] = {}
    for pair in pairs:
        first.setdefault(pair.delivery_id, pair)
    return list(first.values())
