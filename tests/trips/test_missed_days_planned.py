"""The missed-day drill through the real planner: its statements tell what the rules tell, outage or not."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from reminders.db import Database
from reminders.planning import due
from reminders.rules.lifecycle import DateKind, ReminderState, Stage
from reminders.tables.deliveries import Reminder
from reminders.tables.ledger import License
from reminders.tables.windows import LadderStep
from tests import builders, missed_days
from tests.missed_days import ONE_DAY, REFERENCE, Subject
from tests.trips.test_missed_nights import load_catalogue, plan

# Around festivals, leap days, the end of the library's years, and the longest outage of all.
OUTAGES = [
    (date(2024, 2, 9), 10),
    (date(2025, 4, 30), 1),
    (date(2026, 12, 31), 45),
    (date(2028, 2, 28), 2),
    (date(2029, 10, 1), 20),
    (date(2032, 12, 31), 45),
]
YEARS_AGO = 4 * 365
Row = tuple[License, DateKind, Subject]


def make_licenses(session: Session, start: date) -> list[Row]:
    """For each date of the catalogue two licenses, renewed before, at different stages of their ladders."""
    rows: list[Row] = []
    for place, (name, _rule) in enumerate(missed_days.rules()):
        entry, kind = int(name.split()[0]), DateKind(name.split()[1])
        steps = missed_days.subject(place, REFERENCE).steps
        for turn in (place, place + 3):
            one = missed_days.subject(place, start + (REFERENCE - steps[turn % len(steps)].due_on))
            far = one.expires_on + timedelta(days=YEARS_AGO)
            is_main = kind is DateKind.MAIN
            license = builders.license(
                session,
                entry_id=entry,
                expires_on=one.expires_on if is_main else far,
                companion_on=None if is_main else one.expires_on,
                contact_id=builders.contact(session).id,
            )
            tell_everything(session, license, kind, one.expires_on - timedelta(days=YEARS_AGO))
            rows.append((license, kind, one))
    return rows


def tell_everything(session: Session, license: License, kind: DateKind, expires_on: date) -> None:
    """All stages of the date before the renewal."""
    for stage in Stage:
        row = Reminder(
            license_id=license.id,
            date_kind=kind,
            expires_on=expires_on,
            stage=stage,
            due_on=expires_on,
            state=ReminderState.OPEN,
            created_at=builders.NOW,
        )
        session.add(row)
    session.flush()


def nights_around(start: date, back: date) -> list[date]:
    later = [back + timedelta(days=n) for n in (0, 1, 30, 31, 150)]
    return [start - 40 * ONE_DAY, start - ONE_DAY, *later]


def told(session: Session, license: License, kind: DateKind, expires_on: date) -> list[Stage]:
    found = select(Reminder.stage).where(
        Reminder.license_id == license.id, Reminder.date_kind == kind, Reminder.expires_on == expires_on
    )
    return list(session.execute(found.order_by(Reminder.id)).scalars())


def differences(database: Database, start: date, missed: int) -> list[str]:
    """What the planner told otherwise than the rules; the transaction is rolled back."""
    back = start + timedelta(days=missed)
    nights = nights_around(start, back)
    found = []
    with database._session(write=True) as session:
        load_catalogue(session)
        rows = make_licenses(session, start)
        for night in nights:
            plan(session, night)
        for license, kind, one in rows:
            wanted = [step.stage for _, step in missed_days.play(one, nights)]
            got = told(session, license, kind, one.expires_on)
            if got != wanted:
                found.append(f"{one.name} {one.expires_on}: {got} instead of {wanted}")
        session.rollback()
    return found


@pytest.mark.parametrize(("start", "missed"), OUTAGES)
def test_planner_tells_what_the_rules_tell_after_an_outage(
    database: Database, start: date, missed: int
) -> None:
    assert differences(database, start, missed) == []


# --- the drill bites ---

REAL_IS_DUE = due.is_due


def due_today_only(dates: due.DateColumns, today: date, blocked: Sequence[int]) -> list[Any]:
    return [dates.due_on == today, *REAL_IS_DUE(dates, today, blocked)[1:]]


def done_for_any_date(choice: Any, due_: Any, dates: due.DateColumns) -> Any:
    """The flag that a renewal does not reset."""
    planned = aliased(LadderStep)
    return (
        select(Reminder.id)
        .outerjoin(
            planned,
            (planned.catalogue_entry_id == choice.c.catalogue_entry_id)
            & (planned.expires_on == choice.c.expires_on)
            & (planned.date_kind == dates.kind)
            & (planned.stage == Reminder.stage),
        )
        .where(Reminder.license_id == due_.c.license_id, Reminder.date_kind == dates.kind)
        .where(func.coalesce(planned.position >= choice.c.position, Reminder.due_on >= choice.c.due_on))
        .correlate(due_, choice)
        .exists()
    )


def ninety_days_before(dates: due.DateColumns, today: date, blocked: Sequence[int]) -> list[Any]:
    days = [today + timedelta(days=n) for n in (90, 30, 7)]
    return [dates.expires_on.in_(days), *REAL_IS_DUE(dates, today, blocked)]


@pytest.mark.parametrize(
    ("name", "mutant"),
    [
        ("is_due", due_today_only),
        ("is_due", ninety_days_before),
        ("_is_done", done_for_any_date),
    ],
)
def test_drill_of_the_planner_bites(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch, name: str, mutant: Callable[..., Any]
) -> None:
    monkeypatch.setattr(due, name, mutant)
    assert differences(sqlite_database, *OUTAGES[0])
