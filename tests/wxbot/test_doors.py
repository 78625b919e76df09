"""A page opened by somebody unknown: silently through WeChat inside it, by a code to the phone outside."""

import re

import pytest
from flask import Flask

from reminders.db import Database
from tests.wxbot.browser import WECHAT, Reader
from tests.wxbot.conftest import Pharmacy, opened
from tests.wxbot.platform import Holder
from tests.wxbot.test_bind_pages import ask, clients, type_code

# Pages somebody may be led to by a message, a menu or a colleague.
LED_TO = ("licenses", "answers", "data", "settings", "visits", "feedback")


@pytest.mark.parametrize("word", LED_TO)
def test_code_to_the_phone_leads_to_the_page_asked_for(
    sqlite_app: Flask, sqlite_database: Database, word: str
) -> None:
    pharmacy, reader = Pharmacy(sqlite_database), Reader(sqlite_app)
    reader.get(f"/h5/{word}")
    assert reader.goes_to == f"/h5/enter?next={word}"
    doors = reader.get(reader.goes_to)
    assert doors.index("收短信验证码") < doors.index("这里就是微信，直接打开")
    reader.get(re.findall(r'href="(/h5/bind\?[^"]+)"', doors)[0])
    reader.post("/h5/bind", identifier=pharmacy.numbers[0], agree="yes")
    type_code(reader, pharmacy.codes()[-1])
    assert reader.goes_to == f"/h5/{word}"
    reader.get(reader.goes_to)
    assert reader.status == 200


def test_link_of_a_message_opens_its_license_outside_of_wechat(app: Flask, pharmacy: Pharmacy) -> None:
    reader = Reader(app)
    reader.get(f"/h5/licenses/{pharmacy.ids[1]}?lang=zh")
    reader.get(reader.goes_to)
    reader.get(f"/h5/bind?next=license-{pharmacy.ids[1]}")
    reader.post("/h5/bind", identifier=pharmacy.numbers[0], agree="yes")
    type_code(reader, pharmacy.codes()[-1])
    assert reader.goes_to == f"/h5/licenses/{pharmacy.ids[1]}"
    assert "示例医疗器械经营许可证" in reader.get(reader.goes_to)


def test_license_of_another_phone_leads_to_what_is_theirs(app: Flask, pharmacy: Pharmacy) -> None:
    reader = Reader(app)
    reader.get(f"/h5/bind?next=license-{pharmacy.ids[2]}")
    reader.post("/h5/bind", identifier=pharmacy.numbers[0], agree="yes")
    type_code(reader, pharmacy.codes()[-1])
    assert reader.goes_to == "/h5/bind/choose"
    reader.get("/h5/bind/choose")
    reader.post("/h5/bind/choose")
    assert reader.goes_to == "/h5/licenses"


def test_who_may_bind_more_is_asked_before_the_page(
    app: Flask, database: Database, pharmacy: Pharmacy
) -> None:
    clients(database, pharmacy, 2)
    reader = Reader(app)
    reader.get("/h5/bind?next=visits")
    reader.post("/h5/bind", identifier=pharmacy.numbers[0], agree="yes")
    type_code(reader, pharmacy.codes()[-1])
    assert reader.goes_to == "/h5/bind/choose"
    reader.get("/h5/bind/choose")
    reader.post("/h5/bind/choose", all="1")
    assert reader.goes_to == "/h5/visits"


@pytest.mark.parametrize("word", ["bind/appeal", "people", "subscribe"])
def test_pages_for_an_account_of_wechat_say_so(app: Flask, word: str) -> None:
    reader = Reader(app)
    reader.get(f"/h5/{word}")
    assert reader.goes_to == f"/h5/enter?next={word}"
    page = reader.get(reader.goes_to)
    assert "请在微信里打开" in page
    assert f'href="/h5/login?next={word}"' in page


@pytest.mark.parametrize("path", ["licenses", "licenses/1", "licenses/1/visit", "people", "bind", "data"])
def test_inside_wechat_nothing_is_asked(app: Flask, path: str) -> None:
    reader = Reader(app)
    reader.get(f"/h5/{path}", agent=WECHAT)
    assert reader.goes_to.startswith("/h5/login?next=")


def test_who_comes_from_the_platform_is_in_wechat(sqlite_database: Database) -> None:
    for app in opened(sqlite_database, wechat_oauth_base="http://platform.example:9000"):
        client = app.test_client()
        for sender, way in (
            ("http://platform.example:9000/", "login"),
            ("http://platform.example:9000/phone", "login"),
            ("http://platform.example/", "enter"),
            ("https://platform.example:9000/", "enter"),
            ("", "enter"),
        ):
            answer = client.get("/h5/licenses", headers={"Referer": sender})
            assert answer.location == f"/h5/{way}?next=licenses", sender


@pytest.mark.parametrize("word", ["//evil.example", "https://evil.example", "license-1/../x", "", "x" * 5000])
def test_doors_lead_only_to_our_pages(app: Flask, pharmacy: Pharmacy, word: str) -> None:
    reader = Reader(app)
    assert 'href="/h5/bind?next=licenses"' in reader.get(f"/h5/enter?next={word}")
    reader.get(f"/h5/bind?next={word}")
    reader.post("/h5/bind", identifier=pharmacy.numbers[0], agree="yes")
    type_code(reader, pharmacy.codes()[-1])
    assert reader.goes_to == "/h5/licenses"


def test_failed_sign_in_and_a_page_open_too_long_show_both_doors(app: Flask, pharmacy: Pharmacy) -> None:
    reader = Reader(app)
    failed = reader.get("/h5/oauth?code=x&state=y")
    reader.get("/h5/bind")
    late = reader.post(f"/h5/licenses/{pharmacy.ids[0]}/answers", kind="applied")
    assert (reader.status, "请再打开一次" in late) == (409, True)
    for page in (failed, late):
        assert 'href="/h5/licenses"' in page
        assert 'href="/h5/bind?next=licenses"' in page


def test_who_is_known_by_a_phone_has_no_switch_of_wechat(
    app: Flask, wang: Holder, pharmacy: Pharmacy
) -> None:
    reader = Reader(app)
    ask(reader, pharmacy.numbers[0])
    type_code(reader, pharmacy.codes()[-1])
    page = reader.get("/h5/settings")
    for only_in_wechat in ("/h5/settings/wechat", "/h5/settings/quiet", "/h5/subscribe"):
        assert only_in_wechat not in page
    assert "提醒发到台账登记的手机" in page
    reader.post("/h5/settings/wechat", is_on="1")
    assert reader.goes_to == "/h5/enter?next=settings"
    pharmacy.bind(wang, pharmacy.numbers[2])
    assert "/h5/settings/wechat" in Reader(app, wang.openid).get("/h5/settings")
