"""Planning one day of a large ledger: ours, a bare INSERT … SELECT on the index, and a loop over the ORM."""

import time
from collections.abc import Callable
from datetime import time as clock_time

from sqlalchemy import func, literal, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from reminders import planning
from reminders.db import Database
from reminders.rules.lifecycle import DateKind, Expiry, LicenseState, ReminderState, Stage
from reminders.tables.deliveries import DeliveryItem, PlannerRun, Reminder
from reminders.tables.ledger import License
from tests.bench import ground
from tests.bench.ground import NOW, TODAY
from tests.bench.measure import Comparison, Sample, Sizes, check, compare, report, say, timed

ALWAYS = (clock_time(0), clock_time.max)
OFFSETS = (90, 30, 7)


def run(sizes: Sizes) -> None:
    licenses = sizes.pick(1_000_000, 50_000)
    with ground.databases() as found:
        for name, database in found:
            began = time.perf_counter()
            ground.fill(database, licenses)
            say(f"{name}: {licenses:,} licenses made in {time.perf_counter() - began:.0f} s")
            check_result(database)
            compare(f"planning, {licenses:,} licenses, {name}, against a bare INSERT SELECT",
                    undone(database, ours), undone(database, bare), rounds=sizes.rounds,
                    goal="≥ 0.5× (at most twice the bare statement)")  # fmt: skip
            loop = Comparison(
                f"planning, {licenses:,} licenses, {name}, against a loop over the ORM", "≥ 300×"
            )
            loop.ours.append(undone(database, ours)())
            loop.baseline.append(undone(database, orm_loop)())
            report(loop)


def undone(database: Database, work: Callable[[Session], int]) -> Callable[[], Sample]:
    """Measures `work` in a transaction that is then rolled back, so that every round meets the same rows."""

    def measured() -> Sample:
        with database._session(write=True) as session:
            session.connection()
            sample = timed(lambda: work(session))
            session.rollback()
            return sample

    return measured


def ours(session: Session) -> int:
    planning.plan(session, TODAY, sending_hours=ALWAYS, actor=ground.ACTOR, now=NOW)
    return due_count(session)


def bare(session: Session) -> int:
    """What planning costs at least: the due rows, by the index, into the table. No rule, no message."""
    due = due_count(session)
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    run = PlannerRun(for_day=TODAY, started_at=NOW)
    session.add(run)
    session.flush()
    rows = select(
        License.id, literal(DateKind.MAIN, Reminder.date_kind.type), License.expires_on,
        literal(Stage.FIRST, Reminder.stage.type), License.next_due_on, License.next_due_on,
        literal(ReminderState.OPEN, Reminder.state.type), literal(False), literal(run.id),
        literal(NOW, Reminder.created_at.type),
    ).where(License.next_due_on <= TODAY)  # fmt: skip
    columns = ["license_id", "date_kind", "expires_on", "stage", "due_on", "apply_by", "state"]
    columns += ["has_no_channel", "run_id", "created_at"]
    session.execute(insert(Reminder).from_select(columns, rows).on_conflict_do_nothing())
    return due


def orm_loop(session: Session) -> int:
    """The usual way: look at every license, ask for an older reminder, add one; streamed, to spare memory."""
    licenses = select(License).where(License.state == LicenseState.ACTIVE).execution_options(yield_per=5_000)
    for row in session.scalars(licenses):
        if row.expiry is not Expiry.DATED or row.expires_on is None:
            continue
        if (row.expires_on - TODAY).days not in OFFSETS:
            continue
        known = session.query(Reminder).filter_by(
            license_id=row.id, expires_on=row.expires_on, stage=Stage.FIRST
        )
        if known.first() is None:
            session.add(Reminder(license_id=row.id, date_kind=DateKind.MAIN, expires_on=row.expires_on,
                                 stage=Stage.FIRST, due_on=TODAY, state=ReminderState.OPEN,
                                 has_no_channel=False, created_at=NOW))  # fmt: skip
    session.flush()
    return due_count(session)


def due_count(session: Session) -> int:
    """Counted before planning moved the day on, or by the reminders planned."""
    waiting = select(func.count()).select_from(License).where(License.next_due_on <= TODAY)
    planned = select(func.count()).select_from(Reminder)
    return session.execute(waiting).scalar_one() or session.execute(planned).scalar_one()


def check_result(database: Database) -> None:
    """Every due license gets exactly one reminder, each reminder a carrier, and a second run adds nothing."""
    with database._session(write=True) as session:
        due = due_count(session)
        first = planning.plan(session, TODAY, sending_hours=ALWAYS, actor=ground.ACTOR, now=NOW)
        carried = session.execute(select(func.count(DeliveryItem.reminder_id.distinct()))).scalar_one()
        second = planning.plan(session, TODAY, sending_hours=ALWAYS, actor=ground.ACTOR, now=NOW)
        session.rollback()
    say(
        f"  due {due:,}, planned {first.reminders:,}, messages {first.deliveries:,}, calls {first.worklist:,}"
    )
    check(due > 0 and first.reminders + first.skipped == due, "a due license has no reminder")
    check(carried == first.reminders, "a reminder has no carrier")
    check(second.reminders == 0 and second.deliveries == 0, "a second run planned something")
