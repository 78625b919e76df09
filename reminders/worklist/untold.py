"""Lists the licenses whose holder nobody can tell: neither in WeChat, nor by phone, nor by letter."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, select
from sqlalchemy.orm import Session

from reminders import calls
from reminders.rules.lifecycle import Channel, DateKind, DeliveryState, Stage
from reminders.rules.permissions import Actor, department_scope
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.deliveries import UNTOLD, Delivery, DeliveryItem, Reminder
from reminders.tables.holders import Holder
from reminders.tables.ledger import License
from reminders.tables.staff import Department

PAGE = 50


@dataclass(frozen=True)
class Untold:
    """`has_contact`: the ledger names a phone, but it was found to be wrong or nobody answers.

    `was_returned`: a letter came back.
    """

    reminder_id: int
    license_id: int
    license_no: str | None
    license_name: str
    holder_name: str
    department: str
    date_kind: DateKind
    stage: Stage
    expires_on: date
    apply_by: date | None
    has_contact: bool
    was_returned: bool


@dataclass(frozen=True)
class UntoldPage:
    """`after` is the key of the next page, None on the last one."""

    lines: tuple[Untold, ...]
    after: int | None


def no_channel(session: Session, *, actor: Actor, after: int = 0, limit: int = PAGE) -> UntoldPage:
    """Due licenses of the actor's departments that wait for a phone number or a binding, oldest first."""
    query: Select[*tuple[Any, ...]] = (
        select(
            Reminder.id,
            License.id,
            License.license_no,
            CatalogueEntry.license_name,
            Holder.name,
            Department.name,
            Reminder.date_kind,
            Reminder.stage,
            Reminder.expires_on,
            Reminder.apply_by,
            License.contact_id.is_not(None),
            _was_returned(),
        )
        .join(License, License.id == Reminder.license_id)
        .join(Holder, Holder.id == License.holder_id)
        .join(CatalogueEntry, CatalogueEntry.id == License.catalogue_entry_id)
        .join(Department, Department.id == CatalogueEntry.department_id)
        .where(UNTOLD, calls.is_worth_saying(), Reminder.id > after)
        .order_by(Reminder.id)
        .limit(limit + 1)
    )
    scope = department_scope(actor)
    if scope is not None:
        query = query.where(CatalogueEntry.department_id == scope)
    rows = session.execute(query).all()
    lines = tuple(Untold(*row) for row in rows[:limit])
    return UntoldPage(lines, lines[-1].reminder_id if len(rows) > limit else None)


def _was_returned() -> ColumnElement[bool]:
    return exists().where(
        DeliveryItem.reminder_id == Reminder.id,
        Delivery.id == DeliveryItem.delivery_id,
        Delivery.channel == Channel.LETTER,
        Delivery.state == DeliveryState.REFUSED,
    )
