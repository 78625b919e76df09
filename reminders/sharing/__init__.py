"""审管联动: renewal decisions brought to the regulator, each once, with its receipt."""

from reminders.sharing.carrying import LEASE, Claimed, Decision, claim, due, failed, finish
from reminders.sharing.listing import (
    RegulatorLine,
    ShareLine,
    SharePage,
    counts,
    load_regulators,
    name_regulator,
    page,
    regulators,
    retry,
)

__all__ = [
    "LEASE",
    "Claimed",
    "Decision",
    "RegulatorLine",
    "ShareLine",
    "SharePage",
    "claim",
    "counts",
    "due",
    "failed",
    "finish",
    "load_regulators",
    "name_regulator",
    "page",
    "regulators",
    "retry",
]
