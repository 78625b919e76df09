"""The desk of templates: versions of every wording, proposed by one person and let out by another."""

from reminders.message_templates.deciding import approve, take_back, take_over, turn_down
from reminders.message_templates.previewing import Preview, preview
from reminders.message_templates.proposing import propose, restore
from reminders.message_templates.reading import (
    PAGE,
    Overview,
    VersionView,
    before,
    history,
    overview,
    version,
)
from reminders.message_templates.rehearsing import Rehearsal, rehearse
from reminders.message_templates.trying import Trial, trial, try_out

__all__ = [
    "PAGE",
    "Overview",
    "Preview",
    "Rehearsal",
    "Trial",
    "VersionView",
    "approve",
    "before",
    "history",
    "overview",
    "preview",
    "propose",
    "rehearse",
    "restore",
    "take_back",
    "take_over",
    "trial",
    "try_out",
    "turn_down",
    "version",
]
