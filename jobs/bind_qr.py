"""Has the platform draw the QR codes that passes wait for: claims, calls, writes down what they say."""

import contextlib

import structlog

from config.settings import Settings
from jobs import wiring
from reminders import clock, passes
from reminders.errors import GatewayError

log = structlog.get_logger(__name__)


def draw_wanted(told: Settings) -> int:
    """How many codes were drawn. May run twice or late, because the tables are the queue."""
    drawn = 0
    with contextlib.ExitStack() as stack:
        database = wiring.open_database(told)
        stack.callback(database.close)
        store = wiring.open_redis(told)
        stack.callback(store.close)
        gateway = wiring.wechat_gateway(told, store)
        stack.callback(gateway.close)
        with database.begin() as session:
            wanted = passes.claim_qrs(session, now=clock.now())
        for one in wanted:
            try:
                says = gateway.draw_qr(one.scene, one.seconds)
            except GatewayError as error:
                log.warning("bind_qr.failed", pass_id=one.pass_id, reason=error.reason)
                with database.begin() as session:
                    passes.qr_failed(session, one.pass_id, error.reason, now=clock.now())
                continue
            with database.begin() as session:
                passes.qr_made(session, one.pass_id, says)
            drawn += 1
    return drawn
