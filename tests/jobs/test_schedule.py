"""The loop of the clock: each chore at its pace, and no failure ends it."""

import threading
import time

from jobs.schedule import LONGEST_PAUSE_S, Chore, run_once, run_until


def test_every_chore_runs_at_once_and_then_at_its_pace() -> None:
    stop, seen = threading.Event(), {"quick": 0, "slow": 0}

    def count(name: str) -> None:
        seen[name] += 1
        if seen["quick"] == 5:
            stop.set()

    chores = [Chore("quick", 0.01, lambda: count("quick")), Chore("slow", 60, lambda: count("slow"))]
    run_until(stop, chores)
    assert seen == {"quick": 5, "slow": 1}


def test_failing_chore_pauses_longer_each_time_and_the_others_go_on() -> None:
    def fail() -> None:
        raise ConnectionError("the database went away")

    chore = Chore("broken", 1, fail)
    for pause in (1, 2, 4, 8, 16, LONGEST_PAUSE_S, LONGEST_PAUSE_S):
        assert _is_due_after(chore, pause)
    chore.run = lambda: None
    assert _is_due_after(chore, 1)
    assert chore.failures == 0


def _is_due_after(chore: Chore, pause_s: float) -> bool:
    """Whether a run makes it due so long after its end, however slow the machine is."""
    began = time.monotonic()
    run_once(chore)
    return began + pause_s <= chore.due_s <= time.monotonic() + pause_s


def test_loop_ends_promptly_when_it_is_told_to() -> None:
    stop = threading.Event()
    loop = threading.Thread(target=run_until, args=(stop, [Chore("slow", 60, lambda: None)]))
    loop.start()
    stop.set()
    loop.join(2)
    assert not loop.is_alive()
