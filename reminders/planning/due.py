"""Writes a reminder for every license date whose stage is reached, and moves the due day on."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, and_, exists, func, literal, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased
from sqlalchemy.sql.dml import Insert

from reminders.rules.lifecycle import DateKind, Expiry, LicenseState, ReminderState, Stage
from reminders.tables.bindings import Confirmation
from reminders.tables.deliveries import Reminder
from reminders.tables.ledger import License
from reminders.tables.windows import LadderStep, RenewalWindow


@dataclass(frozen=True)
class DateColumns:
    """Where the license keeps one of its two dates, and the day on which it is looked at again."""

    kind: DateKind
    expires_on: InstrumentedAttribute[date | None]
    due_on: InstrumentedAttribute[date | None]


DATES = (
    DateColumns(DateKind.MAIN, License.expires_on, License.next_due_on),
    DateColumns(DateKind.COMPANION, License.companion_on, License.companion_due_on),
)


def write_reminders(
    session: Session, dates: DateColumns, today: date, blocked: Collection[int], run_id: int, *, now: datetime
) -> None:
    """One row per due license: its last applicable stage reached, unless that or a later one was planned."""
    session.execute(reminders_statement(session, dates, today, blocked, run_id, now))


def reminders_statement(
    session: Session, dates: DateColumns, today: date, blocked: Collection[int], run_id: int, now: datetime
) -> Insert:
    """The whole decision as one statement on the index of the due day; `rules.due` tells it in words."""
    insert: Any = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    step = aliased(LadderStep)
    due = (
        select(
            License.id,
            literal(dates.kind, Reminder.date_kind.type),
            dates.expires_on,
            step.stage,
            step.due_on,
            RenewalWindow.apply_by,
            literal(ReminderState.OPEN, Reminder.state.type),
            literal(False),
            literal(run_id),
            literal(now, Reminder.created_at.type),
        )
        .select_from(License)
        .join(step, _ladder(step, dates))
        .join(RenewalWindow, _ladder(RenewalWindow, dates))
        .where(*is_due(dates, today, blocked))
        .where(step.position == _last_reached(dates, today), ~_is_done(step, dates))
    )
    columns = ["license_id", "date_kind", "expires_on", "stage", "due_on", "apply_by", "state"]
    columns += ["has_no_channel", "run_id", "created_at"]
    statement: Insert = insert(Reminder).from_select(columns, due).on_conflict_do_nothing()
    return statement


def move_on(session: Session, dates: DateColumns, today: date, blocked: Collection[int]) -> int:
    """Sets the due day of the licenses just looked at to the next future step; returns their number."""
    coming = select(func.min(LadderStep.due_on)).where(_ladder(LadderStep, dates), LadderStep.due_on > today)
    statement = (
        update(License)
        .where(*is_due(dates, today, blocked))
        .values({dates.due_on: coming.correlate(License).scalar_subquery()})
        .execution_options(synchronize_session=False)
    )
    return cast(CursorResult[Any], session.execute(statement)).rowcount


def is_due(dates: DateColumns, today: date, blocked: Collection[int]) -> list[ColumnElement[bool]]:
    """Active licenses whose due day is reached; nothing is sent from an entry in `blocked`."""
    conditions = [dates.due_on <= today, License.state == LicenseState.ACTIVE, dates.expires_on.is_not(None)]
    if dates.kind is DateKind.MAIN:
        conditions.append(License.expiry == Expiry.DATED)
    if blocked:
        conditions.append(License.catalogue_entry_id.not_in(sorted(blocked)))
    return conditions


def _ladder(table: Any, dates: DateColumns) -> ColumnElement[bool]:
    return and_(
        table.catalogue_entry_id == License.catalogue_entry_id,
        table.date_kind == dates.kind,
        table.expires_on == dates.expires_on,
    )


def _last_reached(dates: DateColumns, today: date) -> ColumnElement[int]:
    """HUMAN counts only while nobody is known to have heard about this expiry date."""
    reached = aliased(LadderStep)
    heard = exists().where(
        Confirmation.license_id == License.id,
        Confirmation.date_kind == dates.kind,
        Confirmation.expires_on == dates.expires_on,
    )
    last = select(func.max(reached.position)).where(
        _ladder(reached, dates), reached.due_on <= today, or_(reached.stage != Stage.HUMAN, ~heard)
    )
    return last.correlate(License).scalar_subquery()


def _is_done(step: Any, dates: DateColumns) -> ColumnElement[bool]:
    """A stage that a changed rule took off the ladder counts by the day on which it was due."""
    planned = aliased(LadderStep)
    return (
        select(Reminder.id)
        .outerjoin(planned, and_(_ladder(planned, dates), planned.stage == Reminder.stage))
        .where(
            Reminder.license_id == License.id,
            Reminder.date_kind == dates.kind,
            Reminder.expires_on == dates.expires_on,
            func.coalesce(planned.position >= step.position, Reminder.due_on >= step.due_on),
        )
        .correlate(License, step)
        .exists()
    )
