"""Counts what became of licenses that expired: renewed in time, reached, and reminded in time."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import Session

from reminders import clock, fates
from reminders.rules.dates import minus_days, minus_months
from reminders.rules.suppression import Shown, suppress

MONTHS = 12
PARTS = (
    *("on_time", "late", "lapsed", "undecided"),
    *("reached", "perhaps_reached", "not_reached"),
    *("timely", "not_timely", "timeliness_unknown"),
)
GROUPS = ((1, 2, 3, 4), (5, 6, 7), (8, 9, 10))  # columns behind the total


@dataclass(frozen=True)
class Line:
    """One month or one kind. Small counts are hidden; a rate is None where it would tell them."""

    label: str
    total: Shown
    counts: dict[str, Shown]

    def percent(self, part: str) -> float | None:
        count = self.counts[part]
        if not isinstance(count, int) or not isinstance(self.total, int) or not self.total:
            return None
        return round(100 * count / self.total, 1)


@dataclass(frozen=True)
class Figures:
    """`since` to `until`, the last day counted; empty lines mean that nothing expired."""

    since: date
    until: date
    by_month: tuple[Line, ...]
    by_kind: tuple[Line, ...]


def figures(session: Session, *, now: datetime) -> Figures:
    """The last twelve months and this one, by the month of expiry and by kind of license."""
    today = clock.civil_date(now)
    since = minus_months(today.replace(day=1), MONTHS)
    found = session.execute(_counted(session.get_bind().dialect.name, since, today)).all()
    return Figures(
        since=since,
        until=minus_days(today, 1),
        by_month=_lines(found, lambda row: f"{row[1]:%Y-%m}"),
        by_kind=_lines(found, lambda row: str(row[0])),
    )


def _lines(found: Sequence[Any], label: Callable[[Any], str]) -> tuple[Line, ...]:
    sums: dict[str, list[int]] = defaultdict(lambda: [0] * (1 + len(PARTS)))
    for row in found:
        for place, count in enumerate(row[2:]):
            sums[label(row)][place] += int(count)
    labels = sorted(sums)
    shown = suppress([sums[one] for one in labels], GROUPS)
    return tuple(
        Line(one, counts[0], dict(zip(PARTS, counts[1:], strict=True)))
        for one, counts in zip(labels, shown, strict=True)
    )


def _counted(dialect: str, since: date, today: date) -> Select[*tuple[Any, ...]]:
    """One row per kind and day of expiry: the kind, the day, the total, then PARTS."""
    rows = fates.fates(dialect, since, today).subquery()
    places = {"outcome": PARTS[:4], "reach": PARTS[4:7], "timeliness": PARTS[7:]}
    counts = [
        func.sum(case((rows.c[column] == part, 1), else_=0))
        for column, parts in places.items()
        for part in parts
    ]
    return select(rows.c.license_name, rows.c.expires_on, func.count(), *counts).group_by(
        rows.c.license_name, rows.c.expires_on
    )
