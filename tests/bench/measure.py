"""Measures ours against a baseline in one run: interleaved, order reversed every round, pairwise ratios."""

import json
import os
import platform
import re
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

LARGEST_SPREAD = 1.5  # a reference that varies more than this makes the run void
LIBRARIES = ("sqlalchemy", "flask", "rq", "wechatpy", "python-calamine", "openpyxl")


@dataclass(frozen=True)
class Sample:
    """One measured run: how many items, in how many seconds of wall and of CPU time."""

    items: int
    wall_s: float
    cpu_s: float
    note: str = ""

    @property
    def rate(self) -> float:
        return self.items / self.wall_s

    @property
    def cpu_us(self) -> float:
        return self.cpu_s / self.items * 1e6


@dataclass(frozen=True)
class Sizes:
    """How large the benches run; `quick` is for a look, not for figures."""

    rounds: int = 5
    quick: bool = False

    def pick(self, full: int, quick: int) -> int:
        return quick if self.quick else full


@dataclass
class Comparison:
    """Both sides of one figure, filled round by round."""

    name: str
    goal: str
    ours: list[Sample] = field(default_factory=list)
    baseline: list[Sample] = field(default_factory=list)

    def ratios(self, of: Callable[[Sample], float]) -> list[float]:
        """Ours against the baseline of the same round."""
        return [of(a) / of(b) for a, b in zip(self.ours, self.baseline, strict=True)]

    def spread(self) -> float:
        rates = [sample.rate for sample in self.baseline]
        return max(rates) / min(rates)


def timed(work: Callable[[], int]) -> Sample:
    """Runs `work`, which says how many items it did; CPU time of ended children counts too."""
    wall, cpu = time.perf_counter(), sum(os.times()[:4])
    items = work()
    return Sample(items, time.perf_counter() - wall, sum(os.times()[:4]) - cpu)


def compare(
    name: str, ours: Callable[[], Sample], baseline: Callable[[], Sample], *, rounds: int, goal: str = ""
) -> Comparison:
    """Interleaved rounds; who goes first changes every round."""
    found = Comparison(name, goal)
    for number in range(rounds):
        wait_for_idle()
        if number % 2:
            found.baseline.append(baseline())
            found.ours.append(ours())
        else:
            found.ours.append(ours())
            found.baseline.append(baseline())
    report(found)
    return found


def report(found: Comparison) -> None:
    """A line for people and one for machines."""
    faster, cheaper = found.ratios(lambda s: s.rate), found.ratios(lambda s: 1 / s.cpu_us)
    void = found.spread() > LARGEST_SPREAD
    ours, other = _median(found.ours), _median(found.baseline)
    say(f"\n{found.name}")
    for side, sample in (("ours", ours), ("baseline", other)):
        pace = f"{sample.rate:>12,.0f} /s  {sample.cpu_us:>10,.1f} µs CPU an item"
        say(f"  {side:<9} {pace}   ({sample.items:,} items) {sample.note}")
    goal = f"; goal {found.goal}" if found.goal else ""
    say(f"  ratio     {_range(faster)} by wall, {_range(cheaper)} by CPU{goal}")
    if void:
        say(f"  VOID: the baseline varied by {found.spread():.2f}×; the machine was not quiet")
    figures = {
        "name": found.name,
        "goal": found.goal,
        "ratio_wall": _three(faster),
        "ratio_cpu": _three(cheaper),
        "ours_per_s": round(ours.rate, 1),
        "baseline_per_s": round(other.rate, 1),
        "ours_cpu_us": round(ours.cpu_us, 2),
        "baseline_cpu_us": round(other.cpu_us, 2),
        "items": ours.items,
        "rounds": len(found.ours),
        "void": void,
        "note": ours.note,
    }
    machine_line(figures)


def machine_line(figures: dict[str, object]) -> None:
    say("BENCH " + json.dumps(figures | machine(), ensure_ascii=False))


def machine() -> dict[str, object]:
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count(),
        "versions": {name: version(name) for name in LIBRARIES},
    }


def memory_mb() -> float:
    """What this process holds in memory now."""
    status = Path("/proc/self/status")
    if not status.exists():
        return 0.0
    return int(re.findall(r"VmRSS:\s+(\d+) kB", status.read_text())[0]) / 1024


def wait_for_idle(within_s: float = 10) -> None:
    """A short wait while other work keeps the machine busy."""
    until = time.monotonic() + within_s
    while time.monotonic() < until and os.getloadavg()[0] > (os.cpu_count() or 1):
        time.sleep(0.5)


def check(true: bool, what: str) -> None:
    """Ends the run when the result is not the right one: a fast wrong answer is no figure."""
    if not true:
        sys.exit(f"bench: WRONG RESULT: {what}")


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _median(samples: list[Sample]) -> Sample:
    return sorted(samples, key=lambda sample: sample.rate)[len(samples) // 2]


def _range(values: list[float]) -> str:
    return f"{statistics.median(values):.2f}× ({min(values):.2f} to {max(values):.2f})"


def _three(values: list[float]) -> list[float]:
    return [round(statistics.median(values), 3), round(min(values), 3), round(max(values), 3)]
