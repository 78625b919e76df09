"""Finds the license kinds from which nothing is sent, because the catalogue lacks a fact."""

from collections import Counter
from dataclasses import replace
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from reminders.planning import due
from reminders.planning.report import Blocked
from reminders.rules.due import missing_facts
from reminders.rules.lifecycle import DateKind
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.ledger import License
from reminders.tables.staff import Department


def held_back(session: Session) -> list[Blocked]:
    """Kinds lacking one of the five facts for one of their dates; those that left the catalogue
    or are paused lack none."""
    rows = session.execute(
        select(CatalogueEntry, Department.counter, Department.service_phone)
        .join(Department, Department.id == CatalogueEntry.department_id)
        .order_by(CatalogueEntry.id)
    )
    found = []
    for entry, counter, service_phone in rows:
        for kind, latest in (
            (DateKind.MAIN, entry.renewal_latest),
            (DateKind.COMPANION, entry.companion_latest),
        ):
            missing = missing_facts(latest, counter, service_phone, entry.materials)
            is_resting = not entry.is_active or entry.paused_at is not None
            if missing or is_resting:
                told = () if is_resting else missing
                found.append(Blocked(entry.id, entry.license_name, kind, told, 0))
    return found


def waiting_for_facts(session: Session, incomplete: list[Blocked], today: date) -> tuple[Blocked, ...]:
    """The incomplete kinds among them that have a due license."""
    waiting: Counter[tuple[DateKind, int]] = Counter()
    for dates in due.DATES:
        # Whoever could be planned was moved on; so this reads the index of the due day, no entry.
        left = session.execute(select(License.catalogue_entry_id).where(*due.is_due(dates, today, ())))
        waiting |= Counter((dates.kind, entry_id) for entry_id in left.scalars())
    return tuple(
        replace(item, licenses=waiting[item.date_kind, item.entry_id])
        for item in incomplete
        if item.missing and (item.date_kind, item.entry_id) in waiting
    )
