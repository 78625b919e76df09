"""Gives holders a time at the counter; a seat goes to one person, however many ask at the same moment."""

from dataclasses import dataclass
from datetime import date, datetime, time

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from reminders import audit, clock, windows
from reminders.errors import Conflict, Invalid, NotFound
from reminders.rules import counter_hours, permissions
from reminders.rules.service_words import AppointmentState
from reminders.tables.appointments import Appointment, ClosedDay, CounterHour
from reminders.tables.bindings import Binding
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.ledger import License
from reminders.tables.staff import Department

NOT_YOURS = "没有找到这本证照，或者它没有绑定在您的微信上。请在公众号里回复“我的证照”查看。"
GONE = "没有找到这个预约，可能已经取消或办完了。请刷新页面。"
FULL = "这个时段刚刚约满，请换一个时段。"
NOT_OFFERED = "这一天或这个时段不能预约，请在页面上重新选一个。"
TOO_LATE = "预约的时间已经到了，不能再改。来不了请打服务电话说一声。"


@dataclass(frozen=True)
class Slot:
    """One span of one day and the seats left."""

    hour_id: int
    starts: time
    ends: time
    left: int


@dataclass(frozen=True)
class Day:
    on: date
    slots: tuple[Slot, ...]


@dataclass(frozen=True)
class Visit:
    """One booked visit of a holder."""

    appointment_id: int
    license_id: int
    license_name: str
    on: date
    starts: time
    ends: time
    counter: str
    service_phone: str


def offered(session: Session, license_id: int, *, now: datetime) -> tuple[Day, ...]:
    """The next ten working days of the department of a license; none where it gives no appointments."""
    department_id = department_of(session, license_id)
    hours = (
        session.execute(
            select(CounterHour)
            .where(CounterHour.department_id == department_id, CounterHour.seats > 0)
            .order_by(CounterHour.starts)
        )
        .scalars()
        .all()
    )
    if not hours:
        return ()
    days = _days(session, department_id, now)
    taken = _taken(session, [hour.id for hour in hours], days)
    return tuple(
        Day(
            day,
            tuple(
                Slot(hour.id, hour.starts, hour.ends, max(0, hour.seats - taken.get((hour.id, day), 0)))
                for hour in hours
            ),
        )
        for day in days
    )


def book(
    session: Session, follower_id: int, license_id: int, on: date, hour_id: int, *, now: datetime
) -> int:
    """The visit's id; one booked before for this license gives its seat back. Raises Conflict when full."""
    _must_be_bound(session, follower_id, license_id)
    hour = session.execute(
        select(CounterHour).where(CounterHour.id == hour_id).with_for_update()
    ).scalar_one_or_none()
    department_id = department_of(session, license_id)
    if hour is None or hour.department_id != department_id or on not in _days(session, department_id, now):
        raise Invalid(NOT_OFFERED)
    before = session.execute(
        select(Appointment)
        .where(Appointment.follower_id == follower_id, Appointment.license_id == license_id)
        .where(Appointment.state == AppointmentState.BOOKED)
        .with_for_update()
    ).scalar_one_or_none()
    if before is not None and (before.counter_hour_id, before.on) == (hour_id, on):
        return before.id
    seat = _free_seat(session, hour, on)
    if before is not None:
        _end(session, before, now)
    visit = Appointment(
        counter_hour_id=hour_id,
        on=on,
        seat=seat,
        license_id=license_id,
        follower_id=follower_id,
        state=AppointmentState.BOOKED,
        booked_at=now,
    )
    session.add(visit)
    session.flush()
    detail = {"on": str(on), "starts": f"{hour.starts:%H:%M}", "moved": before is not None}
    _record(session, "appointment.book", visit, detail, now)
    return visit.id


