"""The ledger: sheets are previewed, accepted exactly as shown, and the stock is listed."""

from reminders.ledger.accepting import accept
from reminders.ledger.by_hand import TYPED, known, sheet
from reminders.ledger.faulty import bad_rows
from reminders.ledger.listing import Line, Page, rows
from reminders.ledger.mending import (
    PERSONAL,
    SheetSeen,
    file_of,
    lay_out,
    mend,
    rename_kind,
    same_company,
    seen,
)
from reminders.ledger.previewing import discard, preview, take_in
from reminders.ledger.showing import ImportView, RowView, show
from reminders.ledger.tasks import accept_soon, call_off, undo_soon
from reminders.ledger.telling import Difference, Differences, differences
from reminders.ledger.twins import OFFER
from reminders.ledger.undoing import Undone, may_undo, undo

__all__ = [
    "OFFER",
    "PERSONAL",
    "TYPED",
    "Difference",
    "Differences",
    "ImportView",
    "Line",
    "Page",
    "RowView",
    "SheetSeen",
    "Undone",
    "accept",
    "accept_soon",
    "bad_rows",
    "call_off",
    "differences",
    "discard",
    "file_of",
    "known",
    "lay_out",
    "may_undo",
    "mend",
    "preview",
    "rename_kind",
    "rows",
    "same_company",
    "seen",
    "sheet",
    "show",
    "take_in",
    "undo",
    "undo_soon",
]
