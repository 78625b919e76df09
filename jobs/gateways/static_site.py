"""Publishes notices as finished pages into a store of files: page, files, index and feed."""

import hashlib
from collections.abc import Sequence

from jobs.gateways import static_pages
from jobs.gateways.addresses import Guard
from jobs.gateways.outlets import Masthead, Steps, not_proved
from jobs.gateways.static_pages import CSS, FEED_PATH, FEED_TYPE, HTML, INDEX_PATH, STYLE, STYLE_PATH
from jobs.gateways.stores import LARGEST_FILE, FileStore
from jobs.gateways.transport import Transport
from reminders.rules.article import Article, IndexLine

ABSENT = frozenset({404, 410})


class StaticSite:
    """`public_url` is where the public sees the store; then the proof is fetched from there."""

    def __init__(
        self, store: FileStore, public_url: str, masthead: Masthead, transport: Transport, guard: Guard
    ) -> None:
        self._store = store
        self._public_url = public_url.rstrip("/")
        self._masthead = masthead
        self._transport = transport
        self._guard = guard

    def publish(self, article: Article, others: Sequence[IndexLine], steps: Steps) -> str:
        """Style and files before the page, the page before the index: no link ever leads nowhere."""
        self._put(steps, STYLE_PATH, STYLE, CSS)
        for file in article.attachments:
            self._put(steps, static_pages.file_path(article, file), file.content, file.media_type)
        page = static_pages.notice_page(article, self._masthead)
        self._put(steps, static_pages.page_path(article.external_id), page, HTML)
        self._put_index(steps, sorted([_line(article), *others], key=_order, reverse=True))
        return self._address(static_pages.page_path(article.external_id))

    def withdraw(self, article: Article, others: Sequence[IndexLine], steps: Steps) -> None:
        self._put_index(steps, sorted(others, key=_order, reverse=True))
        paths = [static_pages.file_path(article, file) for file in article.attachments]
        for path in [static_pages.page_path(article.external_id), *paths]:
            steps.keep()
            self._store.remove(path)

    def prove(self, article: Article, steps: Steps, *, is_live: bool) -> str:
        path = static_pages.page_path(article.external_id)
        if not is_live:
            kept = [path, *(static_pages.file_path(article, one) for one in article.attachments)]
            if any(self._store.get(one) is not None for one in kept) or self._is_seen(path):
                raise not_proved()
            return f"absent: {self._address(path) or path}"
        page = static_pages.notice_page(article, self._masthead)
        wanted = [(path, page)]
        wanted += [(static_pages.file_path(article, one), one.content) for one in article.attachments]
        if any(self._store.get(place) != content for place, content in wanted):
            raise not_proved()
        if self._public_url and article.digest.encode() not in self._seen(path):
            raise not_proved()
        return f"sha256 {hashlib.sha256(page).hexdigest()[:16]} at {self._address(path) or path}"

    def check(self) -> str:
        return self._store.check()

    def close(self) -> None:
        self._store.close()
        self._transport.close()

    def _put_index(self, steps: Steps, lines: Sequence[IndexLine]) -> None:
        self._put(steps, INDEX_PATH, static_pages.index_page(lines, self._masthead), HTML)
        base = self._public_url or self._masthead.portal_url
        self._put(steps, FEED_PATH, static_pages.feed(lines, self._masthead, base), FEED_TYPE)

    def _put(self, steps: Steps, path: str, content: bytes, media_type: str) -> None:
        """Only while the publication is ours: whoever woke up late must not overwrite what came after."""
        steps.keep()
        self._store.put(path, content, media_type)

    def _address(self, path: str) -> str:
        return f"{self._public_url}/{path}" if self._public_url else ""

    def _seen(self, path: str) -> bytes:
        """What the public gets; nothing when there is no such page, or no page at all."""
        url = self._address(path)
        self._guard.refuse_inside(url)
        answer = self._transport.request("GET", url, largest=LARGEST_FILE)
        return answer.body if answer.status == 200 else b""

    def _is_seen(self, path: str) -> bool:
        return bool(self._public_url) and bool(self._seen(path))


def _line(article: Article) -> IndexLine:
    return IndexLine(
        article.external_id, article.title, article.published_at, article.department, article.license_name
    )


def _order(line: IndexLine) -> tuple[float, str]:
    return line.published_at.timestamp(), line.external_id
