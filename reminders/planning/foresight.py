"""The time machine: who would be told what on a day, by the planner's own choice, without writing a row."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, func, select
from sqlalchemy.orm import Session

from reminders import reach, resting
from reminders.planning import due
from reminders.planning.gaps import held_back
from reminders.rules import wording
from reminders.rules.lifecycle import Channel, DateKind, LicenseState, Stage
from reminders.rules.permissions import Actor, department_scope
from reminders.rules.routing import next_channel
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.holders import Holder
from reminders.tables.ledger import License
from reminders.tables.staff import Department
from reminders.tables.windows import RenewalWindow

PAGE = 50


@dataclass(frozen=True)
class Foreseen:
    """One date of one license; `channel` is None where nobody could be told.

    `says` is the sentence of that day's message, `people` how many of them get it.
    """

    license_id: int
    license_no: str | None
    license_name: str
    holder_name: str
    department: str
    date_kind: DateKind
    stage: Stage
    expires_on: date
    apply_by: date | None
    channel: Channel | None
    people: int
    says: str


@dataclass(frozen=True)
class Foresight:
    """`answered` and `incomplete` count what is due too, and kept back by an answer or a missing fact."""

    on: date
    lines: tuple[Foreseen, ...]
    after: int | None
    answered: int
    incomplete: int


def foresee(
    session: Session,
    on: date,
    *,
    kind: DateKind = DateKind.MAIN,
    department: str = "",
    after: int = 0,
    limit: int = PAGE,
    actor: Actor,
) -> Foresight:
    """One page, by license. Today's people and channels are taken for those of that day."""
    dates = next(one for one in due.DATES if one.kind is kind)
    blocked = [item.entry_id for item in held_back(session) if item.date_kind is kind]
    chosen = due.chosen(dates, on, blocked).subquery("chosen")
    scope = department_scope(actor)
    query = (
        select(chosen.c.stage, chosen.c.expires_on, chosen.c.apply_by, License.id, License.license_no)
        .add_columns(CatalogueEntry.license_name, Holder.name.label("holder"), Department.name.label("place"))
        .add_columns(Holder.kind.label("holder_kind"), CatalogueEntry.companion_name, RenewalWindow.opens_on)
        .add_columns(Department.service_phone)
        .join(License, License.id == chosen.c.license_id)
        .join(CatalogueEntry, CatalogueEntry.id == License.catalogue_entry_id)
        .join(Department, Department.id == CatalogueEntry.department_id)
        .join(Holder, Holder.id == License.holder_id)
        .outerjoin(RenewalWindow, _is_window(kind, chosen))
        .where(License.id > after)
        .order_by(License.id)
        .limit(limit + 1)
    )
    if scope is not None:
        query = query.where(Department.id == scope)
    if department:
        query = query.where(Department.name == department)
    rows = session.execute(query).all()
    shown = rows[:limit]
    reached = reach.of_licenses(session, [row.id for row in shown])
    lines = tuple(_line(row, kind, on, reached[row.id]) for row in shown)
    answered, incomplete = _kept_back(session, dates, on, blocked, scope, department)
    return Foresight(on, lines, shown[-1].id if len(rows) > limit else None, answered, incomplete)


def _line(row: Row[*tuple[Any, ...]], kind: DateKind, on: date, reached: reach.Reach) -> Foreseen:
    channel = _channel(reached, row.stage)
    told = wording.Line(
        license_id=row.id,
        license_name=row.license_name,
        holder_name=row.holder,
        holder_kind=row.holder_kind,
        date_name="期满日期" if kind is DateKind.MAIN else row.companion_name,
        expires_on=row.expires_on,
        opens_on=row.opens_on,
        apply_by=row.apply_by,
        service_phone=row.service_phone,
    )
    by_wechat = reached.following if channel is Channel.WECHAT else 1
    return Foreseen(
        license_id=row.id,
        license_no=row.license_no,
        license_name=row.license_name,
        holder_name=row.holder,
        department=row.place,
        date_kind=kind,
        stage=row.stage,
        expires_on=row.expires_on,
        apply_by=row.apply_by,
        channel=channel,
        people=0 if channel is None else max(by_wechat, 1),
        says="" if channel is None else wording.advice([told], on),
    )


def _is_window(kind: DateKind, chosen: Any) -> ColumnElement[bool]:
    return and_(
        RenewalWindow.catalogue_entry_id == License.catalogue_entry_id,
        RenewalWindow.date_kind == kind,
        RenewalWindow.expires_on == chosen.c.expires_on,
    )


def _channel(reached: reach.Reach, stage: Stage) -> Channel | None:
    return next_channel(
        stage, reached.method, reachable=reached.channels, tried=(), declined=reached.declined
    )


def _kept_back(
    session: Session,
    dates: due.DateColumns,
    on: date,
    blocked: list[int],
    scope: int | None,
    department: str,
) -> tuple[int, int]:
    """How many are due on that day and yet not told: because of an answer, because of missing facts."""
    is_answered = resting.answered(License.id, dates.kind, dates.expires_on)
    query = (
        select(func.count())
        .select_from(License)
        .join(CatalogueEntry, CatalogueEntry.id == License.catalogue_entry_id)
        .join(Department, Department.id == CatalogueEntry.department_id)
        .where(dates.due_on <= on, License.state == LicenseState.ACTIVE, dates.expires_on.is_not(None))
    )
    if scope is not None:
        query = query.where(Department.id == scope)
    if department:
        query = query.where(Department.name == department)
    answered = session.execute(query.where(is_answered)).scalar_one()
    waiting = query.where(~is_answered, License.catalogue_entry_id.in_(blocked), CatalogueEntry.is_active)
    waiting = waiting.where(CatalogueEntry.paused_at.is_(None))
    return answered, session.execute(waiting).scalar_one() if blocked else 0
