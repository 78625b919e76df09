"""The demo's own check: everything started as in production, and the whole trip made from outside."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.mark.slow
def test_whole_trip_holds_when_made_from_outside(tmp_path: Path) -> None:
    command = [Path(sys.executable).with_name("reminders"), "demo", "--check", "--folder", tmp_path / "check"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=400)
    assert done.returncode == 0, f"{done.stdout[-6000:]}\n{done.stderr[-2000:]}"
    assert "✗" not in done.stdout
