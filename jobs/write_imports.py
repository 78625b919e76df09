"""Writes the large imports somebody accepted, and takes back those they undid; their pages tell how far."""

import structlog

from config import settings
from jobs import wiring
from reminders import clock
from reminders.db import Database
from reminders.errors import ReminderError
from reminders.ledger import staging, tasks

QUEUE, ENTRY = "work", "jobs.write_imports.drain"

log = structlog.get_logger(__name__)


def drain() -> int:
    """RQ entry, no arguments. May run twice, late or never: the table is the queue."""
    database = wiring.open_database(settings.load())
    try:
        return write_waiting(database)
    finally:
        database.close()


def write_waiting(database: Database) -> int:
    """How many imports were written or taken back, or given up with their reason."""
    done = 0
    _tidy(database)
    while True:
        with database.begin() as session:
            taken = tasks.take(session, now=clock.now())
        if taken is None:
            return done
        done += 1
        is_written = _work(database, taken)
        log.info("import.written" if is_written else "import.not_written", import_id=taken.import_id)
        _tidy(database)


def _work(database: Database, taken: tasks.Taken) -> bool:
    """False when it was refused."""
    left: tasks.Taken | None = taken
    while left is not None:
        taken = left
        try:
            with database.begin() as session:
                left = tasks.step(session, taken, now=clock.now())
        except ReminderError as error:
            with database.begin() as session:
                tasks.give_up(session, taken, error.message)
            return False
    return True


def _tidy(database: Database) -> None:
    """In short transactions: nobody waits for what was made ready any more."""
    is_left = True
    while is_left:
        with database.begin() as session:
            is_left = staging.clear_some(session)
