"""Large imports are accepted and undone by a job: all or nothing, once, also after a crash, or a reason."""

from datetime import timedelta

import pytest
import redis
from sqlalchemy import func, select, update

from config.settings import Settings
from jobs import write_imports
from jobs.bell import Bell
from jobs.clock import Clock
from reminders import clock, ledger, spreadsheet
from reminders.db import Database
from reminders.errors import Conflict
from reminders.ledger import staging, tasks
from reminders.ledger.reading import Progress
from reminders.rules.lifecycle import ImportState, LicenseState
from reminders.rules.permissions import Actor
from reminders.tables.audit import AuditEntry
from reminders.tables.base import Base
from reminders.tables.holders import Contact, Holder
from reminders.tables.ledger import License
from reminders.tables.ledger_writing import ImportTask, ImportWrite
from tests.builders_ledger import annex1, annex2, row, xlsx

CLERK = Actor(ref="command:test", name="测试")
MOVES_ON = {
    "id",
    "version",
    "created_at",
    "updated_at",
    "import_id",
    "holder_id",
    "contact_id",
    "phone_cipher",
}


class Killed(Exception):
    """The process ends before it commits."""


@pytest.fixture
def sheet(database: Database, monkeypatch: pytest.MonkeyPatch) -> int:
    """A preview of 25 rows; more than 20 are left to a job, ten are made ready in a transaction."""
    monkeypatch.setattr(tasks, "AT_ONCE", 20)
    monkeypatch.setattr(staging, "BATCH", 10)
    with database.begin() as session:
        annex1(session)
    return preview(database, range(1, 26))


def preview(database: Database, numbers: range, **told: str) -> int:
    data = xlsx(annex2([row(number, **told) for number in numbers]))
    workbook = spreadsheet.read(data, "大.xlsx")
    with database.begin() as session:
        return ledger.preview(session, "大.xlsx", data, workbook, actor=CLERK, now=clock.now())


def accept(database: Database, import_id: int) -> bool:
    with database.begin() as session:
        return ledger.accept_soon(session, import_id, actor=CLERK, now=clock.now())


def undo(database: Database, import_id: int) -> ledger.Undone | None:
    with database.begin() as session:
        return ledger.undo_soon(session, import_id, actor=CLERK, now=clock.now())


def take(database: Database, *, minutes_ago: int = 0) -> tasks.Taken:
    with database.begin() as session:
        taken = tasks.take(session, now=clock.now() - timedelta(minutes=minutes_ago))
    assert taken is not None
    return taken


def step(database: Database, taken: tasks.Taken) -> tasks.Taken | None:
    with database.begin() as session:
        return tasks.step(session, taken, now=clock.now())


def look(database: Database, import_id: int) -> ledger.ImportView:
    with database.read() as session:
        return ledger.show(session, import_id, actor=CLERK)


def count(database: Database, table: type[Base]) -> int:
    with database.read() as session:
        return session.execute(select(func.count()).select_from(table)).scalar_one()


def stand(database: Database) -> list[set[tuple[object, ...]]]:
    """What the ledger says, whichever ids it has."""
    with database.read() as session:
        return [
            {
                tuple(found)
                for found in session.execute(
                    select(*(column for column in table.__table__.c if column.name not in MOVES_ON))
                )
            }
            for table in (License, Holder, Contact)
        ]


def test_large_import_is_written_by_a_job_as_a_small_one_at_once(database: Database, sheet: int) -> None:
    assert not accept(database, sheet)
    view = look(database, sheet)
    assert (view.state, view.progress) == (ImportState.ACCEPTING, Progress(0, 25))
    assert write_imports.write_waiting(database) == 1
    view = look(database, sheet)
    assert (view.state, view.progress, view.refusal) == (ImportState.ACCEPTED, None, "")
    by_job = stand(database)
    assert len(by_job[0]) == 25
    assert all(count(database, table) == 0 for table in (ImportWrite, ImportTask))
    with database.begin() as session:
        ledger.undo(session, sheet, actor=CLERK, now=clock.now())
    assert accept(database, small := preview(database, range(1, 20)))
    assert accept(database, preview(database, range(20, 26)))
    assert look(database, small).state is ImportState.ACCEPTED
    assert stand(database) == by_job


def test_second_click_changes_nothing(database: Database, sheet: int) -> None:
    accept(database, sheet)
    with pytest.raises(Conflict, match="正在写入台账"):
        accept(database, sheet)
    step(database, take(database))
    with pytest.raises(Conflict, match="正在写入台账"):
        accept(database, sheet)
    with database.begin() as session, pytest.raises(Conflict, match="正在写入台账"):
        ledger.discard(session, sheet, actor=CLERK, now=clock.now())
    with database.begin() as session:
        session.execute(update(ImportTask).values(leased_until=None))
    write_imports.write_waiting(database)
    with database.read() as session:
        written = select(func.count()).where(AuditEntry.action == "ledger.accept")
        assert session.execute(written).scalar_one() == 1
    assert count(database, License) == 25


