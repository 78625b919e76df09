"""Calls and letters: what waits for officers, what came of each, and whom nobody can reach."""

from reminders.worklist.batch_posting import find_posted, record_batch_posted
from reminders.worklist.batches import Batch, BatchLine, PaperLine, batch, batches, dissolve, prepare
from reminders.worklist.issuing import PrintedLetter, issue, printed, void
from reminders.worklist.items import WorkItem
from reminders.worklist.letter_passes import draw_qr, qr_of_letter
from reminders.worklist.letters import Letter, LetterPage, on_their_way, text_of, to_write
from reminders.worklist.outcomes import record_outcome, reveal_phone
from reminders.worklist.pending import Call, CallPage, pending
from reminders.worklist.posting import record_posted, record_received, record_returned
from reminders.worklist.untold import Untold, UntoldPage, no_channel

__all__ = [
    "Batch",
    "BatchLine",
    "Call",
    "CallPage",
    "Letter",
    "LetterPage",
    "PaperLine",
    "PrintedLetter",
    "Untold",
    "UntoldPage",
    "WorkItem",
    "batch",
    "batches",
    "dissolve",
    "draw_qr",
    "find_posted",
    "issue",
    "no_channel",
    "on_their_way",
    "pending",
    "prepare",
    "printed",
    "qr_of_letter",
    "record_batch_posted",
    "record_outcome",
    "record_posted",
    "record_received",
    "record_returned",
    "reveal_phone",
    "text_of",
    "to_write",
    "void",
]
