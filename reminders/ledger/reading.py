"""Reads a large file by a job: some rows a transaction, and from the start again after a crash."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from reminders.db import vault_of
from reminders.ledger import filling, keeping
from reminders.ledger.filling import Filling
from reminders.rules.lifecycle import ImportState
from reminders.spreadsheet import Workbook
from reminders.tables.ledger import LedgerImport

LEASE = timedelta(minutes=2)  # far longer than one step takes
DONE, TOTAL, UNTIL = "done", "total", "until"


@dataclass(frozen=True)
class Progress:
    """`total` is 0 while the file waits or is being opened."""

    done: int
    total: int


@dataclass(frozen=True)
class Taken:
    """A file that this job reads for as long as it renews its lease."""

    import_id: int
    name: str
    data: bytes
    until: str


def is_waiting(session: Session, *, now: datetime) -> bool:
    return any(_is_free(made, now) for made in _reading(session))


def take(session: Session, *, now: datetime) -> Taken | None:
    """The oldest file that nobody reads; None when there is none."""
    for made in _reading(session, locked=True):
        if _is_free(made, now) and made.content_cipher is not None:
            until = _lease(made, 0, 0, now)
            data = vault_of(session).open_bytes(made.content_cipher)
            return Taken(made.id, made.file_name, data, until)
    return None


def begin(session: Session, taken: Taken, workbook: Workbook, *, now: datetime) -> Filling | None:
    """Checks every row and writes nothing. None when the file was thrown away meanwhile. Raises Invalid."""
    made = session.get_one(LedgerImport, taken.import_id)
    if made.state is not ImportState.READING:
        return None
    return filling.begin(session, made, workbook, keeping.plan_of(session, made), now=now)


def step(session: Session, taken: Taken, work: Filling, *, now: datetime) -> Taken | None:
    """Stores the next rows; None when all are there and the preview stands, or it is not ours any more."""
    made = _mine(session, taken.import_id, taken.until)
    if made is None:
        return None
    if filling.some(session, work):
        until = _lease(made, work.done, len(work.rows), now)
        return Taken(taken.import_id, taken.name, b"", until)
    filling.finish(session, made, work)
    made.state = ImportState.PREVIEW
    return None


def give_up(session: Session, taken: Taken, reason: str) -> None:
    """The file cannot be read: its page says why."""
    made = _mine(session, taken.import_id, taken.until)
    if made is not None:
        made.state, made.counts = ImportState.PREVIEW, json.dumps(dict.fromkeys(filling.EVERY_COUNT, 0))
        made.faults = json.dumps([reason], ensure_ascii=False)


def progress_of(made: LedgerImport) -> Progress | None:
    if made.state is not ImportState.READING:
        return None
    told = json.loads(made.counts)
    return Progress(told.get(DONE, 0), told.get(TOTAL, 0))


def _reading(session: Session, *, locked: bool = False) -> list[LedgerImport]:
    query = select(LedgerImport).where(LedgerImport.state == ImportState.READING).order_by(LedgerImport.id)
    return list(session.execute(query.with_for_update() if locked else query).scalars())


def _mine(session: Session, import_id: int, until: str) -> LedgerImport | None:
    made = session.execute(
        select(LedgerImport).where(LedgerImport.id == import_id).with_for_update()
    ).scalar_one()
    is_mine = made.state is ImportState.READING and json.loads(made.counts).get(UNTIL) == until
    return made if is_mine else None


def _is_free(made: LedgerImport, now: datetime) -> bool:
    until = json.loads(made.counts).get(UNTIL)
    return until is None or datetime.fromisoformat(until) < now


def _lease(made: LedgerImport, done: int, total: int, now: datetime) -> str:
    until = (now + LEASE).isoformat()
    made.counts = json.dumps({DONE: done, TOTAL: total, UNTIL: until})
    return until
