"""Large sheets are read by a job: with progress, once, again after a crash, or with the reason."""

from datetime import timedelta

import pytest
import redis
from sqlalchemy import func, select

from config.settings import Settings
from jobs import read_imports
from jobs.bell import Bell
from jobs.clock import Clock
from reminders import clock, ledger, spreadsheet
from reminders.db import Database
from reminders.ledger import filling, reading
from reminders.rules.lifecycle import ImportState, RowAction
from reminders.rules.permissions import Actor
from reminders.tables.ledger import ImportRow, LedgerImport, LicenseBefore
from tests.builders_ledger import annex1, annex2, row, xlsx

CLERK = Actor(ref="command:test", name="测试")


@pytest.fixture
def waiting(database: Database, monkeypatch: pytest.MonkeyPatch) -> int:
    """An import of 25 rows that no job has begun; ten rows go in a transaction."""
    monkeypatch.setattr(filling, "BATCH", 10)
    data = xlsx(annex2([row(number) for number in range(1, 26)]))
    with database.begin() as session:
        annex1(session)
        return ledger.take_in(session, "大.xlsx", data, actor=CLERK, now=clock.now())


def look(database: Database, import_id: int) -> ledger.ImportView:
    with database.read() as session:
        return ledger.show(session, import_id, actor=CLERK)


def count(database: Database) -> int:
    with database.read() as session:
        return session.execute(select(func.count()).select_from(ImportRow)).scalar_one()


def test_file_becomes_a_preview_like_any_other(database: Database, waiting: int) -> None:
    assert look(database, waiting).progress == reading.Progress(0, 0)
    assert read_imports.read_waiting(database) == 1
    view = look(database, waiting)
    assert (view.state, view.progress, view.counts[RowAction.NEW]) == (ImportState.PREVIEW, None, 25)
    assert read_imports.read_waiting(database) == 0
    with database.begin() as session:
        ledger.accept(session, waiting, actor=CLERK, now=clock.now())


def test_page_can_tell_how_far_it_is(database: Database, waiting: int) -> None:
    with database.begin() as session:
        taken = reading.take(session, now=clock.now())
    assert taken is not None
    workbook = spreadsheet.read(taken.data, taken.name)
    with database.read() as session:
        work = reading.begin(session, taken, workbook, now=clock.now())
    assert work is not None
    with database.begin() as session:
        assert reading.step(session, taken, work, now=clock.now()) is not None
    assert look(database, waiting).progress == reading.Progress(10, 25)
    with database.begin() as session:
        assert reading.take(session, now=clock.now()) is None  # somebody reads it


def test_job_that_died_is_begun_again_and_cannot_write_any_more(database: Database, waiting: int) -> None:
    with database.begin() as session:
        dead = reading.take(session, now=clock.now() - timedelta(minutes=5))
    assert dead is not None
    workbook = spreadsheet.read(dead.data, dead.name)
    with database.read() as session:
        work = reading.begin(session, dead, workbook, now=clock.now())
    assert work is not None
    assert read_imports.read_waiting(database) == 1
    with database.begin() as session:
        assert reading.step(session, dead, work, now=clock.now()) is None
    assert count(database) == 25
    assert look(database, waiting).counts[RowAction.NEW] == 25


def test_discarded_file_is_not_read_on(database: Database, waiting: int) -> None:
    with database.begin() as session:
        ledger.discard(session, waiting, actor=CLERK, now=clock.now())
    assert read_imports.read_waiting(database) == 0
    assert count(database) == 0


def test_unreadable_file_says_why(database: Database) -> None:
    with database.begin() as session:
        annex1(session)
        import_id = ledger.take_in(session, "坏.xlsx", b"PK\x03\x04 no sheet", actor=CLERK, now=clock.now())
    assert read_imports.read_waiting(database) == 1
    view = look(database, import_id)
    assert view.state is ImportState.PREVIEW
    assert "打不开" in view.faults[0] or "不是表格" in view.faults[0]


def test_same_file_again_replaces_the_one_that_waits(database: Database, waiting: int) -> None:
    with database.begin() as session:
        first = session.get_one(LedgerImport, waiting)
        data = reading.take(session, now=clock.now())
        assert data is not None
        again = ledger.take_in(session, first.file_name, data.data, actor=CLERK, now=clock.now())
    assert look(database, waiting).state is ImportState.DISCARDED
    assert read_imports.read_waiting(database) == 1
    assert look(database, again).state is ImportState.PREVIEW


def test_clock_rings_while_a_file_waits_and_forgets_what_can_be_undone_no_more(
    database: Database, waiting: int, told: Settings, store: redis.Redis
) -> None:
    ticking = Clock(told, database, Bell(store))
    ticking.ring_imports()
    assert store.llen("rq:queue:work") == 1
    read_imports.read_waiting(database)
    store.flushall()
    ticking.ring_imports()
    assert store.llen("rq:queue:work") == 0
    with database.begin() as session:
        ledger.accept(session, waiting, actor=CLERK, now=clock.now() - timedelta(hours=25))
    again = xlsx(annex2([row(1, phone="13800000777")]))
    with database.begin() as session:
        import_id = ledger.preview(
            session, "改.xlsx", again, spreadsheet.read(again, "改.xlsx"), actor=CLERK, now=clock.now()
        )
        ledger.accept(session, import_id, actor=CLERK, now=clock.now() - timedelta(hours=25))
    with database.read() as session:
        assert len(session.execute(select(LicenseBefore)).all()) == 1
    ticking.forget()
    with database.read() as session:
        assert session.execute(select(LicenseBefore)).all() == []
