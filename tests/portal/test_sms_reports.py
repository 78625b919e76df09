"""What SMS platforms send to us: reports settle messages, TD ends them, other replies wait for an officer."""

import base64
import json
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from sqlalchemy import func, select

from config.settings import Settings
from portal.app import create_app
from portal.installation import database as opened
from reminders import sms_replies
from reminders.db import Database
from reminders.rules.permissions import operator
from reminders.rules.sms_text import is_refusal, segments
from reminders.tables.deliveries import ProviderEvent, SmsReply
from reminders.tables.holders import SmsRefusal
from tests import builders

TOKEN = "report-token-of-the-tests"
PHONE = "13800000001"
ALIYUN = {"phone_number": PHONE, "success": True, "err_code": "DELIVERED", "out_id": "d1e0"}
FAILED = ALIYUN | {"success": False}
TENCENT = {
    "user_receive_time": "2026-11-02 09:00:04",
    "nationcode": "86",
    "mobile": PHONE,
    "report_status": "SUCCESS",
    "errmsg": "DELIVRD",
    "description": "用户短信送达成功",
    "sid": "8:example-serial-1",
}
MAS = {"mobile": PHONE, "errorCode": "DELIVRD", "reportStatus": "CM:0000", "msgGroup": "0305"}


WRONG = "failed:wrong number"
NO_SUCH = {"report_status": "FAIL", "errmsg": "MK:0001"}
Make = Callable[..., Flask]


@pytest.fixture
def make_portal(settings: Settings, database: Database) -> Iterator[Make]:
    apps: list[Flask] = []

    def make(**change: str) -> Flask:
        address = database.engine.url.render_as_string(hide_password=False)
        app = create_app(settings.model_copy(update={"database_url": address} | change))
        apps.append(app)
        return app

    yield make
    for app in apps:
        with app.app_context():
            opened().close()


def site(make_portal: Make, provider: str, token: str = TOKEN) -> Flask:
    return make_portal(sms_provider=provider, sms_api_base="http://sms", sms_report_token=token)


def post(app: Flask, provider: str, what: str, told: object, token: str = TOKEN) -> int:
    answer = app.test_client().post(f"/api/v1/sms/{provider}/{what}/{token}", data=json.dumps(told))
    return answer.status_code


def events(database: Database) -> list[tuple[str, str]]:
    with database.read() as session:
        found = session.execute(select(ProviderEvent.provider_msgid, ProviderEvent.status))
        return [(msgid, status) for msgid, status in found]


@pytest.mark.parametrize(
    ("provider", "told", "kept"),
    [
        ("aliyun", [ALIYUN], ("d1e0", "success")),
        ("aliyun", [FAILED | {"err_code": "MOBILE_NOT_ON_SERVICE"}], ("d1e0", WRONG)),
        ("aliyun", [FAILED | {"err_code": "MOBILE_IN_BLACK"}], ("d1e0", "failed:refused")),
        ("aliyun", [FAILED | {"err_code": "SOMETHING"}], ("d1e0", "failed: system failed")),
        ("tencent", [TENCENT], ("8:example-serial-1", "success")),
        ("tencent", [TENCENT | NO_SUCH], ("8:example-serial-1", WRONG)),
        ("mas", MAS, ("0305", "success")),
    ],
)  # fmt: skip
def test_report_is_kept_in_our_words_and_once(
    make_portal: Make, database: Database, provider: str, told: object, kept: tuple[str, str]
) -> None:
    app = site(make_portal, provider)
    assert [post(app, provider, "report", told) for _ in range(3)] == [200] * 3
    assert events(database) == [kept]


def test_reports_of_one_phone_are_kept_apart(make_portal: Make, database: Database) -> None:
    app = site(make_portal, "tencent")
    told = [TENCENT | {"sid": f"8:example-serial-{number}"} for number in range(3)]
    assert post(app, "tencent", "report", told) == 200
    assert len(events(database)) == 3


def test_report_in_base64_is_read_too(make_portal: Make, database: Database) -> None:
    app = site(make_portal, "mas")
    body = base64.b64encode(json.dumps(MAS).encode())
    assert app.test_client().post(f"/api/v1/sms/mas/report/{TOKEN}", data=body).status_code == 200
    assert events(database) == [("0305", "success")]


def test_stranger_and_other_provider_find_nothing(make_portal: Make, database: Database) -> None:
    app = site(make_portal, "aliyun")
    assert post(app, "aliyun", "report", [ALIYUN], token="x" * 24) == 404
    assert post(app, "tencent", "report", [TENCENT]) == 404
    assert post(site(make_portal, "aliyun", ""), "aliyun", "report", [ALIYUN], token="x") == 404
    assert events(database) == []


@pytest.mark.parametrize("body", ["", "null", "7", "[1]", "[{}]", "{", "[[]]"])
def test_body_nobody_understands_is_refused(make_portal: Make, database: Database, body: str) -> None:
    app = site(make_portal, "aliyun")
    answer = app.test_client().post(f"/api/v1/sms/aliyun/report/{TOKEN}", data=body)
    assert answer.status_code == 400
    assert events(database) == []


@pytest.mark.parametrize("word", ["TD", "td", " T ", "退订", "【退订】", "Ｔ"])
def test_refusal_ends_sms_to_the_phone(make_portal: Make, database: Database, word: str) -> None:
    app = site(make_portal, "aliyun")
    assert post(app, "aliyun", "reply", [{"phone_number": PHONE, "content": word}]) == 200
    with database.read() as session:
        assert session.execute(select(func.count()).select_from(SmsRefusal)).scalar_one() == 1
        assert session.execute(select(func.count()).select_from(SmsReply)).scalar_one() == 0
    assert post(app, "aliyun", "reply", [{"phone_number": PHONE, "content": "恢复"}]) == 200
    with database.read() as session:
        assert session.execute(select(func.count()).select_from(SmsRefusal)).scalar_one() == 0


def test_other_reply_waits_sealed_for_an_officer(make_portal: Make, database: Database) -> None:
    app = site(make_portal, "aliyun")
    for _ in range(2):
        post(app, "aliyun", "reply", [{"phone_number": PHONE, "content": "我已经换证了"}])
    somebody = operator("root")
    with database.begin() as session:
        contact = builders.contact(session, phone=PHONE, name="张示例")
        [line] = sms_replies.unread(session, actor=somebody)
        assert (line.contact_name, line.phone, line.text) == (contact.name, "138＊＊＊＊0001", "我已经换证了")
        sealed = session.execute(select(SmsReply.text_cipher)).scalar_one()
        assert "换证".encode() not in sealed
        sms_replies.mark_read(session, line.id, actor=somebody, now=builders.NOW)
        assert sms_replies.unread(session, actor=somebody) == []


@pytest.mark.parametrize(("signs", "parts"), [(1, 1), (64, 1), (65, 2), (128, 2), (129, 3)])
def test_parts_are_counted_with_the_signature(signs: int, parts: int) -> None:
    assert segments("字" * signs, "威海审批") == parts


def test_ordinary_words_are_no_refusal() -> None:
    assert not any(is_refusal(word) for word in ("好的", "谢谢", "已办理", "不退", "TDX", ""))
