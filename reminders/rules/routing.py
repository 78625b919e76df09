"""Chooses how a reminder travels, and from which moment people may be disturbed with it."""

from datetime import date, datetime

from reminders import clock
from reminders.rules.delivery_rules import Hours, day_start, in_hours, next_opening
from reminders.rules.lifecycle import Channel, Stage


def channel_for(stage: Stage, *, is_reachable_by_wechat: bool, has_phone: bool) -> Channel | None:
    """WeChat where somebody who accepts messages is bound, else a call; HUMAN is always a call.

    None: nobody can be told, so the license stands on the worklist until somebody can.
    """
    if is_reachable_by_wechat and stage is not Stage.HUMAN:
        return Channel.WECHAT
    return Channel.PHONE if has_phone else None


def sending_moment(today: date, hours: Hours, now: datetime) -> datetime:
    """The first moment from now on, and not before `today`, at which people may be disturbed."""
    earliest = max(now, day_start(today))
    if in_hours(earliest, hours):
        return earliest
    opening = clock.civil_moment(clock.civil_date(earliest), hours[0])
    return opening if opening > earliest else next_opening(earliest, hours)
