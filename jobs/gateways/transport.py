"""One pooled HTTP transport for gateways: it knows whether the outside system may have acted."""

import json
import select
import socket
import ssl
import time
from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import SplitResult, urlsplit

from requests.utils import DEFAULT_CA_BUNDLE_PATH

from jobs.gateways.http_answer import LARGEST_ANSWER, Answer, Garbled, Reader, TooLong
from reminders.errors import GatewayError

CONNECT_S = 3.0
READ_S = 8.0
ANSWER_WITHIN_S = 12.0  # HTTP_MAX of the delivery rules: a dripping body must not outlive the lease
PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class _Place:
    scheme: str
    host: str
    port: int


class Transport:
    """Shared by the threads of one process, made after any fork; no redirects, no proxy from outside.

    Keeps at most `connections` idle ones for each server, the warmest first.
    """

    def __init__(self, connections: int, *, connect_s: float = CONNECT_S, read_s: float = READ_S) -> None:
        self._connections = connections
        self._connect_s = connect_s
        self._read_s = read_s
        self._idle: defaultdict[_Place, deque[socket.socket]] = defaultdict(deque)

    def request(
        self,
        method: str,
        url: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        largest: int = LARGEST_ANSWER,
    ) -> Answer:
        """Any HTTP answer at all. Raises GatewayError with `sent=False` only when no byte of it had left."""
        until_s = time.monotonic() + ANSWER_WITHIN_S
        address = urlsplit(url)
        place, message = _place(address), _message(method, address, headers or {}, body or b"")
        connection = self._take(place)
        stays = False
        try:
            connection.sendall(message)
            answer, stays = Reader(connection, until_s, self._read_s, largest).answer(method)
            return answer
        except TimeoutError:
            raise GatewayError("read-timeout", permanent=False) from None
        except TooLong:
            raise GatewayError("answer-too-long", permanent=False) from None
        except (OSError, Garbled) as error:
            raise GatewayError(_word(error), permanent=False) from None
        finally:
            self._give_back(place, connection, stays=stays)

    def close(self) -> None:
        for idle in self._idle.values():
            while idle:
                idle.pop().close()

    def _take(self, place: _Place) -> socket.socket:
        """A connection that the other side did not close meanwhile, else a new one."""
        idle = self._idle[place]
        while idle:
            try:
                connection = idle.pop()
            except IndexError:  # another thread was quicker
                break
            if not _is_readable(connection):
                return connection
            connection.close()
        try:
            return self._connect(place)
        except (OSError, UnicodeError) as error:
            word = "connect-timeout" if isinstance(error, TimeoutError) else _word(error)
            raise GatewayError(word, permanent=False, sent=False) from None

    def _give_back(self, place: _Place, connection: socket.socket, *, stays: bool) -> None:
        idle = self._idle[place]
        if stays and len(idle) < self._connections:
            if connection.gettimeout() != self._read_s:
                connection.settimeout(self._read_s)
            idle.append(connection)
        else:
            connection.close()

    def _connect(self, place: _Place) -> socket.socket:
        plain = socket.create_connection((place.host, place.port), self._connect_s)
        try:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            secured = place.scheme == "https"
            connection = self._tls.wrap_socket(plain, server_hostname=place.host) if secured else plain
            connection.settimeout(self._read_s)
        except BaseException:
            plain.close()
            raise
        return connection

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=DEFAULT_CA_BUNDLE_PATH)


def json_object(answer: Answer) -> dict[str, Any]:
    """The object in a 200 answer. Raises GatewayError on HTML, an empty body or a server error."""
    if answer.status != 200:
        raise GatewayError(f"http-{answer.status}", permanent=False)
    try:
        found = json.loads(answer.body.decode("utf-8", "ignore"), strict=False)
    except ValueError:
        raise GatewayError("not-json", permanent=False) from None
    if not isinstance(found, dict):
        raise GatewayError("not-json", permanent=False)
    return found


def _place(address: SplitResult) -> _Place:
    try:
        port = address.port or PORTS[address.scheme]
    except (KeyError, ValueError):
        raise GatewayError("address", permanent=True, sent=False) from None
    return _Place(address.scheme, address.hostname or "", port)


def _message(method: str, address: SplitResult, headers: Mapping[str, str], body: bytes) -> bytes:
    """Head and body in one piece, so that they leave in one packet."""
    target = address.path or "/"
    if address.query:
        target += f"?{address.query}"
    host = address.netloc.rpartition("@")[2]
    lines = [f"{method} {target} HTTP/1.1", f"Host: {host}", "Accept-Encoding: identity"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if body or method in ("POST", "PUT", "PATCH"):
        lines.append(f"Content-Length: {len(body)}")
    head = "\r\n".join(lines)
    if head.count("\r") + head.count("\n") != 2 * (len(lines) - 1) or " " in target or not head.isascii():
        raise GatewayError("address", permanent=True, sent=False)
    return head.encode("ascii") + b"\r\n\r\n" + body


def _is_readable(connection: socket.socket) -> bool:
    """An idle connection with something to read was closed by the other side, or says what nobody asked."""
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    return bool(poll.poll(0))


def _word(error: Exception) -> str:
    """The kind of failure only: the text of these errors may hold addresses with secrets."""
    return str(error) if isinstance(error, Garbled) else type(error).__name__
