"""The demo's own check: everything started as in production, and the whole trip made from outside."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
# Every Python process of the installation loads this at its start and tells where it connects to.
WATCH = """
import sys

def tell(*words):
    with open({place!r}, "a", encoding="utf-8") as file:
        print(*words, file=file)

def hear(event, told):
    if event == "socket.connect":
        tell("to", told[1][0] if isinstance(told[1], tuple) else "unix")

tell("started", *sys.orig_argv)
sys.addaudithook(hear)
"""


@pytest.mark.slow
def test_whole_trip_holds_and_never_leaves_this_machine(tmp_path: Path) -> None:
    """The demo is a practice installation: nobody in it may connect to anything but the loopback."""
    heard = tmp_path / "connected"
    (tmp_path / "watch").mkdir()
    (tmp_path / "watch" / "sitecustomize.py").write_text(WATCH.format(place=str(heard)), encoding="utf-8")
    environ = os.environ | {"PYTHONPATH": str(tmp_path / "watch")}
    command = [Path(sys.executable).with_name("reminders"), "demo", "--check", "--folder", tmp_path / "check"]
    done = subprocess.run(
        command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False, timeout=400
    )
    assert done.returncode == 0, f"{done.stdout[-6000:]}\n{done.stderr[-2000:]}"
    assert "✗" not in done.stdout
    lines = heard.read_text(encoding="utf-8").splitlines()
    started = " ".join(line for line in lines if line.startswith("started"))
    for process in ("wxbot.app", "portal.app", "jobs.worker deliveries", "jobs.worker work", "jobs.clock"):
        assert process in started, f"{process} was not watched"
    places = [line.removeprefix("to ") for line in lines if line.startswith("to ")]
    assert len(places) > 100
    assert set(places) <= {"127.0.0.1", "::1", "unix"}
