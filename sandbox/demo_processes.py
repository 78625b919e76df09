"""Starts and stops the processes of a demo: each by its own id, each with its own log."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import requests

from sandbox import redis_server
from sandbox.demo_installation import ROOT, Installation
from sandbox.redis_server import RunningRedis

UP_WITHIN_S = 60.0
STOP_WITHIN_S = 45.0
LAST_LINES = 12
ENDS_TOLERATED = 2  # while starting; a process that keeps ending will not come up
DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG


class Failed(Exception):
    """A command ended badly or a process did not come up; the text has its last words."""


@dataclass
class Running:
    """What this demo started, in order; `stop` ends exactly that."""

    installation: Installation
    redis: RunningRedis | None = None
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    reported: dict[str, int] = field(default_factory=dict)

    def start_redis(self) -> None:
        if self.installation.redis_port:
            folder = self.installation.folder / "redis"
            self.redis = redis_server.start(folder, port=self.installation.redis_port)

    def start(self, name: str, *command: str) -> None:
        """Runs `command` in the background, writing to logs/NAME.log."""
        self.installation.logs.mkdir(exist_ok=True)
        with self.log_of(name).open("ab") as log:
            self.processes[name] = subprocess.Popen(
                command,
                cwd=ROOT,
                env=dict(self.installation.environ),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )

    def run(self, *command: str, text: str | None = None) -> str:
        """Runs `reminders …` to its end and returns what it printed. Raises Failed."""
        done = subprocess.run(
            [program("reminders"), *command],
            cwd=ROOT,
            env=dict(self.installation.environ),
            input=text,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            words = "\n".join((done.stdout + done.stderr).splitlines()[-LAST_LINES:])
            raise Failed(f"`reminders {' '.join(command)}` ended with code {done.returncode}:\n{words}")
        return done.stdout

    def wait_for(self, *addresses: str) -> None:
        """Until every address answers 200. Raises Failed when a process died or it takes too long."""
        until = time.monotonic() + UP_WITHIN_S
        for address in addresses:
            while not _answers(address):
                self.raise_if_dead()
                self._raise_if_hopeless()
                if time.monotonic() > until:
                    raise Failed(f"{address} does not answer.\n{self.last_words()}")
                time.sleep(0.1)

    def _raise_if_hopeless(self) -> None:
        log = self.log_of("up")
        if log.exists() and log.read_text(encoding="utf-8").count(" ended with code ") > ENDS_TOLERATED:
            raise Failed(f"The processes do not stay up.\n{self.last_words()}")

    def raise_if_dead(self) -> None:
        for name, process in self.processes.items():
            if process.poll() is not None:
                raise Failed(f"{name} ended with code {process.returncode}.\n{self.last_words(name)}")

    def news(self) -> list[str]:
        """What the keeper of the processes reported since the last call: a crash and its last words."""
        log = self.log_of("up")
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines() if log.exists() else []
        fresh = lines[self.reported.get("up", 0) :]
        self.reported["up"] = len(lines)
        return [line for line in fresh if "started" not in line]

    def last_words(self, *names: str) -> str:
        paths = [self.log_of(name) for name in names] or sorted(self.installation.logs.glob("*.log"))
        return "\n".join(f"--- {path}\n{_tail(path)}" for path in paths)

    def log_of(self, name: str) -> Path:
        return self.installation.logs / f"{name}.log"

    def stop(self) -> None:
        """In the opposite order, so that nobody misses a service that another still needs."""
        for process in reversed(self.processes.values()):
            if process.poll() is None:
                process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(STOP_WITHIN_S)
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        if self.redis:
            self.redis.stop()
        self.installation.lock.close()


def program(name: str) -> str:
    return str(Path(sys.executable).with_name(name))


def _answers(address: str) -> bool:
    try:
        return requests.get(address, timeout=2).status_code == 200
    except requests.RequestException:
        return False


def _tail(path: Path) -> str:
    if not path.exists():
        return "(nothing)"
    return "\n".join(path.read_text(encoding="utf-8", errors="replace").splitlines()[-LAST_LINES:])


def _die_with_parent() -> None:
    # A demo that is killed with -9 leaves nothing behind. Linux only; elsewhere Ctrl-C does it.
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGTERM)
