"""Messages that tell of no deadline: queued once a day and person, worded only when they leave."""

from reminders.tidings.queueing import move_on, tell_of_newcomer, tell_of_visits
from reminders.tidings.saying import TidingsContent, contents
from reminders.tidings.standing import counts, says_something

__all__ = [
    "TidingsContent",
    "contents",
    "counts",
    "move_on",
    "says_something",
    "tell_of_newcomer",
    "tell_of_visits",
]
