"""Carries claimed messages out with many in flight: claim, commit, send, settle in batches, again."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Lock

import structlog

from jobs.gateways.ports import CodeGateway, NotAccepted, ReminderGateway, TemplateMessage
from jobs.templates import Template
from reminders import claiming, clock, contents, settling
from reminders.claiming import ClaimedDelivery
from reminders.contents import CodeContent, ReminderContent
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
from reminders.rules.wording import page_path, values

LARGEST_BATCH = 500
BATCH_SPAN_S = 5  # what is claimed must leave well inside the lease, also when the pace is slow
SETTLE_AT = 500
COLLECT_S = 0.05
CODES_EVERY_S = 0.5
CODE_BATCH = 20
CODE_THREADS = 4

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Plan:
    """How a sender works; `rate` is messages a second, 0 sets it free."""

    hours: Hours
    rate: float
    concurrency: int
    page_base: str

    @property
    def batch(self) -> int:
        by_rate = int(self.rate * BATCH_SPAN_S) or 1
        return min(LARGEST_BATCH, self.concurrency * 4, by_rate if self.rate else LARGEST_BATCH)


@dataclass(frozen=True)
class _Task:
    claimed: ClaimedDelivery
    content: ReminderContent | CodeContent | None
    claimed_at_s: float

    def result(
        self, outcome: SendOutcome, *, code: str = "", rid: str = "", msgid: str | None = None
    ) -> SendResult:
        return SendResult(
            self.claimed.id, self.claimed.fence, outcome, self.claimed.kind, code=code, rid=rid, msgid=msgid
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
        self,
        database: Database,
        owner: str,
        plan: Plan,
        templates: Mapping[MessageKind, Template],
        reminders: ReminderGateway,
        codes: CodeGateway | None,
    ) -> None:
        self._database = database
        self._owner = owner
        self._plan = plan
        self._templates = templates
        self._reminders = reminders
        self._codes = codes
        self._pace = Pace(plan.rate)
        self._answers: SimpleQueue[tuple[_Task, SendResult]] = SimpleQueue()
        self._flying = 0
        self._codes_at_s = 0.0

    def drain(self, *, for_s: float) -> int:
        """Sends what is due, starting nothing new after so many seconds; returns the answers written down."""
        until, written, more = time.monotonic() + for_s, 0, True
        threads = ThreadPoolExecutor(self._plan.concurrency, thread_name_prefix="send")
        code_threads = ThreadPoolExecutor(CODE_THREADS, thread_name_prefix="code")
        try:
            while more or self._flying:
                if time.monotonic() >= until:
                    more = False
                else:
                    self._start_codes(code_threads)
                if more and self._flying <= self._plan.batch:
                    more = self._start_reminders(threads) > 0
                written += self._settle(self._collect())
        finally:
            threads.shutdown(cancel_futures=True)
            code_threads.shutdown(cancel_futures=True)
        return written

    def _start_reminders(self, threads: ThreadPoolExecutor) -> int:
        tasks = self._claim(Channel.WECHAT, self._plan.batch)
        for task in tasks:
            threads.submit(self._send, task)
        return len(tasks)

    def _start_codes(self, threads: ThreadPoolExecutor) -> None:
        """Somebody is waiting for a code: it never queues behind reminders."""
        if self._codes is None or time.monotonic() < self._codes_at_s:
            return
        self._codes_at_s = time.monotonic() + CODES_EVERY_S
        for task in self._claim(Channel.SMS, CODE_BATCH):
            threads.submit(self._send, task)

    def _claim(self, channel: Channel, batch: int) -> list[_Task]:
        started_s = time.monotonic()
        with self._database.begin() as session:
            claimed = claiming.claim(
                session, channel, self._owner, batch, sending_hours=self._plan.hours, now=clock.now()
            )
        if not claimed:
            return []
        ids = [one.id for one in claimed]
        load = contents.code_contents if channel is Channel.SMS else contents.reminder_contents
        with self._database.read() as session:
            told = load(session, ids)
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
        if not task.claimed.is_repeat and isinstance(task.content, ReminderContent):
            self._pace.wait()
        if task.is_stale:
            return task.result(SendOutcome.ABANDONED)
        try:
            return task.result(SendOutcome.ACCEPTED, msgid=self._hand_over(task))
        except NotAccepted as error:
            return task.result(error.outcome, code=error.reason, rid=error.rid)
        except FieldFault as error:
            log.warning("send.unsayable", delivery_id=task.claimed.id, reason=str(error))
            return task.result(SendOutcome.UNSAYABLE)

    def _hand_over(self, task: _Task) -> str:
        """The provider's message id. Raises NotAccepted or FieldFault."""
        claimed, content = task.claimed, task.content
        if isinstance(content, CodeContent) and self._codes is not None:
            return self._codes.send_code(
                content.phone, content.code, claimed.client_msg_id, maybe_sent=claimed.is_repeat
            )
        if not isinstance(content, ReminderContent):
            raise FieldFault("there is nothing to say")
        template = self._templates[claimed.kind]
        return self._reminders.send_template(
            TemplateMessage(
                openid=content.openid,
                template_id=template.template_id,
                url=self._plan.page_base + page_path(content.lines),
                fields=template.fill(
                    values(content.lines, clock.civil_date(clock.now()), content.check_code)
                ),
                client_msg_id=claimed.client_msg_id,
            )
        )

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
