"""Keeps anonymous answers in memory, packed and whole, and gives them out before Flask is asked."""

import gzip
import re
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from types import TracebackType
from typing import Any, TypeAlias
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from sqlalchemy.exc import SQLAlchemyError
from werkzeug.datastructures import MultiDict
from werkzeug.http import parse_cookie

from portal.installation import Installation
from portal.public import preferences
from portal.public.answers import ASK_EACH_TIME
from reminders import clock, editions
from reminders.editions import Edition

NOT_KEPT = ("/staff", "/api", "/healthz", "/readyz", "/metrics", "/view", "/check", "/report", "/search")
STATIC = "/static/"
FOR_GOOD = Edition("static", None)  # the address of a static file carries its digest
NEVER = float("-inf")
MOST_PAGES = 600
LARGEST = 512 * 1024
WORTH_PACKING = 1024
PACKED = re.compile(r"text/|application/(?:json|feed\+json|atom\+xml|rss\+xml|xml)|image/svg")
NO_COOKIES: MultiDict[str, str] = MultiDict()
OURS = ("content-length", "last-modified", "vary")
CONDITIONS = ("HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE", "HTTP_RANGE")

Raised: TypeAlias = tuple[type[BaseException], BaseException, TracebackType] | tuple[None, None, None]
Headers: TypeAlias = list[tuple[str, str]]
Count: TypeAlias = Callable[[str, str], None]
Key: TypeAlias = tuple[str, ...]
Answer: TypeAlias = tuple[str, Headers, bytes]


@dataclass(frozen=True)
class KeptPage:
    """One answer of one edition; `packed` is empty where packing does not pay."""

    edition: str
    status: str
    headers: Headers
    body: bytes
    packed: bytes
    etag: str
    changed: str
    route: str


@dataclass
class _Heard:
    """What the application told `start_response`."""

    status: str = ""
    headers: Headers = field(default_factory=list)
    route: str = "none"

    def __call__(
        self,
        status: str,
        headers: Headers,
        exc_info: Raised | None = None,
    ) -> Callable[[bytes], object]:
        self.status, self.headers = status, headers
        return lambda _body: None


class KeptPages:
    """Stands before the application. A page is shown for `fresh_s` without asking the database whether
    anything changed; what this process itself changed counts at once."""

    def __init__(self, app: WSGIApplication, installation: Installation, count: Count) -> None:
        self._app, self._installation, self._count = app, installation, count
        self._fresh_s = installation.settings.portal_fresh_s
        self._pages: dict[Key, KeptPage] = {}
        self._lock = threading.Lock()
        self._edition: Edition | None = None
        self._asked_s = NEVER
        self._started_at = clock.now()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            try:
                return self._app(environ, start_response)
            finally:
                self._asked_s = NEVER
        edition = self._edition_of(environ.get("PATH_INFO", ""))
        if edition is None:
            return self._app(environ, start_response)
        key = _key(environ)
        page = self._pages.get(key)
        if page is not None and page.edition == edition.mark:
            status, headers, body = _answer(page, environ)
            self._count(page.route, status[:3])
        else:
            status, headers, body = self._rendered(key, edition, environ)
        start_response(status, headers)
        return [b"" if environ["REQUEST_METHOD"] == "HEAD" else body]

    def _edition_of(self, path: str) -> Edition | None:
        """None for what is not kept, and when the database cannot say: then nothing is shown from memory."""
        if path.startswith(STATIC):
            return FOR_GOOD
        if path.startswith(NOT_KEPT):
            return None
        asked_s = time.monotonic()
        if self._edition is None or asked_s - self._asked_s >= self._fresh_s:
            try:
                with self._installation.database().read() as session:
                    self._edition = editions.edition(session, now=clock.now())
            except SQLAlchemyError:
                return None
            self._asked_s = asked_s
        return self._edition

    def _rendered(self, key: Key, edition: Edition, environ: WSGIEnvironment) -> Answer:
        """Asks the application for the whole page, and keeps it when it may be kept."""
        whole = {name: value for name, value in environ.items() if name not in CONDITIONS}
        heard = _Heard()
        answer = self._app(whole | {"REQUEST_METHOD": "GET", "portal.heard": heard}, heard)
        body = _joined(answer)
        told = {name.lower(): value for name, value in heard.headers}
        if not _may_be_kept(told, heard.status, len(body), edition):
            return heard.status, heard.headers, body
        page = _kept(edition, heard, told, body, self._started_at)
        with self._lock:
            self._pages.pop(key, None)
            self._pages[key] = page
            if len(self._pages) > MOST_PAGES:
                del self._pages[next(iter(self._pages))]
        return _answer(page, environ)


