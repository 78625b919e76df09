"""Brings renewal decisions to the regulators: claims one, calls, writes its receipt down, and so on."""

import structlog

from config import settings
from jobs import wiring
from jobs.gateways.regulators import RegulatorsGateway
from reminders import clock, sharing
from reminders.db import Database
from reminders.errors import GatewayError

QUEUE, ENTRY = "work", "jobs.share.drain"
MOST = 200  # in one job; the clock rings again when more is due

log = structlog.get_logger(__name__)


def drain() -> int:
    """RQ entry, no arguments. May run twice, late or never: the table is the queue."""
    told = settings.load()
    gateway = wiring.regulators(told)
    if gateway is None:
        return 0
    database = wiring.open_database(told)
    try:
        return share_due(database, gateway)
    finally:
        gateway.close()
        database.close()


def share_due(database: Database, gateway: RegulatorsGateway) -> int:
    """How many decisions were told; each is claimed and committed before anything leaves."""
    done = 0
    while done < MOST:
        with database.begin() as session:
            claimed = sharing.claim(session, now=clock.now())
        if claimed is None:
            break
        done += 1
        try:
            receipt = gateway.share(claimed.decision)
        except GatewayError as error:
            log.warning("share.failed", share_id=claimed.id, reason=error.reason)
            with database.begin() as session:
                sharing.failed(session, claimed, error.reason, permanent=error.permanent, now=clock.now())
            continue
        with database.begin() as session:
            is_ours = sharing.finish(session, claimed, receipt, now=clock.now())
        log.info("share.receipted", share_id=claimed.id, is_ours=is_ours)
    return done
