"""What a run says of itself, and how much of it each department has."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from reminders.rules.lifecycle import Channel, DateKind
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.deliveries import DeliveryItem, Reminder
from reminders.tables.ledger import License
from reminders.tables.staff import Department


@dataclass(frozen=True)
class Blocked:
    """A license kind nothing is sent from until these facts are known; `licenses` are waiting for it."""

    entry_id: int
    license_name: str
    date_kind: DateKind
    missing: tuple[str, ...]
    licenses: int


@dataclass(frozen=True)
class Share:
    """How much of a run one department has for one license kind on one channel."""

    department: str
    license_name: str
    channel: Channel
    reminders: int
    messages: int


@dataclass(frozen=True)
class PlanReport:
    """What one run added, or would have added when it `is_held`.

    `skipped` due licenses had this stage or a later one already.
    """

    run_id: int
    for_day: date
    reminders: int
    deliveries: int  # messages by machine
    worklist: int  # calls and letters
    no_channel: int  # all reminders nobody can be told, older ones included
    skipped: int
    blocked: tuple[Blocked, ...]
    is_held: bool = False

    def counts(self) -> dict[str, int]:
        return {
            "reminders": self.reminders,
            "deliveries": self.deliveries,
            "worklist": self.worklist,
            "no_channel": self.no_channel,
            "skipped": self.skipped,
            "blocked": sum(item.licenses for item in self.blocked),
        }


def shares(session: Session, run_id: int) -> list[Share]:
    """What one run planned, by department, license kind and channel."""
    found = session.execute(
        select(
            Department.name,
            CatalogueEntry.license_name,
            DeliveryItem.channel,
            func.count(DeliveryItem.reminder_id.distinct()),
            func.count(DeliveryItem.delivery_id.distinct()),
        )
        .join(CatalogueEntry, CatalogueEntry.department_id == Department.id)
        .join(License, License.catalogue_entry_id == CatalogueEntry.id)
        .join(Reminder, Reminder.license_id == License.id)
        .join(DeliveryItem, DeliveryItem.reminder_id == Reminder.id)
        .where(Reminder.run_id == run_id)
        .group_by(Department.name, CatalogueEntry.license_name, DeliveryItem.channel)
        .order_by(Department.name, CatalogueEntry.license_name, DeliveryItem.channel)
    )
    return [Share(*row) for row in found]
