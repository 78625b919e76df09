"""Durable push at 50 ms latency: our sender with many in flight against wechatpy one by one with commits."""

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import redis
import requests
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session
from wechatpy import WeChatClient

from config import settings
from config.settings import Settings
from jobs import templates, wiring
from jobs.carriers import TemplateCarrier
from jobs.current_wordings import CurrentWordings
from jobs.sending import Plan, Sender
from reminders import clock, planning
from reminders.db import Database
from reminders.rules.lifecycle import Channel, DeliveryState
from reminders.tables.bindings import Follower
from reminders.tables.deliveries import Delivery, DeliveryAttempt
from reminders.tables.ledger import License
from sandbox import redis_server
from tests.bench import ground, push_trip
from tests.bench.measure import Sample, Sizes, check, compare, memory_mb, timed
from tests.conftest import FIELD_KEYS

LATENCY_S = 0.05
IN_FLIGHT = (64, 256)
ALWAYS = ground.ALWAYS
AT_ONCE = 1_000
CPU_GOAL_US = 300
ONE_BY_ONE = 100  # the baseline's messages a round


def run(sizes: Sizes) -> None:
    messages = sizes.pick(6_400, 640)
    with tempfile.TemporaryDirectory(prefix="reminders-bench-") as folder, _platform() as base:
        store = redis_server.start(Path(folder) / "redis")
        client = redis.Redis.from_url(store.url)
        try:
            with ground.databases() as found:
                for name, database in found:
                    fill(database, messages)
                    told = _told(base, database, store.url)
                    for connections in IN_FLIGHT:
                        _compare(name, database, told, client, messages, sizes.rounds, connections)
                    push_trip.run(name, database, told, client, sizes.pick(AT_ONCE, 200))
        finally:
            client.close()
            store.stop()


def _compare(
    name: str,
    database: Database,
    told: Settings,
    store: redis.Redis,
    messages: int,
    rounds: int,
    connections: int,
) -> None:
    base = told.wechat_api_base
    told = told.model_copy(update={"send_concurrency": connections})
    limit = connections / LATENCY_S
    compare(
        f"push, {connections} in flight, {LATENCY_S * 1e3:.0f} ms latency, {name}",
        _again(database, base, lambda: ours(database, told, store), messages, store),
        _again(database, base, lambda: one_by_one(database, base), ONE_BY_ONE),
        rounds=rounds,
        goal=f"≥ 50× at 64; {0.8 * limit:,.0f} /s is 0.8 of the limit; CPU ≤ {CPU_GOAL_US} µs",
    )


def fill(database: Database, messages: int) -> None:
    """As many bound people as messages, with three due licenses each, planned today."""
    today = clock.civil_date(clock.now())
    licenses = messages * ground.LICENSES_A_HOLDER
    ground.fill(database, licenses, bound_every=1, days=[today + timedelta(days=60)])
    with database.begin() as session:
        session.execute(
            update(License).values(next_due_on=today).execution_options(synchronize_session=False)
        )
        report = planning.plan(session, today, sending_hours=ALWAYS, actor=ground.ACTOR, now=clock.now())
    check(report.deliveries == messages, f"{report.deliveries} messages planned instead of {messages}")


def ours(database: Database, told: Settings, store: redis.Redis) -> int:
    gateway = wiring.wechat_gateway(told, store)
    try:
        plan = Plan(ALWAYS, 0, told.send_concurrency)
        carrier = TemplateCarrier(gateway, CurrentWordings(templates.load().values()), told.wxbot_url)
        return Sender(database, "bench", plan, {Channel.WECHAT: carrier}).drain(for_s=600)
    finally:
        gateway.close()


def one_by_one(database: Database, base: str) -> int:
    """wechatpy as its documentation shows it, and a commit for each message so that none is forgotten."""
    client = WeChatClient("wx0000000000000001", "s" * 32, access_token="t" * 120)
    client.API_BASE_URL = f"{base}/cgi-bin/"
    with Session(database.engine) as session:
        waiting = session.query(Delivery).filter_by(state=DeliveryState.READY, channel=Channel.WECHAT)
        for delivery in waiting.limit(ONE_BY_ONE).all():
            follower = session.get_one(Follower, delivery.follower_id)
            data = {"thing1": {"value": "药品经营许可证"}, "time3": {"value": "2026-12-17"}}
            answer = client.message.send_template(
                follower.openid, "SAMPLE", data, url="http://127.0.0.1/h5/1"
            )
            delivery.state, delivery.provider_msgid = DeliveryState.ACCEPTED, str(answer["msgid"])
            delivery.accepted_at = clock.now()
            session.commit()
    return ONE_BY_ONE


def _again(
    database: Database, base: str, work: Callable[[], int], messages: int, store: redis.Redis | None = None
) -> Callable[[], Sample]:
    """All messages wait again; afterwards each was sent once and is written down as accepted."""

    def measured() -> Sample:
        _reset(database)
        requests.get(f"{base}/count", timeout=10)
        held, asked = memory_mb(), push_trip.commands(store) if store else 0
        sample = timed(work)
        note = f"RSS {memory_mb():.0f} MB, {memory_mb() - held:+.0f} MB"
        if store:
            note += f"; {push_trip.commands(store) - asked - 1} Redis commands"
        counted = requests.get(f"{base}/count", timeout=10).json()
        with database.read() as session:
            accepted = session.execute(
                select(func.count()).select_from(Delivery).where(Delivery.state == DeliveryState.ACCEPTED)
            ).scalar_one()
        check(counted == {"sends": messages, "distinct": messages}, f"the platform saw {counted}")
        check(accepted == messages == sample.items, f"{accepted} of {messages} written down")
        return replace(sample, note=note)

    return measured


def _reset(database: Database) -> None:
    with database.begin() as session:
        session.execute(delete(DeliveryAttempt))
        fresh = dict.fromkeys(("lease_owner", "lease_until", "client_msg_id", "provider_msgid"))
        fresh |= dict.fromkeys(("accepted_at", "final_at"))
        session.execute(
            update(Delivery)
            .values(state=DeliveryState.READY, state_reason="", attempt=0, next_at=clock.now(), **fresh)
            .execution_options(synchronize_session=False)
        )


@contextmanager
def _platform() -> Iterator[str]:
    command = [sys.executable, "-m", "tests.bench.slow_platform", str(LATENCY_S)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.terminate()


def _told(base: str, database: Database, redis_url: str) -> Settings:
    return settings.load({
        "DATABASE_URL": database.engine.url.render_as_string(hide_password=False), "REDIS_URL": redis_url,
        "SECRET_KEY": "s" * 48, "FIELD_KEYS": FIELD_KEYS, "WECHAT_APP_ID": "wx0000000000000001",
        "WECHAT_APP_SECRET": "s" * 32, "WECHAT_TOKEN": "t" * 32, "WECHAT_AES_KEY": "k" * 42 + "A",
        "WECHAT_API_BASE": base, "WXBOT_URL": "http://127.0.0.1:1", "PORTAL_URL": "http://127.0.0.1:2",
        "SEND_RATE": "0",
    })  # fmt: skip
