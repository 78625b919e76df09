"""Visits to a counter by appointment: offered, booked, moved, cancelled, and listed for the day."""

from reminders.appointments.booking import Day, Slot, Visit, book, cancel, department_of, offered, own
from reminders.appointments.desk import Guest, Plan, day_list, note, plan_of, set_closed, set_hours

__all__ = [
    "Day",
    "Guest",
    "Plan",
    "Slot",
    "Visit",
    "book",
    "cancel",
    "day_list",
    "department_of",
    "note",
    "offered",
    "own",
    "plan_of",
    "set_closed",
    "set_hours",
]
