"""Real processes: an RQ worker that is killed, a Redis that forgets, two clocks at once."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import redis
from sqlalchemy import select, update

from config.settings import Settings
from jobs import bell
from reminders import clock
from reminders.db import Database
from reminders.rules.lifecycle import DeliveryState
from reminders.tables.deliveries import Delivery, DeliveryAttempt
from tests.conftest import FIELD_KEYS
from tests.jobs.conftest import Platform
from tests.jobs.test_sending import queued, states

ROOT = Path(__file__).resolve().parents[2]


class Processes:
    """Starts `python -m jobs.…` in sessions of their own, and leaves none behind."""

    def __init__(self, environ: dict[str, str], logs: Path) -> None:
        self._environ = environ
        self._logs = logs
        self.started: list[subprocess.Popen[bytes]] = []

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        log = self._logs / f"{'-'.join(arguments)}-{len(self.started)}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", *arguments],
                cwd=ROOT,
                env=self._environ,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=_die_with_parent if sys.platform == "linux" else None,
            )
        self.started.append(process)
        return process

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """kill -9 to the worker and to the child that runs its job, which has a session of its own."""
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        pids = [int(pid) for pid in children.read_text().split()] if children.exists() else []
        for pid in (process.pid, *pids):
            os.kill(pid, signal.SIGKILL)
        process.wait()

    def end(self) -> None:
        for process in self.started:
            if process.poll() is None:
                process.terminate()
        for process in self.started:
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                self.kill(process)


def _die_with_parent() -> None:
    """Also a test run that is killed leaves nobody behind; 1 is PR_SET_PDEATHSIG."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)


@pytest.fixture
def told_to(told: Settings, database: Database) -> Settings:
    return told.model_copy(update={"database_url": database.engine.url.render_as_string(hide_password=False)})


@pytest.fixture
def processes(told_to: Settings, tmp_path: Path) -> Iterator[Processes]:
    names = (
        *("database_url", "redis_url", "secret_key", "wechat_app_id", "wechat_app_secret", "wechat_token"),
        *("wechat_aes_key", "wechat_api_base", "wxbot_url", "portal_url", "sms_provider", "sms_api_base"),
        *("sms_api_key", "send_rate", "send_concurrency", "official_account_articles"),
        *("government_site_kind", "government_site_url", "government_site_public_url"),
        *("government_site_user", "government_site_key", "government_site_private"),
    )
    environ = dict(os.environ) | {name.upper(): str(getattr(told_to, name)) for name in names}
    environ |= {"FIELD_KEYS": FIELD_KEYS, "SENDING_HOURS": "00:00-24:00"}
    running = Processes(environ, tmp_path)
    yield running
    running.end()


def wait_for(condition: Callable[[], bool], *, within_s: float = 40) -> None:
    until = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.1)


def pretend_a_minute_passed(database: Database) -> None:
    """Ends every lease and every pause, so that nobody waits for real minutes."""
    past = clock.now() - timedelta(seconds=1)
    with database.begin() as session:
        session.execute(
            update(Delivery).where(Delivery.state == DeliveryState.SENDING).values(lease_until=past)
        )
        session.execute(update(Delivery).where(Delivery.state == DeliveryState.UNKNOWN).values(next_at=past))


@pytest.mark.slow
def test_nothing_is_lost_or_doubled_when_workers_are_killed_in_mid_batch(
    database: Database, platform: Platform, processes: Processes
) -> None:
    openids = queued(database, 120)
    platform.people(*openids)
    platform.fault("delay", value=0.3)
    processes.start("jobs.clock")
    for goal in (10, 40, 70):
        worker = processes.start("jobs.worker", "deliveries")
        wait_for(lambda goal=goal: platform.counts()["sends"] >= goal)  # type: ignore[misc]
        processes.kill(worker)
        pretend_a_minute_passed(database)
    assert states(database) != {"accepted": 120}
    processes.start("jobs.worker", "deliveries")

    def all_accepted() -> bool:
        pretend_a_minute_passed(database)
        return states(database) == {"accepted": 120}

    wait_for(all_accepted)
    assert Counter(entry["openid"] for entry in platform.shown()) == Counter(openids)
    shown = {(entry["client_msg_id"], str(entry["msgid"])) for entry in platform.shown()}
    with database.read() as session:
        kept = session.execute(select(Delivery.client_msg_id, Delivery.provider_msgid)).all()
        assert set(kept) == shown
        attempts = session.execute(select(DeliveryAttempt.result)).scalars().all()
    assert len(attempts) > 120
    assert platform.counts()["deduped"] > 0, "no killed send was ever repeated, so nothing was proved"


@pytest.mark.slow
def test_nothing_is_lost_when_redis_forgets_everything(
    database: Database, platform: Platform, processes: Processes, store: redis.Redis
) -> None:
    openids = queued(database, 100)
    platform.people(*openids)
    platform.fault("delay", value=0.2)
    processes.start("jobs.clock")
    processes.start("jobs.worker", "deliveries")
    for goal in (5, 30, 60):
        wait_for(lambda goal=goal: platform.counts()["sends"] >= goal)  # type: ignore[misc]
        store.flushall()
    wait_for(lambda: states(database) == {"accepted": 100})
    assert Counter(entry["openid"] for entry in platform.shown()) == Counter(openids)
    store.flushall()
    more = len(platform.shown())
    late = _one_more(database, platform)
    wait_for(lambda: len(platform.shown()) == more + 1)
    assert platform.shown()[-1]["openid"] == late
    wait_for(lambda: bool(store.get(bell.HEARTBEAT_KEY)))
    assert not [key for key in store.scan_iter() if b"o-0" in key]


@pytest.mark.slow
def test_two_clocks_at_once_are_harmless_and_stop_when_told(
    database: Database, platform: Platform, processes: Processes
) -> None:
    openids = queued(database, 40)
    platform.people(*openids)
    clocks = [processes.start("jobs.clock") for _ in range(2)]
    workers = [processes.start("jobs.worker", "deliveries") for _ in range(2)]
    wait_for(lambda: states(database) == {"accepted": 40})
    assert Counter(entry["openid"] for entry in platform.shown()) == Counter(openids)
    assert platform.counts()["deduped"] == 0
    for process in (*clocks, *workers):
        process.terminate()
    assert [process.wait(20) for process in (*clocks, *workers)] == [0, 0, 0, 0]


def test_worker_refuses_a_queue_nobody_rings(processes: Processes) -> None:
    assert processes.start("jobs.worker", "other").wait(20) == 2


def _one_more(database: Database, platform: Platform) -> str:
    [openid] = queued(database, 1, first=900)
    platform.people(openid)
    return openid
