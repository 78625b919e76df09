"""Notices reach the government site once, whatever happens to the answers."""

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from sqlalchemy import select, update

from jobs import publish
from jobs.gateways.government_site import Article, GovernmentSite
from reminders import clock, publication
from reminders.db import Database
from reminders.errors import GatewayError
from reminders.notices import desk, review, writing
from reminders.rules.lifecycle import Outlet, PublicationState, Role
from reminders.tables.notices import Publication
from tests import builders
from tests.builders import NOW

KEY = "made-up-key-of-the-site"
REASON = "名单有误"


@dataclass
class Site:
    """What the fake site holds, what it was sent, and how it misbehaves next (one word a request)."""

    url: str = ""
    articles: dict[str, dict[str, object]] = field(default_factory=dict)
    methods: list[str] = field(default_factory=list)
    changes: int = 0
    moods: list[str] = field(default_factory=list)

    def store(self, external_id: str, sent: dict[str, object] | None) -> None:
        before = self.articles.get(external_id)
        after = {"live": False, "digest": "", **(before or {})} | (
            {"live": True, **sent} if sent else {"live": False}
        )
        self.changes += before != after
        self.articles[external_id] = after


class Handler(BaseHTTPRequestHandler):
    site: Site

    def do_PUT(self) -> None:
        self.answer()

    do_GET = do_DELETE = do_PUT  # noqa: N815

    def answer(self) -> None:
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        mood = self.site.moods.pop(0) if self.site.moods else ""
        self.site.methods.append(self.command)
        external_id = self.path.rpartition("/")[2]
        if not self.is_signed(content):
            return self.say(401, {})
        if mood == "reset_before":
            return self.hang_up()
        if self.command == "PUT":
            self.site.store(external_id, json.loads(content))
        if self.command == "DELETE":
            self.site.store(external_id, None)
        if mood == "reset_after":
            return self.hang_up()
        if mood == "html":
            return self.say(200, None)
        if mood.isdigit():
            return self.say(int(mood), {})
        found = self.site.articles.get(external_id)
        if found is None:
            return self.say(404, {})
        return self.say(200, {"external_id": external_id, "url": f"{self.site.url}/{external_id}", **found})

    def is_signed(self, content: bytes) -> bool:
        summary = hashlib.sha256(content).hexdigest()
        text = f"{self.command}\n{self.path}\n{self.headers['X-Timestamp']}\n{summary}"
        wanted = hmac.new(KEY.encode(), text.encode(), hashlib.sha256).hexdigest()
        return hmac.compare_digest(wanted, self.headers.get("X-Signature", ""))

    def say(self, status: int, body: dict[str, object] | None) -> None:
        content = b"<html>busy</html>" if body is None else json.dumps(body).encode()
        self.send_response(status)
        if 300 <= status < 400:
            self.send_header("Location", f"{self.site.url}/elsewhere")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def hang_up(self) -> None:
        self.close_connection = True
        self.connection.close()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()
    handler = type("Mine", (Handler,), {"site": made})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    made.url = f"http://127.0.0.1:{server.server_port}/cms-api"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def gateway(site: Site) -> Iterator[GovernmentSite]:
    made = GovernmentSite(site.url, KEY, timeout_s=(1, 1))
    yield made
    made.close()


def published(database: Database) -> int:
    with database.begin() as session:
        author, reviewer = (builders.actor(builders.staff(session, role=Role.OFFICE)) for _ in range(2))
        notice_id = writing.draft(session, "换证温馨提示", "请尽早办理。", actor=author, now=NOW)
        writing.submit(session, notice_id, version=1, actor=author, now=NOW)
        digest = desk.show(session, notice_id, clock.civil_date(NOW), actor=reviewer).digest
        review.approve(session, notice_id, digest, outlets=(Outlet.GOVERNMENT_SITE,), actor=reviewer, now=NOW)
    return notice_id


def withdraw(database: Database, notice_id: int) -> None:
    with database.begin() as session:
        lead = builders.actor(builders.staff(session, role=Role.OFFICE))
        review.withdraw(session, notice_id, REASON, actor=lead, now=NOW)


def run(database: Database, gateway: GovernmentSite) -> Publication:
    """Runs the job, waiting rows made due first, until nothing is left to try; at most a few times."""
    for _ in range(4):
        with database.begin() as session:
            ready = Publication.state == PublicationState.READY
            session.execute(update(Publication).where(ready).values(next_at=NOW))
        if not publish.publish_due(database, gateway, "示例局"):
            break
    with database.read() as session:
        return session.execute(select(Publication)).scalar_one()


