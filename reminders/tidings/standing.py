"""What a piece of tidings has to say at this moment, asked of the tables in which it happened."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select, text
from sqlalchemy.orm import Session, aliased

from reminders.rules.lifecycle import Channel, Purpose
from reminders.rules.service_words import AppointmentState
from reminders.tables.appointments import Appointment
from reminders.tables.bindings import Binding, Follower
from reminders.tables.deliveries import Delivery
from reminders.tables.ledger import License

MINE, OTHER = aliased(Binding, name="mine"), aliased(Binding, name="other")
ME, THEM = aliased(Follower, name="me"), aliased(Follower, name="them")
BEFORE = aliased(Delivery, name="before")


def counts(session: Session, delivery_ids: Sequence[int]) -> dict[int, int]:
    """Delivery id → how many newcomers or visits there are to tell of; 0 where nothing is left to say."""
    found = dict.fromkeys(delivery_ids, 0)
    told = news(select(Delivery.id, func.count(OTHER.follower_id.distinct())))
    expected = visits(select(Delivery.id, func.count(Appointment.id)))
    for query in (told, expected):
        rows = session.execute(query.where(Delivery.id.in_(delivery_ids)).group_by(Delivery.id))
        found |= {row[0]: row[1] for row in rows}
    return found


def says_something() -> ColumnElement[bool]:
    """For rows of Delivery: the same as a condition of the taking statement."""
    return or_(
        exists().where(*_news_conditions()).correlate(Delivery),
        exists().where(*_visit_conditions()).correlate(Delivery),
    )


def news(query: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """For a select of Delivery, ME and OTHER: everybody bound since the reader looked and was last told."""
    return query.where(*_news_conditions())


def visits(query: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """For a select of Delivery, Appointment and License: the visits of the day the message is about."""
    return query.where(*_visit_conditions())


def _news_conditions() -> list[ColumnElement[bool]]:
    last = (
        select(func.max(BEFORE.intent_at))
        .where(BEFORE.channel == Delivery.channel, BEFORE.recipient_hash == Delivery.recipient_hash)
        .where(text("before.purpose IN ('news', 'visit')"), BEFORE.purpose == Purpose.NEWS)
        .where(BEFORE.accepted_at.is_not(None), BEFORE.id != Delivery.id)
        .correlate(Delivery)
        .scalar_subquery()
    )
    return [
        Delivery.purpose == Purpose.NEWS,
        MINE.follower_id == Delivery.follower_id,
        MINE.unbound_at.is_(None),
        OTHER.license_id == MINE.license_id,
        OTHER.unbound_at.is_(None),
        OTHER.follower_id != MINE.follower_id,
        OTHER.bound_at > MINE.bound_at,
        THEM.id == OTHER.follower_id,
        ~THEM.by_phone,
        ME.id == MINE.follower_id,
        or_(ME.news_seen_at.is_(None), OTHER.bound_at > ME.news_seen_at),
        or_(last.is_(None), OTHER.bound_at > last),
    ]


def _visit_conditions() -> list[ColumnElement[bool]]:
    """By SMS of whatever is booked for licenses with this contact; in WeChat of what this person booked."""
    theirs = or_(
        and_(Delivery.channel != Channel.SMS, Appointment.follower_id == Delivery.follower_id),
        and_(Delivery.channel == Channel.SMS, License.contact_id == Delivery.contact_id),
    )
    return [
        Delivery.purpose == Purpose.VISIT,
        Appointment.on == Delivery.for_day,
        Appointment.state == AppointmentState.BOOKED,
        License.id == Appointment.license_id,
        theirs,
    ]
