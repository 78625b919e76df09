"""Counts what became of licenses that expired: renewed in time, reached, and reminded in time."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    Select,
    and_,
    case,
    cast,
    exists,
    func,
    literal,
    null,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from reminders import clock
from reminders.rules.dates import minus_days, minus_months
from reminders.rules.lifecycle import DateKind, DeliveryState, Expiry, LicenseState, Stage
from reminders.rules.suppression import Shown, suppress
from reminders.tables.bindings import Confirmation
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.deliveries import Delivery, DeliveryItem, Reminder
from reminders.tables.ledger import License
from reminders.tables.windows import RenewalWindow

MONTHS = 12
TIMELY_DAYS = 30
PARTS = (
    *("on_time", "late", "lapsed", "undecided"),
    *("reached", "perhaps_reached", "not_reached"),
    *("timely", "not_timely", "timeliness_unknown"),
)
GROUPS = ((1, 2, 3, 4), (5, 6, 7), (8, 9, 10))  # columns behind the total
PERHAPS = (DeliveryState.ACCEPTED, DeliveryState.UNCONFIRMED, DeliveryState.UNKNOWN, DeliveryState.SENDING)


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
    fell_due = union_all(_reminded(since, today), _never_reminded(dialect, since, today)).subquery()
    due = fell_due.c
    rows = (
        select(
            CatalogueEntry.license_name,
            due.expires_on,
            _outcome(due).label("outcome"),
            _reach(due).label("reach"),
            _timeliness(dialect, due).label("timeliness"),
        )
        .join(License, License.id == due.license_id)
        .join(CatalogueEntry, CatalogueEntry.id == License.catalogue_entry_id)
        .where(License.state != LicenseState.CANCELLED)
        .subquery()
    )
    places = {"outcome": PARTS[:4], "reach": PARTS[4:7], "timeliness": PARTS[7:]}
    counts = [
        func.sum(case((rows.c[column] == part, 1), else_=0))
        for column, parts in places.items()
        for part in parts
    ]
    return select(rows.c.license_name, rows.c.expires_on, func.count(), *counts).group_by(
        rows.c.license_name, rows.c.expires_on
    )


def _reminded(since: date, today: date) -> Select[*tuple[Any, ...]]:
    """Expiries the planner spoke of, with what became of their messages."""
    left_at = func.coalesce(Delivery.intent_at, Delivery.final_at)
    has_left = Delivery.state.in_((DeliveryState.DELIVERED, *PERHAPS))
    return (
        select(
            Reminder.license_id,
            Reminder.expires_on,
            func.min(Reminder.apply_by).label("apply_by"),
            func.max(case((Reminder.stage == Stage.LAPSED, 1), else_=0)).label("lapse_told"),
            func.max(case((Delivery.state == DeliveryState.DELIVERED, 1), else_=0)).label("delivered"),
            func.max(case((Delivery.state.in_(PERHAPS), 1), else_=0)).label("perhaps"),
            func.min(case((has_left, left_at))).label("first_left_at"),
        )
        .outerjoin(
            DeliveryItem, and_(DeliveryItem.reminder_id == Reminder.id, DeliveryItem.dropped_reason == "")
        )
        .outerjoin(Delivery, Delivery.id == DeliveryItem.delivery_id)
        .where(Reminder.date_kind == DateKind.MAIN, Reminder.expires_on >= since, Reminder.expires_on < today)
        .group_by(Reminder.license_id, Reminder.expires_on)
    )


def _never_reminded(dialect: str, since: date, today: date) -> Select[*tuple[Any, ...]]:
    """Licenses that the ledger held before they expired and that nobody was told of."""
    was_told = exists().where(
        Reminder.license_id == License.id,
        Reminder.date_kind == DateKind.MAIN,
        Reminder.expires_on == License.expires_on,
    )
    nothing = [literal(0), literal(0), literal(0), null()]
    return (
        select(License.id, License.expires_on, RenewalWindow.apply_by, *nothing)
        .outerjoin(
            RenewalWindow,
            and_(
                RenewalWindow.catalogue_entry_id == License.catalogue_entry_id,
                RenewalWindow.date_kind == DateKind.MAIN,
                RenewalWindow.expires_on == License.expires_on,
            ),
        )
        .where(
            License.catalogue_entry_id.in_(select(CatalogueEntry.id)),  # by the index of kind and expiry
            License.expires_on >= since,
            License.expires_on < today,
            _civil(dialect, License.created_at) <= License.expires_on,
            ~was_told,
        )
    )


def _outcome(due: Any) -> ColumnElement[str]:
    """Renewed before the planner had to say that it lapsed, or issued before; else what the ledger knows."""
    has_renewed = (License.expiry == Expiry.NONE) | (License.expires_on > due.expires_on)
    return case(
        (and_(has_renewed, due.lapse_told == 0), "on_time"),
        (and_(has_renewed, License.issued_on <= due.expires_on), "on_time"),
        (and_(has_renewed, License.issued_on > due.expires_on), "late"),
        (has_renewed, "undecided"),
        (License.state == LicenseState.ACTIVE, "lapsed"),
        else_="undecided",
    )


def _reach(due: Any) -> ColumnElement[str]:
    is_confirmed = exists().where(
        Confirmation.license_id == due.license_id,
        Confirmation.date_kind == DateKind.MAIN,
        Confirmation.expires_on == due.expires_on,
    )
    return case(
        (is_confirmed | (due.delivered == 1), "reached"),
        (due.perhaps == 1, "perhaps_reached"),
        else_="not_reached",
    )


def _timeliness(dialect: str, due: Any) -> ColumnElement[str]:
    """30 days before the last day to apply, or on the day a late license entered the ledger."""
    first_on = _civil(dialect, due.first_left_at)
    entered_on = _civil(dialect, License.created_at)
    return case(
        (due.apply_by.is_(None), "timeliness_unknown"),
        (due.first_left_at.is_(None), "not_timely"),
        (_days(dialect, due.apply_by, first_on) >= TIMELY_DAYS, "timely"),
        (_days(dialect, first_on, entered_on) <= 0, "timely"),
        else_="not_timely",
    )


def _civil(dialect: str, moment: Any) -> Any:
    """The date on a wall calendar in Weihai, in the words of the database."""
    if dialect == "postgresql":
        return cast(func.timezone("Asia/Shanghai", moment), Date)
    return func.date(moment, "+8 hours")


def _days(dialect: str, later: Any, earlier: Any) -> Any:
    if dialect == "postgresql":
        return cast(later, Date) - cast(earlier, Date)
    return func.julianday(later) - func.julianday(earlier)
