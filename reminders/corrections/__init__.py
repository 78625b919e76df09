"""更正: finds who was really told something wrong, and tells exactly them, once."""

from reminders.corrections.batch import Batch, ImportChoice, RunChoice, choices
from reminders.corrections.by_hand import HandCorrection, HandPage, by_hand, record_by_hand, reveal_phone
from reminders.corrections.correcting import correct
from reminders.corrections.letters import letter_of, print_letter
from reminders.corrections.listing import (
    ChannelBooks,
    CorrectionLine,
    CorrectionPage,
    MessageLine,
    MessagePage,
    books_of,
    listed,
    messages,
    one,
)
from reminders.corrections.previewing import Preview, Sample, preview
from reminders.corrections.saying import CorrectionContent, contents

__all__ = [
    "Batch",
    "ChannelBooks",
    "CorrectionContent",
    "CorrectionLine",
    "CorrectionPage",
    "HandCorrection",
    "HandPage",
    "ImportChoice",
    "MessageLine",
    "MessagePage",
    "Preview",
    "RunChoice",
    "Sample",
    "books_of",
    "by_hand",
    "choices",
    "contents",
    "correct",
    "letter_of",
    "listed",
    "messages",
    "one",
    "preview",
    "print_letter",
    "record_by_hand",
    "reveal_phone",
]
