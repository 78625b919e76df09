"""Reads what changed in the city's e-license library (电子证照库), page by page, by signed requests."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from jobs.gateways.signing import signed
from jobs.gateways.transport import Transport, json_object
from reminders.errors import GatewayError

PAGE = 500
LARGEST = 4 * 2**20
REFUSED = frozenset({400, 401, 403, 404})


@dataclass(frozen=True)
class Changes:
    """`cursor` is the library's own word for how far this page reaches; a page without one repeats itself."""

    records: tuple[Mapping[str, Any], ...]
    cursor: str
    has_more: bool


class ELicenseGateway:
    """One library by its base address and key; follows no redirect."""

    def __init__(self, base_url: str, key: str, transport: Transport) -> None:
        self._base = base_url.rstrip("/")
        self._key = key.encode()
        self._transport = transport

    def changes(self, cursor: str, size: int = PAGE) -> Changes:
        """What changed after `cursor`, oldest first; empty: from the beginning. Raises GatewayError."""
        url = f"{self._base}/changes?{urlencode({'after': cursor, 'size': size})}"
        parts = urlsplit(url)
        stamp, signature = signed(self._key, "GET", f"{parts.path}?{parts.query}", b"")
        headers = {"X-Timestamp": stamp, "X-Signature": signature}
        answer = self._transport.request("GET", url, headers=headers, largest=LARGEST)
        if answer.status in REFUSED or 300 <= answer.status < 400:
            raise GatewayError(f"http-{answer.status}", permanent=True)
        told = json_object(answer)
        items, to = told.get("items"), told.get("cursor")
        if not isinstance(items, list) or not all(isinstance(one, dict) for one in items):
            raise GatewayError("no-items", permanent=True)
        if not isinstance(to, str) or len(to) > 200 or (items and to == cursor):
            raise GatewayError("cursor", permanent=True)
        return Changes(tuple(items), to, has_more=told.get("has_more") is True and bool(items))

    def close(self) -> None:
        self._transport.close()
