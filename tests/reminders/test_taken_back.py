"""What a wrong date or an application took back is said after all, once, when the truth comes back."""

from datetime import date, time, timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from reminders import claiming, clock, planning, windows
from reminders.db import Database
from reminders.planning import PlanReport
from reminders.rules.lifecycle import Channel, DeliveryState, LicenseState, ReminderState
from reminders.tables.deliveries import Delivery, DeliveryItem, Reminder
from reminders.tables.ledger import License
from tests import builders, builders_channels
from tests.builders import CLOCK

HOURS = (time(8, 30), time(20, 0))
EXPIRES_ON, WRONG = date(2027, 3, 1), date(2031, 3, 1)
FIRST_ON, FOLLOW_UP_ON = date(2026, 12, 1), date(2026, 12, 30)


def plan(database: Database, day: date = FIRST_ON, at: time = time(7)) -> PlanReport:
    with database.begin() as session:
        now = clock.civil_moment(day, at)
        return planning.plan(session, day, sending_hours=HOURS, actor=CLOCK, now=now)


def claimed(database: Database, channel: Channel = Channel.WECHAT, day: date = FIRST_ON) -> int:
    with database.begin() as session:
        now = clock.civil_moment(day, time(10))
        return len(claiming.claim(session, channel, "s", 10, sending_hours=HOURS, now=now))


def holder_of(session: Session, *, is_bound: bool) -> None:
    builders_channels.open_all(session)
    contact = builders.contact(session, phone="13800007777")
    row = builders.license(
        session, entry_id=builders.entry(session).id, expires_on=EXPIRES_ON,
        holder_id=contact.holder_id, contact_id=contact.id,
    )  # fmt: skip
    if is_bound:
        builders.binding(session, license_id=row.id)


def move(database: Database, expires_on: date) -> None:
    """As an import of this date: due days from the ladder, and reminders of another date are cancelled."""
    with database.begin() as session:
        row = session.execute(select(License)).scalar_one()
        row.expires_on = expires_on
        builders.set_due(session, row)
        session.execute(
            update(Reminder).where(Reminder.expires_on != expires_on).values(state=ReminderState.CANCELLED)
        )


def rest(database: Database, state: LicenseState) -> None:
    with database.begin() as session:
        row = session.execute(select(License)).scalar_one()
        row.state = state
        session.flush()
        windows.set_first_due(session, license_ids=[row.id])


@pytest.mark.parametrize("sender_looked", [False, True])
@pytest.mark.parametrize(("is_bound", "channel"), [(True, Channel.WECHAT), (False, Channel.SMS)])
def test_date_changed_by_mistake_and_put_back_is_told(
    database: Database, is_bound: bool, channel: Channel, sender_looked: bool
) -> None:
    with database.begin() as session:
        holder_of(session, is_bound=is_bound)
    assert plan(database).reminders == 1
    move(database, WRONG)
    if sender_looked:
        assert claimed(database, channel) == 0
    move(database, EXPIRES_ON)
    assert plan(database, at=time(11)).reminders == 1
    # A message of today that was cancelled before it left is not opened again: tomorrow's takes its place.
    tell_on = FIRST_ON + timedelta(days=sender_looked)
    assert claimed(database, channel, tell_on) == 1
    with database.read() as session:
        [reminder] = session.execute(select(Reminder)).scalars()
        live = select(func.count()).select_from(DeliveryItem).where(DeliveryItem.dropped_reason == "")
        assert (reminder.state, reminder.has_no_channel) == (ReminderState.OPEN, False)
        assert session.execute(live).scalar_one() == 1


def test_application_that_came_to_nothing_lets_the_reminder_out_again(database: Database) -> None:
    with database.begin() as session:
        holder_of(session, is_bound=True)
    plan(database)
    rest(database, LicenseState.RENEWING)
    assert claimed(database) == 0
    rest(database, LicenseState.ACTIVE)
    assert plan(database, at=time(11)).reminders == 1
    assert claimed(database, day=FIRST_ON + timedelta(days=1)) == 1


@pytest.mark.parametrize("state", [DeliveryState.ACCEPTED, DeliveryState.UNKNOWN, DeliveryState.REVIEW])
def test_what_may_have_been_seen_is_not_said_again(database: Database, state: DeliveryState) -> None:
    with database.begin() as session:
        holder_of(session, is_bound=True)
    plan(database)
    assert claimed(database) == 1
    with database.begin() as session:
        now = clock.civil_moment(FIRST_ON, time(10))
        values = {"state": state, "lease_until": None, "ambiguous_since": now}
        session.execute(update(Delivery).values(values))
    move(database, WRONG)
    move(database, EXPIRES_ON)
    assert plan(database, at=time(11)).reminders == 0


def test_later_stage_is_told_instead_when_it_is_reached_meanwhile(database: Database) -> None:
    with database.begin() as session:
        holder_of(session, is_bound=True)
    plan(database)
    move(database, WRONG)
    claimed(database)
    move(database, EXPIRES_ON)
    assert plan(database, FOLLOW_UP_ON).reminders == 1
    assert plan(database, FOLLOW_UP_ON + timedelta(days=1)).reminders == 0
    with database.read() as session:
        states = session.execute(select(Reminder.state).order_by(Reminder.id)).scalars().all()
    assert states == [ReminderState.CANCELLED, ReminderState.OPEN]
