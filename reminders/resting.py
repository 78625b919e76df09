"""What rests because a holder answered, and how waiting messages leave the queue and come back."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, delete, exists, or_, select, update
from sqlalchemy.orm import Session, aliased

from reminders.rules.lifecycle import (
    AnswerKind,
    DateKind,
    DeliveryState,
    LicenseState,
    Purpose,
    ReminderState,
)
from reminders.tables.answers import BLOCKS, RESTS, TO_DO, Answer
from reminders.tables.bindings import Follower
from reminders.tables.deliveries import Delivery, DeliveryItem, Reminder
from reminders.tables.ledger import License

ANSWERED = "answered"
DECLINED = "way_declined"  # the holder wants this license reminded by another way
GONE = "recipient_gone"  # somebody else is responsible now, or the number is wrong
NOTHING_TO_SAY = "nothing_to_say"
HOPELESS = (
    DeliveryState.UNDELIVERABLE,
    DeliveryState.REFUSED,
    DeliveryState.CANCELLED,
    DeliveryState.REVIEW,
)
UNSENT = (DeliveryState.READY, DeliveryState.BLOCKED)


@dataclass(frozen=True)
class Subject:
    """One expiry date of one license."""

    license_id: int
    date_kind: DateKind
    expires_on: date


def answered(license_id: Any, date_kind: Any, expires_on: Any) -> ColumnElement[bool]:
    """Somebody's answer keeps reminders of this date back."""
    found = exists().where(
        RESTS,
        Answer.license_id == license_id,
        Answer.date_kind == date_kind,
        Answer.expires_on == expires_on,
    )
    return found.correlate_except(Answer)


def contact_is_blocked(contact_id: Any) -> ColumnElement[bool]:
    """A holder said that this number is wrong, and nobody found otherwise."""
    return exists().where(BLOCKS, Answer.contact_id == contact_id).correlate_except(Answer)


def awaits_staff(today: date) -> list[ColumnElement[bool]]:
    """For rows of Answer joined with License: a member of staff must look at it now.

    An answer about a date that the ledger no longer has is settled by itself.
    """
    same_date = or_(
        and_(Answer.date_kind == DateKind.MAIN, License.expires_on == Answer.expires_on),
        and_(Answer.date_kind == DateKind.COMPANION, License.companion_on == Answer.expires_on),
    )
    alive = License.state != LicenseState.CANCELLED
    return [and_(TO_DO, Answer.look_on <= today), alive, same_date]


def accepts_messages() -> ColumnElement[bool]:
    """For rows of Follower: follows, takes messages, and has not withdrawn consent."""
    return and_(
        Follower.unfollowed_at.is_(None),
        Follower.push_stopped_at.is_(None),
        Follower.consent_ended_at.is_(None),
        Follower.wechat_off_at.is_(None),
    )


def is_carried(reminder_id: Any) -> ColumnElement[bool]:
    """A message or call that did not fail says this reminder."""
    item, message = aliased(DeliveryItem), aliased(Delivery)
    return (
        exists()
        .where(item.reminder_id == reminder_id, item.dropped_reason == "")
        .where(message.id == item.delivery_id, message.state.not_in(HOPELESS))
        .correlate_except(item, message)
    )


def take_back(session: Session, subject: Subject, *, now: datetime) -> None:
    """Drops this date from every message and call that still waits; one with nothing left is cancelled."""
    chosen = _waiting_items(_is_about(subject))
    _drop(session, chosen, ANSWERED, now)


def take_back_from(
    session: Session, follower_id: int, license_ids: Collection[int], *, now: datetime
) -> None:
    """Drops these from what waits for one follower; what nobody else carries goes to the planner."""
    _mark_untold(session, _drop(session, _waiting_items(_to_follower(follower_id, license_ids)), GONE, now))


def take_back_all_from(session: Session, follower_id: int, *, now: datetime) -> None:
    """Drops everything that waits for one follower; what nobody else carries goes to the planner."""
    _mark_untold(session, _drop(session, _waiting_items(Delivery.follower_id == follower_id), GONE, now))


def take_back_from_contact(session: Session, contact_id: int, *, now: datetime) -> None:
    """Drops everything that waits to be said over this number; the planner looks for another way."""
    _mark_untold(session, _drop(session, _waiting_items(Delivery.contact_id == contact_id), GONE, now))


def decline(session: Session, chosen: ColumnElement[bool], *, now: datetime) -> None:
    """For rows of Delivery and Reminder: drops what waits on a declined way; the planner finds another."""
    _mark_untold(session, _drop(session, _waiting_items(chosen), DECLINED, now))


def accept_again(session: Session, chosen: ColumnElement[bool]) -> None:
    """Undoes `decline` for what nobody else carries by now."""
    _restore(session, chosen, DECLINED)


def give_back(session: Session, subject: Subject) -> None:
    """Undoes `take_back`, unless another answer still keeps this date back."""
    if session.execute(select(answered(*_columns(subject)))).scalar():
        return
    _restore(session, _is_about(subject), ANSWERED)


def give_back_to(session: Session, follower_id: int, license_ids: Collection[int]) -> None:
    """Undoes `take_back_from` for what nobody else carries by now."""
    _restore(session, _to_follower(follower_id, license_ids), GONE)


def give_back_to_contact(session: Session, contact_id: int) -> None:
    _restore(session, Delivery.contact_id == contact_id, GONE)


