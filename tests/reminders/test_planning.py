"""The night: what is due becomes a reminder once, inside one message a person or one call."""

from datetime import date, time, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from reminders import clock, planning, windows
from reminders.db import Database
from reminders.planning import PlanReport
from reminders.rules.lifecycle import (
    Channel,
    DateKind,
    DeliveryState,
    LicenseState,
    ReminderState,
    Stage,
)
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.deliveries import Delivery, DeliveryItem, PlannerRun, Reminder
from reminders.tables.ledger import License
from reminders.tables.staff import Department
from tests import builders

HOURS = (time(8, 30), time(20, 0))
EXPIRES_ON = date(2027, 3, 1)
FIRST_ON = date(2026, 12, 1)  # three months before expiry
FOLLOW_UP_ON = date(2026, 12, 30)
LAST_CALL_ON = date(2027, 1, 22)
HUMAN_ON = date(2027, 1, 26)
CLOSED_ON = date(2027, 1, 30)
LAPSED_ON = date(2027, 3, 2)
CLOCK = builders.CLOCK


def plan_on(database: Database, day: date, at: time = time(9)) -> PlanReport:
    now = clock.civil_moment(day, at)
    with database.begin() as session:
        return planning.plan(session, day, sending_hours=HOURS, actor=CLOCK, now=now)


def stages(database: Database) -> list[Stage]:
    with database.read() as session:
        return list(session.execute(select(Reminder.stage).order_by(Reminder.id)).scalars())


def bound_license(session: Session, *, expires_on: date = EXPIRES_ON) -> License:
    row = builders.license(session, entry_id=builders.entry(session).id, expires_on=expires_on)
    builders.binding(session, license_id=row.id)
    return row


def rows_of(database: Database, table: type[Any]) -> list[Any]:
    with database.read() as session:
        return list(session.execute(select(table).order_by(table.id)).scalars())


def change(database: Database, table: type[Any], **values: object) -> None:
    with database.begin() as session:
        session.execute(update(table).values(**values))


def test_nothing_is_planned_before_the_first_step_is_reached(database: Database) -> None:
    with database.begin() as session:
        bound_license(session)
    report = plan_on(database, FIRST_ON - timedelta(days=1))
    assert (report.reminders, report.deliveries, report.worklist, report.skipped) == (0, 0, 0, 0)
    assert stages(database) == []


def test_first_step_becomes_one_message_when_its_day_is_reached(database: Database) -> None:
    with database.begin() as session:
        bound_license(session)
    report = plan_on(database, FIRST_ON)
    assert (report.reminders, report.deliveries, report.worklist, report.no_channel) == (1, 1, 0, 0)
    with database.read() as session:
        delivery = session.execute(select(Delivery)).scalar_one()
        item = session.execute(select(DeliveryItem)).scalar_one()
        assert (delivery.channel, delivery.state, delivery.for_day) == (
            Channel.WECHAT,
            DeliveryState.READY,
            FIRST_ON,
        )
        assert delivery.next_at == clock.civil_moment(FIRST_ON, time(9))
        assert (item.recipient_ref, item.channel) == (f"f{delivery.follower_id}", Channel.WECHAT)
        assert session.execute(select(License.next_due_on)).scalar_one() == FOLLOW_UP_ON


def test_second_run_of_a_day_adds_nothing(database: Database) -> None:
    with database.begin() as session:
        bound_license(session)
    plan_on(database, FIRST_ON)
    report = plan_on(database, FIRST_ON, time(10))
    assert (report.reminders, report.deliveries, report.worklist) == (0, 0, 0)
    with database.read() as session:
        assert session.execute(select(func.count()).select_from(PlannerRun)).scalar_one() == 2
        assert session.execute(select(func.count()).select_from(DeliveryItem)).scalar_one() == 1


def test_ladder_is_walked_step_by_step_when_every_night_is_planned(database: Database) -> None:
    with database.begin() as session:
        row = bound_license(session)
        row.contact_id = builders.contact(session).id
    for day in (FIRST_ON, FOLLOW_UP_ON, LAST_CALL_ON, HUMAN_ON, CLOSED_ON, LAPSED_ON):
        plan_on(database, day - timedelta(days=1))
        assert plan_on(database, day).reminders == 1
    planned = rows_of(database, Reminder)
    assert [reminder.stage for reminder in planned] == [
        Stage.FIRST,
        Stage.FOLLOW_UP,
        Stage.LAST_CALL,
        Stage.HUMAN,
        Stage.CLOSED,
        Stage.LAPSED,
    ]
    assert rows_of(database, License)[0].next_due_on is None
    channels = [item.channel for item in rows_of(database, DeliveryItem)]
    assert channels == [Channel.WECHAT] * 3 + [Channel.PHONE] + [Channel.WECHAT] * 2


