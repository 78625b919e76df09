"""A WeChat callback with one indexed query: our bot against wechatpy's README in Flask with the ORM."""

import json
import os
import pickle
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

from reminders.db import Database
from sandbox import wechat_crypto
from tests.bench import ground
from tests.bench.measure import Sample, Sizes, check, compare, say
from tests.conftest import FIELD_KEYS
from tests.postgres import free_port

CONNECTIONS = 32
TOKEN, APP_ID, AES_KEY = "t" * 32, "wx0000000000000001", "k" * 42 + "A"
ORIGINAL_ID = "gh_sandbox000001"
FOLLOWERS = 2_000  # who write in turns, so that no limit per person strikes
TICKS = os.sysconf("SC_CLK_TCK")


def run(sizes: Sizes) -> None:
    licenses, messages = sizes.pick(1_000_000, 20_000), sizes.pick(6_000, 600)
    with ground.databases() as found:
        for name, database in found:
            ground.fill(database, licenses)
            with (
                _server(database, "wxbot.app:create_app()") as ours,
                _server(database, "tests.bench.naive_bot:create_app()") as naive,
            ):
                compare(f"callback with one query, {licenses:,} licenses, {name}",
                        _measured(ours, messages), _measured(naive, messages),
                        rounds=sizes.rounds, goal="≥ 3×")  # fmt: skip


@contextmanager
def _server(database: Database, app: str) -> Iterator[subprocess.Popen[bytes]]:
    """One gunicorn worker with eight threads, the same for both; `port` is its first argument's end."""
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


def _measured(server: subprocess.Popen[bytes], messages: int) -> Callable[[], Sample]:
    port = int(server.port)  # type: ignore[attr-defined]

    def measure() -> Sample:
        with tempfile.NamedTemporaryFile(suffix=".requests") as file:
            file.write(pickle.dumps([_request(port, number) for number in range(messages)]))
            file.flush()
            before = _cpu_s(server.pid)
            command = [sys.executable, "-m", "tests.bench.load", str(port), str(CONNECTIONS), file.name]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        check(done.returncode == 0, done.stderr)
        result = json.loads(done.stdout)
        check(result["good"] == messages, f"{messages - result['good']} answers were not replies")
        check(
            "许可证" in _opened(result["sample"]) or "证" in _opened(result["sample"]),
            "no license in the reply",
        )
        note = f"p50 {result['p50_ms']:.1f} ms, p99 {result['p99_ms']:.1f} ms"
        say(f"  {note}, {messages / result['wall_s']:,.0f} /s")
        return Sample(messages, result["wall_s"], _cpu_s(server.pid) - before, note)

    return measure


def _request(port: int, number: int) -> bytes:
    timestamp, nonce = str(int(time.time())), f"{time.perf_counter_ns()}"
    sender = ground.openid(2 * (number % FOLLOWERS + 1))
    xml = wechat_crypto.to_xml({
        "ToUserName": ORIGINAL_ID, "FromUserName": sender, "CreateTime": timestamp, "MsgType": "text",
        "Content": "我的证照", "MsgId": str(time.time_ns()),
    })  # fmt: skip
    sealed = wechat_crypto.encrypt(xml, AES_KEY, APP_ID)
    body = wechat_crypto.to_xml({"ToUserName": ORIGINAL_ID, "Encrypt": sealed}).encode()
    query = urlencode({
        "signature": wechat_crypto.sign(TOKEN, timestamp, nonce), "timestamp": timestamp, "nonce": nonce,
        "openid": sender, "encrypt_type": "aes",
        "msg_signature": wechat_crypto.sign(TOKEN, timestamp, nonce, sealed),
    })  # fmt: skip
    head = f"POST /wechat/callback?{query} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: text/xml\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def _opened(reply: str) -> str:
    sealed = str(wechat_crypto.from_xml(reply)["Encrypt"])
    return wechat_crypto.decrypt(sealed, AES_KEY, APP_ID)


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
