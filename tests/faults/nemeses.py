"""What goes wrong, when, by a seeded schedule: killed and frozen processes, databases, the outside world."""

import contextlib
import heapq
import itertools
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta

import redis
from sqlalchemy import select, update
from sqlalchemy.exc import SQLAlchemyError

from reminders import clock, deliveries
from reminders.rules.lifecycle import Channel
from reminders.rules.permissions import system
from reminders.tables.bindings import Binding
from reminders.tables.deliveries import Circuit
from reminders.tables.ledger import License
from tests.faults.stage import Stage, children, kill, wait_until

SEND = "/cgi-bin/message/template/send"
PATHS = {Channel.WECHAT: (SEND,), Channel.SMS: ("/sms-api/send", "/sms-api/query")}
# What the platforms say of single calls, and when nothing goes any more until somebody mends it.
STORMS: dict[Channel, list[int | str]] = {
    Channel.WECHAT: [40001, 45011, -1],
    Channel.SMS: ["BUSINESS_LIMIT_CONTROL", "ISP_SYSTEM_ERROR"],
}
USED_UP: dict[Channel, int | str] = {Channel.WECHAT: 45009, Channel.SMS: "AMOUNT_NOT_ENOUGH"}
RECEIPT = "callback:TEMPLATESENDJOBFINISH"
OPERATOR = system("faults")
RENEWED_BY = timedelta(days=5 * 365)
LEASE_S, READ_S = 60.0, 8.0
OPERATOR_EVERY_S = 20.0


@dataclass(frozen=True)
class Plan:
    """How hard it goes: mean seconds between two blows, the share of faulty calls and of lost receipts."""

    share: float
    every_s: float
    event_loss: float
    seed: int
    channel: Channel = Channel.WECHAT


