"""From the plan to the platform with the real clock and RQ worker: how soon, and by how many commands."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import redis
from sqlalchemy import delete, func, select, update

from config.settings import Settings
from reminders import clock, planning
from reminders.db import Database
from reminders.rules.lifecycle import DeliveryState
from reminders.tables.deliveries import Delivery, DeliveryAttempt, DeliveryItem, Reminder
from reminders.tables.ledger import License
from tests.bench import ground
from tests.bench.measure import check, machine_line, say

ROOT = Path(__file__).resolve().parents[2]
WITHIN_S = 120.0
QUIET_S = 5.0  # the processes are up and have nothing to do
GOAL_P99_S = 10.0


def run(name: str, database: Database, told: Settings, store: redis.Redis, messages: int) -> None:
    """As many messages as given are planned in one transaction while clock and sender idle."""
    _forget_everything(database)
    with tempfile.TemporaryDirectory(prefix="reminders-bench-") as folder, _processes(told, Path(folder)):
        time.sleep(QUIET_S)
        before, began, created = commands(store), time.monotonic(), clock.now()
        _plan(database, messages)
        _wait(database, messages)
        took_s, asked = time.monotonic() - began, commands(store) - before
    waits = sorted((accepted - created).total_seconds() for accepted in _accepted(database))
    p50, p99 = waits[len(waits) // 2], waits[int(len(waits) * 0.99)]
    share = asked / (messages * ground.LICENSES_A_HOLDER)
    say(f"\nend to end, {messages:,} due at once, clock and RQ worker, {name}")
    say(f"  created → handed over, written down: p50 {p50:.2f} s, p99 {p99:.2f} s; goal ≤ {GOAL_P99_S:.0f} s")
    say(f"  {asked} Redis commands in {took_s:.1f} s, {share:.3f} a reminder; goal ≤ 0.05")
    figures = {"p50_s": round(p50, 3), "p99_s": round(p99, 3), "redis_commands": asked, "items": messages}
    name = f"push end to end, {messages:,} due at once, {name}"
    goal = f"p99 ≤ {GOAL_P99_S:.0f} s, ≤ 0.05 Redis commands a reminder"
    machine_line({"name": name, "goal": goal, "redis_commands_a_reminder": round(share, 4)} | figures)


@contextmanager
def _processes(told: Settings, folder: Path) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Clock and sender as the Procfile starts them, in sessions of their own."""
    environ = os.environ | {
        "DATABASE_URL": told.database_url, "REDIS_URL": told.redis_url, "SECRET_KEY": told.secret_key,
        "FIELD_KEYS": told.field_keys, "WECHAT_APP_ID": told.wechat_app_id, "WECHAT_TOKEN": told.wechat_token,
        "WECHAT_APP_SECRET": told.wechat_app_secret, "WECHAT_AES_KEY": told.wechat_aes_key,
        "WECHAT_API_BASE": told.wechat_api_base, "WXBOT_URL": told.wxbot_url, "PORTAL_URL": told.portal_url,
        "SEND_RATE": "0", "SENDING_HOURS": "00:00-23:59", "LOG_LEVEL": "WARNING",
    }  # fmt: skip
    started = []
    try:
        for number, arguments in enumerate((["jobs.clock"], ["jobs.worker", "deliveries"])):
            with (folder / f"{number}.log").open("wb") as log:
                process = subprocess.Popen(
                    [sys.executable, "-m", *arguments], cwd=ROOT, env=environ, stdout=log, stderr=log,
                    start_new_session=True,
                )  # fmt: skip
            started.append(process)
        yield started
        check(all(process.poll() is None for process in started), "a process ended by itself")
    finally:
        for process in started:
            process.send_signal(signal.SIGTERM)
        for process in started:
            process.wait(60)


def _plan(database: Database, messages: int) -> None:
    today = clock.civil_date(clock.now())
    with database.begin() as session:
        session.execute(
            update(License)
            .where(License.holder_id <= messages)
            .values(next_due_on=today)
            .execution_options(synchronize_session=False)
        )
        report = planning.plan(
            session, today, sending_hours=ground.ALWAYS, actor=ground.ACTOR, now=clock.now()
        )
    check(report.deliveries == messages, f"{report.deliveries} messages planned instead of {messages}")


def _forget_everything(database: Database) -> None:
    with database.begin() as session:
        for table in (DeliveryAttempt, DeliveryItem, Delivery, Reminder):
            session.execute(delete(table))
        session.execute(update(License).values(next_due_on=None))


def _wait(database: Database, messages: int) -> None:
    until = time.monotonic() + WITHIN_S
    while time.monotonic() < until:
        with database.read() as session:
            accepted = session.execute(
                select(func.count()).select_from(Delivery).where(Delivery.state == DeliveryState.ACCEPTED)
            ).scalar_one()
        if accepted == messages:
            return
        time.sleep(0.1)
    check(False, f"only {accepted} of {messages} were handed over within {WITHIN_S:.0f} s")


def _accepted(database: Database) -> list[datetime]:
    with database.read() as session:
        found = session.execute(select(Delivery.accepted_at).where(Delivery.accepted_at.is_not(None)))
        return [at for at in found.scalars() if at is not None]


def commands(store: redis.Redis) -> int:
    """Which the server has carried out so far; asking is one of them."""
    return int(store.info("stats")["total_commands_processed"])
