"""Answers whether a message is really ours, by its check code, without telling whom it was for."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Select, exists, func, or_, select
from sqlalchemy.orm import Session

from reminders import clock, limits, told
from reminders.db import vault_of
from reminders.errors import Invalid, LimitReached
from reminders.limits import Limit
from reminders.rules import check_code
from reminders.rules.lifecycle import Channel, Purpose
from reminders.tables.bindings import Follower
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.corrections import Correction, CorrectionItem
from reminders.tables.deliveries import Delivery, DeliveryItem, Reminder
from reminders.tables.ledger import License

TRIES = Limit("check", 20, timedelta(minutes=10))
NO_CODE = "校验码是 10 位字母和数字，例如 7K3M2-QXP9T。请对照消息里的“校验码”重新输入。"
TOO_MANY = "核验次数太多，请 10 分钟后再试。"


@dataclass(frozen=True)
class Told:
    """What anybody may know of a message: how and when it left, and about which kinds of licenses.

    `is_yours` is None when nobody can tell, because the asker or the person written to is not known to us.
    `puts_right` holds the words of a correction, `put_right_by` those that a correction said about this
    message later.
    """

    code: str
    channel: Channel
    sent_on: date
    license_names: tuple[str, ...]
    licenses: int
    is_yours: bool | None
    puts_right: str = ""
    put_right_by: str = ""
    purpose: Purpose = Purpose.REMINDER


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
    about = exists().where(Reminder.license_id == license_id)
    reminded = about.where(
        DeliveryItem.delivery_id == Delivery.id,
        DeliveryItem.dropped_reason == "",
        Reminder.id == DeliveryItem.reminder_id,
    )
    corrected = about.where(
        CorrectionItem.delivery_id == Delivery.id,
        CorrectionItem.dropped_reason == "",
        Reminder.id == CorrectionItem.reminder_id,
    )
    found = session.execute(
        select(Delivery.id, _SENT_AT)
        .join(Follower, Follower.id == Delivery.follower_id)
        .where(Follower.openid_hash == openid_hash, told.may_have_left())
        .where(or_(reminded.correlate(Delivery), corrected.correlate(Delivery)))
        .order_by(Delivery.id.desc())
        .limit(1)
    ).first()
    if found is None:
        return None
    number, sent_at = found
    return LastMessage(check_code.encode(number, vault_of(session).blind), clock.civil_date(sent_at))


def _told(session: Session, number: int, signs: str, follower_id: int | None) -> Told | None:
    message = session.execute(
        select(Delivery.channel, _SENT_AT, Delivery.follower_id, Delivery.purpose, Correction.sentence)
        .outerjoin(Correction, Correction.id == Delivery.correction_id)
        .where(Delivery.id == number, Delivery.purpose != Purpose.CODE, told.may_have_left())
    ).first()
    if message is None:
        return None
    channel, sent_at, to_follower, purpose, sentence = message
    kinds = session.execute(_kinds(number, purpose)).all()
    return Told(
        code=check_code.printed(signs),
        channel=channel,
        sent_on=clock.civil_date(sent_at),
        license_names=tuple(name for name, _ in kinds),
        licenses=sum(count for _, count in kinds),
        is_yours=None if follower_id is None or to_follower is None else follower_id == to_follower,
        puts_right=sentence or "",
        put_right_by=_put_right_by(session, number),
        purpose=purpose,
    )


def _kinds(number: int, purpose: Purpose) -> Select[str, int]:
    """Of which kinds of licenses this message speaks, and of how many each."""
    item = CorrectionItem if purpose is Purpose.CORRECTION else DeliveryItem
    return (
        select(CatalogueEntry.license_name, func.count(License.id.distinct()))
        .join(License, License.catalogue_entry_id == CatalogueEntry.id)
        .join(Reminder, Reminder.license_id == License.id)
        .join(item, item.reminder_id == Reminder.id)
        .where(item.delivery_id == number, item.dropped_reason == "")
        .group_by(CatalogueEntry.id, CatalogueEntry.license_name)
        .order_by(CatalogueEntry.id)
    )


def _put_right_by(session: Session, number: int) -> str:
    """What a correction says about this message."""
    found = session.execute(
        select(Correction.sentence)
        .join(CorrectionItem, CorrectionItem.correction_id == Correction.id)
        .where(CorrectionItem.told_delivery_id == number, CorrectionItem.dropped_reason == "")
        .order_by(Correction.id.desc())
        .limit(1)
    ).scalar_one_or_none()
    return found or ""


_SENT_AT = func.coalesce(Delivery.accepted_at, Delivery.intent_at)
