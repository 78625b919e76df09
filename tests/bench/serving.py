"""A web application behind gunicorn for a bench: one worker with eight threads, the same for both sides."""

import json
import os
import pickle
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reminders.db import Database
from tests.bench.measure import Sample, check, say
from tests.conftest import FIELD_KEYS
from tests.postgres import free_port

TOKEN, APP_ID, AES_KEY = "t" * 32, "wx0000000000000001", "k" * 42 + "A"
ORIGINAL_ID = "gh_sandbox000001"
CONNECTIONS = 32
TICKS = os.sysconf("SC_CLK_TCK")


@contextmanager
def served(database: Database, app: str) -> Iterator[subprocess.Popen[bytes]]:
    """`port` of the process is where it listens."""
    port = free_port()
    command = [Path(sys.executable).with_name("gunicorn"), "--no-control-socket", "--worker-class", "gthread",
               "--workers", "1", "--threads", "8", "--bind", f"127.0.0.1:{port}", "--keep-alive", "75",
               "--log-level", "error", app]  # fmt: skip
    process = subprocess.Popen(command, env=os.environ | _environment(database, port))
    process.port = port  # type: ignore[attr-defined]
    try:
        _wait(port)
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def _environment(database: Database, port: int) -> dict[str, str]:
    return {
        "DATABASE_URL": database.engine.url.render_as_string(hide_password=False),
        "SECRET_KEY": "s" * 48, "FIELD_KEYS": FIELD_KEYS, "WECHAT_APP_ID": APP_ID, "WECHAT_TOKEN": TOKEN,
        "WECHAT_APP_SECRET": "s" * 32, "WECHAT_AES_KEY": AES_KEY, "WECHAT_ORIGINAL_ID": ORIGINAL_ID,
        "WXBOT_URL": f"http://127.0.0.1:{port}", "PORTAL_URL": "http://127.0.0.1:1", "LOG_LEVEL": "ERROR",
    }  # fmt: skip


def loaded(server: subprocess.Popen[bytes], requests: list[bytes]) -> tuple[Sample, str]:
    """Sends the requests over many kept connections; every answer must be a full one. Also the first body."""
    with tempfile.NamedTemporaryFile(suffix=".requests") as file:
        file.write(pickle.dumps(requests))
        file.flush()
        before = _cpu_s(server.pid)
        port = str(server.port)  # type: ignore[attr-defined]
        command = [sys.executable, "-m", "tests.bench.load", port, str(CONNECTIONS), file.name]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    check(done.returncode == 0, done.stderr)
    result = json.loads(done.stdout)
    check(result["good"] == len(requests), f"{len(requests) - result['good']} answers were not right")
    note = f"p50 {result['p50_ms']:.1f} ms, p99 {result['p99_ms']:.1f} ms"
    say(f"  {note}, {len(requests) / result['wall_s']:,.0f} /s")
    return Sample(len(requests), result["wall_s"], _cpu_s(server.pid) - before, note), result["sample"]


def _cpu_s(master: int) -> float:
    """CPU seconds of gunicorn's workers, whose parent is `master`."""
    total = 0.0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == master:
            total += (int(fields[11]) + int(fields[12])) / TICKS
    return total


def _wait(port: int) -> None:
    for _ in range(300):
        answer = subprocess.run(
            [sys.executable, "-c", f"import socket; socket.create_connection(('127.0.0.1', {port}), 1)"],
            capture_output=True, check=False,
        )  # fmt: skip
        if answer.returncode == 0:
            return
        time.sleep(0.1)
    check(False, "the server did not come up")
