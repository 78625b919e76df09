"""Asks the platform for the ticket that signs pages, before the one we have runs out."""

import contextlib

import structlog

from config.settings import Settings
from jobs import wiring
from reminders import clock, page_tickets
from reminders.errors import GatewayError

log = structlog.get_logger(__name__)


def fetch(told: Settings) -> bool:
    """Whether there is a new one. May run twice or late."""
    with contextlib.ExitStack() as stack:
        database = wiring.open_database(told)
        stack.callback(database.close)
        with database.begin() as session:
            is_mine = page_tickets.claim(session, now=clock.now())
        if not is_mine:
            return False
        store = wiring.open_redis(told)
        stack.callback(store.close)
        gateway = wiring.wechat_gateway(told, store)
        stack.callback(gateway.close)
        try:
            ticket, life_s = gateway.page_ticket()
        except GatewayError as error:
            log.warning("page_ticket.failed", reason=error.reason)
            return False
        with database.begin() as session:
            page_tickets.keep(session, ticket, life_s, now=clock.now())
    return True
