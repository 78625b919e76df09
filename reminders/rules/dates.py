"""Counts days back from a date: calendar days, calendar months, and days on which offices work."""

import calendar
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache

import chinese_calendar
import holidays

ONE_DAY = timedelta(days=1)
SATURDAY = 5
LIBRARY_YEARS = range(
    min(chinese_calendar.constants.holidays).year, max(chinese_calendar.constants.holidays).year + 1
)

# Days around a festival's first day that are treated as rest in an estimate. Spring Festival took −1…+6 in
# 2010–2026 (a spare day on each side), Labour Day −2…+4, National Day 0…+7 when Mid-Autumn fell into it.
CUSTOMARY_WEEKS = {"春节": range(-2, 8), "劳动节": range(-2, 5), "国庆节": range(-1, 8)}
# A one-day holiday on Tuesday to Thursday or on a weekend is bridged by up to two days; one on Monday or
# Friday already makes a long weekend and never was.
BRIDGE = range(-2, 3)
NEVER_BRIDGED = {0, 4}
MOVED_REST_DAY = "休息日"
SUBSTITUTE = "（补假）"


@dataclass(frozen=True)
class Workdays:
    """Which days offices work: imported notices over `chinese_calendar`, over an estimate for other years.

    `imported` holds days that differ from Monday–Friday; `imported_years` the years it covers wholly.
    """

    imported: Mapping[date, bool] = field(default_factory=dict)
    imported_years: frozenset[int] = frozenset()

    def is_workday(self, day: date) -> bool:
        told = self.imported.get(day)
        if told is not None:
            return told
        if day.year in self.imported_years:
            return day.weekday() < SATURDAY
        return day in usual_workdays(day.year)

    def is_estimated(self, day: date) -> bool:
        """True when no State Council notice for this year is known here."""
        return not (day.year in self.imported_years or day.year in LIBRARY_YEARS or day in self.imported)

    def is_any_estimated(self, first: date, last: date) -> bool:
        """Whether a day from `first` to `last`, both included, is estimated; looks at whole years only."""
        return any(
            year not in self.imported_years and year not in LIBRARY_YEARS
            for year in range(first.year, last.year + 1)
        )


def minus_days(day: date, count: int) -> date:
    """The day itself is not counted: one day before the 2nd is the 1st."""
    return day - timedelta(days=count)


def minus_months(day: date, count: int) -> date:
    """Calendar months; a month without that day gives its last one (民法典第二百零二条)."""
    year, month = divmod(day.year * 12 + day.month - 1 - count, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def minus_workdays(day: date, count: int, workdays: Workdays) -> date:
    """The `count`-th working day before this day; the day itself is not counted."""
    while count > 0:
        day -= ONE_DAY
        count -= workdays.is_workday(day)
    return day


def plus_workdays(day: date, count: int, workdays: Workdays) -> date:
    """The `count`-th working day after this day; the day itself is not counted."""
    while count > 0:
        day += ONE_DAY
        count -= workdays.is_workday(day)
    return day


def back_to_workday(day: date, workdays: Workdays) -> date:
    """The day itself when offices work on it, else the last working day before it: never later."""
    while not workdays.is_workday(day):
        day -= ONE_DAY
    return day


@lru_cache(maxsize=256)
def usual_workdays(year: int) -> frozenset[date]:
    """Working days of a year without an imported notice: the library's, or estimated ones."""
    if year in LIBRARY_YEARS:
        return frozenset(day for day in days_of(year) if chinese_calendar.is_workday(day))
    return estimated_workdays(year)


@lru_cache(maxsize=256)
def estimated_workdays(year: int) -> frozenset[date]:
    """Working days of a year without a notice: never one that may turn out to be a rest day.

    Holidays are taken wide, and no make-up working day is assumed.
    """
    rest = set(_around_holidays(year)) | set(_around_holidays(year + 1))
    return frozenset(day for day in days_of(year) if day.weekday() < SATURDAY and day not in rest)


def days_of(year: int) -> Iterator[date]:
    first = date(year, 1, 1)
    return (first + timedelta(days=offset) for offset in range(date(year, 12, 31).timetuple().tm_yday))


@lru_cache(maxsize=256)
def statutory_days(year: int) -> Mapping[date, str]:
    """Holidays by law (全国年节及纪念日放假办法), substitutes included, without moved rest days."""
    known = holidays.country_holidays("CN", years=year, language="zh_CN")
    return {day: name for day, name in sorted(known.items()) if not name.startswith(MOVED_REST_DAY)}


def _around_holidays(year: int) -> Iterator[date]:
    anchored: set[str] = set()
    for day, names in statutory_days(year).items():
        for name in (part.removesuffix(SUBSTITUTE) for part in names.split("; ")):
            yield from (day + timedelta(days=offset) for offset in _reach(day, name, anchored))


def _reach(day: date, name: str, anchored: set[str]) -> range:
    """Days around this one that may be off too; a festival week counts from its first day only."""
    if name in CUSTOMARY_WEEKS:
        is_first = name not in anchored
        anchored.add(name)
        return CUSTOMARY_WEEKS[name] if is_first else range(1)
    return range(1) if day.weekday() in NEVER_BRIDGED else BRIDGE