@dataclass
class Nemeses:
    """Call `step` again and again from the main thread, then `end`."""

    stage: Stage
    plan: Plan
    people: int
    counts: Counter[str] = field(default_factory=Counter)
    changed: dict[int, float] = field(
        default_factory=dict
    )  # person → when what was planned stopped being true
    kills: int = 0
    _later: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    _order: Iterator[int] = field(default_factory=itertools.count)
    _next_s: float = 0.0
    _operator_s: float = 0.0

    def __post_init__(self) -> None:
        self.random = random.Random(self.plan.seed)
        self.factor = self.stage.setting.factor
        self._blows: list[tuple[Callable[[], None], int]] = [
            (self.kill_horse, 30),
            (self.kill_sender, 10),
            (self.orphan_horse, 6),
            (self.freeze_sender, 3),
            (self.freeze_at_the_worst_moment, 3),
            (self.kill_clock, 6),
            (self.freeze_clock, 3),
            (self.kill_web_worker, 5),
            (self.kill_web, 1),
            (self.freeze_web_worker, 2),
            (self.flush_redis, 6),
            (self.kill_redis, 2),
            (self.storm_of_tokens, 3),
            (self.storm_of_refusals, 3),
            (self.quota, 1),
            (self.life, 6),
        ]
        if self.stage.postgres is not None:
            self._blows.append((self.crash_postgres, 2))
        # The worst comes first, while most is under way; then each blow once, then what chance gives.
        self._opening = [blow for blow, _ in self._blows if blow != self.freeze_at_the_worst_moment]
        self.random.shuffle(self._opening)
        self._opening.append(self.freeze_at_the_worst_moment)

    def begin(self) -> None:
        for path in PATHS[self.plan.channel]:
            self.stage.ask("POST", "/faults", json=call_faults(self.plan.share, self.factor, path))
        self.stage.ask("POST", "/faults", json=event_faults(self.plan.event_loss, self.factor))

    def step(self) -> None:
        """Whatever is due now: dead processes rise, frozen ones go on, and perhaps the next blow falls."""
        while self._later and self._later[0][0] <= time.monotonic():
            heapq.heappop(self._later)[2]()
        self.stage.raise_the_dead()
        if time.monotonic() >= self._operator_s:
            self.close_circuits(older_than_s=OPERATOR_EVERY_S / self.factor)
            self._operator_s = time.monotonic() + OPERATOR_EVERY_S / self.factor
        if time.monotonic() >= self._next_s:
            blows, weights = zip(*self._blows, strict=True)
            [chance] = self.random.choices(blows, weights)
            (self._opening.pop() if self._opening else chance)()
            self._next_s = time.monotonic() + self.random.expovariate(1 / self.plan.every_s)

    def end(self) -> None:
        """Lets everything live again and the outside world behave."""
        self.stage.freeze_file.unlink(missing_ok=True)
        while self._later:
            heapq.heappop(self._later)[2]()
        self.stage.thaw(self.stage.stopped())
        self.stage.raise_the_dead()
        self.stage.ask("DELETE", "/faults")
        self.close_circuits()

    # --- processes ---

    def kill_horse(self) -> None:
        parent = self.stage.processes[self._a_sender()]
        self._kill("horse", children(parent.pid))

    def kill_sender(self) -> None:
        self._kill("sender", self.stage.family(self._a_sender()))

    def orphan_horse(self) -> None:
        """Only the worker dies; its child goes on sending."""
        self._kill("worker_only", self.stage.family(self._a_sender())[:1])

    def _a_sender(self) -> str:
        """Not one that stands still at the worst moment: it must come back and find itself fenced off."""
        still = {pid for pid in self.stage.stopped() if pid not in self.stage.frozen}
        free = [name for name in self.stage.senders if not still & set(self.stage.family(name))]
        return self.random.choice(free or self.stage.senders)

    def kill_clock(self) -> None:
        self._kill("clock", self.stage.family(self.random.choice(self.stage.clocks)))

    def kill_web_worker(self) -> None:
        workers = children(self.stage.processes["wxbot"].pid)
        self._kill("web_worker", workers[:1])

    def kill_web(self) -> None:
        self._kill("web", self.stage.family("wxbot"))

    def freeze_sender(self) -> None:
        """For a moment, or for longer than the lease."""
        self._freeze("sender", self.stage.family(self._a_sender()), [0.3, 1.5, 1.5])

    def freeze_clock(self) -> None:
        self._freeze("clock", self.stage.family(self.random.choice(self.stage.clocks)), [0.5, 1.5])

    def freeze_web_worker(self) -> None:
        self._freeze("web_worker", children(self.stage.processes["wxbot"].pid)[:1], [0.1, 0.3])

    def freeze_at_the_worst_moment(self) -> None:
        """A sender stops after its last look at the lease and goes on when others have its messages."""
        self.stage.freeze_file.touch()
        self.counts["worst_moment"] += 1
        self.after(1.7 * LEASE_S / self.factor, self._go_on_after_the_worst_moment)

    def _go_on_after_the_worst_moment(self) -> None:
        self.stage.freeze_file.unlink(missing_ok=True)
        self.stage.thaw([pid for pid in self.stage.stopped() if pid not in self.stage.frozen])

    def _kill(self, name: str, pids: list[int]) -> None:
        killed = kill(pids)
        self.kills += killed
        self.counts[f"kill_{name}"] += killed > 0

    def _freeze(self, name: str, pids: list[int], leases: list[float]) -> None:
        self.stage.freeze(pids)
        self.counts[f"freeze_{name}"] += 1
        self.after(self.random.choice(leases) * LEASE_S / self.factor, lambda: self.stage.thaw(pids))

    # --- databases ---

    def flush_redis(self) -> None:
        try:
            self.stage.store().flushall()
            self.counts["redis_flushed"] += 1
        except redis.RedisError:
            return

    def kill_redis(self) -> None:
        self.stage.kill_redis()
        self.kills += 1
        self.counts["kill_redis"] += 1
        time.sleep(self.random.uniform(0.1, 6 / self.factor))
        self.stage.start_redis()

    def crash_postgres(self) -> None:
        """An immediate shutdown, then recovery from the write-ahead log."""
        assert self.stage.postgres is not None
        self.stage.postgres.stop(signal.SIGQUIT)
        self.kills += 1
        self.counts["kill_postgres"] += 1
        self.stage.postgres.start()

    # --- the outside world ---

    def storm_of_tokens(self) -> None:
        """Every token is unknown from now on."""
        self.stage.ask("POST", "/tokens", json={"forget": True})
        self.counts["token_storm"] += 1

    def storm_of_refusals(self) -> None:
        code = self.random.choice(STORMS[self.plan.channel])
        self._refuse(code, self.random.randint(50, 200))
        self.counts[f"storm_{code}"] += 1

    def quota(self) -> None:
        """The day's calls, or the money, are used up; soon somebody has mended it and closes the circuit."""
        self._refuse(USED_UP[self.plan.channel], 2)
        self.counts["quota"] += 1

    def _refuse(self, code: int | str, times: int) -> None:
        says: dict[str, object] = {"kind": "errcode", "value": code}
        if isinstance(code, str):
            says = {"kind": "json", "value": {"code": code}}
        path = PATHS[self.plan.channel][0]
        self.stage.ask("POST", "/faults", json={"match": path, "times": times, **says})

    def close_circuits(self, *, older_than_s: float = 0) -> None:
        """What an operator does who has cleared the quota."""
        old = clock.now() - timedelta(seconds=older_than_s)
        with contextlib.suppress(SQLAlchemyError), self.stage.database.begin() as session:
            names = session.execute(
                select(Circuit.name).where(Circuit.name.not_like("%:fresh"), Circuit.opened_at <= old)
            ).scalars()
            for name in names.all():
                deliveries.close_circuit(session, name, actor=OPERATOR, now=clock.now())

    def life(self) -> None:
        """One person renews, another unbinds: what was planned for them is not true any more."""
        person = self.random.randint(1, self.people)
        if person in self.changed:
            return
        try:
            with self.stage.database.begin() as session:
                if self.plan.channel is Channel.SMS or self.random.random() < 0.5:
                    license = session.get_one(License, person)
                    assert license.expires_on is not None
                    license.expires_on += RENEWED_BY
                else:
                    session.execute(
                        update(Binding).where(Binding.license_id == person).values(unbound_at=clock.now())
                    )
        except SQLAlchemyError:
            self.changed[person] = float("inf")  # perhaps it was written, perhaps not
            return
        self.changed[person] = clock.now().timestamp()
        self.counts["life"] += 1

    def after(self, seconds: float, work: Callable[[], None]) -> None:
        heapq.heappush(self._later, (time.monotonic() + seconds, next(self._order), work))


