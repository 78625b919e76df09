"""Search shows published texts only, as text, and notices what changed."""

from reminders import clock
from reminders.notices import review
from reminders.rules.permissions import system
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


def test_query_is_shown_as_text_and_kept_by_nobody(portal: Portal) -> None:
    visitor = portal.visitor()
    page = visitor.get("/search?q=<script>alert(1)</script>")
    assert "<script>alert" not in page
    assert visitor.last is not None
    assert visitor.last.headers["Cache-Control"] == "no-store"
    assert "noindex" in page
    visitor.get("/search?q=" + "长" * 5000)
    assert visitor.status == 200
