"""One fault run from the empty folder to the verdict."""

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import func, select, text

from reminders.rules.delivery_rules import CUTOFF, GRACE, WINDOW
from reminders.rules.lifecycle import Channel, DeliveryState
from reminders.tables.deliveries import Delivery, ProviderEvent
from tests.faults import mutants, stage, town, truth
from tests.faults.nemeses import Nemeses, Plan, wait_for_quiet
from tests.faults.stage import Setting, Stage
from tests.faults.truth import Verdict
from tests.faults.watch import Watch, canaries_in

STEP_S = 0.05
RECOVERY_S = 90.0
PROGRESS_EVERY_S = 5.0
DUE_WITHIN_S = 10.0
MOST_EXCUSED = 0.01


@dataclass(frozen=True)
class Options:
    """What one run does; `span_s` spreads the messages, so that the faults meet them under way."""

    is_postgres: bool
    reminders: int
    share: float
    event_loss: float
    factor: float
    span_s: float
    kills: int
    flushes: int = 0
    is_calm: bool = False
    seed: int = 1
    mutant: str = ""
    channel: Channel = Channel.WECHAT

    @property
    def rate(self) -> float:
        """Of all senders: slow enough that the faults meet messages under way, long after they began."""
        return 0 if self.is_calm else max(self.reminders / self.span_s * (1 + self.share), 5.0)

    @property
    def longest_s(self) -> float:
        """The faults end then, whatever is left."""
        return self.span_s * 2


@dataclass
class Report:
    """What became of it."""

    options: Options
    verdict: Verdict
    kills: int = 0
    deduped: int = 0
    took_s: float = 0.0
    blows: Counter[str] = field(default_factory=Counter)
    changed: int = 0
    faults: list[str] = field(default_factory=list)
    unproved: list[str] = field(default_factory=list)  # what the run did not meet, so did not prove

    @property
    def passed(self) -> bool:
        return not self.faults and not self.unproved

    @property
    def rate(self) -> float:
        return self.verdict.reminders / max(self.verdict.last_at - self.verdict.first_at, 0.001)

    def last_line(self) -> str:
        found = self.verdict
        line = (
            f"reminders={found.reminders} lost={found.lost} doubled={found.doubled} kills={self.kills} "
            f"recovery_p100={found.recovery_s:.1f}s rate={self.rate:.0f}/s deduped={self.deduped} "
            f"fenced={found.fenced}"
        )
        line += f" channel={self.options.channel}"
        return line + (f" due_p99={found.slow_p99_s:.1f}s" if self.options.is_calm else "")

    def as_json(self) -> dict[str, Any]:
        return {
            "options": asdict(self.options),
            "verdict": {**vars(self.verdict), "states": dict(self.verdict.states)},
            "kills": self.kills,
            "deduped": self.deduped,
            "took_s": round(self.took_s, 1),
            "rate": round(self.rate, 1),
            "blows": dict(self.blows),
            "faults": self.faults,
            "unproved": self.unproved,
        }


def run(options: Options, folder: Path) -> Report:
    """Sets up, lets the faults loose, waits for quiet, and judges."""
    kind = "PostgreSQL" if options.is_postgres else "SQLite"
    say(f"faults: {options.reminders} reminders by {options.channel}, {kind}, "
        f"{options.share:.0%} faulty calls, times ÷ {options.factor:g}, seed {options.seed}")  # fmt: skip
    setting = Setting(
        folder, options.factor, options.is_postgres, options.rate,
        edits=mutants.MUTANTS.get(options.mutant, ()),
    )  # fmt: skip
    with stage.build(setting) as here:
        _set_up(here, options)
        watch = Watch(here.database, here.store())
        watch.start()
        started_s = time.monotonic()
        nemeses = Nemeses(here, _plan(options), options.reminders)
        try:
            _play(here, options, nemeses, watch)
            _wait_until_settled(here, options, watch)
        finally:
            watch.stop()
        return _judge(here, options, nemeses, watch, time.monotonic() - started_s)