def heard_by(environ: WSGIEnvironment, route: str) -> None:
    """Tells whoever keeps the answer which route it came from, so that later ones are counted there."""
    heard = environ.get("portal.heard")
    if isinstance(heard, _Heard):
        heard.route = route


def _key(environ: WSGIEnvironment) -> Key:
    """The address and how its reader wants to read, told by the same reading of the cookies as the page's."""
    view = preferences.view_of(parse_cookie(environ) if environ.get("HTTP_COOKIE") else NO_COOKIES)
    address = (environ.get("HTTP_HOST", ""), environ.get("PATH_INFO", ""), environ.get("QUERY_STRING", ""))
    return (*address, "care" if view.is_care else "", view.size)


def _may_be_kept(told: Mapping[str, str], status: str, length: int, edition: Edition) -> bool:
    caching = told.get("cache-control", "")
    is_public = "max-age" in caching if edition is FOR_GOOD else caching == ASK_EACH_TIME
    return is_public and "set-cookie" not in told and status[:3] in ("200", "410") and length <= LARGEST


def _kept(
    edition: Edition, heard: _Heard, told: Mapping[str, str], body: bytes, started_at: datetime
) -> KeptPage:
    is_static = edition is FOR_GOOD
    is_packed = len(body) >= WORTH_PACKING and bool(PACKED.match(told.get("content-type", "")))
    headers = [one for one in heard.headers if one[0].lower() not in OURS]
    if (
        is_packed
    ):  # the same digest stands for both writings of it, so it promises no equal bytes (RFC 9110, 8.8.3)
        headers = [(name, _weak(value) if name.lower() == "etag" else value) for name, value in headers]
    headers.append(("Vary", "Accept-Encoding" if is_static else "Accept-Encoding, Cookie"))
    changed = "" if is_static else http_date(max(edition.at or started_at, started_at))
    if changed:
        headers.append(("Last-Modified", changed))
    return KeptPage(
        edition=edition.mark,
        status=heard.status,
        headers=headers,
        body=body,
        packed=gzip.compress(body, 6, mtime=0) if is_packed else b"",
        etag=told.get("etag", "").removeprefix("W/"),
        changed=changed,
        route=heard.route,
    )


def _weak(tag: str) -> str:
    return tag if tag.startswith("W/") else f"W/{tag}"


def _answer(page: KeptPage, environ: WSGIEnvironment) -> Answer:
    if page.status.startswith("200") and _was_seen(page, environ):
        return "304 NOT MODIFIED", [one for one in page.headers if one[0] != "Content-Type"], b""
    if page.packed and "gzip" in environ.get("HTTP_ACCEPT_ENCODING", ""):
        sizes = [("Content-Encoding", "gzip"), ("Content-Length", str(len(page.packed)))]
        return page.status, [*page.headers, *sizes], page.packed
    return page.status, [*page.headers, ("Content-Length", str(len(page.body)))], page.body


def _was_seen(page: KeptPage, environ: WSGIEnvironment) -> bool:
    """By digest; by date only when no digest was sent (RFC 9110, 13.2.2)."""
    seen = environ.get("HTTP_IF_NONE_MATCH", "")
    if seen:
        tags = [one.strip().removeprefix("W/") for one in seen.split(",")]
        return page.etag != "" and ("*" in tags or page.etag in tags)
    return page.changed != "" and environ.get("HTTP_IF_MODIFIED_SINCE", "") == page.changed


def _joined(answer: Iterable[bytes]) -> bytes:
    try:
        return b"".join(answer)
    finally:
        close: Any = getattr(answer, "close", None)
        if close is not None:
            close()


def http_date(moment: datetime) -> str:
    return format_datetime(moment.astimezone(UTC).replace(microsecond=0), usegmt=True)
