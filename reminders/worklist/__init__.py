"""Calls that officers make: what waits, what came of each, and whom nobody can reach."""

from reminders.worklist.outcomes import record_outcome, reveal_phone
from reminders.worklist.pending import Call, CallItem, CallPage, pending
from reminders.worklist.untold import Untold, UntoldPage, no_channel

__all__ = [
    "Call",
    "CallItem",
    "CallPage",
    "Untold",
    "UntoldPage",
    "no_channel",
    "pending",
    "record_outcome",
    "reveal_phone",
]
