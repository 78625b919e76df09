"""Puts together the five facts of one date from the rows that hold them: kind, department and window."""

from datetime import date

from reminders.rules.facts import FiveFacts, material_list
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.staff import Department
from reminders.tables.windows import RenewalWindow


def five_facts(
    entry: CatalogueEntry,
    department: Department,
    window: RenewalWindow | None,
    *,
    holder_name: str,
    license_no: str | None,
    date_name: str,
    expires_on: date,
) -> FiveFacts:
    """`window` is that of this date; None, and its days are not known. Masking is the caller's."""
    return FiveFacts(
        license_name=entry.license_name,
        holder_name=holder_name,
        license_no=license_no,
        date_name=date_name,
        expires_on=expires_on,
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
