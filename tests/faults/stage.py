"""Real processes on one machine, each of which may be killed, frozen and started again by its own id."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import redis
import requests

from reminders import db
from reminders.crypto import Vault
from reminders.db import Database
from sandbox import demo_installation, redis_server
from sandbox.demo_installation import Installation, InUse, Options
from sandbox.redis_server import RunningRedis
from tests.faults import tree
from tests.faults.tree import Edit
from tests.postgres import Server

DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG
FIRST_PORT, PORT_PLACES = 10_000, 2_200  # below the ports that connections take for themselves
UP_WITHIN_S = 60.0
STOP_WITHIN_S = 15.0
SURE_TO_LIVE_S = 1.0
FREEZE_FILE = "freeze-before-writing"
# Stops a sender between its last look at the lease and its write: the worst moment there is.
WORST_MOMENT = Edit(
    "jobs/sending.py",
    "            with self._database.begin() as session:\n                late = settling.finish(",
    "            _stop_at_the_worst_moment()\n"
    "            with self._database.begin() as session:\n                late = settling.finish(",
)
STOPPING = Edit(
    "jobs/sending.py",
    "\n\nclass Pace:\n",
    f"""

def _stop_at_the_worst_moment() -> None:
    try:
        os.unlink({FREEZE_FILE!r})
    except OSError:
        return
    os.kill(os.getpid(), signal.SIGSTOP)


