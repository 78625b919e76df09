"""What became of each expiry: renewed in time or not, reached or not, reminded in time or not."""

from datetime import date
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

from reminders import windows
from reminders.rules.lifecycle import DateKind, DeliveryState, Expiry, LicenseState, Stage
from reminders.tables.bindings import Confirmation
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.deliveries import Delivery, DeliveryItem, Reminder
from reminders.tables.ledger import License
from reminders.tables.windows import RenewalWindow

TIMELY_DAYS = 30
PERHAPS = (DeliveryState.ACCEPTED, DeliveryState.UNCONFIRMED, DeliveryState.UNKNOWN, DeliveryState.SENDING)


def fates(dialect: str, since: date, until: date) -> Select[*tuple[Any, ...]]:
    """One row an expiry from `since` to before `until` (not after today), of licenses not cancelled.

    `outcome`, `reach` and `timeliness` are words of `figures.PARTS`; `days_ahead` is how many days before the
    last day to apply the first message left, None where none left or there is no such day.
    """
    fell_due = union_all(_reminded(since, until), _never_reminded(dialect, since, until)).subquery()
    due = fell_due.c
    left_on = _civil(dialect, due.first_left_at)
    return (
        select(
            due.license_id,
            CatalogueEntry.id.label("entry_id"),
            CatalogueEntry.department_id,
            CatalogueEntry.license_name,
            due.expires_on,
            _outcome(due).label("outcome"),
            _reach(due).label("reach"),
            _timeliness(dialect, due).label("timeliness"),
            _days(dialect, due.apply_by, left_on).label("days_ahead"),
        )
        .join(License, License.id == due.license_id)
        .join(CatalogueEntry, CatalogueEntry.id == License.catalogue_entry_id)
        .where(License.state != LicenseState.CANCELLED)
    )


def _reminded(since: date, until: date) -> Select[*tuple[Any, ...]]:
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
        .where(Reminder.date_kind == DateKind.MAIN, Reminder.expires_on >= since, Reminder.expires_on < until)
        .group_by(Reminder.license_id, Reminder.expires_on)
    )


def _never_reminded(dialect: str, since: date, until: date) -> Select[*tuple[Any, ...]]:
    """Licenses that the ledger held before they expired and that nobody was told of."""
    was_told = exists().where(
        Reminder.license_id == License.id,
        Reminder.date_kind == DateKind.MAIN,
        Reminder.expires_on == License.expires_on,
    )
    nothing = [literal(0), literal(0), literal(0), null()]
    return (
        select(License.id, License.expires_on, RenewalWindow.apply_by, *nothing)
        .outerjoin(RenewalWindow, windows.of_expiry())
        .where(
            License.catalogue_entry_id.in_(select(CatalogueEntry.id)),  # by the index of kind and expiry
            License.expires_on >= since,
            License.expires_on < until,
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
