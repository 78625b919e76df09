"""The audit as its administrator reads it: sentences, whom they are about, and the chain."""

from reminders.auditing.about import about_of, subjects_of
from reminders.auditing.exporting import MOST_EXPORTED, Form, export
from reminders.auditing.naming import name_of
from reminders.auditing.reading import Filters, Line, Page, Person, page, people
from reminders.auditing.verifying import ChainState, advance, begin_round, restart, state

__all__ = [
    "MOST_EXPORTED",
    "ChainState",
    "Filters",
    "Form",
    "Line",
    "Page",
    "Person",
    "about_of",
    "advance",
    "begin_round",
    "export",
    "name_of",
    "page",
    "people",
    "restart",
    "state",
    "subjects_of",
]
