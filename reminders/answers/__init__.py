"""Answers of holders to their reminders: giving and taking them back, and the officers' list of them."""

from reminders.answers.closing import Closing, close
from reminders.answers.giving import give, pause_all, withdraw
from reminders.answers.other_phone import reveal as reveal_phone
from reminders.answers.standing import Offer, Standing, offered, standing
from reminders.answers.to_do import Group, Task, TaskPage, to_do

__all__ = [
    "Closing",
    "Group",
    "Offer",
    "Standing",
    "Task",
    "TaskPage",
    "close",
    "give",
    "offered",
    "pause_all",
    "reveal_phone",
    "standing",
    "to_do",
    "withdraw",
]
