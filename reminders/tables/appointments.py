"""Visits to a counter: when it takes how many people, on which days it is shut, and who comes."""

from datetime import date, datetime, time

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from reminders.rules.service_words import AppointmentState
from reminders.tables.base import INTERNAL, PUBLIC, Base, BigId, UtcDateTime, Word

BOOKED = text("state = 'booked'")
HELD = text("state = 'held'")
TAKES_A_SEAT = text("state IN ('held', 'booked')")


class CounterHour(Base):
    """On every working day a department takes `seats` people in this span. Ended rows keep their visits."""

    __tablename__ = "counter_hour"
    id: Mapped[int] = mapped_column(BigId, primary_key=True, info=PUBLIC)
    department_id: Mapped[int] = mapped_column(ForeignKey("department.id"), info=PUBLIC)
    starts: Mapped[time] = mapped_column(info=PUBLIC)
    ends: Mapped[time] = mapped_column(info=PUBLIC)
    seats: Mapped[int] = mapped_column(info=PUBLIC)

    __table_args__ = (
        UniqueConstraint("department_id", "starts"),
        CheckConstraint("seats >= 0", name="seats_are_a_number"),
    )


class ClosedDay(Base):
    """A working day on which a counter takes nobody."""

    __tablename__ = "closed_day"
    department_id: Mapped[int] = mapped_column(ForeignKey("department.id"), primary_key=True, info=PUBLIC)
    on: Mapped[date] = mapped_column(primary_key=True, info=PUBLIC)


class Appointment(Base):
    """One visit. `seat` counts within its hour of its day; a seat is taken once, whoever asks at once."""

    __tablename__ = "appointment"
    id: Mapped[int] = mapped_column(BigId, primary_key=True, info=INTERNAL)
    counter_hour_id: Mapped[int] = mapped_column(ForeignKey("counter_hour.id"), index=True, info=INTERNAL)
    on: Mapped[date] = mapped_column(info=INTERNAL)
    seat: Mapped[int] = mapped_column(info=INTERNAL)
    license_id: Mapped[int] = mapped_column(ForeignKey("license.id"), index=True, info=INTERNAL)
    follower_id: Mapped[int] = mapped_column(ForeignKey("follower.id"), index=True, info=INTERNAL)
    state: Mapped[AppointmentState] = mapped_column(Word(AppointmentState), info=INTERNAL)
    booked_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
    held_until: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    changed_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    changed_by: Mapped[str] = mapped_column(String(64), default="", info=INTERNAL)

    __table_args__ = (
        Index(
            "uq_appointment_seat",
            "counter_hour_id",
            "on",
            "seat",
            unique=True,
            sqlite_where=TAKES_A_SEAT,
            postgresql_where=TAKES_A_SEAT,
        ),
        # A person keeps one seat free at a time, however many licenses they look after.
        Index("uq_appointment_held", "follower_id", unique=True, sqlite_where=HELD, postgresql_where=HELD),
        Index(
            "uq_appointment_open",
            "follower_id",
            "license_id",
            unique=True,
            sqlite_where=BOOKED,
            postgresql_where=BOOKED,
        ),
        Index("ix_appointment_day", "on", "counter_hour_id"),
    )
