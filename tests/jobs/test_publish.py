"""Notices reach the government site once, whatever happens to the answers."""

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from sqlalchemy import select, update

from jobs import publish
from jobs.gateways import field_mapping
from jobs.gateways.addresses import Guard
from jobs.gateways.government_site import GovernmentApi
from jobs.gateways.outlets import Masthead
from jobs.gateways.transport import Transport
from reminders import clock, publication
from reminders.db import Database
from reminders.notices import desk, review, writing
from reminders.rules.lifecycle import Outlet, PublicationState, Role
from reminders.tables.notices import Publication
from tests import builders
from tests.builders import NOW

KEY = "made-up-key-of-the-site"
MASTHEAD = Masthead("示例局", "示例提醒", "http://localhost")
REASON = "名单有误"
SOON = timedelta(seconds=1)


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


def api(url: str) -> GovernmentApi:
    transport = Transport(2, connect_s=1, read_s=1)
    return GovernmentApi(url, KEY, field_mapping.load(), MASTHEAD, transport, Guard(may_be_inside=True))


@pytest.fixture
def gateway(site: Site) -> Iterator[GovernmentApi]:
    made = api(site.url)
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


def run(database: Database, gateway: GovernmentApi) -> Publication:
    """Runs the job, waiting rows made due first, until nothing is left to try; at most a few times."""
    for _ in range(4):
        with database.begin() as session:
            ready = Publication.state == PublicationState.READY
            session.execute(update(Publication).where(ready).values(next_at=NOW))
        if not publish.publish_due(database, {Outlet.GOVERNMENT_SITE: gateway}):
            break
    with database.read() as session:
        return session.execute(
            select(Publication).where(Publication.outlet == Outlet.GOVERNMENT_SITE)
        ).scalar_one()


def test_notice_is_published_and_taken_back(database: Database, site: Site, gateway: GovernmentApi) -> None:
    notice_id = published(database)
    row = run(database, gateway)
    held = site.articles[f"notice-{notice_id}-v1"]
    assert (row.state, row.url) == (PublicationState.LIVE, f"{site.url}/notice-{notice_id}-v1")
    assert (held["title"], held["source"], held["live"]) == ("换证温馨提示", "示例局", True)
    assert held["html"] == "<p>请尽早办理。</p>\n"
    withdraw(database, notice_id)
    assert run(database, gateway).state is PublicationState.GONE
    assert site.articles[f"notice-{notice_id}-v1"]["live"] is False
    assert site.changes == 2


def test_running_again_sends_nothing(sqlite_database: Database, site: Site, gateway: GovernmentApi) -> None:
    published(sqlite_database)
    run(sqlite_database, gateway)
    run(sqlite_database, gateway)
    assert site.methods == ["PUT", "GET"]


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
    sqlite_database: Database, site: Site, gateway: GovernmentApi, moods: list[str]
) -> None:
    notice_id = published(sqlite_database)
    site.moods = list(moods)
    assert run(sqlite_database, gateway).state is PublicationState.LIVE
    assert site.changes == 1
    site.moods = list(moods)
    withdraw(sqlite_database, notice_id)
    assert run(sqlite_database, gateway).state is PublicationState.GONE
    assert site.changes == 2


@pytest.mark.parametrize("answer", ["401", "422", "302"])
def test_refusal_stops_and_tells_staff(
    sqlite_database: Database, site: Site, gateway: GovernmentApi, answer: str
) -> None:
    published(sqlite_database)
    site.moods = [answer] * 5
    row = run(sqlite_database, gateway)
    assert row.state is PublicationState.FAILED
    assert row.last_error == ("redirect" if answer == "302" else f"http-{answer}")
    assert site.methods == ["PUT"]


def test_site_that_is_down_is_tried_later(sqlite_database: Database) -> None:
    published(sqlite_database)
    closed = api("http://127.0.0.1:9/cms-api")
    row = run(sqlite_database, closed)
    closed.close()
    assert row.state is PublicationState.READY
    assert row.next_at > NOW
    assert row.attempt == 4


def test_unsafe_address_in_an_answer_is_not_kept(
    sqlite_database: Database, site: Site, gateway: GovernmentApi
) -> None:
    published(sqlite_database)
    site.url = "javascript:alert(1)//"
    assert run(sqlite_database, gateway).url == ""


def test_two_workers_share_what_is_due(database: Database, site: Site, gateway: GovernmentApi) -> None:
    """A second job running at the same time finds nothing that the first one holds."""
    for _ in range(6):
        published(database)
    gateways = {Outlet.GOVERNMENT_SITE: gateway}
    jobs = [threading.Thread(target=publish.publish_due, args=(database, gateways)) for _ in range(3)]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join()
    assert sorted(site.methods) == ["GET"] * 6 + ["PUT"] * 6
    with database.read() as session:
        assert not publication.due(session, now=clock.now() + timedelta(days=1))


def test_one_job_outwaits_short_pauses_and_the_lease_of_a_dead_one(
    sqlite_database: Database, site: Site, gateway: GovernmentApi
) -> None:
    published(sqlite_database)
    with sqlite_database.begin() as session:
        assert publication.claim(session, now=clock.now() - publication.LEASE + SOON / 2)
    site.moods = ["503"] * 4  # the page is asked for after each refusal
    started = time.monotonic()
    assert publish.publish_due(sqlite_database, {Outlet.GOVERNMENT_SITE: gateway}, soon=SOON) == 3
    assert time.monotonic() - started > 1.4
    assert (site.changes, run(sqlite_database, gateway).state) == (1, PublicationState.LIVE)


def test_job_waits_for_no_longer_pause_and_for_nobody_alive(
    sqlite_database: Database, site: Site, gateway: GovernmentApi
) -> None:
    published(sqlite_database)
    with sqlite_database.begin() as session:
        held = publication.claim(session, now=clock.now())
    gateways = {Outlet.GOVERNMENT_SITE: gateway}
    assert publish.publish_due(sqlite_database, gateways, soon=SOON) == 0
    with sqlite_database.begin() as session:
        assert held
        publication.wait(session, held, 5, now=clock.now())
    assert publish.publish_due(sqlite_database, gateways, soon=SOON) == 0
    assert site.methods == []
