"""Reads what a call or a letter is about: each date of each license with its five facts."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, case, select
from sqlalchemy.orm import Session

from reminders.rules.facts import MAIN_DATE, FiveFacts, material_list
from reminders.rules.lifecycle import DateKind, Stage
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.deliveries import DeliveryItem, Reminder
from reminders.tables.holders import Holder
from reminders.tables.ledger import License
from reminders.tables.staff import Department
from reminders.tables.windows import RenewalWindow


@dataclass(frozen=True)
class WorkItem:
    """One date of one license to tell."""

    reminder_id: int
    license_id: int
    stage: Stage
    facts: FiveFacts


def items_of(
    session: Session, delivery_ids: Sequence[int], *conditions: ColumnElement[bool]
) -> dict[int, list[WorkItem]]:
    """For each call or letter what it has to say, in the order of the last day to apply."""
    window = and_(
        RenewalWindow.catalogue_entry_id == License.catalogue_entry_id,
        RenewalWindow.date_kind == Reminder.date_kind,
        RenewalWindow.expires_on == Reminder.expires_on,
    )
    date_name = case((Reminder.date_kind == DateKind.MAIN, MAIN_DATE), else_=CatalogueEntry.companion_name)
    found = session.execute(
        select(DeliveryItem.delivery_id, Reminder, License, CatalogueEntry, Department, Holder.name)
        .add_columns(RenewalWindow, date_name)
        .join(Reminder, Reminder.id == DeliveryItem.reminder_id)
        .join(License, License.id == Reminder.license_id)
        .join(CatalogueEntry, CatalogueEntry.id == License.catalogue_entry_id)
        .join(Department, Department.id == CatalogueEntry.department_id)
        .join(Holder, Holder.id == License.holder_id)
        .outerjoin(RenewalWindow, window)
        .where(DeliveryItem.delivery_id.in_(delivery_ids), DeliveryItem.dropped_reason == "")
        .where(*conditions)
        .order_by(RenewalWindow.apply_by, DeliveryItem.id)
    )
    items: dict[int, list[WorkItem]] = {delivery_id: [] for delivery_id in delivery_ids}
    for delivery_id, reminder, license_, entry, department, holder_name, window_row, name in found:
        facts = _facts(reminder, license_, entry, department, holder_name, window_row, name)
        items[delivery_id].append(WorkItem(reminder.id, license_.id, reminder.stage, facts))
    return items


def _facts(
    reminder: Reminder,
    license_: License,
    entry: CatalogueEntry,
    department: Department,
    holder_name: str,
    window: RenewalWindow | None,
    date_name: str,
) -> FiveFacts:
    return FiveFacts(
        license_name=entry.license_name,
        holder_name=holder_name,
        license_no=license_.license_no,
        date_name=date_name,
        expires_on=reminder.expires_on,
        opens_on=window.opens_on if window else None,
        apply_by=window.apply_by if window else None,
        is_estimate=window.is_estimate if window else False,
        confidence=entry.confidence,
        counter=department.counter,
        counter_hours=department.counter_hours,
        service_phone=department.service_phone,
        materials=material_list(entry.materials),
        department=department.name,
        basis=entry.basis,
        basis_article=entry.basis_article,
    )
