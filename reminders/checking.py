"""Answers whether a message is really ours, by its check code, without telling whom it was for."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from reminders import clock, limits
from reminders.db import vault_of
from reminders.errors import Invalid, LimitReached
from reminders.limits import Limit
from reminders.rules import check_code
from reminders.rules.lifecycle import Channel, DeliveryState, Purpose
from reminders.tables.bindings import Follower
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.deliveries import Delivery, DeliveryItem, Reminder
from reminders.tables.ledger import License

TRIES = Limit("check", 20, timedelta(minutes=10))
# `sending` too: a message is read sooner than its answer is written down.
LEFT = (
    DeliveryState.SENDING,
    DeliveryState.ACCEPTED,
    DeliveryState.DELIVERED,
    DeliveryState.UNCONFIRMED,
    DeliveryState.UNKNOWN,
    DeliveryState.REVIEW,
)
NO_CODE = "校验码是 10 位字母和数字，例如 7K3M2-QXP9T。请对照消息里的“校验码”重新输入。"
TOO_MANY = "核验次数太多，请 10 分钟后再试。"


@dataclass(frozen=True)
class Told:
    """What anybody may know of a message: how and when it left, and about which kinds of licenses.

    `is_yours` is None when nobody can tell, because the asker or the person written to is not known to us.
    """

    code: str
    channel: Channel
    sent_on: date
    license_names: tuple[str, ...]
    licenses: int
    is_yours: bool | None


@dataclass(frozen=True)
class LastMessage:
    """The last message to one follower about one license."""

    code: str
    sent_on: date


def check(
    session: Session, code: str, *, asker: str, follower_id: int | None = None, now: datetime
) -> Told | None:
    """None alike for a code nobody gave out and for one whose message never left.

    Counts one try by `asker`, whoever that is to the door. Raises Invalid for what is no code, LimitReached.
    """
    signs = check_code.tidy(code)
    if signs is None:
        raise Invalid(NO_CODE)
    if not limits.spend(session, TRIES, asker, now=now):
        raise LimitReached(TOO_MANY)
    number = check_code.decode(signs, vault_of(session).blind)
    return None if number is None else _told(session, number, signs, follower_id)


def refuse_if_used_up(session: Session, asker: str, *, now: datetime) -> None:
    """Raises LimitReached; only reads, so that a flood of tries does not keep others from writing."""
    if limits.spent(session, TRIES, asker, now=now) >= TRIES.most:
        raise LimitReached(TOO_MANY)


def is_given_out(session: Session, code: str) -> bool:
    """Whether these words are a code made here; whether its message left is another question."""
    signs = check_code.tidy(code)
    return signs is not None and check_code.decode(signs, vault_of(session).blind) is not None


def last_message(session: Session, openid_hash: str, license_id: int) -> LastMessage | None:
    """By which a person compares the page they opened with the message they came from."""
    found = session.execute(
        select(Delivery.id, _SENT_AT)
        .join(Follower, Follower.id == Delivery.follower_id)
        .join(DeliveryItem, DeliveryItem.delivery_id == Delivery.id)
        .join(Reminder, Reminder.id == DeliveryItem.reminder_id)
        .where(Follower.openid_hash == openid_hash, Reminder.license_id == license_id)
        .where(Delivery.purpose == Purpose.REMINDER, DeliveryItem.dropped_reason == "", _may_have_left())
        .order_by(Delivery.id.desc())
        .limit(1)
    ).first()
    if found is None:
        return None
    number, sent_at = found
    return LastMessage(check_code.encode(number, vault_of(session).blind), clock.civil_date(sent_at))


def _told(session: Session, number: int, signs: str, follower_id: int | None) -> Told | None:
    message = session.execute(
        select(Delivery.channel, _SENT_AT, Delivery.follower_id).where(
            Delivery.id == number, Delivery.purpose == Purpose.REMINDER, _may_have_left()
        )
    ).first()
    if message is None:
        return None
    channel, sent_at, to_follower = message
    kinds = session.execute(
        select(CatalogueEntry.license_name, func.count(License.id.distinct()))
        .join(License, License.catalogue_entry_id == CatalogueEntry.id)
        .join(Reminder, Reminder.license_id == License.id)
        .join(DeliveryItem, DeliveryItem.reminder_id == Reminder.id)
        .where(DeliveryItem.delivery_id == number, DeliveryItem.dropped_reason == "")
        .group_by(CatalogueEntry.id, CatalogueEntry.license_name)
        .order_by(CatalogueEntry.id)
    ).all()
    return Told(
        code=check_code.printed(signs),
        channel=channel,
        sent_on=clock.civil_date(sent_at),
        license_names=tuple(name for name, _ in kinds),
        licenses=sum(count for _, count in kinds),
        is_yours=None if follower_id is None or to_follower is None else follower_id == to_follower,
    )


def _may_have_left() -> ColumnElement[bool]:
    """Also when a later try was refused or given up, as long as an earlier one may have arrived."""
    return Delivery.intent_at.is_not(None) & or_(
        Delivery.state.in_(LEFT), Delivery.ambiguous_since.is_not(None), Delivery.dup_risk
    )


_SENT_AT = func.coalesce(Delivery.accepted_at, Delivery.intent_at)
