"""Keeps the books of one civil day: what was planned, and what became of it, by channel and department."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, select
from sqlalchemy.orm import Session, aliased

from reminders import calls, resting
from reminders.rules.day_books import STATES, Column, column_of, imbalance
from reminders.rules.lifecycle import Channel, DeliveryState, Purpose
from reminders.rules.permissions import Actor, department_scope
from reminders.rules.person_state import BY_HAND
from reminders.tables.bindings import Confirmation
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.corrections import CorrectionItem
from reminders.tables.deliveries import Delivery, DeliveryItem, Reminder
from reminders.tables.holders import Holder
from reminders.tables.ledger import License
from reminders.tables.staff import Department

PAGE = 50
FAILED = (DeliveryState.UNDELIVERABLE, DeliveryState.REFUSED)


@dataclass(frozen=True)
class Entry:
    """One line of the books; `department` is empty for messages whose words went into another message."""

    channel: Channel
    department_id: int | None
    department: str
    planned: int
    columns: dict[Column, int]

    @property
    def imbalance(self) -> int:
        return imbalance(self.planned, self.columns)


@dataclass(frozen=True)
class DayBooks:
    """A message that speaks for several departments is in the books of each of them."""

    on: date
    entries: tuple[Entry, ...]

    @property
    def imbalance(self) -> int:
        return sum(abs(entry.imbalance) for entry in self.entries)


@dataclass(frozen=True)
class MessageLine:
    """One message behind a number, or a stuck one of a correction; the holder is that of one license."""

    delivery_id: int
    channel: Channel
    state: DeliveryState
    reason: str
    next_at: datetime
    accepted_at: datetime | None
    final_at: datetime | None
    licenses: int
    license_name: str
    holder_name: str
    is_correction: bool


@dataclass(frozen=True)
class MessagePage:
    lines: tuple[MessageLine, ...]
    after: int | None


def day_books(session: Session, on: date, *, actor: Actor) -> DayBooks:
    planned: Counter[tuple[Channel, int | None]] = Counter()
    columns: Counter[tuple[Channel, int | None, Column]] = Counter()
    by_day = _by_department(on, department_scope(actor)).subquery("by_day")
    keys = (by_day.c.channel, by_day.c.department_id)
    grouped = (by_day.c.state, by_day.c.is_followed)
    for channel, department_id, number in session.execute(select(*keys, func.count()).group_by(*keys)):
        planned[channel, department_id] = number
    for channel, department_id, state, followed, number in session.execute(
        select(*keys, *grouped, func.count()).group_by(*keys, *grouped)
    ):
        columns[channel, department_id, column_of(state, is_followed=bool(followed))] += number
    names = {row.id: row.name for row in session.execute(select(Department.id, Department.name))}
    entries = [
        Entry(
            channel,
            department_id,
            names.get(department_id or 0, ""),
            number,
            {column: columns[channel, department_id, column] for column in Column},
        )
        for (channel, department_id), number in planned.items()
    ]
    return DayBooks(on, tuple(sorted(entries, key=lambda one: (one.department, one.channel))))


def messages(
    session: Session,
    on: date,
    *,
    channel: Channel | None = None,
    department_id: int | None = None,
    column: Column | None = None,
    after: int = 0,
    limit: int = PAGE,
    actor: Actor,
) -> MessagePage:
    """The messages behind one number of the books, oldest first, as far as the actor may see them."""
    scope = department_scope(actor)
    if scope is not None and department_id not in (None, scope):
        return MessagePage((), None)
    concerned = scope if scope is not None else department_id
    query = select(Delivery).where(*_of_day(on), Delivery.id > after).order_by(Delivery.id).limit(limit + 1)
    if channel is not None:
        query = query.where(Delivery.channel == channel)
    if concerned is not None:
        query = query.where(exists().where(*speaks_for(concerned)))
    if column is not None:
        query = query.where(_in_column(column))
    found = list(session.execute(query).scalars())
    told = told_of(session, [row.id for row in found[:limit]])
    lines = tuple(line_of(row, told.get(row.id, (0, "", ""))) for row in found[:limit])
    return MessagePage(lines, lines[-1].delivery_id if len(found) > limit else None)


def _by_department(on: date, scope: int | None) -> Select[Any]:
    """Each message once for every department it speaks for, with whether its failure is followed up."""
    query = (
        select(
            Delivery.id,
            Delivery.channel,
            CatalogueEntry.department_id,
            Delivery.state,
            case((_is_stranded(), 0), else_=1).label("is_followed"),
        )
        .outerjoin(DeliveryItem, DeliveryItem.delivery_id == Delivery.id)
        .outerjoin(Reminder, Reminder.id == DeliveryItem.reminder_id)
        .outerjoin(License, License.id == Reminder.license_id)
        .outerjoin(CatalogueEntry, CatalogueEntry.id == License.catalogue_entry_id)
        .where(*_of_day(on))
        .distinct()
    )
    return query if scope is None else query.where(CatalogueEntry.department_id == scope)


def _of_day(on: date) -> list[ColumnElement[bool]]:
    """Reminders only: codes are asked for, and each correction has books of its own."""
    return [Delivery.for_day == on, Delivery.purpose == Purpose.REMINDER]


def _in_column(column: Column) -> ColumnElement[bool]:
    failed = Column.UNDELIVERABLE, Column.REFUSED
    states = [state for state, its in STATES.items() if its is column]
    if column is Column.STRANDED:
        return and_(Delivery.state.in_(FAILED), _is_stranded())
    if column in failed:
        return and_(Delivery.state.in_(states), ~_is_stranded())
    return Delivery.state.in_(states)


def _is_stranded() -> ColumnElement[bool]:
    """A failed message still has something true to say, and nobody and no list takes it up."""
    item = aliased(DeliveryItem)
    sign = exists().where(
        Confirmation.license_id == Reminder.license_id,
        Confirmation.date_kind == Reminder.date_kind,
        Confirmation.expires_on == Reminder.expires_on,
    )
    lost = (
        exists()
        .where(item.delivery_id == Delivery.id, item.dropped_reason == "")
        .where(Reminder.id == item.reminder_id, License.id == Reminder.license_id)
        .where(calls.is_worth_saying(), ~Reminder.has_no_channel)
        .where(~sign, ~resting.is_carried(Reminder.id))
        .correlate(Delivery)
    )
    ended_by_hand = and_(Delivery.channel.in_(BY_HAND), Delivery.outcome.is_not(None))
    return and_(Delivery.state.in_(FAILED), Delivery.purpose == Purpose.REMINDER, ~ended_by_hand, lost)


def speaks_for(department_id: int) -> list[ColumnElement[bool]]:
    return [
        DeliveryItem.delivery_id == Delivery.id,
        Reminder.id == DeliveryItem.reminder_id,
        License.id == Reminder.license_id,
        CatalogueEntry.id == License.catalogue_entry_id,
        CatalogueEntry.department_id == department_id,
    ]


def told_of(session: Session, delivery_ids: list[int]) -> dict[int, tuple[int, str, str]]:
    """How many licenses a message speaks of, and one of them; of corrections as of reminders."""
    told: dict[int, tuple[int, str, str]] = {}
    for item in (DeliveryItem, CorrectionItem):
        found = session.execute(
            select(
                item.delivery_id,
                func.count(License.id.distinct()),
                func.min(CatalogueEntry.license_name),
                func.min(Holder.name),
            )
            .join(Reminder, Reminder.id == item.reminder_id)
            .join(License, License.id == Reminder.license_id)
            .join(CatalogueEntry, CatalogueEntry.id == License.catalogue_entry_id)
            .join(Holder, Holder.id == License.holder_id)
            .where(item.delivery_id.in_(delivery_ids))
            .group_by(item.delivery_id)
        )
        told |= {id or 0: (number, name, holder) for id, number, name, holder in found}
    return told


def line_of(row: Delivery, told: tuple[int, str, str]) -> MessageLine:
    return MessageLine(
        row.id,
        row.channel,
        row.state,
        row.state_reason,
        row.next_at,
        row.accepted_at,
        row.final_at,
        *told,
        row.purpose is Purpose.CORRECTION,
    )
