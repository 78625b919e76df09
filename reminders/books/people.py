"""Counts and lists how the people stand who must hear of a due date, department by department."""

from collections import Counter
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from reminders.books.facts import ALL_CODES, coded, facts_of
from reminders.rules.lifecycle import DateKind, Stage
from reminders.rules.permissions import Actor, department_scope
from reminders.rules.person_state import PersonState, is_stranded, person_state
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.deliveries import Reminder
from reminders.tables.holders import Holder
from reminders.tables.ledger import License
from reminders.tables.staff import Department

PAGE = 50


@dataclass(frozen=True)
class Standing:
    """How many dates of one department's licenses are in each state; `stranded` must be 0."""

    department: str
    department_id: int
    states: dict[PersonState, int]
    stranded: int


@dataclass(frozen=True)
class DateLine:
    """One date of one license in the state that was asked for; `stage` is the last one planned."""

    license_id: int
    license_no: str | None
    license_name: str
    holder_name: str
    department: str
    stage: Stage | None
    expires_on: date | None
    apply_by: date | None


@dataclass(frozen=True)
class DatePage:
    """`after` is the license with which the next page goes on, None on the last one."""

    lines: tuple[DateLine, ...]
    after: int | None


def standings(session: Session, today: date, *, actor: Actor) -> list[Standing]:
    """Every date of every license that is not cancelled, in exactly one state; grouped by the database."""
    scope = department_scope(actor)
    found: Counter[tuple[int, int]] = Counter()
    for kind in DateKind:
        each = coded(kind, today, scope).subquery("each_date")
        grouped = select(each.c.department_id, each.c.code, func.count()).group_by(
            each.c.department_id, each.c.code
        )
        for department_id, code, number in session.execute(grouped):
            found[department_id, code] += number
    departments = select(Department.id, Department.name).order_by(Department.name)
    return [_standing(row.id, row.name, found) for row in session.execute(departments) if _has(row.id, found)]


def stranded(session: Session, today: date, *, actor: Actor) -> int:
    """Planned, not told, and nothing follows: 0 in a sound installation."""
    return sum(one.stranded for one in standings(session, today, actor=actor))


def dates_in(
    session: Session,
    today: date,
    state: PersonState,
    *,
    kind: DateKind = DateKind.MAIN,
    department_id: int | None = None,
    only_stranded: bool = False,
    after: int = 0,
    limit: int = PAGE,
    actor: Actor,
) -> DatePage:
    """The rows behind one number, by license, as far as the actor may see them."""
    scope = department_scope(actor)
    each = coded(kind, today, scope if scope is not None else department_id)
    codes = [code for code in ALL_CODES if person_state(facts_of(code)) is state]
    if only_stranded:
        codes = [code for code in codes if is_stranded(facts_of(code))]
    each_date = each.where(License.id > after).subquery("each_date")
    query = (
        select(
            License.id,
            License.license_no,
            CatalogueEntry.license_name,
            Holder.name,
            Department.name,
            Reminder.stage,
            License.expires_on if kind is DateKind.MAIN else License.companion_on,
            Reminder.apply_by,
        )
        .join(each_date, each_date.c.license_id == License.id)
        .join(CatalogueEntry, CatalogueEntry.id == License.catalogue_entry_id)
        .join(Department, Department.id == CatalogueEntry.department_id)
        .join(Holder, Holder.id == License.holder_id)
        .outerjoin(Reminder, Reminder.id == each_date.c.reminder_id)
        .where(each_date.c.code.in_(codes))
        .order_by(License.id)
        .limit(limit + 1)
    )
    if scope is not None and department_id not in (None, scope):
        return DatePage((), None)
    rows = session.execute(query).all()
    lines = tuple(DateLine(*row) for row in rows[:limit])
    return DatePage(lines, lines[-1].license_id if len(rows) > limit else None)


def _standing(department_id: int, name: str, found: Counter[tuple[int, int]]) -> Standing:
    states = dict.fromkeys(PersonState, 0)
    lost = 0
    for (department, code), number in found.items():
        if department == department_id:
            facts = facts_of(code)
            states[person_state(facts)] += number
            lost += number * is_stranded(facts)
    return Standing(name, department_id, states, lost)


def _has(department_id: int, found: Counter[tuple[int, int]]) -> bool:
    return any(department == department_id for department, _ in found)
