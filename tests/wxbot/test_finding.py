"""One license among many is found by some words, on the page and in the conversation."""

import re

import pytest
from flask import Flask
from sqlalchemy import update

from reminders.db import Database
from reminders.rules.lifecycle import LicenseState
from reminders.tables.ledger import License
from tests.wxbot.browser import Reader
from tests.wxbot.conftest import Pharmacy
from tests.wxbot.platform import Holder
from tests.wxbot.test_bind_pages import clients

ME = "oExample-wang"
LINK = re.compile(r'href="/h5/licenses/(\d+)"')


@pytest.fixture
def agent(app: Flask, wang: Holder, database: Database, pharmacy: Pharmacy) -> Reader:
    clients(database, pharmacy, 60)
    pharmacy.bind(wang)
    wang.say("全部绑定")
    return Reader(app, ME)


def find(reader: Reader, **fields: object) -> str:
    reader.get("/h5/licenses")
    return reader.post("/h5/licenses", **fields)


def test_search_is_offered_from_nine_licenses_on(
    app: Flask, wang: Holder, database: Database, pharmacy: Pharmacy
) -> None:
    clients(database, pharmacy, 6)
    pharmacy.bind(wang)
    wang.say("全部绑定")
    assert "找一本" not in Reader(app, ME).get("/h5/licenses")
    clients_more(database, pharmacy)
    wang.say(pharmacy.numbers[0])
    pharmacy.bind(wang)
    wang.say("全部绑定")
    assert "找一本" in Reader(app, ME).get("/h5/licenses")


def clients_more(database: Database, pharmacy: Pharmacy) -> None:
    with database.begin() as session:
        row = session.get_one(License, pharmacy.ids[0])
        for number in range(1, 3):
            copy = {
                column.name: getattr(row, column.name)
                for column in License.__table__.columns
                if column.name != "id"
            }
            copy |= {"license_no": f"鲁示例另外{number}", "number_key": f"鲁示例另外{number}"}
            session.add(License(**(copy | {"identity_key": f"no:另外{number}"})))


@pytest.mark.parametrize(
    ("words", "count"),
    [
        ("客户007号", 1),
        ("食品经营", 20),
        ("示例客户007 食品", 1),
        ("鲁da631000001", 1),
        ("鲁 DA631000001", 1),
        ("一号药房", 2),
        ("100%", 0),
        ("没有这样的", 0),
    ],
)
def test_words_are_looked_for_in_name_holder_and_number(agent: Reader, words: str, count: int) -> None:
    page = find(agent, words=words)
    assert len(set(LINK.findall(page))) == count
    assert agent.status == 200
    if not count:
        assert "您绑定的证照里没有符合的" in page
        assert "还没有绑定" not in page


def test_further_pages_of_what_was_found_keep_the_words_out_of_the_address(agent: Reader) -> None:
    page, seen = find(agent, words="食品经营"), set()
    while True:
        seen |= set(LINK.findall(page))
        after = re.search(r'name="after" value="([^"]+)"', page)
        if after is None:
            break
        assert "/h5/licenses?" not in page
        page = agent.post("/h5/licenses", words="食品经营", shown="all", after=after[1])
    assert len(seen) == 60


def test_standing_is_a_filter_of_its_own(agent: Reader, database: Database, pharmacy: Pharmacy) -> None:
    assert set(LINK.findall(find(agent, shown="near"))) == {str(pharmacy.ids[0])}
    with database.begin() as session:
        session.execute(
            update(License).where(License.id == pharmacy.ids[1]).values(state=LicenseState.RENEWING)
        )
    assert set(LINK.findall(find(agent, shown="renewing"))) == {str(pharmacy.ids[1])}
    assert str(pharmacy.ids[0]) not in LINK.findall(find(agent, shown="others"))
    assert find(agent, shown="nonsense") == find(agent)
    assert agent.goes_to == "/h5/licenses"


def test_conversation_finds_one_several_or_none(agent: Reader, wang: Holder, pharmacy: Pharmacy) -> None:
    assert "示例客户007号商店" in wang.say("查 客户007号")
    several = wang.say("找：食品经营")
    assert several.startswith("找到了")
    assert len(LINK.findall(several.replace("http://localhost", ""))) == 5
    assert "还有更多" in several
    nothing = wang.say("查找 没有这样的")
    assert "没有名称、持证人或编号带“没有这样的”的" in nothing
    assert "绑定证照" not in nothing


def test_nobody_finds_what_is_bound_to_others(app: Flask, agent: Reader) -> None:
    stranger = Holder(app, "oExample-new")
    stranger.event("subscribe")
    assert "您还没有绑定证照" in stranger.say("查 食品经营")
    reader = Reader(app, "oExample-new")
    reader.get("/h5/settings")
    page = reader.post("/h5/licenses", words="食品")
    assert (reader.status, LINK.findall(page)) == (200, [])
