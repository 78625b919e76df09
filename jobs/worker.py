"""An RQ worker for one queue: `python -m jobs.worker deliveries` or `work`."""

import secrets
import signal
import sys
import time

import redis
import structlog
from rq import Queue, Worker
from rq.serializers import JSONSerializer

from config import logs, settings
from jobs import deliver, publish, wiring

# One queue a process: with several, a worker that dies between taking a job and starting it loses it.
QUEUES = {deliver.QUEUE: deliver.drain, "work": publish.drain}
WORKER_TTL_S = 20
MAINTENANCE_S = 15
MONITORING_S = 5
REDIS_PAUSE_S = 2.0

log = structlog.get_logger(__name__)


def main(arguments: list[str]) -> int:
    if len(arguments) != 1 or arguments[0] not in QUEUES:
        sys.stderr.write(f"usage: python -m jobs.worker {'|'.join(QUEUES)}\n")
        return 2
    try:
        told = settings.load()
    except settings.SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    logs.set_up(told.log_level)
    connection = redis.Redis.from_url(told.redis_url)
    return work(connection, arguments[0])


def work(connection: redis.Redis, queue_name: str) -> int:
    """Until SIGTERM or SIGINT, finishing the job under way; waits for a Redis that is not there yet."""
    while True:
        # RQ takes these signals over while it works and leaves its own handlers behind.
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        worker = Worker(
            [Queue(queue_name, connection=connection, serializer=JSONSerializer)],
            name=f"{wiring.process_name(queue_name)}-{secrets.token_hex(3)}",
            connection=connection,
            serializer=JSONSerializer,
            worker_ttl=WORKER_TTL_S,
            maintenance_interval=MAINTENANCE_S,
            job_monitoring_interval=MONITORING_S,
            log_job_description=False,
        )
        try:
            worker.work(logging_level="WARNING")
            return 0
        except (redis.ConnectionError, redis.TimeoutError) as error:
            log.warning("worker.redis_lost", queue=queue_name, error=type(error).__name__)
            time.sleep(REDIS_PAUSE_S)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
