"""Keeps files on a WebDAV server: PUT under a passing name, then MOVE, so that nobody reads half a page."""

import base64
import secrets
from urllib.parse import quote

from jobs.gateways.addresses import Guard
from jobs.gateways.government_site import refuse_status
from jobs.gateways.stores import LARGEST_FILE, UNFINISHED
from jobs.gateways.transport import Answer, Transport

ABSENT = frozenset({404, 410})
EXISTS = frozenset({405, 409})  # MKCOL says 405 for a folder that is there; 409 shows with the file itself


class WebDavStore:
    def __init__(self, base_url: str, user: str, password: str, transport: Transport, guard: Guard) -> None:
        self._base = base_url.rstrip("/")
        self._auth = base64.b64encode(f"{user}:{password}".encode()).decode()
        self._transport = transport
        self._guard = guard
        self._made: set[str] = set()

    def put(self, path: str, content: bytes, media_type: str) -> None:
        self._make_folders(path)
        folder, _, _name = path.rpartition("/")
        unfinished = f"{folder}/{UNFINISHED}{secrets.token_hex(6)}".lstrip("/")
        self._done(self._call("PUT", unfinished, content, {"Content-Type": media_type}))
        moved = {"Destination": self._url(path), "Overwrite": "T"}
        self._done(self._call("MOVE", unfinished, None, moved))

    def get(self, path: str) -> bytes | None:
        answer = self._call("GET", path)
        if answer.status in ABSENT:
            return None
        self._done(answer)
        return answer.body

    def remove(self, path: str) -> None:
        answer = self._call("DELETE", path)
        if answer.status not in ABSENT:
            self._done(answer)

    def check(self) -> str:
        self._done(self._call("OPTIONS", ""))
        return "the WebDAV server knows us"

    def close(self) -> None:
        self._transport.close()

    def _make_folders(self, path: str) -> None:
        parts = path.split("/")[:-1]
        for depth in range(1, len(parts) + 1):
            folder = "/".join(parts[:depth])
            if folder in self._made:
                continue
            answer = self._call("MKCOL", f"{folder}/")
            if answer.status not in EXISTS:
                self._done(answer)
            self._made.add(folder)

    def _call(
        self, method: str, path: str, content: bytes | None = None, headers: dict[str, str] | None = None
    ) -> Answer:
        url = self._url(path)
        self._guard.refuse_inside(url)
        told = {"Authorization": f"Basic {self._auth}", **(headers or {})}
        return self._transport.request(method, url, body=content, headers=told, largest=LARGEST_FILE)

    def _url(self, path: str) -> str:
        return f"{self._base}/{quote(path, safe='/-._~')}"

    def _done(self, answer: Answer) -> None:
        refuse_status(answer.status)
