"""Computes windows and ladders again, walking the calendar day by day; shares no code with the rules.

Holidays of 2027 and later are written down by hand from the almanac, so that the library's are checked too.
"""

import csv
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import chinese_calendar

CATALOGUE = Path(__file__).resolve().parents[2] / "config" / "catalogue.csv"
LAST_NOTICE = 2026
FIRST_DAY, LAST_DAY = date(2025, 1, 1), date(2030, 6, 30)

# Festival weeks: the first day, the days before it and the days after it that may be off.
WEEKS = [
    *((new_year, 2, 7) for new_year in ("2027-02-06", "2028-01-26", "2029-02-13", "2030-02-03")),
    *((f"{year}-05-01", 2, 4) for year in range(2027, 2031)),
    *((f"{year}-10-01", 1, 7) for year in range(2027, 2031)),
]
NEW_YEARS = [f"{year}-01-01" for year in range(2027, 2032)]
TOMB_SWEEPING = ["2027-04-05", "2028-04-04", "2029-04-04", "2030-04-05"]
DRAGON_BOAT = ["2027-06-09", "2028-05-28", "2029-06-16", "2030-06-05"]
MID_AUTUMN = ["2027-09-15", "2028-10-03", "2029-09-22", "2030-09-12"]

Day = int  # days since 0001-01-01, as date.toordinal counts


@dataclass(frozen=True)
class Answer:
    opens_on: date | None
    legal_last_day: date
    apply_by: date
    steps: list[tuple[str, date]]


def read_catalogue() -> list[dict[str, str]]:
    with CATALOGUE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


class SecondCalculator:
    def __init__(self) -> None:
        rest = guessed_rest_days()
        self.parts: dict[Day, tuple[int, int]] = {}
        self.working: set[Day] = set()
        for number in range(FIRST_DAY.toordinal(), LAST_DAY.toordinal() + 1):
            day = date.fromordinal(number)
            self.parts[number] = (day.year * 12 + day.month, day.day)
            if works(day, rest):
                self.working.add(number)

    def answer(self, row: dict[str, str], expires_on: date) -> Answer:
        end = expires_on.toordinal()
        last = self.back(end, row["renewal_latest"], row["unit"])
        if row["also_latest"]:
            last = min(last, self.back(end, row["also_latest"], row["also_unit"]))
        apply_by = last
        while apply_by not in self.working:
            apply_by -= 1
        opens = self.back(end, row["renewal_earliest"], row["unit"]) if row["renewal_earliest"] else None
        return Answer(
            opens_on=None if opens is None else date.fromordinal(opens),
            legal_last_day=date.fromordinal(last),
            apply_by=date.fromordinal(apply_by),
            steps=self.steps(end, opens, apply_by),
        )

    def steps(self, end: Day, opens: Day | None, apply_by: Day) -> list[tuple[str, date]]:
        first = min(self.back(end, "3", "月"), self.back(apply_by, "30", "日"))
        days = {"first": first, "open": opens, "follow_up": self.back(apply_by, "30", "日")}
        days |= {"last_call": apply_by - 7, "human": self.back(apply_by, "3", "工作日")}
        days |= {"closed": apply_by + 1, "lapsed": end + 1}
        kept = []
        for stage, day in days.items():
            if day is None or (stage == "open" and day <= first):
                continue
            if stage == "follow_up" and day < first + 14:
                continue
            kept.append((stage, date.fromordinal(day)))
        return sorted(kept, key=lambda step: step[1])  # stable: stages of one day keep the order above

    def back(self, day: Day, count: str, unit: str) -> Day:
        walk: dict[str, Callable[[Day, int], Day]] = {
            "日": self.back_days,
            "工作日": self.back_workdays,
            "月": self.back_months,
        }
        return walk[unit](day, int(count))

    def back_days(self, day: Day, count: int) -> Day:
        for _ in range(count):
            day -= 1
        return day

    def back_workdays(self, day: Day, count: int) -> Day:
        passed = 0
        while passed < count:
            day -= 1
            passed += day in self.working
        return day

    def back_months(self, day: Day, count: int) -> Day:
        """Walks until the month is reached and the day of the month is not above the one it began on."""
        month, day_of_month = self.parts[day]
        while not (self.parts[day][0] == month - count and self.parts[day][1] <= day_of_month):
            day -= 1
        return day


def works(day: date, guessed_rest: set[date]) -> bool:
    if day.year > LAST_NOTICE:
        return day.isoweekday() <= 5 and day not in guessed_rest
    if day in chinese_calendar.constants.workdays:
        return True
    return day.isoweekday() <= 5 and day not in chinese_calendar.constants.holidays


def guessed_rest_days() -> set[date]:
    rest = set()
    for first, before, after in WEEKS:
        middle = date.fromisoformat(first).toordinal()
        rest |= {date.fromordinal(middle + offset) for offset in range(-before, after + 1)}
    for text in (*NEW_YEARS, *TOMB_SWEEPING, *DRAGON_BOAT, *MID_AUTUMN):
        day = date.fromisoformat(text)
        reach = 0 if day.isoweekday() in (1, 5) else 2
        rest |= {date.fromordinal(day.toordinal() + offset) for offset in range(-reach, reach + 1)}
    return rest
