"""Search shows published texts only, as text, and notices what changed."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import event

from portal.installation import KEY
from reminders import clock
from reminders.notices import review
from reminders.rules.permissions import system
from reminders.tables.notices import Notice
from tests.portal.conftest import Portal
from tests.portal.test_public_portal import publish, publish_list


def test_guides_and_notices_are_found_and_marked(portal: Portal) -> None:
    with portal.database.begin() as session:
        publish_list(session)
    page = portal.visitor().get("/search?q=食品生产")
    assert 'href="/catalogue/2"' in page
    assert 'href="/notices/1"' in page
    assert "<mark>食品生产</mark>" in page
    assert 'href="/catalogue/1"' in portal.visitor().get("/search?q=ypjy")


def test_example_of_the_empty_answer_finds_something(portal: Portal) -> None:
    visitor = portal.visitor()
    example = re.search(r"首字母（如 (\w+)）", visitor.get("/search?q=没有的词儿"))
    assert example
    assert "怎么换证" in visitor.get(f"/search?q={example[1]}")


@pytest.mark.parametrize(("query", "guide"), [("nurse", 13), ("work permit", 15), ("taxi", 5)])
def test_english_guides_are_found_in_english(portal: Portal, query: str, guide: int) -> None:
    assert f'href="/en/guides/{guide}"' in portal.visitor().get(f"/search?q={query}")


def test_names_of_a_list_are_not_searched(portal: Portal) -> None:
    with portal.database.begin() as session:
        publish_list(session)
    assert "没有找到" in portal.visitor().get("/search?q=示例0号食品有限公司")


def test_what_is_published_and_withdrawn_comes_and_goes(portal: Portal) -> None:
    visitor = portal.visitor()
    assert "没有找到" in visitor.get("/search?q=灯塔")
    with portal.database.begin() as session:
        notice_id = publish(session, "灯塔换证提示")
    assert f'href="/notices/{notice_id}"' in visitor.get("/search?q=灯塔")
    with portal.database.begin() as session:
        review.withdraw(session, notice_id, "有误", actor=system("test"), now=clock.now())
    assert "没有找到" in visitor.get("/search?q=灯塔")


def test_only_what_was_published_since_is_read_again(portal: Portal) -> None:
    with portal.database.begin() as session:
        publish_list(session)
    visitor = portal.visitor()
    visitor.get("/search?q=没有的词儿")
    read: list[object] = []

    def keep(_conn: object, _cursor: object, statement: str, parameters: object, *_rest: object) -> None:
        if "notice.body" in statement:
            read.append(parameters)

    engine = portal.app.extensions[KEY].database().engine
    event.listen(engine, "before_cursor_execute", keep)
    visitor.get("/search?q=还是没有的")
    assert read == []
    with portal.database.begin() as session:
        notice_id = publish(session, "灯塔换证提示")
    read.clear()
    visitor.get("/search?q=还是没有的")
    assert read == [(notice_id,)]


def test_period_keeps_what_was_published_in_it(portal: Portal) -> None:
    with portal.database.begin() as session:
        old, new = publish_list(session), publish_list(session)
        session.get_one(Notice, old).published_at = clock.now() - timedelta(days=40)
    visitor = portal.visitor()
    for period, found in {"": [old, new], "90": [old, new], "30": [new], "odd": [old, new]}.items():
        page = visitor.get(f"/search?q=食品生产&period={period}")
        assert [one for one in (old, new) if f'href="/notices/{one}"' in page] == found, period
        assert ('href="/catalogue/2"' in page) is (period in ("", "odd")), "a guide has no date"
    assert "不限时间再找" in visitor.get("/search?q=没有的词儿&period=30")


def test_query_is_shown_as_text_and_kept_by_nobody(portal: Portal) -> None:
    visitor = portal.visitor()
    page = visitor.get("/search?q=<script>alert(1)</script>")
    assert "<script>alert" not in page
    assert visitor.last is not None
    assert visitor.last.headers["Cache-Control"] == "no-store"
    assert "noindex" in page
    visitor.get("/search?q=" + "长" * 5000)
    assert visitor.status == 200
