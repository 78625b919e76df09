"""Outcome figures count each expiry once, by what is known of it; what is not known stays unknown."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from reminders import clock, figures
from reminders.db import Database
from reminders.figures import GROUPS, PARTS, Figures
from reminders.rules.lifecycle import (
    Channel,
    DateKind,
    DeliveryState,
    Expiry,
    LicenseState,
    Purpose,
    ReminderState,
    Stage,
)
from reminders.tables.deliveries import Delivery, DeliveryItem, Reminder
from reminders.tables.ledger import License
from tests import builders
from tests.builders import NOW
from tests.reminders.test_queue_plans import plans

TODAY = clock.civil_date(NOW)
EXPIRED_ON = date(2026, 9, 20)
APPLY_BY = EXPIRED_ON - timedelta(days=30)
IN_TIME = datetime(2026, 7, 1, 2, 0, tzinfo=NOW.tzinfo)
ENTERED = datetime(2026, 1, 5, 2, 0, tzinfo=NOW.tzinfo)
RENEWED_ON = date(2031, 9, 20)
MANY = 6  # enough not to be hidden


def expired(session: Session, entry_id: int, *, now_on: date | None = EXPIRED_ON, **more: object) -> License:
    row = builders.license(session, entry_id=entry_id, expires_on=now_on, **more)  # type: ignore[arg-type]
    row.created_at = ENTERED
    session.flush()
    return row


def told(
    session: Session,
    row: License,
    *,
    stage: Stage = Stage.FIRST,
    state: DeliveryState | None = DeliveryState.DELIVERED,
    at: datetime = IN_TIME,
) -> None:
    reminder = Reminder(
        license_id=row.id,
        date_kind=DateKind.MAIN,
        expires_on=EXPIRED_ON,
        stage=stage,
        due_on=at.date(),
        apply_by=APPLY_BY,
        state=ReminderState.OPEN,
        created_at=at,
    )
    session.add(reminder)
    session.flush()
    if state is None:
        return
    follower = builders.follower(session)
    delivery = Delivery(
        purpose=Purpose.REMINDER,
        channel=Channel.WECHAT,
        follower_id=follower.id,
        recipient_hash=follower.openid_hash,
        for_day=at.date(),
        state=state,
        intent_at=at,
        ambiguous_since=at if state is DeliveryState.UNKNOWN else None,
        next_at=at,
        created_at=at,
    )
    session.add(delivery)
    session.flush()
    session.add(
        DeliveryItem(
            delivery_id=delivery.id,
            reminder_id=reminder.id,
            channel=Channel.WECHAT,
            recipient_ref=f"f{follower.id}",
        )
    )
    session.flush()


def counted(database: Database) -> Figures:
    with database.read() as session:
        return figures.figures(session, now=NOW)


def one_kind(found: Figures) -> dict[str, object]:
    assert len(found.by_kind) == len(found.by_month) == 1
    assert found.by_month[0].label == "2026-09"
    assert found.by_month[0].counts == found.by_kind[0].counts
    return {part: count for part, count in found.by_kind[0].counts.items() if count}


def test_nothing_expired_is_nothing_counted(database: Database) -> None:
    with database.begin() as session:
        entry = builders.entry(session)
        expired(session, entry.id, now_on=TODAY)  # still valid today
        expired(session, entry.id, now_on=TODAY - timedelta(days=500))  # too long ago
        expired(session, entry.id, state=LicenseState.CANCELLED)
        late_in_ledger = expired(session, entry.id)
        late_in_ledger.created_at = NOW
    found = counted(database)
    assert (found.by_month, found.by_kind) == ((), ())
    assert (found.since, found.until) == (date(2025, 11, 1), TODAY - timedelta(days=1))


@pytest.mark.parametrize(
    ("now_on", "issued_on", "stages", "state", "wanted"),
    [
        (RENEWED_ON, None, [Stage.FIRST], LicenseState.ACTIVE, "on_time"),
        (RENEWED_ON, EXPIRED_ON, [Stage.FIRST, Stage.LAPSED], LicenseState.ACTIVE, "on_time"),
        (RENEWED_ON, date(2026, 10, 8), [Stage.FIRST, Stage.LAPSED], LicenseState.ACTIVE, "late"),
        (RENEWED_ON, None, [Stage.FIRST, Stage.LAPSED], LicenseState.ACTIVE, "undecided"),
        (EXPIRED_ON, None, [Stage.FIRST, Stage.LAPSED], LicenseState.ACTIVE, "lapsed"),
        (EXPIRED_ON, None, [Stage.FIRST, Stage.LAPSED], LicenseState.RENEWING, "undecided"),
    ],
)
def test_outcome(
    database: Database,
    now_on: date,
    issued_on: date | None,
    stages: list[Stage],
    state: LicenseState,
    wanted: str,
) -> None:
    with database.begin() as session:
        entry = builders.entry(session)
        for _ in range(MANY):
            row = expired(session, entry.id, now_on=now_on, issued_on=issued_on, state=state)
            for number, stage in enumerate(stages):
                told(session, row, stage=stage, at=IN_TIME + timedelta(days=number))
    assert one_kind(counted(database)) == {wanted: MANY, "reached": MANY, "timely": MANY}


def test_license_without_end_was_renewed(database: Database) -> None:
    with database.begin() as session:
        entry = builders.entry(session)
        for _ in range(MANY):
            told(session, expired(session, entry.id, now_on=None, expiry=Expiry.NONE))
    assert one_kind(counted(database))["on_time"] == MANY


@pytest.mark.parametrize(
    ("state", "wanted"),
    [
        (DeliveryState.DELIVERED, "reached"),
        (DeliveryState.ACCEPTED, "perhaps_reached"),
        (DeliveryState.UNCONFIRMED, "perhaps_reached"),
        (DeliveryState.UNKNOWN, "perhaps_reached"),
        (DeliveryState.REFUSED, "not_reached"),
        (None, "not_reached"),
    ],
)
def test_reach(database: Database, state: DeliveryState | None, wanted: str) -> None:
    with database.begin() as session:
        entry = builders.entry(session)
        for _ in range(MANY):
            told(session, expired(session, entry.id), state=state)
    assert one_kind(counted(database))[wanted] == MANY


def test_sign_of_the_holder_is_reach_whatever_the_message_did(database: Database) -> None:
    with database.begin() as session:
        entry = builders.entry(session)
        for _ in range(MANY):
            row = expired(session, entry.id)
            told(session, row, state=DeliveryState.REFUSED)
            builders.confirmation(session, license_id=row.id, expires_on=EXPIRED_ON)
    assert one_kind(counted(database))["reached"] == MANY


@pytest.mark.parametrize(
    ("left_on", "entered", "wanted"),
    [
        (APPLY_BY - timedelta(days=30), ENTERED, "timely"),
        (APPLY_BY - timedelta(days=29), ENTERED, "not_timely"),
        (date(2026, 9, 1), datetime(2026, 9, 1, 1, tzinfo=NOW.tzinfo), "timely"),
        (date(2026, 9, 2), datetime(2026, 9, 1, 1, tzinfo=NOW.tzinfo), "not_timely"),
    ],
)
def test_timeliness_counts_civil_days_in_weihai(
    database: Database, left_on: date, entered: datetime, wanted: str
) -> None:
    """00:30 in Weihai is still the day before in UTC."""
    at = datetime.combine(left_on, datetime.min.time(), clock.SHANGHAI) + timedelta(minutes=30)
    with database.begin() as session:
        entry = builders.entry(session)
        for _ in range(MANY):
            row = expired(session, entry.id)
            row.created_at = entered
            told(session, row, at=at.astimezone(NOW.tzinfo))
    assert one_kind(counted(database))[wanted] == MANY


def test_license_nobody_spoke_of_is_counted_against_us(database: Database) -> None:
    with database.begin() as session:
        entry, unsure = builders.entry(session), builders.entry(session, earliest=None, latest=None)
        for _ in range(MANY):
            expired(session, entry.id)
            expired(session, unsure.id)
        names = (entry.license_name, unsure.license_name)
    found = {line.label: line.counts for line in counted(database).by_kind}
    with_rule, without = (found[name] for name in names)
    assert (with_rule["lapsed"], with_rule["not_reached"], with_rule["not_timely"]) == (MANY, MANY, MANY)
    assert (without["not_reached"], without["timeliness_unknown"]) == (MANY, MANY)


def test_parts_always_add_up(database: Database) -> None:
    states = [*DeliveryState]
    with database.begin() as session:
        entry = builders.entry(session)
        for number in range(60):
            row = expired(session, entry.id, now_on=RENEWED_ON if number % 3 else EXPIRED_ON)
            state = states[number % len(states)]
            told(session, row, state=None if state is DeliveryState.SENDING else state)
    line = counted(database).by_kind[0]
    numbers = [line.total, *(line.counts[part] for part in PARTS)]
    assert line.total == 60
    for group in GROUPS:
        seen = [numbers[column] for column in group]
        if all(isinstance(one, int) for one in seen):
            assert sum(seen) == 60  # type: ignore[arg-type]
    assert line.percent("on_time") == round(100 * 40 / 60, 1)


def test_figures_of_a_year_do_not_read_those_of_all_years(sqlite_database: Database) -> None:
    with plans(sqlite_database) as found, sqlite_database.read() as session:
        figures.figures(session, now=NOW)
    read = {line.partition(" | ")[0] for line in found}
    assert not [line for line in read if line.startswith(("SCAN reminder", "SCAN license"))], read
    assert any(
        "reminder USING INDEX ix_reminder_expires_on_license_id (expires_on>?" in line for line in read
    )
