"""Reads the large sheets somebody uploaded, some rows a transaction; the page tells how far it is."""

import structlog

from config import settings
from jobs import wiring
from reminders import clock, spreadsheet
from reminders.db import Database
from reminders.errors import ReminderError
from reminders.ledger import reading

QUEUE, ENTRY = "work", "jobs.read_imports.drain"

log = structlog.get_logger(__name__)


def drain() -> int:
    """RQ entry, no arguments. May run twice, late or never: the table is the queue."""
    database = wiring.open_database(settings.load())
    try:
        return read_waiting(database)
    finally:
        database.close()


def read_waiting(database: Database) -> int:
    """How many files were read, or given up with their reason."""
    done = 0
    while True:
        with database.begin() as session:
            taken = reading.take(session, now=clock.now())
        if taken is None:
            return done
        done += 1
        try:
            rows = _read(database, taken)
            log.info("import.read", import_id=taken.import_id, rows=rows)
        except ReminderError as error:
            log.info("import.unreadable", import_id=taken.import_id)
            with database.begin() as session:
                reading.give_up(session, taken, error.message)


def _read(database: Database, taken: reading.Taken) -> int:
    workbook = spreadsheet.read(taken.data, taken.name)
    with database.read() as session:  # seconds of checking, in which nobody's writing has to wait
        work = reading.begin(session, taken, workbook, now=clock.now())
    left: reading.Taken | None = taken
    while work is not None and left is not None:
        with database.begin() as session:
            left = reading.step(session, left, work, now=clock.now())
    return 0 if work is None else work.done
