"""The processes of the Procfile are started, kept alive, and stopped together."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from jobs import processes

START = """
import sys
from pathlib import Path
from jobs import processes
processes.PROCFILE = Path(sys.argv[1])
sys.exit(processes.main(sys.argv[2:]))
"""
Starter = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Starter]:
    started: list[subprocess.Popen[str]] = []

    def starter(procfile: str, *arguments: str) -> "subprocess.Popen[str]":
        path = tmp_path / "Procfile"
        path.write_text(procfile, encoding="utf-8")
        command = [sys.executable, "-c", START, str(path), *arguments]
        started.append(subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True))
        return started[-1]

    yield starter
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=10)


def wait_until(true: Callable[[], bool], within_s: float = 15) -> None:
    until = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.05)


def lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return (
        Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
        if Path("/proc").exists()
        else True
    )


def test_real_procfile_is_understood() -> None:
    assert list(processes.procfile()) == ["release", "wxbot", "portal", "sender", "worker", "clock"]


def test_nothing_starts_when_the_release_step_fails(start: Starter, tmp_path: Path) -> None:
    process = start("release: sh -c 'exit 3'\nweb: touch started; sleep 60\n")
    output, _ = process.communicate(timeout=15)
    assert process.returncode == 3
    assert "nothing was started" in output
    assert not (tmp_path / "started").exists()


def test_process_that_died_starts_again_and_its_last_words_are_shown(start: Starter, tmp_path: Path) -> None:
    process = start(
        "release: true\nweb: sh -c 'echo x >> starts; echo last words; exit 7'\n", "--logs", "logs"
    )
    wait_until(lambda: (tmp_path / "starts").exists() and (tmp_path / "starts").read_text().count("x") >= 2)
    process.terminate()
    output, _ = process.communicate(timeout=15)
    assert "web ended with code 7" in output
    assert "last words" in output
    assert "last words" in (tmp_path / "logs" / "web.log").read_text()


def test_stop_signal_ends_every_child_in_order(start: Starter, tmp_path: Path) -> None:
    process = start(
        "release: true\na: sh -c 'echo $$ > a; exec sleep 60'\nb: sh -c 'echo $$ > b; exec sleep 60'\n"
    )
    wait_until(lambda: all((tmp_path / name).exists() and (tmp_path / name).read_text() for name in "ab"))
    pids = [int((tmp_path / name).read_text()) for name in "ab"]
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=15)
    assert process.returncode == 0
    assert not any(lives(pid) for pid in pids)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's end")
def test_no_child_outlives_a_kill(start: Starter, tmp_path: Path) -> None:
    process = start("release: true\na: sh -c 'echo $$ > a; exec sleep 60'\n")
    wait_until(lambda: (tmp_path / "a").exists() and bool((tmp_path / "a").read_text()))
    pid = int((tmp_path / "a").read_text())
    process.kill()
    process.wait(timeout=10)
    wait_until(lambda: not lives(pid))


def test_only_named_processes_start_and_without_the_release_step(start: Starter, tmp_path: Path) -> None:
    process = start("release: touch released\na: sh -c 'touch a; exec sleep 60'\nb: touch b\n", "a")
    wait_until((tmp_path / "a").exists)
    process.terminate()
    output, _ = process.communicate(timeout=15)
    assert "started a" in output
    assert not (tmp_path / "b").exists()
    assert not (tmp_path / "released").exists()


def test_unknown_process_is_refused(start: Starter) -> None:
    process = start("release: true\na: true\n", "zzz")
    process.communicate(timeout=15)
    assert process.returncode == 2
