"""The ledger: sheets are previewed, accepted exactly as shown, and the stock is listed."""

from reminders.ledger.accepting import accept
from reminders.ledger.listing import Line, Page, rows
from reminders.ledger.mending import (
    PERSONAL,
    SheetSeen,
    bad_rows,
    file_of,
    lay_out,
    mend,
    rename_kind,
    seen,
)
from reminders.ledger.previewing import discard, preview
from reminders.ledger.showing import ImportView, RowView, show
from reminders.ledger.undoing import Undone, may_undo, undo

__all__ = [
    "PERSONAL",
    "ImportView",
    "Line",
    "Page",
    "RowView",
    "SheetSeen",
    "Undone",
    "accept",
    "bad_rows",
    "discard",
    "file_of",
    "lay_out",
    "may_undo",
    "mend",
    "preview",
    "rename_kind",
    "rows",
    "seen",
    "show",
    "undo",
]
