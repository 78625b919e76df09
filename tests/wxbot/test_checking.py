"""Holders ask the account whether a message is really ours."""

import re
from collections.abc import Callable

import pytest
from sqlalchemy import select

from reminders import clock
from reminders.checking import TRIES
from reminders.db import Database
from reminders.rules import check_code
from reminders.rules.lifecycle import DeliveryState
from reminders.tables.bindings import Follower
from tests import builders_queue
from tests.wxbot.conftest import Pharmacy
from tests.wxbot.platform import Holder


@pytest.fixture
def code(database: Database, wang: Holder, pharmacy: Pharmacy) -> str:
    """The check code of a message that Wang got about one of their licenses."""
    pharmacy.bind(wang)
    with database.begin() as session:
        person = session.execute(select(Follower)).scalar_one()
        row = builders_queue.delivery(session, follower=person, licenses=0)
        license = session.get_one(builders_queue.License, pharmacy.ids[0])
        builders_queue.add_item(session, row, license)
        row.state, row.intent_at, row.accepted_at = DeliveryState.DELIVERED, clock.now(), clock.now()
        return check_code.encode(row.id, database.vault.blind)


@pytest.mark.parametrize("words", ["核验 {}", "校验码：{}", "{}", "核验{}！"])
def test_code_of_a_message_is_confirmed_in_chat(wang: Holder, code: str, words: str) -> None:
    for typed in (code, code.lower(), code.replace("-", "")):
        answer = wang.say(words.format(typed))
        assert "是我们发的消息" in answer, typed
        assert code in answer
        assert f"{clock.civil_date(clock.now())}" in answer
        assert "示例药品经营许可证" in answer
        assert "就是您这个微信号" in answer


def test_stranger_learns_that_it_is_ours_but_nobodys_name(
    person: Callable[[str], Holder], code: str, pharmacy: Pharmacy
) -> None:
    answer = person("oExample-li").say(f"核验 {code}")
    assert "不是您这个微信号" in answer
    for secret in ("药房", pharmacy.numbers[0], pharmacy.phone, "wang"):
        assert secret not in answer


def test_unknown_code_says_what_to_do(wang: Holder, code: str) -> None:
    wrong = ("7" if code[0] != "7" else "8") + code[1:]
    answer = wang.say(f"核验 {wrong}")
    assert "可能是冒充信息" in answer
    assert "0631-5000000" in answer
    assert "示例药品" not in answer


def test_half_a_code_and_no_code_say_how(wang: Holder) -> None:
    assert "10 位" in wang.say("核验 7K3M2")
    assert "回复“核验”加消息里的 10 位校验码" in wang.say("核验")
    assert "核验：" in wang.say("帮助")


def test_too_many_tries_have_to_wait(wang: Holder, code: str) -> None:
    for _ in range(TRIES.most):
        wang.say("核验 7K3M2-QXP9T")
    assert "10 分钟" in wang.say(f"核验 {code}")


def test_license_page_shows_the_code_to_compare(
    database: Database, wang: Holder, code: str, pharmacy: Pharmacy
) -> None:
    client = wang.app.test_client()
    with client.session_transaction() as session:
        session["openid"] = wang.openid
    page = client.get(f"/h5/licenses/{pharmacy.ids[0]}").text
    assert code in page
    assert re.search("最近一次提醒.*" + f"{clock.civil_date(clock.now())}", page, re.S)
    assert "校验码" not in client.get(f"/h5/licenses/{pharmacy.ids[1]}").text
