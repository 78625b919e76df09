"""The ledger: sheets are previewed, accepted exactly as shown, and the stock is listed."""

from reminders.ledger.accepting import accept
from reminders.ledger.listing import Line, Page, rows
from reminders.ledger.previewing import discard, preview
from reminders.ledger.showing import ImportView, RowView, show

__all__ = [
    "ImportView",
    "Line",
    "Page",
    "RowView",
    "accept",
    "discard",
    "preview",
    "rows",
    "show",
]