class Pace:
""",
)
IMPORTS = Edit("jobs/sending.py", "\nimport time\n", "\nimport os\nimport signal\nimport time\n")


@dataclass(frozen=True)
class Setting:
    """How the stage is built; `rate` is messages a second of all senders, 0 for free."""

    folder: Path
    factor: float
    is_postgres: bool
    rate: float = 0
    concurrency: int = 16
    senders: int = 2
    clocks: int = 2
    edits: Sequence[Edit] = ()


@dataclass
class Stage:
    """Everything that runs; make it with `build`, leave with `close`."""

    setting: Setting
    tree: Path
    installation: Installation
    database: Database
    postgres: Server | None
    valkey: RunningRedis | None = None
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    frozen: set[int] = field(default_factory=set)

    @property
    def senders(self) -> list[str]:
        return [f"sender-{n}" for n in range(1, self.setting.senders + 1)]

    @property
    def clocks(self) -> list[str]:
        return [f"clock-{n}" for n in range(1, self.setting.clocks + 1)]

    @property
    def freeze_file(self) -> Path:
        return self.tree / FREEZE_FILE

    def start_outside(self) -> None:
        """Redis and the outside world; the product comes later."""
        self.start_redis()
        self.start("sandbox")
        _wait_for(f"{self.installation.sandbox_url}/healthz", self)

    def start_product(self) -> None:
        for name in ("wxbot", *self.senders, *self.clocks):
            self.start(name)
        _wait_for(f"{self.installation.wxbot_url}/healthz", self)
        time.sleep(SURE_TO_LIVE_S)
        for name, process in self.processes.items():
            if process.poll() is not None:
                last = (self.installation.logs / f"{name}.log").read_text(encoding="utf-8")[-2000:]
                raise AssertionError(f"{name} ended before any fault:\n{last}")

    def start_redis(self) -> None:
        self.valkey = redis_server.start(
            self.installation.folder / "redis", port=self.installation.redis_port
        )

    def start(self, name: str) -> None:
        """Starts it (again); it writes to the same log."""
        self.installation.logs.mkdir(exist_ok=True)
        with (self.installation.logs / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                self._command(name),
                cwd=self.tree,
                env=self._environ(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_die_with_parent if sys.platform == "linux" else None,
            )

    def kill_redis(self) -> None:
        assert self.valkey is not None
        self.valkey.process.kill()
        self.valkey.process.wait()
        self.valkey.lock.close()

    def store(self) -> redis.Redis:
        return redis.Redis(port=self.installation.redis_port, socket_timeout=2, socket_connect_timeout=2)

    def ask(self, method: str, path: str, **given: object) -> requests.Response:
        answer = requests.request(
            method, f"{self.installation.sandbox_url}/sandbox{path}", timeout=120, **given
        )  # type: ignore[arg-type]
        answer.raise_for_status()
        return answer

    def family(self, name: str) -> list[int]:
        """The process and its children: an RQ worker's horse, gunicorn's workers."""
        process = self.processes[name]
        return [process.pid, *children(process.pid)] if process.poll() is None else []

    def raise_the_dead(self) -> list[str]:
        """Starts what has ended, as the keeper of processes does."""
        ended = [name for name, process in self.processes.items() if process.poll() is not None]
        for name in ended:
            self.start(name)
        return ended

    def freeze(self, pids: Sequence[int]) -> None:
        for pid in pids:
            if _signal(pid, signal.SIGSTOP):
                self.frozen.add(pid)

    def thaw(self, pids: Sequence[int]) -> None:
        for pid in pids:
            self.frozen.discard(pid)
            _signal(pid, signal.SIGCONT)

    def stray(self) -> list[int]:
        """Processes of ours that lost their parent, and those of a killed sender that go on."""
        here = str(self.tree)
        return [pid for pid in _all_pids() if pid != os.getpid() and _folder_of(pid) == here]

    def stopped(self) -> list[int]:
        """Those of ours that stand still now, for whatever reason."""
        return [pid for pid in self.stray() if _state_of(pid) == "T"]

    def stop_product(self) -> None:
        self._end([name for name in self.processes if name != "sandbox"])

    def close(self) -> None:
        self._end(list(self.processes))
        for pid in self.stray():
            _signal(pid, signal.SIGKILL)
        if self.valkey is not None:
            self.valkey.stop()
        self.database.close()
        if self.postgres is not None:
            self.postgres.remove()
        self.installation.lock.close()

    def _end(self, names: Sequence[str]) -> None:
        for name in names:
            self.thaw(self.family(name))
            self.processes[name].terminate()
        until = time.monotonic() + STOP_WITHIN_S
        for name in names:
            process = self.processes[name]
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(until - time.monotonic(), 0.1))
            for pid in self.family(name):
                _signal(pid, signal.SIGKILL)
            process.wait()

    def _command(self, name: str) -> list[str]:
        bot = self.installation.wxbot_url.removeprefix("http://")
        gunicorn = "-m gunicorn --no-control-socket --worker-class gthread --workers 2 --threads 8"
        words = {
            "sandbox": "-m sandbox",
            "wxbot": f"{gunicorn} --bind {bot} --timeout 30 --graceful-timeout 5 wxbot.app:create_app()",
            "sender": "-m jobs.worker deliveries",
            "clock": "-m jobs.clock",
        }[name.partition("-")[0]]
        return [sys.executable, *words.split()]

    def _environ(self) -> Mapping[str, str]:
        return {
            **self.installation.environ,
            "PYTHONPATH": str(self.tree),
            "PYTHONDONTWRITEBYTECODE": "",
            "SEND_RATE": str(self.setting.rate),
            "SEND_CONCURRENCY": str(self.setting.concurrency),
            "SMS_DAILY_CAP": "1000000",
            "PLAN_EVERY_S": "30",
            "LOG_LEVEL": "INFO",
        }


@contextlib.contextmanager
def build(setting: Setting) -> Iterator[Stage]:
    """The copy of the product, the database and the addresses; no process of the product runs yet."""
    copied = tree.copy(setting.folder / "tree", edits=[*setting.edits, WORST_MOMENT, STOPPING, IMPORTS])
    tree.compress(copied, setting.factor)
    server = Server() if setting.is_postgres else None
    url = server.create("faults") if server else ""
    installation = _installation(setting.folder / "run", url)
    vault = Vault.from_text(installation.environ["FIELD_KEYS"])
    database = db.open_database(installation.environ["DATABASE_URL"], vault, pool_size=12, wait_s=30)
    stage = Stage(setting, copied, installation, database, server)
    try:
        yield stage
    finally:
        stage.close()


def _installation(folder: Path, database_url: str) -> Installation:
    """On ports of our own process: two runs at the same moment would find the same ones free."""
    for step in range(PORT_PLACES):
        base = FIRST_PORT + (os.getpid() + step) % PORT_PLACES * 10
        with contextlib.suppress(InUse):
            return demo_installation.make(Options(folder, port_base=base, database_url=database_url))
    raise AssertionError("no ports are free")


def children(pid: int) -> list[int]:
    place = Path(f"/proc/{pid}/task/{pid}/children")
    with contextlib.suppress(OSError):
        return [int(word) for word in place.read_text().split()]
    return []


def kill(pids: Sequence[int]) -> int:
    """kill -9; how many of them were alive."""
    return sum(_signal(pid, signal.SIGKILL) for pid in pids)


def wait_until(true: Callable[[], bool], within_s: float, every_s: float = 0.05) -> bool:
    until = time.monotonic() + within_s
    while not true():
        if time.monotonic() > until:
            return False
        time.sleep(every_s)
    return True


def _signal(pid: int, number: signal.Signals) -> bool:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True


def _wait_for(address: str, stage: Stage) -> None:
    def answers() -> bool:
        with contextlib.suppress(requests.RequestException):
            return requests.get(address, timeout=2).status_code == 200
        return False

    if not wait_until(answers, UP_WITHIN_S):
        raise AssertionError(f"{address} does not answer; its log is in {stage.installation.logs}")


def _all_pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _folder_of(pid: int) -> str:
    try:
        return os.readlink(f"/proc/{pid}/cwd")
    except OSError:
        return ""


def _state_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][:1]
    except OSError:
        return ""


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGKILL)
