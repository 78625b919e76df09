"""Consent in the conversation and on the pages: asked before binding, ended by a word or a tap."""

import re
from collections.abc import Iterator

import pytest
from flask import Flask, session
from flask.testing import FlaskClient
from sqlalchemy import func, select

from reminders.db import Database
from reminders.tables.bindings import Binding, Consent, Follower
from tests.wxbot.conftest import Pharmacy
from tests.wxbot.platform import Holder
from wxbot import data_kinds

ME = "oExample-wang"
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@pytest.fixture
def client(app: Flask) -> Iterator[FlaskClient]:
    @app.get("/h5/as/<openid>")
    def sign_in(openid: str) -> str:
        session["openid"] = openid
        return ""

    yield app.test_client()


def post(client: FlaskClient, path: str) -> str:
    token = TOKEN.search(client.get("/h5/data").text)
    assert token
    return client.post(path, data={"csrf_token": token[1]}, follow_redirects=True).text


def bound(database: Database) -> int:
    with database.read() as reading:
        found = select(func.count()).select_from(Binding).where(Binding.unbound_at.is_(None))
        return reading.execute(found).scalar_one()


def test_notice_comes_first_whatever_is_typed(wang: Holder, pharmacy: Pharmacy) -> None:
    shown = {wang.say(text) for text in ("绑定", pharmacy.numbers[0], "绑定 鲁DA631999999", "123456")}
    assert len(shown) == 1
    assert "/h5/privacy" in shown.pop()
    assert pharmacy.codes() == []


@pytest.mark.parametrize("word", ["退订", "撤回同意", "TD"])
def test_one_word_ends_everything(wang: Holder, pharmacy: Pharmacy, database: Database, word: str) -> None:
    pharmacy.bind(wang)
    assert bound(database) == 2
    told = wang.say(word)
    assert "解除了 2 本" in told
    assert wang.again() == told
    assert bound(database) == 0
    assert "还没有绑定" in wang.say("我的证照")
    assert "回复“同意”" in wang.say(pharmacy.numbers[0])


def test_asking_how_to_leave_is_not_leaving(wang: Holder, pharmacy: Pharmacy, database: Database) -> None:
    pharmacy.bind(wang)
    assert "/h5/data" in wang.say("怎么退订？")
    assert bound(database) == 2


def test_page_ends_consent_with_one_tap(
    client: FlaskClient, wang: Holder, pharmacy: Pharmacy, database: Database
) -> None:
    pharmacy.bind(wang)
    client.get(f"/h5/as/{ME}")
    assert "绑定了 2 本证照" in client.get("/h5/data").text
    assert "或者已经撤回" in post(client, "/h5/data/withdraw")
    assert bound(database) == 0
    with database.read() as reading:
        assert reading.execute(select(Consent.withdrawn_at)).scalar_one() is not None


def test_export_holds_ones_own_data_only(client: FlaskClient, wang: Holder, pharmacy: Pharmacy) -> None:
    pharmacy.bind(wang)
    assert client.get("/h5/data/export").status_code == 302
    client.get(f"/h5/as/{ME}")
    answer = client.get("/h5/data/export")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.json["openid"] == ME
    assert pharmacy.phone not in answer.text


def test_page_shows_every_kind_that_the_export_holds(
    client: FlaskClient, wang: Holder, pharmacy: Pharmacy
) -> None:
    pharmacy.bind(wang)
    wang.say("请帮办联系我 1")
    client.get(f"/h5/as/{ME}")
    kept = client.get("/h5/data/export").json
    lists = {key for key, value in kept.items() if isinstance(value, list)}
    assert lists - {"谁看过"} == {kind.key for kind in data_kinds.KINDS}
    page = client.get("/h5/data").text
    for kind in data_kinds.KINDS:
        assert f"{kind.title}（{len(kept[kind.key])} 项）" in page
        assert kind.title in client.get(f"/h5/data/kept/{kind.slug}").text
    assert ME not in page
    assert client.get("/h5/data/kept/nothing").location == "/h5/data"


def test_page_masks_phones_and_has_the_newest_first() -> None:
    answers = next(kind for kind in data_kinds.KINDS if kind.key == "回答")
    kept = {"回答": [{"回答": "已提交", "另留的电话": ""}, {"回答": "帮办", "另留的电话": "13900000042"}]}
    shown = data_kinds.newest(kept, answers)
    assert shown == [{"回答": "帮办", "另留的电话": "139＊＊＊＊0042"}, {"回答": "已提交"}]


def test_deleting_forgets_the_person(
    client: FlaskClient, wang: Holder, pharmacy: Pharmacy, database: Database
) -> None:
    pharmacy.bind(wang)
    client.get(f"/h5/as/{ME}")
    page = post(client, "/h5/data/delete")
    assert "已删除" in page
    assert "依法须留存" in page
    assert client.get("/h5/data").status_code == 302
    with database.read() as reading:
        assert ME not in reading.execute(select(Follower.openid)).scalars().all()
    assert "还没有绑定" in wang.say("我的证照")


def test_notice_is_open_to_everybody_in_both_languages(client: FlaskClient) -> None:
    assert "隐私告知" in client.get("/h5/privacy").text
    assert "Privacy notice" in client.get("/h5/privacy?lang=en").text


@pytest.mark.parametrize(
    ("language", "kept"),
    [
        ("zh", ("备好的材料", "预约的窗口时间", "评价和纠错", "字号、颜色、长辈模式", "另留的电话")),
        ("en", ("documents you ticked", "visits to a counter", "feedback", "easy reading", "another phone")),
    ],
)
def test_notice_names_whatever_is_kept(client: FlaskClient, language: str, kept: tuple[str, ...]) -> None:
    """Each part of `personal_data` that a person made by using the pages stands in the notice."""
    page = client.get(f"/h5/privacy?lang={language}").text
    assert [words for words in kept if words not in page] == []


def test_forms_need_their_token(client: FlaskClient, wang: Holder, pharmacy: Pharmacy) -> None:
    pharmacy.bind(wang)
    client.get(f"/h5/as/{ME}")
    for path in ("/h5/data/withdraw", "/h5/data/delete"):
        assert client.post(path).status_code == 400
