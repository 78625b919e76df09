"""Looks at the database five times a second and at Redis once a second while the faults go on."""

import contextlib
import threading
import time
import zlib
from dataclasses import dataclass, field

import redis
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from reminders.db import Database
from reminders.rules.lifecycle import Channel
from reminders.tables.deliveries import Delivery
from tests.faults.town import CANARIES

EVERY_S = 0.2
REDIS_EVERY_S = 1.0
UNRESOLVED = text("state IN ('sending', 'unknown')")


@dataclass
class Watch:
    """`two_unresolved` and `canaries` must stay empty."""

    database: Database
    store: redis.Redis
    looks: int = 0
    two_unresolved: list[str] = field(default_factory=list)
    canaries: set[str] = field(default_factory=set)
    states: dict[str, int] = field(default_factory=dict)
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, daemon=True, name="watch")
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join(30)

    def _run(self) -> None:
        redis_at_s = 0.0
        while not self._stop.wait(EVERY_S):
            with contextlib.suppress(SQLAlchemyError):  # it is being crashed just now
                self._look()
            if time.monotonic() >= redis_at_s:
                redis_at_s = time.monotonic() + REDIS_EVERY_S
                with contextlib.suppress(redis.RedisError):
                    self.canaries |= canaries_in(dump(self.store), "redis")

    def _look(self) -> None:
        with self.database.read() as session:
            twice = session.execute(
                select(Delivery.recipient_hash)
                .where(UNRESOLVED)
                .group_by(Delivery.channel, Delivery.recipient_hash)
                .having(func.count() > 1)
            ).scalars()
            self.two_unresolved += [name[:8] for name in twice]
            found = session.execute(
                select(Delivery.state, func.count())
                .where(Delivery.channel.in_((Channel.WECHAT, Channel.SMS)))
                .group_by(Delivery.state)
            )
            self.states = {str(state): number for state, number in found}
        self.looks += 1


def dump(store: redis.Redis) -> bytes:
    """All keys and values as bytes; what RQ compressed is opened."""
    parts: list[bytes] = []
    for key in store.scan_iter(count=500):
        parts.append(key)
        kind = store.type(key)
        if kind == b"string":
            parts.append(store.get(key) or b"")
        elif kind == b"hash":
            parts += [opened(value) for pair in store.hgetall(key).items() for value in pair]
        elif kind == b"list":
            parts += store.lrange(key, 0, -1)
        elif kind == b"set":
            parts += store.smembers(key)
        elif kind == b"zset":
            parts += store.zrange(key, 0, -1)
    return b"\n".join(parts)


def opened(value: bytes) -> bytes:
    with contextlib.suppress(zlib.error):
        return zlib.decompress(value)
    return value


def canaries_in(data: bytes, place: str) -> set[str]:
    return {f"{word} in {place}" for word in CANARIES if word.encode() in data}
