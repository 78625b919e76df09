"""Rows: one module per noun; importing this package makes the whole schema known."""

from reminders.tables import (
    alarms,
    answers,
    audit,
    base,
    bindings,
    catalogue,
    checklists,
    corrections,
    deliveries,
    holders,
    ledger,
    letters,
    notices,
    passes,
    reports,
    staff,
    tickets,
    windows,
)

metadata = base.Base.metadata

__all__ = [
    "alarms",
    "answers",
    "audit",
    "base",
    "bindings",
    "catalogue",
    "checklists",
    "corrections",
    "deliveries",
    "holders",
    "ledger",
    "letters",
    "metadata",
    "notices",
    "passes",
    "reports",
    "staff",
    "tickets",
    "windows",
]