@pytest.mark.parametrize(
    ("today", "stage"),
    [
        (LAST_CALL_ON - timedelta(days=1), Stage.FOLLOW_UP),
        (HUMAN_ON - timedelta(days=1), Stage.LAST_CALL),
        (HUMAN_ON + timedelta(days=2), Stage.HUMAN),
        (CLOSED_ON + timedelta(days=9), Stage.CLOSED),
        (LAPSED_ON + timedelta(days=400), Stage.LAPSED),
    ],
)
def test_late_entry_gets_the_one_right_stage_at_once(database: Database, today: date, stage: Stage) -> None:
    with database.begin() as session:
        bound_license(session)
    plan_on(database, today)
    assert stages(database) == [stage]


def test_human_stage_is_left_out_once_somebody_is_known_to_have_heard(database: Database) -> None:
    with database.begin() as session:
        row = bound_license(session)
        builders.confirmation(session, license_id=row.id, expires_on=EXPIRES_ON)
    assert plan_on(database, HUMAN_ON).reminders == 1
    assert plan_on(database, HUMAN_ON + timedelta(days=1)).reminders == 0
    assert stages(database) == [Stage.LAST_CALL]


def test_renewal_starts_a_fresh_ladder_and_drops_what_waits_for_the_old_date(database: Database) -> None:
    with database.begin() as session:
        row = builders.license(
            session,
            entry_id=builders.entry(session).id,
            expires_on=EXPIRES_ON,
            contact_id=builders.contact(session).id,
        )
        untold = builders.license(session, entry_id=builders.entry(session).id, expires_on=EXPIRES_ON)
    plan_on(database, FIRST_ON)
    with database.begin() as session:
        for license_id in (row.id, untold.id):
            renewed = session.get_one(License, license_id)
            renewed.expires_on = date(2032, 3, 1)
            builders.set_due(session, renewed)
    plan_on(database, FIRST_ON + timedelta(days=1))
    assert [call.state for call in rows_of(database, Delivery)] == [DeliveryState.CANCELLED]
    assert {one.state for one in rows_of(database, Reminder) if one.license_id == untold.id} == {
        ReminderState.CANCELLED
    }
    report = plan_on(database, date(2031, 12, 1))
    assert (report.reminders, report.worklist, report.no_channel) == (2, 1, 1)


def test_companion_date_has_a_ladder_of_its_own(database: Database) -> None:
    with database.begin() as session:
        entry = builders.entry(session, companion_name="校验期满", companion_latest=30, companion_unit="日")
        row = builders.license(
            session, entry_id=entry.id, expires_on=EXPIRES_ON, companion_on=date(2026, 12, 20)
        )
        builders.binding(session, license_id=row.id)
    plan_on(database, date(2026, 9, 20))
    planned = rows_of(database, Reminder)
    assert [(one.date_kind, one.stage) for one in planned] == [(DateKind.COMPANION, Stage.FIRST)]
    plan_on(database, FIRST_ON)
    kinds = [(one.date_kind, one.stage) for one in rows_of(database, Reminder)]
    assert set(kinds[1:]) == {(DateKind.MAIN, Stage.FIRST), (DateKind.COMPANION, Stage.CLOSED)}


def test_one_person_gets_one_message_about_all_licenses(database: Database) -> None:
    with database.begin() as session:
        follower = builders.follower(session)
        for _ in range(3):
            row = builders.license(session, entry_id=builders.entry(session).id, expires_on=EXPIRES_ON)
            builders.binding(session, license_id=row.id, follower_id=follower.id)
    report = plan_on(database, FIRST_ON)
    assert (report.reminders, report.deliveries) == (3, 1)
    assert len(rows_of(database, DeliveryItem)) == 3


def test_everybody_bound_is_told_and_whoever_left_is_not(database: Database) -> None:
    with database.begin() as session:
        row = bound_license(session)
        builders.binding(session, license_id=row.id)
        left = builders.follower(session, is_following=False)
        builders.binding(session, license_id=row.id, follower_id=left.id)
        refuses = builders.follower(session, is_push_stopped=True)
        builders.binding(session, license_id=row.id, follower_id=refuses.id)
        builders.binding(session, license_id=row.id, is_ended=True)
    assert plan_on(database, FIRST_ON).deliveries == 2


