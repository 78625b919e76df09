"""Chooses how a reminder travels, and from which moment people may be disturbed with it."""

from collections.abc import Collection
from datetime import date, datetime, timedelta

from reminders import clock
from reminders.rules.dates import ONE_DAY, Workdays
from reminders.rules.delivery_rules import Hours, day_start, in_hours, next_opening
from reminders.rules.lifecycle import Channel, Stage

# A person bound in WeChat hears there first, whatever the department's own method is.
FIRST_BY_WECHAT = (Channel.WECHAT, Channel.SUBSCRIPTION)
THEN = (Channel.SMS, Channel.PHONE, Channel.LETTER)
BY_PERSON = (Channel.PHONE, Channel.LETTER)
# A letter needs no phone: it comes after one of these was tried in vain, or where letters are the method.
BEFORE_A_LETTER = frozenset({Channel.SMS, Channel.PHONE})
NEVER_WAITS = frozenset({Stage.LAST_CALL, Stage.HUMAN})
ALWAYS_WAITS = frozenset({Stage.CLOSED, Stage.LAPSED})  # one day more or less changes nothing any more
KEPT_FREE = timedelta(days=7)  # a message never waits into the last days before apply_by
WITHOUT_WORKDAYS = 15  # more rest days in a row than any holiday has


def channels_of(stage: Stage, method: Channel) -> tuple[Channel, ...]:
    """The channels for one reminder in the order in which they are tried.

    `method` is the department's own (提醒方式). HUMAN is spoken or written by a person, never a message.
    """
    if stage is Stage.HUMAN:
        return BY_PERSON
    return tuple(dict.fromkeys((*FIRST_BY_WECHAT, method, *THEN)))


def next_channel(
    stage: Stage,
    method: Channel,
    *,
    reachable: Collection[Channel],
    tried: Collection[Channel],
    declined: Collection[Channel] = (),
) -> Channel | None:
    """The first channel not tried that reaches the person; None: they stand on the list of those without.

    `reachable` need not name LETTER: whoever holds a license has an address. What the holder `declined` is
    not used, except that at HUMAN a person calls all the same.
    """
    if stage is not Stage.HUMAN:
        reachable = set(reachable) - set(declined)
    may_write = method is Channel.LETTER or bool(BEFORE_A_LETTER & set(tried))
    reached = {*reachable, Channel.LETTER} if may_write else {*reachable} - {Channel.LETTER}
    return next((one for one in channels_of(stage, method) if one in reached and one not in tried), None)


def is_urgent(stage: Stage, apply_by: date | None, next_workday: date) -> bool:
    """Whether a reminder reached on a rest day must leave at once instead of on `next_workday`."""
    if stage in ALWAYS_WAITS or apply_by is None:
        return False
    return stage in NEVER_WAITS or next_workday > apply_by - KEPT_FREE


def workday_from(day: date, workdays: Workdays) -> date:
    """`day` itself when offices work on it, else the next one on which they do."""
    days = (day + ONE_DAY * n for n in range(WITHOUT_WORKDAYS))
    return next((one for one in days if workdays.is_workday(one)), day)


def sending_moment(today: date, hours: Hours, now: datetime) -> datetime:
    """The first moment from now on, and not before `today`, at which people may be disturbed."""
    earliest = max(now, day_start(today))
    if in_hours(earliest, hours):
        return earliest
    opening = clock.civil_moment(clock.civil_date(earliest), hours[0])
    return opening if opening > earliest else next_opening(earliest, hours)
