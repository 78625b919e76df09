"""Tells a holder what happened around one of their licenses, oldest first: told what when, answered what."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import ScalarSelect, and_, or_, select
from sqlalchemy.orm import Session

from reminders import clock
from reminders.holders.following import openid_hash
from reminders.rules.answers import WORDS
from reminders.rules.explanation import CHANNELS, STAGES
from reminders.rules.lifecycle import CallOutcome, Channel, DeliveryState
from reminders.tables.answers import Answer
from reminders.tables.bindings import Binding, Follower
from reminders.tables.corrections import Correction, CorrectionItem
from reminders.tables.deliveries import Delivery, DeliveryItem, Reminder
from reminders.tables.ledger import License

MOST = 12
LEFT_US = (DeliveryState.ACCEPTED, DeliveryState.DELIVERED, DeliveryState.UNCONFIRMED)
BOUND = "绑定到您的微信"
ISSUED = "发证"


@dataclass(frozen=True)
class Event:
    on: date
    words: str


def timeline(session: Session, openid: str, license_id: int) -> list[Event]:
    """Issued, bound by this person, reminders and corrections that reached them, answers; the last ones."""
    me = select(Follower.id).where(Follower.openid_hash == openid_hash(session, openid)).scalar_subquery()
    row = session.get_one(License, license_id)
    bound = session.execute(
        select(Binding.bound_at)
        .where(Binding.license_id == license_id, Binding.follower_id == me, Binding.unbound_at.is_(None))
        .limit(1)
    ).scalar_one_or_none()
    by_phone = and_(Delivery.channel == Channel.PHONE, Delivery.outcome == CallOutcome.TOLD)
    sent = session.execute(
        select(Delivery.channel, Delivery.accepted_at, Delivery.final_at, Reminder.stage)
        .join(DeliveryItem, DeliveryItem.delivery_id == Delivery.id)
        .join(Reminder, Reminder.id == DeliveryItem.reminder_id)
        .where(Reminder.license_id == license_id, DeliveryItem.dropped_reason == "")
        .where(or_(and_(Delivery.follower_id == me, Delivery.state.in_(LEFT_US)), by_phone))
        .order_by(Delivery.id.desc())
        .limit(MOST)
    )
    events = [Event(row.issued_on, ISSUED)] if row.issued_on else []
    events += [Event(clock.civil_date(bound), BOUND)] if bound else []
    for channel, accepted_at, final_at, stage in sent:
        at = accepted_at or final_at
        if at is not None:
            events.append(Event(clock.civil_date(at), f"{CHANNELS[channel]}提醒：{STAGES[stage]}"))
    events += [*_corrections(session, me, license_id), *_answers(session, license_id, me)]
    return sorted(events, key=lambda event: event.on)


def _answers(session: Session, license_id: int, me: ScalarSelect[int]) -> list[Event]:
    """What this person and others bound to the license answered, and took back."""
    given = session.execute(
        select(Answer.kind, Answer.given_at, Answer.withdrawn_at, Answer.closed_at, Answer.follower_id == me)
        .where(Answer.license_id == license_id)
        .order_by(Answer.id.desc())
        .limit(MOST)
    )
    events = []
    for kind, given_at, withdrawn_at, closed_at, is_own in given:
        words = f"您的回答：{WORDS[kind]}" if is_own else f"另一位绑定人的回答：{WORDS[kind]}"
        events.append(Event(clock.civil_date(given_at), words))
        if withdrawn_at is not None:
            events.append(Event(clock.civil_date(withdrawn_at), f"撤回：{WORDS[kind]}"))
        if closed_at is not None:
            events.append(Event(clock.civil_date(closed_at), f"科室已处理：{WORDS[kind]}"))
    return events


def _corrections(session: Session, me: ScalarSelect[int], license_id: int) -> list[Event]:
    found = session.execute(
        select(Delivery.accepted_at, Correction.sentence)
        .join(CorrectionItem, CorrectionItem.delivery_id == Delivery.id)
        .join(Correction, Correction.id == CorrectionItem.correction_id)
        .join(Reminder, Reminder.id == CorrectionItem.reminder_id)
        .where(Reminder.license_id == license_id, CorrectionItem.dropped_reason == "")
        .where(Delivery.follower_id == me, Delivery.state.in_(LEFT_US), Delivery.accepted_at.is_not(None))
        .distinct()
        .order_by(Delivery.accepted_at.desc())
        .limit(MOST)
    )
    return [Event(clock.civil_date(at), f"更正：{words}") for at, words in found if at is not None]
