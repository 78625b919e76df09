"""Pages given out from memory: without a question, never later than allowed, never to the wrong reader."""

import gzip
import time

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event

from config.settings import Settings
from portal import kept_pages
from portal.app import create_app
from portal.installation import KEY
from reminders import clock
from reminders.notices import review
from reminders.rules.permissions import system
from tests.portal.conftest import Portal, Visitor
from tests.portal.test_browser import PAGES
from tests.portal.test_public_portal import publish, publish_list

LONG_S = 3600.0


class Counted:
    """A portal that asks the database once an hour, and how often it did."""

    def __init__(self, settings: Settings, fresh_s: float = LONG_S) -> None:
        self.app = create_app(settings.model_copy(update={"portal_fresh_s": fresh_s}))
        self.client: FlaskClient = self.app.test_client()
        self.statements = 0
        engine = self.app.extensions[KEY].database().engine
        event.listen(engine, "before_cursor_execute", self._count)

    def _count(self, *_: object) -> None:
        self.statements += 1


@pytest.fixture
def counted(portal: Portal, settings: Settings) -> Counted:
    with portal.database.begin() as session:
        publish_list(session)
    return Counted(settings)


def test_page_seen_before_costs_no_query(counted: Counted) -> None:
    first = counted.client.get("/notices/1")
    assert counted.statements > 1
    counted.statements = 0
    again = counted.client.get("/notices/1")
    assert again.data == first.data
    seen = counted.client.get("/notices/1", headers={"If-None-Match": first.headers["ETag"]})
    assert (seen.status_code, seen.data) == (304, b"")
    by_date = {"If-Modified-Since": first.headers["Last-Modified"]}
    assert counted.client.get("/notices/1", headers=by_date).status_code == 304
    other = {"If-None-Match": '"other"', **by_date}
    assert counted.client.get("/notices/1", headers=other).status_code == 200
    assert counted.statements == 0


def test_kept_answer_is_the_answer_of_the_application(portal: Portal, counted: Counted) -> None:
    """Also its headers, and also to HEAD; what is not kept is not touched."""
    plain = counted.app.wsgi_app._app  # type: ignore[attr-defined]
    for url in (*PAGES.values(), "/feed.atom", "/nope"):
        kept = [counted.client.get(url) for _ in range(2)]
        counted.app.wsgi_app, whole = plain, counted.app.wsgi_app  # type: ignore[method-assign]
        bare = counted.client.get(url)
        counted.app.wsgi_app = whole  # type: ignore[method-assign]
        for answer in kept:
            assert (answer.status, answer.data) == (bare.status, bare.data), url
            ours, theirs = (
                {name: value for name, value in one.headers if name not in ("Vary", "Last-Modified", "Date")}
                for one in (answer, bare)
            )
            assert ours == theirs, url
        head = counted.client.head(url)
        assert (head.status, head.data) == (bare.status, b""), url


def test_change_by_this_process_counts_at_once(portal: Portal, counted: Counted) -> None:
    lead = Visitor(counted.client)
    lead.get("/staff/sign-in")
    lead.post("/staff/sign-in", {"login": "zhao", "password": "made-up-password"})
    lead.post("/staff/sign-in/code", {"code": portal.next_code("zhao")})
    assert "已撤回" not in lead.get("/notices/1")
    lead.get("/staff/notices/1")
    lead.post("/staff/notices/1/withdraw", {"reason": "名单有误"})
    page = lead.get("/notices/1")
    assert "名单有误" in page
    assert lead.status == 410


def test_change_by_another_process_counts_within_the_time_told(portal: Portal, settings: Settings) -> None:
    with portal.database.begin() as session:
        notice_id = publish(session)
    counted = Counted(settings, fresh_s=0.2)
    assert counted.client.get(f"/notices/{notice_id}").status_code == 200
    with portal.database.begin() as session:
        review.withdraw(session, notice_id, "重复", actor=system("test"), now=clock.now())
    time.sleep(0.25)
    assert counted.client.get(f"/notices/{notice_id}").status_code == 410


