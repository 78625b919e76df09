"""The four words a self-check may answer, and which of them each status becomes."""

from collections.abc import Sequence
from enum import StrEnum

from reminders.rules.status import StatusKey


class Standing(StrEnum):
    """From the least to the most urgent; ASK says nothing, so it loses against everything known."""

    ASK = "ask"
    VALID = "valid"
    CLOSING = "closing"
    EXPIRED = "expired"


STANDINGS = {
    StatusKey.VALID: Standing.VALID,
    StatusKey.RENEWED: Standing.VALID,
    StatusKey.NO_EXPIRY: Standing.VALID,
    StatusKey.OPEN: Standing.CLOSING,
    StatusKey.CLOSING: Standing.CLOSING,
    StatusKey.CLOSED: Standing.CLOSING,
    StatusKey.EXPIRES_TODAY: Standing.CLOSING,
    StatusKey.EXPIRED: Standing.EXPIRED,
}
URGENCY = {standing: place for place, standing in enumerate(Standing)}


def standing(key: StatusKey) -> Standing:
    """What is being renewed, cancelled or lacks its date is for the department to explain."""
    return STANDINGS.get(key, Standing.ASK)


def worst(found: Sequence[Standing]) -> Standing:
    return max(found, key=URGENCY.__getitem__, default=Standing.ASK)
