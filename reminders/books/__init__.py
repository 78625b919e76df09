"""The books: how each person stands who must be told, and what became of each message of a day."""

from reminders.books.day import DayBooks, Entry, MessageLine, MessagePage, day_books, messages
from reminders.books.faults import fault
from reminders.books.people import DateLine, DatePage, Standing, dates_in, standings, stranded
from reminders.books.stuck import decide_review, stuck

__all__ = [
    "DateLine",
    "DatePage",
    "DayBooks",
    "Entry",
    "MessageLine",
    "MessagePage",
    "Standing",
    "dates_in",
    "day_books",
    "decide_review",
    "fault",
    "messages",
    "standings",
    "stranded",
    "stuck",
]
