"""Departments as the console keeps them: counter, phone, method; and who answers for which duty."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from reminders import audit
from reminders.errors import Conflict, Invalid, NotFound
from reminders.rules.catalogue_entry import NEED_AN_OFFICER, NO_OFFICER
from reminders.rules.lifecycle import Channel, Role
from reminders.rules.permissions import Actor, department_scope
from reminders.tables.appointments import CounterHour
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.staff import Department, Staff

LONGEST = 300
LONGEST_PHONE = 64
METHODS = (Channel.BUSINESS_SYSTEM, Channel.LETTER, Channel.PHONE, Channel.SMS, Channel.WECHAT)


@dataclass(frozen=True)
class DepartmentFields:
    counter: str
    counter_hours: str
    service_phone: str
    method: Channel


@dataclass(frozen=True)
class DepartmentView:
    id: int
    name: str
    fields: DepartmentFields
    is_sample: bool
    officers: tuple[str, ...]


@dataclass(frozen=True)
class Duty:
    """What a department answers for; `lacks_officer` where its method needs one and it has none."""

    id: int
    name: str
    method: Channel
    kinds: tuple[str, ...]
    officers: tuple[str, ...]
    leads: tuple[str, ...]
    counter: str
    service_phone: str
    seats: int
    is_sample: bool
    lacks_officer: bool


def duties(session: Session) -> tuple[Duty, ...]:
    """Every department, by name those with kinds of their own first."""
    kinds = _grouped(
        session,
        select(CatalogueEntry.department_id, CatalogueEntry.license_name)
        .where(CatalogueEntry.is_active.is_(True))
        .order_by(CatalogueEntry.id),
    )
    officers, leads = (_people(session, role) for role in (Role.OFFICER, Role.LEAD))
    of_hours = select(CounterHour.department_id, func.sum(CounterHour.seats))
    seats = {row[0]: row[1] for row in session.execute(of_hours.group_by(CounterHour.department_id))}
    found = session.execute(select(Department).order_by(Department.id)).scalars()
    rows = [
        Duty(
            row.id,
            row.name,
            row.method,
            kinds.get(row.id, ()),
            officers.get(row.id, ()),
            leads.get(row.id, ()),
            row.counter,
            row.service_phone,
            int(seats.get(row.id) or 0),
            row.is_sample,
            row.method in NEED_AN_OFFICER and row.id in kinds and not officers.get(row.id),
        )
        for row in found
    ]
    return tuple(sorted(rows, key=lambda one: not one.kinds))


def department(session: Session, department_id: int, *, actor: Actor) -> DepartmentView:
    """Raises NotFound outside the actor's own."""
    row = _in_reach(session, department_id, actor)
    fields = DepartmentFields(row.counter, row.counter_hours, row.service_phone, row.method)
    officers = _people(session, Role.OFFICER).get(row.id, ())
    return DepartmentView(row.id, row.name, fields, row.is_sample, officers)


def save_department(
    session: Session, department_id: int, fields: DepartmentFields, *, actor: Actor, now: datetime
) -> None:
    """What is saved here is no sample any more, and the files leave it alone.

    Raises NotFound, Invalid for what is missing or where the method needs an officer and there is none,
    Conflict when nothing was changed.
    """
    row = _in_reach(session, department_id, actor, to_change=True)
    _check(session, row, fields)
    old = {name: str(getattr(row, name)) for name in asdict(fields)}
    new = {name: str(value) for name, value in asdict(fields).items()}
    if old == new and not row.is_sample:
        raise Conflict("和现在的一样，没有要保存的改动。")
    for name, value in asdict(fields).items():
        setattr(row, name, value)
    row.is_sample, row.edited_at = False, now
    session.flush()
    detail = {name: [old[name], new[name]] for name in new if old[name] != new[name]}
    audit.record(session, "department.change", f"department:{row.id}", detail, actor=actor, now=now)


def has_officer(session: Session, department_id: int) -> bool:
    return department_id in _people(session, Role.OFFICER)


def _check(session: Session, row: Department, fields: DepartmentFields) -> None:
    problems = []
    if fields.method not in METHODS:
        problems.append("请选择提醒方式。")
    for name, text, most in (
        ("办理地点", fields.counter, LONGEST),
        ("服务电话", fields.service_phone, LONGEST_PHONE),
    ):
        if not text:
            problems.append(f"{name}不能为空：缺它的证照不发提醒。")
        elif len(text) > most:
            problems.append(f"{name}最长 {most} 个字。")
    if len(fields.counter_hours) > LONGEST:
        problems.append(f"办公时间最长 {LONGEST} 个字。")
    if fields.method in NEED_AN_OFFICER and not has_officer(session, row.id):
        problems.append(NO_OFFICER.format(name=row.name))
    if problems:
        raise Invalid("不能保存：" + "".join(problems))


def _in_reach(session: Session, department_id: int, actor: Actor, *, to_change: bool = False) -> Department:
    scope = department_scope(actor)
    row = session.get(Department, department_id, with_for_update=to_change or None)
    if row is None or scope not in (None, department_id):
        raise NotFound("没有这个科室，或者它不是您的科室。请从“科室分工”里重新打开。")
    return row


def _people(session: Session, role: Role) -> dict[int, tuple[str, ...]]:
    """Names of the active ones, by department."""
    query = select(Staff.department_id, Staff.name).where(Staff.role == role, Staff.is_active)
    return _grouped(session, query.order_by(Staff.name))


def _grouped(session: Session, query: Select[*tuple[Any, ...]]) -> dict[int, tuple[str, ...]]:
    found: dict[int, list[str]] = {}
    for key, name in session.execute(query):
        found.setdefault(key, []).append(name)
    return {key: tuple(names) for key, names in found.items()}
