"""Chooses a wrong batch, and finds in the tables what of it was told and what still waits."""

import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, and_, exists, func, or_, select, union
from sqlalchemy.orm import Session, aliased

from reminders import told
from reminders.errors import Invalid, NotFound
from reminders.rules.delivery_rules import day_start
from reminders.rules.lifecycle import (
    BatchKind,
    DeliveryState,
    ImportState,
    Purpose,
    ReminderState,
    RowAction,
)
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.corrections import CorrectionItem
from reminders.tables.deliveries import Delivery, DeliveryItem, PlannerRun, Reminder
from reminders.tables.ledger import ImportRow, LedgerImport, License

OFFERED = 20
LONGEST_WAIT = timedelta(days=31)  # between the day a message belongs to and the day it left
TOUCHING = (RowAction.CHANGED, RowAction.RENEWED)
# Letters and calls too: what nobody began yet is not said any more.
UNTOLD_STATES = (DeliveryState.READY, DeliveryState.BLOCKED, DeliveryState.UNKNOWN)


@dataclass(frozen=True)
class Batch:
    """A planning run, an import, or one kind of license on one civil day."""

    kind: BatchKind
    run_id: int | None = None
    import_id: int | None = None
    on: date | None = None
    entry_id: int | None = None

    def numbers(self) -> dict[str, object]:
        """For the audit."""
        told_by = {"run": self.run_id, "import": self.import_id, "on": self.on, "entry": self.entry_id}
        return {name: str(value) for name, value in told_by.items() if value is not None}


@dataclass(frozen=True)
class RunChoice:
    run_id: int
    for_day: date
    reminders: int


@dataclass(frozen=True)
class ImportChoice:
    import_id: int
    file_name: str
    accepted_at: datetime


def choices(session: Session, *, scope: int | None) -> tuple[list[RunChoice], list[ImportChoice]]:
    """The newest runs that planned something, and the newest imports accepted, of this department or all."""
    runs = session.execute(
        select(PlannerRun.id, PlannerRun.for_day, PlannerRun.counts)
        .where(exists().where(Reminder.run_id == PlannerRun.id))
        .order_by(PlannerRun.id.desc())
        .limit(OFFERED)
    )
    imports = select(LedgerImport.id, LedgerImport.file_name, LedgerImport.accepted_at).where(
        LedgerImport.accepted_at.is_not(None)
    )
    if scope is not None:
        imports = imports.where(LedgerImport.department_id == scope)
    found = session.execute(imports.order_by(LedgerImport.id.desc()).limit(OFFERED))
    return (
        [RunChoice(id, day, json.loads(counts).get("reminders", 0)) for id, day, counts in runs],
        [ImportChoice(id, name, at) for id, name, at in found if at is not None],
    )


def told_in(session: Session, batch: Batch, scope: int | None) -> Subquery:
    """What was said wrongly, once for each message and reminder, and is not put right yet.

    Raises NotFound or Invalid where the batch names nothing.
    """
    was_said = or_(
        DeliveryItem.dropped_reason == "",
        # Given up later, but a try of it may have arrived with everything in it.
        and_(Delivery.state == DeliveryState.CANCELLED, told.is_uncertain()),
    )
    put_right = exists().where(
        CorrectionItem.told_delivery_id == Delivery.id, CorrectionItem.reminder_id == Reminder.id
    )
    query = (
        select(
            Delivery.id.label("told_delivery_id"),
            Reminder.id.label("reminder_id"),
            Reminder.license_id,
            Delivery.channel,
            Delivery.recipient_hash,
        )
        .join(DeliveryItem, DeliveryItem.delivery_id == Delivery.id)
        .join(Reminder, Reminder.id == DeliveryItem.reminder_id)
        .join(License, License.id == Reminder.license_id)
        .where(Delivery.purpose == Purpose.REMINDER, told.may_have_told(), was_said, ~put_right)
    )
    return _within(_by_telling(session, query, batch), scope).subquery("told")


def waiting_in(session: Session, batch: Batch, scope: int | None) -> Subquery:
    """Reminders of the batch that nobody was told yet, whether they wait in a message or for a channel."""
    item, message = aliased(DeliveryItem), aliased(Delivery)
    carried = and_(item.reminder_id == Reminder.id, item.dropped_reason == "", message.id == item.delivery_id)
    waits = exists().where(carried, message.state.in_(UNTOLD_STATES))
    query = (
        select(Reminder.id.label("reminder_id"))
        .join(License, License.id == Reminder.license_id)
        .where(Reminder.state == ReminderState.OPEN, or_(waits, Reminder.has_no_channel))
        .where(_by_planning(session, batch))
    )
    return _within(query, scope).subquery("waiting")


