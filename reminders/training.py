"""How far somebody is in their practice: the tasks of their role, ticked off by the audit."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from reminders.errors import Forbidden
from reminders.rules import training as rules
from reminders.rules.permissions import Actor
from reminders.rules.training import Happened, StepDone, TaskDone
from reminders.tables.audit import AuditEntry
from reminders.tables.staff import Department, Staff

MOST_ENTRIES = 20_000  # a practice installation is begun anew long before


@dataclass(frozen=True)
class Training:
    """`since` is when the account was made: what holders did before proves nothing."""

    login: str
    department: str
    since: datetime
    tasks: tuple[TaskDone, ...]

    @property
    def steps(self) -> list[StepDone]:
        return [step for task in self.tasks for step in task.steps]

    @property
    def done(self) -> int:
        return sum(one.at is not None for one in self.steps)

    @property
    def next_step(self) -> StepDone | None:
        return next((one for one in self.steps if one.at is None), None)

    @property
    def finished_at(self) -> datetime | None:
        return None if self.next_step else max(one.at for one in self.steps if one.at)


def of(session: Session, *, actor: Actor) -> Training:
    """Of a signed-in person; also while they stand in for somebody it is their own."""
    person = session.get(Staff, actor.staff_id)
    if person is None:
        raise Forbidden("练习任务只给登录的工作人员。")
    department = session.get(Department, person.department_id) if person.department_id else None
    return Training(
        login=person.login,
        department=department.name if department else "",
        since=person.created_at,
        tasks=rules.progress(person.role, _happened(session, person, rules.actions(person.role))),
    )


def _happened(session: Session, person: Staff, actions: set[str]) -> dict[str, Happened]:
    own, found = f"staff:{person.id}", {action: Happened([], []) for action in actions}
    query = (
        select(AuditEntry.action, AuditEntry.actor, AuditEntry.at)
        .where(AuditEntry.action.in_(actions), AuditEntry.at >= person.created_at)
        .order_by(AuditEntry.id)
        .limit(MOST_ENTRIES)
    )
    for action, actor, at in session.execute(query):
        found[action].anybody.append(at)
        if actor == own:
            found[action].own.append(at)
    return found
