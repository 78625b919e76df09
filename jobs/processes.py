"""Keeps the processes of the Procfile alive on this machine; started by `./run up`."""

import argparse
import ctypes
import os
import selectors
import shlex
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

PROCFILE = Path(__file__).resolve().parent.parent / "Procfile"
RELEASE = "release"
STEADY_S = 60  # a process that lived this long starts its back-off anew
LONGEST_PAUSE_S = 30
STOP_WITHIN_S = 40  # an RQ worker finishes the batch it is sending
LAST_LINES = 8
DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG


@dataclass
class Child:
    """One process of the Procfile, writing to `logs/NAME.log` or, with its name in front, to our output."""

    name: str
    command: str
    logs: Path | None
    process: subprocess.Popen[bytes] | None = None
    started_at_s: float = 0.0
    failures: int = 0
    resume_at_s: float = 0.0


def main(arguments: list[str]) -> int:
    """Runs the release step, then the named processes (all, when none is named) until SIGTERM or Ctrl-C."""
    commands = procfile()
    parser = argparse.ArgumentParser(prog="./run up", description=main.__doc__)
    parser.add_argument("names", nargs="*", metavar="process", help=", ".join(commands))
    parser.add_argument("--logs", type=Path, help="a folder: one file a process, instead of our own output")
    wanted = parser.parse_args(arguments)
    unknown = sorted(set(wanted.names) - set(commands))
    if unknown:
        parser.error(f"the Procfile has no {', '.join(unknown)}; it has {', '.join(commands)}")
    release = commands.pop(RELEASE, None)
    if release and (not wanted.names or RELEASE in wanted.names):
        say(release)
        code = subprocess.run(shell(release), check=False).returncode
        if code:
            say("the release step failed, so nothing was started")
            return code
    return keep_alive(
        [
            Child(name, commands[name], wanted.logs)
            for name in commands
            if not wanted.names or name in wanted.names
        ]
    )


def procfile() -> dict[str, str]:
    lines = PROCFILE.read_text(encoding="utf-8").splitlines()
    pairs = (line.split(":", 1) for line in lines if ":" in line and not line.startswith("#"))
    return {name.strip(): command.strip() for name, command in pairs}


def shell(command: str) -> list[str]:
    """A line of the Procfile; the programs of our own environment are found first."""
    programs = shlex.quote(str(Path(sys.executable).parent))
    return ["sh", "-c", f'export PATH={programs}:"$PATH"; exec {command}']


def keep_alive(children: list[Child]) -> int:
    """Until a stop signal: starts, relays, restarts with a growing pause; then stops what it started."""
    signals: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda got, _frame: signals.append(got))
    with selectors.DefaultSelector() as selector:
        for child in children:
            start(child, selector)
        say(f"started {', '.join(child.name for child in children)}" if children else "nothing to keep alive")
        while children and not signals:
            relay(selector)
            for child in children:
                if child.process is None and time.monotonic() >= child.resume_at_s:
                    start(child, selector)
                elif child.process is not None and child.process.poll() is not None:
                    note_end(child, child.process.returncode)
        stop([child.process for child in children if child.process], selector, signals)
    return 0


def start(child: Child, selector: selectors.BaseSelector) -> None:
    log: BinaryIO | None = None
    if child.logs:
        child.logs.mkdir(parents=True, exist_ok=True)
        log = (child.logs / f"{child.name}.log").open("ab")
    child.started_at_s = time.monotonic()
    child.process = subprocess.Popen(
        shell(child.command),
        stdin=subprocess.DEVNULL,
        stdout=log or subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,  # Ctrl-C reaches this process only, which then stops them in order
        preexec_fn=_die_with_parent,
    )
    if log:
        log.close()
    elif child.process.stdout:
        selector.register(child.process.stdout, selectors.EVENT_READ, child.name)


def note_end(child: Child, code: int) -> None:
    lived = time.monotonic() - child.started_at_s
    child.failures = 1 if lived > STEADY_S else child.failures + 1
    pause = min(2 ** (child.failures - 1), LONGEST_PAUSE_S)
    child.process, child.resume_at_s = None, time.monotonic() + pause
    say(f"{child.name} ended with code {code} after {lived:.0f} s and starts again in {pause} s")
    if child.logs:
        text = (child.logs / f"{child.name}.log").read_text(encoding="utf-8", errors="replace")
        for line in text.splitlines()[-LAST_LINES:]:
            say(f"  {child.name} | {line}")


def stop(
    processes: list[subprocess.Popen[bytes]], selector: selectors.BaseSelector, signals: list[int]
) -> None:
    """SIGTERM to each; whoever is left after a while, or at a second signal, is killed with its group."""
    say("stopping")
    for process in processes:
        process.terminate()
    until = time.monotonic() + STOP_WITHIN_S
    while any(process.poll() is None for process in processes):
        relay(selector)
        if time.monotonic() > until or len(signals) > 1:
            for process in processes:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)
    relay(selector)


def relay(selector: selectors.BaseSelector) -> None:
    """Waits at most 0.2 s and passes on what the children said, each line with the name in front."""
    if not selector.get_map():
        time.sleep(0.2)
        return
    for key, _events in selector.select(timeout=0.2):
        data = os.read(key.fd, 65536)
        if not data:
            selector.unregister(key.fileobj)
        for line in data.decode(errors="replace").splitlines():
            sys.stdout.write(f"{key.data:>7} | {line}\n")
    sys.stdout.flush()


def say(text: str) -> None:
    sys.stdout.write(f"     up | {text}\n")
    sys.stdout.flush()


def _die_with_parent() -> None:
    # When this process is killed with -9, nothing may go on sending unseen. Linux only; elsewhere a no-op.
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
