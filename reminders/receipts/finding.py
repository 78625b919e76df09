"""Finds the message that a receipt speaks of: by the provider's id, else by the person."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, ScalarSelect, Select, and_, exists, func, or_, select, text
from sqlalchemy.orm import Session, aliased

from reminders.rules.delivery_rules import LAST_EPOCH_FAILED, REVIEW_OPEN
from reminders.rules.lifecycle import DeliveryState, Purpose
from reminders.tables.deliveries import UNMATCHED, Delivery, DeliveryAttempt, ProviderEvent

BATCH = 2000
RECEIPTED = (Purpose.REMINDER, Purpose.CORRECTION)  # a code is not looked for by its person
NO_MSGID = ("", "0")


@dataclass(frozen=True)
class Pair:
    """A receipt and the message it speaks of."""

    event_id: int
    delivery_id: int
    status: str
    msgid: str
    state: DeliveryState
    epoch: int
    purpose: Purpose

    @property
    def is_hopeless(self) -> bool:
        """Tried anew often enough; and nobody waits for a code that failed: they ask for another."""
        return self.epoch >= LAST_EPOCH_FAILED or self.purpose is Purpose.CODE


def by_msgid(session: Session) -> list[Pair]:
    found = session.execute(
        _pairs()
        .join(
            Delivery,
            and_(
                Delivery.channel == ProviderEvent.channel,
                Delivery.provider_msgid == ProviderEvent.provider_msgid,
                Delivery.recipient_hash == ProviderEvent.recipient_hash,
                text("delivery.provider_msgid IS NOT NULL"),
            ),
        )
        .where(ProviderEvent.provider_msgid.not_in(NO_MSGID))
    )
    return [Pair(*row) for row in found]


def by_person(session: Session, purpose: Purpose, now: datetime) -> list[Pair]:
    """Receipts whose id belongs to no message, where exactly one message of the person could be meant."""
    owner, rival = aliased(Delivery), aliased(Delivery, name="rival")
    owned = exists().where(
        owner.channel == ProviderEvent.channel,
        owner.provider_msgid == ProviderEvent.provider_msgid,
        ProviderEvent.provider_msgid.not_in(NO_MSGID),
    )
    waits_too = exists().where(
        rival.channel == ProviderEvent.channel,
        rival.recipient_hash == ProviderEvent.recipient_hash,
        rival.id != Delivery.id,
        or_(
            rival.state.in_((DeliveryState.SENDING, DeliveryState.UNKNOWN, DeliveryState.REVIEW)),
            _accepted_without_an_id(rival),
        ),
    )
    # Their partial indexes are found only by these very words.
    rivals = [waits_too.where(text(f"rival.purpose = '{one}'")) for one in RECEIPTED]
    unanswered = or_(
        Delivery.state == DeliveryState.UNKNOWN,
        and_(Delivery.state == DeliveryState.REVIEW, Delivery.ambiguous_since > now - REVIEW_OPEN),
        _accepted_without_an_id(Delivery),
    )
    found = session.execute(
        _pairs()
        .join(
            Delivery,
            and_(
                Delivery.channel == ProviderEvent.channel,
                Delivery.recipient_hash == ProviderEvent.recipient_hash,
                text(f"delivery.purpose = '{purpose}'"),
            ),
        )
        .where(unanswered, ~owned, *(~other for other in rivals))
        .where(ProviderEvent.received_at >= _first_try())
    )
    return [Pair(*row) for row in found]


def _accepted_without_an_id(row: type[Delivery]) -> ColumnElement[bool]:
    """Either the receipt names none, or the answer to the send did not: as with subscription notices."""
    nameless = or_(row.provider_msgid.is_(None), ProviderEvent.provider_msgid.in_(NO_MSGID))
    return and_(row.state == DeliveryState.ACCEPTED, nameless)


def _first_try() -> ScalarSelect[datetime]:
    """Not the last one: the receipt may be that of an earlier try, whose answer nobody got."""
    first = select(func.min(DeliveryAttempt.intent_at)).where(DeliveryAttempt.delivery_id == Delivery.id)
    return first.where(DeliveryAttempt.epoch == Delivery.epoch).correlate(Delivery).scalar_subquery()


def _pairs() -> Select[int, int, str, str, DeliveryState, int, Purpose]:
    """Locks what it finds: two sweeps at once share the work, and a message that a sender takes in this
    moment is left to the next sweep.
    """
    return (
        select(
            ProviderEvent.id,
            Delivery.id,
            ProviderEvent.status,
            ProviderEvent.provider_msgid,
            Delivery.state,
            Delivery.epoch,
            Delivery.purpose,
        )
        .select_from(ProviderEvent)
        .where(UNMATCHED)
        .order_by(ProviderEvent.id)
        .limit(BATCH)
        .with_for_update(of=(ProviderEvent, Delivery), skip_locked=True)
    )
