"""Which department reminds by which method, and who its officers are."""

from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from reminders.rules.lifecycle import Channel, Role
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.staff import Department, Staff

BY_HAND = frozenset({Channel.PHONE, Channel.LETTER, Channel.SMS})


@dataclass(frozen=True)
class DepartmentOfficers:
    department: str
    method: Channel
    officers: tuple[str, ...]
    leads: tuple[str, ...]

    @property
    def is_lacking(self) -> bool:
        """The plan wants a named officer where a department calls, writes or texts."""
        return self.method in BY_HAND and not self.officers


def officers(session: Session) -> list[DepartmentOfficers]:
    """Departments with kinds in the catalogue, in their order."""
    names: dict[tuple[int, Role], list[str]] = defaultdict(list)
    people = session.execute(
        select(Staff.department_id, Staff.role, Staff.name)
        .where(Staff.is_active, Staff.role.in_((Role.OFFICER, Role.LEAD)))
        .order_by(Staff.id)
    )
    for department_id, role, name in people:
        if department_id is not None:
            names[department_id, role].append(name)
    has_kinds = exists().where(CatalogueEntry.department_id == Department.id, CatalogueEntry.is_active)
    found = session.execute(
        select(Department.id, Department.name, Department.method).where(has_kinds).order_by(Department.id)
    )
    return [
        DepartmentOfficers(name, method, tuple(names[id_, Role.OFFICER]), tuple(names[id_, Role.LEAD]))
        for id_, name, method in found
    ]
