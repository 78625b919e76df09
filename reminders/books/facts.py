"""Reads, for each due date of each license, the facts that `rules.person_state` asks for, as one number."""

from datetime import date
from typing import Any

from sqlalchemy import CTE, ColumnElement, Select, and_, case, exists, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from reminders import resting
from reminders.rules.lifecycle import Channel, DateKind, DeliveryState, Expiry, LicenseState, ReminderState
from reminders.rules.person_state import Carried, DueFacts, carried
from reminders.tables.bindings import Confirmation
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.deliveries import Delivery, DeliveryItem, Reminder
from reminders.tables.ledger import License

REACHED, PLANNED, CONFIRMED, NO_CHANNEL = (1 << n for n in range(4))
BITS = {kind: 1 << (4 + n) for n, kind in enumerate(Carried)}
ALL_CODES = range(1 << (4 + len(Carried)))
DATES: dict[DateKind, tuple[InstrumentedAttribute[date | None], InstrumentedAttribute[date | None]]] = {
    DateKind.MAIN: (License.expires_on, License.next_due_on),
    DateKind.COMPANION: (License.companion_on, License.companion_due_on),
}


def facts_of(code: int) -> DueFacts:
    return DueFacts(
        is_reached=bool(code & REACHED),
        is_planned=bool(code & PLANNED),
        is_confirmed=bool(code & CONFIRMED),
        has_no_channel=bool(code & NO_CHANNEL),
        carried=frozenset(kind for kind, bit in BITS.items() if code & bit),
    )


def coded(kind: DateKind, today: date, scope: int | None = None) -> Select[Any]:
    """One row a license that has this date: license_id, department_id, reminder_id (or None) and code."""
    expires_on, due_on = DATES[kind]
    current = _current(kind, expires_on)
    done = _done(current)
    reached = and_(due_on <= today, License.state == LicenseState.ACTIVE, CatalogueEntry.is_active)
    reached = and_(reached, CatalogueEntry.paused_at.is_(None))
    columns = [done.c[carried_as] for carried_as in Carried]
    code = (
        _bit(reached, REACHED)
        + _bit(current.c.reminder_id.is_not(None), PLANNED)
        + _bit(_is_confirmed(kind, expires_on), CONFIRMED)
        + _bit(Reminder.has_no_channel.is_(True), NO_CHANNEL)
    )
    for column, bit in zip(columns, BITS.values(), strict=True):
        code = code + func.coalesce(column, 0) * bit
    query = (
        select(
            License.id.label("license_id"),
            CatalogueEntry.department_id,
            current.c.reminder_id,
            code.label("code"),
        )
        .join(CatalogueEntry, CatalogueEntry.id == License.catalogue_entry_id)
        .outerjoin(current, current.c.license_id == License.id)
        .outerjoin(Reminder, Reminder.id == current.c.reminder_id)
        .outerjoin(done, done.c.reminder_id == current.c.reminder_id)
        .where(License.state != LicenseState.CANCELLED, expires_on.is_not(None))
    )
    if kind is DateKind.MAIN:
        query = query.where(License.expiry == Expiry.DATED)
    return query if scope is None else query.where(CatalogueEntry.department_id == scope)


def _current(kind: DateKind, expires_on: InstrumentedAttribute[date | None]) -> CTE:
    """The reminder of the last stage planned for the date the ledger has now."""
    return (
        select(Reminder.license_id, func.max(Reminder.id).label("reminder_id"))
        .join(License, License.id == Reminder.license_id)
        .where(Reminder.date_kind == kind, Reminder.state == ReminderState.OPEN)
        .where(Reminder.expires_on == expires_on)
        .group_by(Reminder.license_id)
        .cte("current")
    )


def _done(current: CTE) -> CTE:
    """What the messages of each current reminder did: the rule of `carried`, spelled out pair by pair."""
    did: dict[Carried, list[ColumnElement[bool]]] = {kind: [] for kind in Carried}
    for state in DeliveryState:
        kinds = {channel: carried(state, channel) for channel in Channel}
        for kind in sorted(set(kinds.values())):
            channels = [channel for channel in Channel if kinds[channel] is kind]
            did[kind].append(and_(Delivery.state == state, Delivery.channel.in_(channels)))
    return (
        select(
            DeliveryItem.reminder_id,
            *[func.max(case((or_(*found), 1), else_=0)).label(kind) for kind, found in did.items()],
        )
        .join(current, current.c.reminder_id == DeliveryItem.reminder_id)
        .join(Delivery, Delivery.id == DeliveryItem.delivery_id)
        .where(DeliveryItem.dropped_reason == "")
        .group_by(DeliveryItem.reminder_id)
        .cte("done")
    )


def _is_confirmed(kind: DateKind, expires_on: InstrumentedAttribute[date | None]) -> ColumnElement[bool]:
    """A sign of the person, an answer that keeps reminders back, or an application that is in."""
    sign = exists().where(
        Confirmation.license_id == License.id,
        Confirmation.date_kind == kind,
        Confirmation.expires_on == expires_on,
    )
    rests = resting.answered(License.id, kind, expires_on)
    return or_(License.state == LicenseState.RENEWING, rests, sign)


def _bit(condition: ColumnElement[bool], bit: int) -> ColumnElement[int]:
    return case((condition, bit), else_=0)
