"""Puts tidings into the queue: one message a person, kind and day; what fails takes the next road."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from reminders import clock, reach, resting, roads
from reminders.rules import quiet_hours
from reminders.rules.lifecycle import Channel, DeliveryState, Purpose
from reminders.rules.service_words import AppointmentState
from reminders.rules.tidings import MERGED_FOR, VISIT_TOLD_AT
from reminders.tables.appointments import Appointment
from reminders.tables.bindings import Binding, Follower
from reminders.tables.deliveries import IS_TIDINGS, Delivery
from reminders.tables.holders import Contact, SmsRefusal
from reminders.tables.ledger import License

MOST = 200  # people bound to one holder
A_DAY = timedelta(days=1)
FAILED = (DeliveryState.UNDELIVERABLE, DeliveryState.REFUSED)


def tell_of_newcomer(
    session: Session, newcomer_id: int, license_ids: Collection[int], *, now: datetime
) -> int:
    """Everybody who was bound to these before and takes messages is told, at most once a day; how many.

    Whoever takes none is told at their next contact.
    """
    found = session.execute(
        select(Follower.id, Follower.openid_hash, Follower.quiet_until)
        .join(Binding, Binding.follower_id == Follower.id)
        .where(Binding.license_id.in_(license_ids), Binding.unbound_at.is_(None), Binding.bound_at < now)
        .where(Follower.id != newcomer_id, ~Follower.by_phone, resting.accepts_messages())
        .distinct()
        .order_by(Follower.id)
        .limit(MOST)
    ).all()
    taken = _told_today(session, [row.openid_hash for row in found], now)
    rows = []
    for follower_id, openid_hash, quiet in found:
        later = openid_hash in taken
        moment = quiet_hours.not_before(quiet, now + (A_DAY if later else MERGED_FOR))
        rows.append(_row(Purpose.NEWS, Channel.WECHAT, openid_hash, moment, now, follower_id=follower_id))
    _insert(session, rows)
    return len(rows)


def tell_of_visits(session: Session, *, now: datetime) -> int:
    """In the afternoon before the day, whoever booked by then; how many messages are new.

    In WeChat where they take messages, else to the phone of the license in the ledger.
    """
    today = clock.civil_date(now)
    told_from = clock.civil_moment(today, VISIT_TOLD_AT)
    if now < told_from:
        return 0
    is_queued = exists().where(
        IS_TIDINGS,
        Delivery.purpose == Purpose.VISIT,
        Delivery.for_day == Appointment.on,
        Delivery.follower_id == Appointment.follower_id,
    )
    found = session.execute(
        select(Appointment.follower_id, Appointment.license_id)
        .where(Appointment.on == today + A_DAY, Appointment.state == AppointmentState.BOOKED)
        .where(Appointment.booked_at < told_from, ~is_queued)
        .order_by(Appointment.id)
    ).all()
    in_wechat, by_phone = _by_road(session, found)
    day = clock.civil_moment(today + A_DAY, VISIT_TOLD_AT)
    rows = [
        _row(Purpose.VISIT, Channel.WECHAT, openid_hash, day, now, follower_id=follower_id)
        | {"next_at": quiet_hours.not_before(quiet, now)}
        for follower_id, openid_hash, quiet in in_wechat
    ]
    rows += _by_sms(session, by_phone, day, now)
    _insert(session, rows)
    return len(rows)


def move_on(session: Session, delivery_ids: Sequence[int], *, now: datetime) -> int:
    """A visit that could not be told in WeChat is told by SMS in time; news wait to be asked for."""
    failed = session.execute(
        select(Appointment.follower_id, Delivery.for_day, Appointment.license_id)
        .select_from(Delivery)
        .join(Appointment, Appointment.follower_id == Delivery.follower_id)
        .where(Delivery.id.in_(delivery_ids), Delivery.state.in_(FAILED))
        .where(Delivery.purpose == Purpose.VISIT, Delivery.channel == Channel.WECHAT)
        .where(Appointment.on == Delivery.for_day, Appointment.state == AppointmentState.BOOKED)
        .where(Delivery.for_day > clock.civil_date(now))
        .order_by(Appointment.id)
    ).all()
    rows: list[dict[str, Any]] = []
    for booker_id, day, license_id in failed:
        moment = clock.civil_moment(day, VISIT_TOLD_AT)
        rows += _by_sms(session, [(booker_id, license_id)], moment, now)
    _insert(session, rows)
    return len(rows)


def _by_road(session: Session, booked: Sequence[Any]) -> tuple[Sequence[Any], list[tuple[int, int]]]:
    """Who is told in WeChat; and of the others, who booked for which license."""
    wanted = {follower_id for follower_id, _ in booked}
    in_wechat = session.execute(
        select(Follower.id, Follower.openid_hash, Follower.quiet_until)
        .where(Follower.id.in_(wanted), ~Follower.by_phone, resting.accepts_messages())
        .order_by(Follower.id)
    ).all()
    reached = {row.id for row in in_wechat}
    return in_wechat, [(one, license_id) for one, license_id in booked if one not in reached]


def _by_sms(
    session: Session, booked: Iterable[tuple[int, int]], day: datetime, now: datetime
) -> list[dict[str, Any]]:
    if Channel.SMS not in roads.usable(session):
        return []
    rows = []
    for follower_id, license_id in booked:
        phone = session.execute(
            select(Contact.id, Contact.phone_hash)
            .join(License, License.contact_id == Contact.id)
            .where(License.id == license_id, Contact.is_mobile, reach.can_be_called())
            .where(~exists().where(SmsRefusal.phone_hash == Contact.phone_hash))
        ).first()
        if phone is not None:
            row = _row(Purpose.VISIT, Channel.SMS, phone.phone_hash, day, now, follower_id=follower_id)
            rows.append(row | {"contact_id": phone.id, "next_at": now})
    return rows


def _told_today(session: Session, hashes: Collection[str], now: datetime) -> set[str]:
    """Whose news of today left already: what is new since then can wait for tomorrow."""
    found = session.execute(
        select(Delivery.recipient_hash)
        .where(IS_TIDINGS, Delivery.channel == Channel.WECHAT, Delivery.recipient_hash.in_(hashes))
        .where(Delivery.purpose == Purpose.NEWS, Delivery.for_day == clock.civil_date(now))
        .where(Delivery.state != DeliveryState.READY)
    )
    return set(found.scalars())


def _row(
    purpose: Purpose, channel: Channel, person: str, moment: datetime, now: datetime, *, follower_id: int
) -> dict[str, Any]:
    return {
        "purpose": purpose,
        "channel": channel,
        "follower_id": follower_id,
        "contact_id": None,
        "recipient_hash": person,
        "for_day": clock.civil_date(moment),
        "state": DeliveryState.READY,
        "next_at": moment,
        "created_at": now,
    }


def _insert(session: Session, rows: list[dict[str, Any]]) -> None:
    insert: Any = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    if rows:
        session.execute(insert(Delivery).on_conflict_do_nothing(), rows)
