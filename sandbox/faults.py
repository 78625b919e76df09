"""Makes the outside world go wrong on request: refusals, delays, cut connections, lost and doubled events."""

import json
import os
import random
import socket
import struct
import threading
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

BEFORE = frozenset({"errcode", "json", "html", "status", "empty", "reset_before", "hang_before"})
AFTER = frozenset({"errcode_after", "html_after", "status_after", "empty_after", "reset_after", "hang"})
EVENTS = frozenset({"drop_event", "double_event", "late_event", "shuffle", "receipt", "zero_msgid"})
KINDS = BEFORE | AFTER | EVENTS | {"delay"}
SOCKETS = ("sandbox.socket", "gunicorn.socket", "werkzeug.socket")
LONGEST_HANG_S = 60.0
HTML = "<html><head><title>502 Bad Gateway</title></head><body><center>nginx</center></body></html>"


@dataclass
class Rule:
    """`match` starts a request path, or `callback:EVENT` for what the platform sends to the bot.

    value: the errcode, seconds, status, body or receipt text of the kind; times: how often (None: for ever);
    rate: the share of matching requests hit; openid: only when this person is meant (templates and events).
    """

    match: str
    kind: str
    value: Any = None
    times: int | None = None
    rate: float = 1.0
    openid: str = ""
    hits: int = 0


class Faults:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: list[Rule] = []
        self._cleared = threading.Event()

    def add(self, wanted: Iterable[dict[str, Any]]) -> None:
        """Raises ValueError on an unknown kind, TypeError on an unknown field."""
        rules = [Rule(**fields) for fields in wanted]
        unknown = {rule.kind for rule in rules} - KINDS
        if unknown:
            raise ValueError(f"unknown kind {', '.join(sorted(unknown))}; known: {', '.join(sorted(KINDS))}")
        with self._lock:
            self._cleared.clear()
            self._rules.extend(rules)

    def clear(self) -> None:
        """Also lets go of every connection that hangs."""
        with self._lock:
            self._rules.clear()
            self._cleared.set()

    def rules(self) -> list[dict[str, Any]]:
        with self._lock:
            return [asdict(rule) for rule in self._rules]

    def strike(self, target: str, kinds: frozenset[str], openid: str = "") -> Rule | None:
        """The first rule that hits now; it counts as used."""
        if not self._rules:
            return None
        with self._lock:
            for rule in self._rules:
                if (
                    rule.kind in kinds
                    and target.startswith(rule.match)
                    and rule.openid in ("", openid)
                    and (rule.times is None or rule.hits < rule.times)
                    and (rule.rate >= 1 or random.random() < rule.rate)
                ):
                    rule.hits += 1
                    return rule
        return None

    def hang(self, rule: Rule) -> None:
        self._cleared.wait(float(rule.value or LONGEST_HANG_S))


class FaultyConnections:
    """Stands before the application, so that a fault may come before or after the work is done."""

    def __init__(self, app: WSGIApplication, faults: Faults) -> None:
        self._app = app
        self._faults = faults

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        late = self._faults.strike(path, frozenset({"delay"}))
        if late:
            time.sleep(float(late.value or 1))
        rule = self._faults.strike(path, BEFORE) or self._faults.strike(path, AFTER)
        if rule is None:
            return self._app(environ, start_response)
        if rule.kind in AFTER:
            _run(self._app, environ)
        return self._spoil(rule, environ, start_response)

    def _spoil(self, rule: Rule, environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        kind = rule.kind.removesuffix("_after").removesuffix("_before")
        if kind in ("reset", "hang"):
            if kind == "hang":
                self._faults.hang(rule)
            start_response("444 No Answer", [])  # never leaves: the connection is gone
            cut(environ)
            return []
        status, content_type, text = "200 OK", "application/json; encoding=utf-8", ""
        if kind == "errcode":
            text = json.dumps({"errcode": int(rule.value), "errmsg": f"sandbox fault rid: {rule.hits:08x}"})
        elif kind == "json":
            text = json.dumps(rule.value, ensure_ascii=False)
        elif kind == "html":
            content_type, text = "text/html", HTML
        elif kind == "status":
            status, content_type, text = f"{int(rule.value)} Fault", "text/html", HTML
        body = text.encode()
        start_response(status, [("Content-Type", content_type), ("Content-Length", str(len(body)))])
        return [body]


def cut(environ: WSGIEnvironment) -> None:
    """Drops the connection with RST, as a crashed machine or an angry firewall does."""
    found = next((environ[name] for name in SOCKETS if name in environ), None)
    if not isinstance(found, socket.socket):
        raise ConnectionAbortedError("this server gives no access to its socket")
    found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    os.close(found.detach())


def _run(app: WSGIApplication, environ: WSGIEnvironment) -> None:
    """Does the work and throws the answer away."""

    def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None, /) -> Any:
        return lambda data: None

    answer = app(environ, start)
    for _ in answer:
        pass
    close = getattr(answer, "close", None)
    if close:
        close()