def drop_answered(session: Session, delivery_ids: Sequence[int]) -> None:
    """What a failed message said about a date that rests needs no other channel until the rest ends."""
    kept_back = answered(Reminder.license_id, Reminder.date_kind, Reminder.expires_on)
    session.execute(
        update(DeliveryItem)
        .where(DeliveryItem.delivery_id.in_(delivery_ids), DeliveryItem.dropped_reason == "")
        .where(exists().where(Reminder.id == DeliveryItem.reminder_id, kept_back))
        .values(dropped_reason=ANSWERED)
        .execution_options(synchronize_session=False)
    )


def end_pauses(session: Session, today: date, *, now: datetime) -> int:
    """Ends the rests whose day has come, and puts what waited back into its messages; returns how many."""
    ended = session.execute(
        update(Answer)
        .where(RESTS, Answer.until_on <= today)
        .values(rests=False, ended_at=case((Answer.kind == AnswerKind.LATER, now), else_=Answer.ended_at))
        .returning(Answer.id)
        .execution_options(synchronize_session=False)
    )
    ids = list(ended.scalars())
    if ids:
        concerned = exists().where(
            Answer.id.in_(ids),
            Answer.license_id == Reminder.license_id,
            Answer.date_kind == Reminder.date_kind,
            Answer.expires_on == Reminder.expires_on,
        )
        kept_back = answered(Reminder.license_id, Reminder.date_kind, Reminder.expires_on)
        _restore(session, and_(concerned, ~kept_back), ANSWERED)
    return len(ids)


def _columns(subject: Subject) -> tuple[int, DateKind, date]:
    return subject.license_id, subject.date_kind, subject.expires_on


def _is_about(subject: Subject) -> ColumnElement[bool]:
    return and_(
        Reminder.license_id == subject.license_id,
        Reminder.date_kind == subject.date_kind,
        Reminder.expires_on == subject.expires_on,
    )


def _to_follower(follower_id: int, license_ids: Collection[int]) -> ColumnElement[bool]:
    return and_(Delivery.follower_id == follower_id, Reminder.license_id.in_(license_ids))


def _waiting_items(chosen: ColumnElement[bool]) -> Any:
    return (
        select(DeliveryItem.id, DeliveryItem.reminder_id, DeliveryItem.delivery_id)
        .join(Delivery, Delivery.id == DeliveryItem.delivery_id)
        .join(Reminder, Reminder.id == DeliveryItem.reminder_id)
        .where(chosen, Delivery.state.in_(UNSENT), Delivery.purpose == Purpose.REMINDER)
        .where(DeliveryItem.dropped_reason == "")
        .order_by(Delivery.id)
        .with_for_update(of=Delivery)
    )


def _drop(session: Session, chosen: Any, reason: str, now: datetime) -> list[int]:
    """Returns the ids of the reminders that left a message."""
    found = session.execute(chosen).all()
    if not found:
        return []
    session.execute(
        update(DeliveryItem)
        .where(DeliveryItem.id.in_([row.id for row in found]))
        .values(dropped_reason=reason)
        .execution_options(synchronize_session=False)
    )
    left = exists().where(DeliveryItem.delivery_id == Delivery.id, DeliveryItem.dropped_reason == "")
    session.execute(
        update(Delivery)
        .where(Delivery.id.in_({row.delivery_id for row in found}), Delivery.state.in_(UNSENT), ~left)
        .values(state=DeliveryState.CANCELLED, state_reason=reason, final_at=now)
        .execution_options(synchronize_session=False)
    )
    return sorted({row.reminder_id for row in found})


def _mark_untold(session: Session, reminder_ids: Sequence[int]) -> None:
    session.execute(
        update(Reminder)
        .where(Reminder.id.in_(reminder_ids), Reminder.state == ReminderState.OPEN)
        .where(~is_carried(Reminder.id))
        .values(has_no_channel=True)
        .execution_options(synchronize_session=False)
    )


def _restore(session: Session, chosen: ColumnElement[bool], reason: str) -> None:
    """Back into the very message where that never left; else the planner finds another for it."""
    found = session.execute(
        select(DeliveryItem.id, DeliveryItem.reminder_id, Delivery.id.label("delivery_id"), Delivery.state)
        .add_columns(Delivery.state_reason)
        .join(Delivery, Delivery.id == DeliveryItem.delivery_id)
        .join(Reminder, Reminder.id == DeliveryItem.reminder_id)
        .where(chosen, DeliveryItem.dropped_reason == reason)
        .where(Reminder.state == ReminderState.OPEN, ~is_carried(Reminder.id))
        .order_by(Delivery.id)
        .with_for_update(of=Delivery)
    ).all()
    ours = (reason, NOTHING_TO_SAY)
    waits = [
        row
        for row in found
        if row.state in UNSENT or (row.state is DeliveryState.CANCELLED and row.state_reason in ours)
    ]
    gone = [row for row in found if row not in waits]
    session.execute(
        update(DeliveryItem)
        .where(DeliveryItem.id.in_([row.id for row in waits]))
        .values(dropped_reason="")
        .execution_options(synchronize_session=False)
    )
    session.execute(
        update(Delivery)
        .where(Delivery.id.in_([row.delivery_id for row in waits]), Delivery.state == DeliveryState.CANCELLED)
        .values(state=DeliveryState.READY, state_reason="", final_at=None)
        .execution_options(synchronize_session=False)
    )
    session.execute(
        update(Reminder)
        .where(Reminder.id.in_([row.reminder_id for row in waits]))
        .values(has_no_channel=False)
        .execution_options(synchronize_session=False)
    )
    if gone:
        session.execute(delete(DeliveryItem).where(DeliveryItem.id.in_([row.id for row in gone])))
        _mark_untold(session, [row.reminder_id for row in gone])
