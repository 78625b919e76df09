"""From which moment the messages of one run may leave, on which days, and by which channels."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property

from sqlalchemy.orm import Session

from reminders import clock, roads, windows
from reminders.rules.dates import ONE_DAY, Workdays
from reminders.rules.delivery_rules import ANY_TIME, Hours
from reminders.rules.lifecycle import Channel
from reminders.rules.routing import sending_moment, workday_from

DAYS_TRIED = 3


@dataclass(frozen=True)
class Journey:
    """What one run knows before it carries anything."""

    run_id: int
    today: date
    sending_hours: Hours
    workdays: Workdays
    usable: frozenset[Channel]
    template_id: str  # of the subscription notice
    now: datetime

    @cached_property
    def days(self) -> list[date]:
        """The civil days on which what cannot wait may leave; after closing time from tomorrow."""
        first = clock.civil_date(self.moment(self.today))
        return [first + timedelta(days=n) for n in range(DAYS_TRIED)]

    @cached_property
    def workdays_from_now(self) -> list[date]:
        """The days for everything else, which leaves when offices work."""
        if self.sending_hours == ANY_TIME:
            return self.days
        found = [workday_from(self.days[0], self.workdays)]
        while len(found) < DAYS_TRIED:
            found.append(workday_from(found[-1] + ONE_DAY, self.workdays))
        return found

    def moment(self, day: date) -> datetime:
        return sending_moment(day, self.sending_hours, self.now)


def begin(session: Session, run_id: int, today: date, sending_hours: Hours, now: datetime) -> Journey:
    usable = set(roads.usable(session))
    if roads.is_spent(session, Channel.SMS, now=now):
        usable.discard(Channel.SMS)
    return Journey(
        run_id,
        today,
        sending_hours,
        windows.load_workdays(session),
        frozenset(usable),
        roads.template_of(session, Channel.SUBSCRIPTION),
        now,
    )
