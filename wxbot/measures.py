"""Counts what the WeChat door does, for /metrics."""

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

# WeChat gives up after 5 seconds; an alarm belongs at 2.
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.5, 5.0)


class Measures:
    """One registry per application, so that two applications in one process do not meet."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.callback = Histogram(
            "wxbot_callback_seconds",
            "Time to answer a WeChat callback.",
            ["kind"],
            buckets=BUCKETS,
            registry=self.registry,
        )
        self.refused = Counter(
            "wxbot_refused_total", "Callbacks refused, by HTTP status.", ["status"], registry=self.registry
        )
        self.failed = Counter(
            "wxbot_failed_total", "Callbacks answered with an apology.", registry=self.registry
        )

    def text(self) -> bytes:
        return generate_latest(self.registry)
