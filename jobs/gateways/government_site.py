"""Publishes on the government service site by its interface: signed PUT, GET and DELETE under our id."""

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote, urlsplit

from jobs.gateways.addresses import Guard
from jobs.gateways.field_mapping import PLACE, FieldMapping
from jobs.gateways.outlets import Masthead, Steps, not_proved
from jobs.gateways.signing import signed
from jobs.gateways.transport import Answer, Transport
from reminders.errors import GatewayError
from reminders.rules.article import Article, IndexLine

# The same request will be refused again: wrong key, unknown address, text the site does not take.
PERMANENT = frozenset({400, 401, 403, 404, 405, 409, 410, 411, 413, 415, 422})
GONE = frozenset({404, 410})
NOBODY = "doctor-asks-for-nothing"


class GovernmentApi:
    """One site by its base address and key; follows no redirect and uses no proxy of the environment."""

    def __init__(
        self,
        base_url: str,
        key: str,
        mapping: FieldMapping,
        masthead: Masthead,
        transport: Transport,
        guard: Guard,
    ) -> None:
        self._base = base_url.rstrip("/")
        self._key = key.encode()
        self._mapping = mapping
        self._masthead = masthead
        self._transport = transport
        self._guard = guard

    def publish(self, article: Article, others: Sequence[IndexLine], steps: Steps) -> str:
        """PUT under one id, so again changes nothing; when an answer is lost, the site is asked."""
        body = self._mapping.body(article, self._masthead)
        steps.keep(tried="put")
        try:
            answer = self._call("PUT", article.external_id, body)
        except GatewayError as error:
            if error.permanent or not error.sent:
                raise
            answer = self._look(article.external_id) or {}
            if not self._holds(answer, article):
                raise
        return web_address(self._mapping.url(answer))

    def withdraw(self, article: Article, others: Sequence[IndexLine], steps: Steps) -> None:
        steps.keep(tried="delete")
        try:
            self._call("DELETE", article.external_id, None)
        except GatewayError as error:
            if error.reason in ("http-404", "http-410"):
                return
            if error.permanent or not error.sent:
                raise
            found = self._look(article.external_id)
            if found is not None and self._mapping.is_live(found):
                raise

    def prove(self, article: Article, steps: Steps, *, is_live: bool) -> str:
        found = self._look(article.external_id)
        if is_live:
            if found is None or not self._holds(found, article):
                raise not_proved()
            return f"digest {article.digest[:16]} at {article.external_id}"
        if found is not None and self._mapping.is_live(found):
            raise not_proved()
        return f"absent: {article.external_id}"

    def check(self) -> str:
        """Asks for an article nobody has: any signed answer proves address and key."""
        self._look(NOBODY)
        return "answers, and knows our key"

    def close(self) -> None:
        self._transport.close()

    def _holds(self, answer: dict[str, Any], article: Article) -> bool:
        return self._mapping.is_live(answer) and self._mapping.digest(answer) == article.digest

    def _look(self, external_id: str) -> dict[str, Any] | None:
        try:
            return self._call("GET", external_id, None)
        except GatewayError as error:
            if error.reason in ("http-404", "http-410"):
                return None
            raise GatewayError(error.reason, permanent=error.reason in ("http-401", "http-403")) from error

    def _call(self, method: str, external_id: str, body: dict[str, Any] | None) -> dict[str, Any]:
        url = self._base + self._mapping.path.replace(PLACE, quote(external_id, safe=""))
        self._guard.refuse_inside(url)
        content = b"" if body is None else json.dumps(body, ensure_ascii=False).encode()
        headers = self._signature(method, urlsplit(url).path, content)
        return _read(self._transport.request(method, url, body=content, headers=headers))

    def _signature(self, method: str, path: str, content: bytes) -> dict[str, str]:
        stamp, signature = signed(self._key, method, path, content)
        return {
            "Content-Type": "application/json; charset=utf-8",
            self._mapping.timestamp_header: stamp,
            self._mapping.signature_header: signature,
        }


def refuse_status(status: int) -> None:
    """Raises GatewayError for every answer that is not a success."""
    if 300 <= status < 400:
        raise GatewayError("redirect", permanent=True)
    if status >= 400:
        raise GatewayError(f"http-{status}", permanent=status in PERMANENT)


def web_address(value: object) -> str:
    """Only a plain web address may become a link in the console."""
    text = value if isinstance(value, str) else ""
    return text if urlsplit(text).scheme in ("http", "https") and len(text) <= 500 else ""


def _read(answer: Answer) -> dict[str, Any]:
    refuse_status(answer.status)
    if answer.status == 204 or not answer.body:
        return {}
    try:
        found = json.loads(answer.body)
    except ValueError as error:
        raise GatewayError("answer-not-json", permanent=False) from error
    if not isinstance(found, dict):
        raise GatewayError("answer-not-json", permanent=False)
    return found
