"""The holders' pages: only for the person WeChat vouched for, and only their own licenses."""

import hashlib
import json
import re
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from config.settings import ROOT
from reminders import clock, holders
from reminders.db import Database
from reminders.rules.lifecycle import ContactSign
from reminders.tables.bindings import Confirmation
from tests import builders
from tests.wxbot import platform
from tests.wxbot.browser import WECHAT
from tests.wxbot.conftest import Pharmacy, opened
from tests.wxbot.platform import Holder
from wxbot import assets

ME, OTHER = "oExample-wang", "oExample-other"
FOREIGN_PATHS = ("0", "999999", "9999999999999999999999", "abc", "-1", "1%27", "１")


class Platform(BaseHTTPRequestHandler):
    """Answers a code exchange; the code says what: `ok-<openid>`, `snapshot`, `html`, `error`."""

    asked: list[dict[str, list[str]]]

    def do_GET(self) -> None:
        query = parse_qs(urlsplit(self.path).query)
        self.asked.append(query)
        code = query["code"][0]
        told: dict[str, Any] = {"errcode": 40029, "errmsg": "invalid code"}
        if code.startswith("ok-"):
            told = {"openid": code[3:], "scope": "snsapi_base"}
        if code == "snapshot":
            told = {"openid": ME, "is_snapshotuser": 1}
        body = b"<html>" if code == "html" else json.dumps(told).encode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def oauth() -> Iterator[str]:
    Platform.asked = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Platform)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def app(sqlite_database: Database, oauth: str) -> Iterator[Flask]:
    yield from opened(sqlite_database, wechat_api_base=oauth, wechat_oauth_base="http://localhost:1")


@pytest.fixture
def pharmacy(sqlite_database: Database, app: Flask) -> Pharmacy:
    pharmacy = Pharmacy(sqlite_database)
    pharmacy.bind(Holder(app, ME))
    return pharmacy


def sign_in(client: FlaskClient, code: str, word: str = "licenses") -> Any:
    where = client.get(f"/h5/login?next={word}").location
    state = parse_qs(urlsplit(where).query)["state"][0]
    return client.get("/h5/oauth", query_string={"code": code, "state": state})


def test_reminder_link_leads_through_wechat_to_the_license(app: Flask, pharmacy: Pharmacy) -> None:
    client = app.test_client()
    path = f"/h5/licenses/{pharmacy.ids[0]}"
    to_login = client.get(path, headers={"User-Agent": WECHAT})
    assert to_login.location == f"/h5/login?next=license-{pharmacy.ids[0]}"
    where = client.get(to_login.location).location
    query = parse_qs(urlsplit(where).query)
    assert where.endswith("#wechat_redirect")
    assert query["scope"] == ["snsapi_base"]
    assert query["redirect_uri"] == ["http://localhost/h5/oauth"]
    assert re.fullmatch(r"[0-9a-z]{32}", query["state"][0])
    back = client.get("/h5/oauth", query_string={"code": f"ok-{ME}", "state": query["state"][0]})
    assert back.location == path
    assert Platform.asked[-1]["secret"] == ["a" * 32]
    page = client.get(path)
    assert page.status_code == 200
    for told in (
        "最迟申请日",
        "期满日期",
        "申请换证时限",
        "示例大厅 1 号窗口",
        "tel:0631-5000001",
        "延续申请书",
    ):
        assert told in page.text
    assert page.text.index("最迟申请日") < page.text.index("期满日期")
    assert "<title>示例药品经营许可证</title>" in page.text
    assert pharmacy.numbers[0] not in page.text


def test_opening_the_page_is_a_sign(app: Flask, pharmacy: Pharmacy, sqlite_database: Database) -> None:
    client = app.test_client()
    sign_in(client, f"ok-{ME}")
    for _ in range(2):
        client.get(f"/h5/licenses/{pharmacy.ids[0]}")
        client.get(f"/h5/licenses/{pharmacy.ids[1]}")
    with sqlite_database.read() as session:
        found = session.execute(select(Confirmation.license_id, Confirmation.sign)).all()
    assert found == [(pharmacy.ids[0], ContactSign.OPENED_PAGE)]


def test_foreign_and_nonexistent_licenses_look_the_same(app: Flask, pharmacy: Pharmacy) -> None:
    client = app.test_client()
    sign_in(client, f"ok-{ME}")
    answers = [client.get(f"/h5/licenses/{path}") for path in (str(pharmacy.ids[2]), *FOREIGN_PATHS)]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.data for answer in answers}) == 1


def test_every_page_is_shut_to_another_follower(
    app: Flask, pharmacy: Pharmacy, sqlite_database: Database
) -> None:
    with sqlite_database.begin() as session:
        holders.follow(session, OTHER, now=clock.now())
    client = app.test_client()
    sign_in(client, f"ok-{OTHER}")
    assert "还没有绑定证照" in client.get("/h5/licenses").text
    for license_id in pharmacy.ids:
        assert client.get(f"/h5/licenses/{license_id}").status_code == 404


def test_openid_in_the_address_or_a_forged_cookie_means_nothing(app: Flask, pharmacy: Pharmacy) -> None:
    client = app.test_client()
    path = f"/h5/licenses/{pharmacy.ids[0]}"
    for address in (f"{path}?openid={ME}", f"/h5/licenses?openid={ME}"):
        assert client.get(address).location.startswith("/h5/enter?next=")
    client.set_cookie("wxbot_session", "eyJvcGVuaWQiOiJvRXhhbXBsZS13YW5nIn0.aa.bb")
    assert client.get(path).status_code == 302


