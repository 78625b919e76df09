"""Opens a figure: the licenses, kinds or messages it counts, with what was counted of each."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, case, exists, not_, null, select
from sqlalchemy.orm import Session

from reminders import fates
from reminders.rules.lifecycle import Channel, LicenseState
from reminders.rules.permissions import Actor, department_scope
from reminders.rules.supervision import Figure, Period
from reminders.supervision.figures import arrived, end_of, in_period, is_complete, of_scope, speaks_for
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.deliveries import Delivery
from reminders.tables.holders import Contact, Holder
from reminders.tables.ledger import License
from reminders.tables.staff import Department

PAGE = 50


@dataclass(frozen=True)
class Wanted:
    """Which rows of a figure: those counted above the line, those that are not, or both for None."""

    figure: Figure
    period: Period
    counted: bool | None = None
    department_id: int | None = None
    entry_id: int | None = None
    after: int = 0


@dataclass(frozen=True)
class Row:
    """`id` is a license's, or a kind's for coverage; `days_ahead` is set for days ahead only."""

    id: int
    holder_name: str
    license_name: str
    license_no: str
    department: str
    expires_on: date | None
    is_counted: bool
    days_ahead: int | None


@dataclass(frozen=True)
class RowPage:
    rows: tuple[Row, ...]
    after: int | None


@dataclass(frozen=True)
class MessageRow:
    delivery_id: int
    for_day: date
    has_arrived: bool
    state: Any
    reason: str


@dataclass(frozen=True)
class MessagePage:
    rows: tuple[MessageRow, ...]
    after: int | None


def rows(session: Session, wanted: Wanted, *, actor: Actor, now: datetime, limit: int = PAGE) -> RowPage:
    """The rows behind one number, as far as the actor may see them."""
    scope = department_scope(actor)
    if scope is not None and wanted.department_id not in (None, scope):
        return RowPage((), None)
    query, key, is_counted = _behind(session, wanted, now)
    query = of_scope(query, scope if scope is not None else wanted.department_id)
    if wanted.entry_id is not None:
        query = query.where(CatalogueEntry.id == wanted.entry_id)
    if wanted.counted is not None:
        query = query.where(is_counted if wanted.counted else not_(is_counted))
    found = session.execute(query.where(key > wanted.after).order_by(key).limit(limit + 1)).all()
    shown = tuple(
        Row(row[0], row[1] or "", row[2], row[3] or "", row[4], row[5], bool(row[6]), _whole(row[7]))
        for row in found[:limit]
    )
    return RowPage(shown, shown[-1].id if len(found) > limit else None)


def messages(
    session: Session,
    period: Period,
    channel: Channel,
    *,
    has_arrived: bool | None,
    after: int = 0,
    limit: int = PAGE,
    actor: Actor,
) -> MessagePage:
    """The messages behind one channel's figure."""
    did_arrive = case((arrived(), 1), else_=0)
    query = (
        select(Delivery.id, Delivery.for_day, did_arrive, Delivery.state, Delivery.state_reason)
        .where(*in_period(period), Delivery.channel == channel, Delivery.id > after)
        .order_by(Delivery.id)
        .limit(limit + 1)
    )
    scope = department_scope(actor)
    if scope is not None:
        query = query.where(speaks_for(scope))
    if has_arrived is not None:
        query = query.where(did_arrive == int(has_arrived))
    found = session.execute(query).all()
    shown = tuple(MessageRow(row[0], row[1], bool(row[2]), row[3], row[4]) for row in found[:limit])
    return MessagePage(shown, shown[-1].delivery_id if len(found) > limit else None)


def _behind(
    session: Session, wanted: Wanted, now: datetime
) -> tuple[Select[*tuple[Any, ...]], ColumnElement[int], ColumnElement[bool]]:
    if wanted.figure is Figure.COVERAGE:
        return _kinds()
    if wanted.figure is Figure.COMPLETENESS:
        return _stock()
    return _expired(session, wanted, now)


def _kinds() -> tuple[Select[*tuple[Any, ...]], ColumnElement[int], ColumnElement[bool]]:
    in_ledger = exists().where(
        License.catalogue_entry_id == CatalogueEntry.id, License.state != LicenseState.CANCELLED
    )
    columns: tuple[Any, ...] = (
        *(CatalogueEntry.id, null(), CatalogueEntry.license_name, null(), Department.name, null()),
        *(_bit(in_ledger), null()),
    )
    shown = select(*columns).select_from(CatalogueEntry)
    query = shown.join(Department, Department.id == CatalogueEntry.department_id)
    return query.where(CatalogueEntry.is_active), CatalogueEntry.id, in_ledger  # type: ignore[return-value]


def _stock() -> tuple[Select[*tuple[Any, ...]], ColumnElement[int], ColumnElement[bool]]:
    query = (
        select(*_license(License.expires_on), _bit(is_complete()), null())
        .select_from(License)
        .join(CatalogueEntry, CatalogueEntry.id == License.catalogue_entry_id)
        .join(Department, Department.id == CatalogueEntry.department_id)
        .join(Holder, Holder.id == License.holder_id)
        .outerjoin(Contact, Contact.id == License.contact_id)
        .where(License.state != LicenseState.CANCELLED)
    )
    return query, License.id, is_complete()  # type: ignore[return-value]


def _expired(
    session: Session, wanted: Wanted, now: datetime
) -> tuple[Select[*tuple[Any, ...]], ColumnElement[int], ColumnElement[bool]]:
    dialect = session.get_bind().dialect.name
    fate = fates.fates(dialect, wanted.period.since, end_of(wanted.period, now)).subquery().c
    is_counted = {
        Figure.TIMELINESS: fate.timeliness == "timely",
        Figure.REACH: fate.reach == "reached",
        Figure.ON_TIME: fate.outcome == "on_time",
        Figure.LAPSE: fate.outcome == "lapsed",
        Figure.DAYS_AHEAD: fate.days_ahead.is_not(None),
    }[wanted.figure]
    query = (
        select(*_license(fate.expires_on), _bit(is_counted), fate.days_ahead)
        .join(License, License.id == fate.license_id)
        .join(CatalogueEntry, CatalogueEntry.id == License.catalogue_entry_id)
        .join(Department, Department.id == CatalogueEntry.department_id)
        .join(Holder, Holder.id == License.holder_id)
    )
    if wanted.figure is Figure.TIMELINESS:
        query = query.where(fate.timeliness != "timeliness_unknown")
    if wanted.figure is Figure.DAYS_AHEAD:
        query = query.where(fate.days_ahead.is_not(None))
    return query, License.id, is_counted  # type: ignore[return-value]


def _license(expires_on: Any) -> tuple[Any, ...]:
    return (
        License.id,
        Holder.name,
        CatalogueEntry.license_name,
        License.license_no,
        Department.name,
        expires_on,
    )


def _whole(days: float | None) -> int | None:
    return None if days is None else int(days)


def _bit(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return case((condition, 1), else_=0)
