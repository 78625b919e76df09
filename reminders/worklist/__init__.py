"""Calls and letters: what waits for officers, what came of each, and whom nobody can reach."""

from reminders.worklist.items import WorkItem
from reminders.worklist.letter_passes import draw_qr, qr_of_letter
from reminders.worklist.letters import Letter, LetterPage, on_their_way, text_of, to_write
from reminders.worklist.outcomes import record_outcome, reveal_phone
from reminders.worklist.pending import Call, CallPage, pending
from reminders.worklist.posting import record_posted, record_received, record_returned
from reminders.worklist.untold import Untold, UntoldPage, no_channel

__all__ = [
    "Call",
    "CallPage",
    "Letter",
    "LetterPage",
    "Untold",
    "UntoldPage",
    "WorkItem",
    "draw_qr",
    "no_channel",
    "on_their_way",
    "pending",
    "qr_of_letter",
    "record_outcome",
    "record_posted",
    "record_received",
    "record_returned",
    "reveal_phone",
    "text_of",
    "to_write",
]
