"""Drives the real claiming, sending and settling through seeded histories of faults in virtual time.

`python -m tests.faults.simulation --seeds 40` runs on SQLite: a few people, two senders that may die or
freeze anywhere, a platform that forgets an id after ten minutes, receipts late, twice or never.
"""

import argparse
import contextlib
import random
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from config import logs
from jobs import sending, templates
from jobs.carriers import TemplateCarrier
from jobs.current_wordings import CurrentWordings
from jobs.gateways.ports import NotAccepted, TemplateMessage
from jobs.sending import Plan, Sender
from reminders import clock, db, deliveries, receipts, settling, tables
from reminders.crypto import Vault
from reminders.db import Database
from reminders.rules.delivery_rules import SendOutcome
from reminders.rules.lifecycle import Channel, DeliveryState, Purpose
from reminders.rules.permissions import system
from reminders.tables.deliveries import Circuit, Delivery, DeliveryAttempt, ProviderEvent
from tests import builders, builders_queue
from tests.builders_queue import ALL_DAY
from tests.conftest import FIELD_KEYS

PEOPLE = 5
BATCH = 3
REMEMBERED = timedelta(minutes=10)  # the platform's memory of a client_msg_id
CUTOFF = timedelta(seconds=480)
UNRESOLVED = (DeliveryState.SENDING, DeliveryState.UNKNOWN)
OPEN = (*UNRESOLVED, DeliveryState.READY)
TOLD = (DeliveryState.ACCEPTED, DeliveryState.DELIVERED, DeliveryState.UNCONFIRMED)
STEPS = 70


class Broken(AssertionError):
    """A promise was broken; the text says which."""


@dataclass(frozen=True)
class Weather:
    """How one history goes wrong: weights of steps, spans of time, and what the platform does."""

    name: str
    pauses_s: tuple[float, ...]
    freezes_s: tuple[float, ...]
    refused: float  # share of calls, certainly nothing shown
    silent: float  # share of calls without a usable answer, half of them shown
    lost_receipts: float
    crash: int = 2
    freeze: int = 3
    settle: int = 12


WEATHERS = (
    Weather("mixed", (0.2, 1, 3, 8, 30), (5, 70, 200, 1300), 0.15, 0.35, 0.2),
    Weather("silence", (0.2, 2, 10, 40, 90), (5, 70), 0.0, 0.9, 0.7, crash=1, freeze=1),
    Weather("refusals", (1, 5, 20, 60, 150), (5, 70), 0.7, 0.3, 0.6, crash=1, freeze=1),
    Weather("frozen", (0.2, 1, 3), (70, 200, 700, 1300, 2600), 0.1, 0.2, 0.5, crash=1, freeze=14),
    Weather("killed", (0.2, 1, 20, 70), (5, 70), 0.05, 0.2, 0.4, crash=12, freeze=2, settle=6),
)


