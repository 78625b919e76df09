"""Sends requests made beforehand over many kept connections from one process; prints what it measured."""

import json
import pickle
import selectors
import socket
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Line:
    """One connection: the bytes that came, and when its request left."""

    socket: socket.socket
    left_at: float = 0.0
    got: bytearray = field(default_factory=bytearray)


def main(port: int, connections: int, path: str) -> None:
    requests: list[bytes] = pickle.loads(Path(path).read_bytes())
    waiting, took, answers = iter(requests), [], []
    selector = selectors.DefaultSelector()
    started = time.perf_counter()
    for _ in range(connections):
        line = Line(socket.create_connection(("127.0.0.1", port)))
        line.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(line.socket, selectors.EVENT_READ, line)
        _send(line, next(waiting))
    while len(answers) < len(requests):
        for key, _events in selector.select(timeout=30):
            line = key.data
            data = line.socket.recv(65536)
            if not data:
                sys.exit("load: the server closed a connection")
            line.got += data
            body = _body(line.got)
            if body is None:
                continue
            took.append(time.perf_counter() - line.left_at)
            answers.append((bytes(line.got[9:12]) == b"200", body))
            following = next(waiting, None)
            if following is not None:
                _send(line, following)
    wall = time.perf_counter() - started
    took.sort()
    good = sum(ok and len(body) > 100 for ok, body in answers)
    result = {"wall_s": wall, "good": good, "p50_ms": took[len(took) // 2] * 1e3,
              "p99_ms": took[len(took) * 99 // 100] * 1e3, "sample": answers[0][1].decode()}  # fmt: skip
    print(json.dumps(result))


def _send(line: Line, request: bytes) -> None:
    line.got.clear()
    line.left_at = time.perf_counter()
    line.socket.sendall(request)


def _body(got: bytearray) -> bytes | None:
    """The body when it is all there."""
    end = got.find(b"\r\n\r\n")
    if end < 0:
        return None
    head = bytes(got[:end]).lower()
    at = head.index(b"content-length:") + 15
    length = int(head[at:].split(b"\r\n", 1)[0])
    body = got[end + 4 :]
    return bytes(body) if len(body) >= length else None


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
