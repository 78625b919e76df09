"""The doorbell: tells RQ workers that there is work; what the work is stands in the tables."""

import redis
from rq import Queue
from rq.serializers import JSONSerializer

JOB_TIMEOUT_S = 120  # far beyond the time a drain takes; the lease, not this, guards against a hanging sender
FAILURE_KEPT_S = 3600
HEARTBEAT_KEY = "reminders:clock"
HEARTBEAT_LIFE_S = 30


class Bell:
    """Rings at most once for work that nobody has begun."""

    def __init__(self, connection: redis.Redis) -> None:
        self._connection = connection

    def ring(self, queue_name: str, entry: str) -> bool:
        """False when a ring is waiting already. Two clocks may ring twice: the second job finds nothing."""
        queue = Queue(queue_name, connection=self._connection, serializer=JSONSerializer)
        if queue.count:
            return False
        queue.enqueue(entry, job_timeout=JOB_TIMEOUT_S, result_ttl=0, failure_ttl=FAILURE_KEPT_S)
        return True

    def beat(self) -> None:
        """Shows for a short while that a clock is alive."""
        self._connection.set(HEARTBEAT_KEY, 1, ex=HEARTBEAT_LIFE_S)