def _plan(options: Options) -> Plan:
    every_s = options.span_s / (options.kills * 1.4) if options.kills else 1.5
    return Plan(options.share, min(every_s, 1.5), options.event_loss, options.seed, options.channel)


def _set_up(here: Stage, options: Options) -> None:
    town.fill(here.database, options.reminders, options.channel)
    if options.mutant == "no-unresolved-index":
        with here.database.begin() as session:
            session.execute(text("DROP INDEX uq_delivery_one_open"))
    here.start_outside()
    here.ask("POST", "/people", json=town.people_of_sandbox(options.reminders))
    if options.is_calm:
        here.start_product()
        time.sleep(3)  # idle, as on most of a day
    planned = town.plan_many_times(here.database, 1 if options.is_calm else town.PLANNERS)
    say(f"faults: planned: {planned}")
    wanted = town.Planned(*[options.reminders] * 3)
    if planned != wanted:
        raise AssertionError(f"I12: {town.PLANNERS} planner runs wrote {planned} instead of {wanted}")
    if not options.is_calm:
        here.start_product()


def _play(here: Stage, options: Options, nemeses: Nemeses, watch: Watch) -> None:
    """Until everything was sent and enough was killed, or the time is up."""
    if options.is_calm:
        wait_for_quiet(lambda: _under_way(here) == 0, 120)
        return
    until_s = time.monotonic() + options.longest_s
    flush_at = _moments(options.flushes, options.span_s)
    told_s = next_flush = 0.0
    nemeses.begin()
    started_s = time.monotonic()
    next_flush = next(flush_at, 0.0)
    while time.monotonic() < until_s:
        nemeses.step()
        if next_flush and time.monotonic() - started_s >= next_flush:
            nemeses.flush_redis()
            next_flush = next(flush_at, 0.0)
        if time.monotonic() - told_s > PROGRESS_EVERY_S:
            told_s = time.monotonic()
            _tell(started_s, nemeses, watch)
        if time.monotonic() - started_s > options.span_s / 4 and _is_enough(options, nemeses, watch):
            break
        time.sleep(STEP_S)
    nemeses.end()


def _is_enough(options: Options, nemeses: Nemeses, watch: Watch) -> bool:
    """Nothing leaves any more, and enough was killed; the few past the cut-off wait for the quiet."""
    left = sum(watch.states.get(state, 0) for state in ("ready", "sending"))
    past = watch.states.get("unknown", 0)
    return (
        bool(watch.states)
        and not left
        and past <= options.reminders // 500
        and nemeses.kills >= options.kills
    )


def _moments(number: int, span_s: float) -> Iterator[float]:
    return (span_s * (n + 0.5) / number for n in range(number))


def _tell(started_s: float, nemeses: Nemeses, watch: Watch) -> None:
    say(f"faults: {time.monotonic() - started_s:5.0f} s  kills={nemeses.kills}  {_in_words(watch)}")


def _in_words(watch: Watch) -> str:
    return " ".join(f"{state}={number}" for state, number in sorted(watch.states.items()))


def _wait_until_settled(here: Stage, options: Options, watch: Watch) -> None:
    """Quiet: the outside world behaves, and what is unanswered is asked for again or given up."""
    longest_s = (WINDOW + GRACE + CUTOFF).total_seconds() / options.factor + 60
    started_s = told_s = time.monotonic()

    def settled() -> bool:
        nonlocal told_s
        here.raise_the_dead()
        if time.monotonic() - told_s > PROGRESS_EVERY_S:
            told_s = time.monotonic()
            say(f"faults: quiet for {told_s - started_s:3.0f} s  {_in_words(watch)}")
        return _under_way(here) == 0 and _open_events(here) == 0 and _waiting_events(here) == 0

    if not wait_for_quiet(settled, longest_s):
        say(f"faults: not settled after {longest_s:.0f} s: {watch.states}")
    say(f"faults: settled {time.monotonic() - started_s:.0f} s after the faults stopped: {watch.states}")


