"""When a counter takes people by appointment, as staff write it down, and which days are offered."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, time, timedelta

from reminders.errors import Invalid
from reminders.rules.dates import ONE_DAY, Workdays

LINE = re.compile(
    r"(\d{1,2})[:：](\d{2}) ?[-—–~～至到] ?(\d{1,2})[:：](\d{2})[ ,，:：]+(\d{1,3}) ?(?:人|位|个)?"
)
MOST_SPANS, MOST_SEATS = 24, 200
DAYS_OFFERED = 10  # working days
LOOKS_AHEAD = timedelta(days=30)  # through the longest holiday
HELD_FOR = timedelta(minutes=5)
# Who did not come twice within half a year, without a word, books nothing for a month; the counter takes
# them as ever.
MISSES, MISSED_WITHIN, RESTS_FOR = 2, timedelta(days=180), timedelta(days=30)


@dataclass(frozen=True)
class Span:
    """One span of a working day and how many people it takes."""

    starts: time
    ends: time
    seats: int


def read(text: str) -> tuple[Span, ...]:
    """A span a line, `9:00-10:00 4`. Raises Invalid naming the first line that cannot be used."""
    spans: list[Span] = []
    for number, line in enumerate(filter(None, map(str.strip, text.splitlines())), start=1):
        found = LINE.fullmatch(line)
        try:
            starts, ends = (time(int(found[n]), int(found[n + 1])) for n in (1, 3)) if found else (None, None)
        except ValueError:
            starts = ends = None
        if not found or starts is None or ends is None:
            raise Invalid(f"第 {number} 行看不懂，请写成“9:00-10:00 4”：时段，空格，能接待几人。")
        seats = int(found[5])
        if ends <= starts or (spans and starts < spans[-1].ends):
            raise Invalid(f"第 {number} 行的时间不对：要从早到晚写，不能重叠。")
        if not 1 <= seats <= MOST_SEATS:
            raise Invalid(f"第 {number} 行的人数应在 1 到 {MOST_SEATS} 之间。")
        spans.append(Span(starts, ends, seats))
    if len(spans) > MOST_SPANS:
        raise Invalid(f"一天最多 {MOST_SPANS} 个时段，请合并几个。")
    return tuple(spans)


def days_offered(today: date, workdays: Workdays, closed: frozenset[date]) -> tuple[date, ...]:
    """The next working days from tomorrow on, without those on which the counter is shut."""
    found: list[date] = []
    day = today + ONE_DAY
    while len(found) < DAYS_OFFERED and day <= today + LOOKS_AHEAD:
        if workdays.is_workday(day) and day not in closed:
            found.append(day)
        day += ONE_DAY
    return tuple(found)


def books_again_on(missed: Collection[date]) -> date | None:
    """From which day on somebody may book after these missed visits; None where they always might."""
    days = sorted(missed)
    pairs = zip(days, days[MISSES - 1 :], strict=False)
    last = max((late for early, late in pairs if late - early <= MISSED_WITHIN), default=None)
    return None if last is None else last + RESTS_FOR
