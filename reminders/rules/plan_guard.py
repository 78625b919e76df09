"""Whether a day may be planned at all: a clock that jumped must not send a year of reminders."""

from datetime import date, datetime, timedelta
from enum import StrEnum

LARGEST_SKEW = timedelta(seconds=120)
LONGEST_GAP = timedelta(days=2)


class Doubt(StrEnum):
    """Why a run is refused."""

    CLOCKS_DIFFER = "clocks_differ"
    WENT_BACK = "went_back"
    JUMPED = "jumped"


def doubt(
    today: date, last_day: date | None, database_now: datetime, now: datetime, *, is_confirmed: bool
) -> Doubt | None:
    """`last_day` is the day of the last run, None before the first one.

    A person may vouch for the date, never for two clocks that differ.
    """
    if abs(database_now - now) > LARGEST_SKEW:
        return Doubt.CLOCKS_DIFFER
    if last_day is None or is_confirmed:
        return None
    if today < last_day:
        return Doubt.WENT_BACK
    return Doubt.JUMPED if today - last_day > LONGEST_GAP else None
