"""Callbacks are answered within the platform's five seconds while the workers that answer are killed."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from reminders.db import Database
from tests.conftest import FIELD_KEYS
from tests.faults.stage import children, wait_until
from tests.postgres import free_port
from tests.wxbot import platform
from tests.wxbot.platform import address, envelope, seal, xml

PEOPLE = 8
KILLS, KILL_EVERY_S = 3, 5.0
PLATFORM_WAITS_S = 5.0


def environment(database: Database, port: int) -> dict[str, str]:
    return os.environ | {
        "DATABASE_URL": database.engine.url.render_as_string(hide_password=False),
        "SECRET_KEY": "s" * 48, "FIELD_KEYS": FIELD_KEYS, "WECHAT_APP_ID": platform.APP_ID,
        "WECHAT_TOKEN": platform.TOKEN, "WECHAT_APP_SECRET": "s" * 32, "WECHAT_AES_KEY": platform.AES_KEY,
        "WECHAT_ORIGINAL_ID": platform.ORIGINAL_ID, "WXBOT_URL": f"http://127.0.0.1:{port}",
        "PORTAL_URL": "http://127.0.0.1:1", "LOG_LEVEL": "ERROR",
    }  # fmt: skip


def event(openid: str, number: int) -> tuple[str, bytes]:
    """A receipt, which must be written down before it is answered."""
    fields = {
        "ToUserName": platform.ORIGINAL_ID, "FromUserName": openid, "CreateTime": str(int(time.time())),
        "MsgType": "event", "Event": "TEMPLATESENDJOBFINISH", "MsgID": str(number), "Status": "success",
    }  # fmt: skip
    cipher_text = seal(xml(fields))
    return address(cipher_text), envelope(cipher_text)


def tell(port: int, openid: str, number: int) -> float:
    """As the platform does: waits five seconds, sends again when the connection broke; returns seconds."""
    started_s = time.monotonic()
    while True:
        path, body = event(openid, number)
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PLATFORM_WAITS_S)
        try:
            connection.request("POST", path, body, {"Content-Type": "text/xml"})
            answer = connection.getresponse()
            answer.read()
            if answer.status == 200:
                return time.monotonic() - started_s
        except (http.client.HTTPException, OSError):
            if time.monotonic() - started_s > PLATFORM_WAITS_S:
                return time.monotonic() - started_s
        finally:
            connection.close()


def is_up(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.slow
def test_no_callback_waits_five_seconds_while_workers_are_killed(database: Database) -> None:
    port = free_port()
    command = [Path(sys.executable).with_name("gunicorn"), "--no-control-socket", "--worker-class", "gthread",
               "--workers", "2", "--threads", "8", "--bind", f"127.0.0.1:{port}", "--log-level", "critical",
               "wxbot.app:create_app()"]  # fmt: skip
    server = subprocess.Popen(command, env=environment(database, port))
    waits: list[float] = []
    over = threading.Event()

    def person(number: int) -> None:
        message = number * 1_000_000
        while not over.is_set():
            message += 1
            waits.append(tell(port, f"oExample-{number}", message))

    people = [threading.Thread(target=person, args=(number,)) for number in range(1, PEOPLE + 1)]
    try:
        assert wait_until(lambda: is_up(port) and len(children(server.pid)) == 2, 60)
        tell(port, "oExample-first", 1)
        for thread in people:
            thread.start()
        for _ in range(KILLS):
            time.sleep(KILL_EVERY_S)
            os.kill(children(server.pid)[0], signal.SIGKILL)
        time.sleep(KILL_EVERY_S / 2)
    finally:
        over.set()
        for thread in people:
            thread.join()
        server.send_signal(signal.SIGTERM)
        server.wait(30)
    print(f"{len(waits)} callbacks, slowest {max(waits):.2f} s, {KILLS} workers killed")
    assert len(waits) > PEOPLE * KILLS
    assert max(waits) < PLATFORM_WAITS_S
