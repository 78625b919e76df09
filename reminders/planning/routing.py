"""Puts each new reminder into one message to each person who can be told, or on the worklist."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    Subquery,
    case,
    cast,
    exists,
    func,
    literal,
    select,
    text,
    union_all,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from reminders import calls, clock, resting
from reminders.planning import moving
from reminders.rules.delivery_rules import Hours
from reminders.rules.lifecycle import Channel, DeliveryState, LicenseState, Purpose, ReminderState, Stage
from reminders.rules.routing import sending_moment
from reminders.tables.bindings import Binding, Follower
from reminders.tables.deliveries import UNTOLD, WAITING, Delivery, DeliveryItem, Reminder
from reminders.tables.holders import Contact
from reminders.tables.ledger import License

# The database must read this word in the statement itself to use its partial index.
IS_REMINDER = text("delivery.purpose = 'reminder'")
DAYS_TRIED = 3
NO_LONGER_TRUE = "no_longer_true"


@dataclass(frozen=True)
class Journey:
    """From which moment the messages of one run may leave."""

    run_id: int
    today: date
    sending_hours: Hours
    now: datetime

    @property
    def first_day(self) -> date:
        """The civil day on which they leave; after closing time that is tomorrow."""
        return clock.civil_date(self.moment(self.today))

    def moment(self, day: date) -> datetime:
        return sending_moment(day, self.sending_hours, self.now)


def route(session: Session, journey: Journey) -> tuple[int, int]:
    """WeChat first, a call for whoever is left; what nobody can be told is marked and tried again.

    Returns how many messages and how many calls are new.
    """
    moving.take_back_calls(session)
    _forget_untold(session)
    _drop_stale_calls(session)
    messages = new_calls = 0
    if _is_anything_waiting(session, journey):
        messages = _carry(session, journey, Channel.WECHAT, _by_wechat(journey))
        new_calls = _carry(session, journey, Channel.PHONE, _by_phone(journey))
        _mark_untold(session, journey)
    # Only now: a call of which nothing is left may just have been given something new to say.
    _close_empty_calls(session, now=journey.now)
    return messages, new_calls


def _forget_untold(session: Session) -> None:
    """Cancels what never found a channel and is not worth saying any more."""
    current = exists().where(License.id == Reminder.license_id, calls.is_current()).correlate(Reminder)
    session.execute(
        update(Reminder)
        .where(UNTOLD, ~current)
        .values(state=ReminderState.CANCELLED, has_no_channel=False)
        .execution_options(synchronize_session=False)
    )


def _drop_stale_calls(session: Session) -> None:
    """Takes off the worklist what is no longer true."""
    true = (
        exists()
        .where(Reminder.id == DeliveryItem.reminder_id, License.id == Reminder.license_id, calls.is_current())
        .correlate(DeliveryItem)
    )
    session.execute(
        update(DeliveryItem)
        .where(DeliveryItem.delivery_id.in_(_open_calls()), DeliveryItem.dropped_reason == "", ~true)
        .values(dropped_reason=NO_LONGER_TRUE)
        .execution_options(synchronize_session=False)
    )


def _close_empty_calls(session: Session, *, now: datetime) -> None:
    """Closes calls that have nothing left to say."""
    left = exists().where(DeliveryItem.delivery_id == Delivery.id, DeliveryItem.dropped_reason == "")
    session.execute(
        update(Delivery)
        .where(Delivery.id.in_(_open_calls()), ~left)
        .values(state=DeliveryState.CANCELLED, state_reason=NO_LONGER_TRUE, final_at=now)
        .execution_options(synchronize_session=False)
    )


def _open_calls() -> Select[Any]:
    return select(Delivery.id).where(
        WAITING, Delivery.channel == Channel.PHONE, Delivery.state == DeliveryState.READY
    )


def _waiting(journey: Journey) -> Subquery:
    """Reminders of this run and those that found no channel before."""
    columns = (Reminder.id, Reminder.license_id, Reminder.stage)
    is_open = Reminder.state == ReminderState.OPEN
    kept_back = resting.answered(Reminder.license_id, Reminder.date_kind, Reminder.expires_on)
    return union_all(
        select(*columns).where(Reminder.run_id == journey.run_id, is_open),
        select(*columns).where(UNTOLD, is_open, ~kept_back),
    ).subquery("waiting")


def _is_anything_waiting(session: Session, journey: Journey) -> bool:
    return bool(session.execute(select(exists().select_from(_waiting(journey)))).scalar())


def _by_wechat(journey: Journey) -> Select[Any]:
    """Everybody bound who follows and accepts messages; HUMAN is never a message."""
    waiting = _waiting(journey)
    return (
        select(
            waiting.c.id.label("reminder_id"),
            Follower.id.label("follower_id"),
            literal(None, Delivery.contact_id.type).label("contact_id"),
            Follower.openid_hash.label("recipient_hash"),
            literal("f").concat(cast(Follower.id, String)).label("recipient_ref"),
        )
        .join(License, License.id == waiting.c.license_id)
        .join(Binding, Binding.license_id == License.id)
        .join(Follower, Follower.id == Binding.follower_id)
        .where(Binding.unbound_at.is_(None), License.state == LicenseState.ACTIVE)
        .where(resting.accepts_messages(), waiting.c.stage != Stage.HUMAN)
    )


def _by_phone(journey: Journey) -> Select[Any]:
    waiting = _waiting(journey)
    carried = resting.is_carried(waiting.c.id)
    ref = literal("c").concat(cast(Contact.id, String))
    tried = exists().where(
        DeliveryItem.reminder_id == waiting.c.id,
        DeliveryItem.recipient_ref == ref,
        DeliveryItem.channel == Channel.PHONE,
    )
    return (
        select(
            waiting.c.id.label("reminder_id"),
            literal(None, Delivery.follower_id.type).label("follower_id"),
            Contact.id.label("contact_id"),
            Contact.phone_hash.label("recipient_hash"),
            ref.label("recipient_ref"),
        )
        .join(License, License.id == waiting.c.license_id)
        .join(Contact, Contact.id == License.contact_id)
        .where(~carried, ~tried, License.state == LicenseState.ACTIVE)
        .where(~resting.contact_is_blocked(Contact.id))
    )


def _carry(session: Session, journey: Journey, channel: Channel, people: Select[Any]) -> int:
    """A message that still waits takes the reminder along; otherwise a new one for the first free day."""
    told = people.subquery("told")
    if session.get_bind().dialect.name == "postgresql":
        _hold(session, channel, told)
    opened = _open_messages(session, journey, channel, told)
    _add_items(session, channel, told)
    return opened


def _hold(session: Session, channel: Channel, told: Subquery) -> None:
    """Keeps senders from taking a message while reminders are added to it; SQLite has one writer anyway."""
    session.execute(
        select(Delivery.id)
        .where(*_is_open(channel), Delivery.recipient_hash.in_(select(told.c.recipient_hash)))
        .order_by(Delivery.id)
        .with_for_update()
    )


def _open_messages(session: Session, journey: Journey, channel: Channel, told: Subquery) -> int:
    """One for each person without an open one, for the first day on which they had none yet."""
    insert: Any = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    days = [journey.first_day + timedelta(days=n) for n in range(DAYS_TRIED)]
    free_day = case(
        *[(~_has_message(channel, told, day), literal(day, Delivery.for_day.type)) for day in days]
    )
    people = (
        select(
            func.min(told.c.follower_id).label("follower_id"),
            func.min(told.c.contact_id).label("contact_id"),
            told.c.recipient_hash,
            free_day.label("for_day"),
        )
        .where(~_has_open(channel, told))
        .group_by(told.c.recipient_hash)
        .subquery("people")
    )
    next_at = case(
        *[(people.c.for_day == day, literal(journey.moment(day), Delivery.next_at.type)) for day in days]
    )
    messages = select(
        literal(Purpose.REMINDER, Delivery.purpose.type),
        literal(channel, Delivery.channel.type),
        people,
        literal(DeliveryState.READY, Delivery.state.type),
        next_at,
        literal(journey.now, Delivery.created_at.type),
    ).where(people.c.for_day.is_not(None))
    columns = ["purpose", "channel", "follower_id", "contact_id", "recipient_hash", "for_day", "state"]
    columns += ["next_at", "created_at"]
    statement = insert(Delivery).from_select(columns, messages).on_conflict_do_nothing()
    return len(session.execute(statement.returning(Delivery.id)).all())


def _add_items(session: Session, channel: Channel, told: Subquery) -> None:
    """Into the oldest open message; a sub-select, for a join tempts SQLite to read every open message."""
    insert: Any = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    message = (
        select(func.min(Delivery.id))
        .where(*_is_open(channel), Delivery.recipient_hash == told.c.recipient_hash)
        .correlate(told)
        .scalar_subquery()
    )
    items = select(
        message, told.c.reminder_id, literal(channel, DeliveryItem.channel.type), told.c.recipient_ref
    ).where(_has_open(channel, told))
    columns = ["delivery_id", "reminder_id", "channel", "recipient_ref"]
    session.execute(insert(DeliveryItem).from_select(columns, items).on_conflict_do_nothing())


def _is_open(channel: Channel) -> list[ColumnElement[bool]]:
    return [Delivery.channel == channel, IS_REMINDER, Delivery.state == DeliveryState.READY]  # type: ignore[list-item]


def _has_open(channel: Channel, told: Subquery) -> ColumnElement[bool]:
    return (
        select(Delivery.id)
        .where(*_is_open(channel), Delivery.recipient_hash == told.c.recipient_hash)
        .correlate(told)
        .exists()
    )


def _has_message(channel: Channel, told: Subquery, day: date) -> ColumnElement[bool]:
    return (
        select(Delivery.id)
        .where(Delivery.channel == channel, IS_REMINDER, Delivery.for_day == day)
        .where(Delivery.recipient_hash == told.c.recipient_hash)
        .correlate(told)
        .exists()
    )


def _mark_untold(session: Session, journey: Journey) -> None:
    carried = resting.is_carried(Reminder.id)
    untold = update(Reminder).execution_options(synchronize_session=False)
    session.execute(untold.where(Reminder.run_id == journey.run_id, ~carried).values(has_no_channel=True))
    session.execute(untold.where(UNTOLD, carried).values(has_no_channel=False))
