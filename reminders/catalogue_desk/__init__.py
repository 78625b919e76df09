"""The desk of the catalogue: versions from a day on, pausing and retiring, departments and their duties."""

from reminders.catalogue_desk.departments import (
    DepartmentFields,
    DepartmentView,
    Duty,
    department,
    duties,
    save_department,
)
from reminders.catalogue_desk.editing import call_off, come_into_force, confirm, save
from reminders.catalogue_desk.effects import Effect, Moved, RestEffect, effect, rest_effect
from reminders.catalogue_desk.reading import (
    EntryDesk,
    Resting,
    Unconfirmed,
    VersionLine,
    entry,
    in_reach,
    resting,
    unconfirmed,
)
from reminders.catalogue_desk.resting import pause, resume, retire, take_up_again

__all__ = [
    "DepartmentFields",
    "DepartmentView",
    "Duty",
    "Effect",
    "EntryDesk",
    "Moved",
    "RestEffect",
    "Resting",
    "Unconfirmed",
    "VersionLine",
    "call_off",
    "come_into_force",
    "confirm",
    "department",
    "duties",
    "effect",
    "entry",
    "in_reach",
    "pause",
    "rest_effect",
    "resting",
    "resume",
    "retire",
    "save",
    "save_department",
    "take_up_again",
    "unconfirmed",
]
