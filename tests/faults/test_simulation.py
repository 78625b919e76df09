"""The real code keeps its promises through seeded histories, and each seeded fault in it is found."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from config import logs
from tests.faults import simulation, tree
from tests.faults.mutants import MUTANTS

HISTORIES = 20
HISTORIES_OF_A_MUTANT = 100  # it ends with the first broken promise


@pytest.mark.slow
def test_no_promise_is_broken_in_any_history() -> None:
    logs.set_up("ERROR")
    seen, broken = simulation.run(range(HISTORIES))
    assert not broken
    print(f"simulation: {dict(seen)}")
    for proof in ("reaped", "receipts", "given_up", "late", "fenced", "deduped"):
        assert seen[proof], f"nothing was ever {proof}, so nothing was proved"


@pytest.mark.slow
def test_every_seeded_fault_breaks_a_promise(tmp_path: Path) -> None:
    with ThreadPoolExecutor(2) as threads:
        told = dict(zip(MUTANTS, threads.map(lambda name: simulated(name, tmp_path), MUTANTS), strict=True))
    for name, words in told.items():
        print(f"{name}: {words}")
    assert {name: words for name, words in told.items() if "BROKEN: " not in words} == {}


def simulated(name: str, folder: Path) -> str:
    """The last line of a simulation of the code with this fault."""
    place = tree.copy(folder / name, packages=("config", "reminders", "jobs"), edits=MUTANTS[name])
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.simulation", "--seeds", str(HISTORIES_OF_A_MUTANT)],
        cwd=place,
        env=dict(os.environ) | {"PYTHONPATH": f"{place}{os.pathsep}{tree.ROOT}"},
        capture_output=True,
        text=True,
        check=False,
    )
    return (done.stdout + done.stderr).strip().splitlines()[-1]
