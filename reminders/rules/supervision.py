"""What supervision (督促检查) counts, how each figure is defined, and how a sample is drawn again."""

import hashlib
import heapq
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date
from enum import StrEnum

from reminders.rules.dates import minus_days, minus_months


class Figure(StrEnum):
    """The figures of the page, in its order."""

    COVERAGE = "coverage"
    COMPLETENESS = "completeness"
    TIMELINESS = "timeliness"
    REACH = "reach"
    ON_TIME = "on_time"
    LAPSE = "lapse"
    DAYS_AHEAD = "days_ahead"


class Verdict(StrEnum):
    """What was found of one row of a sample."""

    GOOD = "good"
    PROBLEM = "problem"


NAMES = {
    Figure.COVERAGE: "目录覆盖率",
    Figure.COMPLETENESS: "台账完整率",
    Figure.TIMELINESS: "提醒及时率",
    Figure.REACH: "触达率",
    Figure.ON_TIME: "按期换证率",
    Figure.LAPSE: "到期未换率",
    Figure.DAYS_AHEAD: "平均提前天数",
}
EXPIRED = "期内期满的证照"
DEFINITIONS = {
    Figure.COVERAGE: "现在台账里至少有一本证照的目录事项数 ÷ 科室负责的在用目录事项数。",
    Figure.COMPLETENESS: "期满日期明确（或长期有效）、有证照编号、联系电话没有被标为错号的证照数 ÷ "
    "现在台账里没有注销的证照数。",
    Figure.TIMELINESS: f"{EXPIRED}中，第一条提醒在最迟申请日 30 天以前（或入台账当天）发出的 ÷ "
    "能判断及时与否的。没有核定最迟申请日的不计入。",
    Figure.REACH: f"{EXPIRED}中，提醒有送达回执、签收、接听或本人回应的 ÷ {EXPIRED}总数。",
    Figure.ON_TIME: f"{EXPIRED}中，期满当天及以前已换发新证的 ÷ {EXPIRED}总数。",
    Figure.LAPSE: f"{EXPIRED}中，到现在台账里仍没有换证、也没有注销的 ÷ {EXPIRED}总数。",
    Figure.DAYS_AHEAD: f"{EXPIRED}中发出过提醒、有最迟申请日的，"
    "第一条提醒发出日到最迟申请日的天数之和 ÷ 本数。",
}
CHANNEL_DEFINITION = "期内发出的提醒消息中，有送达回执（电话为接听、函告为签收）的 ÷ 已有结果或已交平台的。"
MONTHS = 12


@dataclass(frozen=True)
class Counts:
    """What the figures of one department or kind are made of; adding two gives those of both together."""

    entries: int = 0
    covered: int = 0
    licenses: int = 0
    complete: int = 0
    expired: int = 0
    on_time: int = 0
    lapsed: int = 0
    reached: int = 0
    timely: int = 0
    not_timely: int = 0
    reminded: int = 0
    days_ahead: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(self)))

    def parts(self, figure: Figure) -> tuple[int, int]:
        """Above and below the line of this figure."""
        return {
            Figure.COVERAGE: (self.covered, self.entries),
            Figure.COMPLETENESS: (self.complete, self.licenses),
            Figure.TIMELINESS: (self.timely, self.timely + self.not_timely),
            Figure.REACH: (self.reached, self.expired),
            Figure.ON_TIME: (self.on_time, self.expired),
            Figure.LAPSE: (self.lapsed, self.expired),
            Figure.DAYS_AHEAD: (self.days_ahead, self.reminded),
        }[figure]

    def shown(self, figure: Figure) -> str:
        """As the page and every file print it: 92.3%, 45.0 天, — where there is nothing to divide by."""
        above, below = self.parts(figure)
        if not below:
            return "—"
        return f"{above / below:.1f} 天" if figure is Figure.DAYS_AHEAD else percent(above, below)


@dataclass(frozen=True)
class Period:
    """`since` to `until`, both counted."""

    since: date
    until: date

    @property
    def name(self) -> str:
        """2026年11月, 2026年第4季度, or the two days."""
        if self == month_of(self.since):
            return f"{self.since.year}年{self.since.month}月"
        if self == quarter_of(self.since):
            return f"{self.since.year}年第{(self.since.month + 2) // 3}季度"
        return f"{self.since} 至 {self.until}"

    @property
    def is_sensible(self) -> bool:
        """Shorter than the shortest validity, so that no license expires twice in it."""
        return self.since <= self.until and minus_months(self.until, MONTHS) < self.since


def percent(above: int, below: int) -> str:
    return f"{100 * above / below:.1f}%" if below else "—"


def month_of(day: date) -> Period:
    return _months_from(day.replace(day=1), 1)


def quarter_of(day: date) -> Period:
    return _months_from(day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1), 3)


def draw(license_ids: Iterable[int], seed: str, size: int) -> list[int]:
    """`size` of them by chance, in the order drawn: the same seed and rows always give the same sample.

    Each row has its own lot, so one more row in the ledger moves at most one row of the sample.
    """
    return heapq.nsmallest(size, license_ids, key=lambda one: (_lot(seed, one), one))


def _lot(seed: str, license_id: int) -> bytes:
    return hashlib.sha256(f"{seed}:{license_id}".encode()).digest()


def _months_from(first: date, months: int) -> Period:
    after = first.year * 12 + first.month - 1 + months
    return Period(first, minus_days(date(after // 12, after % 12 + 1, 1), 1))