def test_readers_with_other_wishes_get_other_pages(counted: Counted) -> None:
    plain = counted.client.get("/faq").data
    counted.client.set_cookie("care", "1")
    care = counted.client.get("/faq").data
    assert b'class="care"' in care
    counted.client.set_cookie("care", "0")
    counted.client.set_cookie("unrelated", "care=1x")
    assert counted.client.get("/faq").data == plain
    counted.client.set_cookie("size", "l")
    assert b"size-l" in counted.client.get("/notices/1").data


@pytest.mark.parametrize(
    "cookies",
    [
        'care="1"',
        "care=1 ; a=b",
        "care=1; care=0",
        "care=0; care=1",
        'a="x;care=1"',
        'size="l"',
        "size=s; size=l",
    ],
)
def test_cookies_however_written_never_choose_the_page_of_others(
    portal: Portal, settings: Settings, cookies: str
) -> None:
    """A page is kept for those who asked for it as the application understood them, and for nobody else."""
    with portal.database.begin() as session:
        publish_list(session)
    for mine, others in ((cookies, ("", "care=1", "size=l", "size=s")), ("", (cookies,))):
        client = Counted(settings).app.test_client(use_cookies=False)
        client.get("/notices/1", headers={"Cookie": mine})
        for other in others:
            alone = Counted(settings).app.test_client(use_cookies=False)
            wanted, got = (one.get("/notices/1", headers={"Cookie": other}).data for one in (alone, client))
            assert got == wanted, (mine, other)


def test_packed_only_for_who_understands_it(counted: Counted) -> None:
    plain = counted.client.get("/faq")
    packed = counted.client.get("/faq", headers={"Accept-Encoding": "gzip, br"})
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert packed.headers["Vary"] == "Accept-Encoding, Cookie"
    assert int(packed.headers["Content-Length"]) == len(packed.data) < len(plain.data) / 2


def test_digest_of_what_is_packed_promises_no_equal_bytes(counted: Counted) -> None:
    for url in ("/static/portal.css", "/faq", "/open-data/catalogue.csv"):
        answers = [counted.client.get(url, headers={"Accept-Encoding": one}) for one in ("gzip", "identity")]
        assert answers[0].data != answers[1].data
        assert {one.headers["ETag"][:3] for one in answers} == {'W/"'}, url
        seen = {"If-None-Match": answers[0].headers["ETag"]}
        assert counted.client.get(url, headers=seen).status_code == 304, url


def test_page_with_all_it_needs_is_light(counted: Counted) -> None:
    """60 KB over the wire, style sheets included."""
    accept = {"Accept-Encoding": "gzip"}
    for url in PAGES.values():
        page = counted.client.get(url)
        sheets = kept_pages.re.findall(r'href="(/static/[^"]+\.css[^"]*)"', page.text)
        assert len(sheets) == 3, url
        total = sum(len(counted.client.get(one, headers=accept).data) for one in (url, *sheets))
        assert total < 60 * 1024, (url, total)


def test_nothing_of_one_person_is_kept(portal: Portal, counted: Counted) -> None:
    counted.client.get("/self-check")
    counted.client.post("/self-check", data={"number": "SC1063710020000", "name": "示例0号食品有限公司"})
    assert b"standing-word" not in counted.client.get("/self-check").data
    kept = counted.app.wsgi_app._pages.values()  # type: ignore[attr-defined]
    assert not [page for page in kept if any(name == "Set-Cookie" for name, _ in page.headers)]
    assert not [page for page in kept if "/staff" in page.route or "check/" in page.route]


def test_memory_has_an_end(counted: Counted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_pages, "MOST_PAGES", 5)
    for number in range(20):
        counted.client.get(f"/faq?x={number}")
    assert len(counted.app.wsgi_app._pages) == 5  # type: ignore[attr-defined]


def test_foreign_host_gets_nothing_from_memory(counted: Counted) -> None:
    counted.client.get("/faq")
    assert counted.client.get("/faq", headers={"Host": "evil.example"}).status_code == 400


def test_answers_from_memory_are_counted(counted: Counted) -> None:
    for _ in range(3):
        counted.client.get("/faq")
    metrics = counted.client.get("/metrics").text
    assert 'portal_answers_total{route="/faq",status="200"} 3.0' in metrics
