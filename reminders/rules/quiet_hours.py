"""The hours of the day before which a person wants to be left alone, within the hours in which we send."""

from datetime import datetime, time

from reminders import clock
from reminders.rules.lifecycle import QuietUntil

ENDS = {
    QuietUntil.NOON: time(12, 0),
    QuietUntil.AFTERNOON: time(14, 0),
    QuietUntil.EVENING: time(17, 30),
}


def not_before(quiet: QuietUntil, moment: datetime) -> datetime:
    """`moment`, or the end of the quiet hours of its civil day when that is later."""
    ends = ENDS.get(quiet)
    return max(moment, clock.civil_moment(clock.civil_date(moment), ends)) if ends else moment
