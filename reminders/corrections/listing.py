"""Shows the corrections that were sent, and what became of each message of one."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, case, exists, func, or_, select
from sqlalchemy.orm import Session

from reminders.errors import NotFound
from reminders.righting import IN_DELIVERY, concerns, says_something
from reminders.rules.day_books import Column, column_of, imbalance
from reminders.rules.identity import mask_holder
from reminders.rules.lifecycle import BatchKind, Channel, DeliveryState, HolderKind
from reminders.rules.permissions import Actor, department_scope
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.corrections import Correction, CorrectionItem
from reminders.tables.deliveries import Delivery, PlannerRun, Reminder
from reminders.tables.holders import Holder
from reminders.tables.ledger import LedgerImport, License

PAGE = 50


@dataclass(frozen=True)
class CorrectionLine:
    """One correction; of the four that name the batch only those of its kind are filled.

    `open` counts messages that are still on their way, or wait for a person.
    """

    id: int
    batch: BatchKind
    run_day: date | None
    file_name: str | None
    on_day: date | None
    license_name: str | None
    sentence: str
    stops_waiting: bool
    people: int
    messages: int
    stopped: int
    created_by: str
    created_at: datetime
    open: int


@dataclass(frozen=True)
class CorrectionPage:
    """`before` is the correction with which the next page goes on, None on the last one."""

    lines: tuple[CorrectionLine, ...]
    before: int | None


@dataclass(frozen=True)
class ChannelBooks:
    """What became of the messages of one channel, in the columns of the books of a day."""

    channel: Channel
    planned: int
    columns: dict[Column, int]

    @property
    def imbalance(self) -> int:
        return imbalance(self.planned, self.columns)


@dataclass(frozen=True)
class MessageLine:
    """One message; names of natural persons are masked."""

    delivery_id: int
    channel: Channel
    state: DeliveryState
    reason: str
    holder_name: str
    license_name: str
    licenses: int
    at: datetime


@dataclass(frozen=True)
class MessagePage:
    lines: tuple[MessageLine, ...]
    after: int | None


def listed(session: Session, *, before: int = 0, limit: int = PAGE, actor: Actor) -> CorrectionPage:
    """The newest first, as far as the actor may see them."""
    query = _lines().where(*_seen_by(actor)).order_by(Correction.id.desc()).limit(limit + 1)
    rows = session.execute(query if not before else query.where(Correction.id < before)).all()
    lines = tuple(CorrectionLine(*row) for row in rows[:limit])
    return CorrectionPage(lines, lines[-1].id if len(rows) > limit else None)


def one(session: Session, correction_id: int, *, actor: Actor) -> CorrectionLine:
    """Raises NotFound outside the actor's department."""
    row = session.execute(_lines().where(Correction.id == correction_id, *_seen_by(actor))).first()
    if row is None:
        raise NotFound("没有找到这次更正，可能不属于您的科室。")
    return CorrectionLine(*row)


def books_of(session: Session, correction_id: int) -> list[ChannelBooks]:
    """Every message of it in exactly one column, those of the channels it moved on to among them."""
    followed = case((says_something(), 0), else_=1).label("is_followed")
    each = (
        select(Delivery.channel, Delivery.state, followed)
        .where(IN_DELIVERY, Delivery.correction_id == correction_id)
        .subquery("each_message")
    )
    keys = (each.c.channel, each.c.state, each.c.is_followed)
    found = session.execute(select(*keys, func.count()).group_by(*keys))
    planned: Counter[Channel] = Counter()
    columns: Counter[tuple[Channel, Column]] = Counter()
    for channel, state, is_followed, number in found:
        planned[channel] += number
        columns[channel, column_of(state, is_followed=bool(is_followed))] += number
    return [
        ChannelBooks(channel, number, {column: columns[channel, column] for column in Column})
        for channel, number in sorted(planned.items())
    ]


def messages(
    session: Session, correction_id: int, *, after: int = 0, limit: int = PAGE, actor: Actor
) -> MessagePage:
    """Of a department that is told about more than its own licenses, only its own are shown."""
    found = session.execute(
        select(Delivery)
        .where(IN_DELIVERY, Delivery.correction_id == correction_id, Delivery.id > after)
        .where(*concerns(department_scope(actor)))
        .order_by(Delivery.id)
        .limit(limit + 1)
    )
    rows = found.scalars().all()
    said = _said(session, [row.id for row in rows[:limit]])
    lines = tuple(_line(row, said.get(row.id)) for row in rows[:limit])
    return MessagePage(lines, lines[-1].delivery_id if len(rows) > limit else None)


def _lines() -> Select[*tuple[Any, ...]]:
    is_open = Delivery.final_at.is_(None)
    waiting = select(func.count()).where(IN_DELIVERY, Delivery.correction_id == Correction.id, is_open)
    return (
        select(
            Correction.id,
            Correction.batch,
            PlannerRun.for_day,
            LedgerImport.file_name,
            Correction.on_day,
            CatalogueEntry.license_name,
            Correction.sentence,
            Correction.stops_waiting,
            Correction.people,
            Correction.messages,
            Correction.stopped,
            Correction.created_by,
            Correction.created_at,
            waiting.correlate(Correction).scalar_subquery(),
        )
        .outerjoin(PlannerRun, PlannerRun.id == Correction.run_id)
        .outerjoin(LedgerImport, LedgerImport.id == Correction.import_id)
        .outerjoin(CatalogueEntry, CatalogueEntry.id == Correction.catalogue_entry_id)
    )


def _seen_by(actor: Actor) -> list[ColumnElement[bool]]:
    """A department sees its own corrections, and those of others that speak of its licenses."""
    scope = department_scope(actor)
    if scope is None:
        return []
    about = exists().where(
        CorrectionItem.correction_id == Correction.id,
        Reminder.id == CorrectionItem.reminder_id,
        License.id == Reminder.license_id,
        CatalogueEntry.id == License.catalogue_entry_id,
        CatalogueEntry.department_id == scope,
    )
    return [or_(Correction.department_id == scope, about.correlate(Correction))]


def _said(session: Session, delivery_ids: list[int]) -> dict[int, tuple[str, HolderKind, str, int]]:
    found = session.execute(
        select(CorrectionItem.delivery_id, Holder.name, Holder.kind, CatalogueEntry.license_name)
        .join(Reminder, Reminder.id == CorrectionItem.reminder_id)
        .join(License, License.id == Reminder.license_id)
        .join(CatalogueEntry, CatalogueEntry.id == License.catalogue_entry_id)
        .join(Holder, Holder.id == License.holder_id)
        .where(CorrectionItem.delivery_id.in_(delivery_ids))
        .order_by(CorrectionItem.id)
    )
    told: dict[int, tuple[str, HolderKind, str, int]] = {}
    for delivery_id, name, kind, license_name in found:
        first = told.get(delivery_id or 0)
        told[delivery_id or 0] = (*first[:3], first[3] + 1) if first else (name, kind, license_name, 1)
    return told


def _line(row: Delivery, said: tuple[str, HolderKind, str, int] | None) -> MessageLine:
    name, kind, license_name, licenses = said or ("", HolderKind.COMPANY, "", 0)
    at = row.final_at or row.accepted_at or row.next_at
    shown = mask_holder(name, kind) if name else ""
    return MessageLine(row.id, row.channel, row.state, row.state_reason, shown, license_name, licenses, at)
