"""The embedded Redis-compatible server: one per folder, keeps its data, dies with its parent."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import redis

from sandbox import redis_server


def test_data_survive_when_server_is_killed_and_started_again(tmp_path: Path) -> None:
    first = redis_server.start(tmp_path)
    client = redis.Redis.from_url(first.url)
    client.set("kept", "1")
    time.sleep(1.2)  # everysec
    first.process.kill()
    first.stop()
    second = redis_server.start(tmp_path)
    try:
        assert redis.Redis.from_url(second.url).get("kept") == b"1"
    finally:
        second.stop()


def test_second_server_on_one_folder_is_refused(tmp_path: Path) -> None:
    server = redis_server.start(tmp_path)
    try:
        with pytest.raises(redis_server.NoRedis, match="already running"):
            redis_server.start(tmp_path)
    finally:
        server.stop()
    redis_server.start(tmp_path).stop()


def test_socket_file_works_even_where_the_folder_name_is_too_long(tmp_path: Path) -> None:
    server = redis_server.start(tmp_path / ("long" * 30), unix_socket=True)
    try:
        assert redis.Redis.from_url(server.url).ping()
    finally:
        server.stop()


def test_missing_program_is_told_clearly(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(redis_server, "get_binary_path", None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(redis_server.NoRedis, match="REDIS_URL"):
        redis_server.start(tmp_path / "data")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
def test_server_is_gone_when_its_parent_is_killed(tmp_path: Path) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-m", "sandbox.redis_server", "--folder", str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    client = redis.Redis.from_url(parent.stdout.readline().strip())
    server = int(client.info("server")["process_id"])
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    assert _within(10, lambda: not _alive(server))
    redis_server.start(tmp_path).stop()


def _alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def _within(seconds: float, condition: Callable[[], bool]) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(0.05)
    return False
