"""Runs chores again and again, each at its own pace, and outlives their failures."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

LONGEST_PAUSE_S = 30.0
SHORTEST_PAUSE_S = 1.0

log = structlog.get_logger(__name__)


@dataclass
class Chore:
    """`run` is due at once, then every so many seconds, counted from its end."""

    name: str
    every_s: float
    run: Callable[[], None]
    due_s: float = 0.0
    failures: int = 0


def run_until(stop: threading.Event, chores: Sequence[Chore]) -> None:
    """Returns when `stop` is set, after the chore under way."""
    while not stop.is_set():
        for chore in chores:
            if not stop.is_set() and time.monotonic() >= chore.due_s:
                run_once(chore)
        next_s = min(chore.due_s for chore in chores)
        stop.wait(max(next_s - time.monotonic(), 0.0))


def run_once(chore: Chore) -> None:
    """A failure is logged and never ends the loop: databases and Redis come and go."""
    started_s = time.monotonic()
    try:
        chore.run()
    except Exception as error:
        chore.failures += 1
        pause = min(max(SHORTEST_PAUSE_S, chore.every_s) * 2 ** min(chore.failures - 1, 5), LONGEST_PAUSE_S)
        chore.due_s = time.monotonic() + pause
        log.warning("chore.failed", chore=chore.name, failures=chore.failures, pause_s=pause, exc_info=error)
        return
    if chore.failures:
        log.info("chore.recovered", chore=chore.name, failures=chore.failures)
    chore.failures = 0
    chore.due_s = time.monotonic() + chore.every_s
    log.debug("chore.done", chore=chore.name, took_s=round(time.monotonic() - started_s, 3))
