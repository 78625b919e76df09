"""Whole journey of the nights: however many were missed, each stage is told once and nothing is lost."""

from collections.abc import Iterable, Sequence
from datetime import date, time, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from config import settings as told
from reminders import catalogue, clock, planning, windows, worklist
from reminders.db import Database
from reminders.rules.lifecycle import Channel, DateKind, DeliveryState, ReminderState, Role, Stage
from reminders.rules.stages import Step, due_step, ladder
from reminders.rules.window import renewal_window
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.deliveries import Delivery, DeliveryItem, Reminder
from reminders.tables.ledger import License
from reminders.tables.staff import Department
from tests import builders

HOURS = (time(8, 30), time(20, 0))
START = date(2026, 9, 1)
NIGHTS = 200
ENTRIES = (1, 3, 7, 13, 15, 21)  # months, working days, an opening, a companion date, two rules


def plan(session: Session, today: date) -> None:
    now = clock.civil_moment(today, time(1))
    planning.plan(session, today, sending_hours=HOURS, actor=builders.CLOCK, now=now)


def load_catalogue(session: Session) -> None:
    """The real one, with a counter and a phone for every department."""
    entries, departments = (
        (told.DATA / name).read_text(encoding="utf-8") for name in ("catalogue.csv", "departments.csv")
    )
    catalogue.load(session, entries, departments, actor=builders.CLOCK, now=builders.NOW)
    session.execute(update(Department).values(counter="示例大厅 1 号窗口", service_phone="0631-5000001"))


def make_licenses(session: Session) -> list[License]:
    """Some bound, some with a phone only, some with neither; expiry days all over a quarter."""
    rows = []
    for number, entry_id in enumerate(ENTRIES * 2):
        contact = builders.contact(session) if number % 3 else None
        row = builders.license(
            session,
            entry_id=entry_id,
            expires_on=date(2026, 12, 15) + timedelta(days=8 * number),
            companion_on=date(2027, 1, 20) if entry_id == 15 else None,
            contact_id=contact.id if contact else None,
        )
        if number % 2:
            builders.binding(session, license_id=row.id)
        rows.append(row)
    return rows


def ladder_of(session: Session, row: License, kind: DateKind) -> tuple[Step, ...]:
    """Straight from the rules, not from the tables the planner reads."""
    entry = session.get_one(CatalogueEntry, row.catalogue_entry_id)
    expires_on = row.expires_on if kind is DateKind.MAIN else row.companion_on
    assert expires_on is not None
    workdays = windows.load_workdays(session)
    window = renewal_window(expires_on, windows.rule_of(entry, kind), workdays)
    return ladder(expires_on, window, workdays)


def expected(steps: Sequence[Step], nights: Iterable[date]) -> list[Stage]:
    """What a patient clerk would do: each night the last step reached, unless it was done."""
    done: list[Step] = []
    for night in nights:
        step = due_step(steps, night, confirmed=False)
        if step is not None and (not done or steps.index(step) > steps.index(done[-1])):
            done.append(step)
    return [step.stage for step in done]


def planned(session: Session, row: License, kind: DateKind) -> list[Stage]:
    found = session.execute(
        select(Reminder.stage)
        .where(Reminder.license_id == row.id, Reminder.date_kind == kind)
        .order_by(Reminder.id)
    )
    return list(found.scalars())


def assert_everybody_is_told_or_listed(session: Session) -> None:
    """Every open reminder travels, or stands on the list of those nobody can tell."""
    carried = exists().where(DeliveryItem.reminder_id == Reminder.id)
    found = session.execute(select(Reminder.id).where(Reminder.state == ReminderState.OPEN, ~carried))
    everything = builders.actor(builders.staff(session, role=Role.SUPERVISOR))
    listed = worklist.no_channel(session, actor=everything, limit=1000).lines
    assert set(found.scalars()) <= {line.reminder_id for line in listed}


def kinds(row: License) -> list[DateKind]:
    return [DateKind.MAIN] if row.companion_on is None else list(DateKind)


@pytest.mark.parametrize("missed", [1, 2, 10])
def test_missed_nights_lose_and_double_nothing(database: Database, missed: int) -> None:
    """After every planned night as many nights are missed; the clerk works the same nights by hand."""
    nights = [START + timedelta(days=n) for n in range(0, NIGHTS, missed + 1)]
    with database.begin() as session:
        load_catalogue(session)
        rows = make_licenses(session)
    for night in nights:
        with database.begin() as session:
            plan(session, night)
    with database.begin() as session:
        for row in rows:
            for kind in kinds(row):
                steps = ladder_of(session, row, kind)
                assert planned(session, row, kind) == expected(steps, nights)
        assert_everybody_is_told_or_listed(session)


@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], database=None
)
@given(
    nights=st.lists(st.integers(0, NIGHTS), min_size=1, max_size=14).map(sorted),
    imported=st.integers(0, NIGHTS),
)
def test_any_pattern_of_nights_tells_the_right_stages(
    database: Database, nights: list[int], imported: int
) -> None:
    """Also twice in one night, and with licenses that come in late."""
    with database.begin() as session:
        load_catalogue(session)
        rows: list[License] = []
        for night in nights:
            if night >= imported and not rows:
                rows = make_licenses(session)
            plan(session, START + timedelta(days=night))
        seen = [START + timedelta(days=night) for night in nights if rows and night >= imported]
        for row in rows:
            for kind in kinds(row):
                assert planned(session, row, kind) == expected(ladder_of(session, row, kind), seen)
        assert_everybody_is_told_or_listed(session)
        session.rollback()


def test_a_person_never_gets_two_messages_for_one_day(database: Database) -> None:
    """One follower holds everything; each digest leaves the day it is planned."""
    with database.begin() as session:
        load_catalogue(session)
        follower = builders.follower(session)
        for row in make_licenses(session):
            builders.binding(session, license_id=row.id, follower_id=follower.id)
    for n in range(0, NIGHTS, 5):
        with database.begin() as session:
            plan(session, START + timedelta(days=n))
            session.execute(
                update(Delivery)
                .where(Delivery.channel == Channel.WECHAT)
                .values(state=DeliveryState.ACCEPTED)
            )
    with database.read() as session:
        found = session.execute(
            select(Delivery.for_day).where(
                Delivery.channel == Channel.WECHAT, Delivery.follower_id == follower.id
            )
        )
        days = list(found.scalars())
    assert len(days) == len(set(days)) > 10