@pytest.mark.parametrize(
    ("code", "status", "words"),
    [
        ("snapshot", 403, "使用完整服务"),
        ("ok-oExample-stranger", 403, "请先关注公众号"),
        ("html", 400, "没能认出您"),
        ("error", 400, "没能认出您"),
        ("ok-", 400, "没能认出您"),
        ("", 400, "没能认出您"),
    ],
)
def test_whom_wechat_does_not_vouch_for_stays_outside(
    app: Flask, pharmacy: Pharmacy, code: str, status: int, words: str
) -> None:
    client = app.test_client()
    answer = sign_in(client, code)
    assert answer.status_code == status
    assert words in answer.text
    assert client.get("/h5/licenses").status_code == 302


def test_state_counts_once_and_only_in_its_own_browser(app: Flask, pharmacy: Pharmacy) -> None:
    client, thief = app.test_client(), app.test_client()
    state = parse_qs(urlsplit(client.get("/h5/login").location).query)["state"][0]
    good = {"code": f"ok-{ME}", "state": state}
    assert thief.get("/h5/oauth", query_string=good).status_code == 400
    assert client.get("/h5/oauth", query_string=good).status_code == 302
    assert client.get("/h5/oauth", query_string=good).status_code == 400


@pytest.mark.parametrize("word", ["//evil.example", "https://evil.example", "license-1/../x", "", "x" * 5000])
def test_after_signing_in_only_our_pages_follow(app: Flask, pharmacy: Pharmacy, word: str) -> None:
    assert sign_in(app.test_client(), f"ok-{ME}", word).location == "/h5/licenses"


def test_platform_down_is_a_page_not_a_500(sqlite_database: Database) -> None:
    for app in opened(sqlite_database, wechat_api_base="http://127.0.0.1:9"):
        assert sign_in(app.test_client(), "ok-x").status_code == 400


def test_pages_carry_their_protection(app: Flask, pharmacy: Pharmacy) -> None:
    client = app.test_client()
    sign_in(client, f"ok-{ME}")
    page = client.get("/h5/licenses")
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert page.headers["Cache-Control"] == "no-store"
    assert "style=" not in page.text
    assert "<script" not in page.text
    cookie = client.get("/h5/login").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_cookie_is_secure_where_the_address_is(sqlite_database: Database) -> None:
    for app in opened(sqlite_database, wxbot_url="https://wx.example.test"):
        answer = app.test_client().get("/h5/login", base_url="https://wx.example.test")
        assert "Secure" in answer.headers["Set-Cookie"]
        assert "Strict-Transport-Security" in answer.headers


def test_style_sheets_are_small_and_kept_for_a_year(app: Flask, pharmacy: Pharmacy) -> None:
    client = app.test_client()
    sign_in(client, f"ok-{ME}")
    page = client.get(f"/h5/licenses/{pharmacy.ids[0]}")
    addresses = re.findall(r'href="(/h5/static/[^"]+)"', page.text)
    assert len(addresses) == 3
    sheets = [client.get(where, headers={"Accept-Encoding": "gzip"}) for where in addresses]
    assert len(page.data) + sum(len(sheet.data) for sheet in sheets) <= 60 * 1024
    assert all("immutable" in sheet.headers["Cache-Control"] for sheet in sheets)
    again = client.get(
        addresses[0], headers={"Accept-Encoding": "gzip", "If-None-Match": sheets[0].headers["ETag"]}
    )
    assert again.status_code == 304
    assert client.get("/h5/static/../app.py").status_code == 404


def test_long_lists_come_in_pages(app: Flask, sqlite_database: Database) -> None:
    with sqlite_database.begin() as session:
        entry = builders.entry(session)
        me = holders.heard_from(session, ME, now=clock.now())
        for place in range(45):
            expires_on = clock.civil_date(clock.now()) + timedelta(days=200 + place // 3)
            row = builders.license(session, entry_id=entry.id, expires_on=expires_on)
            builders.binding(session, license_id=row.id, follower_id=me)
    client = app.test_client()
    sign_in(client, f"ok-{ME}")
    seen: list[str] = []
    where: str | None = "/h5/licenses"
    while where:
        page = client.get(where).text
        seen += re.findall(r'href="/h5/licenses/(\d+)"', page)
        following = re.search(r'href="(/h5/licenses\?after=[^"]+)"', page)
        where = following[1] if following else None
    assert (len(seen), len(set(seen))) == (45, 45)
    assert client.get("/h5/licenses?after=2026-99-99.1").status_code == 200
    assert client.get("/h5/licenses?after=9999-12-31.9").location == "/h5/licenses"


def test_unknown_address_and_method_are_answered_plainly(app: Flask) -> None:
    client = app.test_client()
    assert client.get("/nothing").text.startswith("404")
    assert "没有找到" in client.get("/h5/nothing").text
    assert client.put("/h5/licenses").status_code == 405
    assert platform.TOKEN not in client.get("/metrics").text


def test_vendored_sheet_is_the_one_that_is_declared() -> None:
    declared = (ROOT / "THIRD_PARTY.md").read_text(encoding="utf-8")
    assert hashlib.sha256(assets.read(assets.NAMES[0]).content).hexdigest() in declared
