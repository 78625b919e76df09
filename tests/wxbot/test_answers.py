"""Answers given by a tap on the page or by a word in the chat, and taken back."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from flask import Flask, session
from flask.testing import FlaskClient
from sqlalchemy import select

from reminders import clock
from reminders.db import Database
from reminders.rules.lifecycle import AnswerKind, DeliveryState, LicenseState
from reminders.tables.answers import Answer
from reminders.tables.bindings import Binding, Follower
from reminders.tables.deliveries import Delivery
from reminders.tables.ledger import License
from tests import builders_queue
from tests.wxbot.conftest import Pharmacy
from tests.wxbot.platform import Holder

ME = "oExample-wang"
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@pytest.fixture
def client(app: Flask) -> Iterator[FlaskClient]:
    @app.get("/h5/as/<openid>")
    def sign_in(openid: str) -> str:
        session["openid"] = openid
        return ""

    yield app.test_client()


def waiting(database: Database, license_id: int) -> int:
    """A reminder of this license that is ready to leave."""
    with database.begin() as writing:
        person = writing.execute(select(Follower)).scalars().first()
        assert person is not None
        row = builders_queue.delivery(writing, follower=person, licenses=0)
        builders_queue.add_item(writing, row, writing.get_one(License, license_id))
        return row.id


def state(database: Database, delivery_id: int) -> DeliveryState:
    with database.read() as reading:
        return reading.get_one(Delivery, delivery_id).state


def post(client: FlaskClient, page: str, path: str, **values: str) -> str:
    token = TOKEN.search(client.get(page).text)
    assert token, page
    answer = client.post(path, data={"csrf_token": token[1], **values}, follow_redirects=True)
    return answer.text


def test_two_taps_from_the_reminder_stop_it_and_one_more_brings_it_back(
    client: FlaskClient, database: Database, pharmacy: Pharmacy, wang: Holder
) -> None:
    pharmacy.bind(wang)
    delivery_id, path = waiting(database, pharmacy.ids[0]), f"/h5/licenses/{pharmacy.ids[0]}"
    client.get(f"/h5/as/{ME}")
    page = post(client, path, f"{path}/answers", kind="applied")
    assert "您回答了“已提交”" in page
    assert "办理中" in page
    assert state(database, delivery_id) is DeliveryState.CANCELLED
    withdraw = re.search(r'action="(/h5/answers/\d+/withdraw)"', page)
    assert withdraw
    page = post(client, path, withdraw[1])
    assert "您回答了" not in page
    assert state(database, delivery_id) is DeliveryState.READY


@pytest.mark.parametrize("kind", list(AnswerKind))
def test_every_answer_works_by_one_tap(
    client: FlaskClient, database: Database, pharmacy: Pharmacy, wang: Holder, kind: AnswerKind
) -> None:
    pharmacy.bind(wang)
    client.get(f"/h5/as/{ME}")
    path = f"/h5/licenses/{pharmacy.ids[0]}"
    page = post(client, path, f"{path}/answers", kind=kind)
    assert "撤回这个回答" in page
    with database.read() as reading:
        assert reading.execute(select(Answer.kind)).scalars().all() == [kind]


def test_handover_is_seen_and_taken_back_among_ones_answers(
    client: FlaskClient, database: Database, pharmacy: Pharmacy, wang: Holder
) -> None:
    pharmacy.bind(wang)
    client.get(f"/h5/as/{ME}")
    path = f"/h5/licenses/{pharmacy.ids[0]}"
    page = post(client, path, f"{path}/answers", kind="handed_over")
    assert "我的回答" in page
    assert client.get(path).status_code == 404
    withdraw = re.search(r'action="(/h5/answers/\d+/withdraw)"', page)
    assert withdraw
    assert "示例药品经营许可证" in post(client, "/h5/answers", withdraw[1])
    with database.read() as reading:
        assert reading.execute(select(Binding.unbound_at)).scalars().all() == [None, None]
    assert "您还没有回答过提醒" in client.get("/h5/answers").text


def test_day_of_a_pause_can_be_chosen_within_bounds(
    client: FlaskClient, pharmacy: Pharmacy, wang: Holder
) -> None:
    pharmacy.bind(wang)
    client.get(f"/h5/as/{ME}")
    path = f"/h5/licenses/{pharmacy.ids[1]}"
    until = clock.civil_date(clock.now()) + timedelta(days=20)
    assert f"{until}" in post(client, path, f"{path}/answers", kind="later", until=str(until))
    too_far = str(until + timedelta(days=400))
    assert "暂停可以到" in post(client, path, f"{path}/answers", kind="later", until=too_far)
    assert "日期没有看懂" in post(client, path, f"{path}/answers", kind="later", until="31.12.")


def test_answer_needs_the_token_the_person_and_the_license(
    client: FlaskClient, database: Database, pharmacy: Pharmacy, wang: Holder, person: Callable[[str], Holder]
) -> None:
    pharmacy.bind(wang)
    person("oExample-other").say("帮助")
    person("oExample-other").say("取消")
    path = f"/h5/licenses/{pharmacy.ids[0]}"
    assert client.post(f"{path}/answers", data={"kind": "applied"}).status_code == 400
    client.get(f"/h5/as/{ME}")
    assert "没有看懂这个选择" in post(client, path, f"{path}/answers", kind="x")
    foreign = f"/h5/licenses/{pharmacy.ids[2]}"
    assert "没有找到这本证照" in post(client, path, f"{foreign}/answers", kind="applied")
    post(client, path, f"{path}/answers", kind="wants_help")
    with database.read() as reading:
        answer_id = reading.execute(select(Answer.id)).scalar_one()
    token = TOKEN.search(client.get(path).text)
    assert token
    client.get("/h5/as/oExample-other")
    refused = client.post(f"/h5/answers/{answer_id}/withdraw", data={"csrf_token": token[1]})
    assert refused.status_code == 409
    with database.read() as reading:
        assert reading.execute(select(Answer.withdrawn_at)).scalar_one() is None
        assert reading.execute(select(License.state).distinct()).scalars().all() == [LicenseState.ACTIVE]


def test_word_in_the_chat_answers_about_the_one_that_is_urgent(
    database: Database, pharmacy: Pharmacy, wang: Holder
) -> None:
    pharmacy.bind(wang)
    delivery_id = waiting(database, pharmacy.ids[0])
    told = wang.say("已提交")
    assert "已记下《示例药品经营许可证》" in told
    assert wang.again() == told
    assert state(database, delivery_id) is DeliveryState.CANCELLED
    assert "办理中" in wang.say("我的证照")
    assert "已撤回" in wang.say("撤回")
    assert state(database, delivery_id) is DeliveryState.READY
    assert "没有可以撤回的回答" in wang.say("撤回")


def test_chat_asks_which_license_is_meant(pharmacy: Pharmacy, wang: Holder) -> None:
    pharmacy.bind(wang)
    wang.say("已提交 1")
    asked = wang.say("不再经营")
    assert "说的是哪一本" in asked
    assert "不再经营 1" in asked
    assert "《示例医疗器械经营许可证》" in wang.say("不再经营 2") or "已记下" in wang.say("不再经营 1")
    assert "没有这个序号" in wang.say("不再经营 9")


def test_words_are_passed_on_and_bad_days_are_refused(
    database: Database, pharmacy: Pharmacy, wang: Holder
) -> None:
    pharmacy.bind(wang)
    assert "约定时间" in wang.say("预约 1 周三上午")
    with database.read() as reading:
        sealed = reading.execute(select(Answer.note_cipher)).scalar_one()
    assert sealed
    assert database.vault.open(sealed) == "周三上午"
    assert "没有 2027-02-30 这一天" in wang.say("暂不提醒 2 2027-02-30")


def test_answer_without_a_binding_says_how_to_bind(wang: Holder) -> None:
    assert "回复“绑定”" in wang.say("已提交")


def test_wechat_can_be_turned_off_and_everything_paused(
    client: FlaskClient, database: Database, pharmacy: Pharmacy, wang: Holder
) -> None:
    pharmacy.bind(wang)
    delivery_id = waiting(database, pharmacy.ids[0])
    client.get(f"/h5/as/{ME}")
    assert "现在是关" in post(client, "/h5/settings", "/h5/settings/wechat", is_on="0")
    assert state(database, delivery_id) is DeliveryState.CANCELLED
    assert "现在是开" in post(client, "/h5/settings", "/h5/settings/wechat", is_on="1")
    until = str(clock.civil_date(clock.now()) + timedelta(days=5))
    page = post(client, "/h5/settings", "/h5/settings/pause", until=until)
    assert page.count("暂不提醒：") == 2
    far = str(clock.civil_date(clock.now()) + timedelta(days=3000))
    assert "没有可以暂停" in post(client, "/h5/settings", "/h5/settings/pause", until=far)
