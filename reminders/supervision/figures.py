"""Counts the figures of a period for each department and kind, and the messages of each channel."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVarTuple

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, or_, select
from sqlalchemy.orm import Session

from reminders import clock, fates
from reminders.rules.lifecycle import CallOutcome, Channel, DeliveryState, Expiry, LicenseState, Purpose
from reminders.rules.permissions import Actor, department_scope
from reminders.rules.supervision import Counts, Period
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.deliveries import Delivery, DeliveryItem, Reminder
from reminders.tables.holders import Contact
from reminders.tables.ledger import License
from reminders.tables.staff import Department

LEFT = (
    *(DeliveryState.DELIVERED, DeliveryState.ACCEPTED, DeliveryState.UNCONFIRMED, DeliveryState.REFUSED),
    *(DeliveryState.UNDELIVERABLE, DeliveryState.REVIEW),
)
Ts = TypeVarTuple("Ts")
SPOKEN = (CallOutcome.TOLD, CallOutcome.ALREADY_RENEWED, CallOutcome.CALL_BACK)


@dataclass(frozen=True)
class Line:
    """One department (`entry_id` None) or one kind of it."""

    department_id: int
    department: str
    entry_id: int | None
    license_name: str
    counts: Counts


@dataclass(frozen=True)
class ChannelLine:
    """Messages of a channel: those that arrived, of those that left or came to an end."""

    channel: Channel
    delivered: int
    left: int


@dataclass(frozen=True)
class Overview:
    """`departments` and `kinds` in the order of the catalogue; `all` is their sum."""

    period: Period
    all: Counts
    departments: tuple[Line, ...]
    kinds: tuple[Line, ...]
    channels: tuple[ChannelLine, ...]
    due_soon: int


def overview(session: Session, period: Period, *, actor: Actor, now: datetime) -> Overview:
    """Everything the page shows, as far as the actor may see it."""
    scope, today = department_scope(actor), clock.civil_date(now)
    found: dict[int, Counts] = defaultdict(Counts)
    for entry_id, licenses, complete in session.execute(_stock(scope)):
        found[entry_id] += Counts(covered=1, licenses=licenses, complete=complete or 0)
    for row in session.execute(_expired(session, period, now, scope)):
        found[row[0]] += Counts(**dict(zip(EXPIRED_PARTS, (int(one or 0) for one in row[1:]), strict=True)))
    kinds = tuple(
        Line(department_id, department, entry_id, name, found[entry_id] + Counts(entries=1))
        for entry_id, name, department_id, department in session.execute(_entries(scope))
    )
    departments: dict[int, Line] = {}
    for one in kinds:
        before = departments.get(one.department_id)
        counts = before.counts + one.counts if before else one.counts
        departments[one.department_id] = Line(one.department_id, one.department, None, "", counts)
    return Overview(
        period=period,
        all=sum((one.counts for one in kinds), Counts()),
        departments=tuple(departments.values()),
        kinds=kinds,
        channels=_channels(session, period, scope),
        due_soon=session.execute(
            _due_soon(scope)
            .where(License.expires_on >= today)
            .where(License.expires_on <= today + timedelta(days=92))
        ).scalar_one(),
    )


EXPIRED_PARTS = (
    *("expired", "on_time", "lapsed", "reached", "timely", "not_timely", "reminded", "days_ahead"),
)


def is_complete() -> ColumnElement[bool]:
    """Of a `License` outer-joined to its `Contact`: date, number and phone can be worked with."""
    has_date = or_(License.expiry == Expiry.NONE, License.expires_on.is_not(None))
    return and_(
        has_date, License.number_key.is_not(None), Contact.id.is_not(None), Contact.wrong_at.is_(None)
    )


def of_scope(query: Select[*Ts], scope: int | None) -> Select[*Ts]:
    return query if scope is None else query.where(CatalogueEntry.department_id == scope)


def arrived() -> ColumnElement[bool]:
    """A call counts when somebody spoke; every other channel by its receipt or signature."""
    by_phone = and_(Delivery.channel == Channel.PHONE, Delivery.outcome.in_(SPOKEN))
    return or_(by_phone, and_(Delivery.channel != Channel.PHONE, Delivery.state == DeliveryState.DELIVERED))


def in_period(period: Period) -> list[ColumnElement[bool]]:
    """Reminders of the period that left, or were worked by hand to an end."""
    return [
        Delivery.purpose == Purpose.REMINDER,
        Delivery.for_day >= period.since,
        Delivery.for_day <= period.until,
        or_(Delivery.state.in_(LEFT), Delivery.outcome.is_not(None)),
    ]


def end_of(period: Period, now: datetime) -> Any:
    """The day before which an expiry counts: a license is valid through its last day."""
    return min(period.until + timedelta(days=1), clock.civil_date(now))


def _entries(scope: int | None) -> Select[*tuple[Any, ...]]:
    query = (
        select(CatalogueEntry.id, CatalogueEntry.license_name, Department.id, Department.name)
        .join(Department, Department.id == CatalogueEntry.department_id)
        .where(CatalogueEntry.is_active)
        .order_by(Department.id, CatalogueEntry.id)
    )
    return of_scope(query, scope)


def _stock(scope: int | None) -> Select[*tuple[Any, ...]]:
    query = (
        select(License.catalogue_entry_id, func.count(), func.sum(case((is_complete(), 1), else_=0)))
        .join(CatalogueEntry, CatalogueEntry.id == License.catalogue_entry_id)
        .outerjoin(Contact, Contact.id == License.contact_id)
        .where(License.state != LicenseState.CANCELLED)
        .group_by(License.catalogue_entry_id)
    )
    return of_scope(query, scope)


def _expired(session: Session, period: Period, now: datetime, scope: int | None) -> Select[*tuple[Any, ...]]:
    dialect = session.get_bind().dialect.name
    row = fates.fates(dialect, period.since, end_of(period, now)).subquery().c
    is_part = (
        (row.outcome, "on_time"),
        (row.outcome, "lapsed"),
        (row.reach, "reached"),
        (row.timeliness, "timely"),
        (row.timeliness, "not_timely"),
    )
    sums = [func.sum(case((column == part, 1), else_=0)) for column, part in is_part]
    query = select(
        row.entry_id, func.count(), *sums, func.count(row.days_ahead), func.sum(row.days_ahead)
    ).group_by(row.entry_id)
    return query if scope is None else query.where(row.department_id == scope)


def _channels(session: Session, period: Period, scope: int | None) -> tuple[ChannelLine, ...]:
    query = (
        select(Delivery.channel, func.sum(case((arrived(), 1), else_=0)), func.count())
        .where(*in_period(period))
        .group_by(Delivery.channel)
    )
    if scope is not None:
        query = query.where(speaks_for(scope))
    return tuple(
        ChannelLine(channel, delivered or 0, left)
        for channel, delivered, left in sorted(session.execute(query).all(), key=lambda row: row[0])
    )


def speaks_for(department_id: int) -> ColumnElement[bool]:
    return exists().where(
        DeliveryItem.delivery_id == Delivery.id,
        Reminder.id == DeliveryItem.reminder_id,
        License.id == Reminder.license_id,
        CatalogueEntry.id == License.catalogue_entry_id,
        CatalogueEntry.department_id == department_id,
    )


def _due_soon(scope: int | None) -> Select[*tuple[Any, ...]]:
    query = (
        select(func.count(License.id))
        .join(CatalogueEntry, CatalogueEntry.id == License.catalogue_entry_id)
        .where(License.state == LicenseState.ACTIVE)
    )
    return of_scope(query, scope)
