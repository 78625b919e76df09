"""Visits to a counter by appointment: offered, held, booked, moved, cancelled, and listed for the day."""

from reminders.appointments.booking import (
    Day,
    Held,
    Slot,
    Visit,
    book,
    cancel,
    confirm,
    department_of,
    held,
    hold,
    offered,
    own,
)
from reminders.appointments.desk import Guest, Plan, day_list, note, plan_of, set_closed, set_hours
from reminders.appointments.missed import rests_until

__all__ = [
    "Day",
    "Guest",
    "Held",
    "Plan",
    "Slot",
    "Visit",
    "book",
    "cancel",
    "confirm",
    "day_list",
    "department_of",
    "held",
    "hold",
    "note",
    "offered",
    "own",
    "plan_of",
    "rests_until",
    "set_closed",
    "set_hours",
]