def _under_way(here: Stage) -> int:
    with here.database.read() as session:
        return session.execute(
            select(func.count())
            .select_from(Delivery)
            .where(Delivery.channel.in_((Channel.WECHAT, Channel.SMS)))
            .where(Delivery.state.in_((DeliveryState.READY, DeliveryState.SENDING, DeliveryState.UNKNOWN)))
        ).scalar_one()


def _open_events(here: Stage) -> int:
    with here.database.read() as session:
        return session.execute(
            select(func.count()).select_from(ProviderEvent).where(ProviderEvent.matched_at.is_(None))
        ).scalar_one()


def _waiting_events(here: Stage) -> int:
    return int(here.ask("GET", "/state").json()["events_waiting"])


def _judge(here: Stage, options: Options, nemeses: Nemeses, watch: Watch, took_s: float) -> Report:
    state = here.ask("GET", "/state").json()
    here.stop_product()
    shown_as = "sms" if options.channel is Channel.SMS else "template"
    lines = truth.read_log(here.installation.folder / "sandbox" / "log.jsonl", shown_as)
    verdict = truth.judge(here.database, lines, options.reminders, nemeses.changed, options.channel)
    report = Report(options, verdict, nemeses.kills, state["deduped"], took_s, nemeses.counts)
    report.changed = len(nemeses.changed)
    report.faults = [*verdict.faults, *_sightings(here, watch), *_late_or_doubled(report)]
    report.unproved = [] if options.is_calm else _unproved(report)
    for words in verdict.stories:
        say(f"faults: under a second id: {words}")
    for fault in report.faults:
        say(f"faults: BROKEN: {fault}")
    for words in report.unproved:
        say(f"faults: NOTHING PROVED: {words}")
    say(f"faults: {took_s:.0f} s; {dict(verdict.states)}; blows {dict(nemeses.counts)}; looks {watch.looks}")
    return report


def _sightings(here: Stage, watch: Watch) -> list[str]:
    found = set(watch.canaries)
    for log in sorted(here.installation.logs.glob("*.log")):
        if log.stem != "sandbox":
            found |= canaries_in(log.read_bytes(), log.name)
    faults = [f"I14 personal data: {', '.join(sorted(found))}"] if found else []
    if watch.two_unresolved:
        faults.append(f"I6 two unresolved messages of one person, seen {len(watch.two_unresolved)} times")
    return faults


def _late_or_doubled(report: Report) -> list[str]:
    faults = []
    if report.verdict.doubled > (
        report.options.channel is Channel.SMS and report.options.reminders >= 10_000
    ):
        faults.append(f"I4 doubled: {report.verdict.doubled}")
    if report.verdict.recovery_s > RECOVERY_S:
        faults.append(f"I9 a killed message waited {report.verdict.recovery_s:.0f} s")
    if report.options.is_calm and report.verdict.slow_p99_s > DUE_WITHIN_S:
        faults.append(f"handed over only after {report.verdict.slow_p99_s:.1f} s (p99)")
    return faults


def _unproved(report: Report) -> list[str]:
    """A run that met no fault proves nothing."""
    found = []
    if report.kills < report.options.kills:
        found.append(f"only {report.kills} kills instead of {report.options.kills}")
    if not report.deduped and report.options.channel is Channel.WECHAT:
        found.append("the provider never recognised a repeated send")
    excused = sum(report.verdict.states[state] for state in truth.EXCUSED)
    if excused > report.verdict.reminders * MOST_EXCUSED + report.changed:
        found.append(f"{excused} messages ended in other hands than the platform's")
    if not report.verdict.fenced:
        found.append("no late answer was ever fenced off")
    return found


def say(text: str) -> None:
    print(text, flush=True)
