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
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Any
from urllib.parse import SplitResult, urlsplit

from requests.utils import DEFAULT_CA_BUNDLE_PATH

from reminders.errors import GatewayError

CONNECT_S = 3.0
READ_S = 8.0
ANSWER_WITHIN_S = 12.0  # HTTP_MAX of the delivery rules: a dripping body must not outlive the lease
LARGEST_ANSWER = 262_144
CHUNK = 16_384
PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes


@dataclass(frozen=True)
class _Place:
    scheme: str
    host: str
    port: int


class Transport:
    """Shared by the threads of one process, made after any fork; no redirects, no proxy from outside.

    Keeps at most `connections` idle ones for each server, the warmest first. Nothing is ever sent twice by
    itself: a lost connection is for the caller to judge.
    """

    def __init__(self, connections: int, *, connect_s: float = CONNECT_S, read_s: float = READ_S) -> None:
        self._connections = connections
        self._connect_s = connect_s
        self._read_s = read_s
        self._idle: defaultdict[_Place, deque[HTTPConnection]] = defaultdict(deque)

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
        place = _place(address)
        connection = self._take(place)
        stays = False
        try:
            _ask(connection, method, address, body, headers or {})
            response = connection.getresponse()
            content = self._read(connection, response, until_s, largest)
            stays = not response.will_close and response.isclosed()
            return Answer(response.status, content)
        except TimeoutError:
            raise GatewayError("read-timeout", permanent=False) from None
        except (OSError, HTTPException, ValueError) as error:
            raise GatewayError(_word(error), permanent=False) from None
        finally:
            self._give_back(place, connection, stays=stays)

    def close(self) -> None:
        for idle in self._idle.values():
            while idle:
                idle.pop().close()

    def _take(self, place: _Place) -> HTTPConnection:
        """A connection that the other side did not close meanwhile, else a new one."""
        idle = self._idle[place]
        while idle:
            try:
                connection = idle.pop()
            except IndexError:  # another thread was quicker
                break
            if not _is_readable(connection.sock):
                return connection
            connection.close()
        try:
            return self._connect(place)
        except (OSError, UnicodeError, ValueError, HTTPException) as error:
            word = "connect-timeout" if isinstance(error, TimeoutError) else _word(error)
            raise GatewayError(word, permanent=False, sent=False) from None

    def _give_back(self, place: _Place, connection: HTTPConnection, *, stays: bool) -> None:
        idle = self._idle[place]
        if stays and connection.sock is not None and len(idle) < self._connections:
            idle.append(connection)
        else:
            connection.close()

    def _connect(self, place: _Place) -> HTTPConnection:
        if place.scheme == "https":
            connection: HTTPConnection = HTTPSConnection(
                place.host, place.port, timeout=self._connect_s, context=self._tls
            )
        else:
            connection = HTTPConnection(place.host, place.port, timeout=self._connect_s)
        try:
            connection.connect()
        except BaseException:
            connection.close()
            raise
        connection.auto_open = 0  # a request never opens a connection of its own
        connection.sock.settimeout(self._read_s)
        return connection

    def _read(
        self, connection: HTTPConnection, response: HTTPResponse, until_s: float, largest: int
    ) -> bytes:
        parts: list[bytes] = []
        size = 0
        hastened = False
        while part := response.read1(CHUNK):
            parts.append(part)
            size += len(part)
            left_s = until_s - time.monotonic()
            if size > largest or left_s <= 0:
                raise GatewayError("answer-too-long", permanent=False)
            if left_s < self._read_s and connection.sock is not None:
                connection.sock.settimeout(left_s)
                hastened = True
        if response.length:
            raise GatewayError("ended-early", permanent=False)
        if hastened and connection.sock is not None:
            connection.sock.settimeout(self._read_s)
        return b"".join(parts)

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


def _ask(
    connection: HTTPConnection,
    method: str,
    address: SplitResult,
    body: bytes | None,
    headers: Mapping[str, str],
) -> None:
    """An address or header that cannot be sent is refused before the first byte."""
    target = address.path or "/"
    if address.query:
        target += f"?{address.query}"
    try:
        connection.putrequest(method, target)
        for name, value in headers.items():
            connection.putheader(name, value)
        if body or method in ("POST", "PUT", "PATCH"):
            connection.putheader("Content-Length", str(len(body or b"")))
    except (HTTPException, ValueError):
        raise GatewayError("address", permanent=True, sent=False) from None
    connection.endheaders(body or None)


def _place(address: SplitResult) -> _Place:
    try:
        port = address.port or PORTS[address.scheme]
    except (KeyError, ValueError):
        raise GatewayError("address", permanent=True, sent=False) from None
    return _Place(address.scheme, address.hostname or "", port)


def _is_readable(connection: socket.socket) -> bool:
    """An idle connection with something to read was closed by the other side, or says what nobody asked."""
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    return bool(poll.poll(0))


def _word(error: Exception) -> str:
    """The kind of failure only: the text of these errors may hold addresses with secrets."""
    return type(error).__name__
