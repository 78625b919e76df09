"""Installs, once and under var/, the pinned node programs that look at pages; nothing of them is shipped."""

import fcntl
import hashlib
import shutil
import subprocess
from pathlib import Path

PINNED = Path(__file__).parent / "node"
PLACE = Path(__file__).resolve().parents[2] / "var" / "node"
OLDEST = 18  # what lighthouse 12 asks for
WITHIN_S = 300


class NoNode(Exception):
    """They cannot run here; the text says why."""


def program(name: str) -> Path:
    """The program of this name, installed with exactly the packages of the lock. Raises NoNode."""
    if not shutil.which("node") or not shutil.which("npm"):
        raise NoNode("node and npm are not on PATH; Debian: apt install nodejs npm")
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout
    if int(version.lstrip("v").partition(".")[0]) < OLDEST:
        raise NoNode(f"node {version.strip()} is older than {OLDEST}")
    PLACE.mkdir(parents=True, exist_ok=True)
    with (PLACE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # test runners side by side install once
        _install()
    return PLACE / "node_modules" / ".bin" / name


def _install() -> None:
    files = [PINNED / "package.json", PINNED / "package-lock.json"]
    wanted = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
    stamp = PLACE / "installed"
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return
    for file in files:
        shutil.copy(file, PLACE)
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = subprocess.run(command, cwd=PLACE, capture_output=True, text=True, timeout=WITHIN_S, check=False)
    if done.returncode:
        raise NoNode(f"npm ci: {done.stderr[-300:]}")
    stamp.write_text(wanted, encoding="utf-8")
