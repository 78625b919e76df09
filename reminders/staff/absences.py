"""Absence and hand-over: who is away from when to when, and who does their work meanwhile."""

from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session, aliased

from reminders import audit, clock
from reminders.errors import Conflict, Forbidden, Invalid, NotFound
from reminders.rules.lifecycle import Role
from reminders.rules.permissions import NEEDS_DEPARTMENT, Actor, department_scope
from reminders.staff import officers
from reminders.tables.staff import Absence, Department, Staff

LONGEST_DAYS = 366


@dataclass(frozen=True)
class Colleague:
    id: int
    name: str
    role: Role
    department_id: int
    department: str


@dataclass(frozen=True)
class AbsenceLine:
    id: int
    name: str
    from_on: date
    until_on: date
    deputy: str
    is_own: bool


@dataclass(frozen=True)
class Cover:
    """Somebody's work that this person does today."""

    absence_id: int
    name: str
    department: str
    until_on: date


def mark_absent(
    session: Session,
    staff_id: int,
    from_on: date,
    until_on: date,
    deputy_id: int | None,
    *,
    actor: Actor,
    now: datetime,
) -> int:
    """One's own absence, or, for a lead, that of anybody in the department. Both days are included.

    Without a deputy an alarm rings while it lasts; whoever is the last officer of a department that calls,
    writes or texts needs one. Raises Invalid, Forbidden, NotFound or Conflict.
    """
    today = clock.civil_date(now)
    if not today <= until_on or not 0 <= (until_on - from_on).days < LONGEST_DAYS:
        raise Invalid("日期不对：结束日不能早于开始日和今天，最长一年。请重新填写。")
    person = _person(session, staff_id, actor)
    others = _overlapping(from_on, until_on)
    if session.execute(select(Absence.id).where(Absence.staff_id == staff_id, *others)).first():
        raise Conflict("这段时间已经登记过缺勤，请先取消原来的一条。")
    if deputy_id is not None:
        _refuse_unfit(session, person, deputy_id, from_on, until_on)
    guarded = officers.guard(session, person, max(from_on, today), until_on)
    row = Absence(
        staff_id=staff_id,
        deputy_id=deputy_id,
        from_on=from_on,
        until_on=until_on,
        created_by=actor.ref[:64],
        created_at=now,
    )
    session.add(row)
    session.flush()
    guarded.must_hold(session, officers.LEAVING)
    detail = {
        "staff_id": staff_id,
        "deputy_id": deputy_id,
        "from_on": f"{from_on}",
        "until_on": f"{until_on}",
    }
    audit.record(session, "absence.mark", f"absence:{row.id}", detail, actor=actor, now=now)
    return row.id


def call_off(session: Session, absence_id: int, *, actor: Actor, now: datetime) -> None:
    """Back earlier, or never away: the deputy sees the work no more. Raises NotFound, Forbidden."""
    row = session.get(Absence, absence_id, with_for_update=True)
    if row is None or row.ended_at is not None:
        raise NotFound("没有这条缺勤，可能已经取消，请刷新页面。")
    _person(session, row.staff_id, actor)
    row.ended_at = now
    session.flush()
    audit.record(session, "absence.call_off", f"absence:{absence_id}", actor=actor, now=now)


def absences(session: Session, *, actor: Actor, now: datetime) -> list[AbsenceLine]:
    """Running and coming ones of the actor's department."""
    deputy = aliased(Staff)
    found = session.execute(
        select(Absence, Staff.name, deputy.name)
        .join(Staff, Staff.id == Absence.staff_id)
        .outerjoin(deputy, deputy.id == Absence.deputy_id)
        .where(Absence.ended_at.is_(None), Absence.until_on >= clock.civil_date(now))
        .where(Staff.department_id == department_scope(actor))
        .order_by(Absence.from_on, Absence.id)
    )
    return [
        AbsenceLine(row.id, name, row.from_on, row.until_on, other or "", row.staff_id == actor.staff_id)
        for row, name, other in found
    ]


def colleagues(session: Session, *, actor: Actor) -> list[Colleague]:
    """Everybody who may stand in for an officer or a lead, the own department first."""
    scope = department_scope(actor)
    found = session.execute(
        select(Staff.id, Staff.name, Staff.role, Department.id, Department.name)
        .join(Department, Department.id == Staff.department_id)
        .where(Staff.is_active, Staff.role.in_(NEEDS_DEPARTMENT))
        .order_by(Staff.department_id != scope, Department.name, Staff.name, Staff.id)
    )
    return [Colleague(*row) for row in found]


def covers(session: Session, staff_id: int, today: date) -> list[Cover]:
    found = session.execute(
        select(Absence.id, Staff.name, Department.name, Absence.until_on)
        .join(Staff, Staff.id == Absence.staff_id)
        .join(Department, Department.id == Staff.department_id)
        .where(Absence.deputy_id == staff_id, *_running(today))
        .order_by(Absence.id)
    )
    return [Cover(*row) for row in found]


def standing_in(session: Session, actor: Actor, absence_id: int, today: date) -> Actor | None:
    """The deputy in the place of who is away: their department and role, the deputy's own name and number.

    None once the absence is over, was called off, or belongs to somebody else.
    """
    found = session.execute(
        select(Staff.department_id, Staff.role)
        .join(Absence, Absence.staff_id == Staff.id)
        .where(Absence.id == absence_id, Absence.deputy_id == actor.staff_id, *_running(today))
    ).one_or_none()
    return replace(actor, department_id=found[0], role=found[1]) if found else None


def _person(session: Session, staff_id: int, actor: Actor) -> Staff:
    person = session.get(Staff, staff_id)
    if person is None or not person.is_active or person.role not in NEEDS_DEPARTMENT:
        raise NotFound("没有这位同事，请刷新页面重新选择。")
    is_lead = actor.role is Role.LEAD and person.department_id == department_scope(actor)
    if person.id != actor.staff_id and not is_lead:
        raise Forbidden("只能登记自己的缺勤；科室负责人可以登记本科室同事的。")
    return person


def _refuse_unfit(session: Session, person: Staff, deputy_id: int, from_on: date, until_on: date) -> None:
    deputy = session.get(Staff, deputy_id)
    if deputy is None or not deputy.is_active or deputy.role not in NEEDS_DEPARTMENT:
        raise NotFound("没有这位代办人，请重新选择。")
    if deputy.id == person.id:
        raise Invalid("不能由本人代办，请选另一位同事。")
    if person.role is Role.LEAD and deputy.role is not Role.LEAD:
        raise Invalid("科室负责人缺勤要由另一位负责人代办，因为要审核温馨提示。")
    away = select(Absence.id).where(Absence.staff_id == deputy_id, *_overlapping(from_on, until_on))
    if session.execute(away).first():
        raise Invalid(f"{deputy.name}这段时间也不在岗，请选另一位同事。")


def _running(today: date) -> list[ColumnElement[bool]]:
    return [Absence.ended_at.is_(None), Absence.from_on <= today, Absence.until_on >= today]


def _overlapping(from_on: date, until_on: date) -> list[ColumnElement[bool]]:
    return [Absence.ended_at.is_(None), Absence.from_on <= until_on, Absence.until_on >= from_on]