def test_notice_is_published_and_taken_back(database: Database, site: Site, gateway: GovernmentSite) -> None:
    notice_id = published(database)
    row = run(database, gateway)
    held = site.articles[f"notice-{notice_id}"]
    assert (row.state, row.url) == (PublicationState.LIVE, f"{site.url}/notice-{notice_id}")
    assert (held["title"], held["source"], held["live"]) == ("换证温馨提示", "示例局", True)
    assert held["html"] == "<p>请尽早办理。</p>\n"
    withdraw(database, notice_id)
    assert run(database, gateway).state is PublicationState.GONE
    assert site.articles[f"notice-{notice_id}"]["live"] is False
    assert site.changes == 2


def test_running_again_sends_nothing(sqlite_database: Database, site: Site, gateway: GovernmentSite) -> None:
    published(sqlite_database)
    run(sqlite_database, gateway)
    run(sqlite_database, gateway)
    assert site.methods == ["PUT"]


@pytest.mark.parametrize(
    "moods",
    [
        ["reset_after"],
        ["reset_before"],
        ["500"],
        ["html"],
        ["reset_after", "reset_before"],
        ["reset_before", "502", "reset_after", "html"],
        ["429", "503"],
    ],
)
def test_lost_answer_changes_the_site_once(
    sqlite_database: Database, site: Site, gateway: GovernmentSite, moods: list[str]
) -> None:
    notice_id = published(sqlite_database)
    site.moods = list(moods)
    assert run(sqlite_database, gateway).state is PublicationState.LIVE
    assert site.changes == 1
    site.moods = list(moods)
    withdraw(sqlite_database, notice_id)
    assert run(sqlite_database, gateway).state is PublicationState.GONE
    assert site.changes == 2


def test_answer_lost_after_the_site_acted_is_found_by_looking(site: Site, gateway: GovernmentSite) -> None:
    site.moods = ["reset_after"]
    article = Article("notice-7", "标题", "<p>文</p>", NOW, "d" * 64, "示例局")
    assert gateway.publish(article) == f"{site.url}/notice-7"
    assert site.methods == ["PUT", "GET"]


def test_older_text_under_the_same_id_does_not_count_as_published(
    site: Site, gateway: GovernmentSite
) -> None:
    site.articles["notice-7"] = {"live": True, "digest": "old"}
    site.moods = ["reset_before"]
    with pytest.raises(GatewayError) as refused:
        gateway.publish(Article("notice-7", "标题", "<p>文</p>", NOW, "new", "示例局"))
    assert not refused.value.permanent


@pytest.mark.parametrize("answer", ["401", "422", "302"])
def test_refusal_stops_and_tells_staff(
    sqlite_database: Database, site: Site, gateway: GovernmentSite, answer: str
) -> None:
    published(sqlite_database)
    site.moods = [answer] * 5
    row = run(sqlite_database, gateway)
    assert row.state is PublicationState.FAILED
    assert row.last_error == ("redirect" if answer == "302" else f"http-{answer}")
    assert len(site.methods) == 1


def test_site_that_is_down_is_tried_later(sqlite_database: Database) -> None:
    published(sqlite_database)
    closed = GovernmentSite("http://127.0.0.1:9/cms-api", KEY, timeout_s=(1, 1))
    row = run(sqlite_database, closed)
    closed.close()
    assert row.state is PublicationState.READY
    assert row.next_at > NOW
    assert row.attempt == 4


def test_unsafe_address_in_an_answer_is_not_kept(site: Site, gateway: GovernmentSite) -> None:
    site.url = "javascript:alert(1)//"
    assert gateway.publish(Article("notice-7", "标题", "<p>文</p>", NOW, "d", "示例局")) == ""


def test_two_workers_share_what_is_due(database: Database, site: Site, gateway: GovernmentSite) -> None:
    """A second job running at the same time finds nothing that the first one holds."""
    for _ in range(6):
        published(database)
    jobs = [
        threading.Thread(target=publish.publish_due, args=(database, gateway, "示例局")) for _ in range(3)
    ]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join()
    assert sorted(site.methods) == ["PUT"] * 6
    with database.read() as session:
        assert not publication.due(session, now=clock.now() + timedelta(days=1))