def _within(query: Select[*tuple[Any, ...]], scope: int | None) -> Select[*tuple[Any, ...]]:
    if scope is None:
        return query
    entry = query.join(CatalogueEntry, CatalogueEntry.id == License.catalogue_entry_id)
    return entry.where(CatalogueEntry.department_id == scope)


def _by_telling(session: Session, query: Select[*tuple[Any, ...]], batch: Batch) -> Select[*tuple[Any, ...]]:
    match batch.kind:
        case BatchKind.RUN:
            return query.where(Reminder.run_id == _run(session, batch))
        case BatchKind.IMPORT:
            return _by_import(query, _import(session, batch))
        case BatchKind.DAY:
            on, entry_id = _day_and_kind(session, batch)
            start, end = day_start(on), day_start(on + timedelta(days=1))
            return query.where(
                License.catalogue_entry_id == entry_id,
                Delivery.for_day.between(on - LONGEST_WAIT, on),
                told.told_at() >= start,
                told.told_at() < end,
            )


def _by_planning(session: Session, batch: Batch) -> ColumnElement[bool]:
    match batch.kind:
        case BatchKind.RUN:
            return Reminder.run_id == _run(session, batch)
        case BatchKind.IMPORT:
            return License.import_id == _import(session, batch).id
        case BatchKind.DAY:
            on, entry_id = _day_and_kind(session, batch)
            planned = Reminder.created_at < day_start(on + timedelta(days=1))
            return and_(License.catalogue_entry_id == entry_id, planned)


def _by_import(query: Select[*tuple[Any, ...]], made: LedgerImport) -> Select[*tuple[Any, ...]]:
    """What was told from this sheet: after it was accepted, until it was undone or a later sheet that stands
    changed the license again; what was said while a later one stood that was undone since is of that one."""
    later = (
        select(ImportRow.license_id, func.min(LedgerImport.accepted_at).label("changed_at"))
        .join(LedgerImport, LedgerImport.id == ImportRow.import_id)
        .where(LedgerImport.undone_at.is_(None), LedgerImport.accepted_at > made.accepted_at)
        .where(ImportRow.action.in_(TOUCHING), ImportRow.license_id.is_not(None))
        .group_by(ImportRow.license_id)
        .subquery("later")
    )
    made_new = select(License.id).join(later, later.c.license_id == License.id)
    written: Any = union(
        select(License.id).where(License.import_id == made.id),
        select(ImportRow.license_id).where(ImportRow.import_id == made.id, ImportRow.action.in_(TOUCHING)),
        made_new.where(License.created_at == made.accepted_at),
    )
    if made.undone_at is not None:
        query = query.where(told.told_at() < made.undone_at)
    meanwhile = exists().where(
        ImportRow.license_id == License.id,
        ImportRow.action.in_(TOUCHING),
        LedgerImport.id == ImportRow.import_id,
        LedgerImport.state == ImportState.UNDONE,
        LedgerImport.accepted_at.between(made.accepted_at, told.told_at()),
        LedgerImport.id != made.id,
        LedgerImport.undone_at > told.told_at(),
    )
    return (
        query.outerjoin(later, later.c.license_id == License.id)
        .where(License.id.in_(written), told.told_at() >= made.accepted_at, ~meanwhile)
        .where(or_(later.c.changed_at.is_(None), told.told_at() < later.c.changed_at))
    )


def _run(session: Session, batch: Batch) -> int:
    if batch.run_id is None or session.get(PlannerRun, batch.run_id) is None:
        raise NotFound("没有这次提醒计划，请重新选择。")
    return batch.run_id


def _import(session: Session, batch: Batch) -> LedgerImport:
    made = session.get(LedgerImport, batch.import_id) if batch.import_id is not None else None
    if made is None or made.accepted_at is None:
        raise NotFound("没有这次导入，或它没有被确认过，请重新选择。")
    return made


def _day_and_kind(session: Session, batch: Batch) -> tuple[date, int]:
    if batch.on is None or batch.entry_id is None:
        raise Invalid("请选出哪一天、哪一种证照。")
    if session.get(CatalogueEntry, batch.entry_id) is None:
        raise NotFound("目录里没有这种证照，请重新选择。")
    return batch.on, batch.entry_id
