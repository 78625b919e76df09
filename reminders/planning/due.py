"""Writes a reminder for every license date whose stage is reached, and moves the due day on."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast

from sqlalchemy import (
    CTE,
    ColumnElement,
    CursorResult,
    Select,
    and_,
    case,
    exists,
    false,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased
from sqlalchemy.sql.dml import Insert

from reminders import declining, resting
from reminders.planning import unsaid
from reminders.rules.due import BETWEEN
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
    """One row per due license: its last applicable stage reached, unless that or a later one was planned.

    One that was taken back before anybody heard of it is planned again.
    """
    session.execute(reminders_statement(session, dates, today, blocked, run_id, now))


def reminders_statement(
    session: Session, dates: DateColumns, today: date, blocked: Collection[int], run_id: int, now: datetime
) -> Insert:
    """The whole decision as one statement on the index of the due day; `rules.due` tells it in words."""
    insert: Any = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    rows = chosen(dates, today, blocked).add_columns(
        literal(dates.kind, Reminder.date_kind.type),
        literal(ReminderState.OPEN, Reminder.state.type),
        literal(False),
        literal(run_id),
        literal(now, Reminder.created_at.type),
    )
    columns = ["license_id", "expires_on", "stage", "due_on", "apply_by"]
    columns += ["date_kind", "state", "has_no_channel", "run_id", "created_at"]
    statement: Insert = unsaid.again(insert(Reminder).from_select(columns, rows))
    return statement


def chosen(dates: DateColumns, today: date, blocked: Collection[int]) -> Select[Any]:
    """Which licenses are told of which stage; reading it writes nothing."""
    due = _due(dates, today, blocked)
    choice = _choice(due, dates, today)
    return (
        select(due.c.license_id, due.c.expires_on, choice.c.stage, choice.c.due_on, choice.c.apply_by)
        .join(choice, _same_ladder(choice.c, due.c))
        .where(
            _applies(choice, due, dates), ~_is_done(choice, due, dates), ~_is_one_too_many(choice, due, dates)
        )
    )


def move_on(session: Session, dates: DateColumns, today: date, blocked: Collection[int]) -> int:
    """Sets the due day of the licenses just looked at to the next future step; returns their number."""
    coming = select(func.min(LadderStep.due_on)).where(
        LadderStep.catalogue_entry_id == License.catalogue_entry_id,
        LadderStep.date_kind == dates.kind,
        LadderStep.expires_on == dates.expires_on,
        LadderStep.due_on > today,
    )
    statement = (
        update(License)
        .where(*is_due(dates, today, blocked))
        .values({dates.due_on: coming.correlate(License).scalar_subquery()})
        .execution_options(synchronize_session=False)
    )
    return cast(CursorResult[Any], session.execute(statement)).rowcount


def is_due(dates: DateColumns, today: date, blocked: Collection[int]) -> list[ColumnElement[bool]]:
    """Active licenses whose due day is reached and about which nobody answered that reminders may rest;
    nothing is sent from an entry in `blocked`.
    """
    conditions = [dates.due_on <= today, License.state == LicenseState.ACTIVE, dates.expires_on.is_not(None)]
    conditions.append(~resting.answered(License.id, dates.kind, dates.expires_on))
    if dates.kind is DateKind.MAIN:
        conditions.append(License.expiry == Expiry.DATED)
    if blocked:
        conditions.append(License.catalogue_entry_id.not_in(sorted(blocked)))
    return conditions


def _due(dates: DateColumns, today: date, blocked: Collection[int]) -> CTE:
    return (
        select(
            License.id.label("license_id"),
            License.catalogue_entry_id,
            dates.expires_on.label("expires_on"),
            declining.wants_fewer().label("wants_fewer"),
        )
        .where(*is_due(dates, today, blocked))
        .cte("due")
    )


def _choice(due: CTE, dates: DateColumns, today: date) -> CTE:
    """Once per ladder, not per license: its last step reached, and the last one that is a message."""
    ladders = select(due.c.catalogue_entry_id, due.c.expires_on).distinct().cte("ladders")
    reached = aliased(LadderStep)
    message = case((reached.stage != Stage.HUMAN, reached.position))
    last = (
        select(
            reached.catalogue_entry_id,
            reached.expires_on,
            func.max(reached.position).label("position"),
            func.max(message).label("message"),
        )
        .join(ladders, _same_ladder(reached, ladders.c))
        .where(reached.date_kind == dates.kind, reached.due_on <= today)
        .group_by(reached.catalogue_entry_id, reached.expires_on)
        .cte("last")
    )
    step = aliased(LadderStep)
    return (
        select(
            step.catalogue_entry_id,
            step.expires_on,
            step.position,
            step.stage,
            step.due_on,
            RenewalWindow.apply_by,
            (step.position == last.c.position).label("is_last"),
            func.coalesce(step.position == last.c.message, false()).label("is_message"),
        )
        .join(last, and_(_same_ladder(step, last.c), step.position.in_((last.c.position, last.c.message))))
        .join(RenewalWindow, and_(_same_ladder(RenewalWindow, step), RenewalWindow.date_kind == dates.kind))
        .where(step.date_kind == dates.kind)
        .cte("choice")
    )


def _applies(choice: CTE, due: CTE, dates: DateColumns) -> ColumnElement[bool]:
    """HUMAN applies while nobody is known to have heard of this expiry date, else the message before it."""
    heard = exists().where(
        Confirmation.license_id == due.c.license_id,
        Confirmation.date_kind == dates.kind,
        Confirmation.expires_on == due.c.expires_on,
    )
    is_last, is_message = choice.c.is_last, choice.c.is_message
    return or_(and_(is_last, is_message), and_(is_last, ~heard), and_(is_message, heard))


def _is_one_too_many(choice: CTE, due: CTE, dates: DateColumns) -> ColumnElement[bool]:
    """A step in the middle for a holder who wants fewer reminders and was told of this date before."""
    told = (
        select(Reminder.id)
        .where(
            Reminder.license_id == due.c.license_id,
            Reminder.date_kind == dates.kind,
            Reminder.expires_on == due.c.expires_on,
            ~unsaid.is_unsaid(),
        )
        .correlate(due)
        .exists()
    )
    return and_(due.c.wants_fewer, choice.c.stage.in_(sorted(BETWEEN)), told)


def _is_done(choice: CTE, due: CTE, dates: DateColumns) -> ColumnElement[bool]:
    """A stage that a changed rule took off the ladder counts by the day on which it was due."""
    planned = aliased(LadderStep)
    same_stage = and_(
        _same_ladder(planned, choice.c), planned.date_kind == dates.kind, planned.stage == Reminder.stage
    )
    return (
        select(Reminder.id)
        .outerjoin(planned, same_stage)
        .where(
            Reminder.license_id == due.c.license_id,
            Reminder.date_kind == dates.kind,
            Reminder.expires_on == due.c.expires_on,
            func.coalesce(planned.position >= choice.c.position, Reminder.due_on >= choice.c.due_on),
            ~unsaid.is_unsaid(),
        )
        .correlate(due, choice)
        .exists()
    )


def _same_ladder(one: Any, other: Any) -> ColumnElement[bool]:
    return and_(one.catalogue_entry_id == other.catalogue_entry_id, one.expires_on == other.expires_on)
