"""How a renewal decision stands on its way to the regulator (审管联动)."""

from enum import StrEnum


class ShareState(StrEnum):
    """Said of one decision; what waits, is on its way or failed is not shared yet."""

    READY = "ready"
    SENDING = "sending"
    RECEIPTED = "receipted"  # the regulator gave a receipt
    FAILED = "failed"  # refused for good; a person mends the cause and tries again
    VOID = "void"  # no longer true before it left: the ledger moved on
