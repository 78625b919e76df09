"""Carries claimed messages out with many in flight: claim, commit, send, settle in batches, again."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Lock

import structlog
from sqlalchemy.exc import SQLAlchemyError

from jobs.carriers import Carrier, Content
from jobs.gateways.ports import NotAccepted
from reminders import claiming, clock, settling
from reminders.claiming import ClaimedDelivery
from reminders.db import Database
from reminders.rules.delivery_rules import (
    ABANDON_AFTER_S,
    Hours,
    MessageKind,
    SendOutcome,
    SendResult,
)
from reminders.rules.lifecycle import Channel
from reminders.rules.template_fields import FieldFault
from reminders.rules.wording_roads import said_by

LARGEST_BATCH = 500
LONGEST_WORD = 64  # of a provider, as the tables keep it
BATCH_SPAN_S = 5  # what is claimed must leave well inside the lease, also when the pace is slow
SETTLE_AT = 500
COLLECT_S = 0.05
ASK_EVERY_S = 0.5  # a channel that had nothing
PATIENCE_S = 1.5  # when the pace, not the queue, is why nothing was found
CODE_BATCH = 20
CODE_THREADS = 4

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Plan:
    """How a sender works; `rate` is messages a second, 0 sets it free."""

    hours: Hours
    rate: float
    concurrency: int

    @property
    def batch(self) -> int:
        by_rate = int(self.rate * BATCH_SPAN_S) or 1
        return min(LARGEST_BATCH, self.concurrency * 4, by_rate if self.rate else LARGEST_BATCH)


@dataclass(frozen=True)
class _Task:
    claimed: ClaimedDelivery
    content: Content | None
    claimed_at_s: float

    def result(
        self,
        outcome: SendOutcome,
        *,
        code: str = "",
        rid: str = "",
        msgid: str | None = None,
        version_id: int | None = None,
    ) -> SendResult:
        return SendResult(
            self.claimed.id,
            self.claimed.fence,
            outcome,
            self.claimed.kind,
            code=code[:LONGEST_WORD],
            rid=rid[:LONGEST_WORD],
            msgid=msgid and msgid[:LONGEST_WORD],
            version_id=version_id,
        )

    @property
    def is_stale(self) -> bool:
        return time.monotonic() - self.claimed_at_s > ABANDON_AFTER_S


class Pace:
    """Lets threads through at an even rate."""

    def __init__(self, rate: float) -> None:
        self._gap_s = 1 / rate if rate else 0.0
        self._lock = Lock()
        self._next_s = 0.0

    def wait(self) -> None:
        if not self._gap_s:
            return
        with self._lock:
            now = time.monotonic()
            mine = max(self._next_s, now)
            self._next_s = mine + self._gap_s
        time.sleep(mine - now)


class Sender:
    """One process's sending. Made after any fork, used by one thread, which starts the others."""

    def __init__(
        self, database: Database, owner: str, plan: Plan, carriers: Mapping[Channel, Carrier]
    ) -> None:
        self._database = database
        self._owner = owner
        self._plan = plan
        self._carriers = carriers
        self._pace = Pace(plan.rate)
        self._answers: SimpleQueue[tuple[_Task, SendResult]] = SimpleQueue()
        self._flying = 0
        self._asks_at_s = dict.fromkeys(carriers, 0.0)
        self._found_at_s = time.monotonic()

    def drain(self, *, for_s: float) -> int:
        """Sends what is due, starting nothing new after so many seconds; returns the answers written down.

        When the database refuses a claim, what is under way is written down first; then it raises.
        """
        until, written, more = time.monotonic() + for_s, 0, True
        refused: SQLAlchemyError | None = None
        threads = ThreadPoolExecutor(self._plan.concurrency, thread_name_prefix="send")
        code_threads = ThreadPoolExecutor(CODE_THREADS, thread_name_prefix="code")
        try:
            while more or self._flying:
                more = more and time.monotonic() < until
                if more:
                    try:
                        more = self._start(threads, code_threads)
                    except SQLAlchemyError as error:
                        refused, more = error, False
                written += self._settle(self._collect())
        finally:
            threads.shutdown(cancel_futures=True)
            code_threads.shutdown(cancel_futures=True)
        if refused is not None:
            raise refused
        return written

    def _start(self, threads: ThreadPoolExecutor, code_threads: ThreadPoolExecutor) -> bool:
        """Claims on every channel that may have something; False when nothing is left for now.

        Somebody is waiting for a code: it never queues behind reminders.
        """
        for channel in self._carriers:
            is_full = self._flying > self._plan.batch
            if time.monotonic() < self._asks_at_s[channel] or (is_full and channel is not Channel.SMS):
                continue
            tasks = self._claim(channel, CODE_BATCH if is_full else self._plan.batch)
            for task in tasks:
                pool = code_threads if task.claimed.kind is MessageKind.CODE else threads
                pool.submit(self._send, task)
            if tasks:
                self._found_at_s = time.monotonic()
            if not tasks or channel is Channel.SMS:
                self._asks_at_s[channel] = time.monotonic() + ASK_EVERY_S
        idle_s = time.monotonic() - self._found_at_s
        if self._plan.rate and not self._flying and idle_s < PATIENCE_S:
            time.sleep(COLLECT_S)  # the bucket fills
        return bool(self._flying) or idle_s < (PATIENCE_S if self._plan.rate else 0.0)

    def _claim(self, channel: Channel, batch: int) -> list[_Task]:
        started_s = time.monotonic()
        with self._database.begin() as session:
            claimed = claiming.claim(
                session,
                channel,
                self._owner,
                batch,
                sending_hours=self._plan.hours,
                rate=self._plan.rate,
                now=clock.now(),
            )
        if not claimed:
            return []
        with self._database.read() as session:
            told = self._carriers[channel].load(session, [one.id for one in claimed])
        self._flying += len(claimed)
        return [_Task(one, told.get(one.id), started_s) for one in claimed]

    def _send(self, task: _Task) -> None:
        """Runs in a thread; whatever happens, there is an answer."""
        result = task.result(SendOutcome.UNKNOWN, code="crashed")
        try:
            result = self._answer(task)
        except Exception:
            log.exception("send.crashed", delivery_id=task.claimed.id)
        finally:
            self._answers.put((task, result))

    def _answer(self, task: _Task) -> SendResult:
        if not task.claimed.is_repeat and task.claimed.kind is not MessageKind.CODE:
            self._pace.wait()
        if task.is_stale:
            return task.result(SendOutcome.ABANDONED)
        carrier, claimed = self._carriers[task.claimed.channel], task.claimed
        version_id = carrier.wordings.version_of(said_by(claimed.channel, claimed.kind))
        try:
            msgid = carrier.hand_over(claimed, task.content)
            return task.result(SendOutcome.ACCEPTED, msgid=msgid, version_id=version_id)
        except NotAccepted as error:
            return task.result(error.outcome, code=error.reason, rid=error.rid, version_id=version_id)
        except FieldFault as error:
            log.warning("send.unsayable", delivery_id=task.claimed.id, reason=str(error))
            return task.result(SendOutcome.UNSAYABLE)

    def _collect(self) -> list[tuple[_Task, SendResult]]:
        """Answers of a short while: many are written in one transaction, and few wake this thread."""
        if not self._flying:
            return []
        try:
            found = [self._answers.get(timeout=COLLECT_S)]
        except Empty:
            return []
        if self._flying > 1:
            time.sleep(COLLECT_S)
        while len(found) < min(SETTLE_AT, self._flying) and not self._answers.empty():
            found.append(self._answers.get())
        self._flying -= len(found)
        return found

    def _settle(self, answers: Sequence[tuple[_Task, SendResult]]) -> int:
        """Writes nothing for claims that are nearly over: somebody else may hold them soon."""
        written = 0
        for channel in sorted({task.claimed.channel for task, _ in answers}):
            results = [r for task, r in answers if task.claimed.channel is channel and not task.is_stale]
            with self._database.begin() as session:
                late = settling.finish(
                    session, channel, results, sending_hours=self._plan.hours, now=clock.now()
                )
            written += len(results) - late
            self._tell(channel, results, late)
        return written

    def _tell(self, channel: Channel, results: Sequence[SendResult], late: int) -> None:
        counts = Counter(str(result.outcome) for result in results)
        codes = Counter(result.code for result in results if result.code)
        log.info("send.settled", channel=str(channel), late=late, codes=dict(codes), **counts)