def test_late_entry_joins_the_message_that_still_waits(database: Database) -> None:
    with database.begin() as session:
        follower = builders.follower(session)
        row = builders.license(session, entry_id=builders.entry(session).id, expires_on=EXPIRES_ON)
        builders.binding(session, license_id=row.id, follower_id=follower.id)
    plan_on(database, FIRST_ON)
    with database.begin() as session:
        row = builders.license(session, entry_id=builders.entry(session).id, expires_on=EXPIRES_ON)
        builders.binding(session, license_id=row.id, follower_id=follower.id)
    assert plan_on(database, FIRST_ON, time(10)).deliveries == 0
    assert len({item.delivery_id for item in rows_of(database, DeliveryItem)}) == 1


def test_late_entry_waits_until_tomorrow_when_the_message_of_the_day_has_left(database: Database) -> None:
    with database.begin() as session:
        follower = builders.follower(session)
        row = builders.license(session, entry_id=builders.entry(session).id, expires_on=EXPIRES_ON)
        builders.binding(session, license_id=row.id, follower_id=follower.id)
    plan_on(database, FIRST_ON)
    change(database, Delivery, state=DeliveryState.ACCEPTED)
    with database.begin() as session:
        row = builders.license(session, entry_id=builders.entry(session).id, expires_on=EXPIRES_ON)
        builders.binding(session, license_id=row.id, follower_id=follower.id)
    assert plan_on(database, FIRST_ON, time(10)).deliveries == 1
    tomorrow = FIRST_ON + timedelta(days=1)
    second = rows_of(database, Delivery)[1]
    assert (second.for_day, second.next_at) == (tomorrow, clock.civil_moment(tomorrow, HOURS[0]))


@pytest.mark.parametrize(
    ("at", "for_day", "leaves_at"),
    [
        (time(2), FIRST_ON, time(8, 30)),
        (time(12), FIRST_ON, time(12)),
        (time(20), FIRST_ON + timedelta(days=1), time(8, 30)),
    ],
)
def test_nobody_is_disturbed_outside_the_sending_hours(
    database: Database, at: time, for_day: date, leaves_at: time
) -> None:
    with database.begin() as session:
        bound_license(session)
    plan_on(database, FIRST_ON, at)
    (message,) = rows_of(database, Delivery)
    assert (message.for_day, message.next_at) == (for_day, clock.civil_moment(for_day, leaves_at))


def test_incomplete_kind_is_reported_and_planned_once_it_is_complete(database: Database) -> None:
    with database.begin() as session:
        department = builders.department(session, service_phone="")
        entry = builders.entry(session, department_id=department.id, latest=None)
        row = builders.license(session, entry_id=entry.id, expires_on=EXPIRES_ON)
        builders.binding(session, license_id=row.id)
    report = plan_on(database, FIRST_ON)
    assert (report.reminders, report.skipped) == (0, 0)
    assert [(one.entry_id, one.missing, one.licenses) for one in report.blocked] == [
        (entry.id, ("申请换证时限", "服务电话"), 1)
    ]
    change(database, Department, service_phone="0631-5000001")
    change(database, CatalogueEntry, renewal_latest=30)
    with database.begin() as session:
        windows.recompute(session, None)
    assert (plan_on(database, FIRST_ON + timedelta(days=3)).reminders, stages(database)) == (1, [Stage.FIRST])


@pytest.mark.parametrize("state", [LicenseState.RENEWING, LicenseState.CANCELLED])
def test_license_that_rests_is_not_planned(database: Database, state: LicenseState) -> None:
    with database.begin() as session:
        bound_license(session)
    change(database, License, state=state)  # the due day is still there: the planner must look itself
    assert plan_on(database, FIRST_ON).reminders == 0


def test_kind_that_left_the_catalogue_is_not_planned(database: Database) -> None:
    with database.begin() as session:
        bound_license(session)
    change(database, CatalogueEntry, is_active=False)
    assert plan_on(database, FIRST_ON).reminders == 0


def test_stage_that_a_new_rule_takes_off_the_ladder_is_not_followed_by_an_earlier_one(
    database: Database,
) -> None:
    with database.begin() as session:
        row = builders.license(
            session, entry_id=builders.entry(session, earliest=60).id, expires_on=EXPIRES_ON
        )
        builders.binding(session, license_id=row.id)
    plan_on(database, FOLLOW_UP_ON - timedelta(days=20))
    assert plan_on(database, FOLLOW_UP_ON).reminders == 1  # the window opens on this very day
    change(database, CatalogueEntry, renewal_earliest=None, renewal_latest=5)
    with database.begin() as session:
        windows.recompute(session, None)
    assert plan_on(database, FOLLOW_UP_ON + timedelta(days=1)).reminders == 0
    assert len(stages(database)) == 2