def call_faults(share: float, factor: float, path: str = SEND) -> list[dict[str, object]]:
    """So large a share of all calls fails, in every way there is, before and after the work was done."""
    hang_s = 1.5 * READ_S / factor
    kinds: list[dict[str, object]] = [
        {"kind": "reset_before"},
        {"kind": "reset_after"},
        {"kind": "hang", "value": hang_s},
        {"kind": "errcode", "value": -1},
        {"kind": "errcode_after", "value": -1},
        {"kind": "html"},
        {"kind": "html_after"},
        {"kind": "empty"},
        {"kind": "empty_after"},
        {"kind": "status", "value": 502},
        {"kind": "status_after", "value": 502},
        {"kind": "errcode", "value": 40001},
    ]
    before = [kind for kind in kinds if not _is_after(kind)]
    after = [kind for kind in kinds if _is_after(kind)]
    each = share / len(kinds)
    # The sandbox asks the faults before the work first, then those after it, each rule in its turn.
    return [
        {"match": path, **kind, "rate": each / (1 - each * place)}
        for place, kind in enumerate(before + after)
    ]


def _is_after(kind: dict[str, object]) -> bool:
    name = str(kind["kind"])
    return name.endswith("_after") or name == "hang"


def event_faults(loss: float, factor: float) -> list[dict[str, object]]:
    rules = [
        {"match": RECEIPT, "kind": "double_event", "rate": 0.1},
        {"match": RECEIPT, "kind": "late_event", "rate": 0.1, "value": 60 / factor},
        {"match": RECEIPT, "kind": "shuffle", "rate": 0.5, "value": 10 / factor},
        {"match": RECEIPT, "kind": "zero_msgid", "rate": 0.1},
    ]
    return [*rules, {"match": RECEIPT, "kind": "drop_event", "rate": loss}] if loss else rules


def wait_for_quiet(true: Callable[[], bool], within_s: float) -> bool:
    return wait_until(true, within_s, every_s=0.25)
