"""Gives holders a time at the counter; a seat goes to one person, however many ask at the same moment."""

from dataclasses import dataclass
from datetime import date, datetime, time

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from reminders import audit, clock, windows
from reminders.appointments import missed, seats
from reminders.errors import Conflict, Invalid, NotFound
from reminders.rules import counter_hours, permissions
from reminders.rules.counter_hours import HELD_FOR
from reminders.rules.service_words import AppointmentState
from reminders.tables.appointments import Appointment, ClosedDay, CounterHour
from reminders.tables.bindings import Binding
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.ledger import License
from reminders.tables.staff import Department

NOT_YOURS = "没有找到这本证照，或者它没有绑定在您的微信上。请在公众号里回复“我的证照”查看。"
GONE = "没有找到这个预约，可能已经取消或办完了。请刷新页面。"
NOT_OFFERED = "这一天或这个时段不能预约，请在页面上重新选一个。"
HELD_TOO_LONG = "留位的 5 分钟过了，这个位子给了别人。请重新选一个时段。"
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
class Held:
    """A seat kept free `until` then; None: it is booked already."""

    appointment_id: int
    license_id: int
    on: date
    starts: time
    ends: time
    until: datetime | None


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
    taken = seats.taken(session, [hour.id for hour in hours], days, now)
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
    """`hold` and `confirm` in one: for whoever asks no questions between."""
    held = hold(session, follower_id, license_id, on, hour_id, now=now)
    return confirm(session, follower_id, held.appointment_id, now=now)


def hold(
    session: Session, follower_id: int, license_id: int, on: date, hour_id: int, *, now: datetime
) -> Held:
    """Keeps a seat free for HELD_FOR; what they kept before is given back, what they booked stays.

    A time that is booked for this license already is answered as it stands. Raises Conflict when full or
    while missed visits count, Invalid, NotFound.
    """
    _must_be_bound(session, follower_id, license_id)
    again_on = missed.rests_until(session, follower_id, license_id, now=now)
    if again_on is not None:
        raise Conflict(
            f"半年内有两次约了没来，{again_on} 起才能再预约；现在可以直接到窗口取号。"
            "确实去过或有事说明过的，请打服务电话，窗口可以改。"
        )
    hour = seats.lock(session, hour_id)
    department_id = department_of(session, license_id)
    if hour is None or hour.department_id != department_id or on not in _days(session, department_id, now):
        raise Invalid(NOT_OFFERED)
    before = _booked(session, follower_id, license_id)
    if before is not None and (before.counter_hour_id, before.on) == (hour_id, on):
        return Held(before.id, license_id, on, hour.starts, hour.ends, None)
    mine = update(Appointment).where(Appointment.follower_id == follower_id)
    session.execute(mine.where(Appointment.state == AppointmentState.HELD).values(seats.given_back(now)))
    held = Appointment(
        counter_hour_id=hour_id,
        on=on,
        seat=seats.free_seat(session, hour, on, now),
        license_id=license_id,
        follower_id=follower_id,
        state=AppointmentState.HELD,
        booked_at=now,
        held_until=now + HELD_FOR,
    )
    session.add(held)
    session.flush()
    return Held(held.id, license_id, on, hour.starts, hour.ends, held.held_until)


def confirm(session: Session, follower_id: int, appointment_id: int, *, now: datetime) -> int:
    """The visit's id; one booked before for this license gives its seat back.

    Also after HELD_FOR, as long as nobody else took the seat; else raises Conflict. Raises NotFound.
    """
    found = session.get(Appointment, appointment_id)
    if found is None or found.follower_id != follower_id:
        raise NotFound(GONE)
    hour = seats.lock(session, found.counter_hour_id)
    session.refresh(found, with_for_update=True)
    if found.state is AppointmentState.BOOKED:
        return found.id
    _must_be_bound(session, follower_id, found.license_id)
    department_id = department_of(session, found.license_id)
    if found.state is not AppointmentState.HELD or hour is None:
        raise Conflict(HELD_TOO_LONG)
    if found.on not in _days(session, department_id, now):
        raise Invalid(NOT_OFFERED)
    before = _booked(session, follower_id, found.license_id)
    if before is not None:
        _end(session, before, now)
    found.state, found.booked_at, found.held_until = AppointmentState.BOOKED, now, None
    session.flush()
    detail = {"on": str(found.on), "starts": f"{hour.starts:%H:%M}", "moved": before is not None}
    _record(session, "appointment.book", found, detail, now)
    return found.id


def held(session: Session, follower_id: int, appointment_id: int) -> Held:
    """The seat kept free for this person. Raises NotFound once it is not."""
    row = session.execute(
        select(Appointment, CounterHour.starts, CounterHour.ends)
        .join(CounterHour, CounterHour.id == Appointment.counter_hour_id)
        .where(Appointment.id == appointment_id, Appointment.follower_id == follower_id)
        .where(Appointment.state == AppointmentState.HELD)
    ).one_or_none()
    if row is None:
        raise NotFound(HELD_TOO_LONG)
    found, starts, ends = row
    return Held(found.id, found.license_id, found.on, starts, ends, found.held_until)


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


def _booked(session: Session, follower_id: int, license_id: int) -> Appointment | None:
    return session.execute(
        select(Appointment)
        .where(Appointment.follower_id == follower_id, Appointment.license_id == license_id)
        .where(Appointment.state == AppointmentState.BOOKED)
        .with_for_update()
    ).scalar_one_or_none()


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
        .values(seats.given_back(now) | {"changed_by": f"follower:{visit.follower_id}"})
    )


def _record(
    session: Session, action: str, visit: Appointment, detail: dict[str, object], now: datetime
) -> None:
    actor = permissions.follower(visit.follower_id)
    audit.record(session, action, f"license:{visit.license_id}", detail, actor=actor, now=now)