class Time:
    """The clock of everybody: civil and monotonic time move together, and only when told."""

    def __init__(self) -> None:
        self.now = builders.NOW
        self.monotonic_s = 1000.0

    def pass_by(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.monotonic_s += seconds


@dataclass(frozen=True)
class Line:
    openid: str
    key: str
    msgid: str
    at: datetime


@dataclass
class Platform:
    """The port of the sender, played in memory: shows, remembers ids for ten minutes, sends receipts."""

    time: Time
    chance: random.Random
    weather: Weather
    lines: list[Line] = field(default_factory=list)
    events: list[tuple[datetime, str, str]] = field(default_factory=list)  # due, person, MsgID
    is_healthy: bool = False
    deduped: int = 0

    def send_text(self, openid: str, text: str) -> None:
        raise NotImplementedError

    def send_template(self, message: TemplateMessage) -> str:
        fate = 1.0 if self.is_healthy else self.chance.random()
        self.time.pass_by(self.chance.choice((0.05, 0.05, 0.3, 2)))
        if fate < self.weather.refused:
            outcome, code = self.chance.choice(
                (
                    (SendOutcome.NOT_SENT, "40001"),
                    (SendOutcome.NOT_SENT, "45011"),
                    (SendOutcome.QUOTA, "45009"),
                )
            )
            raise NotAccepted(outcome, code)
        is_silent = fate < self.weather.refused + self.weather.silent
        if is_silent and self.chance.random() < 0.5:
            raise NotAccepted(SendOutcome.UNKNOWN, "reset")
        msgid = self._show(message)
        if is_silent:
            self.time.pass_by(8)
            raise NotAccepted(SendOutcome.UNKNOWN, "read-timeout")
        return msgid

    def close(self) -> None:
        """Nothing is open."""

    def _show(self, message: TemplateMessage) -> str:
        same = [
            line for line in self.lines if (line.openid, line.key) == (message.openid, message.client_msg_id)
        ]
        if same and self.time.now - same[-1].at < REMEMBERED:
            self.deduped += 1
            return same[-1].msgid
        if same:
            raise Broken(f"I3 {message.client_msg_id} was shown twice, {self.time.now - same[-1].at} apart")
        line = Line(
            message.openid, message.client_msg_id, str(3_500_000_000 + len(self.lines)), self.time.now
        )
        self.lines.append(line)
        if self.is_healthy or self.chance.random() >= self.weather.lost_receipts:
            told = "0" if self.chance.random() < 0.2 else line.msgid
            due = self.time.now + timedelta(seconds=self.chance.choice((0.05, 1, 30, 400, 1500)))
            self.events += [(due, line.openid, told)] * self.chance.choice((1, 1, 2))
        return line.msgid


@dataclass(frozen=True)
class Interrupted(Database):
    """A database before whose next transaction the process may stand still for a while."""

    before_begin: list[Callable[[], None]] = field(default_factory=list)

    @contextlib.contextmanager
    def begin(self) -> Iterator[Session]:
        while self.before_begin:
            self.before_begin.pop()()
        with super().begin() as session:
            yield session


@dataclass
class Hand:
    """One sender with what it has claimed and what came back."""

    sender: Sender
    database: Interrupted
    tasks: list[sending._Task] = field(default_factory=list)
    answers: list[tuple[sending._Task, object]] = field(default_factory=list)
    frozen_until: datetime = builders.NOW
    stands_still: bool = False

    def die(self) -> None:
        self.tasks.clear()
        self.answers.clear()


class History:
    """One seeded story; `run` raises Broken."""

    def __init__(self, database: Database, seed: int) -> None:
        self.chance = random.Random(seed)
        self.weather = WEATHERS[seed % len(WEATHERS)]
        self.time = Time()
        self.database = database
        self.platform = Platform(self.time, self.chance, self.weather)
        self.told: Counter[str] = Counter()
        clock.now = lambda: self.time.now
        sending.time = SimpleNamespace(  # type: ignore[assignment]
            monotonic=lambda: self.time.monotonic_s, sleep=self.time.pass_by
        )
        carrier = TemplateCarrier(self.platform, CurrentWordings(templates.load().values()), "")
        self.hands = []
        for number in (1, 2):
            own = Interrupted(database.engine, database.vault)
            plan = Plan(ALL_DAY, 0, 4)
            self.hands.append(Hand(Sender(own, f"s{number}", plan, {Channel.WECHAT: carrier}), own))
        self._fill()

    def run(self) -> Counter[str]:
        for _ in range(STEPS):
            self._step()
        self._quiet()
        self._judge()
        self.told["deduped"] = self.platform.deduped
        return self.told

    # --- what can happen ---

    def _step(self) -> None:
        awake = [h for h in self.hands if h.frozen_until <= self.time.now and not h.stands_still]
        weather = self.weather
        steps: list[tuple[Callable[[], None], int]] = [
            (self._pass_time, 8),
            (self._chores, 8),
            (self._probe, 1),
        ]
        if awake:
            hand = self.chance.choice(awake)
            steps += [
                (lambda: self._claim(hand), 0 if hand.tasks or hand.answers else 12),
                (lambda: self._send(hand), 25 if hand.tasks else 0),
                (lambda: self._settle(hand), weather.settle if hand.answers else 0),
                (hand.die, weather.crash if hand.tasks or hand.answers else 0),
                (lambda: self._freeze(hand), weather.freeze),
            ]
        [step] = self.chance.choices([s for s, _ in steps], [w for _, w in steps])
        step()
        self._always()

    def _pass_time(self) -> None:
        self.time.pass_by(self.chance.choice(self.weather.pauses_s))

    def _freeze(self, hand: Hand) -> None:
        hand.frozen_until = self.time.now + timedelta(seconds=self.chance.choice(self.weather.freezes_s))

    def _claim(self, hand: Hand) -> None:
        waiting = self._due_unknown()
        hand.tasks = hand.sender._claim(Channel.WECHAT, BATCH)
        taken = {task.claimed.id for task in hand.tasks}
        left = [id for id in waiting - taken if self._state(id) is DeliveryState.UNKNOWN]
        if left and taken - waiting:
            raise Broken(f"{taken - waiting} were claimed while {left} were unanswered")

    def _send(self, hand: Hand) -> None:
        task = hand.tasks.pop()
        hand.answers.append((task, hand.sender._answer(task)))

    def _settle(self, hand: Hand) -> None:
        """Perhaps it stands still between its last look at the lease and its transaction."""
        before: dict[int, tuple[int, DeliveryState]] = {}
        answers, hand.answers = hand.answers, []
        hand.database.before_begin.append(lambda: before.update(self._fences(answers)))
        if self.chance.random() < 0.1 + 0.4 * (self.weather.name in ("frozen", "mixed")):
            hand.database.before_begin.append(lambda: self._meanwhile(hand))
        hand.sender._settle(answers)  # type: ignore[arg-type]
        hand.database.before_begin.clear()
        self._only_own_claims_changed(answers, before)

    def _meanwhile(self, frozen: Hand) -> None:
        frozen.stands_still = True
        until = self.time.now + timedelta(seconds=self.chance.choice(self.weather.freezes_s))
        for _ in range(8):
            self._step()
        if self.time.now < until:
            self.time.pass_by((until - self.time.now).total_seconds())
            self._chores()
            for _ in range(4):
                self._step()
        frozen.stands_still = False

    def _chores(self) -> None:
        """What the clock process does, and what the platform tells by now."""
        now = self.time.now
        arrived = [event for event in self.platform.events if event[0] <= now]
        self.platform.events = [event for event in self.platform.events if event[0] > now]
        with self.database.begin() as session:
            for due, openid, msgid in arrived:
                deliveries.store_receipt(
                    session, openid=openid, msgid=msgid, status="success", digest=f"{openid}{due}", now=now
                )
            self.told["reaped"] += settling.reap(session, now=now)
        with self.database.begin() as session:
            self.told["receipts"] += receipts.sweep(session, sending_hours=ALL_DAY, now=now)
        with self.database.begin() as session:
            self.told["given_up"] += settling.expire_unknown(session, now=now)
            receipts.mark_unconfirmed(session, now=now)
            if self.chance.random() < 0.3:
                for name in session.execute(select(Circuit.name)).scalars().all():
                    deliveries.close_circuit(session, name, actor=system("simulation"), now=now)

    def _quiet(self) -> None:
        """Everybody lives, the platform is well; then days pass."""
        self.platform.is_healthy = True
        for pause_s in (1, 61, 5, 30, 60, 130, 130, 300, 1300, 10, 700, 1700, 10, 10, 90_000, 10, 90_000, 10):
            self.time.pass_by(pause_s)
            self._chores()
            with self.database.begin() as session:
                session.execute(text("DELETE FROM circuit"))
            for hand in self.hands:
                self._claim_send_and_settle(hand)
            if pause_s > 300 and not self._open():
                break

    def _claim_send_and_settle(self, hand: Hand) -> None:
        for _ in range(3):
            while hand.tasks:
                self._send(hand)
            if hand.answers:
                hand.sender._settle(hand.answers)  # type: ignore[arg-type]
                hand.answers = []
            self._claim(hand)
            if not hand.tasks:
                return

    # --- what must be true ---

    def _always(self) -> None:
        may_have_left = select(DeliveryAttempt.id).where(
            DeliveryAttempt.delivery_id == Delivery.id,
            DeliveryAttempt.epoch == Delivery.epoch,
            DeliveryAttempt.result.in_(("", settling.FENCED, SendOutcome.UNKNOWN, SendOutcome.ACCEPTED)),
        )
        with self.database.read() as session:
            forgotten = session.execute(
                select(Delivery.id).where(Delivery.state == DeliveryState.READY, may_have_left.exists())
            )
            if forgotten.first():
                raise Broken("I1 a message that may have left waits as if nothing had been sent")
            found = session.execute(
                select(Delivery.recipient_hash).where(Delivery.state.in_(UNRESOLVED))
            ).scalars()
            twice = [name for name, times in Counter(found).items() if times > 1]
        if twice:
            raise Broken("I6 two unresolved messages of one person")

    def _probe(self) -> None:
        """Whoever got past all questions of the code is still refused by the database itself."""
        with self.database.begin() as session:
            row = session.execute(select(Delivery).where(Delivery.state.in_(UNRESOLVED)).limit(1)).scalar()
            if row is None:
                return
            second = Delivery(
                purpose=Purpose.REMINDER, channel=row.channel, follower_id=row.follower_id,
                recipient_hash=row.recipient_hash, for_day=row.for_day - timedelta(days=9),
                state=DeliveryState.SENDING, lease_until=self.time.now, next_at=self.time.now,
                created_at=self.time.now,
            )  # fmt: skip
            savepoint = session.begin_nested()
            try:
                session.add(second)
                session.flush()
            except IntegrityError:
                savepoint.rollback()
                return
            savepoint.rollback()
            raise Broken("I6 the database takes a second unresolved message of one person")

    def _only_own_claims_changed(
        self, answers: list[tuple[sending._Task, object]], before: dict[int, tuple[int, DeliveryState]]
    ) -> None:
        after = self._fences(answers)
        for task, _ in answers:
            fence, state = before.get(task.claimed.id, (task.claimed.fence, None))
            if fence != task.claimed.fence:
                self.told["late"] += 1
                if after[task.claimed.id] != (fence, state):
                    raise Broken(f"I7 {task.claimed.id} was changed with an old fence")

    def _judge(self) -> None:
        with self.database.read() as session:
            rows = session.execute(select(Delivery).where(Delivery.channel == Channel.WECHAT)).scalars().all()
            attempts = session.execute(select(DeliveryAttempt)).scalars().all()
            unmatched = session.execute(
                select(ProviderEvent.id).where(ProviderEvent.matched_at.is_(None))
            ).scalars()
            if unmatched.all():
                raise Broken("I11 receipts that belong to no message")
        for row in rows:
            shown = [line for line in self.platform.lines if line.key.startswith(f"d{row.id}e")]
            self._judge_one(row, shown)
            for line in shown:
                if not any(a.delivery_id == row.id and a.intent_at <= line.at for a in attempts):
                    raise Broken(f"I8 {line.key} was shown before it was written down")
        self.told["fenced"] = sum(attempt.result == settling.FENCED for attempt in attempts)
        self.told["shown"] = len(self.platform.lines)

    def _judge_one(self, row: Delivery, shown: list[Line]) -> None:
        if row.state in OPEN:
            raise Broken(f"I9 {row.id} is still {row.state}")
        if row.state in TOLD and not shown:
            raise Broken(f"I1, I2 {row.id} is {row.state} and was never shown")
        if row.provider_msgid and row.provider_msgid not in {line.msgid for line in shown}:
            raise Broken(f"I2 {row.id} has an id under which nothing was shown")
        if len(shown) > 1 + row.epoch or (len(shown) > 1 and not row.dup_risk):
            raise Broken(f"I3 {row.id} was shown {len(shown)} times in epoch {row.epoch}")
        self.told["doubled"] += len(shown) > 1
        self.told["lost"] += not shown and row.state is not DeliveryState.CANCELLED

    # --- looking things up ---

    def _open(self) -> int:
        with self.database.read() as session:
            return len(session.execute(select(Delivery.id).where(Delivery.state.in_(OPEN))).all())

    def _state(self, id: int) -> DeliveryState:
        with self.database.read() as session:
            return session.execute(select(Delivery.state).where(Delivery.id == id)).scalar_one()

    def _due_unknown(self) -> set[int]:
        with self.database.read() as session:
            found = session.execute(
                select(Delivery.id).where(
                    Delivery.state == DeliveryState.UNKNOWN,
                    Delivery.next_at <= self.time.now,
                    Delivery.ambiguous_since > self.time.now - CUTOFF,
                )
            )
            return set(found.scalars())

    def _fences(self, answers: list[tuple[sending._Task, object]]) -> dict[int, tuple[int, DeliveryState]]:
        ids = [task.claimed.id for task, _ in answers]
        with self.database.read() as session:
            found = session.execute(
                select(Delivery.id, Delivery.fence, Delivery.state).where(Delivery.id.in_(ids))
            )
            return {row.id: (row.fence, row.state) for row in found}

    def _fill(self) -> None:
        """Everybody has a message; the first person has another one left over from yesterday."""
        with self.database.begin() as session:
            for table in reversed(tables.metadata.sorted_tables):
                session.execute(table.delete())
            entry = builders.entry(session)
            for number in range(PEOPLE):
                person = builders.follower(session)
                days = (0, 1) if number == 0 else (0,)
                for day in days:
                    row = builders_queue.delivery(
                        session, follower=person, licenses=0,
                        for_day=clock.civil_date(builders.NOW) - timedelta(days=day),
                    )  # fmt: skip
                    license = builders_queue.bound_license(session, person, entry_id=entry.id)
                    builders_queue.add_item(session, row, license)


@contextlib.contextmanager
def empty_database() -> Iterator[Database]:
    """As the tables say, in memory where the machine has such a place."""
    place = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(prefix="reminders-sim-", dir=place if place.is_dir() else None))
    database = db.open_database(f"sqlite:///{folder / 'sim.db'}", Vault.from_text(FIELD_KEYS))
    try:
        tables.metadata.create_all(database.engine)
        yield database
    finally:
        database.close()
        shutil.rmtree(folder, ignore_errors=True)


def run(seeds: range) -> tuple[Counter[str], str]:
    """What all histories saw together, and the first broken promise, or an empty text."""
    total: Counter[str] = Counter()
    real_now, real_time = clock.now, sending.time
    try:
        with empty_database() as database:
            for seed in seeds:
                history = History(database, seed)
                try:
                    total += history.run()
                except Broken as error:
                    return total, f"seed {seed} ({history.weather.name}): {error}"
    finally:
        clock.now, sending.time = real_now, real_time  # type: ignore[assignment]
    return total, ""


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=40)
    parser.add_argument("--first", type=int, default=0)
    given = parser.parse_args(arguments)
    logs.set_up("ERROR")
    total, broken = run(range(given.first, given.first + given.seeds))
    print(f"simulation: {dict(total)} {broken and 'BROKEN: ' + broken}")
    return int(bool(broken))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
