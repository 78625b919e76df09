"""Keeps the ledger up with the e-license library: reads what changed, and takes the road of an import."""

import json
from collections.abc import Mapping
from datetime import timedelta

import structlog
from sqlalchemy.orm import Session

from config import settings
from jobs import wiring
from jobs.gateways.e_license import Changes, ELicenseGateway
from reminders import clock, ledger, library
from reminders.db import Database
from reminders.errors import Conflict, GatewayError
from reminders.rules.library_record import rows_of
from reminders.rules.permissions import system
from reminders.spreadsheet import Sheet, Workbook

QUEUE, ENTRY = "work", "jobs.refresh.drain"
MOST_PAGES = 40  # in one job, well inside its time; the clock rings again when more is there
MACHINE = system("library")

log = structlog.get_logger(__name__)


def drain() -> int:
    """RQ entry, no arguments. May run twice or late: the cursor moves with the ledger or not at all."""
    told = settings.load()
    gateway = wiring.e_license(told)
    if gateway is None:
        return 0
    database = wiring.open_database(told)
    try:
        return refresh(database, gateway, every=timedelta(seconds=told.e_license_every_s))
    finally:
        gateway.close()
        database.close()


def refresh(database: Database, gateway: ELicenseGateway, *, every: timedelta) -> int:
    """How many records were read."""
    with database.begin() as session:
        cursor = library.begin(session, now=clock.now())
    read, pages = 0, 0
    while cursor is not None and pages < MOST_PAGES:
        try:
            found = gateway.changes(cursor)
        except GatewayError as error:
            log.warning("library.failed", reason=error.reason)
            with database.begin() as session:
                library.failed(session, error.reason, now=clock.now())
            return read
        cursor = take_page(database, cursor, found, every)
        read, pages = read + len(found.records), pages + 1
    return read


def take_page(database: Database, cursor: str, found: Changes, every: timedelta) -> str | None:
    """One page and the cursor in one transaction. The next cursor; None at the end, or when late."""
    now = clock.now()
    with database.begin() as session:
        counts = _into_ledger(session, cursor, found) if found.records else {}
        is_ours = library.moved(
            session, cursor, found.cursor, counts, every=None if found.has_more else every, now=now
        )
        if not is_ours:
            session.rollback()
            return None
    log.info("library.read", **counts)
    return found.cursor if found.has_more else None


def _into_ledger(session: Session, cursor: str, found: Changes) -> Mapping[str, int]:
    """Good rows are accepted at once; the others stay with their faults, to be mended by a person."""
    now, records = clock.now(), [dict(one) for one in found.records]
    data = json.dumps([cursor, records], ensure_ascii=False, sort_keys=True).encode()
    workbook = Workbook((Sheet("电子证照库", rows_of(records)),))
    name = f"电子证照库 {clock.civil_date(now)}.json"
    import_id = ledger.preview(session, name, data, workbook, actor=MACHINE, now=now)
    counts = dict(ledger.show(session, import_id, actor=MACHINE).counts)
    try:
        with session.begin_nested():
            ledger.accept(session, import_id, good_rows_only=True, actor=MACHINE, now=now)
    except Conflict as refused:  # nothing good in it: the preview stays, for a person to look at
        log.warning("library.not_accepted", import_id=import_id, reason=refused.message)
    return {"read": len(records), **{str(action): number for action, number in counts.items()}}
