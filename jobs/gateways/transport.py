"""One pooled HTTP transport for gateways: it knows whether the outside system may have acted."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import urllib3
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    LocationParseError,
    NewConnectionError,
    ReadTimeoutError,
)

from reminders.errors import GatewayError

CONNECT_S = 3.0
READ_S = 8.0
ANSWER_WITHIN_S = 12.0  # HTTP_MAX of the delivery rules: a dripping body must not outlive the lease
LARGEST_ANSWER = 262_144
CHUNK = 16_384


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes


class Transport:
    """Shared by the threads of one process, made after any fork; no redirects, no proxy from outside."""

    def __init__(self, connections: int, *, connect_s: float = CONNECT_S, read_s: float = READ_S) -> None:
        self._pool = urllib3.PoolManager(
            num_pools=4,
            maxsize=connections,
            retries=False,
            timeout=urllib3.Timeout(connect=connect_s, read=read_s),
            cert_reqs="CERT_REQUIRED",
            ca_certs=DEFAULT_CA_BUNDLE_PATH,
        )

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
        until = time.monotonic() + ANSWER_WITHIN_S
        try:
            response = self._pool.request(
                method, url, body=body, headers=dict(headers or {}), redirect=False, preload_content=False
            )
            try:
                return Answer(response.status, _read(response, until, largest))
            finally:
                response.release_conn()
        except (NewConnectionError, ConnectTimeoutError, LocationParseError) as error:
            raise GatewayError(_word(error), permanent=False, sent=False) from None
        except (HTTPError, OSError) as error:
            raise GatewayError(_word(error), permanent=False) from None

    def close(self) -> None:
        self._pool.clear()


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


def _read(response: urllib3.BaseHTTPResponse, until: float, largest: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    while part := response.read1(CHUNK, decode_content=True):
        parts.append(part)
        size += len(part)
        if size > largest or time.monotonic() > until:
            response.close()
            raise GatewayError("answer-too-long", permanent=False)
    return b"".join(parts)


def _word(error: Exception) -> str:
    """The kind of failure only: the text of these errors holds addresses with secrets."""
    return "read-timeout" if isinstance(error, ReadTimeoutError) else type(error).__name__
