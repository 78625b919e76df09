"""What a department sees and sets: who comes on a day, who came, its hours and the days it is shut."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from reminders import audit, clock
from reminders.errors import Conflict, Forbidden, Invalid, NotFound
from reminders.rules import counter_hours
from reminders.rules.counter_hours import Span
from reminders.rules.permissions import Actor, Permission, department_scope, may
from reminders.rules.service_words import AppointmentState
from reminders.tables.appointments import Appointment, ClosedDay, CounterHour
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.holders import Holder
from reminders.tables.ledger import License
from reminders.tables.staff import Department

NO_DEPARTMENT = "请由科室的专员或负责人设置预约时段。"
MOST_A_DAY = 500
NOBODY = (AppointmentState.CANCELLED, AppointmentState.HELD)
CAN_BE_NOTED = (AppointmentState.CAME, AppointmentState.MISSED, AppointmentState.EXCUSED)


@dataclass(frozen=True)
class Guest:
    """One visit on the list of a day."""

    appointment_id: int
    starts: time
    ends: time
    department: str
    license_name: str
    license_no: str | None
    holder_name: str
    state: AppointmentState


@dataclass(frozen=True)
class Plan:
    """The hours of a department and the days it is shut from today on."""

    spans: tuple[Span, ...]
    closed: tuple[date, ...]


def day_list(session: Session, on: date, *, actor: Actor) -> list[Guest]:
    """In the order of the clock; everybody's department for those who see all of them."""
    query = (
        select(
            Appointment.id,
            CounterHour.starts,
            CounterHour.ends,
            Department.name,
            CatalogueEntry.license_name,
            License.license_no,
            Holder.name,
            Appointment.state,
        )
        .join(CounterHour, CounterHour.id == Appointment.counter_hour_id)
        .join(Department, Department.id == CounterHour.department_id)
        .join(License, License.id == Appointment.license_id)
        .join(CatalogueEntry, CatalogueEntry.id == License.catalogue_entry_id)
        .join(Holder, Holder.id == License.holder_id)
        .where(Appointment.on == on, Appointment.state.not_in(NOBODY))
        .order_by(CounterHour.starts, Appointment.seat)
        .limit(MOST_A_DAY)
    )
    scope = department_scope(actor)
    if scope is not None:
        query = query.where(CounterHour.department_id == scope)
    return [Guest(*row) for row in session.execute(query)]


def note(
    session: Session, appointment_id: int, state: AppointmentState, *, actor: Actor, now: datetime
) -> None:
    """Who came and who did not, from the day itself on; the last word counts. Raises NotFound or Conflict."""
    if state not in CAN_BE_NOTED:
        raise Invalid("请选“来了”“没来”或“有事说明过”。")
    found = session.execute(
        select(Appointment)
        .join(CounterHour, CounterHour.id == Appointment.counter_hour_id)
        .where(Appointment.id == appointment_id, CounterHour.department_id == _own(actor))
        .with_for_update(of=Appointment)
    ).scalar_one_or_none()
    if found is None:
        raise NotFound("没有找到这个预约，可能不属于您的科室。")
    if found.state in NOBODY or found.on > clock.civil_date(now):
        raise Conflict("这个预约已取消，或者还没有到日子。请刷新页面。")
    found.state, found.changed_at, found.changed_by = state, now, actor.ref
    _record(session, "appointment.note", {"appointment_id": appointment_id, "state": state}, actor, now)


def plan_of(session: Session, *, actor: Actor, now: datetime) -> Plan:
    department_id = _own(actor)
    hours = session.execute(
        select(CounterHour.starts, CounterHour.ends, CounterHour.seats)
        .where(CounterHour.department_id == department_id, CounterHour.seats > 0)
        .order_by(CounterHour.starts)
    )
    closed = select(ClosedDay.on).where(
        ClosedDay.department_id == department_id, ClosedDay.on >= clock.civil_date(now)
    )
    return Plan(
        tuple(Span(*row) for row in hours),
        tuple(session.execute(closed.order_by(ClosedDay.on)).scalars()),
    )


def set_hours(session: Session, text: str, *, actor: Actor, now: datetime) -> None:
    """Exactly these spans from now on; visits that are booked keep their time. Raises Invalid."""
    department_id, spans = _own(actor), counter_hours.read(text)
    rows = {
        row.starts: row
        for row in session.execute(
            select(CounterHour)
            .where(CounterHour.department_id == department_id)
            .order_by(CounterHour.id)
            .with_for_update()
        ).scalars()
    }
    for span in spans:
        row = rows.pop(span.starts, None)
        if row is None:
            session.add(
                CounterHour(department_id=department_id, starts=span.starts, ends=span.ends, seats=span.seats)
            )
        else:
            row.ends, row.seats = span.ends, span.seats
    for row in rows.values():
        row.seats = 0  # it takes nobody new; its visits stay
    session.flush()
    _record(session, "appointment.hours", {"spans": len(spans)}, actor, now)


def set_closed(session: Session, days: Iterable[date], *, actor: Actor, now: datetime) -> None:
    """Exactly these days from today on; visits already booked on them stay on the list of the day."""
    department_id, today = _own(actor), clock.civil_date(now)
    wanted = {day for day in days if day >= today}
    session.execute(
        delete(ClosedDay)
        .where(ClosedDay.department_id == department_id, ClosedDay.on >= today)
        .execution_options(synchronize_session=False)
    )
    session.add_all(ClosedDay(department_id=department_id, on=day) for day in sorted(wanted))
    session.flush()
    _record(session, "appointment.closed_days", {"days": [str(day) for day in sorted(wanted)]}, actor, now)


def _own(actor: Actor) -> int:
    if actor.department_id is None or not may(actor, Permission.RECORD_CALL):
        raise Forbidden(NO_DEPARTMENT)
    return actor.department_id


def _record(session: Session, action: str, detail: dict[str, object], actor: Actor, now: datetime) -> None:
    audit.record(session, action, f"department:{actor.department_id}", detail, actor=actor, now=now)
