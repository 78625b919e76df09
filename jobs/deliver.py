"""RQ entry that sends what is due; it takes no arguments, because the tables are the queue."""

import contextlib

import structlog

from config import logs, settings
from config.settings import Settings
from jobs import wiring
from jobs.sending import Plan, Sender

QUEUE = "deliveries"
ENTRY = "jobs.deliver.drain"
# A worker that is told to stop waits for its job; the keeper of processes waits 40 s.
DRAIN_S = 20.0

log = structlog.get_logger(__name__)


def drain() -> int:
    """Sends for a while; returns how many answers were written. May run twice at once, or never finish."""
    told = settings.load()
    logs.set_up(told.log_level)
    if told.sending == "off":
        return 0
    return send_due(told, for_s=DRAIN_S)


def send_due(told: Settings, *, for_s: float) -> int:
    """Opens its own connections: the process that calls this may be a fork."""
    with contextlib.ExitStack() as stack:
        database = wiring.open_database(told)
        stack.callback(database.close)
        store = wiring.open_redis(told)
        stack.callback(store.close)
        carriers = wiring.carriers(told, store, stack)
        plan = Plan(told.sending_hours, told.send_rate, told.send_concurrency)
        sender = Sender(database, wiring.process_name("sender"), plan, carriers)
        return sender.drain(for_s=for_s)
