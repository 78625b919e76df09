"""The planner's brakes: above the cap it waits for a person, and a clock that jumped plans nothing."""

import threading
from datetime import date, datetime, time, timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from reminders import clock, planning
from reminders.db import Database
from reminders.errors import Conflict
from reminders.planning import PlanReport
from reminders.rules.lifecycle import DeliveryState, LicenseState, RunState
from reminders.tables.deliveries import Delivery, DeliveryItem, PlannerRun, Reminder
from reminders.tables.ledger import License
from tests import builders
from tests.builders import CLOCK

HOURS = (time(8, 30), time(20, 0))
FIRST_ON = date(2026, 12, 1)
EXPIRES_ON = date(2027, 3, 1)


def plan(database: Database, *, cap: int = 0, day: date = FIRST_ON, at: time = time(9)) -> PlanReport:
    with database.begin() as session:
        now = clock.civil_moment(day, at)
        return planning.plan(session, day, sending_hours=HOURS, actor=CLOCK, now=now, cap=cap)


def people(session: Session, number: int) -> None:
    entry_id = builders.entry(session).id
    for _ in range(number):
        row = builders.license(session, entry_id=entry_id, expires_on=EXPIRES_ON)
        builders.binding(session, license_id=row.id)


def number_of(database: Database, table: type) -> int:
    with database.read() as session:
        return session.execute(select(func.count()).select_from(table)).scalar_one()


def states(database: Database) -> list[RunState]:
    with database.read() as session:
        return list(session.execute(select(PlannerRun.state).order_by(PlannerRun.id)).scalars())


def confirm(database: Database, run_id: int, *, cap: int = 2, at: time = time(11)) -> PlanReport:
    with database.begin() as session:
        return planning.confirm(
            session,
            run_id,
            FIRST_ON,
            sending_hours=HOURS,
            cap=cap,
            actor=CLOCK,
            now=clock.civil_moment(FIRST_ON, at),
        )


def test_run_above_the_cap_writes_nothing_until_it_is_confirmed(database: Database) -> None:
    with database.begin() as session:
        people(session, 3)
        due_before = session.execute(select(License.next_due_on)).scalars().all()
    report = plan(database, cap=2)
    assert (report.is_held, report.deliveries) == (True, 3)
    assert [number_of(database, table) for table in (Reminder, Delivery, DeliveryItem)] == [0, 0, 0]
    with database.read() as session:
        assert session.execute(select(License.next_due_on)).scalars().all() == due_before
        held = planning.held_run(session)
    assert held is not None
    assert (held.run_id, held.messages, [share.messages for share in held.shares]) == (report.run_id, 3, [3])
    done = confirm(database, held.run_id)
    assert (done.is_held, done.deliveries) == (False, 3)
    with database.read() as session:
        assert set(session.execute(select(Delivery.state)).scalars()) == {DeliveryState.READY}
        assert planning.held_run(session) is None
    assert states(database) == [RunState.CONFIRMED, RunState.DONE]
    assert plan(database, cap=2, at=time(12)).reminders == 0


def test_run_at_the_cap_is_not_held(database: Database) -> None:
    with database.begin() as session:
        people(session, 3)
    assert not plan(database, cap=3).is_held


def test_same_run_seen_again_is_the_same_row(database: Database) -> None:
    with database.begin() as session:
        people(session, 3)
    first = plan(database, cap=2)
    assert plan(database, cap=2, at=time(10)).run_id == first.run_id
    assert states(database) == [RunState.HELD]


def test_numbers_that_grew_need_a_new_look(database: Database) -> None:
    with database.begin() as session:
        people(session, 3)
    old = plan(database, cap=2)
    with database.begin() as session:
        people(session, 1)
    assert confirm(database, old.run_id).is_held
    assert number_of(database, Reminder) == 0
    with pytest.raises(Conflict, match="刷新"):
        confirm(database, old.run_id)
    with database.read() as session:
        newer = planning.held_run(session)
    assert newer is not None
    assert newer.messages == 4
    assert confirm(database, newer.run_id).deliveries == 4


def test_discarded_run_stays_quiet_for_its_day_and_is_planned_again_later(database: Database) -> None:
    with database.begin() as session:
        people(session, 3)
    held = plan(database, cap=2)
    with database.begin() as session:
        planning.discard(session, held.run_id, actor=CLOCK, now=clock.now())
    plan(database, cap=2, at=time(10))
    with database.begin() as session:  # by now it is few enough for the cap
        session.execute(update(License).where(License.id == 1).values(state=LicenseState.RENEWING))
    assert plan(database, cap=2, at=time(10)).is_held
    with database.begin() as session:
        session.execute(update(License).where(License.id == 1).values(state=LicenseState.ACTIVE))
    assert states(database) == [RunState.DISCARDED]
    assert number_of(database, Reminder) == 0
    assert plan(database, cap=2, day=FIRST_ON + timedelta(days=1)).is_held
    assert plan(database, cap=5, day=FIRST_ON + timedelta(days=1)).deliveries == 3
    assert states(database) == [RunState.DISCARDED, RunState.SUPERSEDED, RunState.DONE]


def plan_as_the_clock_does(database: Database) -> None:
    """SQLite lets waiting writers starve on a busy machine; the clock's chore tries again."""
    for _ in range(4):
        try:
            plan(database)
            return
        except OperationalError as error:
            if "locked" not in str(error):
                raise
    raise TimeoutError


def test_hundred_runs_at_once_plan_each_stage_once(database: Database) -> None:
    with database.begin() as session:
        people(session, 7)
    failures: list[BaseException] = []
    gate = threading.Barrier(10)

    def run() -> None:
        try:
            gate.wait()
            for _ in range(10):
                plan_as_the_clock_does(database)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert [number_of(database, table) for table in (Reminder, Delivery, DeliveryItem)] == [7, 7, 7]
    assert number_of(database, PlannerRun) == 100
    with database.read() as session:
        repeated = session.execute(
            select(Reminder.license_id).group_by(Reminder.license_id, Reminder.stage).having(func.count() > 1)
        )
        assert repeated.all() == []


def run_row(database: Database, day: date, finished_at: datetime) -> None:
    with database.begin() as session:
        session.add(PlannerRun(for_day=day, started_at=finished_at, finished_at=finished_at))


def test_today_is_the_day_of_the_databases_clock(database: Database) -> None:
    now = clock.now()
    with database.read() as session:
        assert planning.today(session, now=now) == clock.civil_date(planning.database_now(session))
        with pytest.raises(Conflict, match="校准"):
            planning.today(session, is_confirmed=True, now=now + timedelta(seconds=200))


@pytest.mark.parametrize(("days", "word"), [(10, "隔了多日"), (-1, "日期倒退")])
def test_long_outage_and_a_date_that_went_back_need_a_person(
    database: Database, days: int, word: str
) -> None:
    now = clock.now()
    with database.read() as session:
        today = planning.today(session, now=now)  # a first run has nothing to follow
    run_row(database, today - timedelta(days=days), now)
    with database.read() as session:
        with pytest.raises(Conflict, match=f"{word}.*reminders plan --confirm-date"):
            planning.today(session, now=now)
        assert planning.today(session, is_confirmed=True, now=now) == today
    run_row(database, today, now)
    with database.read() as session:
        assert planning.today(session, now=now) == today


def test_run_that_died_counts_for_nothing(database: Database) -> None:
    now = clock.now()
    with database.read() as session:
        today = planning.today(session, now=now)
    run_row(database, today + timedelta(days=30), now)
    with database.begin() as session:
        session.execute(update(PlannerRun).values(finished_at=None))
        assert planning.today(session, now=now) == today
