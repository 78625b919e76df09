"""Reads what a call or a letter is about: each date of each license with its five facts."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, case, select
from sqlalchemy.orm import Session

from reminders.five_facts import five_facts
from reminders.rules.facts import MAIN_DATE, FiveFacts
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
        facts = five_facts(
            entry,
            department,
            window_row,
            holder_name=holder_name,
            license_no=license_.license_no,
            date_name=name,
            expires_on=reminder.expires_on,
        )
        items[delivery_id].append(WorkItem(reminder.id, license_.id, reminder.stage, facts))
    return items
