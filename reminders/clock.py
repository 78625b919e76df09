"""The one clock: moments are aware and in UTC, civil dates are those of Asia/Shanghai."""

from datetime import UTC, date, datetime, time, timedelta, timezone

# China has kept UTC+8 all year since 1991; a fixed offset needs no zone database on the machine.
SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")


def now() -> datetime:
    return datetime.now(UTC)


def civil_date(moment: datetime) -> date:
    """The date on a wall calendar in Weihai at this moment."""
    return moment.astimezone(SHANGHAI).date()


def civil_moment(on: date, at: time) -> datetime:
    """The UTC moment at which a clock in Weihai shows this date and time."""
    return datetime.combine(on, at, SHANGHAI).astimezone(UTC)
