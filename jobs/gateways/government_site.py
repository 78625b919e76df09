"""Publishes articles on the government service site: signed PUT, GET and DELETE under an id of ours."""

import hashlib
import hmac
import json
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlsplit

import requests
import urllib3

from reminders import clock
from reminders.errors import GatewayError

TIMEOUT_S = (3.0, 8.0)
ANSWER_WITHIN_S = 12.0  # a body that drips must not outlive the lease
LARGEST_ANSWER = 65_536
# The same request will be refused again: wrong key, unknown address, text the site does not take.
PERMANENT = frozenset({400, 401, 403, 404, 405, 409, 410, 411, 413, 415, 422})


@dataclass(frozen=True)
class Article:
    """What the site shows. `digest` tells later whether this very text is live."""

    external_id: str
    title: str
    html: str
    published_at: datetime
    digest: str
    source: str


class GovernmentSite:
    """One site by its base address and key; follows no redirect and uses no proxy of the environment."""

    def __init__(self, base_url: str, key: str, *, timeout_s: tuple[float, float] = TIMEOUT_S) -> None:
        self._base = base_url.rstrip("/")
        self._key = key.encode()
        self._timeout_s = timeout_s
        self._http = requests.Session()
        self._http.trust_env = False

    def publish(self, article: Article) -> str:
        """The address under which the article is live. Doing it again with the same text changes nothing.

        When the answer is lost, the site is asked what it holds before anyone is told of a failure.
        """
        body = {
            "title": article.title,
            "html": article.html,
            "published_at": article.published_at.isoformat(),
            "digest": article.digest,
            "source": article.source,
        }
        try:
            answer = self._call("PUT", article.external_id, body)
        except GatewayError as error:
            if error.permanent or not error.sent:
                raise
            answer = self._look(article.external_id) or {}
            if answer.get("digest") != article.digest or not answer.get("live"):
                raise
        return _web_address(answer.get("url"))

    def withdraw(self, external_id: str) -> None:
        """Takes the article off the site; one that is not there counts as taken off."""
        try:
            self._call("DELETE", external_id, None)
        except GatewayError as error:
            if error.reason in ("http-404", "http-410"):
                return
            if error.permanent or not error.sent:
                raise
            found = self._look(external_id)
            if found is not None and found.get("live"):
                raise

    def close(self) -> None:
        self._http.close()

    def _look(self, external_id: str) -> dict[str, Any] | None:
        try:
            return self._call("GET", external_id, None)
        except GatewayError as error:
            if error.reason in ("http-404", "http-410"):
                return None
            raise GatewayError(error.reason, permanent=False) from error

    def _call(self, method: str, external_id: str, body: dict[str, Any] | None) -> dict[str, Any]:
        url = f"{self._base}/articles/{quote(external_id, safe='')}"
        content = b"" if body is None else json.dumps(body, ensure_ascii=False).encode()
        headers = self._signature(method, urlsplit(url).path, content)
        try:
            with self._http.request(
                method,
                url,
                data=content,
                headers=headers,
                timeout=self._timeout_s,
                allow_redirects=False,
                stream=True,
            ) as response:
                return _read(response)
        except requests.ConnectTimeout as error:
            raise GatewayError("connect-timeout", permanent=False, sent=False) from error
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            raise GatewayError(type(error).__name__, permanent=False) from error

    def _signature(self, method: str, path: str, content: bytes) -> dict[str, str]:
        stamp = str(int(clock.now().timestamp()))
        summary = hashlib.sha256(content).hexdigest()
        text = f"{method}\n{path}\n{stamp}\n{summary}"
        return {
            "Content-Type": "application/json; charset=utf-8",
            "X-Timestamp": stamp,
            "X-Signature": hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest(),
        }


def _read(response: requests.Response) -> dict[str, Any]:
    status = response.status_code
    if 300 <= status < 400:
        raise GatewayError("redirect", permanent=True)
    if status >= 400:
        raise GatewayError(f"http-{status}", permanent=status in PERMANENT)
    content = _body(response)
    if status == 204 or not content:
        return {}
    try:
        answer = json.loads(content)
    except ValueError as error:
        raise GatewayError("answer-not-json", permanent=False) from error
    if not isinstance(answer, dict):
        raise GatewayError("answer-not-json", permanent=False)
    return answer


def _body(response: requests.Response) -> bytes:
    content = b""
    until = time.monotonic() + ANSWER_WITHIN_S
    while part := response.raw.read1(8192, decode_content=True):
        content += part
        if len(content) > LARGEST_ANSWER or time.monotonic() > until:
            raise GatewayError("answer-too-long", permanent=False)
    return content


def _web_address(value: object) -> str:
    """Only a plain web address may become a link in the console."""
    text = value if isinstance(value, str) else ""
    return text if urlsplit(text).scheme in ("http", "https") and len(text) <= 500 else ""