def test_nothing_is_seen_of_a_job_that_died_and_another_ends_it(database: Database, sheet: int) -> None:
    accept(database, sheet)
    dead = take(database, minutes_ago=5)
    with database.begin() as session:
        after = tasks.step(session, dead, now=clock.now() - timedelta(minutes=4))
    assert after is not None
    assert look(database, sheet).progress == Progress(10, 25)
    assert all(count(database, table) == 0 for table in (License, Holder, Contact))
    assert write_imports.write_waiting(database) == 1
    assert step(database, after) is None
    assert count(database, License) == 25


def test_job_killed_while_it_writes_has_written_nothing(database: Database, sheet: int) -> None:
    accept(database, sheet)
    left: tasks.Taken | None = take(database, minutes_ago=5)
    for _ in range(3):
        assert left is not None
        with database.begin() as session:
            left = tasks.step(session, left, now=clock.now() - timedelta(minutes=4))
    assert left is not None
    with pytest.raises(Killed), database.begin() as session:
        assert tasks.step(session, left, now=clock.now()) is None
        raise Killed
    assert look(database, sheet).state is ImportState.ACCEPTING
    assert all(count(database, table) == 0 for table in (License, Holder, Contact))
    write_imports.write_waiting(database)
    assert count(database, License) == 25


def test_others_write_while_rows_are_made_ready_and_what_they_moved_is_not_overwritten(
    database: Database, sheet: int
) -> None:
    accept(database, sheet)
    write_imports.write_waiting(database)
    before = stand(database)
    changed = preview(database, range(1, 26), contact="李示例")
    accept(database, changed)
    taken = step(database, take(database))
    assert taken is not None
    with database.begin() as session:
        session.execute(
            update(License)
            .where(License.id == select(func.min(License.id)).scalar_subquery())
            .values(version=License.version + 1)
        )
        session.execute(update(ImportTask).values(leased_until=None))
    assert write_imports.write_waiting(database) == 1
    view = look(database, changed)
    assert view.state is ImportState.PREVIEW
    assert "台账有变动" in view.refusal
    assert stand(database) == before
    assert count(database, ImportWrite) == 0


def test_task_that_is_never_ended_is_given_up(database: Database, sheet: int) -> None:
    accept(database, sheet)
    for minutes in range(5 * tasks.MOST_TRIES, 0, -5):
        take(database, minutes_ago=minutes)
    assert write_imports.write_waiting(database) == 0
    view = look(database, sheet)
    assert (view.state, view.refusal) == (ImportState.PREVIEW, tasks.BROKEN)
    assert not accept(database, sheet)
    write_imports.write_waiting(database)
    view = look(database, sheet)
    assert (view.state, view.refusal) == (ImportState.ACCEPTED, "")


def test_import_on_its_way_is_called_off_and_may_be_accepted_again(database: Database, sheet: int) -> None:
    accept(database, sheet)
    taken = step(database, take(database))
    assert taken is not None
    with database.begin() as session:
        ledger.call_off(session, sheet, actor=CLERK, now=clock.now())
    assert step(database, taken) is None
    assert look(database, sheet).state is ImportState.PREVIEW
    assert not accept(database, sheet)
    write_imports.write_waiting(database)
    assert count(database, License) == 25
    with database.begin() as session, pytest.raises(Conflict, match="已经写完了"):
        ledger.call_off(session, sheet, actor=CLERK, now=clock.now())


def test_large_import_is_undone_by_a_job(database: Database, sheet: int) -> None:
    accept(database, sheet)
    write_imports.write_waiting(database)
    assert undo(database, sheet) is None
    assert look(database, sheet).state is ImportState.UNDOING
    with pytest.raises(Conflict, match="正在撤销"):
        undo(database, sheet)
    assert write_imports.write_waiting(database) == 1
    view = look(database, sheet)
    assert (view.state, view.undone) == (ImportState.UNDONE, ledger.Undone(0, 25, 0))
    assert count(database, License) == 0


def test_undoing_that_came_too_late_says_so_and_leaves_all_as_it_stands(
    database: Database, sheet: int
) -> None:
    accept(database, sheet)
    write_imports.write_waiting(database)
    undo(database, sheet)
    with database.begin() as session:
        session.execute(
            update(License)
            .where(License.id == select(func.min(License.id)).scalar_subquery())
            .values(version=License.version + 1, state=LicenseState.RENEWING)
        )
    write_imports.write_waiting(database)
    view = look(database, sheet)
    assert view.state is ImportState.ACCEPTED
    assert "又有了变动" in view.refusal
    assert count(database, License) == 25


def test_clock_rings_while_an_import_waits_to_be_written_or_tidied(
    database: Database, sheet: int, told: Settings, store: redis.Redis
) -> None:
    ticking = Clock(told, database, Bell(store))
    ticking.ring_imports()
    assert store.llen("rq:queue:work") == 0
    accept(database, sheet)
    step(database, take(database))
    with database.begin() as session:
        ledger.call_off(session, sheet, actor=CLERK, now=clock.now())
    ticking.ring_imports()
    assert store.llen("rq:queue:work") == 1
    write_imports.write_waiting(database)
    store.flushall()
    ticking.ring_imports()
    assert store.llen("rq:queue:work") == 0