def cancel(session: Session, follower_id: int, appointment_id: int, *, now: datetime) -> int:
    """Gives the seat back; returns the license's id. Raises NotFound, or Conflict once the time has come."""
    found = session.execute(
        select(Appointment, CounterHour.starts)
        .join(CounterHour, CounterHour.id == Appointment.counter_hour_id)
        .where(Appointment.id == appointment_id, Appointment.follower_id == follower_id)
        .where(Appointment.state == AppointmentState.BOOKED)
        .with_for_update(of=Appointment)
    ).one_or_none()
    if found is None:
        raise NotFound(GONE)
    visit, starts = found
    if clock.civil_moment(visit.on, starts) <= now:
        raise Conflict(TOO_LATE)
    _end(session, visit, now)
    _record(session, "appointment.cancel", visit, {}, now)
    return visit.license_id


def own(session: Session, follower_id: int, *, now: datetime) -> list[Visit]:
    """What this person still has before them, the next one first."""
    found = session.execute(
        select(
            Appointment.id,
            Appointment.license_id,
            CatalogueEntry.license_name,
            Appointment.on,
            CounterHour.starts,
            CounterHour.ends,
            Department.counter,
            Department.service_phone,
        )
        .join(CounterHour, CounterHour.id == Appointment.counter_hour_id)
        .join(Department, Department.id == CounterHour.department_id)
        .join(License, License.id == Appointment.license_id)
        .join(CatalogueEntry, CatalogueEntry.id == License.catalogue_entry_id)
        .where(Appointment.follower_id == follower_id, Appointment.state == AppointmentState.BOOKED)
        .where(Appointment.on >= clock.civil_date(now))
        .order_by(Appointment.on, CounterHour.starts)
    )
    return [Visit(*row) for row in found]


def department_of(session: Session, license_id: int) -> int:
    """Raises NotFound for a license that does not exist."""
    found = session.execute(
        select(CatalogueEntry.department_id)
        .join(License, License.catalogue_entry_id == CatalogueEntry.id)
        .where(License.id == license_id)
    ).scalar_one_or_none()
    if found is None:
        raise NotFound(NOT_YOURS)
    return found


def _days(session: Session, department_id: int, now: datetime) -> tuple[date, ...]:
    today = clock.civil_date(now)
    closed = select(ClosedDay.on).where(ClosedDay.department_id == department_id, ClosedDay.on > today)
    shut = frozenset(session.execute(closed).scalars())
    return counter_hours.days_offered(today, windows.load_workdays(session), shut)


def _taken(session: Session, hour_ids: list[int], days: tuple[date, ...]) -> dict[tuple[int, date], int]:
    found = session.execute(
        select(Appointment.counter_hour_id, Appointment.on, func.count())
        .where(Appointment.on.in_(days), Appointment.counter_hour_id.in_(hour_ids))
        .where(Appointment.state == AppointmentState.BOOKED)
        .group_by(Appointment.counter_hour_id, Appointment.on)
    )
    return {(hour_id, day): count for hour_id, day, count in found}


def _free_seat(session: Session, hour: CounterHour, on: date) -> int:
    """The lowest one, while the hour is locked. Raises Conflict when none is left."""
    taken = set(
        session.execute(
            select(Appointment.seat)
            .where(Appointment.counter_hour_id == hour.id, Appointment.on == on)
            .where(Appointment.state == AppointmentState.BOOKED)
        ).scalars()
    )
    if len(taken) >= hour.seats:
        raise Conflict(FULL)
    return next(seat for seat in range(1, len(taken) + 2) if seat not in taken)


def _must_be_bound(session: Session, follower_id: int, license_id: int) -> None:
    bound = select(Binding.id).where(
        Binding.follower_id == follower_id,
        Binding.license_id == license_id,
        Binding.unbound_at.is_(None),
    )
    if session.execute(bound.with_for_update()).first() is None:
        raise NotFound(NOT_YOURS)


def _end(session: Session, visit: Appointment, now: datetime) -> None:
    session.execute(
        update(Appointment)
        .where(Appointment.id == visit.id)
        .values(state=AppointmentState.CANCELLED, changed_at=now, changed_by=f"follower:{visit.follower_id}")
    )


def _record(
    session: Session, action: str, visit: Appointment, detail: dict[str, object], now: datetime
) -> None:
    actor = permissions.follower(visit.follower_id)
    audit.record(session, action, f"license:{visit.license_id}", detail, actor=actor, now=now)
