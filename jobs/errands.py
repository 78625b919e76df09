"""Runs a small call to the platform beside the clock's beat, so that neither waits for the other."""

import threading
from collections.abc import Callable

import structlog

log = structlog.get_logger(__name__)


class Errand:
    """One at a time, in a thread of its own; whoever comes while it is under way is told no."""

    def __init__(self) -> None:
        self._thread: threading.Thread | None = None

    def start(self, name: str, do: Callable[[], object]) -> bool:
        """A failure is logged; the tables still say what is wanted, so that the next beat tries again."""
        if self._thread is not None and self._thread.is_alive():
            return False
        self._thread = threading.Thread(target=_run, args=(name, do), name=f"errand-{name}", daemon=True)
        self._thread.start()
        return True

    def wait(self, seconds: float) -> None:
        if self._thread is not None:
            self._thread.join(seconds)


def _run(name: str, do: Callable[[], object]) -> None:
    try:
        do()
    except Exception as error:
        log.warning("errand.failed", errand=name, exc_info=error)
