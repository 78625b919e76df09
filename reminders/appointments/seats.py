"""Counts the seats of one span of one day: booked ones, and those kept free for a few minutes."""

from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.orm import Session

from reminders.errors import Conflict
from reminders.rules.service_words import AppointmentState
from reminders.tables.appointments import Appointment, CounterHour

FULL = "这个时段刚刚约满，请换一个时段。"


def lock(session: Session, hour_id: int) -> CounterHour | None:
    """Whoever holds it decides alone about the seats of this hour."""
    return session.execute(
        select(CounterHour).where(CounterHour.id == hour_id).with_for_update()
    ).scalar_one_or_none()


def taken(
    session: Session, hour_ids: list[int], days: tuple[date, ...], now: datetime
) -> dict[tuple[int, date], int]:
    found = session.execute(
        select(Appointment.counter_hour_id, Appointment.on, func.count())
        .where(Appointment.on.in_(days), Appointment.counter_hour_id.in_(hour_ids), is_taken(now))
        .group_by(Appointment.counter_hour_id, Appointment.on)
    )
    return {(hour_id, day): count for hour_id, day, count in found}


def is_taken(now: datetime) -> ColumnElement[bool]:
    """Booked, or kept free at this moment."""
    is_held = and_(Appointment.state == AppointmentState.HELD, Appointment.held_until > now)
    return or_(Appointment.state == AppointmentState.BOOKED, is_held)


def free_seat(session: Session, hour: CounterHour, on: date, now: datetime) -> int:
    """The lowest one, while the hour is locked; what was kept too long goes back. Raises Conflict."""
    there = (Appointment.counter_hour_id == hour.id, Appointment.on == on)
    session.execute(
        update(Appointment)
        .where(*there, Appointment.state == AppointmentState.HELD, Appointment.held_until <= now)
        .values(given_back(now))
    )
    gone = set(session.execute(select(Appointment.seat).where(*there, is_taken(now))).scalars())
    if len(gone) >= hour.seats:
        raise Conflict(FULL)
    return next(seat for seat in range(1, len(gone) + 2) if seat not in gone)


def given_back(now: datetime) -> dict[str, object]:
    return {"state": AppointmentState.CANCELLED, "changed_at": now, "held_until": None}
